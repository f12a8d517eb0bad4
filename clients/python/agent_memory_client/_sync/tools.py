# Generated from _async/tools.py by scripts/generate.py; do not edit.
"""Tools: what a model may do with memory, within the bounds that the application sets."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeAlias

from agent_memory_client import errors, models
from agent_memory_client._sync.memories import MemoryMethods
from agent_memory_client._types import items, zone_of
from agent_memory_client.tools import _calls
from agent_memory_client.tools import _definitions as tools

_log = logging.getLogger(__name__)

_MESSAGES_SHOWN = 20
_NARROWING = ("user_id", "memory_type")
_NARROWING_TO_ONE_OF = ("topics", "entities")
_MOST_RIVALS = 100


class ToolMethods(MemoryMethods):
    """Resolves tool calls within the bounds that the application sets."""

    def resolve_function_call(
        self,
        function_name: str,
        function_arguments: Mapping[str, Any] | str | None = None,
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        time_zone: str | None = None,
        timeout: float | None = None,
        args: Mapping[str, Any] | str | None = None,
    ) -> _calls.ToolCallResult:
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
            time_zone: IANA zone of the user, in which days are meant and times are told; the
                conversation's when absent.
            timeout: Seconds that each call to a service may take; the client's when absent.
            args: The same as `function_arguments`.
        """
        name = str(function_name)
        given = function_arguments if args is None else args
        try:
            scope = self._tool_scope(session_id, namespace, user_id, time_zone, timeout)
            answer = self._run_tool(name, given, scope)
        except errors.MemoryClientError as error:
            return _calls.ToolCallResult.failed(name, error.message)
        except Exception:  # noqa: BLE001 - the promise not to raise; the log has the traceback
            _log.exception("tool %s failed", name)
            return _calls.ToolCallResult.failed(name, "an unforeseen error; it is logged")
        return _calls.ToolCallResult.succeeded(name, answer.result, answer.text)

    def resolve_tool_call(
        self,
        tool_call: Any,
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        time_zone: str | None = None,
        timeout: float | None = None,
    ) -> _calls.ToolCallResult:
        """Run a tool call in a provider's form; see `resolve_function_call`.

        Args:
            tool_call: A call of OpenAI (new and old form), Anthropic or LangChain, or a plain
                `{"name", "arguments"}`; a dictionary or an object of the provider's SDK.
            session_id: The conversation.
            namespace: The only namespace within reach.
            user_id: The only owner within reach.
            time_zone: IANA zone of the user, in which days are meant and times are told; the
                conversation's when absent.
            timeout: Seconds that each call to a service may take; the client's when absent.
        """
        try:
            call = _calls.read_tool_call(tool_call)
        except errors.MemoryValidationError as error:
            return _calls.ToolCallResult.failed("", error.message)
        result = self.resolve_function_call(
            call.name,
            call.arguments,
            session_id,
            namespace=namespace,
            user_id=user_id,
            time_zone=time_zone,
            timeout=timeout,
        )
        if call.call_id:
            result["tool_call_id"] = call.call_id
        return result

    def resolve_tool_calls(
        self,
        tool_calls: Sequence[Any],
        session_id: str | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        time_zone: str | None = None,
        timeout: float | None = None,
    ) -> list[_calls.ToolCallResult]:
        """Run tool calls one after another, since a later one may depend on an earlier.

        See `resolve_tool_call` for the arguments.

        Raises:
            MemoryValidationError: The calls are no list.
        """
        return [
            self.resolve_tool_call(
                call,
                session_id,
                namespace=namespace,
                user_id=user_id,
                time_zone=time_zone,
                timeout=timeout,
            )
            for call in items(tool_calls, "tool_calls")
        ]

    resolve_function_calls = resolve_tool_calls

    def _tool_scope(
        self,
        session_id: str | None,
        namespace: str | None,
        user_id: str | None,
        time_zone: str | None,
        timeout: float | None,
    ) -> _calls.ToolScope:
        return _calls.ToolScope(
            session_id=session_id,
            namespace=self.config.default_namespace if namespace is None else namespace,
            user_id=self.config.default_user_id if user_id is None else user_id,
            time_zone=time_zone,
            timeout=timeout,
        )

    def _run_tool(self, name: str, arguments: Any, scope: _calls.ToolScope) -> _calls.ToolAnswer:
        tool = tools.tool_of(name)
        return HANDLERS[tool.name](self, scope, tool.read(arguments))


