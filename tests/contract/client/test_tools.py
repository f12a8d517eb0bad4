"""Tool calls of a model, and the bounds they cannot leave."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from agent_memory_client import MemoryAPIClient, MemoryRecord, ToolCallResult
from agent_memory_client.models import TimePrecision, Validity
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services

ALICE = MemoryRecord(text="Alice likes tea", user_id="alice", namespace="home", topics=["drinks"])
AT_WORK = MemoryRecord(text="Alice likes tea at work", user_id="alice", namespace="work")
BOB = MemoryRecord(text="Bob likes tea", user_id="bob", namespace="home")


@pytest.fixture(autouse=True)
async def _memories(client: MemoryAPIClient) -> None:
    """Memories of two users, in two namespaces."""
    await client.create_long_term_memories([ALICE, AT_WORK, BOB])


async def run(client: MemoryAPIClient, name: str, /, **arguments: object) -> ToolCallResult:
    """A call of a model that acts for Alice at home."""
    result = await client.resolve_function_call(
        function_name=name, args=arguments, session_id="chat", user_id="alice", namespace="home"
    )
    json.dumps(result)
    return result


@pytest.mark.parametrize("name", ["search_memory", "search_long_term_memory"])
async def test_search_finds_what_is_within_reach(client: MemoryAPIClient, name: str) -> None:
    """The answer for the model holds the memories themselves, with their ids."""
    result = await run(client, name, query="tea")
    assert result.success
    assert [memory["text"] for memory in result.result["memories"]] == [ALICE.text]
    assert ALICE.text in result.formatted_response
    assert ALICE.id in result.formatted_response
    assert result["function_name"] == name


@pytest.mark.parametrize(
    "narrowing", [{"user_id": "bob"}, {"topics": ["cars"]}, {"memory_type": "episodic"}]
)
async def test_a_model_can_only_narrow_a_search(
    client: MemoryAPIClient, narrowing: dict[str, Any]
) -> None:
    """Naming another user finds nothing rather than theirs."""
    result = await run(client, "search_memory", query="tea", **narrowing)
    assert result.success
    assert result.result["memories"] == []
    assert "Nothing" in result.formatted_response


async def test_without_a_user_in_scope_a_model_may_name_one(client: MemoryAPIClient) -> None:
    """An application that sets no bounds leaves the choice to the model."""
    result = await client.resolve_function_call(
        "search_memory", '{"query": "tea", "user_id": "bob"}'
    )
    assert [memory["text"] for memory in result.result["memories"]] == [BOB.text]


async def test_the_empty_user_is_a_bound_too(client: MemoryAPIClient) -> None:
    """A call for nobody reaches nobody's memories, not everybody's."""
    result = await client.resolve_function_call("search_memory", {"query": "tea"}, user_id="")
    assert result.result["memories"] == []


async def test_search_says_how_to_see_more(client: MemoryAPIClient) -> None:
    """A full page names the offset of the next."""
    await client.create_long_term_memories(
        [MemoryRecord(text=f"tea {n}", user_id="alice", namespace="home") for n in range(3)]
    )
    first = await run(client, "search_memory", query="tea", max_results=2)
    assert (first.result["has_more"], first.result["next_offset"]) == (True, 2)
    assert "offset 2" in first.formatted_response


@pytest.mark.parametrize("record", [BOB, AT_WORK, None], ids=["user", "namespace", "nothing"])
async def test_what_is_out_of_reach_is_not_there(
    client: MemoryAPIClient, services: Services, record: MemoryRecord | None
) -> None:
    """Get, edit and delete answer for it as for an id that does not exist, and change nothing."""
    memory_id = record.id if record else "nothing"
    got = await run(client, "get_long_term_memory", memory_id=memory_id)
    edited = await run(client, "edit_long_term_memory", memory_id=memory_id, text="mine")
    deleted = await run(client, "delete_long_term_memories", memory_ids=[memory_id])
    assert got.error == edited.error == f"there is no memory {memory_id}"
    assert deleted.result == {"deleted": [], "not_found": [memory_id]}
    assert not services.recorder.calls("UpdateMemory")
    assert not services.recorder.calls("DeleteMemories")
    if record:
        assert services.long_term_memory.memories[memory_id].text == record.text


async def test_own_memories_are_read_edited_and_deleted(
    client: MemoryAPIClient, services: Services
) -> None:
    """Within reach the tools do their work, against the version that was checked."""
    got = await run(client, "get_long_term_memory", memory_id=ALICE.id)
    edited = await run(
        client, "edit_long_term_memory", memory_id=ALICE.id, text="Alice likes rum", topics=None
    )
    deleted = await run(client, "delete_long_term_memories", memory_ids=[ALICE.id, BOB.id])
    (update,) = services.recorder.calls("UpdateMemory")
    assert got.result["memory"]["text"] == ALICE.text
    assert edited.result["memory"]["text"] == "Alice likes rum"
    assert edited.result["memory"]["topics"] == ["drinks"]
    assert update.request.memory.etag == "1"
    assert deleted.result == {"deleted": [ALICE.id], "not_found": [BOB.id]}
    assert BOB.id in services.long_term_memory.memories


async def test_answers_name_what_contradicts_a_memory(
    client: MemoryAPIClient, services: Services
) -> None:
    """With its text and its day, found or not; what is out of reach is an id alone."""
    at = datetime(2026, 1, 4, 20, tzinfo=UTC)
    rum = MemoryRecord(text="Alice hates it", user_id="alice", namespace="home")
    await client.create_long_term_memories([rum])
    services.long_term_memory.memories[rum.id].create_time.FromDatetime(at)
    services.long_term_memory.memories[ALICE.id].conflicts_with.extend([rum.id, BOB.id])
    told = f'in conflict with "{rum.text}", said 2026-01-04 and memory {BOB.id}'
    named = [{"id": rum.id, "text": rum.text, "created_at": at.isoformat()}, {"id": BOB.id}]
    found = await run(client, "search_memory", query="tea", max_results=1)
    got = await run(client, "get_long_term_memory", memory_id=ALICE.id)
    edited = await run(client, "edit_long_term_memory", memory_id=ALICE.id, topics=["x"])
    for answer, shown in (
        (found, found.result["memories"][0]),
        (got, got.result["memory"]),
        (edited, edited.result["memory"]),
    ):
        assert told in answer.formatted_response
        assert shown["in_conflict_with"] == named
        assert BOB.text not in answer.formatted_response


@pytest.mark.parametrize("field", ["user_id", "namespace", "session_id"])
async def test_a_model_cannot_move_a_memory(client: MemoryAPIClient, field: str) -> None:
    """Owner and place are no arguments of the edit tool."""
    moved = {"memory_id": ALICE.id, field: "elsewhere"}
    result = await run(client, "edit_long_term_memory", **moved)
    assert not result.success
    assert field in (result.error or "")


@pytest.mark.parametrize(
    "name",
    ["eagerly_create_long_term_memory", "create_long_term_memories", "create_long_term_memory"],
)
async def test_created_memories_are_of_the_scope(
    client: MemoryAPIClient, services: Services, name: str
) -> None:
    """User, namespace and session come from the application, never from the model."""
    new = {"text": "Alice has a cat", "memory_type": "semantic", "event_date": None}
    result = await run(client, name, memories=[new])
    (created,) = result.result["memories"]
    stored = services.long_term_memory.memories[created["memory_id"]]
    owned = await run(client, name, memories=[{**new, "user_id": "bob"}])
    assert created["outcome"] == "created"
    assert (stored.user_id, stored.namespace, stored.session_id) == ("alice", "home", "chat")
    assert not owned.success


async def test_a_memory_that_is_not_stored_is_told(client: MemoryAPIClient) -> None:
    """The model learns which one was rejected and why."""
    new = {"text": "reject me", "memory_type": "semantic"}
    result = await run(client, "create_long_term_memories", memories=[new])
    assert "not stored: reject me (no room)" in result.formatted_response


async def test_tools_of_the_conversation(client: MemoryAPIClient, services: Services) -> None:
    """Notes, data and the state of the session stay in the scope's session."""
    noted = await run(
        client, "lazily_create_long_term_memory", text="Alice sings", memory_type="semantic"
    )
    data = await run(client, "update_working_memory_data", data={"step": 1})
    more = await run(client, "update_working_memory_data", data={"more": 2})
    state = await run(client, "get_or_create_working_memory")
    session = services.working_memory.sessions["home", "chat"]
    assert noted.success
    assert data.success
    assert more.result == {"data": {"step": 1, "more": 2}}
    assert session.user_id == "alice"
    assert session.memories[0].session_id == "chat"
    assert "Alice sings" in state.formatted_response
    assert state.result["data"] == {"step": 1, "more": 2}


