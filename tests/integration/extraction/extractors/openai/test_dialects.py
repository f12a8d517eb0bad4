"""Chat endpoints of other makers, over real HTTP: what each understands is learned, for a while."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from agent_memory_services.demo.scripted_model import Reply, completion
from agent_memory_services.extraction.domain.facts import (
    Conversation,
    ConversationRefused,
    ExtractionFailed,
    Turn,
)
from agent_memory_services.extraction.extractors.openai.extractor import (
    OpenAIExtractor,
    OpenAISummarizer,
)
from agent_memory_services.extraction.extractors.openai.facts import ANSWER_SCHEMA
from agent_memory_services.extraction.extractors.openai.prompts import Question
from tests.integration.extraction.extractors.openai.endpoints import endpoint_to
from tests.support.openai_server import Call, Drip, Garbage, Refuse, Request, Say, ScriptedModel
from tests.support.sessions import SAID

TEA = {"text": "User likes tea", "messages": [1]}
WHOLE = json.dumps({"facts": [TEA]})
SAYING = Conversation(turns=[Turn("m1", "user", "I like tea.", SAID)])
# One of each kind by default: about the request, about something that is not there, and a fault.
STATUSES = [
    400,
    404,
    500,
    *(pytest.param(each, marks=pytest.mark.long) for each in (405, 415, 422, 501)),
]
STRUCTURED = Question("Do it.", "{}", ANSWER_SCHEMA)


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Retry what passes without waits."""
    with stamina.set_testing(True, attempts=2):
        yield


def form(request: Request) -> str | None:
    """The enforced shape of an answer."""
    kind: str | None = (request.body.get("response_format") or {}).get("type")
    return kind


def has_system(request: Request) -> bool:
    """Whether a request has a system message."""
    return any(message["role"] == "system" for message in request.messages)


def unless(refused: Callable[[Request], Any], reply: Reply) -> Callable[[Request], Reply]:
    """A model that answers well, but for what it refuses."""
    return lambda request: reply if refused(request) else Say(WHOLE)


async def found(extractor: OpenAIExtractor, conversation: Conversation = SAYING) -> list[str]:
    """What an extractor finds."""
    return [each.text for each in (await extractor.extract(conversation)).candidates]


QUIRKS: dict[str, tuple[Callable[[Request], Any], tuple[str | None, bool]]] = {
    "no schema": (lambda r: form(r) == "json_schema", ("json_object", True)),
    "no shape at all": (form, (None, True)),
    "no temperature": (lambda r: "temperature" in r.body, ("json_schema", True)),
    "no system role": (has_system, ("json_schema", False)),
    "nothing but words": (
        lambda r: form(r) or has_system(r) or "temperature" in r.body,
        (None, False),
    ),
}


# What an endpoint may call the part that it refuses, in the error's code.
NAMES = {
    "no schema": "json_schema",
    "no system role": "system role",
    "no temperature": "temperature",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("quirk", "code"), [*((quirk, "scripted") for quirk in QUIRKS), *NAMES.items()]
)
async def test_a_form_that_is_not_understood_is_learned(quirk: str, status: int, code: str) -> None:
    """Every question is answered, soon by one call, in the strictest form that is understood."""
    refused, (shape, system) = QUIRKS[quirk]
    reply = Refuse(status, code=code)
    async with ScriptedModel(unless(refused, reply)) as model:
        extractor = OpenAIExtractor(endpoint_to(model))
        for _ in range(6):
            assert await found(extractor) == ["User likes tea"]
        begun = len(model.requests)
        for _ in range(12):
            assert await found(extractor) == ["User likes tea"]
    assert len(model.requests) - begun <= 12 + 4
    last = model.requests[-1]
    if status in {400, 422} or code != "scripted":
        assert (form(last), has_system(last)) == (shape, system)
    assert not refused(last)


async def test_a_schema_that_is_not_enforced_stands_in_the_prompt() -> None:
    """The model knows the names of the answer in every form; data keeps a message of its own."""
    async with ScriptedModel(unless(lambda r: form(r) or has_system(r), Refuse(400))) as model:
        await OpenAIExtractor(endpoint_to(model)).extract(SAYING)
    last = model.requests[-1]
    assert [message["role"] for message in last.messages] == ["user", "assistant", "user"]
    assert '"facts"' in last.messages[0]["content"]
    assert json.loads(last.last_text)["messages"][0]["text"] == "I like tea."


async def test_a_form_comes_back() -> None:
    """An endpoint that learned to enforce schemas is asked for them again, before long."""
    async with ScriptedModel(unless(lambda r: form(r) == "json_schema", Refuse(400))) as model:
        extractor = OpenAIExtractor(endpoint_to(model))
        await found(extractor)
        await found(extractor)
        assert form(model.requests[-1]) == "json_object"
        model.rule = lambda _: Say(WHOLE)
        for _ in range(3):
            await found(extractor)
        assert form(model.requests[-1]) == "json_schema"