def _search_memory(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.SearchMemory
) -> _calls.ToolAnswer:
    """Find memories within the scope."""
    narrowing: dict[str, Any] = {
        name: value for name in _NARROWING if (value := getattr(asked, name)) is not None
    }
    for name in _NARROWING_TO_ONE_OF:
        if values := getattr(asked, name):
            narrowing[name] = {"any": values}
    zone = zone_of_reader(client, scope)
    found = client.search_long_term_memory(
        asked.query,
        timeout=scope.timeout,
        time_zone=str(zone),
        filters=scope.filters(narrowing),
        search_mode=asked.search_mode,
        min_score=asked.min_relevance,
        limit=asked.max_results,
        offset=asked.offset,
    )
    rivals = _rivals(client, scope, found.memories)
    memories = [_calls.as_json(memory, zone, rivals) for memory in found.memories]
    more = found.next_offset is not None
    result = {"memories": memories, "has_more": more, "next_offset": found.next_offset}
    if not memories:
        return _calls.ToolAnswer(result, "Nothing that is remembered matches.")
    lines = [_calls.in_words(memory, zone, rivals) for memory in found.memories]
    if more:
        lines.append(f"There is more from offset {found.next_offset} on.")
    return _calls.ToolAnswer(result, "\n".join(lines))


def _get_memory(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.GetMemory
) -> _calls.ToolAnswer:
    """Read a memory within the scope."""
    record = _within_reach(client, scope, asked.memory_id)
    return _told(client, scope, record)


def _create_memories(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.CreateMemories
) -> _calls.ToolAnswer:
    """Store memories of the scope's owner."""
    zone = _zone_of_dates(client, scope, asked.memories)
    records = [scope.own(**_fields(memory, zone)) for memory in asked.memories]
    created = client.create_long_term_memories(records, timeout=scope.timeout)
    outcomes = [
        {"memory_id": item.memory_id, "outcome": item.outcome, "text": record.text}
        for record, item in zip(records, created.results, strict=True)
    ]
    lines = [
        _outcome_in_words(record, item)
        for record, item in zip(records, created.results, strict=True)
    ]
    return _calls.ToolAnswer({"memories": outcomes}, "\n".join(lines))


def _edit_memory(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.EditMemory
) -> _calls.ToolAnswer:
    """Change a memory within the scope, as long as it is the one that was checked."""
    record = _within_reach(client, scope, asked.memory_id)
    zone = _zone_of_dates(client, scope, [asked])
    updates = _fields(asked, zone)
    updates.pop("memory_id")
    edited = client.edit_long_term_memory(
        record.id, updates, etag=record.etag, timeout=scope.timeout
    )
    return _told(client, scope, edited, "Changed:\n")


def _delete_memories(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.DeleteMemories
) -> _calls.ToolAnswer:
    """Delete those memories that are within the scope."""
    found = client.batch_get_long_term_memories(asked.memory_ids, timeout=scope.timeout)
    for error in found.errors.values():
        if not isinstance(error, errors.MemoryNotFoundError):
            raise error
    reachable = [record.id for record in found.memories if scope.admits(record)]
    deletion = client.delete_long_term_memories(reachable, timeout=scope.timeout)
    deleted = deletion.deleted_ids
    missing = [memory_id for memory_id in asked.memory_ids if memory_id not in deleted]
    text = f"Deleted {len(deleted)}." + (f" Not found: {', '.join(missing)}." if missing else "")
    return _calls.ToolAnswer({"deleted": deleted, "not_found": missing}, text)


