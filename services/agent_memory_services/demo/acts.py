"""Acts of the demonstration."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageToolCallUnion
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.demo.screenplay import ModelPart, Screenplay, Session
from agent_memory_services.demo.scripted_model import Call, Reply, ReplyRule, Request, Say
from agent_memory_services.kit.contract.clock import zone_of

_ROLE_WIDTH = 10


@dataclass(slots=True)
class Stage:
    """Console of the demonstration, with the record of its failed claims."""

    console: Console
    memory: MemoryAPIClient
    failures: list[str] = field(default_factory=list)

    def act(self, title: str, text: str) -> None:
        """Open a new part of the demonstration."""
        self.console.print()
        self.console.print(Rule(f"[bold]{title}", align="left"))
        self.console.print(text, style="dim")
        self.console.print()

    def say(self, role: str, content: str) -> None:
        """Show a line of a conversation."""
        colour = {"user": "cyan", "assistant": "green"}.get(role, "yellow")
        line = Table.grid(padding=(0, 2))
        line.add_column(style=f"bold {colour}", justify="right", width=_ROLE_WIDTH)
        line.add_row(role, Text(content))
        self.console.print(line)

    def show(self, title: str, lines: Iterable[str]) -> None:
        """Show something that was stored, found or built."""
        self.console.print(Panel(Text("\n".join(lines)), title=title, title_align="left"))

    def check(self, claim: str, *, holds: bool) -> None:
        """Show whether a claim holds; one that does not fails the demonstration."""
        self.console.print(
            Text("  ✓ " if holds else "  ✗ ", "green" if holds else "bold red"), end=""
        )
        self.console.print(Text(claim))
        if not holds:
            self.failures.append(claim)


def mentions(text: str, words: Iterable[str]) -> bool:
    """Return true if `text` holds every one of `words`, in any case."""
    folded = text.casefold()
    return all(word.casefold() in folded for word in words)


_BETWEEN_LINES = timedelta(seconds=30)


async def learn_in_the_background(stage: Stage, play: Screenplay) -> None:
    """Hold the sessions, wait for their extraction and show what was learned."""
    stage.act(
        "1 Background",
        "Three conversations are appended to working memory as they happen. Extraction reads them "
        "in the background, without being told what matters.",
    )
    for session in play.sessions:
        await _hold(stage, play, session)
    for session in play.sessions:
        await stage.memory.wait_for_extraction(session.id)
    known = await stage.memory.search_long_term_memory(
        text="",
        filters={"user_id": {"eq": play.user}, "memory_type": {"ne": "message"}},
        limit=100,
    )
    table = Table(
        "what is known now", "type", "when", "topics", title="Learned", title_justify="left"
    )
    for fact in reversed(known.memories):
        zone = zone_of(fact.event_time_zone or "") or UTC
        when = f"{fact.event_date.astimezone(zone):%Y-%m-%d}" if fact.event_date else ""
        table.add_row(fact.text, str(fact.memory_type), when, ", ".join(fact.topics or []))
    stage.console.print(table)
    texts = [fact.text for fact in known.memories]
    for words in play.expected.facts:
        found = any(mentions(text, words) for text in texts)
        stage.check(f"learned: {' + '.join(words)}", holds=found)
    for word in play.expected.absent:
        stage.check(
            f"not taken for a fact: {word}",
            holds=not any(mentions(text, [word]) for text in texts),
        )


async def _hold(stage: Stage, play: Screenplay, session: Session) -> None:
    stage.console.print(f"[bold]{session.id}[/bold]  {session.start:%A, %d %B %Y}")
    messages = []
    for position, line in enumerate(session.turns):
        stage.say(line.role, line.content)
        at = session.start + position * _BETWEEN_LINES
        messages.append(MemoryMessage(role=line.role, content=line.content, created_at=at))
    for turn in zip(messages[::2], messages[1::2], strict=True):
        await stage.memory.append_messages_to_working_memory(
            session.id, list(turn), user_id=play.user
        )
    stage.console.print()


async def remember_in_code(stage: Stage, play: Screenplay) -> None:
    """Store a memory, find it at once, correct it, and store it twice without effect."""
    stage.act(
        "2 Code-driven",
        "The application stores a memory itself. It can be found when the call returns.",
    )
    record = MemoryRecord(text=play.code.memory, user_id=play.user, topics=["belongings"])
    await stage.memory.create_long_term_memories([record])
    owner = {"user_id": {"eq": play.user}}
    found = await stage.memory.search_long_term_memory(
        text=play.code.question, filters=owner, limit=3
    )
    stage.show(
        f"search: {play.code.question}", [f"{hit.score:.2f}  {hit.text}" for hit in found.memories]
    )
    best = found.memories[0] if found.memories else None
    stage.check(
        "the memory is the best answer right after it was stored",
        holds=best is not None and mentions(best.text, [play.code.answer]),
    )
    again = await stage.memory.create_long_term_memories(
        [MemoryRecord(text=play.code.memory, user_id=play.user)]
    )
    stage.check(
        "storing it once more only names the first",
        holds=best is not None and again.ids == [best.id],
    )


MODEL = "gpt-4o-mini"
_MOST_ROUNDS = 6


def scripted(part: ModelPart) -> ReplyRule:
    """Return the rule of the stand-in model: store when told, search when asked, then speak."""

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
    """Ask one question in an empty conversation; return the answer and the results of the tools."""
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


async def build_the_prompt(stage: Stage, play: Screenplay) -> None:
    """Ask in a new session, show the prompt, and ask the same as another user."""
    stage.act(
        "4 The prompt",
        "Days later, in a session that has never heard of her: what the model is given.",
    )
    prompt = await stage.memory.memory_prompt(
        query=play.prompt.question,
        session_id=play.prompt.session,
        user_id=play.user,
        long_term_search={
            "text": play.prompt.question,
            "filters": {"user_id": {"eq": play.user}},
            "limit": 6,
        },
    )
    for message in prompt.messages:
        stage.console.print(
            Panel(Text(message["content"]), title=message["role"], title_align="left")
        )
    whole = "\n".join(message["content"] for message in prompt.messages)
    for word in play.prompt.holds:
        stage.check(f"the prompt knows: {word}", holds=mentions(whole, [word]))
    stage.check(
        "the question comes last", holds=prompt.messages[-1]["content"] == play.prompt.question
    )
    stranger = await stage.memory.memory_prompt(
        query=play.stranger.question,
        session_id=f"{play.stranger.user}-session",
        user_id=play.stranger.user,
        long_term_search={"filters": {"user_id": {"eq": play.stranger.user}}},
    )
    stage.check(
        f"{play.stranger.user}, who asks nearly the same, is told nothing about {play.user}",
        holds=not stranger.long_term_memories,
    )
