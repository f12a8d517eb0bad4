"""Sentences that are kept in the words in which they were said.

Rules word what they know. A sentence in which they find nothing, or of which they lose part, is
better kept as it was said than not at all, if it tells of the speaker's life. Signs of its grammar
and of its place in the message speak for and against that. Their weights are those of a logistic
regression on the sentences of golden messages, so that no sign needs to decide alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

from agent_memory_services.extraction.extractors.local.date_phrases import DATE_PHRASE
from agent_memory_services.extraction.extractors.local.said import (
    has_often,
    is_chat_noun,
    names_task,
)
from agent_memory_services.extraction.extractors.local.selection import is_figure, is_secret
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import joined
from agent_memory_services.extraction.extractors.local.wording import with_lead
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import (
    FINITE_TAGS,
    Clause,
    Modality,
    Tense,
    clauses,
)
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.en.sentences import Utterance
from agent_memory_services.language.en.words import STOP_WORDS, stem
from agent_memory_services.language.recognition import ENGLISH, UNKNOWN, recognised

_WEIGHTS: Final = {
    "@bias": 1.8, "name": 1.2, "life": 1.1, "long": 1.0, "told": 0.9, "kin": 0.8,
    "many nouns": 0.7, "number": 0.6, "often": 0.6, "answers": 0.5, "occasion": 0.5,
    "parts": 0.5, "first name": 0.4, "tense perfect": 0.4, "tense present": 0.4, "date": 0.3,
    "chat verb": -0.4, "no clause": -0.4, "software": -0.4, "tense future": -0.4,
    "that does": -0.4, "very short": -0.4, "chore": -0.5, "task": -0.5, "mood": -0.6,
    "one noun": -0.6, "only things": -0.6, "alone": -0.7, "asked": -0.7, "unsure": -0.7,
    "you do": -0.7, "nobody": -0.8, "verb first": -0.8, "may": -0.9, "mind": -1.1,
    "no noun": -1.1, "pointing": -1.3,
}  # fmt: skip
ENOUGH: Final = 1.0
"""Points from which on a sentence is kept in which rules find nothing."""
LEANS: Final = -0.5
"""Points from which on one is kept together with the sentence before it, on which it leans."""
MORE: Final = 0.5
"""Points from which on one is kept beside the facts that lose part of it."""
_FEWEST_LOST: Final = 2
_MOST_WORDS: Final = 80
_FEW, _SEVERAL, _MANY = 3, 6, 12
_SHORT_FRAGMENT: Final = 5

_TELLING: Final = frozenset({"NN", "CD", "VB", "JJ"})
_PRECISE: Final = frozenset({"NNP", "NNPS", "CD"})
_NAMING: Final = frozenset({"NN", "CD"})
_ME: Final = frozenset({"i", "we", "my", "our", "me", "us", "mine", "ours", "myself"})
_THINGS: Final = frozenset({"it", "that", "this", "these", "those", "there"})
_GUESSES: Final = frozenset(
    {"think", "guess", "suppose", "believe", "hope", "wish", "wonder", "doubt", "imagine", "assume"}
)
_PEOPLE: Final = frozenset({"he", "she", "they"})
_UNSURE: Final = re.compile(
    r"\b(?:if|whether|unless|maybe|perhaps|possibly|imagine|suppose|supposing|let us|pretend"
    r"|would|could|should|might|may)\b",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"\b(?:thanks?|thx|ta|cheers|please|sorry|hello|hi|hey|bye|good (?:morning|night|evening)|lol"
    r"|haha|ok|okay|wow|cool|brilliant|perfect|yes|yeah|yep|nah|no)\b",
    re.IGNORECASE,
)
_REPORTS: Final = re.compile(
    r"\b(?:says?|said|told|asked|tells?|quote|claims?|reckons?|thinks?|wrote|writes|texted"
    r"|means?)\b",
    re.IGNORECASE,
)
_SOFTWARE: Final = re.compile(
    r"\b(?:(?<!gate )(?<!door )(?<!alarm )code|script|file|function"
    r"|app|link|page|button|error|screen|wifi|printer|laptop|update"
    r"|version|server|tab|window|mic|click|download|save|pdf|email|password|website|internet)\b",
    re.IGNORECASE,
)
_NEAR: Final = re.compile(
    r"\b(?:next door|upstairs|downstairs|across the (?:road|street|hall)|(?:at|from) (?:work|church"
    r"|school|the (?:office|gym|club|choir)))\b",
    re.IGNORECASE,
)
_LIFE: Final = (
    "occupations", "diets", "traits", "lasting_traits", "described", "ailments", "demonyms",
    "foods", "surgeries", "amounts",
)  # fmt: skip
_IDLE: Final = (
    "empty",
    "chores",
    "mind_verbs",
    "small_verbs",
    "chat_verbs",
    "opinions",
    "idle_times",
)
_KIN: Final = ("companions", "female", "male", "either", "animals", "plural", "own_kin")


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a sentence in its message.

    Attributes:
        alone: Whether the message has no other sentence.
        asked: Whether a question stands in the message.
        asked_next: Whether the next sentence is a question.
        answers: Whether it is the first of a message behind another.
    """

    alone: bool
    asked: bool
    asked_next: bool
    answers: bool


