# Generated from _async/prompts.py by scripts/generate.py; do not edit.
"""Calls to working memory for prompts, built from sessions and from long-term memory."""

from collections.abc import Mapping
from typing import Any, Unpack

from agent_memory_client import models
from agent_memory_client._operations import prompts
from agent_memory_client._sync.base import ClientBase
from agent_memory_client.models._search import SearchArguments


class PromptMethods(ClientBase):
    """Calls that build a prompt."""

    def memory_prompt(
        self,
        query: str,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        model_name: str | None = None,
        context_window_max: int | None = None,
        long_term_search: models.SearchOptions | Mapping[str, Any] | bool | None = None,
        user_id: str | None = None,
        recent_messages_limit: int | None = None,
        token_budget: int | None = None,
        include_query: bool = True,
        timeout: float | None = None,
    ) -> models.MemoryPromptResponse:
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
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryValidationError: Neither a session nor a search is given, or a key of the search
                or of its filters is unknown; names the path.
        """
        operation = prompts.prompt(
            self.config,
            query,
            session_id=session_id,
            namespace=namespace,
            model_name=model_name,
            context_window_max=context_window_max,
            long_term_search=long_term_search,
            user_id=user_id,
            recent_messages_limit=recent_messages_limit,
            token_budget=token_budget,
            include_query=include_query,
        )
        return self._send(operation, timeout)

    def hydrate_memory_prompt(
        self,
        query: str,
        *,
        limit: int = 10,
        token_budget: int | None = None,
        include_query: bool = True,
        timeout: float | None = None,
        **criteria: Unpack[SearchArguments],
    ) -> models.MemoryPromptResponse:
        """Build a prompt from long-term memory alone.

        Args:
            query: The question; memories are looked for by it.
            limit: How many memories to take, at most 100.
            token_budget: The most tokens the prompt may take.
            include_query: False leaves the question out.
            timeout: Seconds the call may take; the client's when absent.
            **criteria: What to look for, as in `search_long_term_memory`.
        """
        operation = prompts.hydration(
            self.config,
            query,
            limit=limit,
            token_budget=token_budget,
            include_query=include_query,
            criteria=criteria,
        )
        return self._send(operation, timeout)
