"""Claims of facts: those that are stored with them, or those that their words are read to make."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import Final

import structlog

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.kit.contract.remembered import RememberedEach
from agent_memory_services.language.claims import Claim
from agent_memory_services.language.en import claims as english
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared
from agent_memory_services.language.recognition import ENGLISH
from agent_memory_services.long_term_memory.consolidation.rules.periods import is_fact
from agent_memory_services.shared.claims import (
    LONGEST_STATEMENT,
    from_contract,
    language_of,
    read_foreign,
    read_into,
)

log = structlog.get_logger()


def claims_of(memory: Memory) -> tuple[Claim, ...]:
    """Return what a memory claims: as it is stored, or as its words are read; nothing without."""
    if memory.claims:
        return _stored(memory)
    if language_of(memory) == ENGLISH:
        return _read(memory.text)
    return read_foreign(memory)


_MOST_VERSIONS: Final = 4096
_BRIEF: Final = 2_000
"""Bytes of a memory whose claims are remembered."""
_known: Final[dict[tuple[str, int], tuple[Claim, ...]]] = {}


def _stored(memory: Memory) -> tuple[Claim, ...]:
    """Return the claims that a memory has; those of its present version are read once."""
    version = memory.etag, len(memory.claims)
    if (found := _known.get(version)) is None:
        found = from_contract(memory.claims)
        if memory.etag and memory.ByteSize() <= _BRIEF:
            if len(_known) >= _MOST_VERSIONS:
                _known.clear()
            _known[version] = found
    return found


_MOST_TEXTS: Final = 4096


@lru_cache(maxsize=4)
def _reader_of(parser: Parser) -> RememberedEach[tuple[Claim, ...]]:
    """Return what reads the claims of English texts; also of a text that has none, only once."""
    return RememberedEach(
        partial(english.read, parser=parser), _MOST_TEXTS, longest=LONGEST_STATEMENT
    )


def _read(text: str) -> tuple[Claim, ...]:
    try:
        [found] = _reader_of(shared())([text])
    except UnfitModelError:
        return ()
    return found


_LOT: Final = 64
"""Texts that are read at a time; others get a turn between two lots."""


class ClaimReading:
    """Reads claims behind the event loop; where the parser cannot be used, it finds none."""

    def __init__(self, parser: Parser | None = None) -> None:
        """Take the parser; without one it is the process's own."""
        self._parser = parser or shared()
        self._read = _reader_of(self._parser)
        self._unfit = False

    async def with_claims(self, memories: Sequence[Memory]) -> list[Memory]:
        """Return memories with their claims, the same objects where none are to be read.

        It waits until the parser is loaded, as the first calls of a process may have to.
        """
        unread = [
            each for each in memories if not each.claims and is_fact(each) and language_of(each)
        ]
        if not unread or not await self._is_usable():
            return list(memories)
        copies = [copied(each) for each in unread]
        told = set()
        for start in range(0, len(copies), _LOT):
            lot = copies[start : start + _LOT]
            read = partial(read_into, lot, self._read)
            is_known = self._read.knows(each.text for each in lot)
            told |= {each.id for each in (read() if is_known else await asyncio.to_thread(read))}
        found = {each.id: each for each in copies if each.id in told}
        return [found.get(each.id, each) for each in memories]

    async def with_claims_at_hand(self, memories: Sequence[Memory]) -> list[Memory]:
        """Return memories with their claims as `with_claims`, without any wait for the parser."""
        return await self.with_claims(memories) if self._parser.is_ready else list(memories)

    async def prepare(self, memories: Iterable[Memory]) -> None:
        """Read what memories without claims of their own say, so that comparing them is quick."""
        texts = {each.text for each in memories if not each.claims and language_of(each) == ENGLISH}
        if not self._read.knows(texts) and await self._is_usable():
            unread = sorted(texts)
            for start in range(0, len(unread), _LOT):
                await asyncio.to_thread(self._read, unread[start : start + _LOT])

    async def _is_usable(self) -> bool:
        try:
            await self._parser.loaded()
        except UnfitModelError as error:
            if not self._unfit:
                log.error("claims.unreadable", error=type(error).__name__)  # noqa: TRY400 - it says it all
            self._unfit = True
            return False
        return True
