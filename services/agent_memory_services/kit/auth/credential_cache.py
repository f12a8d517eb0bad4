"""Credentials that were verified lately, so that most calls need no look-up."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent_memory_services.kit.auth.identity import Identity

_MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """An identity that holds until a moment on the monotonic clock."""

    identity: Identity
    until: float


class CredentialCache:
    """A bounded memory of verified tokens that forgets the least recently used.

    Tokens are kept by digest: who reads this process's memory finds no token here.
    """

    def __init__(
        self, *, max_entries: int = _MAX_ENTRIES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max = max_entries
        self._clock = clock
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[Identity]] = {}
        self._generation = 0

    def recall(self, token: str) -> Identity | None:
        """Return the holder of a token, if that is known and still holds."""
        digest = _digest(token)
        known = self._verified.get(digest)
        if known is None:
            return None
        if known.until <= self._clock():
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return known.identity

    async def once(self, token: str, verify: Callable[[str], Awaitable[Verified]]) -> Identity:
        """Verify the token and remember it; calls that come meanwhile share the answer."""
        digest = _digest(token)
        running = self._running.get(digest)
        if running is None:
            running = asyncio.create_task(self._verify(digest, token, verify))
            self._running[digest] = running
            running.add_done_callback(lambda done: self._settle(digest, done))
        # A caller that goes away leaves the others their answer.
        return await asyncio.shield(running)

    def forget(self) -> None:
        """Forget every token, because what they were verified by has changed."""
        self._verified.clear()
        self._generation += 1

    def _settle(self, digest: bytes, done: asyncio.Task[Identity]) -> None:
        del self._running[digest]
        if not done.cancelled():
            # Whoever waited has it already; nobody may have.
            done.exception()

    async def _verify(
        self, digest: bytes, token: str, verify: Callable[[str], Awaitable[Verified]]
    ) -> Identity:
        generation = self._generation
        verified = await verify(token)
        if generation == self._generation:
            self._verified[digest] = verified
            while len(self._verified) > self._max:
                self._verified.popitem(last=False)
        return verified.identity


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