async def test_a_session_of_somebody_else_is_out_of_reach(client: MemoryAPIClient) -> None:
    """The tools over working memory fail for another user's session."""
    await client.get_or_create_working_memory("chat", user_id="bob", namespace="home")
    for name, arguments in (
        ("get_or_create_working_memory", {}),
        ("update_working_memory_data", {"data": {}}),
        ("lazily_create_long_term_memory", {"text": "x", "memory_type": "semantic"}),
    ):
        assert not (await run(client, name, **arguments)).success, name


async def test_the_defaults_of_the_client_are_bounds(services: Services) -> None:
    """A client that acts for one user needs no scope in each call."""
    async with MemoryAPIClient(base_url=services.url, default_user_id="bob") as client:
        found = await client.resolve_function_call("search_memory", {"query": "tea"})
        got = await client.resolve_function_call("get_long_term_memory", {"memory_id": ALICE.id})
    assert [memory["text"] for memory in found.result["memories"]] == [BOB.text]
    assert not got.success


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("no_such_tool", {}, "no tool no_such_tool"),
        ("search_memory", "{not json", "not JSON"),
        ("search_memory", "[1]", "not a JSON object"),
        ("search_memory", {}, "query"),
        ("search_memory", {"query": "tea", "max_results": "some"}, "max_results"),
        ("search_memory", "{not json", "takes a JSON object with query (a text, required)"),
        ("search_memory", {"query": "tea", "filters": {}}, "filters"),
        ("update_working_memory_data", {"data": {"a": 1}}, "needs a session"),
        ("delete_long_term_memories", {"memory_ids": []}, "memory_ids"),
    ],
)
async def test_what_goes_wrong_is_in_the_result(
    client: MemoryAPIClient, name: str, arguments: dict[str, Any] | str, error: str
) -> None:
    """Nothing raises; the model reads what to do better."""
    result = await client.resolve_function_call(name, arguments, user_id="alice")
    assert not result.success
    assert error in (result.error or "")
    assert error in result.formatted_response


