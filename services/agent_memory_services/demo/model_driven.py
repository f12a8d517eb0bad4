"""Model-driven: a language model stores and searches through tools."""

from typing import Any

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageToolCallUnion

from agent_memory_client import MemoryAPIClient
from agent_memory_services.demo.replies import Call, Reply, Request, Rule, Say
from agent_memory_services.demo.screenplay import ModelPart, Screenplay
from agent_memory_services.demo.stage import Stage, mentions

MODEL = "gpt-4o-mini"
_MOST_ROUNDS = 6


def scripted(part: ModelPart) -> Rule:
    """What the stand-in model does: store when told, search when asked, then speak."""

    def reply(request: Request) -> Reply:
        last = request.messages[-1]
        if last["role"] == "tool":
            told = any(message.get("content") == part.ask for message in request.messages)
            return Say(part.reply if told else "I will remember that.")
        if request.last_text == part.tell:
            memory = {"text": part.stored, "memory_type": "semantic", "topics": ["dates"]}
            return Call([("create_long_term_memories", {"memories": [memory]})])
        return Call([("search_long_term_memory", {"query": part.query})])

    return reply


async def let_the_model_remember(stage: Stage, play: Screenplay, model: AsyncOpenAI) -> None:
    """Tell the model something, ask for it in a new conversation, and look into the memory."""
    stage.act(
        "3 Model-driven",
        "The model is given tools. It decides what to store and when to look something up; the "
        "client carries its calls out, within this user's memories only.",
    )
    part = play.model
    await _converse(stage, play, model, part.tell)
    kept = await stage.memory.search_long_term_memory(
        text=part.query, filters={"user_id": {"eq": play.user}}, search_mode="keyword", limit=3
    )
    stage.check(
        "what the model stored is in long-term memory",
        holds=any(mentions(hit.text, [part.query]) for hit in kept.memories),
    )
    answer, results = await _converse(stage, play, model, part.ask)
    stage.check(
        "its search found it again",
        holds=any(mentions(result, [part.query]) for result in results) and bool(answer),
    )


async def _converse(
    stage: Stage, play: Screenplay, model: AsyncOpenAI, said: str
) -> tuple[str, list[str]]:
    """One question in an empty conversation; the answer and what the tools returned."""
    stage.say("user", said)
    messages: list[Any] = [{"role": "user", "content": said}]
    results: list[str] = []
    tools: Any = MemoryAPIClient.get_all_memory_tool_schemas()
    for _ in range(_MOST_ROUNDS):
        completion = await model.chat.completions.create(
            model=MODEL, messages=messages, tools=tools
        )
        message = completion.choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            stage.say("assistant", message.content or "")
            return message.content or "", results
        for call in message.tool_calls:
            result = await _resolve(stage, play, call)
            results.append(result)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return "", results


async def _resolve(stage: Stage, play: Screenplay, call: ChatCompletionMessageToolCallUnion) -> str:
    """Carry out a call of the model, whatever it asks for."""
    if call.type != "function":
        return "Only functions can be called."
    outcome = await stage.memory.resolve_function_call(
        function_name=call.function.name,
        args=call.function.arguments,
        session_id=play.model.session,
        user_id=play.user,
    )
    stage.say("tool", f"{call.function.name} {call.function.arguments}")
    return str(outcome["formatted_response"])
