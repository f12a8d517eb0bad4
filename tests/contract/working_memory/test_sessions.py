"""GetOrCreate, Get, Set, Update and Delete as a client sees them."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.kit.contract.errors import StoreUnavailable
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

Code = grpc.StatusCode


def session(*contents: str, **fields: Any) -> wm.WorkingMemory:
    """A session that shows what a user said."""
    messages = [Message(role="user", content=content) for content in contents]
    return wm.WorkingMemory(session_id="s", namespace="chat", messages=messages, **fields)


async def put(
    stub: WorkingMemoryStub, memory: wm.WorkingMemory, **fields: Any
) -> rpc.SetWorkingMemoryResponse:
    """Set a session."""
    return await stub.SetWorkingMemory(rpc.SetWorkingMemoryRequest(working_memory=memory, **fields))


async def get(stub: WorkingMemoryStub, **fields: Any) -> wm.WorkingMemory:
    """Read the session."""
    request = rpc.GetWorkingMemoryRequest(namespace="chat", session_id="s", **fields)
    return (await stub.GetWorkingMemory(request)).working_memory


async def update(
    stub: WorkingMemoryStub,
    *paths: str,
    policy: wm.DataPolicy.ValueType = wm.DataPolicy.DATA_POLICY_UNSPECIFIED,
    request_id: str = "",
    **fields: Any,
) -> wm.WorkingMemory:
    """Change the session."""
    request = rpc.UpdateWorkingMemoryRequest(
        working_memory=session(**fields),
        update_mask=FieldMask(paths=paths),
        data_policy=policy,
        request_id=request_id,
    )
    return (await stub.UpdateWorkingMemory(request)).working_memory


def struct(value: dict[str, Any]) -> Struct:
    """A struct of plain values."""
    return ParseDict(value, Struct())


async def test_what_is_set_is_read(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """Every field that a caller sets comes back, with those that the server sets."""
    given = session(
        "I'm Alice",
        user_id="alice",
        data=struct({"step": 1}),
        context="onboarding",
        extraction=ExtractionConfig(
            strategy=ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY,
            max_summary_words=90,
            language="pt-BR",
        ),
        ttl=Duration(seconds=3600, nanos=500_000),
        time_zone="Europe/Berlin",
        memories=[Memory(text="User completed an MBA")],
    )
    answer = await put(stub, given, window=wm.ContextWindow(max_tokens=100))
    found = await get(stub, window=wm.ContextWindow(max_tokens=100))
    assert answer.working_memory == found
    assert answer.new_message_count == 1
    for field in ("user_id", "data", "context", "extraction", "ttl", "time_zone"):
        assert getattr(found, field) == getattr(given, field), field
    (message,), (memory,) = found.messages, found.memories
    assert (message.content, message.sequence, bool(message.id)) == ("I'm Alice", 1, True)
    assert (memory.namespace, memory.user_id, memory.session_id) == ("chat", "alice", "s")
    assert found.expire_time.seconds - found.update_time.seconds in (3600, 3601)
    assert (found.last_sequence, found.view_size) == (1, 1)
    assert found.tokens > 0
    assert found.usage.total_percent == pytest.approx(float(found.tokens))
    assert found.etag.startswith('"')
    assert found.session_uid
    await eventually(lambda: len(neighbours.extraction.submitted) == 1)
    request = neighbours.extraction.submitted[0].request
    assert list(request.messages) == [message]
    assert list(request.memories) == [memory]
    assert request.session_uid == found.session_uid


async def test_get_or_create_creates_once(stub: WorkingMemoryStub) -> None:
    """The second call answers what the first created."""
    request = rpc.GetOrCreateWorkingMemoryRequest(namespace="chat", session_id="s")
    first = await stub.GetOrCreateWorkingMemory(request)
    second = await stub.GetOrCreateWorkingMemory(request)
    assert (first.created, second.created) == (True, False)
    assert first.working_memory == second.working_memory == await get(stub)


async def test_get_or_create_reads_like_get(stub: WorkingMemoryStub) -> None:
    """Limits hold, and usage is told for a window."""
    await put(stub, session("one", "two", "three"))
    request = rpc.GetOrCreateWorkingMemoryRequest(
        namespace="chat",
        session_id="s",
        recent_messages_limit=2,
        window=wm.ContextWindow(model_name="gpt-4o"),
    )
    found = (await stub.GetOrCreateWorkingMemory(request)).working_memory
    assert [m.content for m in found.messages] == ["two", "three"]
    assert (found.view_size, found.usage.window) == (3, 128_000)


async def test_a_window_drops_the_oldest(stub: WorkingMemoryStub) -> None:
    """Without a window everything is answered; with one, what fits, and at least one message."""
    await put(stub, session(*("many words " * 30 for _ in range(10))))
    whole = await get(stub)
    cost = whole.tokens // 10
    for window, count in ((cost * 3, 3), (1, 1), (cost * 20, 10)):
        found = await get(stub, window=wm.ContextWindow(max_tokens=window))
        assert [m.sequence for m in found.messages] == list(range(11 - count, 11))
        assert (found.tokens, found.view_size) == (whole.tokens, 10)
    assert not whole.HasField("usage")


async def test_the_owner_is_not_part_of_the_identity(stub: WorkingMemoryStub) -> None:
    """Created without a user, set with one, read without: one session."""
    request = rpc.GetOrCreateWorkingMemoryRequest(namespace="chat", session_id="s")
    created = (await stub.GetOrCreateWorkingMemory(request)).working_memory
    await put(stub, session("hi", user_id="alice"))
    for user in ("", "alice"):
        found = await get(stub, user_id=user)
        assert (found.session_uid, found.user_id) == (created.session_uid, "alice")


async def test_another_user_finds_nothing_and_changes_nothing(
    stub: WorkingMemoryStub,
) -> None:
    """Reads are NOT_FOUND, writes PERMISSION_DENIED."""
    await put(stub, session("secret", user_id="alice"))
    with refused() as refusal:
        await get(stub, user_id="bob")
    assert (refusal.code, refusal.reason) == (Code.NOT_FOUND, "SESSION_NOT_FOUND")
    assert refusal.metadata == {"session_id": "s"}
    named: dict[str, Any] = {"namespace": "chat", "session_id": "s", "user_id": "bob"}
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: put(stub, session("mine", user_id="bob")),
        lambda: update(stub, "context", context="x", user_id="bob"),
        lambda: stub.GetOrCreateWorkingMemory(rpc.GetOrCreateWorkingMemoryRequest(**named)),
        lambda: stub.DeleteWorkingMemory(rpc.DeleteWorkingMemoryRequest(**named)),
        lambda: stub.AppendMessages(
            rpc.AppendMessagesRequest(messages=[Message(role="user", content="x")], **named)
        ),
        lambda: stub.AddMemories(rpc.AddMemoriesRequest(memories=[Memory(text="x")], **named)),
    ]
    for write in writes:
        with refused() as refusal:
            await write()
        assert (refusal.code, refusal.reason) == (Code.PERMISSION_DENIED, "OWNER_MISMATCH")
        assert refusal.metadata == {"resource_type": "session"}
    assert [m.content for m in (await get(stub)).messages] == ["secret"]


async def test_tenants_do_not_meet(stub: WorkingMemoryStub) -> None:
    """The same names in another tenant are another session."""
    await put(stub, session("ours"))
    request = rpc.GetWorkingMemoryRequest(namespace="chat", session_id="s")
    with refused() as refusal:
        await stub.GetWorkingMemory(request, metadata=[("x-agent-memory-tenant", "other")])
    assert refusal.reason == "SESSION_NOT_FOUND"


@pytest.mark.parametrize(
    ("paths", "given", "expected"),
    [
        (["context"], {"context": "new"}, {"context": "new", "time_zone": "Asia/Tokyo"}),
        (["time_zone", "ttl"], {}, {"time_zone": "", "context": "old"}),
        ([], {"context": "new"}, {"context": "new", "time_zone": "Asia/Tokyo"}),
        (["*"], {"context": "new"}, {"context": "new", "time_zone": "", "user_id": "alice"}),
        (["user_id"], {"user_id": "alice"}, {"user_id": "alice", "context": "old"}),
        (["user_id"], {}, {"user_id": "alice"}),
    ],
)
async def test_a_mask_names_what_changes(
    stub: WorkingMemoryStub, paths: list[str], given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Named and unset is cleared; unnamed stays; the owner stays in any case."""
    await put(
        stub,
        session(
            "hi", user_id="alice", context="old", time_zone="Asia/Tokyo", ttl=Duration(seconds=90)
        ),
    )
    changed = await update(stub, *paths, **given)
    assert changed == await get(stub)
    assert {name: getattr(changed, name) for name in expected} == expected
    assert [m.content for m in changed.messages] == ["hi"]
    assert changed.HasField("ttl") == changed.HasField("expire_time")
    assert changed.HasField("ttl") == (paths not in (["*"], ["time_zone", "ttl"]))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (wm.DATA_POLICY_UNSPECIFIED, {"deep": {"b": 2.0}}),
        (wm.DATA_POLICY_REPLACE, {"deep": {"b": 2.0}}),
        (wm.DATA_POLICY_MERGE, {"top": 1.0, "deep": {"b": 2.0}}),
        (wm.DATA_POLICY_DEEP_MERGE, {"top": 1.0, "deep": {"a": 1.0, "b": 2.0}}),
    ],
)
async def test_data_meets_data_as_the_policy_says(
    stub: WorkingMemoryStub, policy: wm.DataPolicy.ValueType, expected: dict[str, Any]
) -> None:
    """And nothing else of the session changes."""
    await put(stub, session("hi", data=struct({"top": 1, "deep": {"a": 1}}), context="kept"))
    changed = await update(stub, "data", policy=policy, data=struct({"deep": {"b": 2}}))
    assert MessageToDict(changed.data) == expected
    assert changed.context == "kept"


