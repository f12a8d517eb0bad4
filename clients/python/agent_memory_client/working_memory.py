"""Sessions: read them, replace what they show, add to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1.working_memory_pb2 import SessionMemoryPolicy
from agent_memory_client.conversions.memories import to_memory
from agent_memory_client.conversions.messages import to_messages
from agent_memory_client.conversions.sessions import (
    from_added,
    from_appended,
    from_working_memory,
    to_working_memory,
)
from agent_memory_client.errors import invalid
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.messages import MemoryMessage
from agent_memory_client.models.sessions import (
    AddMemoriesResult,
    AppendResult,
    MemoryStrategyConfig,
    WorkingMemory,
    WorkingMemoryResult,
)
from agent_memory_client.session_listing import SessionListing
from agent_memory_client.session_updates import SessionUpdates
from agent_memory_client.validation import build


class WorkingMemoryMethods(SessionUpdates, SessionListing):
    """Calls to the working memory service.

    A session is named by its namespace and id. `user_id` is its owner: it is set once, may be
    left out, and another one is refused. A namespace or user left out is the client's default.
    """

    async def get_or_create_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        recent_messages_limit: int | None = None,
        long_term_memory_strategy: MemoryStrategyConfig | Mapping[str, Any] | None = None,
    ) -> WorkingMemoryResult:
        """Answer a session, creating it empty where it does not exist.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            model_name: Model whose window the messages must fit; any name will do.
            context_window_max: The window itself, in tokens; beats the model's.
            recent_messages_limit: Answers only so many of the latest messages.
            long_term_memory_strategy: What to extract, for a session that this call creates.
        """
        request = rpc.GetOrCreateWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            window=self._window(model_name, context_window_max),
            recent_messages_limit=recent_messages_limit or 0,
        )
        stub = self._connection.services.working_memory
        response = await self._connection.call(stub.GetOrCreateWorkingMemory, request)
        memory = from_working_memory(response.working_memory)
        if response.created and long_term_memory_strategy is not None:
            updates = {"long_term_memory_strategy": long_term_memory_strategy}
            memory = await self.update_working_memory(
                session_id, updates, namespace=namespace, user_id=user_id
            )
        return WorkingMemoryResult(response.created, memory)

    async def get_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        recent_messages_limit: int | None = None,
    ) -> WorkingMemory:
        """Answer a session; see `get_or_create_working_memory` for the arguments.

        Raises:
            MemoryNotFoundError: It does not exist, or belongs to another user.
        """
        request = rpc.GetWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            window=self._window(model_name, context_window_max),
            recent_messages_limit=recent_messages_limit or 0,
        )
        stub = self._connection.services.working_memory
        response = await self._connection.call(stub.GetWorkingMemory, request)
        return from_working_memory(response.working_memory)

    async def set_working_memory(
        self,
        session_id: str,
        memory: WorkingMemory | Mapping[str, Any],
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        etag: str | None = None,
        request_id: str | None = None,
    ) -> WorkingMemory:
        """Replace what a session shows; creates it where it does not exist.

        Messages that are new join the session's log and are extracted, whatever later calls
        replace. Where messages exceed 0.7 of the window, the oldest are summarized.

        Args:
            session_id: The session; `memory` may name it too, but not another.
            memory: What the session shall show.
            user_id: The session's owner; `memory` may name it too, but not another.
            namespace: The session's namespace; the same holds.
            model_name: Model whose window the messages must fit.
            context_window_max: The window itself, in tokens.
            etag: Writes only while the session's etag is this one.
            request_id: Names the call; repeating it within a day answers what it answered first.

        Raises:
            MemoryConflictError: The etag is no longer the session's.
            MemoryPermissionError: The session belongs to another user.
        """
        memory = build(WorkingMemory, memory, "memory")
        session = to_working_memory(
            memory,
            session_id=_agree("session_id", session_id, memory.session_id) or "",
            namespace=self._namespace(_agree("namespace", namespace, memory.namespace)),
            user_id=self._user(_agree("user_id", user_id, memory.user_id)),
        )
        session.etag = etag or ""
        request = rpc.SetWorkingMemoryRequest(
            working_memory=session,
            window=self._window(model_name, context_window_max),
            request_id=request_id or "",
        )
        stub = self._connection.services.working_memory
        response = await self._connection.call(stub.SetWorkingMemory, request)
        return from_working_memory(response.working_memory)

    put_working_memory = set_working_memory

    async def append_messages_to_working_memory(
        self,
        session_id: str,
        messages: Sequence[MemoryMessage | Mapping[str, Any]],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        etag: str | None = None,
        request_id: str | None = None,
    ) -> AppendResult:
        """Add messages to the end of a session; creates it where it does not exist.

        Costs the same however long the session is. See `set_working_memory` for the arguments.

        Raises:
            MemoryConflictError: A message's id is in the log with other content, or the etag is
                no longer the session's.
        """
        request = rpc.AppendMessagesRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            messages=to_messages(messages),
            window=self._window(model_name, context_window_max),
            etag=etag or "",
            request_id=request_id or "",
        )
        stub = self._connection.services.working_memory
        return from_appended(await self._connection.call(stub.AppendMessages, request))

    async def add_memories_to_working_memory(
        self,
        session_id: str,
        memories: Sequence[MemoryRecord | Mapping[str, Any]],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        replace: bool = False,
        etag: str | None = None,
        request_id: str | None = None,
    ) -> AddMemoriesResult:
        """Place memories in a session, from where they are stored in long-term memory.

        Args:
            session_id: The session; created where it does not exist.
            memories: The memories; what they leave out of owner and namespace is the session's.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            replace: The new memories take the place of those in the session.
            etag: Writes only while the session's etag is this one.
            request_id: Names the call; repeating it within a day answers what it answered first.
        """
        policy = SessionMemoryPolicy
        request = rpc.AddMemoriesRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            memories=[
                to_memory(build(MemoryRecord, memory, f"memories[{n}]"))
                for n, memory in enumerate(memories)
            ],
            policy=(
                policy.SESSION_MEMORY_POLICY_REPLACE
                if replace
                else policy.SESSION_MEMORY_POLICY_ADD
            ),
            etag=etag or "",
            request_id=request_id or "",
        )
        stub = self._connection.services.working_memory
        return from_added(await self._connection.call(stub.AddMemories, request))

    async def delete_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        etag: str | None = None,
    ) -> bool:
        """Delete a session; what was said is still extracted.

        Returns:
            Whether there was anything to delete.
        """
        request = rpc.DeleteWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            etag=etag or "",
        )
        stub = self._connection.services.working_memory
        return (await self._connection.call(stub.DeleteWorkingMemory, request)).deleted


def _agree(name: str, of_call: str | None, of_memory: str | None) -> str | None:
    if of_call is not None and of_memory is not None and of_call != of_memory:
        raise invalid(f"memory.{name}", f"is {of_memory!r}, but the call says {of_call!r}")
    return of_memory if of_call is None else of_call
