"""Sessions through the client."""

from typing import Any

import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryConflictError,
    MemoryMessage,
    MemoryNotFoundError,
    MemoryPermissionError,
    MemoryRecord,
    MemoryValidationError,
    WorkingMemory,
)
from tests.contract.client.services.running import Services


def said(*texts: str) -> list[MemoryMessage]:
    """Messages of a user."""
    return [MemoryMessage(role="user", content=text) for text in texts]


async def test_get_or_create_answers_a_pair_with_names(client: MemoryAPIClient) -> None:
    """The result unpacks like a tuple and reads by name; the second call creates nothing."""
    created, memory = await client.get_or_create_working_memory("s", user_id="alice")
    again = await client.get_or_create_working_memory("s")
    assert (created, memory.session_id, memory.user_id) == (True, "s", "alice")
    assert (again.created, again.memory.user_id) == (False, "alice")


async def test_a_strategy_is_set_on_the_session_that_is_created(client: MemoryAPIClient) -> None:
    """What to extract reaches a new session, and leaves an old one alone."""
    strategy = {"strategy": "custom", "config": {"custom_prompt": "find birds"}}
    new = await client.get_or_create_working_memory("s", long_term_memory_strategy=strategy)
    old = await client.get_or_create_working_memory(
        "s", long_term_memory_strategy={"strategy": "summary"}
    )
    assert new.memory.long_term_memory_strategy.config.custom_prompt == "find birds"
    assert old.memory.long_term_memory_strategy.strategy == "custom"


async def test_set_takes_the_session_from_the_call(client: MemoryAPIClient) -> None:
    """A working memory without a session id is stored under that of the call."""
    stored = await client.set_working_memory("s", WorkingMemory(messages=said("hi"), user_id="a"))
    read = await client.get_working_memory("s")
    assert stored.session_id == "s"
    assert [message.content for message in read.messages] == ["hi"]
    assert read.user_id == "a"
    assert MemoryAPIClient.put_working_memory is MemoryAPIClient.set_working_memory


@pytest.mark.parametrize("name", ["session_id", "user_id", "namespace"])
async def test_set_refuses_two_identities(client: MemoryAPIClient, name: str) -> None:
    """The call and the working memory may not name different sessions, users or namespaces."""
    memory = WorkingMemory.model_validate({name: "one"})
    call: dict[str, Any] = {"session_id": "one", "user_id": None, "namespace": None} | {name: "two"}
    with pytest.raises(MemoryValidationError, match=f"memory.{name}"):
        await client.set_working_memory(memory=memory, **call)


async def test_messages_travel_whole(client: MemoryAPIClient) -> None:
    """Tool calls, names and times come back as they were sent."""
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    await client.append_messages_to_working_memory(
        "s",
        [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "1", "tool_call_id": "c1", "name": "f"},
            {"role": "user", "content": "then", "created_at": "2023-05-01T10:00:00"},
        ],
    )
    asked, answered, then = (await client.get_working_memory("s")).messages
    assert asked.tool_calls[0].arguments == '{"x": 1}'
    assert (answered.tool_call_id, answered.name) == ("c1", "f")
    assert then.created_at is not None
    assert then.created_at.isoformat() == "2023-05-01T10:00:00+00:00"


async def test_append_answers_what_joined_the_log(client: MemoryAPIClient) -> None:
    """Ids, sequences and the session's incarnation come back without the whole session."""
    first = await client.append_messages_to_working_memory("s", said("one", "two"))
    second = await client.append_messages_to_working_memory("s", said("three"))
    assert first.created
    assert not second.created
    assert [message.sequence for message in first.messages] == [1, 2]
    assert (second.last_sequence, second.session_uid) == (3, first.session_uid)


async def test_parts_of_a_session_change_alone(client: MemoryAPIClient) -> None:
    """An update touches what it names, and none clears a field."""
    session = WorkingMemory(
        messages=said("hi"), data={"a": 1}, context="so far", ttl_seconds=60, time_zone="UTC"
    )
    await client.set_working_memory("s", session)
    changed = await client.update_working_memory("s", {"ttl_seconds": None, "context": "new"})
    assert (changed.ttl_seconds, changed.context) == (None, "new")
    assert (changed.data, changed.time_zone, len(changed.messages)) == ({"a": 1}, "UTC", 1)


async def test_an_update_refuses_what_it_does_not_know(client: MemoryAPIClient) -> None:
    """Unknown fields, and no fields, are refused before any call."""
    with pytest.raises(MemoryValidationError, match=r"updates\.contxt"):
        await client.update_working_memory("s", {"contxt": "typo"})
    with pytest.raises(MemoryValidationError, match="names no field"):
        await client.update_working_memory("s", {})


