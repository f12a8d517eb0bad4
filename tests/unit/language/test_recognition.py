"""The language of a short text is told by its script, its letters and its small words."""
# ruff: noqa: RUF001 - letters and marks of other scripts are the point

import pytest

from agent_memory_services.language.packs import LANGUAGES
from agent_memory_services.language.recognition import UNKNOWN, recognised
from tests.support.languages import SPOKEN

MOST_WRONG = 0.02


@pytest.mark.parametrize("language", LANGUAGES)
def test_short_messages_of_every_language_are_recognised(language: str) -> None:
    """Nine of ten are, and hardly one is taken for another language."""
    told = [recognised(each.message) for each in SPOKEN if each.language == language]
    wrong = [other for other in told if other not in {language, UNKNOWN}]
    assert told.count(language) >= 0.9 * len(told)
    assert len(wrong) <= MOST_WRONG * len(told) + 1


@pytest.mark.parametrize(
    "text",
    [
        "i'm allergic to nuts",
        "my sis lives in Rome",
        "Never use emojis",
        "Moved to Sevilla last week",
        "I run a small bakery in Porto called Doce Pão.",
        "My name is Jürgen Müller and I live in Köln.",
        "I love crème brûlée and jalapeños.",
        "User's email is b@y.org",
        "User's website is https://www.hola.es/el/la/de",
        "User's domain is bob.com",
        "User is dating Kim",
        "User's ward is E",
        "Sandra is O negative",
    ],
)
def test_english_stays_english_whatever_names_it_holds(text: str) -> None:
    """Words of another language in an English sentence do not turn it."""
    assert recognised(text) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Jag bor i Stockholm.", "sv"),
        ("Bydlím v Praze a mám psa.", "cs"),
        ("Locuiesc în Cluj.", "ro"),
        ("Saya tinggal di Jakarta.", "id"),
        ("Tôi sống ở Hà Nội.", "vi"),
        ("Я живу у Львові і працюю вчителем.", "uk"),
        ("Живея в София.", "bg"),
        ("من در تهران زندگی می‌کنم.", "fa"),
        ("मी पुण्यात राहतो.", "mr"),
        ("ฉันอยู่กรุงเทพ", "th"),
        ("Μένω στην Αθήνα.", "el"),
    ],
)
def test_neighbours_without_a_pack_are_known_for_what_they_are(text: str, language: str) -> None:
    """A language that nobody reads is not taken for the one beside it."""
    assert recognised(text) == language


@pytest.mark.parametrize("text", ["", "123", "😀", "zzkqx vvrt", "\0", "?!"])
def test_what_is_no_language_is_unknown(text: str) -> None:
    """Nothing is guessed where nothing tells."""
    assert recognised(text) == UNKNOWN
