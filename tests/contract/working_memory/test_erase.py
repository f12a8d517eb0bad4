"""Erasing a user, over a real connection and down to the last key of the store."""

import asyncio
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import ContentPart, Media, Message, ToolCall
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.kit.contract.errors import InvalidField, StoreUnavailable
from agent_memory_services.working_memory.sessions import erasure
from tests.contract.working_memory.conftest import Neighbours
from tests.support.residue import residue
from tests.support.stubs import WorkingMemoryStub

SECRET = "I keep bees in Lisbon"
ALICE = "alice liddell"
# As many of a method are never refused because others run.
AT_A_TIME = 16


@pytest.fixture
def mute(neighbours: Neighbours) -> Neighbours:
    """Extraction that takes nothing and summarizes nothing."""
    neighbours.extraction.faults.extend(StoreUnavailable(5.0) for _ in range(1000))
    neighbours.extraction.may_summarize.clear()
    return neighbours


def of_more_than_a_text(text: str) -> list[Message]:
    """Messages whose words stand in parts, and in an answer that is not shown whole."""
    picture = Media(data=text.encode(), media_type="image/png", name=text)
    parts = [
        ContentPart(text=text),
        ContentPart(image=picture),
        ContentPart(reasoning=text),
        ContentPart(tool_use=ToolCall(id="c", name="f", arguments=text)),
    ]
    return [
        Message(role="assistant", parts=parts, original=f'{{"said": "{text}"}}'),
        Message(role="tool", tool_call_id="c", content=f"{'.' * 200_000}{text}{'.' * 200_000}"),
    ]


async def speak(stub: WorkingMemoryStub, user: str, text: str, prefix: str) -> None:
    """Leave traces everywhere: sessions, logs, outbox, summaries to come, answers."""
    window = wm.ContextWindow(max_tokens=20)
    for number in range(3):
        messages = [Message(role="user", content=f"{text} {number}.{n}") for n in range(3)]
        messages += of_more_than_a_text(f"{text} {number}")
        await stub.AppendMessages(
            rpc.AppendMessagesRequest(
                session_id=f"{prefix}{number}",
                user_id=user,
                messages=messages,
                window=window,
                request_id=f"{prefix}-append-{number}",
            )
        )
        await stub.SetWorkingMemory(
            rpc.SetWorkingMemoryRequest(
                working_memory=wm.WorkingMemory(
                    session_id=f"{prefix}{number}",
                    messages=messages[:3],
                    context=f"{text} again",
                    ttl=Duration(seconds=600) if number else None,
                ),
                request_id=f"{prefix}-set-{number}",
            )
        )
        await stub.AddMemories(
            rpc.AddMemoriesRequest(
                session_id=f"{prefix}{number}",
                memories=[Memory(text=f"{text}, says a memory")],
                request_id=f"{prefix}-memories-{number}",
            )
        )


@pytest.mark.usefixtures("mute")
async def test_nothing_of_an_erased_user_is_left(stub: WorkingMemoryStub, redis: Redis) -> None:
    """No key and no byte of the store, and everything of others is as it was."""
    await speak(stub, ALICE, SECRET, "tea")
    await speak(stub, "bob", "I like turtles", "soup")
    assert await residue(redis, SECRET, "alice_20liddell", ALICE, "tea1")
    others = len(await residue(redis, "turtles"))
    response = await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE, request_id="e1"))
    assert await residue(redis, SECRET, "alice_20liddell", ALICE, "tea0", "tea1", "tea2") == []
    assert len(await residue(redis, "turtles")) == others
    receipt = response.receipt
    assert receipt.service == "agent_memory.working_memory.v1.WorkingMemoryService"
    assert receipt.receipt_id
    assert receipt.start_time.ToMicroseconds() <= receipt.end_time.ToMicroseconds()
    assert dict(receipt.erased) == {
        "sessions": 3,
        "messages": 15,
        "memories": 3,
        "submissions": 6,
        "answers": 9,
    }


@pytest.mark.usefixtures("mute")
async def test_what_was_said_before_the_session_had_an_owner_goes_too(
    stub: WorkingMemoryStub, redis: Redis
) -> None:
    """It is the owner's, though neither the outbox nor an answer names one."""
    append = rpc.AppendMessagesRequest(
        session_id="s", messages=[Message(role="user", content=SECRET)], request_id="r"
    )
    await stub.AppendMessages(append)
    await stub.GetOrCreateWorkingMemory(
        rpc.GetOrCreateWorkingMemoryRequest(session_id="s", user_id=ALICE)
    )
    await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    assert await residue(redis, SECRET) == []


async def test_what_was_set_aside_goes_too(
    stub: WorkingMemoryStub, neighbours: Neighbours, redis: Redis
) -> None:
    """The dead entries of the outbox hold words as well."""
    neighbours.extraction.faults.append(InvalidField("messages", "not to our taste"))
    await stub.AppendMessages(
        rpc.AppendMessagesRequest(
            session_id="s", user_id=ALICE, messages=[Message(role="user", content=SECRET)]
        )
    )
    async with asyncio.timeout(120):
        while not await redis.keys("am:wm:*:dead"):
            await asyncio.sleep(0.01)
    response = await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    assert response.receipt.erased["submissions"] == 1
    assert await residue(redis, SECRET) == []


async def test_what_waits_apart_goes_too(
    stub: WorkingMemoryStub, mute: Neighbours, redis: Redis
) -> None:
    """Entries that a later release writes hold each message in a field of its own."""
    assert mute.extraction.submitted == []
    said = Message(id="m1", role="user", content=SECRET).SerializeToString()
    entry: dict[Any, Any] = {
        "tenant": "default",
        "session_id": "s",
        "session_uid": "gone",
        "user_id": ALICE,
        "message:1": said,
    }
    await redis.xadd("am:wm:{p00}:outbox", entry)
    await redis.xadd("am:wm:{p00}:outbox:dead", {"entry": "1-1", "reason": "odd", **entry})
    response = await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    assert response.receipt.erased["submissions"] == 2
    assert [session.session_uid for session in response.sessions] == ["gone"]
    assert await residue(redis, SECRET) == []


async def test_more_sessions_than_a_batch_are_erased(
    stub: WorkingMemoryStub, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, in every namespace, and a second time there is nothing to erase."""
    monkeypatch.setattr(erasure, "_SESSIONS_AT_A_TIME", 20)
    calls = [
        rpc.AppendMessagesRequest(
            namespace=f"n{number % 3}",
            session_id=f"s{number}",
            user_id=ALICE,
            messages=[Message(role="user", content=SECRET)],
        )
        for number in range(130)
    ]
    for start in range(0, len(calls), AT_A_TIME):
        await asyncio.gather(*map(stub.AppendMessages, calls[start : start + AT_A_TIME]))
    response = await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    assert response.receipt.erased["sessions"] == 130
    assert await residue(redis, "alice_20liddell", SECRET) == []
    response = await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    assert not any(response.receipt.erased.values())


async def test_an_erased_user_may_begin_anew(stub: WorkingMemoryStub) -> None:
    """With the same session, and the same request, as if it had never been made."""
    append = rpc.AppendMessagesRequest(
        session_id="s",
        user_id=ALICE,
        messages=[Message(role="user", content=SECRET)],
        request_id="r",
    )
    first = await stub.AppendMessages(append)
    await stub.EraseUser(rpc.EraseUserRequest(user_id=ALICE))
    second = await stub.AppendMessages(append)
    assert second.created
    assert second.session_uid != first.session_uid
