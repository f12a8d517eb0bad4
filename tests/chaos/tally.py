"""What is left of everything that was acknowledged."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from agent_memory_client import ExtractionFailedError, MemoryAPIClient, MemoryTimeoutError
from tests.chaos.talk import Diary, Session, said
from tests.support.hobbies import facts
from tests.support.known import known_of, log_of

_DRAIN_SECONDS = 60.0
_SETTLE_SECONDS = 5.0


@dataclass
class Count:
    """How often things that should be there once are there."""

    once: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def add(self, owner: str, wanted: Iterable[str], found: Iterable[str]) -> None:
        """Compare what an owner should have with what it has."""
        have = Counter(found)
        for item in wanted:
            times = have.pop(item, 0)
            if times == 1:
                self.once += 1
            elif times == 0:
                self.lost.append(f"{owner}: {item}")
            else:
                self.doubled.append(f"{owner}: {item}")
        self.foreign += [f"{owner}: {item}" for item in have]

    @property
    def perfect(self) -> bool:
        """Whether everything is there once and nothing else is."""
        return not (self.lost or self.doubled or self.foreign)


@dataclass
class Tally:
    """The end of a run.

    Attributes:
        messages: Acknowledged messages, in the logs.
        facts: What they and the acknowledged memories say, in long-term memory.
        drain_seconds: How long extraction took after the last message.
        diary: What callers were told meanwhile.
        kills: How often each process was killed.
    """

    messages: Count
    facts: Count
    drain_seconds: float
    diary: Diary
    kills: Counter[str]

    @property
    def perfect(self) -> bool:
        """Whether every promise was kept."""
        return self.messages.perfect and self.facts.perfect and not self.diary.surprises


async def take_tally(memory: MemoryAPIClient, diary: Diary, kills: Counter[str]) -> Tally:
    """Wait until the backlog is gone, then look everything up."""
    began = time.monotonic()
    sessions = [session for session in diary.sessions if session.acknowledged]
    for session in sessions:
        # What is not extracted by then counts as lost.
        with suppress(MemoryTimeoutError, ExtractionFailedError):
            left = began + _DRAIN_SECONDS - time.monotonic()
            await memory.wait_for_extraction(session.user, timeout=max(1.0, left))
    drained = time.monotonic() - began
    messages, known = Count(), Count()
    for session in sessions:
        log = await log_of(memory, session.user)
        messages.add(session.user, map(said, session.logged), (message.content for message in log))
        known.add(session.user, facts(session.acknowledged), await _settled(memory, session))
    return Tally(messages, known, drained, diary, kills)


async def _settled(memory: MemoryAPIClient, session: Session) -> list[str]:
    """What is known of a user, once it is what it should be, or when the time is over."""
    ends = time.monotonic() + _SETTLE_SECONDS
    while True:
        found = await known_of(memory, session.user)
        if found == facts(session.acknowledged) or time.monotonic() > ends:
            return found
        await asyncio.sleep(0.2)