async def test_a_stale_etag_is_a_conflict(client: MemoryAPIClient) -> None:
    """The error names the current etag."""
    first = (await client.get_or_create_working_memory("s")).memory
    await client.append_messages_to_working_memory("s", said("meanwhile"))
    with pytest.raises(MemoryConflictError) as raised:
        await client.update_working_memory("s", {"context": "late"}, etag=first.etag)
    assert raised.value.reason == "ETAG_MISMATCH"
    assert raised.value.metadata["current_etag"] != first.etag


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("replace", {"b": {"y": 2}}),
        ("merge", {"a": 1, "b": {"y": 2}}),
        ("deep_merge", {"a": 1, "b": {"x": 1, "y": 2}}),
    ],
)
async def test_data_is_merged_by_the_server(
    client: MemoryAPIClient, strategy: str, expected: dict[str, Any]
) -> None:
    """The three strategies reach the server, and messages, ttl and strategy stay as they were."""
    await client.set_working_memory(
        "s", WorkingMemory(messages=said("hi"), data={"a": 1, "b": {"x": 1}}, ttl_seconds=60)
    )
    changed = await client.update_working_memory_data("s", {"b": {"y": 2}}, merge_strategy=strategy)
    assert changed.data == expected
    assert (changed.ttl_seconds, len(changed.messages)) == (60, 1)


async def test_data_of_a_session_that_is_not_there_yet(client: MemoryAPIClient) -> None:
    """Setting data creates the session."""
    changed = await client.set_working_memory_data("new", {"step": 1}, user_id="alice")
    assert (changed.data, changed.user_id) == ({"step": 1}, "alice")


async def test_data_alone_may_stay(client: MemoryAPIClient) -> None:
    """Without `preserve_existing` the rest of the session is emptied."""
    await client.set_working_memory("s", WorkingMemory(messages=said("hi"), context="old"))
    changed = await client.set_working_memory_data("s", {"a": 1}, preserve_existing=False)
    assert (changed.data, changed.messages, changed.context) == ({"a": 1}, [], None)


async def test_memories_join_the_session_or_replace_those_there(client: MemoryAPIClient) -> None:
    """Both policies reach the server; what a memory leaves out is the session's."""
    await client.get_or_create_working_memory("s", user_id="alice")
    first = await client.add_memories_to_working_memory("s", [MemoryRecord(text="one")])
    await client.add_memories_to_working_memory("s", [{"text": "two"}])
    both = await client.get_working_memory("s")
    await client.add_memories_to_working_memory("s", [{"text": "three"}], replace=True)
    last = await client.get_working_memory("s")
    assert first.memories[0].user_id == "alice"
    assert [memory.text for memory in both.memories] == ["one", "two"]
    assert [memory.text for memory in last.memories] == ["three"]


async def test_a_session_of_somebody_else(client: MemoryAPIClient) -> None:
    """Writing as another user is refused; reading as another user finds nothing."""
    await client.get_or_create_working_memory("s", user_id="alice")
    with pytest.raises(MemoryPermissionError):
        await client.append_messages_to_working_memory("s", said("hi"), user_id="bob")
    with pytest.raises(MemoryNotFoundError):
        await client.get_working_memory("s", user_id="bob")


async def test_delete_says_whether_there_was_anything(client: MemoryAPIClient) -> None:
    """Deleting twice is no error."""
    await client.get_or_create_working_memory("s")
    assert await client.delete_working_memory("s")
    assert not await client.delete_working_memory("s")


async def test_a_session_is_deleted_with_what_was_learned_from_it(
    client: MemoryAPIClient, services: Services
) -> None:
    """By one call; or alone, where that is asked for."""
    for keep_memories in (False, True):
        _, session = await client.get_or_create_working_memory(
            "s", namespace="home", user_id="alice"
        )
        await client.delete_working_memory("s", namespace="home", keep_memories=keep_memories)
        call = services.recorder.calls("DeleteWorkingMemory")[-1]
        assert call.request.forget is not keep_memories
        assert (call.request.namespace, call.request.session_id) == ("home", "s")
        assert session.session_uid


async def test_messages_that_are_taken_back_are_forgotten(
    client: MemoryAPIClient, services: Services
) -> None:
    """By one call; unless that is not wanted."""
    for keep_memories in (True, False):
        await client.set_working_memory("s", {"messages": said("hi")}, keep_memories=keep_memories)
        call = services.recorder.calls("SetWorkingMemory")[-1]
        assert call.request.forget is not keep_memories