@dataclass(frozen=True)
class Saying:
    """A sentence as it was said, with the plain sentences that it was taken apart into.

    Attributes:
        text: The words.
        parts: The plain sentences, each with its parse.
        place: Where it stands.
    """

    text: str
    parts: Sequence[tuple[Utterance, Tree]]
    place: Place

    @property
    def asks(self) -> bool:
        """True if it is a question."""
        return all(part.asks for part, _ in self.parts)

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """The words of its parts."""
        return [token for _, tree in self.parts for token in tree.tokens]

    @cached_property
    def clauses(self) -> Sequence[Clause]:
        """The clauses of its parts."""
        return [clause for _, tree in self.parts for clause in clauses(tree)]

    @property
    def strays(self) -> bool:
        """True if it refers to somebody whom no word before it tells."""
        pronouns = _PEOPLE | {"him", "her", "them"}
        telling = (one for one in self.tokens if one.tag[:2] == "NN" or one.lower in pronouns)
        return next((one.lower in pronouns for one in telling), False)

    @property
    def leans(self) -> bool:
        """True if only what stands before tells what it is about: "It broke", "Six weeks"."""
        first = self.clauses[0].subject if self.clauses else None
        finite = any(token.tag in FINITE_TAGS for token in self.tokens)
        fragment = not finite and len(self.tokens) <= _SHORT_FRAGMENT
        return fragment or self.strays or (first is not None and first.lower == "it")

    def behind(self, before: "Saying") -> "Saying | None":
        """Return it with the sentence before it, if only that tells what it is about."""
        if not before.may_be_kept or not self.leans:
            return None
        return replace(self, text=f"{before.text}. {self.text}")

    @property
    def may_be_kept(self) -> bool:
        """True if it is English in the speaker's own words, and tells no secret and no figure."""
        return recognised(self.text) == ENGLISH and self.may_tell

    @property
    def may_tell(self) -> bool:
        """True if it may be kept, where it is English: "Rex died" is too short to tell."""
        if self.asks or QUOTED in self.text or is_secret(self.text):
            return False
        if _commands(self.tokens) or _begins_with_command().match(self.text):
            return False
        if len(self.text.split()) > _MOST_WORDS or recognised(self.text) not in {ENGLISH, UNKNOWN}:
            return False
        figure = any(is_figure(joined(one.body)) for one in self.clauses if one.body)
        return not figure and not self._guesses

    @property
    def is_of_software(self) -> bool:
        """True if it tells of software or of what is worked on in the conversation."""
        return _SOFTWARE.search(self.text) is not None or names_task(self.text)

    @property
    def _guesses(self) -> bool:
        """True if it tells a thought, or what the speaker wants of the conversation's things."""
        first = self.clauses[0] if self.clauses else None
        behind = first.tree.child(first.verb, "ccomp") if first is not None else None
        if first is None or behind is None:
            return False
        # "I want the output to be a table."
        things = (is_chat_noun(first.tree, one) for one in first.tree.subtree(behind))
        return first.lemma in _GUESSES or (first.lemma in words("wants") and any(things))

    @property
    def points(self) -> float:
        """Weight of the signs that it tells of the speaker's life."""
        return sum(_WEIGHTS.get(sign, 0.0) for sign in signs(self))

    def loses(self, found: Sequence[str]) -> bool:
        """Return true if the facts found in it leave something out that it tells."""
        told = _stems(" ".join(found)) | _stems(" ".join(_dates(self.text)))
        told = told.union(*map(words, _IDLE))
        idle = {
            token
            for clause in self.clauses
            if clause.lead and with_lead(joined(clause.lead), "") == ("", "")
            for token in clause.lead
        }
        lost = [
            token
            for token in self.tokens
            if token.tag[:2] in _TELLING
            and token.lower not in STOP_WORDS
            and token.lemma not in told
            and not _stems(token.lower) <= told
            and token not in idle
        ]
        named = any(token.tag in _PRECISE for token in lost)
        nouns = any(token.tag[:2] in _NAMING for token in lost)
        return named or (nouns and len(lost) >= _FEWEST_LOST)


