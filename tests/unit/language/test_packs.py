"""A language is one file; whoever writes it wrongly is told where."""

from importlib.resources import files

import pytest

from agent_memory_services.language import packs
from agent_memory_services.language.packs import LANGUAGES, PackError, Text, pack, read_pack

GERMAN = files(packs).joinpath("de.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_a_pack(code: str) -> None:
    """Each is read whole and carries its own code."""
    assert pack(code).code == code


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('code = "de"', 'code = "de', "de.toml: "),
        ("likes = [", "lieks = [", "clauses lacks ['likes']"),
        ("[refused]", "[refused]\nmore = []", "refused has unknown ['more']"),
        ("@adverb@", "@adverbs@", "clauses.says names no words 'adverbs'"),
        ("asks = [", "asks = ['(', ", "refused.asks does not compile"),
        ("weekdays = [", "weekdays = ['a', ", "dates names 7 weekdays and 12 months"),
        ("[dates]", "[calendar]", "lacks ['dates']"),
    ],
)
def test_a_faulty_pack_says_where_the_fault_is(old: str, new: str, complaint: str) -> None:
    """The message names the file, the part and what is wrong with it."""
    with pytest.raises(PackError) as refused:
        read_pack(GERMAN.replace(old, new), "de.toml")
    assert str(refused.value).startswith("de.toml: ")
    assert complaint in str(refused.value)


def test_a_pattern_without_accents_fits_text_with_and_without_them() -> None:
    """Whoever types in haste leaves them out."""
    likes = pack("pl").clauses.likes
    assert likes.search(Text("wolę herbatę"))
    assert likes.search(Text("wole herbate"))
