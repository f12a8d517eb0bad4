"""Choice of clauses: what people say of themselves is kept, unless there is a reason against it."""

import pytest

from tests.unit.extraction.extractors.local.talk import facts, said, user


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I interpret for deaf students", "User interprets for deaf students"),
        ("I've soundproofed the bedroom with egg boxes", "User has soundproofed the bedroom"),
        ("I carved a chess set from driftwood", "User carved a chess set"),
        ("I'm restoring a 1962 tractor", "User is restoring a 1962 tractor"),
        ("I'm with the local co-op bank these days", "User is with the local co-op bank"),
        ("I got caught in the ferry strike in 2019", "User got caught in the ferry strike"),
        ("I'm ticklish", "User is ticklish"),
        ("Our boiler packed in again", "User's boiler packed in again"),
        ("My boss only answers voice notes", "User's boss only answers voice notes"),
        ("My flatmate Kenji can't be near peanuts", "User's flatmate Kenji cannot be near peanuts"),
        ("I get migraines if I skip meals", "User gets migraines if they skip meals"),
    ],
)
def test_clause_is_kept_whatever_its_verb(message: str, expected: str) -> None:
    """No list needs to foresee a verb, a noun or an adjective."""
    assert any(text.startswith(expected) for text in facts(user(message)))


@pytest.mark.parametrize(
    "message",
    [
        "I agree with most of it",
        "I noticed a bug in the script",
        "I changed the setting and restarted the server",
        "I'm having lunch",
        "I'm eating a sandwich",
        "I just got home",
        "I'm at the door",
        "I'm stuck in traffic",
        "I'm starving",
        "I'm so fed up",
        "I'll bring the other one",
        "I'll take a look at it",
        "I didn't catch the last part",
        "We did in the end",
        "The film surprised me a lot",
        "My laptop froze again",
        "They moved to Berlin last month",
    ],
)
def test_clause_with_a_reason_against_it_is_left_out(message: str) -> None:
    """Thoughts, the conversation, software, the moment, offers and moods make no facts."""
    assert facts(user(message)) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Dad had his second cataract done", "User's dad had his second cataract done"),
        ("Auntie Precious does hair in Peckham", "User's auntie Precious does hair in Peckham"),
        ("the twins start school in September", "User's twins start school in September 2023"),
        ("the twins' father lives in Halifax", "User's twins' father lives in Halifax"),
        ("rent's 900 a month", "User's rent is 900 a month"),
        ("The bank turned me down in March", "The bank turned User down in March 2023"),
        ("The drum holds 180 litres", "The drum holds 180 litres"),
        ("The removal van comes on Saturday", "The removal van comes on 13 May 2023"),
        ("my cousin Lena got her pilot licence", "User's cousin Lena got her pilot licence"),
    ],
)
def test_subject_is_known_from_what_it_is_to_the_speaker(message: str, expected: str) -> None:
    """People and things of one's own need no "my", and others count by what they do to one."""
    assert facts(user(message)) == [expected]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "I do QA for a bank, my wife teaches infants, and our son is Buddhist",
            [
                "User does QA for a bank",
                "User's wife teaches infants",
                "User's son is Buddhist",
            ],
        ),
        ("my dad farmed beet near Ely", ["User's dad farmed beet near Ely"]),
        ("so basically we we homeschool all four", ["User homeschools all four"]),
        (
            "It was a hard year because I had just started on the tugboats",
            ["User had started on the tugboats"],
        ),
    ],
)
def test_sentence_is_taken_apart_into_its_clauses(message: str, expected: list[str]) -> None:
    """Clauses that commas join, and reasons, are read one by one."""
    assert facts(user(message)) == expected


