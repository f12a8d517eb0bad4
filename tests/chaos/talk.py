"""People who talk all the time, each in a way of their own, and remember what was acknowledged."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client.errors import (
    MemoryResourceExhaustedError,
    MemoryTimeoutError,
    MemoryUnavailableError,
)
from agent_memory_client.models import MemoryMessage, MemoryRecord, WorkingMemory
from tests.support.hobbies import HOBBIES, told

_AWAY = (MemoryUnavailableError, MemoryTimeoutError, MemoryResourceExhaustedError)
_PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Session:
    """What one user told in one session.

    Attributes:
        user: The user, whose name is the session's too.
        logged: Hobbies told in messages that were acknowledged.
        placed: Hobbies in memories that were acknowledged.
    """

    user: str
    logged: list[str] = field(default_factory=list)
    placed: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[str]:
        """Everything that may never be lost."""
        return [*self.logged, *self.placed]


@dataclass(slots=True)
class Diary:
    """What happened to everybody.

    Attributes:
        sessions: All sessions.
        refusals: Calls that were told to come back later.
        surprises: Answers that nobody should ever see, by what they were.
    """

    sessions: list[Session] = field(default_factory=list)
    refusals: int = 0
    surprises: Counter[str] = field(default_factory=Counter)


class Talker:
    """Tells one hobby after the other until it is told to stop; every call until it is answered."""

    def __init__(
        self, memory: MemoryAPIClient, diary: Diary, way: str, chance: random.Random
    ) -> None:
        """Talk in one of the `WAYS`."""
        self._memory = memory
        self._diary = diary
        self._way = way
        self._chance = chance
        self._session = Session("")

    async def talk(self, stop: asyncio.Event) -> None:
        """Talk; who has told everything goes on as somebody else."""
        number = 0
        while not stop.is_set():
            number += 1
            self._session = Session(f"{self._way}-{number}")
            self._diary.sessions.append(self._session)
            for hobby in self._chance.sample(HOBBIES, len(HOBBIES)):
                if stop.is_set():
                    return
                await self._insist(WAYS[self._way], hobby)
                told_to = self._session.placed if self._way == "place" else self._session.logged
                told_to.append(hobby)
                await self._insist(Talker.read_back, hobby)
                await asyncio.sleep(self._chance.uniform(0, _PAUSE_SECONDS))

    async def read_back(self, _hobby: str) -> None:
        """What was acknowledged is there for every reader, or the reader is told to come back."""
        if not self._session.logged:
            return
        page = await self._memory.list_messages(self._session.user, descending=True, limit=1)
        if [message.content for message in page.messages] != [said(self._session.logged[-1])]:
            self._diary.surprises["the last message was not read back"] += 1

    async def append(self, hobby: str) -> None:
        """Append a message that has an id."""
        await self._append([told(hobby)])

    async def append_nameless(self, hobby: str) -> None:
        """Append a message without an id, in a call that has one."""
        await self._append([nameless(hobby)], request_id=f"{self._session.user}/{hobby}")

    async def replace(self, hobby: str) -> None:
        """Replace everything in view by one message."""
        await self._set([told(hobby)])

    async def resend(self, hobby: str) -> None:
        """Send the whole history again, without ids, as many applications do."""
        await self._set([nameless(known) for known in [*self._session.logged, hobby]])

    async def place(self, hobby: str) -> None:
        """Put a memory into the session."""
        user = self._session.user
        record = MemoryRecord(id=f"{user}/{hobby}", text=f"User loves {hobby}")
        await self._memory.add_memories_to_working_memory(user, [record], user_id=user)

    async def _append(self, messages: list[MemoryMessage], request_id: str | None = None) -> None:
        user = self._session.user
        await self._memory.append_messages_to_working_memory(
            user, messages, user_id=user, request_id=request_id
        )

    async def _set(self, messages: list[MemoryMessage]) -> None:
        user = self._session.user
        await self._memory.set_working_memory(user, WorkingMemory(messages=messages, user_id=user))

    async def _insist(self, call: Callable[["Talker", str], Awaitable[None]], hobby: str) -> None:
        while True:
            try:
                await call(self, hobby)
            except MemoryClientError as error:
                self._note(error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    def _note(self, error: MemoryClientError) -> None:
        # A connection that breaks under a call gives no reason.
        if isinstance(error, _AWAY) or not error.reason:
            self._diary.refusals += 1
        else:
            self._diary.surprises[f"{type(error).__name__} {error.reason}"] += 1


def nameless(hobby: str) -> MemoryMessage:
    """A message without an id."""
    return MemoryMessage(role="user", content=said(hobby))


def said(hobby: str) -> str:
    """The words."""
    return told(hobby).content


WAYS: Mapping[str, Callable[[Talker, str], Awaitable[None]]] = {
    "append": Talker.append,
    "append-nameless": Talker.append_nameless,
    "replace": Talker.replace,
    "resend": Talker.resend,
    "place": Talker.place,
}
