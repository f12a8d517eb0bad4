"""ForgetSession of extraction for some messages: nothing is learned from them any more."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1 import service_pb2 as pb
from tests.support.extraction_service import Extraction, extracting
from tests.support.sessions import message
from tests.support.waiting import eventually


@pytest.fixture
def url(redis: Redis, redis_url: str) -> str:
    """The address of an empty store."""
    assert redis
    return redis_url


async def take_back(extraction: Extraction, *message_ids: str, user_id: str = "alice") -> list[str]:
    """Take messages of the session back; answers the incarnations that were reached."""
    request = pb.ForgetSessionRequest(
        session=SessionRef(namespace="chat", session_id="s1"),
        user_id=user_id,
        session_uids=["u1"],
        message_ids=message_ids,
    )
    return list((await extraction.stub.ForgetSession(request)).session_uids)


async def test_nothing_is_learned_from_what_is_worked_on_waits_or_comes(url: str) -> None:
    """The job that has a message in hand, one behind it, and one that is handed over afterwards."""
    async with extracting(url) as extraction:
        memory = extraction.memory
        memory.held = True
        first = await extraction.submit(message(1, "I live in Rome."))
        await eventually(lambda: bool(memory.calls), within=60)
        waiting = await extraction.submit(
            message(2, "My phone number is 555."), message(3, "I like tea.")
        )
        assert await take_back(extraction, "m1", "m2", "m4") == ["u1"]
        memory.let_go()
        coming = await extraction.submit(
            message(4, "I work at Acme."), message(5, "I'm vegetarian.")
        )
        for answer in (first, waiting, coming):
            await extraction.ended(answer.job_id, within=60)
        assert memory.texts == ["User likes tea", "User is vegetarian"]
        assert (await extraction.extracted(5)).extracted_sequence == 5


async def test_nobody_takes_back_what_another_user_said(url: str) -> None:
    """It is learned as if nobody had asked."""
    async with extracting(url) as extraction:
        memory = extraction.memory
        memory.held = True
        answer = await extraction.submit(message(1, "I live in Rome."))
        await eventually(lambda: bool(memory.calls), within=60)
        assert await take_back(extraction, "m1", user_id="bob") == []
        memory.let_go()
        await extraction.ended(answer.job_id, within=60)
        assert memory.texts == ["User lives in Rome"]
