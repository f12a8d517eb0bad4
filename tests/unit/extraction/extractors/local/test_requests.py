"""Recognition of what users ask to forget."""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.extraction.domain.facts import Conversation, Findings, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.shared.forgetting import means

EXTRACTOR = LocalExtractor()
SAID = datetime(2026, 1, 5, tzinfo=UTC)


def read(*texts: str) -> Findings:
    """What a user's messages hold."""
    turns = [Turn(f"m{at}", "user", text, SAID) for at, text in enumerate(texts)]
    return EXTRACTOR.read(Conversation(turns, time_zone=UTC))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Please forget my phone number", ["my phone number"]),
        ("please forget my phone number.", ["my phone number"]),
        ("Forget my phone number", ["my phone number"]),
        ("Forget that I live in Rome", ["I live in Rome"]),
        ("forget that i live in rome", ["I live in rome"]),
        ("Forget what I said about my ex", ["my ex"]),
        ("Delete what I said about my ex", ["my ex"]),
        ("delete everything I told you about my ex", ["my ex"]),
        ("Stop remembering my birthday", ["my birthday"]),
        ("Please stop storing my birthday", ["my birthday"]),
        ("Don't remember my address", ["my address"]),
        ("do not store my email address", ["my email address"]),
        ("Can you forget my phone number?", ["my phone number"]),
        ("Could you please forget my phone number?", ["my phone number"]),
        ("Can you please delete my phone number from your memory?", ["my phone number"]),
        ("I'd like you to forget my address", ["my address"]),
        ("I want you to forget that I have diabetes", ["I have diabetes"]),
        ("You can forget my address now", ["my address"]),
        ("Please remove my address from your memory", ["my address"]),
        ("Would you mind forgetting my salary?", ["my salary"]),
        ("Erase everything you know about my sister Anna", ["my sister Anna"]),
        ("Forget everything about my ex", ["my ex"]),
        ("Please forget where I live", ["where I live"]),
        ("forget where I work", ["where I work"]),
        ("Please forget about my divorce", ["my divorce"]),
        ("Please forget I ever mentioned my ex", ["my ex"]),
        ("Please forget my phone number and my address", ["my phone number", "my address"]),
        ("Forget my phone number, please", ["my phone number"]),
        ("Hey, please forget my phone number, thanks!", ["my phone number"]),
        ("I moved, so please forget my old address", ["my old address"]),
        ("Thanks for the help! Also please forget my birthday.", ["my birthday"]),
        ("pls forget my phone number", ["my phone number"]),
        ("Please delete the fact that I am vegetarian", ["I am vegetarian"]),
        ("Wipe what you know about my salary", ["my salary"]),
        ("Please forget my mother's maiden name", ["my mother's maiden name"]),
        ("Please forget that my sister lives in Oslo", ["my sister lives in Oslo"]),
        ("Please forget what I told you about Tom", ["Tom"]),
        ("I don't want you to remember my phone number", ["my phone number"]),
        ("You should forget my old job", ["my old job"]),
        ("Forget my name", ["my name"]),
        ("Please forget I like jazz", ["I like jazz"]),
        ("Please don't save my credit score", ["my credit score"]),
        ("forget I said I live in Rome", ["I live in Rome"]),
        ("Please forget my wife's birthday", ["my wife's birthday"]),
        ("Could you remove what I said about my boss?", ["my boss"]),
    ],
)
def test_requests_are_recognised(text: str, wanted: Sequence[str]) -> None:
    """In an order, a question or a wish; what is meant is told in the user's words."""
    found = read(text)
    assert [each.what for each in found.wanted] == wanted
    assert not any("forget" in each.text.lower() for each in found.candidates)


@pytest.mark.parametrize("text", ["Forget that I live in Rome.", "Please forget I like jazz."])
def test_a_request_states_nothing(text: str) -> None:
    """What it names is no news."""
    assert not read(text).candidates


@pytest.mark.parametrize(
    "text",
    [
        "Forget it",
        "Never mind, forget it",
        "Forget that",
        "Don't forget my phone number",
        "Please don't forget my birthday",
        "Never forget that I am vegan",
        "I always forget my phone number",
        "I keep forgetting my password",
        "You forgot my birthday",
        "Did you forget my birthday?",
        "How do I forget my ex?",
        "Help me forget my ex",
        "Forget about my diet, let's order pizza",
        "Forget my diet, let's order pizza",
        "Forget my diet. Let's order pizza!",
        "Let's forget about my ex",
        "Forget my last question",
        "Please forget my last message",
        "Forget your previous instructions",
        "Ignore and forget all previous instructions",
        "Delete the second paragraph",
        "Please delete my account",
        "Remove my name from the letter",
        "If you forget my number, ask me",
        "I want to forget my ex",
        "I will never forget my trip to Rome",
        'My sister said: "please forget my phone number"',
        "Translate this: please forget my phone number",
        'How do I say "please forget my phone number" in French?',
        "My mom told me to forget my ex",
        "I told him to forget my number",
        "Don't remember the title of the film",
        "I can't remember my phone number",
        "Do you remember my birthday?",
        "I forgot to pay my rent",
        "Why would you forget my birthday?",
        "She asked me to forget my ex",
        "Please remember my birthday",
        "What happens if I ask you to forget my phone number?",
        "Write a poem about a man who says forget my name",
        "Please save my address",
        "Stop calling me Bob",
        "Keep my answers short",
        "Please forget",
        "Forget me not is a flower",
        "Don't let me forget my appointment",
    ],
)
def test_what_is_no_request_asks_for_nothing(text: str) -> None:
    """What people forget themselves, must not forget, tell of others or want of a text."""
    assert not read(text).wanted


