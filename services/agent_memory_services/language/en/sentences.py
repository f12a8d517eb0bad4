"""Sentences of a text; statements apart from questions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory_services.language.en.corrections import Correcting

_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|a\.m|p\.m|no|approx|inc|ltd|co)"
    r"|(?<!')\b[A-Z])\.$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+")
_ASKING = (
    r"(?:what|which|who|whose|where|when|why|how|any|anyone|can|could|do|does|did|is|are|should"
    r"|would|will|may|shall|have you|has anyone|got any|thoughts|ideas|suggestions|recommendations"
    r"|is there|are there|so what|right|huh|correct|eh|ok|okay|you)\b"
)
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|can|could|should|would|will|may|shall|am|has|have|had)"
)
_SUBJECT = r"(?:I|you|we|he|she|it|they|my|your|our|this|that|these|those|there|the|anyone|any)"
_QUESTION = re.compile(
    rf"^(?:\W|(?:and|so|but|or|also|ok|okay|well|hey|hi|oh)\b)*"
    rf"(?:(?:what|which|who|whose|where|when|why|how)\b(?:\s+(?!I\b)[\w'-]+){{0,3}}?\s+{_AUXILIARY}"
    rf"\s+{_SUBJECT}\b|(?!ha[ds]\s+(?:my|our|the|this|that|any)\b)"
    rf"{_AUXILIARY}(?: not)?\s+{_SUBJECT}\b|(?:what|how) about\b|any\s+\w+)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    rf"(?:\s*[,;:]\s*|\s+-+\s+|\s+)(?:(?:and|so|but|or)\s+)?(?={_ASKING})", re.IGNORECASE
)
_TAIL_MARK = re.compile(r"\s*[,;:]|\s+-|\s+(?:and|so|but|or)\s", re.IGNORECASE)
_TAG = re.compile(
    r"^(?:right|huh|correct|eh|ok|okay|(?:is|are|do|does|did|have|has|was|were|can|should) not)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our)\b", re.IGNORECASE)


# No speaker writes so long a sentence; it is a paste, and costs more than it tells.
_LONGEST = 1000

# Patterns take time with the square of what they look back over.
_LONGEST_PIECE = 1000
_RUN = re.compile(r"(\S)\1{15,}")
_BLANKS = re.compile(r"\s{17,}")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence without its closing punctuation.

    Attributes:
        text: The words.
        asks: Whether it is a question.
        told: Whether its form alone, that of a list or of an answer, says that it is about the
            speaker.
        whole: The sentence, as it was said, that it was made from; empty for one as it was said.
        corrects: How surely it was said to put right something that was said before.
    """

    text: str
    asks: bool
    told: bool = False
    whole: str = ""
    corrects: Correcting = Correcting.NO


def without_runs(text: str) -> str:
    """Shorten runs of one sign, or of blanks, to the sixteen that any meaning needs."""
    return _RUN.sub(r"\1" * 16, _BLANKS.sub(lambda run: run[0][:16], text))


def pieces(text: str) -> Iterator[str]:
    """Cut a text into parts of at most 1,000 characters that make it up again.

    A part ends with a line where one ends within it, else with a sentence, a word, or anywhere.
    """
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        limit = start + _LONGEST_PIECE
        ends = (text.rfind(end, start + 1, limit) for end in ("\n", ". ", " "))
        end = next((at + 1 for at in ends if at >= 0), limit)
        yield text[start:end]
        start = end
    yield text[start:]


def sentences(text: str) -> list[Utterance]:
    """Cut prose into sentences; a statement that ends in a question yields both."""
    found: list[Utterance] = []
    for part in _parts(text):
        asked = part.rstrip("\"')] ").endswith("?")
        words = part.strip().rstrip(".!?… ")
        statement = _before_question(words) if asked else words
        if statement:
            found.append(Utterance(statement, asks=bool(_QUESTION.match(statement))))
        if asked and statement != words:
            found.append(Utterance(words[len(statement) :].lstrip(" ,;:-"), asks=True))
    return found


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for end in _END.finditer(text):
        part = text[start : end.start()]
        if _ABBREVIATION.search(part.rstrip()) and "\n" not in end[0]:
            continue
        parts.append(part)
        start = end.end()
    return [part for part in (*parts, text[start:]) if part.strip() and len(part) <= _LONGEST]


def _before_question(words: str) -> str:
    """Return the statement a question hangs on: "I'm vegan, what can I cook" says "I'm vegan"."""
    for tail in _TAIL.finditer(words):
        head, question = words[: tail.start()], words[tail.end() :]
        if _TAIL_MARK.match(tail[0]) and _QUESTION.match(question) and not _TAG.match(question):
            return head if _FIRST_PERSON.search(head) and not _QUESTION.match(head) else ""
    return ""
