"""What is no plain clause: lists, telegram style, answers, appointments, manners asked for."""

import pytest

from agent_memory_services.extraction.domain.facts import Turn
from tests.unit.extraction.extractors.local.talk import MONDAY, facts, found, user


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Kayak: Dagger Katana; length 3.1m; paddle Werner; no skirt",
            [
                "User's kayak is Dagger Katana",
                "User's kayak's length is 3.1m",
                "User's kayak's paddle is Werner",
                "User's kayak has no skirt",
            ],
        ),
        (
            "Allergies - kiwi; latex",
            ["User is allergic to kiwi", "User is allergic to latex"],
        ),
        (
            "Tue: judo, Thu: piano w/ Mrs Osei",
            ["User has judo on Tuesdays", "User has piano with Mrs Osei on Thursdays"],
        ),
        (
            "Stuff in my shed:\n- a kiln\n- my uncle's canoe",
            [
                "Stuff in User's shed includes a kiln",
                "Stuff in User's shed includes User's uncle's canoe",
            ],
        ),
        (
            "Pills\n* ramipril 5 mg, evenings\n* vitamin B12",
            ["User takes ramipril 5 mg, evenings", "User takes vitamin B12"],
        ),
        (
            "people I mention a lot:\n1) Ola - my landlady\n2) Mo - drives the night bus",
            ["Ola is User's landlady", "Mo drives the night bus"],
        ),
        ("things i can't do any more: drive, tie laces", None),
        (
            "films I saw in March: 1) Alien 2) Ran",
            ["User saw Alien in March 2023", "User saw Ran in March 2023"],
        ),
        ("Smoker: no\nTattoos: 3", ["User is not a smoker", "User has 3 tattoos"]),
        ("waist 34 // inside leg 31", ["User's waist is 34", "User's inside leg is 31"]),
        ("Days off: Mon, Tue", ["User's days off are Mondays and Tuesdays"]),
        (
            "Blood group: B+\nGP: Dr. Lund, Mill Road",
            ["User's blood group is B+", "User's GP is Dr. Lund, Mill Road"],
        ),
        ("New kitten home. Tabby. Name: Pip.", None),
        (
            "1. I live in Oslo 2. I work at Equinor 3. vegan",
            ["User lives in Oslo", "User works at Equinor", "User is vegan"],
        ),
        ("a) based in Lima b) I have two sons", ["User is based in Lima", "User has two sons"]),
        ("- I live in Bern - I keep bees", ["User lives in Bern", "User keeps bees"]),
        ("status -> divorced; kids -> 2", ["User's status is divorced", "User has 2 kids"]),
    ],
)
def test_list_is_read_by_its_layout(message: str, expected: list[str] | None) -> None:
    """Any key, heading or measure may be the user's."""
    texts = facts(user(message))
    assert texts == expected if expected is not None else texts


@pytest.mark.parametrize(
    "message",
    [
        "Shopping: eggs, oats, 2 lemons",
        "Groceries\n- milk\n- two onions",
        "status: draft, priority: high, owner: tbd",
        "width: 120px; margin: 0 auto; color: red",
        "Product: Dyson V11\nPrice: $300\nRating: 4.5",
        "homework:\n- q1-9 on fractions\n- read ch. 4",
        "Tone: formal\nLength: 200 words",
        "Ann: I hate mushrooms\nBob: me too",
        "GET /v1/items\nAccept: application/json",
        "Status: open\nPriority: high",
        "1. boil the rice 2. fry the onions",
    ],
)
def test_list_about_something_else_is_left_out(message: str) -> None:
    """Tickets, shopping, code, products, homework, briefs and chats tell nothing of the user."""
    assert facts(user(message)) == []


