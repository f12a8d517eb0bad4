"""Language packs: how speakers of a language talk of themselves, as data.

Each language has one TOML file beside this module. It lists patterns (regular expressions, matched
without regard to case) under the parts of `Pack`; where words stand apart, a pattern fits whole
words. A pattern without accents matches text with or without them; a pattern with accents asks for
them. `@name@` stands for the words that the file lists under that name in `words`.
"""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Final

LANGUAGES: Final = (
    *("ar", "de", "es", "fr", "hi", "it", "ja"),
    *("ko", "nl", "pl", "pt", "ru", "tr", "zh"),
)
"""Codes of the languages that have a pack."""

_MACRO: Final = re.compile(r"@(\w+)@")
# Devanagari writes vowels as marks, which are no word characters to the expression engine.
_LETTER: Final = r"[\w\u0900-\u0963\u0966-\u097f]"
_EDGE: Final = rf"(?:(?<!{_LETTER})(?={_LETTER})|(?<={_LETTER})(?!{_LETTER}))"
_NEVER: Final = re.compile(r"(?!)")
_OPTIONAL: Final = {"words", "combining", "spaced", "verb_last", "prefixed_and", "claims"}
_DAYS: Final = 7
_MONTHS: Final = 12


class PackError(ValueError):
    """A pack that cannot be used; the message names the file, the part and the reason."""


class Text:
    """A text that patterns are matched with, as it is written and without accents."""

    __slots__ = ("folded", "plain")

    def __init__(self, plain: str) -> None:
        """Keep the text and its form without accents."""
        self.plain = plain
        self.folded = plain if plain.isascii() else plain.translate(_FOLDING)

    @property
    def is_plain(self) -> bool:
        """True if it is written without accents."""
        return self.folded is self.plain

    def part(self, start: int, end: int) -> "Text":
        """Return the text between two places."""
        return Text(self.plain[start:end])


@dataclass(frozen=True, slots=True)
class Pattern:
    """Alternatives that a text is searched for."""

    compiled: re.Pattern[str]

    def search(self, text: Text) -> re.Match[str] | None:
        """Return the first place that fits, in either form of the text."""
        found = self.compiled.search(text.plain)
        return found if found or text.is_plain else self.compiled.search(text.folded)

    def match(self, text: Text) -> re.Match[str] | None:
        """Return the fit at the start of the text, in either form."""
        found = self.compiled.match(text.plain)
        return found if found or text.is_plain else self.compiled.match(text.folded)


@dataclass(frozen=True, slots=True)
class Clauses:
    """Patterns that tell what a clause says of its speaker.

    Attributes:
        separators: What stands between clauses, beside commas.
        speaker: Words for the speaker, in languages whose verbs do not tell who is meant: without
            one, a clause after another about somebody is about them too. Empty in the others.
        ends: Ends of a clause that is whole, in languages whose verb stands last and may serve
            several clauses; any end in the others.
        says: The speaker as the subject: pronouns, verb endings, dropped subjects.
        mine: The speaker's people, things and attributes as the subject.
        likes: Preferences, among what `says` and `mine` find.
        orders: Standing instructions: "always", "never", "from now on", "no ... please".
    """

    separators: Pattern
    speaker: Pattern
    ends: Pattern
    says: Pattern
    mine: Pattern
    likes: Pattern
    orders: Pattern