async def test_one_odd_conversation_takes_the_form_from_no_other() -> None:
    """Whether it comes first or in the middle."""
    odd = Conversation(turns=[Turn("m1", "user", "oddone", SAID)])
    rule = unless(lambda r: form(r) and "oddone" in r.last_text, Refuse(400))
    async with ScriptedModel(rule) as model:
        extractor = OpenAIExtractor(endpoint_to(model))
        for conversation in (SAYING, odd, SAYING, SAYING, odd, SAYING):
            assert await found(extractor, conversation) == ["User likes tea"]
            if conversation is SAYING:
                assert form(model.requests[-1]) == "json_schema"


async def test_models_of_one_endpoint_are_learned_apart() -> None:
    """What one does not understand another may."""
    poor = lambda request: request.body["model"] == "poor" and form(request)  # noqa: E731
    async with ScriptedModel(unless(poor, Refuse(400))) as model:
        endpoint = endpoint_to(model)
        await endpoint.ask(Question("Do it.", "{}", ANSWER_SCHEMA, model="poor"))
        await endpoint.ask(Question("Do it.", "{}", ANSWER_SCHEMA, model="rich"))
        assert form(model.requests[-1]) == "json_schema"
        asked = len(model.requests)
        await endpoint.ask(Question("Do it.", "{}", ANSWER_SCHEMA, model="poor"))
        assert len(model.requests) == asked + 1


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_in_every_form_is_about_the_conversation(status: int) -> None:
    """What no form helps is reported as rejected; the strictest form is kept for others."""
    rule = unless(lambda request: "oddone" in request.last_text, Refuse(status))
    async with ScriptedModel(rule) as model:
        endpoint = endpoint_to(model)
        with pytest.raises(ExtractionFailed, match="rejected"):
            await endpoint.ask(Question("Do it.", "oddone", ANSWER_SCHEMA))
        await endpoint.ask(STRUCTURED)
    assert model.requests[-1].schema is not None


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "model_unavailable"), (501, "model_unavailable"), (404, "model_denied")],
)
async def test_an_outage_is_not_taken_for_a_form(status: int, reason: str) -> None:
    """A few calls tell; afterwards the strictest form is asked for again."""
    async with ScriptedModel(lambda _: Refuse(status)) as model:
        endpoint = endpoint_to(model)
        for _ in range(3):
            with pytest.raises(ExtractionFailed, match=reason):
                await endpoint.ask(STRUCTURED)
        assert len(model.requests) <= 3 * 4
        model.rule = lambda _: Say(WHOLE)
        await endpoint.ask(STRUCTURED)
    assert form(model.requests[-1]) == "json_schema"


def message_of(**fields: Any) -> Reply:
    """A completion whose message has these fields."""
    reason = fields.pop("finish_reason", "stop")
    body = completion(Request("", {}, {}), Say("", reason))
    body["choices"][0]["message"] = {"role": "assistant", **fields}
    return Garbage(json.dumps(body).encode())


@pytest.mark.parametrize(
    "reply",
    [
        message_of(content=[{"type": "text", "text": WHOLE}]),
        message_of(
            content=[{"type": "text", "text": WHOLE[:9]}, {"type": "text", "text": WHOLE[9:]}]
        ),
        message_of(
            content=[{"type": "thinking", "thinking": "{}"}, {"type": "text", "text": WHOLE}]
        ),
        message_of(content=[{"type": "output_text", "text": {"value": WHOLE}}]),
        message_of(content=[WHOLE]),
        message_of(content={"facts": [TEA]}),
        message_of(content=WHOLE, refusal=None, reasoning_content='{"facts": []}'),
        message_of(content=None, reasoning_content=WHOLE),
        message_of(content="", reasoning="First I thought of {}. " + WHOLE),
        message_of(content="\n", reasoning_content=f"So.</think>\n{WHOLE}"),
        Call([("facts", {"facts": [TEA]})]),
        message_of(content="", tool_calls=[{"function": {"arguments": {"facts": [TEA]}}}]),
        message_of(content=None, function_call={"name": "facts", "arguments": WHOLE}),
        Garbage(json.dumps({"choices": [{"text": WHOLE}]}).encode()),
        Garbage(
            b"\xef\xbb\xbf"
            + json.dumps({"choices": [{"message": {"content": WHOLE}}], "x": float("nan")}).encode()
        ),
    ],
    ids=[
        *("parts", "split parts", "thinking parts", "nested text", "texts", "data", "both"),
        *("reasoning alone", "reasoning ends in it", "tag in reasoning", "tool call"),
        *("tool call with data", "function call", "old completion", "mark and NaN"),
    ],
)
async def test_an_answer_is_found_wherever_it_stands(reply: Reply) -> None:
    """Content in parts, as data, as a tool's arguments, or at the end of the reasoning."""
    async with ScriptedModel(lambda _: reply) as model:
        assert await found(OpenAIExtractor(endpoint_to(model))) == ["User likes tea"]


