"""Calls and output of `agent-memory jobs`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_memory_client import MemoryAPIClient, MemoryClientError, MemoryUnavailableError
from agent_memory_client.models import Job, JobChange

_COLUMNS = ("id", "state", "session", "messages", "attempt", "created", "why")
_FIGURES = ("from", "done", "failed", "cancelled", "retried", "longest lag", "tokens")
_COLOURS = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "yellow"}
_WIDE = 10_000
_RECONNECT_SECONDS = 1.0


def run(options: Mapping[str, Any], command: str, *arguments: Any, **named: Any) -> int:
    """Run one of the commands below with a client of these options; answers the exit code."""

    async def connected() -> None:
        async with MemoryAPIClient(**options) as memory:
            await _COMMANDS[command](memory, *arguments, **named)

    try:
        asyncio.run(connected())
    except MemoryClientError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"agent-memory: {error}", markup=False, highlight=False
        )
        return 1
    except KeyboardInterrupt:
        pass
    return 0


async def list_jobs(memory: MemoryAPIClient, **wanted: Any) -> None:
    """Print a page of jobs."""
    page = await memory.list_jobs(**wanted)
    console = _console()
    console.print(_table(page.jobs))
    if page.next_cursor:
        console.print(f"There are more: --cursor {page.next_cursor}", highlight=False)


async def show_job(memory: MemoryAPIClient, job_id: str) -> None:
    """Print one job."""
    table = Table.grid(padding=(0, 2))
    for label, value in _described(await memory.get_job(job_id)):
        table.add_row(label, Text(value))
    _console().print(table)


async def retry_jobs(memory: MemoryAPIClient, job_ids: Sequence[str]) -> None:
    """Try each again, and print how they stand then."""
    _console().print(_table([await memory.retry_job(job_id) for job_id in job_ids]))


async def cancel_jobs(memory: MemoryAPIClient, job_ids: Sequence[str]) -> None:
    """Cancel each, and print how they stand then."""
    _console().print(_table([await memory.cancel_job(job_id) for job_id in job_ids]))


async def watch_jobs(
    memory: MemoryAPIClient, *, session_id: str | None, namespace: str | None
) -> None:
    """Print changes as they come; a connection that ends is taken up where it was."""
    console, token = _console(), ""
    while True:
        changes = memory.watch_jobs(session_id=session_id, namespace=namespace, resume_token=token)
        try:
            async with aclosing(changes):
                async for change in changes:
                    token = change.resume_token
                    if change.job is not None:
                        console.print(_line(change, change.job))
        except MemoryUnavailableError:
            if not token:
                raise
        await asyncio.sleep(_RECONNECT_SECONDS)


async def show_statistics(memory: MemoryAPIClient, period: str) -> None:
    """Print what was done in each period, and what waits."""
    found = await memory.get_statistics(period)
    table = Table(*_FIGURES, box=None, pad_edge=False)
    for each in found.periods:
        jobs = (each.succeeded_jobs, each.failed_jobs, each.cancelled_jobs, each.retried_attempts)
        tokens = sum(model.input_tokens + model.output_tokens for model in each.models)
        lag = f"{each.max_lag.total_seconds():.1f} s" if each.max_lag is not None else "-"
        table.add_row(_moment(each.started_at), *map(str, jobs), lag, str(tokens))
    console = _console()
    console.print(table)
    backlog = found.backlog
    waiting = (
        f"{backlog.pending_jobs} wait, {backlog.running_jobs} run, {backlog.failed_jobs} failed"
    )
    console.print(f"{waiting}; due for {backlog.oldest_due.total_seconds():.0f} s", highlight=False)
    if budget := found.token_budget:
        spent = f"{budget.used_tokens} of {budget.limit_tokens} tokens"
        console.print(f"{spent} until {_moment(budget.ends_at)}", highlight=False)


_COMMANDS: Mapping[str, Callable[..., Awaitable[None]]] = {
    command.__name__: command
    for command in (list_jobs, show_job, retry_jobs, cancel_jobs, watch_jobs, show_statistics)
}


def _console() -> Console:
    """Return a console whose lines wrap at the width of a terminal, but never in a pipe."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    return console


def _table(jobs: Iterable[Job]) -> Table:
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for job in jobs:
        why = job.error.reason or job.error.code if job.error else ""
        cells = (_session(job), _span(job), str(job.attempt), _moment(job.created_at), why)
        table.add_row(Text(job.id), _state(job), *map(Text, cells))
    return table


def _line(change: JobChange, job: Job) -> Text:
    extracted = f"extracted to {change.progress.extracted_sequence}" if change.progress else ""
    words = (_session(job), f"messages {_span(job)}", extracted)
    return Text("  ").join(
        [Text(f"{datetime.now(UTC):%H:%M:%S}"), Text(job.id), _state(job), *map(Text, words)]
    )


def _described(job: Job) -> Iterator[tuple[str, str]]:
    yield "id", job.id
    yield "kind", job.kind or "-"
    yield "state", job.state or "-"
    yield "session", _session(job)
    yield "incarnation", job.session_uid or "-"
    yield "user", job.user_id or "-"
    yield "messages", _span(job)
    yield "attempt", str(job.attempt)
    yield "memories", ", ".join(job.memory_ids) or "-"
    yield "error", f"{job.error.code} {job.error.reason}: {job.error.message}" if job.error else "-"
    for item in job.skipped:
        what = f"message {item.sequence}" if item.sequence else f"memory {item.memory_id}"
        yield "left out", f"{what}: {item.error.reason}: {item.error.message}"
    for receipt in job.forget_receipts:
        told = ", ".join(receipt.memory_ids) or f"{receipt.matched} memories could be meant"
        yield "asked to forget", f"{receipt.message_id}: {receipt.outcome}: {told}"
    yield from _times(job)


def _times(job: Job) -> Iterator[tuple[str, str]]:
    yield "created", _moment(job.created_at)
    yield "due", _moment(job.due_at)
    yield "started", _moment(job.started_at)
    yield "ended", _moment(job.ended_at)


def _state(job: Job) -> Text:
    return Text(job.state or "-", _COLOURS.get(job.state or "", ""))


def _session(job: Job) -> str:
    return "/".join(filter(None, (job.namespace, job.session_id))) or "-"


def _span(job: Job) -> str:
    return f"{job.first_sequence}-{job.last_sequence}" if job.last_sequence else "-"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "-"
