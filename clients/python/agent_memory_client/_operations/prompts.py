"""Operations that build prompts."""

from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client import _types, _values, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import records, search, sessions
from agent_memory_client._operations.messages import from_tool_call, restored
from agent_memory_client._operations.operation import Operation
from agent_memory_client._types import build, checked

_PATH = "long_term_search"


@checked
def prompt(
    config: MemoryClientConfig,
    query: _types.Text,
    *,
    session_id: _types.Text | None = None,
    namespace: _types.Text | None = None,
    model_name: _types.Text | None = None,
    context_window_max: _types.Position | None = None,
    long_term_search: Any = None,
    user_id: _types.Text | None = None,
    recent_messages_limit: _types.Count | None = None,
    token_budget: _types.Position | None = None,
    include_query: bool = True,
) -> Operation[rpc.BuildMemoryPromptResponse, models.MemoryPromptResponse]:
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
                window=sessions.to_window(config, model_name, context_window_max),
                recent_messages_limit=recent_messages_limit or 0,
            )
        )
    if (options := _search_options(long_term_search)) is not None:
        request.long_term_search.CopyFrom(_to_search(config, options, namespace, user_id))
    return Operation(request, from_prompt)


@checked
def hydration(
    config: MemoryClientConfig,
    query: _types.Text,
    *,
    limit: int,
    token_budget: _types.Position | None,
    include_query: bool,
    criteria: Any,
) -> Operation[rpc.BuildMemoryPromptResponse, models.MemoryPromptResponse]:
    """Build a prompt from long-term memory alone."""
    return prompt(
        config,
        query,
        long_term_search=build(models.SearchOptions, {**criteria, "limit": limit}),
        token_budget=token_budget,
        include_query=include_query,
    )


def _search_options(given: Any) -> models.SearchOptions | None:
    if given is None or given is False:
        return None
    return models.SearchOptions() if given is True else build(models.SearchOptions, given, _PATH)


def _to_search(
    config: MemoryClientConfig,
    options: models.SearchOptions,
    namespace: str | None,
    user_id: str | None,
) -> rpc.LongTermSearch:
    return rpc.LongTermSearch(
        query=search.to_search_query(
            options,
            namespace=config.default_namespace if namespace is None else namespace,
            user_id=config.default_user_id if user_id is None else user_id,
            path=_PATH,
        ),
        limit=options.limit,
        exclude_session=options.exclude_session,
        exclude_standing=options.exclude_standing,
    )


def from_prompt(response: rpc.BuildMemoryPromptResponse) -> models.MemoryPromptResponse:
    """Read a prompt."""
    return models.MemoryPromptResponse(
        messages=[_as_chat_message(message) for message in response.messages],
        long_term_memories=[search.from_hit(hit) for hit in response.hits],
        standing=[records.from_memory(memory) for memory in response.standing],
        report=[_from_section(section) for section in response.sections],
        tokens=response.tokens,
    )


def _as_chat_message(message: working_memory_pb2.PromptMessage) -> dict[str, Any]:
    """Convert a message to the form of chat APIs: what it does not have is no key of it.

    One that came in a provider's form is answered in that form.
    """
    if (original := restored(message)) is not None:
        return _as_request(original)
    chat: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name:
        chat["name"] = message.name
    if message.tool_calls:
        chat["tool_calls"] = [from_tool_call(call).as_openai() for call in message.tool_calls]
    if message.tool_call_id:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def _as_request(original: dict[str, Any]) -> dict[str, Any]:
    """Leave of a message what its provider takes in a request, where that answers more than that.

    Empty fields go too, which not every provider takes; a content stays, be it none.
    """
    if "parts" in original:
        kept = {"role", "parts"}
    elif "stop_reason" in original:
        kept = {"role", "content"}
    else:
        kept = original.keys() - {"annotations"}
    request = {
        key: value
        for key, value in original.items()
        if key in kept and (value is not None or key == "content")
    }
    if isinstance(audio := request.get("audio"), dict) and "id" in audio:
        request["audio"] = {"id": audio["id"]}
    return request


def _from_section(report: working_memory_pb2.PromptSectionReport) -> models.PromptSectionReport:
    return models.PromptSectionReport(
        section=_values.PROMPT_SECTIONS.name(report.section) or "",
        tokens=report.tokens,
        cap=report.cap,
        included=report.included,
        left_out_ids=list(report.left_out_ids),
        duplicate_ids=list(report.duplicate_ids),
    )