@dataclass(frozen=True, slots=True)
class Refused:
    """Patterns of what is no lasting statement, though the speaker is its subject.

    Attributes:
        asks: Questions, known without their mark.
        conditions: Conditions; they take the whole sentence with them.
        wishes: Hypotheses, fiction, jokes and irony; they take the whole sentence too.
        reported: What others say, think or ask; it takes the whole sentence too.
        thoughts: Opinions, doubts and thanks.
        requests: Questions to, tasks for and complaints about the assistant.
        moments: Feelings and doings of the moment.
        tasks: Words that give the assistant a text to work on, in front of a colon.
    """

    asks: Pattern
    conditions: Pattern
    wishes: Pattern
    reported: Pattern
    thoughts: Pattern
    requests: Pattern
    moments: Pattern
    tasks: Pattern


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Patterns of requests to forget something.

    Attributes:
        orders: What tells or asks the assistant to forget.
        denied: What looks so and is none: "do not forget", "forget it", "forget my last question".
        owned: Words by which something of the speaker's own begins: "my", "our".
        fillers: Words of a request that name nothing; what is left of it names what is meant.
    """

    orders: Pattern
    denied: Pattern
    owned: Pattern
    fillers: Pattern

    def named(self, text: Text) -> str | None:
        """Return what a sentence asks to forget; None where it asks for nothing of the kind."""
        if self.orders.search(text) is None or self.denied.search(text) is not None:
            return None
        return " ".join(self.fillers.compiled.sub(" ", text.plain).split())


@dataclass(frozen=True, slots=True)
class Dates:
    """Words for days and periods.

    Attributes:
        days: Patterns of days, with their distance from today.
        weeks: Patterns of weeks, with their distance from this one.
        months: Patterns of months, with their distance from this one.
        years: Patterns of years, with their distance from this one.
        weekdays: Patterns of the seven weekdays, from Monday.
        month_names: Patterns of the twelve months; empty where months are numbers.
        last: Words before or after a weekday or month that put it into the past.
        past: Signs of a clause about the past, for days without a direction.
        since: Words before a date that make it a limit and not the event's time.
        yearly: Signs of what comes back, so that a day in it is not one date.
    """

    days: Sequence[tuple[Pattern, int]]
    weeks: Sequence[tuple[Pattern, int]]
    months: Sequence[tuple[Pattern, int]]
    years: Sequence[tuple[Pattern, int]]
    weekdays: Sequence[Pattern]
    month_names: Sequence[Pattern]
    last: Pattern
    past: Pattern
    since: Pattern
    yearly: Pattern


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """Words by which a statement is compared with others.

    Attributes:
        inverts: True where the verb stands before the speaker behind what is put first.
        capitals: True where nouns have capitals as names do.
        user: Words for the user, by which the language of a statement is told.
        articles: Articles before a word for the user.
        speaker: The speaker as the subject.
        mine: The speaker as whom something pleases or befalls.
        speaking: Forms of verbs that tell of the speaker without naming them.
        owned: Somebody or something of the speaker's, `what`, as the subject.
        of_user: The same in the third person: "the user's", `what`.
        joins: Conjunctions between two things said.
        reasons: Beginnings of reasons.
        conditions: Beginnings of conditions.
        unreal: Signs of wishes and of the past, of which nothing is claimed.
        planned: Signs of what is going to be.
        wishing: Verbs of wishing, which tell nothing of an order's matter.
        over: Signs of what holds no more.
        denied: Signs of what is not so.
        changed: Signs of a value that takes the place of another.
        corrected: Beginnings of what puts right something said before.
        only: Signs of a value beside which no other holds.
        limits: Times and conditions within which alone something holds.
        stopped: Verbs of stopping what the next verb says.
        quit: Verbs of leaving a job.
        given_up: Verbs of ending, selling and leaving what they name.
        faded: Verbs and words of a subject that is no more.
        postponed: Verbs of moving an event to another time.
        called: What stands before the name by which the speaker wants to be called.
        being: Forms of "be".
        having: Forms of "have".
        participles: Forms of what is done.
        singular: What nobody has two of.
        empty: Words without a part in a value.
        prepositions: Prepositions, with the English one that stands for them.
        verbs: Verbs, with the relation that they express.
    """

    inverts: bool
    capitals: bool
    user: Pattern
    articles: Pattern
    speaker: Pattern
    mine: Pattern
    speaking: Pattern
    owned: Pattern
    of_user: Pattern
    joins: Pattern
    reasons: Pattern
    conditions: Pattern
    unreal: Pattern
    planned: Pattern
    wishing: Pattern
    over: Pattern
    denied: Pattern
    changed: Pattern
    corrected: Pattern
    only: Pattern
    limits: Pattern
    stopped: Pattern
    quit: Pattern
    given_up: Pattern
    faded: Pattern
    postponed: Pattern
    called: Pattern
    being: Pattern
    having: Pattern
    participles: Pattern
    singular: Pattern
    empty: Pattern
    prepositions: Sequence[tuple[str, Pattern]]
    verbs: Sequence[tuple[str, Pattern]]


@dataclass(frozen=True, slots=True)
class Pack:
    """One language.

    Attributes:
        code: Its BCP 47 code, such as `de`.
        name: Its English name.
        spaced: True where words stand apart.
        verb_last: True where a question is told by the end of its last clause.
        prefixed_and: The word "and" where it is written as part of the next word, else empty.
        forgetting: Patterns of requests to forget something.
        clauses: Patterns of clauses about the speaker.
        refused: Patterns of what is left out.
        dates: Words for days and periods.
        claims: Words by which statements are compared; None where they are compared as they are.
    """

    code: str
    name: str
    spaced: bool
    verb_last: bool
    prefixed_and: str
    forgetting: Forgetting
    clauses: Clauses
    refused: Refused
    dates: Dates
    claims: ClaimWords | None = None


@cache
def pack(code: str) -> Pack:
    """Return a language's pack; it is read and compiled once.

    Raises:
        PackError: the file has another form, or a pattern that does not compile.
    """
    source = files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return read_pack(unicodedata.normalize("NFC", source), f"{code}.toml")


def read_pack(source: str, name: str) -> Pack:
    """Return the pack that a file's text describes.

    Raises:
        PackError: the text is no TOML, lacks a part or has one too many, or a pattern does not
            compile.
    """
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{name}: {error}") from error
    return _Reader(name, table).pack()


class _Reader:
    """Reader of one pack's table."""

    def __init__(self, name: str, table: dict[str, Any]) -> None:
        self._name = name
        self._table = table
        self._words = {
            word: f"(?:{'|'.join(forms.split())})" for word, forms in table.get("words", {}).items()
        }
        self._marks = table.get("combining", False)
        self._spaced = table.get("spaced", True)

    def pack(self) -> Pack:
        parts = {"forgetting", "clauses", "refused", "dates"}
        self._check(self._table, {*parts, "code", "name"}, "")
        return Pack(
            code=self._table["code"],
            name=self._table["name"],
            spaced=self._spaced,
            verb_last=self._table.get("verb_last", False),
            prefixed_and=self._table.get("prefixed_and", ""),
            forgetting=Forgetting(**self._patterns("forgetting", Forgetting)),
            clauses=Clauses(**self._patterns("clauses", Clauses)),
            refused=Refused(**self._patterns("refused", Refused)),
            dates=self._dates(),
            claims=self._claims() if "claims" in self._table else None,
        )

    def _claims(self) -> ClaimWords:
        table = self._table["claims"]
        self._check(table, {field.name for field in fields(ClaimWords)}, "claims")
        others = {"inverts", "capitals", "prepositions", "verbs"}
        return ClaimWords(
            **{key: self._pattern(table[key], f"claims.{key}") for key in table.keys() - others},
            inverts=table["inverts"],
            capitals=table["capitals"],
            prepositions=self._named(table["prepositions"]),
            verbs=self._named(table["verbs"]),
        )

    def _named(self, table: Mapping[str, str]) -> list[tuple[str, Pattern]]:
        return [(name, self._pattern([words], "claims")) for name, words in table.items()]

    def _check(self, table: Mapping[str, Any], wanted: set[str], part: str) -> None:
        optional = set() if part else _OPTIONAL
        if missing := wanted - table.keys():
            raise PackError(f"{self._name}: {part or 'the pack'} lacks {sorted(missing)}")
        if unknown := table.keys() - wanted - optional:
            raise PackError(f"{self._name}: {part or 'the pack'} has unknown {sorted(unknown)}")

    def _patterns(
        self, part: str, shape: type[Clauses | Forgetting | Refused]
    ) -> dict[str, Pattern]:
        table = self._table[part]
        self._check(table, {field.name for field in fields(shape)}, part)
        return {key: self._pattern(table[key], f"{part}.{key}") for key in table}

    def _dates(self) -> Dates:
        table = self._table["dates"]
        self._check(table, {field.name for field in fields(Dates)}, "dates")
        names = {key: table[key] for key in ("weekdays", "month_names")}
        if len(names["weekdays"]) != _DAYS or len(names["month_names"]) not in {0, _MONTHS}:
            raise PackError(f"{self._name}: dates names {_DAYS} weekdays and {_MONTHS} months")
        return Dates(
            days=self._distances(table["days"]),
            weeks=self._distances(table["weeks"]),
            months=self._distances(table["months"]),
            years=self._distances(table["years"]),
            weekdays=[self._pattern([name], "dates.weekdays") for name in names["weekdays"]],
            month_names=[self._pattern([name], "dates.months") for name in names["month_names"]],
            last=self._pattern(table["last"], "dates.last"),
            past=self._pattern(table["past"], "dates.past"),
            since=self._pattern(table["since"], "dates.since"),
            yearly=self._pattern(table["yearly"], "dates.yearly"),
        )

    def _distances(self, table: Mapping[str, int]) -> list[tuple[Pattern, int]]:
        return [(self._pattern([word], "dates"), away) for word, away in table.items()]

    def _whole(self, pattern: str) -> str:
        return rf"(?<!\w)(?:{pattern})(?!\w)" if self._spaced else f"(?:{pattern})"

    def _pattern(self, alternatives: Sequence[str], part: str) -> Pattern:
        if not alternatives:
            return Pattern(_NEVER)
        try:
            written = "|".join(
                _MACRO.sub(lambda match: self._words[match[1]], self._whole(each))
                for each in alternatives
            )
            if self._marks:
                written = written.replace(r"\b", _EDGE).replace(r"\w", _LETTER)
            return Pattern(re.compile(written, re.IGNORECASE))
        except KeyError as error:
            raise PackError(f"{self._name}: {part} names no words {error}") from error
        except re.error as error:
            raise PackError(f"{self._name}: {part} does not compile: {error}") from error


def _folding() -> dict[int, str]:
    """Return the letters of Latin, Cyrillic and Arabic script that stand for accented ones."""
    plain = {ord("ł"): "l", ord("Ł"): "L", ord("ı"): "i", ord("ø"): "o", ord("’"): "'"}
    for code in (*range(0xC0, 0x250), *range(0x400, 0x460), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base != chr(code) and chr(code) not in "йЙ":
            plain[code] = base
    plain |= {ord(one): "ا" for one in "أإآٱ"} | {ord("ى"): "ي", ord("ة"): "ه"}
    # Vowel marks, which few write, and the stroke that stretches a word.
    return plain | dict.fromkeys((*range(0x64B, 0x653), 0x640), "")


_FOLDING: Final = _folding()