def _told(
    client: MemoryMethods, scope: _calls.ToolScope, record: models.MemoryRecord, lead: str = ""
) -> _calls.ToolAnswer:
    """Answer one memory, behind some words."""
    zone = zone_of_reader(client, scope)
    rivals = _rivals(client, scope, [record])
    return _calls.ToolAnswer(
        {"memory": _calls.as_json(record, zone, rivals)},
        f"{lead}{_calls.in_words(record, zone, rivals)}",
    )


def _rivals(
    client: MemoryMethods, scope: _calls.ToolScope, records: Sequence[models.MemoryRecord]
) -> _calls.Rivals:
    """Find what contradicts some memories, as far as it is within the scope; with these, by id."""
    known = {record.id: record for record in records}
    named = dict.fromkeys(each for record in records for each in record.conflicts_with)
    if not (missing := [each for each in named if each not in known][:_MOST_RIVALS]):
        return known
    found = client.batch_get_long_term_memories(missing, timeout=scope.timeout)
    return known | {record.id: record for record in found.memories if scope.admits(record)}


def _within_reach(
    client: MemoryMethods, scope: _calls.ToolScope, memory_id: str
) -> models.MemoryRecord:
    """Read a memory; one outside the scope is as absent as one that does not exist."""
    try:
        record = client.get_long_term_memory(memory_id, timeout=scope.timeout)
    except errors.MemoryNotFoundError:
        record = None
    if record is None or not scope.admits(record):
        raise errors.MemoryNotFoundError(f"there is no memory {memory_id}")
    return record


def _outcome_in_words(record: models.MemoryRecord, result: models.CreateMemoryResult) -> str:
    if result.error is not None:
        return f"- not stored: {record.text} ({result.error.message})"
    return f"- {result.outcome}: {record.text} (id: {result.memory_id})"


def _get_working_memory(
    client: MemoryMethods, scope: _calls.ToolScope, _: tools.GetWorkingMemory
) -> _calls.ToolAnswer:
    """Read the conversation's state."""
    created, session = client.get_or_create_working_memory(
        scope.session(),
        timeout=scope.timeout,
        namespace=scope.namespace,
        user_id=scope.user_id,
        recent_messages_limit=_MESSAGES_SHOWN,
    )
    zone = _known(session.time_zone if scope.time_zone is None else scope.time_zone)
    messages = [{"role": m.role, "content": m.content} for m in session.messages]
    result: dict[str, Any] = {
        "session_id": session.session_id,
        "created": created,
        "context": session.context,
        "messages": messages,
        "memories": [_calls.as_json(memory, zone, {}) for memory in session.memories],
        "data": session.data,
    }
    return _calls.ToolAnswer(result, session_in_words(session, zone))


def _note_memory(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.NewMemory
) -> _calls.ToolAnswer:
    """Place a memory in the conversation, from where it is stored in the background."""
    zone = _zone_of_dates(client, scope, [asked])
    record = scope.own(**_fields(asked, zone))
    added = client.add_memories_to_working_memory(
        scope.session(),
        [record],
        namespace=scope.namespace,
        user_id=scope.user_id,
        timeout=scope.timeout,
    )
    (noted,) = added.memories
    reader = zone_of_reader(client, scope)
    return _calls.ToolAnswer(
        {"memory": _calls.as_json(noted, reader, {})},
        f"Noted:\n{_calls.in_words(noted, reader, {})}",
    )


def _update_data(
    client: MemoryMethods, scope: _calls.ToolScope, asked: tools.UpdateWorkingMemoryData
) -> _calls.ToolAnswer:
    """Change the conversation's data."""
    session = client.update_working_memory_data(
        scope.session(),
        asked.data,
        namespace=scope.namespace,
        user_id=scope.user_id,
        merge_strategy=asked.merge_strategy,
        timeout=scope.timeout,
    )
    return _calls.ToolAnswer({"data": session.data}, f"The data is now: {session.data}")


