"""Background: conversations are stored, and facts come out of them."""

from datetime import timedelta

from rich.table import Table

from agent_memory_client.models import MemoryMessage
from agent_memory_services.demo.screenplay import Screenplay, Session
from agent_memory_services.demo.stage import Stage, mentions

_BETWEEN_LINES = timedelta(seconds=30)


async def learn_in_the_background(stage: Stage, play: Screenplay) -> None:
    """Hold the sessions, wait for their extraction and show what was learned."""
    stage.act(
        "1 Background",
        "Three conversations are appended to working memory as they happen. Extraction reads them "
        "in the background; nobody tells it what matters.",
    )
    for session in play.sessions:
        await _hold(stage, play, session)
    for session in play.sessions:
        await stage.memory.wait_for_extraction(session.id)
    known = await stage.memory.search_long_term_memory(
        text="", filters={"user_id": {"eq": play.user}}, limit=100
    )
    table = Table(
        "what is known now", "type", "when", "topics", title="Learned", title_justify="left"
    )
    for fact in reversed(known.memories):
        when = f"{fact.event_date:%Y-%m-%d}" if fact.event_date else ""
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
