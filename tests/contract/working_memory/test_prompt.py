"""BuildMemoryPrompt as a client sees it."""

from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import EventTime, Memory
from agent_memory.common.v1.message_pb2 import Message, ToolCall
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.contract.errors import EmbeddingUnavailable, InvalidField
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub

Code = grpc.StatusCode
PART = rpc.PromptSession(namespace="chat", session_id="s")
ALICE = MemoryFilter(user_id=TagFilter(eq="alice"))


async def talk(stub: WorkingMemoryStub, *contents: str, **fields: Any) -> None:
    """Set the session to a user and an assistant in turns."""
    messages = [
        Message(role=("user", "assistant")[index % 2], content=content)
        for index, content in enumerate(contents)
    ]
    memory = wm.WorkingMemory(namespace="chat", session_id="s", messages=messages, **fields)
    await stub.SetWorkingMemory(rpc.SetWorkingMemoryRequest(working_memory=memory))


async def build(stub: WorkingMemoryStub, **fields: Any) -> rpc.BuildMemoryPromptResponse:
    """Ask for a prompt."""
    return await stub.BuildMemoryPrompt(rpc.BuildMemoryPromptRequest(query="Well?", **fields))


def remember(neighbours: Neighbours, *memories: Memory) -> None:
    """Let long-term memory know something."""
    neighbours.long_term.memories.extend(memories)


