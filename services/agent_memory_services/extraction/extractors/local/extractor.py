"""Local extractor: facts by rule, with no model, no key and no network."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    ExtractionFailed,
    Findings,
    Kind,
    Strategy,
)
from agent_memory_services.extraction.extractors.background import in_background
from agent_memory_services.extraction.extractors.local.facts import facts
from agent_memory_services.extraction.extractors.local.said import Family
from agent_memory_services.extraction.extractors.local.summary import summarize
from agent_memory_services.extraction.extractors.local.tags import entities, topics
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared

_LASTING: Final = frozenset({Family.PREFERENCE, Family.INSTRUCTION})
_MOST_SUMMARY_WORDS: Final = 500


class LocalExtractor:
    """Extractor by grammar; deterministic, and safe to share between threads."""

    name = "local"
    version = "3"

    def __init__(self, parser: Parser | None = None) -> None:
        """Take the parser that reads messages; without one it is the installed model's."""
        self._parser = parser or shared()

    def warm(self) -> None:
        """Begin to load the parser in the background; the first extraction waits for it."""
        self._parser.warm()

    async def extract(self, conversation: Conversation) -> Findings:
        """Find the facts that `conversation.turns` state, off the event loop.

        With the summary strategy the one candidate is the thread's summary; `known` then holds
        the summary so far, if there is one.

        Raises:
            ExtractionFailed: the parser's model cannot be used.
        """
        try:
            return Findings(await in_background(self.find, conversation))
        except UnfitModelError as error:
            raise ExtractionFailed("parser_unavailable") from error

    def find(self, conversation: Conversation) -> list[Candidate]:
        """Find the facts that `conversation.turns` state; what `extract` runs in a thread."""
        if conversation.strategy is Strategy.SUMMARY:
            return _summary(conversation, self._parser)
        lasting = conversation.strategy is Strategy.PREFERENCES
        found = (
            fact.candidate
            for fact in facts(conversation, self._parser)
            if not lasting or fact.family in _LASTING
        )
        return _once(found, known=conversation.known)


def _summary(conversation: Conversation, parser: Parser) -> list[Candidate]:
    turns = [turn for turn in conversation.turns if not turn.recalled]
    text = summarize(turns, "\n".join(conversation.known), _MOST_SUMMARY_WORDS, parser)
    if not text:
        return []
    message_ids = tuple(turn.message_id for turn in turns)
    return [Candidate(text, Kind.SEMANTIC, message_ids, topics(text), entities(text))]


def _once(candidates: Iterable[Candidate], known: Iterable[str]) -> list[Candidate]:
    """Drop known facts; merge facts that are stated twice, citing both messages."""
    stored = set(map(_key, known))
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        key = _key(candidate.text)
        if key in stored:
            continue
        earlier = found.get(key)
        if earlier is None:
            found[key] = candidate
        else:
            ids = dict.fromkeys((*earlier.message_ids, *candidate.message_ids))
            found[key] = replace(earlier, message_ids=tuple(ids))
    return list(found.values())


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