@pytest.mark.parametrize(
    "message",
    [
        "mine's the yellow Beetle with the dented wing, had it since I was nineteen",
        "my brother in law's a glazier he's doing our conservatory for cost",
        "It's mostly me and the hens out here since Wiremu took the job on the rigs",
        "We let the caravan pitch at Abersoch go after twenty-two years",
    ],
)
def test_statement_that_no_rule_can_word_is_kept_as_it_was_said(message: str) -> None:
    """A statement that tells of the speaker's life is better kept than lost."""
    assert any(text.startswith('User said: "') for text in facts(user(message)))


@pytest.mark.parametrize(
    ("message", "worded"),
    [
        (
            "Third winter working the ski lift at Gudauri and I still cannot ski a metre",
            "User still cannot ski a metre",
        ),
        (
            "dose went up to 40mg and now I cannot sleep past four",
            "User cannot sleep past four",
        ),
    ],
)
def test_statement_of_which_rules_lose_part_is_kept_beside_what_they_word(
    message: str, worded: str
) -> None:
    """A number, a name or several words that no fact has are not lost."""
    assert facts(user(message)) == [worded, f'User said: "{message}"']


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I can't swallow big capsules", "User cannot swallow big capsules"),
        ("My knee is bad and I cannot climb stairs", "User cannot climb stairs"),
        ("couldn't eat olives if you paid me", "User never eats olives"),
        ("For years I've done the sudoku over breakfast", "User has done the sudoku"),
        ("Trimmed the hedge with my uncle, I'm a retired signalman", "User is a retired signalman"),
        ("We have one good frying pan", "User has one good frying pan"),
        ("The GP says it's gout", "User's gp's diagnosis is gout"),
        ("Nothing with clowns in it", "User does not like anything with clowns in it"),
        ("Off the statins since March", "User is off the statins since March"),
        ("One of my neighbours, Ife, keeps bees", "One of User's neighbours Ife keeps bees"),
    ],
)
def test_lasting_state_is_kept_in_whatever_turn_of_speech(message: str, expected: str) -> None:
    """Inability, long custom, diagnoses and tastes are facts, however they are put."""
    assert any(text.startswith(expected) for text in facts(user(message)))


def test_somebody_called_by_name_belongs_to_what_the_speaker_told_before() -> None:
    """A name alone is anybody's; behind a fact about the speaker it is one of theirs."""
    assert 'User said: "Otto loves the swing"' in facts(
        user("I built a tree house last year. Otto loves the swing.")
    )
    assert facts(user("Otto loves the swing.")) == []


@pytest.mark.parametrize(
    "message",
    [
        "I'm about to hop into a meeting",
        "I swear if the tram is late again I'm walking to the moon",
        "technically I'm invincible",
        "The film surprised me a lot",
    ],
)
def test_jest_and_the_moment_make_no_facts(message: str) -> None:
    """What follows a condition without a comma, and what nobody can be, is not told in earnest."""
    assert facts(user(message)) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Zoya from next door has a drill", 'User said: "Zoya from next door has a drill"'),
        ("Will E10 hurt my old Polo?", "User has an old Polo"),
        ("waist 34, collar 16 and a half", "User's collar is 16 and a half"),
        ("Carbs under 120g a day, fibre over 30", "User's carbs are under 120g a day"),
        ("I told you my bank was Monzo. It isn't, it's Lloyds.", "User's bank is Lloyds"),
        ("Did I say vegan? I meant pescatarian.", "User is pescatarian"),
    ],
)
def test_what_is_presupposed_measured_or_put_right_is_told(message: str, expected: str) -> None:
    """Questions tell what one has, and the later of two sayings counts."""
    assert expected in facts(user(message))


def test_claim_of_the_assistant_is_put_right_by_a_number_or_a_pronoun() -> None:
    """What the assistant said of somebody stands for what the answer leaves out."""
    ten = said("", "Your son Ravi is nine, got it.", role="assistant", message_id="m0")
    assert "User's son Ravi is ten" in facts(ten, user("Ten!"))
    chef = said("", "Noted, your partner Jo is a chef.", role="assistant", message_id="m0")
    assert "User's partner is a baker" in facts(chef, user("she's a baker"))
