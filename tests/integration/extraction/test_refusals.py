"""Messages that a model or its provider refuses cost themselves alone, over real HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.demo.scripted_model import Reply
from tests.support.extraction_service import Extraction, extracting
from tests.support.openai_server import (
    Refuse,
    Request,
    Say,
    ScriptedModel,
    conversation_of,
    facts,
)
from tests.support.recording_memory import RecordingMemory
from tests.support.sessions import message

SUCCEEDED, FAILED = JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED
SUMMARY = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY
ODD = "I'm vegetarian, forbiddenword."
SAID = ["I live in Oslo.", "I have two cats.", ODD, "I like tea.", "I play chess."]
WAYS: dict[str, Reply] = {
    "a filter": Refuse(400, code="content_filter"),
    "a filter by another name": Refuse(403, code="flagged by moderation"),
    "a finish reason": Say("", "content_filter"),
    "a status alone": Refuse(400),
    "too large": Refuse(413),
    "words": Say("I'm sorry, but I can't help with that."),
    "a cut-off answer": Say('{"facts": [', "length"),
}


def reading(refused: Callable[[str], bool], way: Reply) -> Callable[[Request], Reply]:
    """A model that finds every message a fact, and refuses what holds some words."""

    def reply(request: Request) -> Reply:
        if refused(json.dumps(request.body["messages"])):
            return way
        if request.last_text.startswith("{") and "known" in request.last_text:
            messages = conversation_of(request)["messages"]
            return facts(
                *(
                    {"text": f"User says: {said['text']}", "messages": [number]}
                    for number, said in enumerate(messages, 1)
                )
            )
        return Say("They talk.")

    return reply


async def submitted(extraction: Extraction, *said: str, first: int = 1, **more: Any) -> Job:
    """The job of some messages, once it has ended."""
    messages = [message(number, text) for number, text in enumerate(said, first)]
    answer = await extraction.submit(*messages, **more)
    return await extraction.ended(answer.job_id, within=60)


@pytest.mark.parametrize("way", WAYS)
async def test_a_refused_message_costs_only_itself(redis: Redis, redis_url: str, way: str) -> None:
    """Its neighbours are read by the model, it by rules, and the job names it and why."""
    assert redis
    async with (
        ScriptedModel(reading(lambda asked: "forbiddenword" in asked, WAYS[way])) as model,
        extracting(redis_url, extractor="openai", openai_base_url=model.base_url) as extraction,
    ):
        job = await submitted(extraction, *SAID)
        assert job.state == SUCCEEDED
        told = {text for text in extraction.memory.texts if text.startswith("User says")}
        assert told == {f"User says: {text}" for text in SAID if text != ODD}
        assert any("vegetarian" in text for text in extraction.memory.texts)
        assert list(job.extractors) == ["local", "openai"]
        assert job.dropped_items == {"refused": 1}
        assert [item.message_id for item in job.skipped] == ["m3"]
        assert "forbiddenword" not in str(job)
        # The message after it shows it for reference only.
        later = await submitted(extraction, "I swim.", first=6)
        assert (later.state, list(later.extractors)) == (SUCCEEDED, ["openai"])
        assert "User says: I swim." in extraction.memory.texts


async def test_a_message_that_a_filter_refuses_alone_is_read_by_rules(
    redis: Redis, redis_url: str
) -> None:
    """There is nothing to compare it with, and nothing to wait for."""
    assert redis
    async with (
        ScriptedModel(lambda _: Refuse(400, code="content_filter")) as model,
        extracting(redis_url, extractor="openai", openai_base_url=model.base_url) as extraction,
    ):
        job = await submitted(extraction, ODD)
        assert (job.state, job.attempt, list(job.extractors)) == (SUCCEEDED, 1, ["local"])
        assert any("vegetarian" in text for text in extraction.memory.texts)
        assert len(model.requests) == 1


@pytest.mark.parametrize("way", ["a status alone", "words"])
async def test_where_everything_is_refused_nothing_counts_as_extracted(
    redis: Redis, redis_url: str, way: str
) -> None:
    """Then it is the endpoint: the job fails with its messages kept, after a bounded effort."""
    assert redis
    async with (
        ScriptedModel(lambda _: WAYS[way]) as model,
        extracting(
            redis_url, extractor="openai", openai_base_url=model.base_url, max_strikes=2
        ) as extraction,
    ):
        job = await submitted(extraction, *SAID * 4)
        assert (job.state, list(job.skipped), extraction.memory.texts) == (FAILED, [], [])
    assert job.attempt == 2


async def test_what_is_remembered_already_keeps_no_message_from_the_model(
    redis: Redis, redis_url: str
) -> None:
    """A stored memory with a refused word is shown to no model that refuses it."""
    assert redis
    rule = reading(lambda asked: "forbiddenword" in asked, WAYS["a filter"])
    memory = RecordingMemory()
    async with (
        ScriptedModel(rule) as model,
        extracting(redis_url, memory, extractor="openai", openai_base_url=model.base_url) as it,
    ):
        await submitted(it, "I like tea.")
        for kept in memory.kept.values():
            kept.text = "User knows forbiddenword"
        job = await submitted(it, "I play chess.", first=2)
    assert (job.state, list(job.extractors)) == (SUCCEEDED, ["openai"])
    assert "User says: I play chess." in memory.texts


async def test_a_summary_goes_on_around_a_refused_message(redis: Redis, redis_url: str) -> None:
    """Of a thread and of messages alike; where all is refused, rules write it."""
    assert redis
    rule = reading(lambda asked: "forbiddenword" in asked, WAYS["a filter"])
    async with (
        ScriptedModel(rule) as model,
        extracting(redis_url, extractor="openai", openai_base_url=model.base_url) as extraction,
    ):
        job = await submitted(extraction, *SAID, strategy=SUMMARY)
        assert (job.state, extraction.memory.texts) == (SUCCEEDED, ["They talk."])
        assert job.dropped_items == {"refused": 1}
        assert [item.message_id for item in job.skipped] == ["m3"]
        messages = [message(number, text) for number, text in enumerate(SAID, 1)]
        short = await extraction.stub.Summarize(pb.SummarizeRequest(messages=messages))
        assert (short.summary, short.summarizer) == ("They talk.", "openai")
        model.rule = lambda _: WAYS["a filter"]
        short = await extraction.stub.Summarize(pb.SummarizeRequest(messages=messages))
        assert short.summarizer == "local"
        assert short.summary


async def test_a_preview_goes_on_around_a_refused_message(redis: Redis, redis_url: str) -> None:
    """It says who found what."""
    assert redis
    rule = reading(lambda asked: "forbiddenword" in asked, WAYS["a filter"])
    messages = [message(number, text) for number, text in enumerate(SAID, 1)]
    async with (
        ScriptedModel(rule) as model,
        extracting(redis_url, extractor="openai", openai_base_url=model.base_url) as extraction,
    ):
        found = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=messages))
    assert found.extractor == "openai, local"
    texts = [candidate.memory.text for candidate in found.candidates]
    assert sum(text.startswith("User says") for text in texts) == 4
