"""Commands `agent-memory search`, `remember`, `memories` and `watch`."""

import importlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

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
OneOrFilter = Annotated[
    str | None, typer.Argument(help="The memory's id; or give --filter.", metavar="MEMORY_ID")
]
IdsOrFilter = Annotated[
    list[str] | None,
    typer.Argument(help="The memories' ids; or give --filter.", metavar="MEMORY_IDS"),
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        metavar="CONDITION",
        help="Only where this holds: `topics=food`, `metadata.agent.id=chef`,"
        " `created_at<2026-01-01`, or JSON as the Python client's filters.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what it would be.")]
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


_CONDITION: Final = re.compile(r"\s*([\w.\-]+?)\s*(!=|>=|<=|\^=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_OPERATORS: Final = {
    "=": "eq",
    "!=": "ne",
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
    "^=": "prefix",
}
_LISTS: Final = frozenset({"topics", "entities"})
_TYPED: Final = frozenset({"access_count", "pinned", "standing"})
_METADATA: Final = "metadata."


def _conditions(given: Sequence[str] | None) -> dict[str, Any] | None:
    """Read conditions into the client's filters; all of them have to hold.

    Raises:
        typer.BadParameter: One is not understood, or takes the place of another.
    """
    filters: dict[str, Any] = {}
    for text in given or ():
        if text.lstrip().startswith("{"):
            _put(filters, _json(text), text)
        elif found := _CONDITION.fullmatch(text):
            name, sign, value = found.groups()
            field = name.removeprefix(_METADATA)
            among = filters if field == name else filters.setdefault("metadata", {})
            typed = _scalar(value) if field != name or name in _TYPED else value
            condition = among.setdefault(field, {})
            _narrow(condition, _OPERATORS[sign], typed, text, is_list=name in _LISTS)
        else:
            raise _refused(
                f"{text!r} is not understood; write FIELD=VALUE, with =, !=, <, <=, >,"
                " >= or ^= (begins with)"
            )
    return filters or None


def _json(text: str) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise _refused(f"{text!r} is not JSON: {error}") from None
    return read


def _put(filters: dict[str, Any], more: dict[str, Any], text: str) -> None:
    if both := filters.keys() & more.keys():
        raise _refused(f"{text!r} says something else of {', '.join(sorted(both))}")
    filters.update(more)


def _narrow(condition: Any, operator: str, value: Any, text: str, *, is_list: bool) -> None:
    """Add an operator to the condition of a field; of a list, several values have to be in it."""
    if is_list and operator == "eq":
        condition.setdefault("all", []).append(value)
    elif is_list and operator == "ne":
        condition.setdefault("none", []).append(value)
    elif not isinstance(condition, dict) or operator in condition:
        raise _refused(f"{text!r} says something else than a condition before it")
    else:
        condition[operator] = value


def _scalar(text: str) -> Any:
    """Read a number or a truth value; anything else is a text."""
    with suppress(ValueError):
        read = json.loads(text)
        if isinstance(read, int | float | str):
            return read
    return text


def _refused(why: str) -> typer.BadParameter:
    return typer.BadParameter(why, param_hint="--filter")


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
    conditions: Filters = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Find memories by meaning and by words, the best first."""
    criteria = _criteria(kind, topic, entity, session_id=session, search_mode=mode)
    criteria["filters"] = _conditions(conditions)
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
    conditions: Filters = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """List memories, the newest first."""
    said = since and {"gte": since.astimezone()}
    criteria = _criteria(kind, topic, entity, session_id=session, created_at=said)
    criteria["filters"] = _conditions(conditions)
    page = {"limit": limit, "cursor": cursor, "hidden": hidden}
    _run(connection, "list_memories", as_json, criteria=criteria, **page)


@group.command()
@with_connection()
def get(memory_ids: MemoryIds, *, as_json: AsJson = False, connection: dict[str, Any]) -> None:
    """Show memories in full."""
    _run(connection, "get", as_json, memory_ids=memory_ids)


@group.command()
@with_connection(scope=True)
def edit(
    memory_id: OneOrFilter = None,
    *,
    text: Text = None,
    kind: Type = None,
    topic: Topics = None,
    entity: Entities = None,
    on: On = None,
    standing: Standing = None,
    pinned: Pinned = None,
    reason: Reason = None,
    conditions: Filters = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Change what options name, of one memory or of all that a filter matches."""
    updates = _fields(kind, topic, entity, on, text=text, standing=standing, pinned=pinned)
    how: dict[str, Any] = {"updates": updates, "reason": reason}
    if memory_id is not None:
        _refuse_both(conditions, dry_run)
        _run(connection, "edit", as_json, memory_id=memory_id, **how)
    how |= {"filters": _needed(conditions), "dry_run": dry_run, "yes": yes}
    _run(connection, "edit_matching", as_json, **how)


def _needed(conditions: list[str] | None) -> dict[str, Any]:
    filters = _conditions(conditions)
    if not filters:
        raise typer.BadParameter("give an id, or --filter")
    return filters


def _refuse_both(conditions: list[str] | None, dry_run: bool) -> None:
    if conditions or dry_run:
        raise typer.BadParameter("give either ids, or --filter with or without --dry-run")


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
@with_connection(scope=True)
def delete(
    memory_ids: IdsOrFilter = None,
    *,
    reason: Reason = None,
    conditions: Filters = None,
    hidden: Hidden = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Delete memories by id or by a filter; `revert` brings one back for a while."""
    how: dict[str, Any] = {"reason": reason, "yes": yes}
    if memory_ids:
        _refuse_both(conditions, dry_run)
        _run(connection, "delete", as_json, memory_ids=memory_ids, **how)
    how |= {"filters": _needed(conditions), "hidden": hidden, "dry_run": dry_run}
    _run(connection, "delete_matching", as_json, **how)


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
