"""Wrong values in every argument of every method: refused by name, before anything is sent."""

import inspect
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest

from agent_memory_client import MemoryAPIClient, MemoryClient, MemoryClientError
from agent_memory_client import MemoryValidationError as Refused
from agent_memory_client.models._criteria import FilterArguments
from agent_memory_client.models._search import SearchArguments
from tests.contract.client.services.running import Services

HALF = "half an emoji \ud83d"
DEEP: list[Any] = []
DEEP.append(DEEP)
BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))

# Wrong for a text, and by its kind for most else.
NO_TEXT = [5, 1.5, True, b"bytes", object(), HALF, ["list"], {"a": 1}]
STRANGE = [
    *NO_TEXT,
    None,
    "text",
    -1,
    2**31,
    2**63,
    10**400,
    math.nan,
    math.inf,
    DEEP,
    BEFORE_TIME,
    [None],
    [HALF],
    [{HALF: HALF}],
    {HALF: 1},
    {5: 5},
    {"data": {"a": math.nan}},
    {"data": {"a": {1, 2}}},
    {"data": {"a": b"bytes"}},
    {"data": {"a": datetime.now(UTC)}},
    {"data": {"a": DEEP}},
    {"data": {"a": 2**60}},
    {"ttl_seconds": 10**400},
    {"ttl_seconds": math.nan},
    [{"text": "a", "metadata": {"a": object()}}],
    [{"text": "a", "event_date": BEFORE_TIME}],
    [{"text": "a", "access_count": 2**63}],
    [{"text": HALF}],
    [{"text": b"bytes"}],
    [{"role": "user", "content": HALF}],
    [{"role": "assistant", "tool_calls": [{"id": "c", "name": "f", "arguments": {"a": {1}}}]}],
    [[{"text": HALF}]],
    {"filters": {"user_id": {"eq": HALF}}},
    {"max_age_days": 1e300},
    {"budget": 2**31},
    {"eq": 2**63},
    {"eq": HALF},
    {"any": "text"},
    {"between": [1]},
    {"gte": BEFORE_TIME},
    {"any_of": [{"any_of": [{"id": HALF}]}]},
]

# What a call needs in order to be right, and ends soon.
RIGHT: Mapping[str, Any] = {
    "data": {},
    "data_updates": {},
    "field": "topics",
    "function_name": "get_current_datetime",
    "group": {"user_id": "a"},
    "job_id": "j",
    "memories": [{"text": "a"}],
    "memory": {},
    "memory_batches": [[{"text": "a"}]],
    "memory_id": "m",
    "memory_ids": ["m"],
    "messages": [{"role": "user", "content": "hi"}],
    "new_session_id": "f",
    "patience": 0.0,
    "policy": {"budget": 1},
    "query": "what",
    "session_id": "s",
    "timeout": 0.02,
    "tool_call": {"name": "get_current_datetime"},
    "tool_calls": [],
    "updates": {"text": "b"},
    "user_id": "u",
    "view": {"name": "v"},
    "view_id": "v",
}
UPDATES = {"update_working_memory": {"context": "c"}, "update_summary_view": {"name": "n"}}
TEXTS = {"str", "str | None"}
# What a model says is answered in the result of a tool.
TOOLS = {
    "resolve_function_call",
    "resolve_tool_call",
    "resolve_tool_calls",
    "resolve_function_calls",
}
# Right for a time, and too long for a test.
LONG = [5, 1.5, 2**31, 2**63, 10**400, math.inf, None]
SETTLED = {"close", "aclose"}


def methods() -> Iterator[str]:
    """Names of everything that calls a service."""
    for name, method in inspect.getmembers(MemoryAPIClient):
        calls = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
        if calls and not name.startswith("_") and name not in SETTLED:
            yield name


def parameters(name: str) -> dict[str, str]:
    """The types of a method's arguments, with those that stand in for `**criteria`."""
    found: dict[str, str] = {}
    for parameter in inspect.signature(getattr(MemoryAPIClient, name)).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            found[parameter.name] = _spelled(parameter.annotation)
            continue
        kind = SearchArguments if "Search" in str(parameter.annotation) else FilterArguments
        found |= {key: _spelled(hint) for key, hint in get_type_hints(kind).items()}
    del found["self"]
    return found


def right(name: str) -> dict[str, Any]:
    """Arguments that a method takes."""
    signature = inspect.signature(getattr(MemoryAPIClient, name)).parameters
    chosen = {
        key: RIGHT[key]
        for key, parameter in signature.items()
        if key in RIGHT and (parameter.default is parameter.empty or key in {"timeout", "patience"})
    }
    if name in UPDATES:
        chosen["updates"] = UPDATES[name]
    return chosen


async def call(client: MemoryAPIClient, name: str, arguments: Mapping[str, Any]) -> object:
    """Make a call; of a stream, look at what comes first."""
    made = getattr(client, name)(**arguments)
    if not hasattr(made, "__anext__"):
        return await made
    try:
        return await anext(made, None)
    finally:
        await made.aclose()


async def refused(
    client: MemoryAPIClient, name: str, arguments: Mapping[str, Any]
) -> MemoryClientError | None:
    """The error of a call, where it ends with one of the client's."""
    try:
        await call(client, name, arguments)
    except MemoryClientError as error:
        return error
    return None


@pytest.mark.parametrize("client", ["asynchronous"], indirect=True)
@pytest.mark.parametrize("name", list(methods()))
async def test_only_errors_of_the_client_leave_it(
    client: MemoryAPIClient, services: Services, name: str
) -> None:
    """Whatever is wrong, and what is refused here is named and was never sent."""
    for parameter in parameters(name):
        for value in STRANGE:
            if parameter == "timeout" and value in LONG:
                continue
            services.recorder.received.clear()
            error = await refused(client, name, right(name) | {parameter: value})
            if isinstance(error, Refused) and error.code is None:
                assert error.field_violations, (parameter, value)
                assert services.recorder.received == [], (parameter, value)


async def test_what_is_no_text_is_refused_where_a_text_belongs(
    client: MemoryAPIClient, services: Services
) -> None:
    """By the name of the argument."""
    for name in set(methods()) - TOOLS:
        for parameter in [key for key, kind in parameters(name).items() if kind in TEXTS]:
            for value in NO_TEXT:
                error = await refused(client, name, right(name) | {parameter: value})
                assert isinstance(error, Refused), (name, parameter, value)
                [violation] = error.field_violations
                assert violation.field.startswith(parameter)
    assert services.recorder.received == []


async def test_a_time_that_is_none_is_refused(client: MemoryAPIClient, services: Services) -> None:
    """Every method takes one, and names it."""
    for name in set(methods()) - TOOLS:
        for seconds in (0, -1, math.nan, "1", True, b"1"):
            error = await refused(client, name, right(name) | {"timeout": seconds})
            assert isinstance(error, Refused), (name, seconds)
            assert [violation.field for violation in error.field_violations] == ["timeout"]
    assert services.recorder.received == []


def test_both_clients_have_the_same_face() -> None:
    """Each method takes the same, and answers the same, awaited or not."""
    for name, method in inspect.getmembers(MemoryAPIClient, inspect.isfunction):
        if name.startswith("_") or name == "aclose":
            continue
        twin = getattr(MemoryClient, name)
        mine, other = (inspect.signature(each).parameters for each in (method, twin))
        assert list(mine) == list(other)
        for key, parameter in mine.items():
            assert other[key].replace(annotation=None) == parameter.replace(annotation=None)
        assert inspect.isgeneratorfunction(twin) == inspect.isasyncgenfunction(method)


def _spelled(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