@pytest.mark.parametrize("path", ["messages", "etag", "session_id", "nonsense", "extraction.nope"])
async def test_other_paths_cannot_be_changed(stub: WorkingMemoryStub, path: str) -> None:
    """A mask with a path that is unknown or the server's is refused whole."""
    await put(stub, session("hi", context="old"))
    with refused() as refusal:
        await update(stub, "context", path, context="new")
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD_MASK")
    assert refusal.metadata == {"path": path}
    assert (await get(stub)).context == "old"


async def test_only_the_current_etag_is_taken(stub: WorkingMemoryStub) -> None:
    """ABORTED, with the current one, from every write."""
    old = (await put(stub, session("one"))).working_memory.etag
    current = (await put(stub, session("two", etag=old))).working_memory.etag
    delete = rpc.DeleteWorkingMemoryRequest(namespace="chat", session_id="s", etag=old)
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: put(stub, session("three", etag=old)),
        lambda: update(stub, "context", context="x", etag=old),
        lambda: stub.DeleteWorkingMemory(delete),
    ]
    for write in writes:
        with refused() as refusal:
            await write()
        assert (refusal.code, refusal.reason) == (Code.ABORTED, "ETAG_MISMATCH")
        assert refusal.metadata == {"current_etag": current}
    assert (await get(stub)).etag == current


