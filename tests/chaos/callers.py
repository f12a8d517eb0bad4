"""People who call all the time and must not notice what happens to the processes behind."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client._operations.operation import Operation, as_it_is
from agent_memory_client.errors import MemoryUnavailableError
from agent_memory_client.models import MemoryMessage, MemoryRecord

_PAUSE_SECONDS = 0.02


@dataclass
class Seen:
    """What callers saw.

    Attributes:
        calls: calls that were answered, by what they did.
        failures: calls that were not, by what was said.
        said: what was acknowledged in the session that is watched.
        told: what the watcher was told of it.
        resumptions: how often the watcher had to go on elsewhere, by the reason it was given.
        exits: how processes ended.
    """

    calls: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    resumptions: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)

    @property
    def caught_up(self) -> bool:
        """Whether the watcher was told of everything, in order."""
        return list(dict.fromkeys(self.told)) == self.said

    @property
    def perfect(self) -> bool:
        """Whether nobody noticed."""
        return not self.failures and self.caught_up and set(self.exits) <= {0}


class Caller:
    """Somebody who writes, reads and asks all the time."""

    def __init__(self, memory: MemoryAPIClient, seen: Seen, name: str) -> None:
        self._memory = memory
        self._seen = seen
        self.name = name
        self.said: list[str] = []

    async def call(self, stop: asyncio.Event) -> None:
        """Call until told to stop."""
        ways = (self._append, self._remember, self._read, self._search, self._prompt, self._jobs)
        while not stop.is_set():
            for make in ways:
                await self._count(make)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _count(self, make: Callable[[], Awaitable[None]]) -> None:
        what = make.__name__.removeprefix("_")
        try:
            await make()
        except (MemoryClientError, AssertionError) as error:
            self._seen.failures[f"{what}: {error!r}"] += 1
        else:
            self._seen.calls[what] += 1

    async def _append(self) -> None:
        text = f"I said number {len(self.said)}."
        await self._memory.append_messages_to_working_memory(
            self.name, [MemoryMessage(role="user", content=text)], user_id=self.name
        )
        self.said.append(text)

    async def _remember(self) -> None:
        record = MemoryRecord(
            id=f"{self.name}-{len(self.said)}", text=f"User likes tea {len(self.said)}"
        )
        await self._memory.create_long_term_memories([record], deduplicate=False)

    async def _read(self) -> None:
        page = await self._memory.list_messages(self.name, descending=True, limit=1)
        assert [message.content for message in page.messages] == self.said[-1:]

    async def _search(self) -> None:
        assert (await self._memory.search_long_term_memory("tea")).memories

    async def _prompt(self) -> None:
        await self._memory.memory_prompt("What now?", session_id=self.name)

    async def _jobs(self) -> None:
        await self._memory.list_jobs(session_id=self.name)


async def watch(memory: MemoryAPIClient, seen: Seen, session_id: str) -> None:
    """Watch a session for ever; a stream that ends is continued from its last token."""
    connection = memory._connection
    request = pb.WatchWorkingMemoryRequest(session_id=session_id)
    while True:
        try:
            watching: Operation[Any, Any] = Operation(request, as_it_is)
            async for response in connection.stream(watching):
                request.resume_token = response.resume_token
                seen.told += [message.content for message in response.change.messages]
        except MemoryUnavailableError as error:
            assert request.resume_token
            seen.resumptions[error.reason or "the connection ended"] += 1
            await asyncio.sleep(_PAUSE_SECONDS)


async def say(memory: MemoryAPIClient, seen: Seen, session_id: str, stop: asyncio.Event) -> None:
    """Say things in the session that is watched."""
    while not stop.is_set():
        text = f"Hello number {len(seen.said)}."
        await memory.append_messages_to_working_memory(
            session_id, [MemoryMessage(role="user", content=text)]
        )
        seen.said.append(text)
        await asyncio.sleep(_PAUSE_SECONDS)