@cache
def _begins_with_command() -> re.Pattern[str]:
    """Match a text that begins with a command, before its openers are taken away."""
    return re.compile(
        rf"(?:(?:please|can you|could you|now|just|ok|okay|so)[, ]+)*{any_of('commands')}\b",
        re.IGNORECASE,
    )


def _commands(tokens: Sequence[Token]) -> bool:
    """Return true if words ask for something now: "Find me a hotel", "Convert 5 miles"."""
    plain = [token for token in tokens if token.dep not in {"intj", "punct", "cc"}]
    if plain and plain[0].lower in words("tasks"):
        return True
    if not plain or plain[0].tag in {"VBD", "VBN", "VBG", "VBZ", "IN"}:
        return False
    served = len(plain) > 1 and plain[1].lower in {"me", "us"}
    asks = plain[0].tag.startswith(("VB", "NN")) and plain[0].lower not in words("own_kin")
    return (served and asks) or plain[0].lower in words("commands")


def _stems(text: str) -> set[str]:
    """Return the stems of the words of a text, and its numbers without their units."""
    return {stem(word) for word in re.findall(r"\d+|[^\W\d_]+", text.lower())}


def _dates(text: str) -> Iterator[str]:
    """Yield what a text says of dates; facts say it in other words."""
    for date in DATE_PHRASE.finditer(text):
        yield date[0]


def signs(saying: Saying) -> Iterator[str]:
    """Yield the signs for and against that a sentence tells of its speaker's life."""
    yield "@bias"
    for found in (_of_words, _of_clauses, _of_place):
        yield from (name for name, holds in found(saying) if holds)


