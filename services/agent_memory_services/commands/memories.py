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

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, one value a line.", show_envvar=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.", show_envvar=False)]
MemoryId = Annotated[str, typer.Argument(help="The memory's id.", show_default=False)]
MemoryIds = Annotated[list[str], typer.Argument(help="The memories' ids.", show_default=False)]
Topics = Annotated[
    list[str] | None, typer.Option("--topic", help="About one of these.", show_default=False)
]
Entities = Annotated[
    list[str] | None, typer.Option("--entity", help="Mentions one of these.", show_default=False)
]
Session = Annotated[str | None, typer.Option(help="Learned in this session.", show_default=False)]
Reason = Annotated[str | None, typer.Option(help="Why, for the history.", show_default=False)]
Cursor = Annotated[
    str | None, typer.Option(help="Continue after the page before.", show_default=False)
]


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


Type = Annotated[
    MemoryType | None, typer.Option("--type", help="Only this type.", show_default=False)
]


def _run(connection: dict[str, Any], command: str, **named: Any) -> None:
    # A service process shares this command line, and needs no client.
    terminal = importlib.import_module("agent_memory_services.commands.memories_terminal")
    raise typer.Exit(terminal.run(connection, command, **named))


@app.command()
@with_connection(scope=True)
def search(
    question: Annotated[str, typer.Argument(help="What to look for, in words.")],
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Most to show.")] = 5,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    session: Session = None,
    mode: Annotated[
        Mode | None, typer.Option(help="By meaning, by words, or both.", show_default="hybrid")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="What was true on that day.", show_default=False),
    ] = None,
    min_score: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out lower ones.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Find memories by meaning and by words, the best first."""
    _run(
        connection,
        "search",
        question=question,
        limit=limit,
        criteria={
            "memory_type": kind,
            "topics": topic and {"any": topic},
            "entities": entity and {"any": entity},
            "session_id": session,
            "search_mode": mode,
            "as_of": as_of and as_of.astimezone(),
            "min_score": min_score,
        },
        as_json=as_json,
    )


@app.command()
@with_connection(scope=True)
def remember(
    statements: Annotated[
        list[str] | None,
        typer.Argument(help="What to remember, one statement each; - reads lines.", metavar="TEXT"),
    ] = None,
    *,
    kind: Annotated[
        MemoryType, typer.Option("--type", help="A fact, or something that happened.")
    ] = MemoryType.SEMANTIC,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="What it is about.", show_default=False)
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", help="What it mentions.", show_default=False)
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Day or time it happened (ISO 8601).", show_default=False)
    ] = None,
    standing: Annotated[
        bool, typer.Option("--standing", help="Consider it in every prompt.")
    ] = False,
    pinned: Annotated[
        bool, typer.Option("--pinned", help="Never merge or forget it by itself.")
    ] = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Store memories; what is known already is not stored twice."""
    fields = {
        "memory_type": kind,
        "topics": topic,
        "entities": entity,
        "event_date": on,
        "standing": standing,
        "pinned": pinned,
    }
    _run(connection, "remember", statements=statements or ["-"], fields=fields, as_json=as_json)


@group.command("list")
@with_connection(scope=True)
def list_memories(
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10_000, help="Most to show.")
    ] = 20,
    cursor: Cursor = None,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    session: Session = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Said on that day or later.", show_default=False),
    ] = None,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Also superseded, merged and archived ones.")
    ] = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """List memories, the newest first."""
    _run(
        connection,
        "list_memories",
        limit=limit,
        cursor=cursor,
        hidden=hidden,
        criteria={
            "memory_type": kind,
            "topics": topic and {"any": topic},
            "entities": entity and {"any": entity},
            "session_id": session,
            "created_at": since and {"gte": since.astimezone()},
        },
        as_json=as_json,
    )


@group.command()
@with_connection()
def get(memory_ids: MemoryIds, *, as_json: AsJson = False, connection: dict[str, Any]) -> None:
    """Show memories in full."""
    _run(connection, "get", memory_ids=memory_ids, as_json=as_json)


@group.command()
@with_connection()
def edit(
    memory_id: MemoryId,
    *,
    text: Annotated[str | None, typer.Option(help="The corrected statement.")] = None,
    kind: Type = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="All it is about.", show_default=False)
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", help="All it mentions.", show_default=False)
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Day or time it happened (ISO 8601).", show_default=False)
    ] = None,
    standing: Annotated[bool | None, typer.Option(help="Consider it in every prompt.")] = None,
    pinned: Annotated[bool | None, typer.Option(help="Never merge or forget it by itself.")] = None,
    reason: Reason = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Change what options name; the rest of the memory stays."""
    updates = {
        "text": text,
        "memory_type": kind,
        "topics": topic,
        "entities": entity,
        "event_date": on,
        "standing": standing,
        "pinned": pinned,
    }
    _run(connection, "edit", memory_id=memory_id, updates=updates, reason=reason, as_json=as_json)


@group.command()
@with_connection()
def history(
    memory_id: MemoryId,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1000, help="Most to show.")
    ] = 20,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show the changes of a memory, the latest first."""
    _run(connection, "history", memory_id=memory_id, limit=limit, as_json=as_json)


@group.command()
@with_connection()
def revert(
    memory_id: MemoryId,
    *,
    revision: Annotated[
        str | None, typer.Option(help="The change to take back.", show_default="the latest")
    ] = None,
    reason: Reason = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Take a change back: an edit, a merge, a deletion, or a revert."""
    _run(
        connection,
        "revert",
        memory_id=memory_id,
        revision=revision,
        reason=reason,
        as_json=as_json,
    )


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
    _run(connection, "delete", memory_ids=memory_ids, reason=reason, yes=yes, as_json=as_json)


@group.command()
@with_connection(scope=True)
def forget(
    *,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", help="Older than this.", show_default=False)
    ] = None,
    unused_for: Annotated[
        float | None,
        typer.Option(metavar="DAYS", help="Not found for this long.", show_default=False),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=0, metavar="NUMBER", help="All but each owner's best so many."),
    ] = None,
    kind: Type = None,
    topic: Topics = None,
    permanently: Annotated[
        bool, typer.Option("--permanently", help="Delete at once, without archiving first.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show what a policy would forget, and forget it when told to."""
    if older_than is None and unused_for is None and keep is None:
        raise typer.BadParameter("give --older-than, --unused-for or --keep")
    policy = {
        "max_age_days": older_than,
        "max_inactive_days": unused_for,
        "budget": keep,
        "permanently": permanently,
    }
    criteria = {"memory_type": kind, "topics": topic and {"any": topic}}
    _run(connection, "forget", policy=policy, criteria=criteria, yes=yes, as_json=as_json)


@app.command()
@with_connection(scope=True)
def watch(
    *,
    session: Annotated[
        str | None, typer.Option(help="What happens in this session.", show_default=False)
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="End after so many changes.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Print changes of memories, or of a session, until Ctrl-C."""
    _run(connection, "watch", session=session, count=count, as_json=as_json)