@pytest.mark.parametrize("switch", [None, False, True])
async def test_a_session_says_whether_its_messages_are_found(
    stub: WorkingMemoryStub, switch: bool | None
) -> None:
    """Unset is neither yes nor no, and comes back as it was given."""
    config = ExtractionConfig(index_messages=switch)
    await put(stub, session("hi", extraction=config))
    assert (await get(stub)).extraction == config


async def test_deleting_is_repeatable(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """What is gone is gone, and extraction is told once; deleting nothing is no error."""
    uid = (await put(stub, session("hi"))).working_memory.session_uid
    request = rpc.DeleteWorkingMemoryRequest(namespace="chat", session_id="s")
    assert (await stub.DeleteWorkingMemory(request)).deleted
    assert not (await stub.DeleteWorkingMemory(request)).deleted
    await eventually(lambda: len(neighbours.extraction.submitted) == 2)
    told = neighbours.extraction.submitted[-1].request
    assert (told.session.namespace, told.session.session_id) == ("chat", "s")
    assert (told.session_uid, told.session_deleted, len(told.messages)) == (uid, True, 0)
    with refused() as refusal:
        await get(stub)
    assert refusal.reason == "SESSION_NOT_FOUND"
    with refused() as refusal:
        await update(stub, "context", context="x")
    assert refusal.reason == "SESSION_NOT_FOUND"


async def test_a_repeated_request_answers_what_it_answered_first(
    stub: WorkingMemoryStub,
) -> None:
    """The same request id with another body is refused."""
    first = await put(stub, session("hi"), request_id="r")
    await put(stub, session("other"))
    assert await put(stub, session("hi"), request_id="r") == first
    with refused() as refusal:
        await put(stub, session("changed"), request_id="r")
    assert (refusal.code, refusal.reason) == (Code.ALREADY_EXISTS, "REQUEST_ID_REUSED")


@pytest.mark.parametrize(
    ("memory", "field"),
    [
        (wm.WorkingMemory(), "working_memory.session_id"),
        (session(time_zone="Mars/Base"), "working_memory.time_zone"),
        (session(ttl=Duration(nanos=1)), "working_memory.ttl"),
        (session(memories=[Memory(id="m")]), "working_memory.memories[0].text"),
        (
            wm.WorkingMemory(session_id="s", messages=[Message(role="user")]),
            "working_memory.messages[0]",
        ),
        (
            session(
                extraction=ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM)
            ),
            "working_memory.extraction",
        ),
        (
            session(extraction=ExtractionConfig(language="Deutsch!")),
            "working_memory.extraction.language",
        ),
        (
            wm.WorkingMemory(
                session_id="s",
                messages=[
                    Message(id="1", role="user", content="a"),
                    Message(id="1", role="user", content="b"),
                ],
            ),
            "working_memory.messages[1].id",
        ),
    ],
)
async def test_bad_fields_are_named(
    stub: WorkingMemoryStub, memory: wm.WorkingMemory, field: str
) -> None:
    """INVALID_ARGUMENT with the path, and nothing is stored."""
    with refused() as refusal:
        await put(stub, memory)
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(refusal.fields) == [field]
    assert (await stub.ListSessions(rpc.ListSessionsRequest())).total_size == 0


