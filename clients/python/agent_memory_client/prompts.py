"""Prompts built from the session and from long-term memory."""

from collections.abc import Mapping
from typing import Any, Unpack

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.prompts import from_prompt
from agent_memory_client.conversions.search import to_search_query
from agent_memory_client.models.criteria import SearchArguments
from agent_memory_client.models.prompts import MemoryPromptResponse
from agent_memory_client.models.search import SearchOptions
from agent_memory_client.validation import build

_PATH = "long_term_search"


class PromptMethods(ClientBase):
    """Calls that build prompts."""

    async def memory_prompt(
        self,
        query: str,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        long_term_search: SearchOptions | Mapping[str, Any] | bool | None = None,
        user_id: str | None = None,
        recent_messages_limit: int | None = None,
        token_budget: int | None = None,
        include_query: bool = True,
    ) -> MemoryPromptResponse:
        """Build a prompt from a session, from long-term memory, or from both.

        The search stays inside its owner: where neither its filters nor `user_id` name one, the
        server takes the session's.

        Args:
            query: The question, which comes last in the prompt.
            session_id: The session whose messages and summary go in; one that does not exist
                counts as empty.
            namespace: The session's namespace, and the search's where its filters name none.
            model_name: Model whose window the history must fit.
            context_window_max: The window itself, in tokens.
            long_term_search: What to look for: the fields of `SearchOptions`, or true for the
                query with every default. Its text is the query where it has none.
            user_id: The session's owner.
            recent_messages_limit: Takes only so many of the latest messages.
            token_budget: The most tokens the prompt may take; what did not fit is in the report.
            include_query: False leaves the question out, for callers that add it themselves.

        Raises:
            MemoryValidationError: Neither a session nor a search is given, or a key of the search
                or of its filters is unknown; names the path.
        """
        request = rpc.BuildMemoryPromptRequest(
            query=query, token_budget=token_budget, omit_query=not include_query
        )
        if session_id is not None:
            request.session.CopyFrom(
                rpc.PromptSession(
                    namespace=self._namespace(namespace),
                    session_id=session_id,
                    user_id=self._user(user_id),
                    window=self._window(model_name, context_window_max),
                    recent_messages_limit=recent_messages_limit or 0,
                )
            )
        if (options := _search_options(long_term_search)) is not None:
            request.long_term_search.CopyFrom(self._to_search(options, namespace, user_id))
        stub = self._connection.services.working_memory
        return from_prompt(await self._connection.call(stub.BuildMemoryPrompt, request))

    async def hydrate_memory_prompt(
        self,
        query: str,
        *,
        limit: int = 10,
        token_budget: int | None = None,
        include_query: bool = True,
        **criteria: Unpack[SearchArguments],
    ) -> MemoryPromptResponse:
        """Build a prompt from long-term memory alone.

        Args:
            query: The question; memories are looked for by it.
            limit: How many memories to take, at most 100.
            token_budget: The most tokens the prompt may take.
            include_query: False leaves the question out.
            **criteria: What to look for, as in `search_long_term_memory`.
        """
        search = build(SearchOptions, {**criteria, "limit": limit})
        return await self.memory_prompt(
            query,
            long_term_search=search,
            token_budget=token_budget,
            include_query=include_query,
        )

    def _to_search(
        self, options: SearchOptions, namespace: str | None, user_id: str | None
    ) -> rpc.LongTermSearch:
        config = self.config
        return rpc.LongTermSearch(
            query=to_search_query(
                options,
                namespace=config.default_namespace if namespace is None else namespace,
                user_id=config.default_user_id if user_id is None else user_id,
                path=_PATH,
            ),
            limit=options.limit,
            exclude_session=options.exclude_session,
            exclude_standing=options.exclude_standing,
        )


def _search_options(
    given: SearchOptions | Mapping[str, Any] | bool | None,
) -> SearchOptions | None:
    if given is None or given is False:
        return None
    return SearchOptions() if given is True else build(SearchOptions, given, _PATH)
