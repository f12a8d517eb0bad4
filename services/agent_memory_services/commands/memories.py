"""Commands `agent-memory search`, `remember`, `memories` and `watch`."""

import importlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection

app = typer.Typer()
group = typer.Typer(help="List, read, change and forget memories.", no_args_is_help=True)
app.add_typer(group, name="memories")


class MemoryType(StrEnum):
    """Types of a memory, as `--type` names them."""

    SEMANTIC = "semantic"
    EPISODIC = "episodic"
    MESSAGE = "message"


class Mode(StrEnum):
    """Ways to match memories with a question."""

    SEMANTIC = "semantic"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
MemoryId = Annotated[str, typer.Argument(help="The memory's id.")]
MemoryIds = Annotated[list[str], typer.Argument(help="The memories' ids.")]
Statements = Annotated[
    list[str] | None,
    typer.Argument(help="What to remember, one statement each; - reads lines.", metavar="TEXT"),
]
Question = Annotated[str, typer.Argument(help="What to look for, in words.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Most to show.")]
Cursor = Annotated[str | None, typer.Option(help="Continue after the page before.")]
Type = Annotated[MemoryType | None, typer.Option("--type", help="A fact, an event, or a message.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="What it is about.")]
Entities = Annotated[list[str] | None, typer.Option("--entity", help="What it mentions.")]
Session = Annotated[str | None, typer.Option(help="The session it was said in.")]
ModeOption = Annotated[Mode | None, typer.Option(help="By meaning, by words, or both.")]
AsOf = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What was true on that day.")
]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Said on that day or later.")
]
MinScore = Annotated[float | None, typer.Option(min=0, max=1, help="Leave out lower ones.")]
Hidden = Annotated[
    bool, typer.Option("--hidden", help="Also superseded, merged and archived ones.")
]
Text = Annotated[str | None, typer.Option(help="The corrected statement.")]
On = Annotated[str | None, typer.Option(help="Day or time it happened (ISO 8601).")]
Standing = Annotated[bool | None, typer.Option(help="Consider it in every prompt.")]
Pinned = Annotated[bool | None, typer.Option(help="Never merge or forget it by itself.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the history.")]
Revision = Annotated[
    str | None, typer.Option(help="The change to take back.", show_default="the latest")
]
OlderThan = Annotated[float | None, typer.Option(metavar="DAYS", help="Older than this.")]
UnusedFor = Annotated[float | None, typer.Option(metavar="DAYS", help="Not found for this long.")]
Keep = Annotated[
    int | None, typer.Option(min=1, metavar="NUMBER", help="All but each owner's best so many.")
]
Permanently = Annotated[
    bool, typer.Option("--permanently", help="Delete at once, without archiving first.")
]
Count = Annotated[int | None, typer.Option(min=1, help="End after so many changes.")]


def _run(connection: dict[str, Any], command: str, as_json: bool, **named: Any) -> None:
    # A service process shares this command line, and needs no client.
    terminal = importlib.import_module("agent_memory_services.commands.memories_terminal")
    raise typer.Exit(terminal.run(connection, command, as_json=as_json, **named))


def _criteria(
    kind: MemoryType | None, topic: list[str] | None, entity: list[str] | None, **more: Any
) -> dict[str, Any]:
    """Spell options as conditions of the client; what is not given is `None`."""
    topics, entities = topic and {"any": topic}, entity and {"any": entity}
    return {"memory_type": kind, "topics": topics, "entities": entities, **more}


@app.command()
@with_connection(scope=True)
def search(
    question: Question,
    *,
    limit: Limit = 5,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    session: Session = None,
    mode: ModeOption = None,
    as_of: AsOf = None,
    min_score: MinScore = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Find memories by meaning and by words, the best first."""
    criteria = _criteria(kind, topic, entity, session_id=session, search_mode=mode)
    criteria |= {"as_of": as_of and as_of.astimezone(), "min_score": min_score}
    _run(connection, "search", as_json, question=question, limit=limit, criteria=criteria)


@app.command()
@with_connection(scope=True)
def remember(
    statements: Statements = None,
    *,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    on: On = None,
    standing: Standing = None,
    pinned: Pinned = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Store memories; what is known already is not stored twice."""
    fields = _fields(kind, topic, entity, on, standing=standing, pinned=pinned)
    _run(connection, "remember", as_json, statements=statements or ["-"], fields=fields)


def _fields(
    kind: MemoryType | None,
    topic: list[str] | None,
    entity: list[str] | None,
    on: str | None,
    **more: Any,
) -> dict[str, Any]:
    """Spell options as fields of a memory; what is not given is `None`."""
    return {"memory_type": kind, "topics": topic, "entities": entity, "event_date": on, **more}


@group.command("list")
@with_connection(scope=True)
def list_memories(
    *,
    limit: Limit = 20,
    cursor: Cursor = None,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    session: Session = None,
    since: Since = None,
    hidden: Hidden = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """List memories, the newest first."""
    said = since and {"gte": since.astimezone()}
    criteria = _criteria(kind, topic, entity, session_id=session, created_at=said)
    page = {"limit": limit, "cursor": cursor, "hidden": hidden}
    _run(connection, "list_memories", as_json, criteria=criteria, **page)


@group.command()
@with_connection()
def get(memory_ids: MemoryIds, *, as_json: AsJson = False, connection: dict[str, Any]) -> None:
    """Show memories in full."""
    _run(connection, "get", as_json, memory_ids=memory_ids)


@group.command()
@with_connection()
def edit(
    memory_id: MemoryId,
    *,
    text: Text = None,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    on: On = None,
    standing: Standing = None,
    pinned: Pinned = None,
    reason: Reason = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Change what options name; the rest of the memory stays."""
    updates = _fields(kind, topic, entity, on, text=text, standing=standing, pinned=pinned)
    _run(connection, "edit", as_json, memory_id=memory_id, updates=updates, reason=reason)


@group.command()
@with_connection()
def history(
    memory_id: MemoryId,
    *,
    limit: Limit = 20,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show the changes of a memory, the latest first."""
    _run(connection, "history", as_json, memory_id=memory_id, limit=limit)


@group.command()
@with_connection()
def revert(
    memory_id: MemoryId,
    *,
    revision: Revision = None,
    reason: Reason = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Take a change back: an edit, a merge, a deletion, or a revert."""
    _run(connection, "revert", as_json, memory_id=memory_id, revision=revision, reason=reason)


@group.command()
@with_connection()
def delete(
    memory_ids: MemoryIds,
    *,
    reason: Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Delete memories; `revert` brings one back for a while."""
    _run(connection, "delete", as_json, memory_ids=memory_ids, reason=reason, yes=yes)


@group.command()
@with_connection(scope=True)
def forget(
    *,
    older_than: OlderThan = None,
    unused_for: UnusedFor = None,
    keep: Keep = None,
    kind: Type = None,
    topic: Topics = None,
    permanently: Permanently = False,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show what a policy would forget, and forget it when told to."""
    policy = {"max_age_days": older_than, "max_inactive_days": unused_for, "budget": keep}
    if set(policy.values()) == {None}:
        raise typer.BadParameter("give --older-than, --unused-for or --keep")
    policy, criteria = policy | {"permanently": permanently}, _criteria(kind, topic, None)
    _run(connection, "forget", as_json, policy=policy, criteria=criteria, yes=yes)


@app.command()
@with_connection(scope=True)
def watch(
    *,
    session: Session = None,
    count: Count = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Print changes of memories, or of a session, until Ctrl-C."""
    _run(connection, "watch", as_json, session=session, count=count)
