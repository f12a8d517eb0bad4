"""Command `agent-memory jobs`: list, show, retry, cancel, watch and count background work."""

import importlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection

app = typer.Typer(
    help="List, show, retry, cancel, watch and count background work.", no_args_is_help=True
)

JobIds = Annotated[list[str], typer.Argument(help="The jobs' ids.")]
SessionId = Annotated[
    str | None, typer.Option("--session", help="Only this session.", show_default=False)
]
Namespace = Annotated[str | None, typer.Option(help="Its namespace.", show_default=False)]


class State(StrEnum):
    """Statuses of a job, as `--status` names them."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Period(StrEnum):
    """Lengths of periods, as `--period` names them."""

    MINUTE = "minute"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class _Terminal:
    """The calls behind the commands, loaded when one is made."""

    options: dict[str, Any]

    def run(self, command: str, *arguments: object, **named: object) -> None:
        # A service process shares this command line, and needs no client.
        module = importlib.import_module("agent_memory_services.commands.jobs_terminal")
        raise typer.Exit(module.run(self.options, command, *arguments, **named))


@app.callback()
@with_connection()
def connect(
    context: typer.Context,
    *,
    connection: dict[str, Any],
) -> None:
    """List, show, retry, cancel, watch and count background work."""
    context.obj = _Terminal(connection)


@app.command("list")
def list_jobs(
    context: typer.Context,
    *,
    session: SessionId = None,
    namespace: Namespace = None,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most jobs to show.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Continue after the list before.")] = None,
) -> None:
    """List jobs, the latest first."""
    context.obj.run(
        "list_jobs",
        session_id=session,
        namespace=namespace,
        state=state,
        limit=limit,
        cursor=cursor,
    )


@app.command()
def show(context: typer.Context, job_id: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Show a job in full."""
    context.obj.run("show_job", job_id)


@app.command()
def retry(context: typer.Context, job_ids: JobIds) -> None:
    """Retry failed or cancelled jobs."""
    context.obj.run("retry_jobs", job_ids)


@app.command()
def cancel(context: typer.Context, job_ids: JobIds) -> None:
    """Cancel waiting or running jobs; they can be retried."""
    context.obj.run("cancel_jobs", job_ids)


@app.command()
def watch(
    context: typer.Context, *, session: SessionId = None, namespace: Namespace = None
) -> None:
    """Print the state of jobs and every change, until Ctrl-C."""
    context.obj.run("watch_jobs", session_id=session, namespace=namespace)


@app.command()
def statistics(
    context: typer.Context,
    *,
    period: Annotated[
        Period, typer.Option(help="Of the last hour by minutes, or of seven days by hours.")
    ] = Period.HOUR,
) -> None:
    """Show what jobs and models did, what waits, and what is left of the token budget."""
    context.obj.run("show_statistics", period)