def _of_words(saying: Saying) -> Iterator[tuple[str, object]]:
    tokens, text = saying.tokens, saying.text
    low = {token.lower for token in tokens}
    lemmas = {token.lemma for token in tokens}
    names = [token for token in tokens[1:] if token.tag.startswith("NNP")]
    numbers = [token for token in tokens if token.tag == "CD" or any(map(str.isdigit, token.text))]
    idle = words("empty") | words("idle_times")
    nouns = [one for one in tokens if one.tag in {"NN", "NNS"} and one.lemma not in idle]
    first = tokens[0] if tokens else None
    tag = first.tag if first else ""
    yield "name", names
    yield "names", len(names) > 1
    yield "first name", tag == "NNP"
    yield "number", numbers
    yield "numbers", len(numbers) > 1
    yield "date", DATE_PHRASE.search(text)
    yield "often", has_often(text)
    yield "no noun", not nouns
    yield "one noun", len(nouns) == 1
    yield "many nouns", len(nouns) >= _FEW
    yield "very short", len(tokens) <= _FEW
    yield "short", _FEW < len(tokens) <= _SEVERAL
    yield "long", len(tokens) > _MANY
    yield "my", low & {"my", "our", "mine", "ours"}
    yield "me", low & {"me", "us", "myself"}
    yield "nobody", not low & _ME
    yield "you", low & {"you", "your", "yours"}
    yield "pointing", low & {"that", "this", "these", "those"}
    yield (
        "object it",
        any(
            one.lower in {"it", "that", "this", "them"} and one.dep in {"dobj", "pobj"}
            for one in tokens
        ),
    )
    yield "kin", _NEAR.search(text) or any(not low.isdisjoint(words(name)) for name in _KIN)
    yield "life", any(not (low | lemmas).isdisjoint(words(name)) for name in _LIFE)
    yield "occasion", not lemmas.isdisjoint(words("occasions"))
    yield "mood", not low.isdisjoint(words("moods"))
    yield "moment", not low.isdisjoint(words("momentary"))
    yield "judgement", not low.isdisjoint(words("judgements"))
    yield "world", not low.isdisjoint(words("world"))
    yield "chat noun", not (low | lemmas).isdisjoint(words("chores") | words("own_chores"))
    yield (
        "chore",
        any(
            token.dep in {"dobj", "attr", "pobj"} and is_chat_noun(tree, token)
            for _, tree in saying.parts
            for token in tree.tokens
        ),
    )
    yield "task", names_task(text)
    yield "software", _SOFTWARE.search(text)
    yield "unsure", _UNSURE.search(text)
    yield "if first", first is not None and first.lower == "if"
    yield "polite", _POLITE.search(text)
    yield "report", _REPORTS.search(text)
    yield "colon", ":" in text
    yield "verb first", tag == "VB"
    yield "question word first", tag in {"WP", "WRB", "WDT"}
    yield "interjection first", tag == "UH"
    yield "told", any(part.told for part, _ in saying.parts)
    yield "parts", len(saying.parts) > 1


def _of_clauses(saying: Saying) -> Iterator[tuple[str, object]]:
    subjects = [one.subject.lower if one.subject else "" for one in saying.clauses]
    yield "I", {"i", "we"} & set(subjects)
    yield "you do", "you" in subjects
    yield "that does", {"this", "that", "these", "those"} & set(subjects)
    yield "it does", "it" in subjects
    yield "they do", _PEOPLE & set(subjects)
    yield "only things", subjects and all(one in _THINGS for one in subjects)
    yield "no verb", not any(token.tag in FINITE_TAGS for token in saying.tokens)
    yield "future", any(one.tense is Tense.FUTURE for one in saying.clauses)
    first = saying.clauses[0] if saying.clauses else None
    yield "no clause", first is None
    if first is None:
        return
    yield "I first", first.subject is not None and first.subject.lower in {"i", "we"}
    yield f"tense {first.tense.value}", True
    yield "would", first.modality is Modality.WOULD
    yield "may", first.modality is Modality.MAY
    yield "can", first.modality is Modality.CAN
    yield "denied", first.negated
    behind = first.tree.child(first.verb, "xcomp")
    mind = words("opinions") | words("mind_verbs")
    yield "mind", first.lemma in mind or (behind is not None and behind.lemma in mind)
    yield "chat verb", first.lemma in words("chat_verbs")
    yield "moment verb", first.lemma in words("moments")
    plain = first.verb.tag in {"VB", "VBP"} and first.tense is Tense.PRESENT
    yield "order", first.subject is None and plain


def _of_place(saying: Saying) -> Iterator[tuple[str, object]]:
    place = saying.place
    yield "alone", place.alone
    yield "asked", place.asked
    yield "asked next", place.asked_next
    yield "answers", place.answers
