"""Local extractor: facts by rule, with no model, no key and no network."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    ExtractionFailed,
    Findings,
    Kind,
    Strategy,
    Wanted,
)
from agent_memory_services.extraction.extractors.local.facts import Fact, facts
from agent_memory_services.extraction.extractors.local.own_words import read_own_words
from agent_memory_services.extraction.extractors.local.said import Family
from agent_memory_services.extraction.extractors.local.summary import summarize
from agent_memory_services.extraction.extractors.local.tags import entities, topics
from agent_memory_services.kit.redis.background import in_background
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared
from agent_memory_services.language.recognition import ENGLISH

_LASTING: Final = frozenset({Family.PREFERENCE, Family.INSTRUCTION})
_MOST_SUMMARY_WORDS: Final = 500


class LocalExtractor:
    """Extractor by grammar; deterministic, and safe to share between threads."""

    name = "local"
    version = "4"

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
            return await in_background(self.read, conversation)
        except UnfitModelError as error:
            raise ExtractionFailed("parser_unavailable") from error

    def find(self, conversation: Conversation) -> list[Candidate]:
        """Find the facts that `conversation.turns` state."""
        return list(self.read(conversation).candidates)

    def read(self, conversation: Conversation) -> Findings:
        """Find the facts, and count unreadable messages; what `extract` runs in a thread."""
        if conversation.strategy is Strategy.SUMMARY:
            return Findings(_summary(conversation, self._parser))
        lasting = conversation.strategy is Strategy.PREFERENCES
        own = read_own_words(conversation)
        told = list(facts(own.rest, self._parser))
        wanted = [each for each in told if isinstance(each, Wanted)]
        found = (
            replace(fact.candidate, language=ENGLISH)
            for fact in told
            if isinstance(fact, Fact) and (not lasting or fact.family in _LASTING)
        )
        said = (each for each in own.candidates if not lasting or each.standing)
        candidates = _once(chain(found, said), known=conversation.known)
        cited = {message_id for each in candidates for message_id in each.message_ids}
        unread = Counter(why for message_id, why in own.unread.items() if message_id not in cited)
        return Findings(candidates, unread, [*wanted, *own.wanted])


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