async def test_a_failing_service_is_in_the_result(
    client: MemoryAPIClient, services: Services
) -> None:
    """A refusal becomes an error in words; something unforeseen tells no internals."""
    services.recorder.refusals["SearchMemories"].append(
        refusal(grpc.StatusCode.INTERNAL, "INTERNAL", message="incident 7")
    )
    refused = await run(client, "search_memory", query="tea")
    unforeseen = await client.resolve_function_call(
        "search_memory",
        {"query": "tea"},
        user_id=7,  # type: ignore[arg-type]
    )
    assert refused.error == "incident 7"
    assert not unforeseen.success


@pytest.mark.parametrize(
    ("call", "call_id"),
    [
        ({"name": "get_current_datetime", "arguments": "{}"}, None),
        ({"id": "c1", "type": "tool_use", "name": "get_current_datetime", "input": {}}, "c1"),
        ({"id": "c2", "function": {"name": "get_current_datetime", "arguments": ""}}, "c2"),
        ({"id": "c3", "name": "get_current_datetime", "args": {}, "type": "tool_call"}, "c3"),
    ],
    ids=["openai-legacy", "anthropic", "openai", "langchain"],
)
async def test_calls_of_every_provider_are_resolved(
    client: MemoryAPIClient, call: dict[str, Any], call_id: str | None
) -> None:
    """The form is recognised, and the provider's id comes back."""
    (result,) = await client.resolve_tool_calls([call])
    assert result.success
    assert result.tool_call_id == call_id
    assert result.result["iso_utc"].endswith("+00:00")


async def test_a_call_that_is_none_is_in_the_result(client: MemoryAPIClient) -> None:
    """What names no function fails without raising."""
    results = await client.resolve_tool_calls([{"arguments": "{}"}, None, {"name": 3}])
    assert [result.success for result in results] == [False, False, False]


@pytest.fixture
async def _in_tokyo(client: MemoryAPIClient) -> None:
    """The conversation of a user in Tokyo."""
    await client.get_or_create_working_memory("chat", namespace="home", user_id="alice")
    await client.update_working_memory(
        "chat", {"time_zone": "Asia/Tokyo"}, namespace="home", user_id="alice"
    )


@pytest.mark.usefixtures("_in_tokyo")
async def test_the_clock_is_the_users(client: MemoryAPIClient) -> None:
    """The conversation's zone, unless the application names one; UTC where nothing is known."""
    here = await run(client, "get_current_datetime")
    assert here.formatted_response.endswith(" Asia/Tokyo.")
    assert here.result["iso_local"].endswith("+09:00")
    named = await client.resolve_function_call(
        "get_current_datetime", session_id="chat", user_id="alice", time_zone="Asia/Kolkata"
    )
    assert named.result["iso_local"].endswith("+05:30")
    for nowhere in (None, "no such chat"):
        result = await client.resolve_function_call("get_current_datetime", session_id=nowhere)
        assert result.formatted_response.endswith(" UTC.")


