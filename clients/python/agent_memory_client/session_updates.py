"""Changes to parts of a session, made by the server so that no writer undoes another."""

from collections.abc import Mapping
from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.enums import DATA_POLICIES
from agent_memory_client.conversions.sessions import (
    apply_update,
    from_working_memory,
    to_working_memory,
)
from agent_memory_client.errors import MemoryNotFoundError, invalid
from agent_memory_client.models.sessions import SessionUpdate, WorkingMemory
from agent_memory_client.validation import build


class SessionUpdates(ClientBase):
    """Calls that change parts of a session."""

    async def update_working_memory(
        self,
        session_id: str,
        updates: SessionUpdate | Mapping[str, Any],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        merge_strategy: str = "replace",
        etag: str | None = None,
        request_id: str | None = None,
    ) -> WorkingMemory:
        """Change the fields that `updates` names; the rest of the session stays as it is.

        Args:
            session_id: The session.
            updates: New values of `data`, `context`, `ttl_seconds`, `long_term_memory_strategy`
                and `time_zone`; `None` clears a field.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            merge_strategy: How new data meets the old: `replace`, `merge` (top-level keys) or
                `deep_merge` (objects at every depth).
            etag: Writes only while the session's etag is this one.
            request_id: Names the call; repeating it within a day answers what it answered first.

        Raises:
            MemoryNotFoundError: The session does not exist.
            MemoryConflictError: The etag is no longer the session's.
            MemoryValidationError: A field is unknown, or its value has the wrong type.
        """
        session = working_memory_pb2.WorkingMemory(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            etag=etag or "",
        )
        mask = apply_update(session, build(SessionUpdate, updates, "updates"))
        if not mask.paths:
            raise invalid("updates", "names no field")
        request = rpc.UpdateWorkingMemoryRequest(
            working_memory=session,
            update_mask=mask,
            data_policy=DATA_POLICIES.parse(merge_strategy, "merge_strategy"),
            request_id=request_id or "",
        )
        stub = self._connection.services.working_memory
        response = await self._connection.call(stub.UpdateWorkingMemory, request)
        return from_working_memory(response.working_memory)

    async def set_working_memory_data(
        self,
        session_id: str,
        data: Mapping[str, Any],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        preserve_existing: bool = True,
    ) -> WorkingMemory:
        """Replace a session's data; creates the session where it does not exist.

        Args:
            session_id: The session.
            data: The new data.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            preserve_existing: False also empties the rest of what the session shows.
        """
        if preserve_existing:
            return await self.update_working_memory_data(
                session_id, data, namespace=namespace, merge_strategy="replace", user_id=user_id
            )
        session = to_working_memory(
            WorkingMemory(data=dict(data)),
            session_id=session_id,
            namespace=self._namespace(namespace),
            user_id=self._user(user_id),
        )
        stub = self._connection.services.working_memory
        request = rpc.SetWorkingMemoryRequest(working_memory=session)
        response = await self._connection.call(stub.SetWorkingMemory, request)
        return from_working_memory(response.working_memory)

    async def update_working_memory_data(
        self,
        session_id: str,
        data_updates: Mapping[str, Any],
        *,
        namespace: str | None = None,
        merge_strategy: str = "merge",
        user_id: str | None = None,
    ) -> WorkingMemory:
        """Change a session's data; creates the session where it does not exist.

        See `update_working_memory` for the arguments.
        """

        async def update() -> WorkingMemory:
            return await self.update_working_memory(
                session_id,
                {"data": data_updates},
                namespace=namespace,
                user_id=user_id,
                merge_strategy=merge_strategy,
            )

        try:
            return await update()
        except MemoryNotFoundError:
            await self._create_session(session_id, namespace, user_id)
        return await update()

    async def _create_session(
        self, session_id: str, namespace: str | None, user_id: str | None
    ) -> None:
        request = rpc.GetOrCreateWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
        )
        stub = self._connection.services.working_memory
        await self._connection.call(stub.GetOrCreateWorkingMemory, request)
