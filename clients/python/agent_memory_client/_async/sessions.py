"""Calls to working memory: sessions and their messages."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agent_memory_client import errors, models
from agent_memory_client._async.base import PATIENCE, ClientBase, window
from agent_memory_client._operations import sessions
from agent_memory_client._operations.operation import Page


class SessionMethods(ClientBase):
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
        long_term_memory_strategy: models.MemoryStrategyConfig | Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> models.WorkingMemoryResult:
        """Answer a session, creating it empty where it does not exist.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            model_name: Model whose window the messages must fit; any name will do.
            context_window_max: The window itself, in tokens; beats the model's.
            recent_messages_limit: Answers only so many of the latest messages.
            long_term_memory_strategy: What to extract, for a session that this call creates.
            timeout: Seconds that each call to the service may take; the client's when absent.
        """
        update = None
        if long_term_memory_strategy is not None:
            # First, since a session that is created cannot be taken back.
            update = sessions.update(
                self.config,
                session_id,
                sessions.strategy_update(long_term_memory_strategy),
                namespace=namespace,
                user_id=user_id,
                merge_strategy="replace",
            )
        operation = sessions.get_or_create(
            self.config,
            session_id,
            namespace,
            user_id,
            model_name=model_name,
            context_window_max=context_window_max,
            recent_messages_limit=recent_messages_limit,
        )
        created, memory = await self._send(operation, timeout)
        if created and update is not None:
            memory = await self._send(update, timeout)
        return models.WorkingMemoryResult(created, memory)

    async def get_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        recent_messages_limit: int | None = None,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
        """Answer a session; see `get_or_create_working_memory` for the arguments.

        Raises:
            MemoryNotFoundError: It does not exist, or belongs to another user.
        """
        operation = sessions.get(
            self.config,
            session_id,
            namespace,
            user_id,
            model_name=model_name,
            context_window_max=context_window_max,
            recent_messages_limit=recent_messages_limit,
        )
        return await self._send(operation, timeout)

    async def set_working_memory(
        self,
        session_id: str,
        memory: models.WorkingMemory | Mapping[str, Any],
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        etag: str | None = None,
        request_id: str | None = None,
        keep_memories: bool = False,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
        """Replace what a session shows; creates it where it does not exist.

        Messages that are new join the session's log and are extracted, whatever later calls
        replace. Where messages exceed 0.7 of the window, the oldest are summarized.

        A message that was in view after the last one that stays, and is not any more, is taken
        back: what was learned from such messages alone is forgotten. A view that is cut at its
        beginning, or begun anew, takes nothing back.

        Args:
            session_id: The session; `memory` may name it too, but not another.
            memory: What the session shall show.
            user_id: The session's owner; `memory` may name it too, but not another.
            namespace: The session's namespace; the same holds.
            model_name: Model whose window the messages must fit.
            context_window_max: The window itself, in tokens.
            etag: Writes only while the session's etag is this one.
            request_id: Names the call; repeating it within a day answers what it answered first.
            keep_memories: Forget nothing.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryConflictError: The etag is no longer the session's.
            MemoryPermissionError: The session belongs to another user.
        """
        operation = sessions.replace(
            self.config,
            session_id,
            memory,
            user_id=user_id,
            namespace=namespace,
            model_name=model_name,
            context_window_max=context_window_max,
            etag=etag,
            request_id=request_id,
            keep_memories=keep_memories,
        )
        return await self._send(operation, timeout)

    put_working_memory = set_working_memory

    async def append_messages_to_working_memory(
        self,
        session_id: str,
        messages: Sequence[models.MemoryMessage | Mapping[str, Any]],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        etag: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.AppendResult:
        """Add messages to the end of a session; creates it where it does not exist.

        Costs the same however long the session is. See `set_working_memory` for the arguments.

        Raises:
            MemoryConflictError: A message's id is in the log with other content, or the etag is
                no longer the session's.
        """
        operation = sessions.append(
            self.config,
            session_id,
            messages,
            namespace=namespace,
            user_id=user_id,
            model_name=model_name,
            context_window_max=context_window_max,
            etag=etag,
            request_id=request_id,
        )
        return await self._send(operation, timeout)

    async def add_memories_to_working_memory(
        self,
        session_id: str,
        memories: Sequence[models.MemoryRecord | Mapping[str, Any]],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        replace: bool = False,
        etag: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.AddMemoriesResult:
        """Place memories in a session, from where they are stored in long-term memory.

        Args:
            session_id: The session; created where it does not exist.
            memories: The memories; what they leave out of owner and namespace is the session's.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            replace: The new memories take the place of those in the session.
            etag: Writes only while the session's etag is this one.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds the call may take; the client's when absent.
        """
        operation = sessions.add_memories(
            self.config,
            session_id,
            memories,
            namespace=namespace,
            user_id=user_id,
            replace=replace,
            etag=etag,
            request_id=request_id,
        )
        return await self._send(operation, timeout)

    async def update_working_memory(
        self,
        session_id: str,
        updates: models.SessionUpdate | Mapping[str, Any],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        merge_strategy: str = "replace",
        etag: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
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
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryNotFoundError: The session does not exist.
            MemoryConflictError: The etag is no longer the session's.
            MemoryValidationError: A field is unknown, or its value has the wrong type.
        """
        operation = sessions.update(
            self.config,
            session_id,
            updates,
            namespace=namespace,
            user_id=user_id,
            merge_strategy=merge_strategy,
            etag=etag,
            request_id=request_id,
        )
        return await self._send(operation, timeout)

    async def set_working_memory_data(
        self,
        session_id: str,
        data: Mapping[str, Any],
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        preserve_existing: bool = True,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
        """Replace a session's data; creates the session where it does not exist.

        Args:
            session_id: The session.
            data: The new data.
            namespace: The session's namespace.
            user_id: The session's owner, where known.
            preserve_existing: False also empties the rest of what the session shows.
            timeout: Seconds that each call to the service may take; the client's when absent.
        """
        if sessions.keeps(preserve_existing):
            return await self.update_working_memory_data(
                session_id,
                data,
                namespace=namespace,
                merge_strategy="replace",
                user_id=user_id,
                timeout=timeout,
            )
        operation = sessions.replace(
            self.config,
            session_id,
            sessions.only_data(data),
            namespace=namespace,
            user_id=user_id,
            keep_memories=True,
        )
        return await self._send(operation, timeout)

    async def update_working_memory_data(
        self,
        session_id: str,
        data_updates: Mapping[str, Any],
        *,
        namespace: str | None = None,
        merge_strategy: str = "merge",
        user_id: str | None = None,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
        """Change a session's data; creates the session where it does not exist.

        See `update_working_memory` for the arguments.
        """

        async def update() -> models.WorkingMemory:
            # Made anew, since a call that is repeated by its name answers what it answered first.
            operation = sessions.update(
                self.config,
                session_id,
                {"data": data_updates},
                namespace=namespace,
                user_id=user_id,
                merge_strategy=merge_strategy,
            )
            return await self._send(operation, timeout)

        try:
            return await update()
        except errors.MemoryNotFoundError:
            creation = sessions.get_or_create(self.config, session_id, namespace, user_id)
            await self._send(creation, timeout)
        return await update()

    async def fork_working_memory(
        self,
        session_id: str,
        new_session_id: str,
        *,
        message_id: str | None = None,
        namespace: str | None = None,
        user_id: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.WorkingMemory:
        """Copy a session up to a message under a new id; nothing of it is extracted again.

        Args:
            session_id: The session.
            new_session_id: The id of the copy.
            message_id: The last message that is copied; the whole log when absent.
            namespace: The namespace of both.
            user_id: The owner the caller expects.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryNotFoundError: There is no such session for this caller.
            MemoryConflictError: Another session has the new id.
        """
        operation = sessions.fork(
            self.config,
            session_id,
            new_session_id,
            message_id=message_id,
            namespace=namespace,
            user_id=user_id,
            request_id=request_id,
        )
        return await self._send(operation, timeout)

    async def delete_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        etag: str | None = None,
        keep_memories: bool = False,
        timeout: float | None = None,
    ) -> bool:
        """Delete a session and what was learned from it alone.

        What waits for extraction is given up. A memory that other sessions state too stays. After
        an error the whole call may be repeated.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            etag: The session's current etag, where the deletion depends on it.
            keep_memories: Delete the session alone; what was said is still extracted.
            timeout: Seconds that each call to a service may take; the client's when absent.

        Returns:
            Whether there was a session to delete.
        """
        operation = sessions.delete(
            self.config,
            session_id,
            namespace=namespace,
            user_id=user_id,
            etag=etag,
            keep_memories=keep_memories,
        )
        return await self._send(operation, timeout)

    async def list_sessions(
        self,
        *,
        limit: int = 20,
        offset: int = 0,
        namespace: str | None = None,
        user_id: str | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> models.SessionListResponse:
        """List the sessions that exist now, the latest written first.

        Args:
            limit: How many to answer.
            offset: How many to skip.
            namespace: Only this namespace; all of them when neither given nor a default.
            user_id: Only this owner; all of them when neither given nor a default.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds that each call to the service may take; the client's when absent.
        """

        async def fetch(token: str) -> Page[models.SessionInfo]:
            operation = sessions.page(
                self.config, limit=limit, namespace=namespace, user_id=user_id, token=token
            )
            return await self._send(operation, timeout)

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return models.SessionListResponse(
            sessions=[session.session_id for session in found.items],
            details=found.items,
            total=found.total,
            next_cursor=found.next_cursor,
            next_offset=found.next_offset,
        )

    async def list_messages(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        limit: int = 100,
        after_sequence: int = 0,
        descending: bool = False,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> models.MessageListResponse:
        """List a session's log: every message that was ever accepted, in order.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            limit: How many to answer, at most 1000.
            after_sequence: Starts after this position of the log.
            descending: Newest first.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.
        """
        operation = sessions.list_messages(
            self.config,
            session_id,
            namespace=namespace,
            user_id=user_id,
            limit=limit,
            after_sequence=after_sequence,
            descending=descending,
            cursor=cursor,
        )
        return await self._send(operation, timeout)

    async def watch_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        resume_token: str | None = None,
        checkpoints: bool = False,
        patience: float = PATIENCE,
        timeout: float | None = None,
    ) -> AsyncGenerator[models.SessionChange, None]:
        """Tell every change of a session from now on; a connection that breaks is made again.

        The session need not exist yet. Many messages that joined at once may come in several
        changes.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            resume_token: Of the last change seen; continues after it.
            checkpoints: Also tells signs of life, which have no kind but a newer token.
            patience: Seconds to try for when nobody answers.
            timeout: Seconds after which the whole watch ends with an error; without an end when
                absent, whatever the client's own timeout is.

        Raises:
            MemoryNotFoundError: The session is there, but not for this caller.
            MemoryValidationError: The token is of another session, or changes since then are
                forgotten: read the session and watch anew.
            MemoryUnavailableError: Nobody answered for too long.
            MemoryTimeoutError: `timeout` is over.
        """
        watch = sessions.watch(
            self.config,
            session_id,
            namespace=namespace,
            user_id=user_id,
            resume_token=resume_token,
            checkpoints=checkpoints,
            patience=patience,
        )
        async with aclosing(self._follow(watch, timeout)) as changes:
            async for change in changes:
                yield change
