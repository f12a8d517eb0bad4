"""Extractive summary of a conversation, without a language model."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Final

from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.facts import Fact, facts
from agent_memory_services.extraction.extractors.local.speech import QUOTED, own_words
from agent_memory_services.extraction.extractors.local.wording import without_openers
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.parser import Parser, shared
from agent_memory_services.language.en.sentences import Utterance, sentences

# A summary is to be shorter than what it adds, but a short talk may be kept whole.
_SHARE: Final = 0.35
_ALWAYS_WORDS: Final = 60
# With fewer telling words a sentence is small talk.
_FEWEST_TELLING: Final = 4
_MOST_SENTENCE_WORDS: Final = 40
_TOO_ALIKE: Final = 0.6
# Characters of the newest messages that the grammar reads, and that are read at all: each takes
# seconds. Of what was said between the two, sentences can only be quoted.
_MOST_PARSED, _MOST_READ = 50_000, 500_000

_FACT, _EARLIER, _DECISION, _CONCRETE, _QUESTION = 3.0, 2.0, 1.5, 0.5, -0.5
_DECIDES: Final = re.compile(
    r"\b(?:decid\w+|agree[ds]?|chos\w+|choos\w+|settled|confirm\w*|booked|approved|conclu\w+"
    r"|plan\w*|deadline|let us go|we will|will go with|going with|next steps?|must|recommend\w*"
    r"|resolved)\b",
    re.IGNORECASE,
)
_SPECIFIC: Final = re.compile(r"\d|(?<=[a-z,] )[A-Z][a-z]")


@dataclass(frozen=True, slots=True)
class _Point:
    """One sentence that could stand in the summary."""

    text: str
    bonus: float
    words: frozenset[str]
    length: int


def summarize(
    turns: Sequence[Turn], previous: str, max_words: int, parser: Parser | None = None
) -> str:
    """Sum a conversation up: the facts and decisions of it, in the order they were said.

    Args:
        turns: The messages to add, oldest first; recalled, system and tool ones are left out.
        previous: The summary of what came before, or nothing.
        max_words: The most words the answer may have.
        parser: The parser; None for that of the installed model.

    Returns:
        The summary; `previous`, cut to size, when the turns add nothing.
    """
    earlier = [_point(text, _EARLIER) for text in _sentences_of(previous)]
    points = [*earlier, *_points(turns, parser or shared())]
    said = sum(len(turn.text.split()) for turn in turns)
    kept = sum(point.length for point in earlier)
    chosen = _chosen(points, min(max_words, kept + max(_ALWAYS_WORDS, round(_SHARE * said))))
    return " ".join(points[index].text for index in sorted(chosen))


def condense(statements: Sequence[str], previous: str, max_words: int) -> str:
    """Sum statements up: what matters most in them, each thing once, in their order.

    Args:
        statements: What is known, the oldest first.
        previous: Summary of earlier ones, or empty.
        max_words: The most words the answer may have.
    """
    earlier = [_point(text, _EARLIER) for text in _sentences_of(previous)]
    points = [*earlier, *(_point(_ended(text), _FACT + _bonus(text)) for text in statements)]
    chosen = _chosen(points, max_words)
    return " ".join(points[index].text for index in sorted(chosen)) or previous


def _ended(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _point(text: str, bonus: float) -> _Point:
    return _Point(text, bonus, frozenset(_telling(text)), len(text.split()))


def _points(turns: Sequence[Turn], parser: Parser) -> Iterator[_Point]:
    said = [turn for turn in turns if not turn.recalled and turn.role in {"user", "assistant"}]
    evidence = _newest(said, _MOST_READ)
    stated = _stated(evidence, parser)
    for place, turn in enumerate(evidence):
        for text in stated[place]:
            yield _point(f"{text}.", _FACT + _bonus(text))
        speaker = turn.name or turn.role.capitalize()
        yield from _quotes(turn, speaker, questions_only=bool(stated[place]))


def _stated(evidence: Sequence[Turn], parser: Parser) -> defaultdict[int, list[str]]:
    """Return the facts that messages state, by the messages' places."""
    # Callers may give several messages one id, or none.
    placed = [replace(turn, message_id=str(place)) for place, turn in enumerate(evidence)]
    stated: defaultdict[int, list[str]] = defaultdict(list)
    found = facts(Conversation(turns=_newest(placed, _MOST_PARSED)), parser)
    told = [each for each in found if isinstance(each, Fact)]
    # A message that no rule can word is quoted as a summary quotes.
    worded = {each.candidate.message_ids for each in told if not each.quoted}
    for each in told:
        if each.candidate.message_ids in worded:
            stated[int(each.candidate.message_ids[0])].append(each.candidate.text)
    return stated


def _newest(turns: Sequence[Turn], characters: int) -> Sequence[Turn]:
    """Return the newest messages that have no more characters in all, and one at least."""
    lengths = accumulate(len(turn.text) for turn in reversed(turns))
    fitting = sum(1 for _ in takewhile(lambda length: length <= characters, lengths))
    return turns[-max(1, fitting) :]


def _quotes(turn: Turn, speaker: str, *, questions_only: bool) -> Iterator[_Point]:
    for sentence in sentences(own_words(turn.text)):
        text = without_openers(sentence.text)
        point = _point(_quoted(speaker, text, sentence), _bonus(text) + _QUESTION * sentence.asks)
        told = len(_telling(text)) >= _FEWEST_TELLING and point.length <= _MOST_SENTENCE_WORDS
        if told and QUOTED not in text and (sentence.asks or not questions_only):
            yield point


def _quoted(speaker: str, text: str, sentence: Utterance) -> str:
    text = text[:1].upper() + text[1:]
    return f"{speaker} asked: {text}?" if sentence.asks else f"{speaker}: {text}."


def _telling(text: str) -> list[str]:
    return [word for word in re.findall(r"[\w'-]+", text.lower()) if word not in words("empty")]


def _bonus(text: str) -> float:
    return _DECISION * bool(_DECIDES.search(text)) + _CONCRETE * bool(_SPECIFIC.search(text))


def _sentences_of(summary: str) -> list[str]:
    return [text.strip() for text in re.split(r"(?<=[.?!])\s+(?=[A-Z\"])", summary) if text.strip()]


def _chosen(points: Sequence[_Point], budget: int) -> set[int]:
    """Choose by weight, passing over what repeats a point already taken."""
    weights = _weights(points)
    chosen: set[int] = set()
    left = budget
    for index in sorted(range(len(points)), key=lambda index: (-weights[index], index)):
        point = points[index]
        if point.length > left or any(_alike(point, points[other]) for other in chosen):
            continue
        chosen.add(index)
        left -= point.length
    return chosen


def _weights(points: Sequence[_Point]) -> list[float]:
    """Weigh points by how much they share with the rest, and by what they are."""
    counts = Counter(word for point in points for word in point.words)
    shared = (sum(math.log(counts[word]) for word in sorted(point.words)) for point in points)
    return [
        point.bonus + share / math.sqrt(len(point.words) + 1)
        for point, share in zip(points, shared, strict=True)
    ]


def _alike(one: _Point, other: _Point) -> bool:
    fewest = min(len(one.words), len(other.words))
    return len(one.words & other.words) > _TOO_ALIKE * fewest