async def test_a_custom_prompt_is_checked_when_it_is_set(stub: WorkingMemoryStub) -> None:
    """What could not be followed is refused where it is set, with the field and the reason."""
    custom = ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM
    bad = ExtractionConfig(strategy=custom, custom_prompt="Look at {message}.")
    good = ExtractionConfig(strategy=custom, custom_prompt='Find birds: {"bird": "owl"}.')
    await put(stub, session("hi", extraction=good))
    for call in (put(stub, session("hi", extraction=bad)), update(stub, extraction=bad)):
        with refused() as refusal:
            await call
        assert refusal.code is Code.INVALID_ARGUMENT
        ((field, description),) = refusal.fields.items()
        assert field == "working_memory.extraction.custom_prompt"
        assert "at character 9" in description
    assert (await get(stub)).extraction == good


async def test_a_conversation_is_forgotten_service_by_service(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """By one call; where a service is away, the same call made again forgets the rest."""
    uid = (await put(stub, session("a", user_id="alice"))).working_memory.session_uid
    request = rpc.DeleteWorkingMemoryRequest(
        namespace="chat", session_id="s", user_id="alice", forget=True
    )
    neighbours.long_term.fault = StoreUnavailable()
    with refused() as refusal:
        await stub.DeleteWorkingMemory(request)
    assert refusal.code is Code.UNAVAILABLE
    neighbours.long_term.fault = None
    answer = await stub.DeleteWorkingMemory(request)
    assert (answer.deleted, answer.forgotten_count) == (False, 3)
    for waiting in neighbours.extraction.forgotten:
        assert (waiting.session.session_id, waiting.user_id) == ("s", "alice")
    for learned in neighbours.long_term.forgotten:
        assert (learned.session.session_id, learned.user_id) == ("s", "alice")
    assert list(neighbours.extraction.forgotten[0].session_uids) == [uid]
    first, *_, last = neighbours.long_term.forgotten
    assert (list(first.session_uids), list(last.session_uids)) == ([uid, "another"], ["another"])


async def test_what_is_taken_back_is_forgotten_before_the_view_is_replaced(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Where a service is away nothing happens, and the same call made again does both."""
    before = session("a", "b", user_id="alice")
    for number, message in enumerate(before.messages):
        message.id = f"m{number}"
    uid = (await put(stub, before)).working_memory.session_uid
    after = session("a")
    after.messages[0].id = "m0"
    neighbours.long_term.fault = StoreUnavailable()
    with refused() as refusal:
        await put(stub, after, forget=True)
    assert refusal.code is Code.UNAVAILABLE
    assert [message.content for message in (await get(stub)).messages] == ["a", "b"]
    neighbours.long_term.fault = None
    answer = await put(stub, after, forget=True)
    assert (list(answer.taken_back_ids), answer.forgotten_count) == (["m1"], 3)
    told = [*neighbours.extraction.forgotten]
    for waiting in told:
        assert (waiting.session.session_id, waiting.user_id) == ("s", "alice")
        assert (list(waiting.session_uids), list(waiting.message_ids)) == ([uid], ["m1"])
    for learned in neighbours.long_term.forgotten:
        assert (learned.session.session_id, learned.user_id) == ("s", "alice")
        assert (list(learned.session_uids), list(learned.message_ids)) == ([uid], ["m1"])
    assert (await put(stub, after, forget=True)).forgotten_count == 0
    assert neighbours.extraction.forgotten == told


async def test_everything_that_waits_is_given_up_before_anything_learned_is_forgotten(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """However many messages are taken back: nothing is learned in between."""
    neighbours.extraction.may_summarize.clear()
    for start in range(0, 3000, 1000):
        await stub.AppendMessages(
            rpc.AppendMessagesRequest(
                namespace="chat",
                session_id="s",
                messages=[
                    Message(id=f"m{number}", role="user", content="a")
                    for number in range(start, start + 1000)
                ],
            )
        )
    first = wm.WorkingMemory(
        namespace="chat", session_id="s", messages=[Message(id="m0", role="user", content="a")]
    )
    neighbours.long_term.fault = StoreUnavailable()
    with refused() as refusal:
        await put(stub, first, forget=True)
    assert refusal.code is Code.UNAVAILABLE
    given_up = {each for told in neighbours.extraction.forgotten for each in told.message_ids}
    assert given_up == {f"m{number}" for number in range(1, 3000)}
    neighbours.long_term.fault = None
    assert len((await put(stub, first, forget=True)).taken_back_ids) == 2999
    neighbours.extraction.may_summarize.set()