async def test_a_session_is_copied_up_to_a_message(client: MemoryAPIClient) -> None:
    """The copy says where it comes from."""
    messages = [{"role": "user", "content": text, "id": text} for text in ("a", "b")]
    await client.append_messages_to_working_memory("s", messages)
    copy = await client.fork_working_memory("s", "f", message_id="a")
    assert [message.id for message in copy.messages] == ["a"]
    assert copy.forked_from is not None
    assert (copy.forked_from.session_id, copy.forked_from.last_sequence) == ("s", 1)
    changed = await client.update_working_memory("f", {"sliding_ttl": True, "ttl_seconds": 60})
    assert (changed.sliding_ttl, changed.ttl_seconds) == (True, 60)
    with pytest.raises(MemoryNotFoundError):
        await client.fork_working_memory("nothing", "g")


async def test_sessions_are_listed_by_offset_and_by_cursor(client: MemoryAPIClient) -> None:
    """Both ways see each session once, and the total is true."""
    for number in range(5):
        await client.get_or_create_working_memory(f"s{number}", namespace="n")
    await client.get_or_create_working_memory("elsewhere", namespace="other")
    page = await client.list_sessions(limit=2, namespace="n")
    by_cursor = await client.list_sessions(limit=2, namespace="n", cursor=page.next_cursor)
    by_offset = await client.list_sessions(limit=2, namespace="n", offset=2)
    last = await client.list_sessions(limit=2, namespace="n", offset=4)
    assert (page.sessions, page.total, page.next_offset) == (["s4", "s3"], 5, 2)
    assert by_cursor.sessions == by_offset.sessions == ["s2", "s1"]
    assert (last.sessions, last.next_cursor, last.next_offset) == (["s0"], None, None)


async def test_the_log_keeps_what_the_view_lost(client: MemoryAPIClient) -> None:
    """Messages replaced in view are still listed, with their positions."""
    await client.set_working_memory("s", WorkingMemory(messages=said("one")))
    await client.set_working_memory("s", WorkingMemory(messages=said("two")))
    log = await client.list_messages("s")
    newest = await client.list_messages("s", limit=1, descending=True)
    assert [(m.content, m.sequence) for m in log.messages] == [("one", 1), ("two", 2)]
    assert (newest.messages[0].content, newest.total) == ("two", 2)
    assert newest.next_cursor is not None


async def test_defaults_of_the_client_fill_what_a_call_leaves_out(services: Services) -> None:
    """Namespace, user and window come from the config, and a call's own values win."""
    async with MemoryAPIClient(
        base_url=services.url,
        default_namespace="home",
        default_user_id="alice",
        default_model_name="gpt-4o",
    ) as client:
        mine = (await client.get_or_create_working_memory("s")).memory
        other = (await client.get_or_create_working_memory("s", namespace="work")).memory
        await client.get_working_memory("s", context_window_max=1000)
    assert (mine.namespace, mine.user_id) == ("home", "alice")
    assert mine.context_percentage_total_used == 12.5
    assert other.namespace == "work"
    first, *_ = services.recorder.calls("GetOrCreateWorkingMemory")
    (explicit,) = services.recorder.calls("GetWorkingMemory")
    assert first.request.window.model_name == "gpt-4o"
    assert (explicit.request.window.model_name, explicit.request.window.max_tokens) == ("", 1000)


async def test_without_a_window_no_usage_is_asked_for(client: MemoryAPIClient) -> None:
    """Both percentages are absent where nothing says how large the window is."""
    memory = (await client.get_or_create_working_memory("s")).memory
    assert memory.context_percentage_total_used is None
    assert memory.context_percentage_until_summarization is None


async def test_promotion_stores_chosen_memories_now(
    client: MemoryAPIClient, services: Services
) -> None:
    """Memories of a session are stored by id, and twice changes nothing."""
    records = [MemoryRecord(text="keep"), MemoryRecord(text="leave")]
    await client.set_working_memory("s", WorkingMemory(memories=records, user_id="alice"))
    promoted = await client.promote_working_memories_to_long_term("s", [records[0].id])
    again = await client.promote_working_memories_to_long_term("s", [records[0].id])
    assert promoted.ids == again.ids == [records[0].id]
    assert list(services.long_term_memory.memories) == [records[0].id]


async def test_data_of_a_session_that_is_not_there_takes_three_calls_of_three_names(
    client: MemoryAPIClient, services: Services
) -> None:
    """A repetition under the name of the refused call would be refused again."""
    await client.update_working_memory_data("new", {"seat": "window"})
    updates = services.recorder.calls("UpdateWorkingMemory")
    assert len({call.request.request_id for call in updates}) == len(updates) == 2
