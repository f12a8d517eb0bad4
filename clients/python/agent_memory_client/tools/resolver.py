"""Answering the calls that a model makes."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from agent_memory_client.calls import MemoryCalls
from agent_memory_client.errors import MemoryClientError, MemoryValidationError
from agent_memory_client.tools import clock, memory_tools, session_tools
from agent_memory_client.tools import definitions as tools
from agent_memory_client.tools.answer import ToolAnswer
from agent_memory_client.tools.formats import read_arguments, read_tool_call
from agent_memory_client.tools.result import ToolCallResult
from agent_memory_client.tools.scope import ToolScope
from agent_memory_client.validation import build

_log = logging.getLogger(__name__)

_HANDLERS: Mapping[str, Callable[[MemoryCalls, ToolScope, Any], Awaitable[ToolAnswer]]] = {
    tools.SEARCH_MEMORY.name: memory_tools.search_memory,
    tools.GET_MEMORY.name: memory_tools.get_memory,
    tools.EAGERLY_CREATE_MEMORY.name: memory_tools.create_memories,
    tools.EDIT_MEMORY.name: memory_tools.edit_memory,
    tools.DELETE_MEMORIES.name: memory_tools.delete_memories,
    tools.GET_WORKING_MEMORY.name: session_tools.get_working_memory,
    tools.LAZILY_CREATE_MEMORY.name: session_tools.note_memory,
    tools.UPDATE_WORKING_MEMORY_DATA.name: session_tools.update_data,
    tools.GET_CURRENT_DATETIME.name: clock.get_current_datetime,
}


class ToolMethods(MemoryCalls):
    """Resolves tool calls within the bounds that the application sets."""

    async def resolve_function_call(
        self,
        function_name: str,
        function_arguments: Mapping[str, Any] | str | None = None,
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        args: Mapping[str, Any] | str | None = None,
    ) -> ToolCallResult:
        """Run a tool that a model called. Never raises: what goes wrong is in the result.

        Every tool stays inside `user_id` and `namespace` (the client's defaults where left out):
        nothing the model passes reaches beyond, and a memory of somebody else does not exist.

        Args:
            function_name: The tool.
            function_arguments: What the model passes: a dictionary, or JSON as the model wrote it.
            session_id: The conversation. Tools over working memory need it, and what is created
                is marked with it.
            namespace: The only namespace within reach.
            user_id: The only owner within reach.
            args: The same as `function_arguments`.
        """
        name = str(function_name)
        given = function_arguments if args is None else args
        try:
            scope = self._tool_scope(session_id, namespace, user_id)
            answer = await self._run_tool(name, read_arguments(given), scope)
        except MemoryClientError as error:
            return ToolCallResult.failed(name, error.message)
        except Exception:  # noqa: BLE001 - the promise not to raise; the log has the traceback
            _log.exception("tool %s failed", name)
            return ToolCallResult.failed(name, "an unforeseen error; it is logged")
        return ToolCallResult.succeeded(name, answer.result, answer.text)

    async def resolve_tool_call(
        self,
        tool_call: Any,
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
    ) -> ToolCallResult:
        """Run a tool call in a provider's form; see `resolve_function_call`.

        Args:
            tool_call: A call of OpenAI (new and old form), Anthropic or LangChain, or a plain
                `{"name", "arguments"}`; a dictionary or an object of the provider's SDK.
            session_id: The conversation.
            namespace: The only namespace within reach.
            user_id: The only owner within reach.
        """
        try:
            call = read_tool_call(tool_call)
        except MemoryValidationError as error:
            return ToolCallResult.failed("", error.message)
        result = await self.resolve_function_call(
            call.name, call.arguments, session_id, namespace=namespace, user_id=user_id
        )
        if call.call_id:
            result["tool_call_id"] = call.call_id
        return result

    async def resolve_tool_calls(
        self,
        tool_calls: Sequence[Any],
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
    ) -> list[ToolCallResult]:
        """Run tool calls one after another, since a later one may depend on an earlier."""
        return [
            await self.resolve_tool_call(call, session_id, namespace=namespace, user_id=user_id)
            for call in tool_calls
        ]

    resolve_function_calls = resolve_tool_calls

    def _tool_scope(
        self, session_id: str | None, namespace: str | None, user_id: str | None
    ) -> ToolScope:
        return ToolScope(
            session_id=session_id,
            namespace=self.config.default_namespace if namespace is None else namespace,
            user_id=self.config.default_user_id if user_id is None else user_id,
        )

    async def _run_tool(
        self, name: str, arguments: Mapping[str, Any], scope: ToolScope
    ) -> ToolAnswer:
        canonical = tools.OTHER_NAMES.get(name, name)
        if canonical not in tools.TOOLS:
            raise MemoryValidationError(f"there is no tool {name}")
        asked = build(tools.TOOLS[canonical].arguments, arguments)
        return await _HANDLERS[canonical](self, scope, asked)
