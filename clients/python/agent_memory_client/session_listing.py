"""Which sessions there are, and what was said in one."""

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.messages import from_message
from agent_memory_client.conversions.sessions import from_session_summary
from agent_memory_client.models.sessions import (
    MessageListResponse,
    SessionInfo,
    SessionListResponse,
)
from agent_memory_client.paging import Page, check_limit, window

_LARGEST_PAGE = 1000


class SessionListing(ClientBase):
    """Calls that list sessions and their messages."""

    async def list_sessions(
        self,
        *,
        limit: int = 20,
        offset: int = 0,
        namespace: str | None = None,
        user_id: str | None = None,
        cursor: str | None = None,
    ) -> SessionListResponse:
        """List the sessions that exist now, the latest written first.

        Args:
            limit: How many to answer.
            offset: How many to skip.
            namespace: Only this namespace; all of them when neither given nor a default.
            user_id: Only this owner; all of them when neither given nor a default.
            cursor: `next_cursor` of the answer before; continues after it.
        """
        namespace = self.config.default_namespace if namespace is None else namespace
        user_id = self.config.default_user_id if user_id is None else user_id
        stub = self._connection.services.working_memory

        async def fetch(token: str) -> Page[SessionInfo]:
            request = rpc.ListSessionsRequest(
                namespace=namespace,
                user_id=user_id,
                page_size=min(limit, _LARGEST_PAGE),
                page_token=token,
            )
            answer = await self._connection.call(stub.ListSessions, request)
            sessions = [from_session_summary(summary) for summary in answer.sessions]
            return Page(sessions, answer.next_page_token, answer.total_size)

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return SessionListResponse(
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
    ) -> MessageListResponse:
        """List a session's log: every message that was ever accepted, in order.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            limit: How many to answer, at most 1000.
            after_sequence: Starts after this position of the log.
            descending: Newest first.
            cursor: `next_cursor` of the answer before; continues after it.
        """
        check_limit(limit)
        request = rpc.ListMessagesRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            after_sequence=after_sequence,
            page_size=min(limit, _LARGEST_PAGE),
            page_token=cursor or "",
            descending=descending,
        )
        stub = self._connection.services.working_memory
        response = await self._connection.call(stub.ListMessages, request)
        return MessageListResponse(
            messages=[from_message(message) for message in response.messages],
            total=response.total_size,
            next_cursor=response.next_page_token or None,
        )