@pytest.mark.parametrize(
    "reply",
    [
        message_of(content=None, refusal="I cannot talk about tea."),
        message_of(content=[{"type": "refusal", "refusal": "I cannot."}]),
        message_of(content=None, finish_reason="content_filter"),
        message_of(content=WHOLE, finish_reason="SAFETY"),
        Garbage(b'{"choices": [], "error": {"code": "content_filter", "message": "tea"}}'),
        Garbage(b'{"promptFeedback": {"blockReason": "SAFETY"}}'),
        *(Refuse(status, code="content_filter") for status in (400, 403, 422, 451)),
        Refuse(400, code="content_policy_violation"),
        Refuse(400, code="ResponsibleAIPolicyViolation"),
        Refuse(403, code="Your input was flagged by moderation"),
    ],
)
async def test_a_filter_is_known_by_every_name(reply: Reply) -> None:
    """It is about what was said: one call tells, and no form is blamed."""
    async with ScriptedModel(lambda _: reply) as model:
        with pytest.raises(ConversationRefused):
            await found(OpenAIExtractor(endpoint_to(model)))
        assert len(model.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        message_of(content=None, reasoning_content='The form is {"facts": []}; there is one fact.'),
        message_of(content=WHOLE, finish_reason="length"),
        message_of(content=WHOLE, finish_reason="MAX_TOKENS"),
        message_of(content=None),
        message_of(content=7),
        message_of(),
        Garbage(b'{"choices": [null]}'),
        Garbage(b'{"choices": {"0": {}}}'),
        Garbage(b"[" * 100_000),
    ],
)
async def test_what_holds_no_whole_answer_is_none(reply: Reply) -> None:
    """A draft in reasoning, or what was cut off, is never an empty result."""
    async with ScriptedModel(lambda _: reply) as model:
        with pytest.raises(ExtractionFailed, match="bad_answer"):
            await found(OpenAIExtractor(endpoint_to(model)))


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("<think>The user talks.</think>\n\nUser likes tea.", "User likes tea."),
        ("The user talks.\n</think>\nUser likes tea.", "User likes tea."),
        ("<think>a</think>Draft.\n<think>b</think>\nUser likes tea.", "User likes tea."),
        ("User likes tea.\n<think>Is that short enough", "User likes tea."),
        ("<summary>User likes tea.</summary>", "User likes tea."),
        ("```text\nUser likes tea.\n```", "User likes tea."),
        ("The user asked what <think> and </think> mean.", None),
        ("<think>Only thoughts.</think>", ""),
        ("<think>Never closed. User likes tea.", ""),
    ],
)
async def test_a_summary_holds_no_reasoning(said: str, summary: str | None) -> None:
    """Reasoning alone is no summary; a text that speaks of the tags is."""
    async with ScriptedModel(lambda _: Say(said)) as model:
        summarizer = OpenAISummarizer(endpoint_to(model))
        if summary == "":
            with pytest.raises(ExtractionFailed, match="bad_answer"):
                await summarizer.summarize(SAYING.turns, previous="So far.", max_words=50)
            return
        written = await summarizer.summarize(SAYING.turns, previous="", max_words=50)
    assert written == (said if summary is None else summary)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_never_carries_a_prompt(status: int) -> None:
    """Not to another host, not to another port, not to another path: an operator sets it right."""
    async with ScriptedModel() as model, ScriptedModel() as other:
        for place in (other.base_url, f"{model.base_url}/elsewhere", "http://localhost:1/v1"):
            model.queue(Refuse(status, location=f"{place}/chat/completions"))
            with pytest.raises(ExtractionFailed, match="model_denied"):
                await endpoint_to(model).ask(STRUCTURED)
    assert other.requests == []
    assert {request.path for request in model.requests} == {"/v1/chat/completions"}


async def test_an_answer_that_trickles_in_ends_at_the_limit() -> None:
    """The time is that of the whole answer, not of each byte."""
    async with ScriptedModel(lambda _: Drip(WHOLE, seconds=0.05)) as model:
        with pytest.raises(ExtractionFailed, match="model_unavailable"):
            async with asyncio.timeout(20):
                await endpoint_to(model, timeout_seconds=0.3).ask(STRUCTURED)
        assert len(model.requests) == 1
