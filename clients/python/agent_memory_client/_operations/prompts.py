"""Operations that build prompts."""

from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations.operation import Operation
from agent_memory_client._operations.records import from_memory, from_tool_call
from agent_memory_client._operations.search import from_hit, to_search_query
from agent_memory_client._operations.sessions import to_window
from agent_memory_client._types import Count, Position, Text
from agent_memory_client._validation import build, checked
from agent_memory_client._values import PROMPT_SECTIONS
from agent_memory_client.models import MemoryPromptResponse, PromptSectionReport, SearchOptions

_PATH = "long_term_search"


@checked
def prompt(
    config: MemoryClientConfig,
    query: Text,
    *,
    session_id: Text | None = None,
    namespace: Text | None = None,
    model_name: Text | None = None,
    context_window_max: Position | None = None,
    long_term_search: Any = None,
    user_id: Text | None = None,
    recent_messages_limit: Count | None = None,
    token_budget: Position | None = None,
    include_query: bool = True,
) -> Operation[rpc.BuildMemoryPromptResponse, MemoryPromptResponse]:
    """Build a prompt from a session, from long-term memory, or from both."""
    request = rpc.BuildMemoryPromptRequest(
        query=query, token_budget=token_budget, omit_query=not include_query
    )
    if session_id is not None:
        request.session.CopyFrom(
            rpc.PromptSession(
                namespace=config.namespace(namespace),
                session_id=session_id,
                user_id=config.user(user_id),
                window=to_window(config, model_name, context_window_max),
                recent_messages_limit=recent_messages_limit or 0,
            )
        )
    if (options := _search_options(long_term_search)) is not None:
        request.long_term_search.CopyFrom(_to_search(config, options, namespace, user_id))
    return Operation(request, from_prompt)


@checked
def hydration(
    config: MemoryClientConfig,
    query: Text,
    *,
    limit: int,
    token_budget: Position | None,
    include_query: bool,
    criteria: Any,
) -> Operation[rpc.BuildMemoryPromptResponse, MemoryPromptResponse]:
    """Build a prompt from long-term memory alone."""
    return prompt(
        config,
        query,
        long_term_search=build(SearchOptions, {**criteria, "limit": limit}),
        token_budget=token_budget,
        include_query=include_query,
    )


def _search_options(given: Any) -> SearchOptions | None:
    if given is None or given is False:
        return None
    return SearchOptions() if given is True else build(SearchOptions, given, _PATH)


def _to_search(
    config: MemoryClientConfig, options: SearchOptions, namespace: str | None, user_id: str | None
) -> rpc.LongTermSearch:
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


def from_prompt(response: rpc.BuildMemoryPromptResponse) -> MemoryPromptResponse:
    """Read a prompt."""
    return MemoryPromptResponse(
        messages=[_as_chat_message(message) for message in response.messages],
        long_term_memories=[from_hit(hit) for hit in response.hits],
        standing=[from_memory(memory) for memory in response.standing],
        report=[_from_section(section) for section in response.sections],
        tokens=response.tokens,
    )


def _as_chat_message(message: working_memory_pb2.PromptMessage) -> dict[str, Any]:
    """Convert a message to the form of chat APIs: what it does not have is no key of it."""
    chat: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name:
        chat["name"] = message.name
    if message.tool_calls:
        chat["tool_calls"] = [from_tool_call(call).as_openai() for call in message.tool_calls]
    if message.tool_call_id:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def _from_section(report: working_memory_pb2.PromptSectionReport) -> PromptSectionReport:
    return PromptSectionReport(
        section=PROMPT_SECTIONS.name(report.section) or "",
        tokens=report.tokens,
        cap=report.cap,
        included=report.included,
        left_out_ids=list(report.left_out_ids),
        duplicate_ids=list(report.duplicate_ids),
    )
