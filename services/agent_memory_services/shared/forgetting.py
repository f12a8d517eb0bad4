"""Facts that a request to forget is about: "my phone number", "that I live in Rome", "my ex".

A fact is meant where every content word of the request is found in its text, in its claims, or in
what people call such a fact: whoever lives somewhere has an address. What belongs to somebody whom
the request does not name is not meant: "my birthday" is not that of User's mother.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from agent_memory.common.v1.memory_pb2 import Claim, Memory
from agent_memory_services.language.en.words import STOP_WORDS, stem
from agent_memory_services.language.packs import LANGUAGES, Text, pack
from agent_memory_services.language.recognition import ENGLISH

_WORD: Final = re.compile(r"[^\W_]+(?:[-'\u2019][^\W_]+)*")
_UNPARTED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_SHORTEST: Final = 3
"""Letters of a request in another language that names anything."""
_STEM, _ENDING = 3, 2
"""Letters that two forms of a word share at least, and that they may differ by."""
_POSSESSOR: Final = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)['\u2019]s\b")
_OWNER: Final = "user"
_SELF: Final = frozenset({_OWNER, "i", "me", "my", "myself", "mine", "we", "us", "our"})
_PAST: Final = re.compile(r"\b(?:old|former|previous|earlier)\b", re.IGNORECASE)
_NAME: Final = re.compile(r"\b(?!I\b)[A-Z]\w*")
_SELVES: Final = frozenset(map(stem, _SELF))
_OWN: Final = re.compile(
    r"(?:(?:that|the fact|where|how|when|what|who|whom|about|please|all|both)\b ?)*"
    r"(?:my|our|i|i'm|i'd|i've|we)\b",
    re.IGNORECASE,
)
_EMPTY: Final = (
    STOP_WORDS
    | _SELF
    | frozenset(
        """
        about all also always anymore anything current currently detail details everything ever fact
        facts info information just longer mention mentioned now old please really remember said say
        something still thing things told tell very know known whatever one ones former
        previous earlier
        """.split()  # noqa: SIM905 - a list would be a page long
    )
)
_VAGUE: Final = frozenset(
    map(
        stem,
        """
        user people person life data memory message chat conversation everyone anyone somebody
        stuff day time year note history past new
        """.split(),  # noqa: SIM905
    )
)
"""Words that half of all facts are found by; alone they name nothing."""
_CALLED: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = tuple(
    (frozenset(map(stem, told.split())), frozenset(map(stem, called.split())))
    for told, called in (
        ("live reside home", "live address home residence city town whereabouts"),
        ("work job employ employer occupation", "work job employer occupation profession career"),
        ("born birthday birth birthdate", "born birthday birth birthdate date"),
        ("phone telephone mobile cell", "phone telephone mobile cell number"),
        ("email mail", "email mail"),
        ("age old", "age"),
        ("weigh weight", "weigh weight"),
        ("tall height", "tall height"),
        ("earn salary income", "earn salary income"),
        ("allergic allergy", "allergic allergy"),
        ("wife husband spouse married marry", "wife husband spouse married marry marriage"),
        ("girlfriend boyfriend partner", "girlfriend boyfriend partner"),
        ("son daughter child kid", "child kid"),
        ("call name", "name call"),
    )
)
"""Words of facts, each with the words by which people ask for such facts."""


def terms(text: str, language: str = "") -> frozenset[str]:
    """Return the stems of the content words of a request; empty where it names nothing."""
    if not _is_english(language):
        words = _plain(text)
        return frozenset(words) if sum(map(len, words)) >= _SHORTEST else frozenset()
    found = frozenset(stem(word) for word in _words(text) if word not in _EMPTY)
    return frozenset() if found <= _VAGUE else found


def means(request: str, memory: Memory, speaker: str = "", language: str = "") -> bool:
    """Return true if what a request names is what a memory tells.

    Args:
        request: What is to be forgotten, in the owner's words.
        memory: A memory of that owner.
        speaker: How the owner is called in it, beside "User".
        language: BCP 47 tag of the request; empty for English.
    """
    if not _is_english(language):
        return _says_in_words(request, memory.text, language.partition("-")[0].lower())
    wanted = terms(request)
    if not wanted or not wanted <= _found_by(memory):
        return False
    # A name tells whom it is about, whoever owns what is told.
    named = not _OWN.match(request) and _NAME.search(request)
    return bool(named) or _is_owners(wanted | {*_stems(speaker)}, memory)


def names_past(request: str) -> bool:
    """Return true if a request tells a value that was before from the present one."""
    return _PAST.search(request) is not None


def _is_english(language: str) -> bool:
    return language.partition("-")[0].lower() in {"", ENGLISH}


def _says_in_words(request: str, text: str, language: str) -> bool:
    """Return true if a text holds the words of a request, in a row.

    Endings may differ. A statement may have its words in another order than when it is asked for,
    but not what somebody owns: "mi número" is not in "el número de mi hermana". Scripts that do not
    part words are compared by their signs.
    """
    wanted, told = _plain(request), _plain(text)
    if not wanted:
        return False
    if _UNPARTED.search(request):
        return "".join(wanted) in "".join(told)
    owned = language in LANGUAGES and pack(language).forgetting.owned.match(Text(request))
    if not owned and len(wanted) > 1:
        return all(any(_alike(one, each) for each in told) for one in wanted)
    rows = (told[at : at + len(wanted)] for at in range(len(told) - len(wanted) + 1))
    return any(all(map(_alike, wanted, row)) for row in rows)


def _alike(one: str, other: str) -> bool:
    """Return true if two words begin alike and differ by an ending at most."""
    kept = max(min(len(one), _STEM), len(one) - _ENDING)
    return other.startswith(one[:kept]) and abs(len(one) - len(other)) <= _ENDING


def _plain(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def _found_by(memory: Memory) -> frozenset[str]:
    """Return the stems by which a request finds a memory."""
    claimed = (f"{each.holder} {each.relation} {each.value}" for each in memory.claims)
    return _called(_stems(" ".join((memory.text, memory.slot, *claimed))))


def _called(stems: Iterable[str]) -> frozenset[str]:
    """Return stems with those by which people ask for what they tell."""
    found = frozenset(stems)
    return found.union(*(called for told, called in _CALLED if not told.isdisjoint(found)))


def _is_owners(known: frozenset[str], memory: Memory) -> bool:
    """Return true if a memory tells it of its owner: of nobody and of no thing beside.

    "My birthday" is neither that of User's mother nor a birthday party.
    """
    owners = {stem(each.casefold()) for each in _POSSESSOR.findall(memory.text)} - _SELVES
    if not owners <= known:
        return False
    return not memory.claims or any(_is_held(each, known, memory.text) for each in memory.claims)


def _is_held(claim: Claim, known: frozenset[str], text: str) -> bool:
    """Return true if a claim is about the owner, or what is meant of theirs."""
    root, _, held = claim.holder.partition("/")
    words = _stems(held)
    if not held or root != _OWNER:
        return root == _OWNER or stem(root) in known
    if _called(words).isdisjoint(known):
        return False
    # What stands last is what it is, unless it is a name: "User's cat Ada".
    named = re.search(rf"\b{re.escape(held.split()[-1])}\b", text) is None
    return named or not _called(words[-1:]).isdisjoint(known)


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _words(text)]


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(text.casefold()):
        bare = re.sub(r"['\u2019]s?$|['\u2019]", "", word)
        yield bare
        if "-" in bare:
            yield from bare.split("-")
