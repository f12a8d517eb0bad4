"""Commands `agent-memory sessions`, `agent-memory users` and `agent-memory whoami`."""

import importlib
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection
from agent_memory_services.commands.memories import AsJson, Cursor, Limit, Yes

app = typer.Typer()
sessions = typer.Typer(help="List, read, continue, copy and delete sessions.", no_args_is_help=True)
users = typer.Typer(help="Show and erase what is known of a user.", no_args_is_help=True)
app.add_typer(sessions, name="sessions")
app.add_typer(users, name="users")

SessionId = Annotated[str, typer.Argument(help="The session's id.")]
SessionIds = Annotated[list[str], typer.Argument(help="The sessions' ids.")]
NewSessionId = Annotated[str, typer.Argument(help="The copy's id.")]
At = Annotated[
    str | None, typer.Option(metavar="MESSAGE", help="Id of the last message to copy; else all.")
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(help="What was said, one message each; - reads lines.", metavar="TEXT"),
]
Role = Annotated[str, typer.Option(help="Who said it, such as user or assistant.")]
UserId = Annotated[str, typer.Argument(help="The user's id.")]
Log = Annotated[bool, typer.Option("--log", help="Every message that was accepted, not the view.")]
Question = Annotated[str, typer.Argument(help="The question that comes last.")]
Budget = Annotated[int | None, typer.Option(min=1, metavar="TOKENS", help="Most tokens to take.")]
Memories = Annotated[int, typer.Option(min=0, max=100, help="Most memories to add; 0 for none.")]
KeepMemories = Annotated[
    bool, typer.Option("--keep-memories", help="Keep what was learned from them.")
]


def _run(connection: dict[str, Any], command: str, as_json: bool, **named: Any) -> None:
    # A service process shares this command line, and needs no client.
    terminal = importlib.import_module("agent_memory_services.commands.sessions_terminal")
    raise typer.Exit(terminal.run(connection, command, as_json=as_json, **named))


@sessions.command("list")
@with_connection(scope=True)
def list_sessions(
    *,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """List sessions, the latest written first."""
    _run(connection, "list_sessions", as_json, limit=limit, cursor=cursor)


@sessions.command()
@with_connection(scope=True)
def show(
    session_id: SessionId,
    *,
    log: Log = False,
    limit: Limit = 50,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show a session: its messages, summary, memories and data."""
    command = "show_log" if log else "show"
    _run(connection, command, as_json, session_id=session_id, limit=limit)


@sessions.command()
@with_connection(scope=True)
def append(
    session_id: SessionId,
    texts: Texts = None,
    *,
    role: Role = "user",
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Add messages to a session, which begins with the first; facts are extracted."""
    what = {"session_id": session_id, "texts": texts or ["-"], "role": role}
    _run(connection, "append", as_json, **what)


@sessions.command()
@with_connection(scope=True)
def prompt(
    session_id: SessionId,
    question: Question,
    *,
    budget: Budget = None,
    memories: Memories = 10,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Show the prompt that a model would be given for a question."""
    asked = {"session_id": session_id, "question": question}
    _run(connection, "prompt", as_json, budget=budget, memories=memories, **asked)


@sessions.command()
@with_connection(scope=True)
def fork(
    session_id: SessionId,
    new_session_id: NewSessionId,
    *,
    at: At = None,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Copy a session up to a message, to go on from there in another way."""
    ids = {"session_id": session_id, "new_session_id": new_session_id}
    _run(connection, "fork", as_json, at=at, **ids)


@sessions.command()
@with_connection(scope=True)
def delete(
    session_ids: SessionIds,
    *,
    keep_memories: KeepMemories = False,
    yes: Yes = False,
    as_json: AsJson = False,
    connection: dict[str, Any],
) -> None:
    """Delete sessions, and what was learned from them alone."""
    which = {"session_ids": session_ids, "keep_memories": keep_memories}
    _run(connection, "delete", as_json, yes=yes, **which)


@users.command("show")
@with_connection()
def show_user(user_id: UserId, *, as_json: AsJson = False, connection: dict[str, Any]) -> None:
    """Show how much is known of a user, and what every prompt considers."""
    _run(connection, "show_user", as_json, user_id=user_id)


@users.command()
@with_connection()
def erase(
    user_id: UserId, *, yes: Yes = False, as_json: AsJson = False, connection: dict[str, Any]
) -> None:
    """Erase everything of a user for good: sessions, what waits, memories, history."""
    _run(connection, "erase", as_json, user_id=user_id, yes=yes)


@app.command()
@with_connection()
def whoami(*, as_json: AsJson = False, connection: dict[str, Any]) -> None:
    """Show whom the credential stands for."""
    _run(connection, "whoami", as_json)