async def test_a_prompt_of_everything(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """Summary, history, memories, question; the hits come along as they are."""
    await talk(stub, "hi", "hello", user_id="alice", context="They greeted before.")
    tea = Memory(id="1", text="User likes tea", user_id="alice", topics=["drinks"])
    terse = Memory(id="2", text="User prefers short answers", user_id="alice", standing=True)
    remember(neighbours, tea, terse)
    prompt = await build(stub, session=PART, long_term_search=rpc.LongTermSearch())
    assert [m.role for m in prompt.messages] == ["system", "user", "assistant", "system", "user"]
    assert "They greeted before." in prompt.messages[0].content
    assert "- User likes tea" in prompt.messages[3].content
    assert prompt.messages[3].content.count("short answers") == 1
    assert prompt.messages[4].content == "Well?"
    assert [hit.memory for hit in prompt.hits] == [tea, terse]
    assert list(prompt.standing) == [terse]
    assert [s.section for s in prompt.sections] == [1, 2, 3, 4, 5]
    assert prompt.tokens == sum(s.tokens for s in prompt.sections)


async def test_the_filter_decides_whose_memories_enter(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Another user's memory does not, with a filter, with an owner, or with a given user."""
    await talk(stub, "hi", user_id="alice")
    remember(
        neighbours,
        Memory(id="1", text="Alice's secret", user_id="alice"),
        Memory(id="2", text="Bob's secret", user_id="bob"),
        Memory(id="3", text="Bob insists on secrets", user_id="bob", standing=True),
    )
    filtered = rpc.LongTermSearch(query=SearchQuery(text="secret", filter=ALICE))
    anybody = rpc.LongTermSearch(query=SearchQuery(text="secret"))
    named = rpc.PromptSession(session_id="none", user_id="alice")
    for fields in (
        {"long_term_search": filtered},
        {"session": PART, "long_term_search": filtered},
        {"session": PART, "long_term_search": anybody},
        {"session": named, "long_term_search": anybody},
    ):
        prompt = await build(stub, **fields)
        assert [hit.memory.id for hit in prompt.hits] == ["1"]
        assert "Bob" not in str(prompt)


async def test_the_search_is_made_as_asked(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """Text, limit and filter as given; the text is the question's where it is empty."""
    search = rpc.LongTermSearch(
        query=SearchQuery(filter=MemoryFilter(topics=TagFilter(any=["x"]))),
        limit=3,
        exclude_session=True,
        exclude_standing=True,
    )
    await build(stub, session=PART, long_term_search=search)
    (asked,) = neighbours.long_term.searches
    assert (asked.query.text, asked.page_size) == ("Well?", 3)
    assert list(asked.query.filter.topics.any) == ["x"]
    assert not asked.query.filter.HasField("user_id")
    (excluded,) = asked.query.filter.none_of
    assert (excluded.namespace.eq, excluded.session_id.eq) == ("chat", "s")


async def test_lines_name_what_contradicts_them(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Though no search found it, with the day on which it was said; one that is gone is counted."""
    said = Timestamp(seconds=1_795_847_400)  # 2026-11-28T06:30Z
    rome = Memory(id="1", text="User lives in Rome", user_id="alice", create_time=said)
    oslo = Memory(id="2", text="User lives in Oslo", user_id="bob", create_time=said)
    rome.conflicts_with.extend(["2", "gone"])
    remember(neighbours, rome, oslo)
    search = rpc.LongTermSearch(query=SearchQuery(filter=ALICE))
    prompt = await build(stub, long_term_search=search)
    told = 'in conflict with "User lives in Oslo", said 2026-11-28 and one more memory'
    assert f"- User lives in Rome (said 2026-11-28; {told})" in prompt.messages[0].content
    assert [hit.memory.id for hit in prompt.hits] == ["1"]


async def test_times_are_told_in_the_sessions_zone(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """The question's are meant in it too; an event's own zone and the search's come first."""
    await talk(stub, "hi", user_id="alice", time_zone="Asia/Tokyo")
    moment = Timestamp(seconds=1_795_847_400)  # 2026-11-28T06:30Z
    there = EventTime(start=moment, time_zone="America/New_York")
    remember(
        neighbours,
        Memory(id="1", text="Ran", user_id="alice", event_time=EventTime(start=moment)),
        Memory(id="2", text="Met", user_id="alice", event_time=there),
    )
    search = rpc.LongTermSearch()
    for zone, told in (("", "15:30 Asia/Tokyo"), ("Europe/Berlin", "07:30 Europe/Berlin")):
        search.query.time_zone = zone
        prompt = await build(stub, session=PART, long_term_search=search)
        known = prompt.messages[1].content
        assert f"- Ran (2026-11-28 {told})" in known
        assert "- Met (2026-11-28 01:30 America/New_York)" in known
        assert neighbours.long_term.searches[-1].query.time_zone in {"", zone or "Asia/Tokyo"}
    assert {asked.query.time_zone for asked in neighbours.long_term.searches} > {"Asia/Tokyo"}


async def test_a_session_alone_and_no_session_at_all(stub: WorkingMemoryStub) -> None:
    """A session that is not there, or is another's, counts as empty."""
    await talk(stub, "hi", user_id="alice")
    for part, contents in (
        (PART, ["hi", "Well?"]),
        (rpc.PromptSession(session_id="none"), ["Well?"]),
        (rpc.PromptSession(namespace="chat", session_id="s", user_id="bob"), ["Well?"]),
    ):
        prompt = await build(stub, session=part)
        assert [m.content for m in prompt.messages] == contents
    assert (await build(stub, session=PART, omit_query=True)).messages[-1].content == "hi"


async def test_the_history_fits_the_window(stub: WorkingMemoryStub) -> None:
    """By tokens, by count, and by default; a tool exchange stays whole."""
    messages = [
        Message(role="user", content="look it up"),
        Message(role="assistant", tool_calls=[ToolCall(id="c", name="f", arguments="{}")]),
        Message(role="tool", tool_call_id="c", content="found"),
        Message(role="assistant", content="here"),
    ]
    memory = wm.WorkingMemory(namespace="chat", session_id="s", messages=messages)
    await stub.SetWorkingMemory(rpc.SetWorkingMemoryRequest(working_memory=memory))
    for limit, roles in (
        (1, ["assistant"]),
        (2, ["assistant"]),
        (3, ["assistant", "tool", "assistant"]),
    ):
        part = rpc.PromptSession(namespace="chat", session_id="s", recent_messages_limit=limit)
        prompt = await build(stub, session=part, omit_query=True)
        assert [m.role for m in prompt.messages] == roles
    assert prompt.messages[0].tool_calls[0].id == prompt.messages[1].tool_call_id == "c"
    await talk(stub, *("many words " * 1000 for _ in range(30)))
    assert len((await build(stub, session=PART)).messages) < 30


async def test_a_budget_makes_a_packet(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """It is kept, and the report says what was left out."""
    await talk(stub, *(f"message number {i} of the talk" for i in range(60)), user_id="alice")
    remember(
        neighbours,
        *(Memory(id=str(i), text=f"fact number {i}", user_id="alice") for i in range(10)),
    )
    search = rpc.LongTermSearch(limit=10)
    prompt = await build(stub, session=PART, long_term_search=search, token_budget=200)
    assert prompt.tokens <= 200
    report = {s.section: s for s in prompt.sections}
    history, memories = report[wm.PROMPT_SECTION_HISTORY], report[wm.PROMPT_SECTION_MEMORIES]
    assert history.included + len(history.left_out_ids) == 60
    assert memories.included > 0
    assert memories.included + len(memories.left_out_ids) == 10
    assert prompt.messages[-1].content == "Well?"
    assert len(prompt.hits) == 10


async def test_a_budget_below_the_question_is_refused(stub: WorkingMemoryStub) -> None:
    """INVALID_ARGUMENT names the budget."""
    with refused() as refusal:
        await build(stub, session=PART, token_budget=1)
    assert (refusal.code, list(refusal.fields)) == (Code.INVALID_ARGUMENT, ["token_budget"])


async def test_a_prompt_of_nothing_is_refused(stub: WorkingMemoryStub) -> None:
    """Neither a session nor a search is no request."""
    with refused() as refusal:
        await build(stub)
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD")


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (EmbeddingUnavailable(2.0), Code.UNAVAILABLE, "EMBEDDING_UNAVAILABLE"),
        (InvalidField("query.filter", "is odd"), Code.INVALID_ARGUMENT, "INVALID_FIELD"),
    ],
)
async def test_a_refusal_of_long_term_memory_is_passed_on(
    stub: WorkingMemoryStub,
    neighbours: Neighbours,
    fault: Exception,
    code: grpc.StatusCode,
    reason: str,
) -> None:
    """A prompt is never silently poorer than asked for."""
    await talk(stub, "hi")
    neighbours.long_term.fault = fault
    with refused() as refusal:
        await build(stub, session=PART, long_term_search=rpc.LongTermSearch())
    assert (refusal.code, refusal.reason) == (code, reason)


async def test_a_field_that_long_term_memory_refuses_is_named_as_the_caller_knows_it(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """By its path in the request for the prompt, not in the one made from it."""
    neighbours.long_term.fault = InvalidField("query.time_zone", "is no zone")
    with refused() as refusal:
        await build(stub, session=PART, long_term_search=rpc.LongTermSearch())
    assert refusal.fields == {"long_term_search.query.time_zone": "is no zone"}


async def test_without_long_term_memory_a_search_is_unavailable(settings: Settings) -> None:
    """UNAVAILABLE, naming the service; what needs only the session is answered."""
    lonely = settings.model_copy(update={"long_term_memory_address": "127.0.0.1:1"})
    async with serving(lifespan, lonely) as served:
        stub = WorkingMemoryServiceStub(served.channel)
        await talk(stub, "hi")
        assert len((await build(stub, session=PART)).messages) == 2
        with refused() as refusal:
            await build(stub, session=PART, long_term_search=rpc.LongTermSearch())
    assert (refusal.code, refusal.reason) == (Code.UNAVAILABLE, "DEPENDENCY_UNAVAILABLE")
    assert refusal.retry_after > 0
