"""A model that misbehaves in every way, over real HTTP: what is right gets through, or nothing."""

import json

import pytest
from redis.asyncio import Redis

from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.demo.scripted_model import Reply
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
            job = await extraction.ended(answer.job_id, within=120)
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
        json.dumps({"facts": [{**TEA, "unasked": {"deep": [1, 2]}}], "chatter": "x" * 10_000}),
        json.dumps({"facts": [{**TEA, "slot": None, "topics": "tea", "messages": "1"}]}),
        json.dumps({"memories": [{"content": "User likes tea"}]}),
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
        "unasked fields",
        "loose parts",
        "other names",
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
        Say('{"messages": [{"content": "User likes tea", "role": "user"}]}'),
        Say(json.dumps({"facts": [{"text": 5, "messages": [1]}, "tea", None, [TEA], {}]})),
        Say(json.dumps({"facts": [{**TEA, "messages": [7]}, {**TEA, "messages": ["m1"]}]})),
        Say(json.dumps({"facts": [{"text": "She likes rain", "messages": [1]}]})),
        Say(json.dumps([{"fact": 7}])),
        Say("null"),
        Say("[]"),
        Say("   "),
        Say("{" * 2_000_000),
        Call([("store", {"tea": [TEA]})]),
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
        "another shape of items",
        "wrong types alone",
        "invented sources alone",
        "nobody named alone",
        "a bare list of nothing that fits",
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


async def test_a_valid_empty_list_is_an_answer(redis: Redis, redis_url: str) -> None:
    """A model that says that there is nothing is believed."""
    assert redis
    job, texts, _ = await extracted(redis_url, facts())
    assert (job.state, texts, dict(job.dropped_items)) == (SUCCEEDED, [], {})


async def test_a_job_names_what_was_dropped(redis: Redis, redis_url: str) -> None:
    """How many items and why, window by window, without a word of them."""
    assert redis
    said = [TEA, {"text": 5}, {**TEA, "messages": [7]}, {**TEA, "text": "She likes rain"}, None]
    job, texts, _ = await extracted(redis_url, Say(json.dumps({"facts": said})))
    assert (job.state, texts) == (SUCCEEDED, ["User likes tea"])
    assert job.dropped_items == {"malformed": 2, "unknown_message": 1, "unclear": 1}


async def test_an_unfit_answer_is_tried_again(redis: Redis, redis_url: str) -> None:
    """The messages are not settled by it; the next answer that fits is stored."""
    assert redis
    unfit = facts({"text": "User likes tea", "messages": [7]})
    job, texts, _ = await extracted(redis_url, unfit, unfit, facts(TEA), max_strikes=5)
    assert (job.state, job.attempt, texts) == (SUCCEEDED, 3, ["User likes tea"])


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
