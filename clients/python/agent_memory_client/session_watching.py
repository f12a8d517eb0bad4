"""Sessions as they change."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.sessions import from_session_change
from agent_memory_client.models.sessions import SessionChange
from agent_memory_client.resuming import PATIENCE, resumed


class SessionWatching(ClientBase):
    """Calls that follow sessions."""

    async def watch_working_memory(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        resume_token: str | None = None,
        checkpoints: bool = False,
        patience: float = PATIENCE,
    ) -> AsyncGenerator[SessionChange, None]:
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

        Raises:
            MemoryNotFoundError: The session is there, but not for this caller.
            MemoryValidationError: The token is of another session, or changes since then are
                forgotten: read the session and watch anew.
            MemoryUnavailableError: Nobody answered for too long.
        """
        stub = self._connection.services.working_memory
        request = rpc.WatchWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            resume_token=resume_token or "",
        )
        watch = resumed(self._connection, stub.WatchWorkingMemory, request, patience=patience)
        async with aclosing(watch) as answers:
            async for answer in answers:
                if checkpoints or answer.HasField("change"):
                    yield from_session_change(answer)
