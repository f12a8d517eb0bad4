"""Commands `export` and `import` of the command line."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection
from agent_memory_services.kit.contract import clock

app = typer.Typer()


def _path(name: str) -> Path | None:
    return None if name == "-" else Path(name)


def _terminal() -> Any:
    # A service process shares this command line, and needs no client.
    return importlib.import_module("agent_memory_services.transfer_cli.terminal")


@app.command("export")
@with_connection()
def export(
    file: Annotated[str, typer.Argument(help="File to write; - is the standard output.")],
    *,
    user: Annotated[str | None, typer.Option(help="Only memories of this user.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only this namespace.")] = None,
    include_hidden: Annotated[
        bool, typer.Option(help="Include superseded, merged and archived memories.")
    ] = False,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted export.")] = False,
    connection: dict[str, Any],
) -> None:
    """Write memories to a file, one a line, the oldest first."""
    code = _terminal().run_export(
        connection,
        _path(file),
        user=user,
        namespace=namespace,
        include_hidden=include_hidden,
        resume=resume,
    )
    raise typer.Exit(code)


@app.command("import")
@with_connection()
def import_(
    file: Annotated[
        str,
        typer.Argument(
            help="File to read, the folder of an export, or with `--from redis` the address of"
            " that store (redis://) or server (http://); - is the standard input."
        ),
    ],
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="Who made it: agent-memory, redis (agent-memory-server), mem0, langgraph, chatgpt,"
            " claude, whatsapp, slack; auto tells by what is in it.",
        ),
    ] = "auto",
    user: Annotated[
        str | None, typer.Option(help="Owner of what names none, in a file of others.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="Namespace of what names none, in a file of others.")
    ] = None,
    speaker: Annotated[
        str, typer.Option(help="The user's name in a chat among people; else who speaks first.")
    ] = "",
    time_zone: Annotated[
        str, typer.Option(help="IANA zone of times in a chat that name none.")
    ] = "UTC",
    source_token: Annotated[
        str | None,
        typer.Option(
            envvar="AGENT_MEMORY_IMPORT_SOURCE_TOKEN", help="Bearer token for a server to read."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what a file of others holds.")
    ] = False,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted import.")] = False,
    connection: dict[str, Any],
) -> None:
    """Store the memories and conversations of a file; existing ones are left alone."""
    foreign = importlib.import_module("agent_memory_services.transfer_cli.foreign")
    sources = [each.value for each in foreign.Source]
    if source not in sources:
        raise typer.BadParameter(f"is none of {', '.join(sources)}", param_hint="--from")
    zone = clock.zone_of(time_zone)
    if zone is None:
        raise typer.BadParameter("must be an IANA time zone", param_hint="--time-zone")
    remote = "://" in file
    if remote and source not in {"auto", "redis"}:
        raise typer.BadParameter("only redis is read from an address", param_hint="--from")
    terminal = _terminal()
    asked = terminal.Foreign(
        source=foreign.Source(source),
        reader=foreign.Reader(speaker=speaker, zone=zone),
        user=user,
        namespace=namespace,
        dry_run=dry_run,
        address=file if remote else None,
        token=source_token,
    )
    path = None if remote else _path(file)
    raise typer.Exit(terminal.run_import(connection, path, resume=resume, asked=asked))
