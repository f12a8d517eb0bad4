"""Claims of statements in other languages than English, read by patterns of a language's pack.

A pack lists under `claims` how its speakers deny, end and change things, whom they tell of, and the
verbs of some relations. A statement is cut into clauses; each has its subject, its verb, and a
value of all other words that count. A clause that is not understood is a claim of the relation
`other`, so that in doubt nothing merges or ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.claims import (
    END,
    MOVE,
    ONLY,
    OTHER,
    REASON,
    VERB,
    Claim,
    ClaimModality,
    Quantity,
)
from agent_memory_services.language.packs import LANGUAGES, ClaimWords, Pattern, Text, pack
from agent_memory_services.language.recognition import likely

_QUOTED: Final = re.compile(
    r'^(?P<who>[\w .-]{1,40}?) said(?: on [^:"]{4,40})?: "(?P<words>.*)"$', re.DOTALL
)
_WORD: Final = re.compile(r"[+-]?\d+(?:[.,:]\d+)*|[^\W\d_](?:[^\W_]|-(?=\w))*|[+#%&€$£]")
_ELIDED: Final = re.compile(
    r"\b(n|l|d|j|m|s|t|qu|c|un|dell|nell|all|sull|dall|quell|nostr|k)['\u2019](?=\w)",
    re.IGNORECASE,
)
_COMMA: Final = re.compile(r"\s*[,;:]\s+|\s+[-\u2013\u2014]\s+")
_UNITS: Final = {
    "kilo": "kg", "kilos": "kg", "kilogramm": "kg", "chili": "kg", "quilos": "kg", "euro": "eur",
    "euros": "eur", "€": "eur", "jahre": "year", "jahr": "year", "años": "year", "año": "year",
    "ans": "year", "an": "year", "anni": "year", "anno": "year", "anos": "year", "ano": "year",
    "jaar": "year",
}  # fmt: skip
_OTHERS: Final = frozenset({"?", "¿"})
_USER: Final = "user"
_HELPING: Final = frozenset({"be", "have"})
_SAID_OF_ANYTHING: Final = frozenset({"", "live", "work", "have", "be", "like"})
_FEWEST_DIGITS: Final = 3


def told_in(text: str) -> str:
    """Return the language by whose word a statement calls the user; empty where by none."""
    words = Text(text)
    found = [code for code in LANGUAGES if _calls_the_user(words, code)]
    if len(found) > 1:
        choice = likely(text)
        found = [code for code in found if code in choice] or found
    return found[0] if found else ""


def _calls_the_user(text: Text, code: str) -> bool:
    words = pack(code).claims
    return words is not None and words.user.search(text) is not None


def read(text: str, language: str) -> tuple[Claim, ...]:
    """Return what a statement in the language of a pack claims; nothing where that is unsure."""
    reader = _READERS.get(language)
    return reader(text) if reader else ()


def _read(text: str, *, language: str) -> tuple[Claim, ...]:
    words = pack(language).claims
    if words is None or not _OTHERS.isdisjoint(text):
        return ()
    quoted = _QUOTED.match(text)
    speaker = quoted["who"].casefold() if quoted else _USER
    plain = (quoted["words"] if quoted else text).strip().rstrip(".! ")
    corrected = words.corrected.match(Text(plain))
    if corrected is not None:
        plain = plain[corrected.end() :].lstrip(" ,.:;!\u2013-")
    found = list(_claims(plain, speaker, words))
    if all(each.relation == OTHER for each in found):
        return ()
    if corrected is not None:
        found = [each if each.negated else replace(each, single=True) for each in found]
    return tuple(dict.fromkeys(found))


# A fact is compared many times.
_READERS: Final = {
    each: remembered(1024, longest=1_000)(partial(_read, language=each)) for each in LANGUAGES
}


def _claims(plain: str, speaker: str, words: ClaimWords) -> Iterator[Claim]:
    """Yield the claims of the clauses of a statement, in order."""
    heir = ""
    for part in _parts(plain, words):
        clause = _Clause(Text(part), speaker, heir, words)
        claims = list(clause.claims())
        heir = clause.holder or heir
        if claims:
            yield from claims
        elif rest := " ".join(clause.value):
            reason = words.reasons.match(clause.text) is not None
            yield Claim(speaker, OTHER, rest, limits=(REASON if reason else "clause",))


def _parts(plain: str, words: ClaimWords) -> Iterator[str]:
    """Yield the clauses of a statement: what commas or conjunctions part has a verb each."""
    marks = sorted(
        [each.span() for each in _COMMA.finditer(plain)]
        + [each.span() for each in words.joins.compiled.finditer(plain)]
        + [(each.start(), each.start()) for each in words.reasons.compiled.finditer(plain)]
    )
    start = 0
    for at, (end, after) in enumerate(marks):
        following = marks[at + 1][0] if at + 1 < len(marks) else len(plain)
        before, behind = Text(plain[start:end]), Text(plain[after:following])
        if _is_clause(before, words) and _is_clause(behind, words):
            yield before.plain.strip(" ,;")
            start = after
    yield plain[start:].strip(" ,;")


def _is_clause(text: Text, words: ClaimWords) -> bool:
    tokens = [Text(each) for each in _tokens(text.plain)]
    known = (
        *(words.being, words.having, words.speaker, words.user, words.unreal, words.planned),
        *(words.faded, words.given_up, words.stopped, words.quit),
    )
    if any(each.search(text) for each in (*known, *(verb for _, verb in words.verbs))):
        return True
    led = next((each for each in tokens if not words.empty.match(each)), None)
    return led is not None and words.speaking.match(led) is not None


def _tokens(text: str) -> list[str]:
    return _WORD.findall(_ELIDED.sub(r"\1 ", text.casefold()))


@dataclass(frozen=True)
class _Clause:
    """Reading of one clause.

    Attributes:
        text: Its words as they were said.
        speaker: Who said them.
        heir: Whom the clause before it tells of; empty for the first.
        words: Words of its language.
    """

    text: Text
    speaker: str
    heir: str
    words: ClaimWords

    @cached_property
    def _owned(self) -> re.Match[str] | None:
        """Somebody's or something of the speaker's at the beginning, as the subject."""
        for pattern in (self.words.of_user, self.words.owned):
            found = pattern.match(self.text)
            if found is not None:
                return found
        return None

    @cached_property
    def holder(self) -> str:
        """Whom it tells of; empty where that is nobody who is known."""
        words = self.words
        if self._subject is not None:
            what = " ".join(_tokens(self._subject["what"]))
            return f"{self.speaker}/{what}" if what else ""
        if words.speaker.search(self.text) or words.user.match(self._bare):
            return self.speaker
        led = next((each for each in self._said if not self._is_idle(each)), "")
        if words.mine.search(self.text) or words.speaking.match(Text(led)):
            return self.speaker
        return self.heir if led and self._verb_of(led) else ""

    @property
    def _bare(self) -> Text:
        """The clause behind articles and the like."""
        return Text(
            self.words.articles.compiled.sub("", self.text.plain, count=1).strip(" '\u2019")
        )

    @cached_property
    def _said(self) -> list[str]:
        """The words behind the subject."""
        found = self._subject
        rest = self.text.plain[found.end() :] if found is not None else self.text.plain
        return _tokens(self.words.changed.compiled.sub(" ", rest))

    @cached_property
    def _subject(self) -> re.Match[str] | None:
        """The match of what is the speaker's, where the clause tells of that and not of them."""
        return self._owned if self.words.speaker.search(self.text) is None else None

    @cached_property
    def _limits(self) -> tuple[str, ...]:
        found = [
            each[0].casefold() for each in self.words.limits.compiled.finditer(self.text.plain)
        ]
        only = self.words.only.search(self.text) is not None
        return (*found, *([ONLY] if only else []))

    @cached_property
    def value(self) -> list[str]:
        """The words that no pattern of the pack accounts for, prepositions in one form."""
        return list(self._value(" ".join(self._said)))

    def _value(self, said: str) -> Iterator[str]:
        words = self.words
        for pattern in (words.limits, words.only, words.changed, words.stopped):
            said = pattern.compiled.sub(" ", said)
        for word in _tokens(said):
            one = Text(word)
            if preposition := next((to for to, each in words.prepositions if each.match(one)), ""):
                yield preposition
            elif not words.empty.match(one) and not words.user.match(one):
                yield _UNITS.get(word, word)

    def _verb_of(self, word: str) -> str:
        """Return the relation of a verb; empty where the pack does not list it."""
        one = Text(word)
        for name, pattern in (
            *self.words.verbs,
            ("be", self.words.being),
            ("have", self.words.having),
        ):
            if pattern.match(one):
                return name
        return ""

    def claims(self) -> Iterator[Claim]:
        """Yield what the clause claims; nothing where it is not understood."""
        words, text = self.words, self.text
        if words.conditions.search(text) or words.reasons.match(text):
            return
        if words.postponed.search(text):
            if subject := self._postponed():
                root, own = (
                    (self.holder or self.speaker).split("/")[0],
                    self.holder.partition("/")[2],
                )
                yield Claim(root, MOVE, own or subject, ended=True)
            return
        if (order := self._order()) is not None:
            yield order
        elif not self.holder or self._is_of_what_faded:
            yield from self._faded()
        elif words.unreal.search(text) is None:
            yield from self._of_holder()

    def _order(self) -> Claim | None:
        """Return a wish about the assistant's answers, or about how the speaker is called."""
        words = self.words
        if (called := words.called.search(self.text)) is not None:
            name = " ".join(self._value(self.text.plain[called.end() :]))
            value = f"to be call {name}".strip()
        elif any(name == "answer" and verb.search(self.text) for name, verb in words.verbs):
            value = " ".join(["answer", *self._values_without_verbs()])
        else:
            return None
        denied = words.denied.search(self.text) is not None
        wish = Claim(self.speaker, "want", value, modality=ClaimModality.INSTRUCTION)
        return replace(wish, negated=denied, limits=self._limits)

    def _values_without_verbs(self) -> list[str]:
        wanted = self.words.wishing
        return [
            word for word in self.value if not (self._verb_of(word) or wanted.match(Text(word)))
        ]

    def _postponed(self) -> str:
        """Return the words of the event that is put off."""
        before = self.words.postponed.compiled.split(self.text.plain)[0]
        return " ".join(word for word in self._value(before) if not self._verb_of(word))

    @property
    def _is_of_what_faded(self) -> bool:
        """True if the subject is no more, and neither the speaker nor the user."""
        words = self.words
        named = words.speaker.search(self.text) or words.user.match(self._bare)
        return not named and words.faded.search(self.text) is not None

    def _faded(self) -> Iterator[Claim]:
        """Yield the end of what a clause without a known subject says is over."""
        found = self.words.faded.search(self.text)
        if found is None or self.words.denied.search(self.text):
            return
        subject = list(self._value(self.text.plain[: found.start()]))
        if subject:
            yield Claim(self.speaker, END, " ".join(subject), ended=True)

    def _of_holder(self) -> Iterator[Claim]:
        words, text, holder = self.words, self.text, self.holder
        denied = words.denied.search(text) is not None
        over = words.over.search(text) is not None
        if words.quit.search(text) and not denied:
            left = [word for word in self._beside(words.quit) if word not in _LEADING]
            yield Claim(holder, f"{END} job", " ".join(left), ended=True)
            return
        stopped = words.stopped.search(text) is not None
        if words.given_up.search(text) and not denied and not stopped:
            left = self._beside(words.given_up)
            while left and left[0] in _LEADING:
                left = left[1:]
            if left:
                yield Claim(holder, END, " ".join(left), ended=True)
            return
        if words.planned.search(text):
            value = " ".join(self._beside(words.planned))
            if value:
                plan = Claim(holder, "plan", value, modality=ClaimModality.PLAN)
                yield replace(plan, negated=denied or over, ended=over, limits=self._limits)
            return
        yield from self._plain(denied=denied, over=over or stopped)

    def _beside(self, pattern: Pattern) -> list[str]:
        """Return the value without the words that a pattern finds."""
        plain = pattern.compiled.sub(" ", " ".join(self._said))
        return [word for word in self._value(plain) if self._verb_of(word) not in _HELPING]

    def _plain(self, *, denied: bool, over: bool) -> Iterator[Claim]:
        relation, verb = self._relation()
        value = [word for word in self.value if word != verb or relation in _HELPING]
        value = [word for word in value if self._verb_of(word) not in {relation, *_HELPING}]
        if not relation or (not value and relation not in _ALONE):
            return
        relation, value = _placed(relation, value)
        holder, own = self.holder, self.holder.partition("/")[2]
        changed = self.words.changed.search(self.text) is not None or relation == "move"
        if own and relation == "be":
            figure = sum(map(str.isdigit, "".join(value))) >= _FEWEST_DIGITS
            if _CHOSEN.search(own) is not None:
                holder, relation = holder.partition("/")[0], own
            elif self._is_named(value):
                relation = "name"
            changed = changed or figure or relation == own
        one = bool(own) and self.words.singular.match(Text(own)) is not None
        yield Claim(
            holder,
            "live" if relation == "move" else relation,
            " ".join(value),
            negated=denied or over or relation == "hate",
            quantities=_quantities(value),
            limits=self._limits,
            single=not (over or denied) and (changed or (one and relation == "name")),
            ended=over,
        )

    def _is_named(self, value: Sequence[str]) -> bool:
        """Return true if the value is a name: capitals alone, of which nouns may have one too."""
        written = {word.casefold(): word for word in _WORD.findall(self.text.plain)}
        capitals = [written.get(word, word)[:1].isupper() for word in value]
        return all(capitals) and len(capitals) > int(self.words.capitals)

    def _relation(self) -> tuple[str, str]:
        """Return the relation of the clause's verb, and the verb."""
        said = [word for word in self._said if not self._is_idle(word)]
        place = self._inverted()
        first = place or next(iter(said), "")
        known = self._verb_of(first) if first else ""
        if known not in {"", "be", "have"}:
            return known, first
        behind = [word for word in said if word != first]
        if known or self.words.stopped.search(self.text):
            # "Bin nach Jena umgezogen", "estoy aprendiendo ruso".
            verbs = ((self._verb_of(word), word) for word in behind)
            helped = next((each for each in verbs if each[0] not in _SAID_OF_ANYTHING), None)
            if helped is not None:
                return helped
            done = any(self.words.participles.match(Text(word)) for word in behind)
            if known == "have" and done:
                return "", ""
            return (known, first) if known else ("", "")
        listed = next(((name, word) for word in said if (name := self._verb_of(word))), None)
        if listed is not None and not place:
            return listed
        return (f"{VERB} {first}", first) if first and self._may_be_verb(first) else ("", "")

    def _may_be_verb(self, word: str) -> bool:
        """Return true if a word that is not listed stands where its language has the verb."""
        return not word[:1].isdigit() and not any(
            each.match(Text(word)) for _, each in self.words.prepositions
        )

    def _inverted(self) -> str:
        """Return the verb before the speaker, in languages that turn them round."""
        said = self._said
        at = next((at for at, word in enumerate(said) if self.words.speaker.match(Text(word))), 0)
        before = said[at - 1] if at and self.words.inverts else ""
        return "" if not before or (self._is_idle(before) and not self._verb_of(before)) else before

    def _is_idle(self, word: str) -> bool:
        """Return true if a word is no verb and says nothing, or is the subject."""
        one = Text(word)
        idle = (
            self.words.empty.match(one)
            or self.words.user.match(one)
            or self.words.changed.match(one)
        )
        return bool(idle) and not self._verb_of(word)


_LEADING: Final = frozenset({"in", "at", "for", "as", "with", "to", "on", "from"})
_ALONE: Final = frozenset({"smoke"})
_CHOSEN: Final = re.compile("lieblings|lievelings|favori|préfér|prefer")
"""Words of what is one at a time, such as the favourite dish."""


def _placed(relation: str, value: list[str]) -> tuple[str, list[str]]:
    rest = value[1:] if value[:1] in (["in"], ["to"], ["at"], ["for"]) else value
    if relation in {"live", "move"}:
        return relation, ["in", *rest]
    if relation == "stand":
        return "be", value
    if relation == "work" and value[:1] in (["at"], ["for"]):
        return relation, ["for", *rest]
    return relation, value


def _quantities(value: Sequence[str]) -> tuple[Quantity, ...]:
    numbered = [at for at, word in enumerate(value) if word[:1].isdigit()]
    if len(numbered) != 1:
        return ()
    [at] = numbered
    unit = value[at + 1] if at + 1 < len(value) else ""
    return (Quantity(value[at], unit),)
