"""The scripted model, spoken to by the provider's own library."""

import asyncio
import json
import math
from typing import Any, Literal

import pytest
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI, RateLimitError
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from tests.support.openai_server import Call, Close, Garbage, Hang, Refuse, Say, ScriptedModel

HI: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {}}, "b": {"type": ["string", "null"]}},
    "required": ["a", "b"],
}


def client_of(model: ScriptedModel) -> AsyncOpenAI:
    """The provider's client, without retries of its own."""
    return AsyncOpenAI(base_url=model.base_url, api_key="any", max_retries=0, timeout=120)


async def ask(model: ScriptedModel, **fields: Any) -> ChatCompletion:
    """One chat call, which has its own connection."""
    async with client_of(model) as client:
        return await client.chat.completions.create(model="m", messages=HI, **fields)


async def test_replies_are_given_in_order_and_then_by_rule() -> None:
    """Queued replies come first; the rule answers by what it is asked."""
    async with ScriptedModel(lambda request: Say(request.last_text.upper())) as model:
        model.queue(Say("one"), Say("two"))
        answers = [(await ask(model)).choices[0].message.content for _ in range(3)]
    assert answers == ["one", "two", "HI"]
    assert [request.body["model"] for request in model.requests] == ["m"] * 3
    assert model.requests[0].headers["authorization"] == "Bearer any"


async def test_tools_can_be_called() -> None:
    """A reply may ask for tool calls, as a real model would."""
    async with ScriptedModel() as model:
        model.queue(Call([("search", {"text": "tea"}), ("list", {})]))
        choice = (await ask(model)).choices[0]
    assert choice.finish_reason == "tool_calls"
    calls: list[Any] = [*(choice.message.tool_calls or [])]
    assert [call.function.name for call in calls] == ["search", "list"]
    assert json.loads(calls[0].function.arguments) == {"text": "tea"}
    assert len({call.id for call in calls}) == 2


async def test_without_a_script_the_smallest_fitting_answer_is_given() -> None:
    """A request for structured output gets an empty value of its schema."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    async with ScriptedModel() as model:
        answer = await ask(model, response_format=form)
    assert json.loads(answer.choices[0].message.content or "") == {"a": [], "b": None}


async def test_misbehaviour_looks_like_the_real_thing() -> None:
    """Refusals, nonsense, silence and closed connections reach the client as such."""
    async with ScriptedModel() as model:
        model.queue(Refuse(500), Refuse(429, retry_after=3), Garbage(), Hang(), Close())
        with pytest.raises(APIStatusError) as broken:
            await ask(model)
        assert broken.value.status_code == 500
        with pytest.raises(RateLimitError) as limited:
            await ask(model)
        assert limited.value.response.headers["retry-after"] == "3"
        with pytest.raises(ValueError, match="Expecting value"):
            await ask(model)
        with pytest.raises(APITimeoutError):
            await ask(model, timeout=0.1)
        with pytest.raises(APIConnectionError):
            await ask(model)
        assert (await ask(model)).choices[0].message.content == "OK"


@pytest.mark.parametrize("form", ["float", "base64"])
async def test_like_texts_have_near_vectors(form: Literal["float", "base64"]) -> None:
    """Vectors have unit length, follow from the text alone, and share words' directions."""
    async with ScriptedModel() as model, client_of(model) as client:
        answer = await client.embeddings.create(
            model="e", input=["green tea", "tea, green", "the moon"], encoding_format=form
        )
    tea, same, moon = (entry.embedding for entry in answer.data)
    if form == "base64":
        assert isinstance(tea, str)
        assert tea == same != moon
        return
    assert tea == pytest.approx(same)
    assert math.hypot(*tea) == pytest.approx(1)
    assert sum(a * b for a, b in zip(tea, moon, strict=True)) < 0.9


async def test_a_connection_serves_many_calls_at_once() -> None:
    """Concurrent calls of one client are all answered."""
    async with ScriptedModel() as model, client_of(model) as client:
        calls = (client.chat.completions.create(model="m", messages=HI) for _ in range(20))
        answers = await asyncio.gather(*calls)
    assert len({answer.id for answer in answers}) == 20
