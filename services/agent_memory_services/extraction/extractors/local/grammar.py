"""The word lists of a language, read once from `data/grammar_<language>.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Grammar:
    """Closed word classes of one language; every word is lower-case.

    Attributes:
        irregular: Base, past and participle of the irregular verbs.
        regular: Bases of the regular verbs worth knowing.
        doubling: Verbs of several syllables that double their last consonant.
        chained: Verbs that may begin a second fact after "and".
        agreeing: Verbs that agree with the subject when they follow "and".
        dropped: Adverbs of emphasis.
        kept: Adverbs that belong to the statement.
        openers: Words and phrases that are said before a statement.
        female: Nouns for people that "she" may mean; `male`, `either` and `animals` likewise.
        plural: Nouns that "they" may mean.
        empty: Words that carry no content of their own.
        never_names: Words that are capitalised without being a name.
        demonyms: Peoples, languages and faiths.
    """

    irregular: tuple[tuple[str, str, str], ...]
    regular: frozenset[str]
    doubling: frozenset[str]
    chained: frozenset[str]
    agreeing: frozenset[str]
    dropped: frozenset[str]
    kept: frozenset[str]
    openers: tuple[str, ...]
    female: frozenset[str]
    male: frozenset[str]
    either: frozenset[str]
    animals: frozenset[str]
    plural: frozenset[str]
    empty: frozenset[str]
    never_names: frozenset[str]
    demonyms: frozenset[str]


@cache
def english() -> Grammar:
    """Return the English word lists."""
    source = files(__package__).joinpath("data", "grammar_en.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))

    def words(table: str, key: str) -> frozenset[str]:
        return frozenset(data[table][key].split())

    forms = (tuple(entry.split()) for entry in data["verbs"]["irregular"].split(";"))
    openers = {word.replace("-", " ") for word in words("openers", "words")}
    return Grammar(
        irregular=tuple((base, past, participle) for base, past, participle in forms),
        openers=tuple(sorted(openers, key=len, reverse=True)),
        **{key: words("verbs", key) for key in ("regular", "doubling", "chained", "agreeing")},
        **{key: words("adverbs", key) for key in ("dropped", "kept")},
        **{key: words("people", key) for key in ("female", "male", "either", "animals", "plural")},
        **{key: words("words", key) for key in ("empty", "never_names", "demonyms")},
    )
