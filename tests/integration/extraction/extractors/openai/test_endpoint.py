"""Asking a model over HTTP, in good days and bad."""

import json

import pytest
from opentelemetry.trace import StatusCode
from prometheus_client import REGISTRY

from agent_memory_services.extraction.domain.facts import Conversation, ExtractionFailed, Turn
from agent_memory_services.extraction.extractors.openai.extractor import (
    OpenAIExtractor,
    OpenAISummarizer,
)
from agent_memory_services.extraction.extractors.openai.facts import ANSWER_SCHEMA
from agent_memory_services.extraction.extractors.openai.prompts import Question
from agent_memory_services.kit.observe.tracing.spans import continued, traced_by
from tests.integration.extraction.extractors.openai.endpoints import endpoint_to
from tests.support.openai_server import (
    Close,
    Garbage,
    Hang,
    Refuse,
    Say,
    ScriptedModel,
    facts,
)
from tests.support.sessions import SAID
from tests.support.traced import Traced

STRUCTURED = Question("Do it.", "{}", ANSWER_SCHEMA)
SAYING = Conversation(turns=[Turn("m1", "user", "I like tea.", SAID)])


async def test_structured_output_is_asked_for_first() -> None:
    """The schema goes along, strictly, at temperature 0, with instructions and data apart."""
    async with ScriptedModel() as model:
        await endpoint_to(model).ask(STRUCTURED)
    body = model.requests[0].body
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["temperature"] == 0
    assert [(m["role"], m["content"]) for m in body["messages"]] == [
        ("system", "Do it."),
        ("user", "{}"),
    ]


async def test_a_momentary_fault_is_bridged() -> None:
    """One broken answer or connection is repeated at once, without troubling the queue."""
    async with ScriptedModel() as model:
        model.queue(Refuse(503), Close(), Say("Hello"))
        assert await endpoint_to(model).ask(Question("", "")) == "Hello"


@pytest.mark.parametrize(
    ("reply", "reason", "wish"),
    [
        (Refuse(500), "model_unavailable", None),
        (Refuse(503, retry_after=9), "model_unavailable", 9),
        (Close(), "model_unavailable", None),
        (Refuse(429, retry_after=2.5), "rate_limited", 2.5),
        (Refuse(429), "rate_limited", None),
        (Refuse(401), "model_denied", None),
        (Refuse(404), "model_denied", None),
        (Garbage(), "bad_answer", None),
        (Garbage(b'{"choices": []}'), "bad_answer", None),
        (Garbage(b"[]"), "bad_answer", None),
        (Garbage(b"null"), "bad_answer", None),
        (Say("", "stop"), "bad_answer", None),
        (Say('{"facts": []}', "length"), "bad_answer", None),
        (Say('{"facts": []}', "content_filter"), "rejected", None),
        (facts({"text": "User likes tea", "messages": [9]}), "bad_answer", None),
    ],
)
async def test_trouble_has_a_name(reply: Refuse, reason: str, wish: float | None) -> None:
    """Each kind of trouble ends in its own reason, with the provider's wish to wait."""
    async with ScriptedModel(lambda _: reply) as model:
        with pytest.raises(ExtractionFailed, match=reason) as failed:
            await OpenAIExtractor(endpoint_to(model)).extract(SAYING)
    assert failed.value.retry_after == wish
    assert "tea" not in repr(failed.value)


async def test_a_model_that_does_not_answer_is_away() -> None:
    """It is waited for as long as the settings say."""
    async with ScriptedModel(lambda _: Hang()) as model:
        with pytest.raises(ExtractionFailed, match="model_unavailable"):
            await OpenAIExtractor(endpoint_to(model, timeout_seconds=0.2)).extract(SAYING)


async def test_recalled_turns_are_never_evidence() -> None:
    """What was put there from memory is not sent as a message, and alone asks nothing."""
    recalled = Turn("m0", "user", "User likes tea", SAID, recalled=True)
    async with ScriptedModel() as model:
        extractor = OpenAIExtractor(endpoint_to(model))
        assert not (await extractor.extract(Conversation(turns=[recalled]))).candidates
        assert model.requests == []
        await extractor.extract(Conversation(turns=[recalled, *SAYING.turns]))
    sent = json.loads(model.requests[0].last_text)["messages"]
    assert [message["text"] for message in sent] == ["I like tea."]


@pytest.mark.parametrize("empty", ["NONE", " none. ", '"None"', "null"])
async def test_an_empty_summary_is_no_summary(empty: str) -> None:
    """A model that declines to summarize fails, so that nothing is replaced by nothing."""
    async with ScriptedModel() as model:
        model.queue(Say(empty))
        with pytest.raises(ExtractionFailed, match="bad_answer"):
            await OpenAISummarizer(endpoint_to(model)).summarize(
                SAYING.turns, previous="So far.", max_words=50
            )


async def test_no_key_of_the_environment_is_ever_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint without a key gets none, whatever the environment holds for another."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with ScriptedModel() as model:
        await endpoint_to(model).ask(Question("", ""))
    assert "sk-secret" not in str(model.requests[0].headers)


async def test_an_operator_sees_each_attempt() -> None:
    """What failed and was tried again counts twice, and takes its time twice."""

    def told(name: str, **labels: str) -> float:
        return (
            REGISTRY.get_sample_value(f"agent_memory_model_{name}", {"model": "m", **labels}) or 0
        )

    names = [("calls_total", "answered"), ("calls_total", "failed")]
    before = [told(name, outcome=outcome) for name, outcome in names]
    timed = told("seconds_count")
    async with ScriptedModel() as model:
        model.queue(Refuse(503))
        await endpoint_to(model).ask(STRUCTURED)
    after = [told(name, outcome=outcome) for name, outcome in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]
    assert told("seconds_count") == timed + 2


async def test_a_trace_shows_the_call_and_what_it_took_but_not_what_was_said() -> None:
    """Model and tokens, each attempt by itself."""
    traced = Traced()
    with traced_by(traced.tracer):
        async with ScriptedModel() as model:
            model.queue(Refuse(503))
            with continued("run", []):
                await endpoint_to(model).ask(Question("Keep it.", "I'm vegetarian.", ANSWER_SCHEMA))
    failed, answered = [span for span in traced.spans if span.name == "chat m"]
    assert failed.status.status_code is StatusCode.ERROR
    assert answered.status.status_code is StatusCode.UNSET
    assert answered.attributes is not None
    assert answered.attributes["gen_ai.request.model"] == "m"
    assert answered.attributes["gen_ai.usage.input_tokens"]
    assert "vegetarian" not in failed.to_json() + answered.to_json()
