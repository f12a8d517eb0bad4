"""Sessions that are gone, rebuilt from what long-term memory kept of their messages."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from grpc import StatusCode as Code

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Provenance
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.contract.errors import StoreUnavailable
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub


def kept(sequence: int, text: str, *, uid: str = "u1", role: str = "user") -> Memory:
    """A message as extraction indexes it."""
    memory = Memory(
        id=f"memory{uid}{sequence}",
        text=text,
        type=MemoryType.MEMORY_TYPE_MESSAGE,
        namespace="chat",
        session_id="s1",
        user_id="alice",
        sequence=sequence,
        provenance=Provenance(session_uid=uid, message_ids=[f"m{sequence}"]),
    )
    memory.create_time.FromSeconds(1_700_000_000 + sequence)
    memory.metadata["role"] = role
    return memory


@pytest.fixture(autouse=True)
def memories(neighbours: Neighbours) -> None:
    """A talk that was indexed, out of order, after an earlier one of the same name."""
    neighbours.long_term.memories += [
        kept(1, "from an earlier session", uid="u0"),
        kept(1, "Hello there"),
        kept(3, "I moved to Lisbon"),
        kept(2, "Hello: what's new?", role="assistant"),
        Memory(id="f", text="A fact", type=MemoryType.MEMORY_TYPE_SEMANTIC, session_id="s1"),
    ]


@pytest.fixture
async def rebuilding(settings: Settings) -> AsyncIterator[WorkingMemoryStub]:
    """A service that rebuilds."""
    chosen = settings.model_copy(update={"reconstruct": True})
    async with serving(lifespan, chosen) as served:
        yield WorkingMemoryServiceStub(served.channel)


GET = rpc.GetWorkingMemoryRequest(namespace="chat", session_id="s1")
TALK = [(1, "m1", "user"), (2, "m2", "assistant"), (3, "m3", "user")]


def told(memory: wm.WorkingMemory) -> list[tuple[int, str, str]]:
    """Its messages, by position, id and role."""
    return [(m.sequence, m.id, m.role) for m in memory.messages]


async def test_a_session_that_is_gone_is_rebuilt(rebuilding: WorkingMemoryStub) -> None:
    """In order, with ids, times and roles as they were; the latest incarnation counts."""
    memory = (await rebuilding.GetWorkingMemory(GET)).working_memory
    assert told(memory) == TALK
    assert [m.content for m in memory.messages] == [
        "Hello there",
        "Hello: what's new?",
        "I moved to Lisbon",
    ]
    assert [m.create_time.seconds - 1_700_000_000 for m in memory.messages] == [1, 2, 3]
    assert (memory.user_id, memory.session_uid, memory.etag) == ("alice", "u1", "")
    limited = rpc.GetWorkingMemoryRequest(recent_messages_limit=1)
    limited.MergeFrom(GET)
    assert told((await rebuilding.GetWorkingMemory(limited)).working_memory) == TALK[2:]


async def test_what_another_user_says_of_the_session_is_no_part_of_it(
    rebuilding: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Though it names the same incarnation."""
    for sequence in (2, 4):
        planted = kept(sequence, "I owe Bob money")
        planted.user_id = "bob"
        neighbours.long_term.memories.insert(0, planted)
    assert told((await rebuilding.GetWorkingMemory(GET)).working_memory) == TALK


async def test_nothing_is_written_back(rebuilding: WorkingMemoryStub) -> None:
    """Neither by reading nor by asking for a session that exists afterwards."""
    answer = await rebuilding.GetOrCreateWorkingMemory(
        rpc.GetOrCreateWorkingMemoryRequest(namespace="chat", session_id="s1", user_id="alice")
    )
    assert told(answer.working_memory) == TALK
    assert not answer.created
    assert (await rebuilding.ListSessions(rpc.ListSessionsRequest())).total_size == 0


async def test_a_prompt_has_the_rebuilt_history(rebuilding: WorkingMemoryStub) -> None:
    """As if the session were there."""
    prompt = await rebuilding.BuildMemoryPrompt(
        rpc.BuildMemoryPromptRequest(
            query="Where do I live?", session=rpc.PromptSession(namespace="chat", session_id="s1")
        )
    )
    assert [m.content for m in prompt.messages][-2:] == ["I moved to Lisbon", "Where do I live?"]


async def test_a_live_session_wins(rebuilding: WorkingMemoryStub) -> None:
    """However little it says."""
    await rebuilding.AppendMessages(
        rpc.AppendMessagesRequest(
            namespace="chat", session_id="s1", messages=[Message(role="user", content="alive")]
        )
    )
    memory = (await rebuilding.GetWorkingMemory(GET)).working_memory
    assert [m.content for m in memory.messages] == ["alive"]


async def test_another_users_session_is_not_rebuilt(rebuilding: WorkingMemoryStub) -> None:
    """Nor is one of which nothing is known."""
    for fields in ({"user_id": "bob"}, {"session_id": "s2"}):
        named: dict[str, Any] = {"namespace": "chat", "session_id": "s1", **fields}
        request = rpc.GetWorkingMemoryRequest(**named)
        with refused() as refusal:
            await rebuilding.GetWorkingMemory(request)
        assert refusal.code == Code.NOT_FOUND


async def test_a_fault_is_no_missing_session(
    rebuilding: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Long-term memory that is away makes the read unavailable."""
    neighbours.long_term.fault = StoreUnavailable(1.0)
    with refused() as refusal:
        await rebuilding.GetWorkingMemory(GET)
    assert refusal.code == Code.UNAVAILABLE


async def test_it_is_off_by_default(stub: WorkingMemoryStub) -> None:
    """A session that is gone is not found."""
    with refused() as refusal:
        await stub.GetWorkingMemory(GET)
    assert refusal.code == Code.NOT_FOUND