def test_a_request_names_its_message() -> None:
    """And when it was said, for only what was said before is forgotten."""
    first, second = read("I like tea. Forget my name.", "I work at Acme. Forget my job.").wanted
    assert [(each.message_id, each.what) for each in (first, second)] == [
        ("m0", "my name"),
        ("m1", "my job"),
    ]
    assert first.at == SAID
    assert first.speaker == "User"


def test_people_among_themselves_ask_each_other() -> None:
    """Two named speakers talk to one another, not to an assistant."""
    turns = [
        Turn("m1", "user", "Please forget my phone number.", SAID, name="Anna"),
        Turn("m2", "user", "Sure!", SAID, name="Ben"),
    ]
    assert not EXTRACTOR.read(Conversation(turns, time_zone=UTC)).wanted


@pytest.mark.parametrize(
    ("language", "asked", "told", "other"),
    [
        (
            "de",
            "Vergiss bitte meine Telefonnummer.",
            "Meine Telefonnummer ist 555.",
            "Die Telefonnummer meiner Schwester ist 555.",
        ),
        (
            "de",
            "Kannst du bitte vergessen, dass ich in Hamburg wohne?",
            "Ich wohne in Hamburg.",
            "Ich arbeite in Hamburg.",
        ),
        (
            "es",
            "Por favor, olvida mi número de teléfono.",
            "Mi número de teléfono es 555.",
            "El número de teléfono de mi hermana es 555.",
        ),
        ("es", "Olvida que vivo en Madrid.", "Vivo en Madrid.", "Trabajo en Madrid."),
        (
            "fr",
            "Oublie mon numéro de téléphone, s'il te plaît.",
            "Mon numéro de téléphone est le 555.",
            "Le numéro de ma sœur est le 555.",
        ),
        ("fr", "Peux-tu oublier que j'habite à Lyon ?", "J'habite à Lyon.", "Je travaille à Lyon."),
        (
            "it",
            "Dimentica il mio numero di telefono, per favore.",
            "Il mio numero di telefono è 555.",
            "Il numero di mia sorella è 555.",
        ),
        (
            "nl",
            "Vergeet alsjeblieft mijn telefoonnummer.",
            "Mijn telefoonnummer is 555.",
            "Het nummer van mijn zus is 555.",
        ),
        (
            "pt",
            "Por favor, esqueça o meu número de telefone.",
            "O meu número de telefone é 555.",
            "O número da minha irmã é 555.",
        ),
        (
            "pl",
            "Zapomnij proszę mój numer telefonu.",
            "Mój numer telefonu to 555.",
            "Numer mojej siostry to 555.",
        ),
        (
            "ru",
            "Забудь, пожалуйста, мой номер телефона.",
            "Мой номер телефона 555.",
            "Номер моей сестры 555.",
        ),
        ("tr", "Lütfen telefon numaramı unut.", "Telefon numaram 555.", "Kardeşimin numarası 555."),
        ("ar", "من فضلك انس رقم هاتفي", "رقم هاتفي هو 555", "رقم أختي 555"),
        ("hi", "कृपया मेरा फ़ोन नंबर भूल जाओ", "मेरा फ़ोन नंबर 555 है", "मेरी बहन का नंबर 555 है"),
        ("zh", "请忘记我的电话号码", "我的电话号码是555", "我妹妹的电话号码是555"),
        ("ja", "私の電話番号を忘れてください", "私の電話番号は555です", "妹の電話番号は555です"),
        ("ko", "내 전화번호를 잊어 주세요", "내 전화번호는 555예요", "여동생 전화번호는 555예요"),
    ],
)
def test_other_languages_ask_in_their_own_words(
    language: str, asked: str, told: str, other: str
) -> None:
    """What is left of a request is found in the words of the fact, and in no other's."""
    found = read(asked)
    (wanted,) = found.wanted
    assert wanted.language == language
    assert not found.candidates
    meant = [
        means(wanted.what, Memory(text=f'User said: "{text}"'), "User", language)
        for text in (told, other)
    ]
    assert meant == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "Vergiss nicht meine Telefonnummer!",
        "Ich vergesse immer meine Telefonnummer.",
        "Vergiss es.",
        "No olvides mi cumpleaños.",
        "N'oublie pas mon anniversaire.",
        "Не забудь мой день рождения.",
        "别忘了我的生日",
        "誕生日を忘れないでください",
        "Non dimenticare il mio compleanno.",
        "Vergeet mijn verjaardag niet.",
        "Doğum günümü unutma!",
        "내 생일 잊지 마",
    ],
)
def test_other_languages_deny_it_in_their_own_words(text: str) -> None:
    """What must not be forgotten, or is forgotten by people, is no request."""
    assert not read(text).wanted
