"""Claims of statements in other languages than English, read by patterns of a language's pack.

A pack lists how its speakers deny, end and change things, and the verbs of a few relations, under
`claims`. What its patterns do not know is no claim, so that in doubt nothing merges or ends; every
word that they leave over is part of the value.
"""

import re
from collections.abc import Iterator
from typing import Final

from agent_memory_services.language.claims import (
    END,
    MOVE,
    Claim,
    ClaimModality,
    Quantity,
)
from agent_memory_services.language.packs import LANGUAGES, ClaimWords, Text, pack

_QUOTED: Final = re.compile(r'^(?P<who>[\w .-]{1,40}?) said: "(?P<words>.*)"$', re.DOTALL)
_WORD: Final = re.compile(r"[+-]?\d+(?:[.,:]\d+)*|[^\W\d_](?:[^\W_]|-(?=\w))*|[+#%&€$£]")
_ELIDED: Final = re.compile(r"\b(?:n|l|d|j|m|s|t|qu|c)['\u2019](?=\w)", re.IGNORECASE)
_UNITS: Final = {
    "kilo": "kg", "kilos": "kg", "kilogramm": "kg", "euro": "eur", "euros": "eur", "€": "eur",
    "jahre": "year", "años": "year", "ans": "year", "anni": "year", "anos": "year", "jaar": "year",
}  # fmt: skip
_OTHERS: Final = frozenset({"?", "¿"})
_USER: Final = "user"


def told_in(text: str) -> str:
    """Return the language by whose word a statement calls the user; empty where by none."""
    words = Text(text)
    return next((code for code in LANGUAGES if _calls_the_user(words, code)), "")


def _calls_the_user(text: Text, code: str) -> bool:
    words = pack(code).claims
    return words is not None and words.user.search(text) is not None


def read(text: str, language: str) -> tuple[Claim, ...]:
    """Return what a statement in the language of a pack claims; nothing where that is unsure."""
    words = pack(language).claims if language in LANGUAGES else None
    if words is None or not _OTHERS.isdisjoint(text):
        return ()
    quoted = _QUOTED.match(text)
    holder = quoted["who"].casefold() if quoted else _USER
    plain = (quoted["words"] if quoted else text).strip().rstrip(".! ")
    parts = [part for part in words.joins.compiled.split(plain) if part]
    found = [_claim(holder, Text(part.strip(" ,;")), words) for part in parts]
    if any(claim is None for claim in found) and len(parts) > 1:
        found = [_claim(holder, Text(plain), words)]
    return tuple(claim for claim in found if claim is not None) if all(found) else ()


def _claim(holder: str, text: Text, words: ClaimWords) -> Claim | None:
    for attribute in words.attributes:
        if (match := attribute.compiled.fullmatch(text.plain)) is not None:
            return _attribute(holder, match, words)
    if (moved := words.postponed.search(text)) is not None:
        subject = " ".join(_value(text.part(0, moved.start()), words))
        return Claim(holder, MOVE, subject, ended=True) if subject else None
    return _of_the_speaker(holder, text, words) if _is_of_the_speaker(text, words) else None


def _of_the_speaker(holder: str, text: Text, words: ClaimWords) -> Claim | None:
    relation = next((name for name, verb in words.verbs if verb.search(text)), "")
    value = list(_value(text, words))
    if relation == "answer":
        wanted = " ".join(["answer", *value])
        return Claim(holder, "want", wanted, modality=ClaimModality.INSTRUCTION)
    if words.unreal.search(text) is not None:
        return None
    if words.quit.search(text) is not None:
        left = " ".join(word for word in value if word not in {"for", "at", "in", "as"})
        return Claim(holder, f"{END} job", left, ended=True)
    return _plain(holder, relation, value, text, words) if relation else None


def _plain(
    holder: str, relation: str, value: list[str], text: Text, words: ClaimWords
) -> Claim | None:
    if not value and relation != "smoke":
        return None
    over = bool(words.over.search(text) or words.stopped.search(text))
    return Claim(
        holder,
        "live" if relation == "move" else relation,
        " ".join(_placed(relation, value)),
        negated=over or bool(words.denied.search(text)),
        quantities=_quantities(value),
        single=not over and (relation == "move" or bool(words.changed.search(text))),
        ended=over,
    )


def _is_of_the_speaker(text: Text, words: ClaimWords) -> bool:
    """Return true if no word that counts, such as another's name, stands before the verb."""
    verbs = (words.auxiliaries, *(verb for _, verb in words.verbs))
    found = [match.start() for verb in verbs if (match := verb.search(text)) is not None]
    return bool(found) and not any(_value(text.part(0, min(found)), words))


def _attribute(holder: str, match: re.Match[str], words: ClaimWords) -> Claim | None:
    what = [word for word in _value(Text(match["what"]), words) if word != "in"]
    value = list(_value(Text(match["value"]), words))
    if not what or not value:
        return None
    path = "/".join([holder, " ".join(what)])
    return Claim(path, "be", " ".join(value), quantities=_quantities(value))


def _value(text: Text, words: ClaimWords) -> Iterator[str]:
    """Yield the words that no pattern of the pack accounts for, prepositions in one form."""
    plain = _ELIDED.sub(" ", text.plain.casefold())
    for word in _WORD.findall(plain):
        one = Text(word)
        if preposition := next((to for to, each in words.prepositions if each.match(one)), ""):
            yield preposition
        elif not words.empty.match(one) and not any(verb.match(one) for _, verb in words.verbs):
            yield _UNITS.get(word, word)


def _placed(relation: str, value: list[str]) -> list[str]:
    rest = value[1:] if value[:1] in (["in"], ["to"], ["at"], ["for"]) else value
    if relation in {"live", "move"}:
        return ["in", *rest]
    if relation == "work" and value[:1] in (["at"], ["for"]):
        return ["for", *rest]
    return value


def _quantities(value: list[str]) -> tuple[Quantity, ...]:
    numbered = [at for at, word in enumerate(value) if word[:1].isdigit()]
    if len(numbered) != 1:
        return ()
    [at] = numbered
    unit = value[at + 1] if at + 1 < len(value) else ""
    return (Quantity(value[at], unit),)