def session_in_words(session: models.WorkingMemory, zone: tzinfo) -> str:
    """Spell what a conversation holds."""
    parts = [
        f"Summary: {session.context}" if session.context else "",
        *(f"{message.role}: {message.content}" for message in session.messages),
        *(_calls.in_words(memory, zone, {}) for memory in session.memories),
        f"Data: {session.data}" if session.data else "",
    ]
    return "\n".join(part for part in parts if part) or "This conversation is empty so far."


def _get_current_datetime(
    client: MemoryMethods, scope: _calls.ToolScope, _asked: tools.GetCurrentDatetime
) -> _calls.ToolAnswer:
    """Tell the time of this machine in the user's zone."""
    zone = _known(_zone_name(client, scope))
    now = datetime.now(UTC)
    local = now.astimezone(zone)
    result = {
        "iso_local": local.isoformat(timespec="seconds"),
        "time_zone": str(zone),
        "iso_utc": now.isoformat(timespec="seconds"),
        "unix_ts": int(now.timestamp()),
    }
    return _calls.ToolAnswer(result, f"It is {local:%A, %Y-%m-%d %H:%M} {zone}.")


def _zone_name(client: MemoryMethods, scope: _calls.ToolScope) -> str | None:
    """Answer the user's zone: the application's word for it, or else the conversation's."""
    if scope.time_zone is not None or not scope.session_id:
        return scope.time_zone
    try:
        session = client.get_working_memory(
            scope.session_id,
            namespace=scope.namespace,
            user_id=scope.user_id,
            recent_messages_limit=1,
            timeout=scope.timeout,
        )
    except errors.MemoryNotFoundError:
        return None
    return session.time_zone


def _zone_of_dates(
    client: MemoryMethods,
    scope: _calls.ToolScope,
    given: Iterable[tools.NewMemory | tools.EditMemory],
) -> str | None:
    """Answer the zone in which a model's dates are meant; nothing is asked where it gave none."""
    if all(memory.event_date is None for memory in given):
        return None
    return _zone_name(client, scope)


def zone_of_reader(client: MemoryMethods, scope: _calls.ToolScope) -> tzinfo:
    """Answer the zone in which times are told; one that cannot be asked for is UTC."""
    try:
        return _known(_zone_name(client, scope))
    except errors.MemoryClientError:
        return UTC


def _known(name: str | None) -> tzinfo:
    """Answer the zone of a name; UTC for one that this system does not know."""
    try:
        return zone_of(name)
    except ValueError:
        return UTC


def _fields(given: tools.NewMemory | tools.EditMemory, zone: str | None) -> dict[str, Any]:
    """Spell what a model gave as fields of a memory, its date as one of the user's zone."""
    fields = given.model_dump(exclude_none=True)
    return fields | {"event_time_zone": zone} if zone and "event_date" in fields else fields


Handler: TypeAlias = Callable[[MemoryMethods, _calls.ToolScope, Any], _calls.ToolAnswer]
HANDLERS: Mapping[str, Handler] = {
    tools.SEARCH_MEMORY.name: _search_memory,
    tools.GET_MEMORY.name: _get_memory,
    tools.EAGERLY_CREATE_MEMORY.name: _create_memories,
    tools.EDIT_MEMORY.name: _edit_memory,
    tools.DELETE_MEMORIES.name: _delete_memories,
    tools.GET_WORKING_MEMORY.name: _get_working_memory,
    tools.LAZILY_CREATE_MEMORY.name: _note_memory,
    tools.UPDATE_WORKING_MEMORY_DATA.name: _update_data,
    tools.GET_CURRENT_DATETIME.name: _get_current_datetime,
}
