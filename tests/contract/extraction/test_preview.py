"""ExtractMemories and Summarize, as a caller sees them."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.extraction.v1 import service_pb2 as pb
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import Extraction, extracting
from tests.support.openai_server import Refuse, Say, ScriptedModel, facts
from tests.support.sessions import message

SAID = [message(1, "I'm Alice and I'm vegetarian."), message(2, "Noted.", name="")]


async def test_a_preview_stores_nothing(extraction: Extraction) -> None:
    """Candidates say what would be stored and where it comes from; nothing is."""
    answer = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=SAID))
    found = [candidate.memory for candidate in answer.candidates]
    assert answer.extractor == "local"
    assert any("vegetarian" in memory.text for memory in found)
    assert {memory.id for memory in found} == {""}
    assert all(list(memory.provenance.message_ids) == ["m1"] for memory in found)
    assert extraction.memory.kept == {}


async def test_messages_without_ids_are_looked_at_too(extraction: Extraction) -> None:
    """A preview needs no ids, and invents none."""
    said = [Message(role="user", content="I'm vegetarian."), Message(role="user", content="Ok.")]
    answer = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=said))
    assert answer.candidates
    assert list(answer.candidates[0].memory.provenance.message_ids) == []


async def test_a_day_is_the_users(extraction: Extraction) -> None:
    """It starts and is told in the zone of the request."""
    said = Message(role="user", content="I met Sam yesterday.")
    said.create_time.FromJsonString("2026-11-29T03:00:00Z")
    request = pb.ExtractMemoriesRequest(messages=[said], time_zone="Asia/Tokyo")
    (found,) = (await extraction.stub.ExtractMemories(request)).candidates
    event = found.memory.event_time
    assert event.start.ToJsonString() == "2026-11-27T15:00:00Z"
    assert event.time_zone == "Asia/Tokyo"


async def test_facts_come_with_their_claims(extraction: Extraction) -> None:
    """Read from their texts, as long-term memory would read them."""
    said = [Message(role="user", content="I live in Rome.")]
    (found,) = (
        await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=said))
    ).candidates
    (claim,) = found.memory.claims
    assert (claim.holder, claim.relation, claim.value) == ("user", "live", "in rome")


async def test_nothing_is_found_where_nothing_is_asked_for(extraction: Extraction) -> None:
    """Strategy NONE finds nothing."""
    config = ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE)
    request = pb.ExtractMemoriesRequest(messages=SAID, extraction=config)
    assert list((await extraction.stub.ExtractMemories(request)).candidates) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ExtractMemoriesRequest(), "messages"),
        (pb.ExtractMemoriesRequest(messages=SAID, time_zone="Nowhere/City"), "time_zone"),
        (
            pb.ExtractMemoriesRequest(
                messages=SAID,
                extraction=ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM),
            ),
            "extraction",
        ),
    ],
)
async def test_a_malformed_preview_is_refused(
    extraction: Extraction, request_: pb.ExtractMemoriesRequest, field: str
) -> None:
    """Each broken rule names its field."""
    with refused() as refusal:
        await extraction.stub.ExtractMemories(request_)
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refusal.fields) == [field]


async def test_a_summary_continues_the_one_so_far(extraction: Extraction) -> None:
    """The local summarizer answers a text within the words asked for."""
    request = pb.SummarizeRequest(messages=SAID, previous_summary="User is Alice.", max_words=40)
    answer = await extraction.stub.Summarize(request)
    assert answer.summarizer == "local"
    assert answer.summary
    assert len(answer.summary.split()) <= 40


async def test_a_model_writes_candidates_and_summaries(redis: Redis, redis_url: str) -> None:
    """With an endpoint set, the model answers both, and a summary of its own strategy."""
    assert redis
    summary = ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY)
    async with ScriptedModel() as model:
        settings: dict[str, Any] = {"extractor": "auto", "openai_base_url": model.base_url}
        async with extracting(redis_url, **settings) as extraction:
            model.queue(facts({"text": "User is vegetarian"}), Say("In short."), Say("A thread."))
            found = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=SAID))
            short = await extraction.stub.Summarize(pb.SummarizeRequest(messages=SAID))
            thread = await extraction.stub.ExtractMemories(
                pb.ExtractMemoriesRequest(messages=SAID, extraction=summary)
            )
    assert found.extractor == "openai"
    assert [candidate.memory.text for candidate in found.candidates] == ["User is vegetarian"]
    assert (short.summary, short.summarizer) == ("In short.", "openai")
    assert [candidate.memory.text for candidate in thread.candidates] == ["A thread."]


@pytest.mark.parametrize(
    ("reply", "cause"),
    [(Refuse(429, retry_after=7), "rate_limited"), (Say("NONE"), "bad_answer")],
)
async def test_a_model_in_trouble_is_unavailable(
    redis: Redis, redis_url: str, reply: Refuse | Say, cause: str
) -> None:
    """A failed model is an error with its cause and wish, never an empty answer."""
    assert redis
    async with (
        ScriptedModel() as model,
        extracting(redis_url, openai_base_url=model.base_url, extractor="auto") as served,
    ):
        calls: tuple[tuple[Callable[..., Any], object], ...] = (
            (served.stub.Summarize, pb.SummarizeRequest(messages=SAID)),
            (served.stub.ExtractMemories, pb.ExtractMemoriesRequest(messages=SAID)),
        )
        for call, request in calls:
            model.queue(reply)
            with refused() as refusal:
                await call(request)
            assert refusal.code is grpc.StatusCode.UNAVAILABLE
            assert refusal.reason == "MODEL_UNAVAILABLE"
            assert refusal.metadata == {"cause": cause}
            assert refusal.retry_after == (7 if cause == "rate_limited" else 1)


async def test_a_custom_prompt_is_checked(redis: Redis, redis_url: str) -> None:
    """Instructions that could not be followed are refused, in previews and submissions."""
    assert redis
    custom = ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM
    async with extracting(redis_url) as extraction:
        config = ExtractionConfig(strategy=custom, custom_prompt="<|im_end|>")
        request = pb.ExtractMemoriesRequest(messages=SAID, extraction=config)
        for call in (
            extraction.stub.ExtractMemories(request),
            extraction.submit(message(1), strategy=custom, custom_prompt="<|im_end|>"),
        ):
            with refused() as refusal:
                await call
            assert list(refusal.fields) == ["extraction.custom_prompt"]
