"""A model that misbehaves in every way, over real HTTP: what is right gets through, or nothing."""

import json

import pytest
from redis.asyncio import Redis

from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.demo.replies import Reply
from tests.support.extraction_service import extracting
from tests.support.openai_server import (
    Call,
    Close,
    Drip,
    Garbage,
    Hang,
    Refuse,
    Say,
    ScriptedModel,
    facts,
)
from tests.support.recording_memory import RecordingMemory
from tests.support.sessions import message

TEA = {"text": "User likes tea", "messages": [1]}
WHOLE = json.dumps({"facts": [TEA]})
SUCCEEDED, FAILED = JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED


async def extracted(
    redis_url: str, *replies: Reply, **settings: object
) -> tuple[Job, list[str], ScriptedModel]:
    """The job of one message, what it stored, and the model that answered."""
    memory = RecordingMemory()
    async with ScriptedModel() as model:
        model.queue(*replies)
        chosen = {"extractor": "openai", "openai_base_url": model.base_url, "max_strikes": 1}
        async with extracting(redis_url, memory, **{**chosen, **settings}) as extraction:
            answer = await extraction.submit(message(1, "I like tea."))
            job = await extraction.ended(answer.job_id, within=30)
    return job, memory.texts, model


@pytest.mark.parametrize(
    "said",
    [
        f"Sure! Here are the facts:\n{WHOLE}\nLet me know if you need more.",
        f"```json\n{WHOLE}\n```",
        f"<think>Tea {{is}} mentioned [once].</think>\n{WHOLE}",
        '{"facts": [{"text": "User likes tea", "messages": [1],},]}',
        json.dumps([TEA]),
        json.dumps({"facts": [TEA, {"text": "User likes rain", "messages": [7]}]}),
        json.dumps({"facts": [TEA, {"text": 5, "messages": [1]}, "tea", None, [TEA], {}]}),
        json.dumps({"facts": [TEA, {"text": "User likes rain", "messages": ["m1"]}]}),
        json.dumps({"facts": [TEA, {"text": "x" * 5000, "messages": [1]}]}),
        json.dumps({"facts": [TEA, {"text": "She likes rain", "messages": [1]}]}),
        json.dumps({"facts": [TEA, {**TEA, "text": "User is Al", "slot": "a b/c\n"}]}),
        json.dumps({"facts": [{**TEA, "unasked": {"deep": [1, 2]}}], "chatter": "x" * 10_000}),
    ],
    ids=[
        "prose around",
        "fenced",
        "thinking aloud",
        "trailing commas",
        "a bare list",
        "an invented source",
        "wrong types",
        "an invented id",
        "an endless statement",
        "nobody named",
        "a broken slot",
        "unasked fields",
    ],
)
async def test_what_is_right_in_a_crooked_answer_is_taken(
    redis: Redis, redis_url: str, said: str
) -> None:
    """Items are judged one by one: what is well-formed and cites its message is stored."""
    assert redis
    job, texts, _ = await extracted(redis_url, Say(said))
    assert (job.state, texts) == (SUCCEEDED, ["User likes tea"])


@pytest.mark.parametrize(
    "reply",
    [
        Say("I would rather not."),
        Say("{'facts': [{'text': 'User likes tea'}]}"),
        Say(WHOLE[:-9]),
        Say(WHOLE, finish_reason="length"),
        Say('{"facts": "none"}'),
        Say("null"),
        Say("[]"),
        Say("   "),
        Say("{" * 2_000_000),
        Call([("store", {"facts": [TEA]})]),
        Garbage(b'{"id": "x", "choices": []}'),
        Garbage(b'{"error": "all is well"}'),
        Garbage(b"<html>Bad Gateway</html>"),
    ],
    ids=[
        "refusal in words",
        "no JSON",
        "half JSON",
        "cut off",
        "another shape",
        "null",
        "a lone empty list",
        "blank",
        "a huge answer",
        "a tool call",
        "no choices",
        "an error under 200",
        "a page",
    ],
)
async def test_what_is_no_answer_fails_the_attempt(
    redis: Redis, redis_url: str, reply: Reply
) -> None:
    """Nothing is stored and nothing counts as extracted; the messages are kept for a retry."""
    assert redis
    job, texts, _ = await extracted(redis_url, reply)
    assert (job.state, texts) == (FAILED, [])
    assert "bad_answer" in job.error.message


@pytest.mark.parametrize(
    "trouble",
    [
        [Refuse(429, retry_after=0.05)],
        [Refuse(500), Refuse(502), Refuse(503)],
        [Refuse(401)],
        [Close(), Close(), Close()],
        [Hang()],
        [Drip(WHOLE, seconds=0.2)],
    ],
    ids=["limited", "down", "denied", "closed", "silent", "slow drip"],
)
async def test_what_passes_is_waited_out(
    redis: Redis, redis_url: str, trouble: list[Reply]
) -> None:
    """Outages are no strikes: the next attempt that is answered stores the facts, once."""
    assert redis
    job, texts, model = await extracted(redis_url, *trouble, facts(TEA), model_timeout_seconds=2)
    assert (job.state, texts) == (SUCCEEDED, ["User likes tea"])
    assert job.attempt > 1
    assert len(model.requests) > len(trouble)


async def test_a_conversation_that_the_provider_refuses_is_given_up(
    redis: Redis, redis_url: str
) -> None:
    """A request that is refused for what it says is not sent for ever."""
    assert redis
    job, texts, _ = await extracted(redis_url, *[Refuse(413)] * 4)
    assert (job.state, texts) == (FAILED, [])
    assert "rejected" in job.error.message


async def test_a_flood_of_facts_is_cut(redis: Redis, redis_url: str) -> None:
    """More statements than any window holds are not stored without end."""
    assert redis
    flood = [{"text": f"User likes number {number}", "messages": [1]} for number in range(5000)]
    job, texts, _ = await extracted(redis_url, Say(json.dumps({"facts": flood})))
    assert job.state == SUCCEEDED
    assert len(texts) == 200