def test_name_that_is_listed_belongs_to_the_newcomer_of_the_message() -> None:
    """A puppy's name is not the user's."""
    assert "User's puppy's name is Haggis" in facts(user("New puppy home. Name: Haggis."))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Passed exam.", ["User passed exam"]),
        ("Exam passed.", ["User's exam was passed"]),
        ("got a terrier puppy", ["User got a terrier puppy"]),
        ("Wife pregnant, due October", ["User's wife is pregnant, due October"]),
        ("No running 3 wks.", ["User does no running for 3 weeks"]),
        ("New job at Bosch!", ["User has a new job at Bosch"]),
        (
            "Grew up on a farm, ended up repairing pianos in Vermont.",
            ["User grew up on a farm", "User ended up repairing pianos in Vermont"],
        ),
        ("Jury duty 13 June", ["User has a jury duty on 13 June 2023"]),
        ("Bin day Thursday", ["User has a bin day on 11 May 2023"]),
        ("Happy Friday!", []),
        ("Lactose intolerant", ["User is lactose intolerant"]),
        ("Dad of three here", ["User is a dad of three"]),
        ("Coeliac.", ["User is coeliac"]),
        ("Rent due on the 1st", ["User's rent is due on 1 June 2023"]),
        ("Train late. Back soon.", []),
        ("Problem solved. Tried that.", []),
    ],
)
def test_telegram_style_is_completed(message: str, expected: list[str]) -> None:
    """The forms of words and a day tell what a fragment stands for; idle ones stand for nothing."""
    assert facts(user(message)) == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("How do you usually get to work?", "tram", ["User usually gets to work by tram"]),
        (
            "How many people live in your household?",
            "Five",
            ["Five people live in User's household"],
        ),
        (
            "How many grandkids do you have?",
            "five, all girls",
            ["User has five grandkids, all girls"],
        ),
        (
            "When did you last have your eyes tested?",
            "god, must be 2019",
            ["User had their eyes tested in 2019"],
        ),
        ("Is your son still vegetarian?", "yes", ["User's son is still vegetarian"]),
        ("Did your mum move to Spain?", "Yes, in May", ["User's mum moved to Spain in May 2023"]),
        ("Where do your parents live?", "Porto", ["User's parents live in Porto"]),
        ("Anything I should avoid?", "peanuts", ["User wants the assistant to avoid peanuts"]),
        ("What should I call you?", "Mrs Lund", ["User wants to be called Mrs Lund"]),
        ("Noted: you drive a Toyota Yaris.", "no no, Corolla", ["User drives a Corolla"]),
        ("What does your sister do?", "She lays asphalt.", ["User's sister lays asphalt"]),
        ("So you live in Cork?", "No, in Galway", ["User lives in Galway"]),
        ("I have your start date as 1 April.", "They pushed it, the 22nd now", None),
        ("Is there anything you don't eat?", "liver", ["User does not eat liver"]),
        ("Do you have kids?", "Three, all grown up", ["User has three kids (all grown up)"]),
        ("Do you cook?", "Hardly ever", ["User hardly ever cooks"]),
        ("Which of the two shall I take?", "the second", []),
        ("How often do you water it?", "once a week", []),
        ("Which file did you upload?", "main.py", []),
    ],
)
def test_ellipsis_is_filled_from_what_the_assistant_said(
    question: str, answer: str, expected: list[str] | None
) -> None:
    """An answer takes the place of the question word, and puts a claim right."""
    before = [Turn("q", "assistant", question, MONDAY)]
    texts = facts(user(answer), before=before)
    assert texts == expected if expected is not None else texts


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Grams, not cups. Every time.", "User wants grams, not cups"),
        ("Extra spicy always.", "User always wants extra spicy"),
        ("One question at a time, please", "User wants one question at a time"),
        (
            "Could you write dates like 2024-03-31 for me in the future?",
            "User wants the assistant to write dates like 2024-03-31 for User in the future",
        ),
        (
            "Answer in British spelling please, my editor is strict.",
            "User wants the assistant to answer in British spelling",
        ),
        ("No jargon when we talk about tax", "User wants no jargon when User talks about tax"),
        ("Use metric units", "User wants the assistant to use metric units"),
        ("Speak German with me", "User wants the assistant to speak German"),
        ("Kilos, not pounds.", "User wants kilos, not pounds"),
        (
            "Ask before you change anything.",
            "User wants the assistant to ask before the assistant changes anything",
        ),
        (
            "Keep it under 100 words unless I say otherwise",
            "User wants the assistant to keep it under 100 words unless User says otherwise",
        ),
    ],
)
def test_manner_asked_for_stands(message: str, expected: str) -> None:
    """What any answer has, and how it is to be given, is a standing instruction."""
    assert expected in [each.text for each in found(user(message)) if each.standing]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("we don't do sunday school", ["User does not do sunday school"]),
        ("I keep saying forty, I'm actually 42.", ["User is 42"]),
        ("I'm the world's greatest parallel parker", []),
        ("We've got mediation on the 30th", ["User has got mediation on 30 May 2023"]),
    ],
)
def test_words_are_not_taken_for_what_they_are_not(message: str, expected: list[str]) -> None:
    """Compounds, talk about talk and boasts are no dates and no facts; what is to come is ahead."""
    assert facts(user(message)) == expected


def test_what_is_put_right_in_a_later_message_is_told_anew() -> None:
    """What the user said before no longer counts."""
    turns = [
        user("We're going to Ghent in May.", message_id="m1"),
        Turn("q", "assistant", "Ghent is lovely in spring.", MONDAY),
        user("Bruges I mean, always mix them up", message_id="m2"),
    ]
    assert facts(*turns) == ["User is going to Bruges in May 2023"]


def test_heading_that_asks_where_is_completed_by_its_items() -> None:
    """A dash may end a heading too, and the names of fields are no particulars."""
    assert facts(user("Where I've worked:\n- Lagos until 2015\n- Bonn since then")) == [
        "User has worked in Lagos until 2015",
        "User has worked in Bonn since then",
    ]
    assert "User's hotel wishes include quiet room" in facts(
        user("hotel wishes -\nquiet room\nhigh floor")
    )
    assert facts(user("exit_status: 0xC0000005\nattempts: 3\nowner: root")) == []