@pytest.mark.usefixtures("_in_tokyo")
@pytest.mark.parametrize(
    "tool", ["eagerly_create_long_term_memory", "lazily_create_long_term_memory"]
)
@pytest.mark.parametrize(
    ("written", "start", "told"),
    [
        ("2026-11-28", "2026-11-27T15:00:00+00:00", "2026-11-28"),
        ("2026-11-28T09:30", "2026-11-28T00:30:00+00:00", "2026-11-28 09:30 Asia/Tokyo"),
        ("2026-11-28T09:30:00Z", "2026-11-28T09:30:00+00:00", "2026-11-28 18:30 Asia/Tokyo"),
    ],
)
async def test_a_models_dates_are_the_users(
    client: MemoryAPIClient, tool: str, written: str, start: str, told: str
) -> None:
    """A date alone is a day, and every date is told as it was meant, whoever reads it."""
    memory = {"text": "Met Sam", "memory_type": "episodic", "event_date": written}
    made = await run(client, tool, **({"memories": [memory]} if "eager" in tool else memory))
    assert made.success
    if "lazily" in tool:
        assert f"episodic, {told};" in made.formatted_response
        await client.promote_working_memories_to_long_term(
            "chat", namespace="home", user_id="alice"
        )
    found = await client.search_long_term_memory("Sam")
    (record,) = found.memories
    assert record.event_date == datetime.fromisoformat(start)
    assert record.event_time_zone == "Asia/Tokyo"
    elsewhere = await client.resolve_function_call(
        "search_memory", {"query": "Sam"}, time_zone="America/New_York"
    )
    assert f"episodic, {told};" in elsewhere.formatted_response
    (shown,) = elsewhere.result["memories"]
    assert shown["event_date"].startswith(told[:10])
    assert shown.get("event_precision") == ("day" if written == told else None)


async def test_an_answer_says_when_a_memory_was_said_and_from_when_it_is_over(
    client: MemoryAPIClient,
) -> None:
    """Days are the user's."""
    record = MemoryRecord(text="Lives in Oslo", user_id="alice", namespace="home")
    record.validity = Validity(invalid_from=datetime(2026, 3, 5, 20, tzinfo=UTC))
    (made,) = (await client.create_long_term_memories([record])).results
    assert made.memory
    assert made.memory.created_at
    said = made.memory.created_at.astimezone(ZoneInfo("Asia/Tokyo")).date()
    result = await client.resolve_function_call(
        "get_long_term_memory",
        {"memory_id": made.memory.id},
        user_id="alice",
        namespace="home",
        time_zone="Asia/Tokyo",
    )
    bounds = f"semantic; said {said}; no longer true from 2026-03-06; id:"
    assert f"- Lives in Oslo ({bounds}" in result.formatted_response
    assert result.result["memory"]["no_longer_true_from"] == "2026-03-06T05:00:00+09:00"


@pytest.mark.usefixtures("_in_tokyo")
async def test_an_edited_date_is_the_users(client: MemoryAPIClient) -> None:
    """As one that was created."""
    result = await run(client, "edit_long_term_memory", memory_id=ALICE.id, event_date="2026-11-28")
    assert ", 2026-11-28;" in result.formatted_response
    edited = await client.get_long_term_memory(ALICE.id)
    assert edited.event_date == datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert (edited.event_precision, edited.event_time_zone) == ("day", "Asia/Tokyo")


@pytest.mark.usefixtures("_in_tokyo")
async def test_times_without_a_zone_of_their_own_are_told_in_the_users(
    client: MemoryAPIClient, services: Services
) -> None:
    """Days of UTC stay; a conversation that cannot be read leaves UTC and fails no search."""
    record = MemoryRecord(text="Met Sam", user_id="alice", namespace="home")
    record.event_date = datetime(2026, 11, 27, 15, tzinfo=UTC)
    record.event_precision = TimePrecision.DAY
    await client.create_long_term_memories([record])
    found = await run(client, "search_memory", query="Sam")
    assert "2026-11-28;" in found.formatted_response
    assert found.result["memories"][0]["created_at"].endswith("+09:00")
    (search,) = services.recorder.calls("SearchMemories")
    assert search.request.query.time_zone == "Asia/Tokyo"
    services.recorder.refusals["GetWorkingMemory"].append(
        refusal(grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
    )
    assert (await run(client, "search_memory", query="Sam")).success
