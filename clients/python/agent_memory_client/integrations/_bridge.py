"""Parts that adapters share: one code for callers with and without an event loop, and names."""

import hashlib
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ulid import ULID

from agent_memory_client import (
    MemoryAPIClient,
    MemoryClient,
    MemoryClientConfig,
    MemoryConflictError,
    MemoryMessage,
    MemoryNotFoundError,
)
from agent_memory_client._config import config_from
from agent_memory_client.models._content import ContentPart

Result = TypeVar("Result")

_MESSAGES_PER_CALL: Final = 100
_ATTEMPTS: Final = 20
_WINDOW: Final = 100_000_000


class Clients:
    """Both clients of one configuration; neither connects before its first call.

    Attributes:
        config: the configuration.
        waiting: client for coroutines of an event loop.
    """

    def __init__(self, base_url: str | MemoryClientConfig | None, **options: Any) -> None:
        self.config = config_from(base_url, None, options)
        self.waiting: Any = MemoryAPIClient(self.config)
        self._blocking = MemoryClient(self.config)

    @property
    def now(self) -> Any:
        """Client for coroutines that `run_now` runs."""
        return _Now(self._blocking)

    async def aclose(self) -> None:
        """Close the connections of both."""
        await self.waiting.aclose()
        self._blocking.close()


class _Now:
    """Methods of the synchronous client as coroutines that never wait."""

    def __init__(self, client: MemoryClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            return method(*arguments, **named)

        return call


def run_now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that waits for nothing but the client `now`; answers its result.

    Raises:
        RuntimeError: It waits for something else.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("the coroutine waits, and there is no event loop")


def derived_id(*parts: str) -> str:
    """Derive the id of a memory from what names it elsewhere; the same for the same parts."""
    spelled = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()[:40]


def _parts(message: MemoryMessage) -> list[ContentPart]:
    """Answer a message's parts; without any, one that says nothing is left out."""
    if message.content or message.tool_calls or message.parts:
        return message.parts
    return [ContentPart(kind="other", text="empty")]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session whose messages an adapter keeps: what it shows is what was added and not taken.

    Attributes:
        session_id: the session.
        namespace: its namespace; the client's default when absent.
        user_id: its owner; the client's default when absent.
    """

    session_id: str
    namespace: str | None = None
    user_id: str | None = None

    @property
    def _scope(self) -> dict[str, Any]:
        return {"namespace": self.namespace, "user_id": self.user_id}

    async def read(self, client: Any, limit: int | None = None) -> list[MemoryMessage]:
        """Read the messages, or the latest, the oldest first; none where there is no session."""
        if limit is not None and limit <= 0:
            return []
        try:
            session = await client.get_working_memory(
                self.session_id, recent_messages_limit=limit, **self._scope
            )
        except MemoryNotFoundError:
            return []
        messages: list[MemoryMessage] = session.messages
        return [await self._whole(client, message) for message in messages]

    async def _whole(self, client: Any, message: MemoryMessage) -> MemoryMessage:
        """Read a message that the session shows shortened from its log."""
        if message.whole_bytes is None or message.sequence is None:
            return message
        page = await client.list_messages(
            self.session_id, after_sequence=message.sequence - 1, limit=1, **self._scope
        )
        return page.messages[0] if page.messages else message

    async def add(self, client: Any, messages: Sequence[Any]) -> None:
        """Add messages, each as a new one, whatever ids a framework gives it."""
        read = [MemoryMessage.model_validate(message) for message in messages]
        named = [
            message.model_copy(update={"id": str(ULID()), "parts": _parts(message)})
            for message in read
        ]
        for start in range(0, len(named), _MESSAGES_PER_CALL):
            await client.append_messages_to_working_memory(
                self.session_id,
                named[start : start + _MESSAGES_PER_CALL],
                # Nothing is summarised: a framework wants its messages as they were.
                context_window_max=_WINDOW,
                **self._scope,
            )

    async def pop(self, client: Any) -> MemoryMessage | None:
        """Take the latest message back, and what was learned from it alone; answers it."""
        for _ in range(_ATTEMPTS):
            try:
                session = await client.get_working_memory(self.session_id, **self._scope)
            except MemoryNotFoundError:
                return None
            if not session.messages:
                return None
            latest = await self._whole(client, session.messages[-1])
            session.messages.pop()
            try:
                await client.set_working_memory(
                    self.session_id, session, etag=session.etag, context_window_max=_WINDOW
                )
            except MemoryConflictError:
                # Somebody else wrote meanwhile; what is the latest may have changed.
                continue
            return latest
        raise MemoryConflictError(f"others keep writing to {self.session_id}")

    async def clear(self, client: Any) -> None:
        """Delete the session; what was learned from it stays."""
        await client.delete_working_memory(self.session_id, keep_memories=True, **self._scope)
