"""Languages: what is read without a model, what is not, and what a model is told."""

from typing import Any

import grpc
import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1 import service_pb2 as pb
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import Extraction, extracting
from tests.support.openai_server import ScriptedModel, facts
from tests.support.sessions import message

SWEDISH = message(1, "Jag bor i Göteborg och jobbar som lärare.")


async def test_facts_of_other_languages_say_which(extraction: Extraction) -> None:
    """Each carries the tag of its own."""
    said = [message(1, "Ich wohne in Hamburg."), message(2, "I work at Acme.")]
    answer = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=said))
    found = {each.memory.text: each.memory.language for each in answer.candidates}
    assert found == {'User said: "Ich wohne in Hamburg"': "de", "User works at Acme": "en"}
    assert dict(answer.dropped_items) == {}


async def test_a_preview_tells_what_cannot_be_read(extraction: Extraction) -> None:
    """By reason, as a job does."""
    said = [SWEDISH, message(2, "Ich wohne in Hamburg.")]
    answer = await extraction.stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=said))
    assert len(answer.candidates) == 1
    assert dict(answer.dropped_items) == {"unsupported_language": 1}


async def test_a_job_counts_what_cannot_be_read(redis: Redis, redis_url: str) -> None:
    """It succeeds, and says so; a metric counts it too."""
    assert redis
    name, labels = (
        "agent_memory_extraction_items_left_out_total",
        {"reason": "unsupported_language"},
    )
    before = REGISTRY.get_sample_value(name, labels) or 0
    async with extracting(redis_url, debounce_seconds=0) as extraction:
        job = await extraction.ended((await extraction.submit(SWEDISH)).job_id)
    assert dict(job.dropped_items) == {"unsupported_language": 1}
    assert not job.memory_ids
    assert REGISTRY.get_sample_value(name, labels) == before + 1


@pytest.mark.parametrize(
    "tag", ["german", "de_DE", "de-", "x", "de DE", "de\n", "日本語", "d" * 40]
)
async def test_a_language_that_is_no_tag_is_refused(extraction: Extraction, tag: str) -> None:
    """Before anything is looked at, with the field."""
    config = ExtractionConfig(language=tag)
    request = pb.ExtractMemoriesRequest(messages=[SWEDISH], extraction=config)
    with refused() as refusal:
        await extraction.stub.ExtractMemories(request)
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refusal.fields) == ["extraction.language"]


@pytest.mark.parametrize(
    "tag", ["", "de", "pt-BR", "zh-Hant-TW", "es-419", "sr-Latn", "de-CH-1996"]
)
async def test_a_model_is_told_the_language_that_a_session_asks_for(
    redis: Redis, redis_url: str, tag: str
) -> None:
    """Or, where it asks for none, to keep to the conversation's."""
    assert redis
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User bor i Göteborg"}))
        settings: dict[str, Any] = {"extractor": "auto", "openai_base_url": model.base_url}
        async with extracting(redis_url, **settings) as extraction:
            config = ExtractionConfig(language=tag)
            await extraction.stub.ExtractMemories(
                pb.ExtractMemoriesRequest(messages=[SWEDISH], extraction=config)
            )
    [request] = model.requests
    rules = request.messages[0]["content"]
    assert (f"BCP 47 tag {tag}," in rules) is bool(tag)
    assert ("the language in which the fact is stated" in rules) is not bool(tag)
