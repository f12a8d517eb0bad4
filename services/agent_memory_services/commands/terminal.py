"""Parts of the commands for people: one call, its errors in one line, questions, and output."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent_memory_client import MemoryClient, errors
from agent_memory_client.models import MemoryRecord, TimePrecision
from agent_memory_services.commands.connection_options import in_options

INTERRUPTED: Final = 130
_WIDE: Final = 10_000
_DIM: Final = "dim"
_EMPTY: Final[Sequence[Any]] = (None, "", [], {})
_DAY: Final = "%Y-%m-%d"
_PERIODS: Final[Mapping[TimePrecision, str]] = {
    TimePrecision.WEEK: "week of %Y-%m-%d",
    TimePrecision.MONTH: "%Y-%m",
    TimePrecision.SEASON: "quarter from %Y-%m",
    TimePrecision.YEAR: "%Y",
}

Command = Callable[..., int | None]


class RefusedError(Exception):
    """A command that does nothing, for the reason that its text says."""


def run(options: Mapping[str, Any], command: Command, **named: Any) -> int:
    """Run a command with a client of these options; answers the exit code."""
    try:
        with MemoryClient(**options) as memory:
            return command(memory, **named) or 0
    except (errors.MemoryClientError, RefusedError) as error:
        complain(in_one_line(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has enough; nothing more may be written when the process ends.
        sys.stdout = None
        return 0
    except OSError as error:
        sys.stdout = None
        complain(f"cannot write: {error.strerror or error}")
        return 1


def in_one_line(error: Exception) -> str:
    """Say what went wrong, and what to do about it, in terms of the command line."""
    text = " ".join(str(error).split())
    match error:
        case errors.MemoryClientError(reason="" | "UNIMPLEMENTED"):
            # Nothing of it comes from a service: it is about the client's own settings.
            text = in_options(text)
    match error:
        case errors.MemoryAuthenticationError():
            return f"{text}; give --api-key or --bearer-token, a variable, or a --profile"
        case errors.MemoryTimeoutError():
            return f"{text}; --timeout SECONDS allows more"
    return text


def complain(text: str) -> None:
    """Print a line to the standard error."""
    Console(stderr=True, soft_wrap=True).print(
        f"agent-memory: {text}", markup=False, highlight=False
    )


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is gone.

    Raises:
        RefusedError: The answer is not yes, or nobody is there to answer.
    """
    if yes:
        return
    if not is_attended():
        raise RefusedError("nothing was changed: nobody can be asked here; --yes goes ahead")
    Console(stderr=True).print(f"{question} [y/N] ", end="", markup=False, highlight=False)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise RefusedError("nothing was changed")


def is_attended() -> bool:
    """Tell whether somebody is there to answer a question."""
    return sys.stdin.isatty()


class _Pipe(Console):
    """A console that leaves the end of its pipe to the command."""

    def on_broken_pipe(self) -> None:
        """Tell the command that nobody reads any more; not to read on is no failure."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console whose lines wrap at the width of a terminal, but never in a pipe."""
    made = _Pipe(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = _WIDE
    return made


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts that say something; a dash stands for the lines of the standard input."""
    for text in texts:
        for line in sys.stdin if text == "-" else [text]:
            if stripped := line.strip():
                yield stripped


def say(text: str) -> None:
    """Print a line to the standard output."""
    console().print(Text(text))


def print_json(values: Iterable[Any]) -> None:
    """Print values as JSON, one a line."""
    for value in values:
        plain = as_plain(value)
        sys.stdout.write(json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def as_plain(value: Any) -> Any:
    """Spell a value of the client in the types of JSON, without what is absent or empty."""
    return _filled(to_jsonable_python(value, bytes_mode="base64", fallback=_error))


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        held = {key: _filled(each) for key, each in value.items()}
        return {key: each for key, each in held.items() if each not in _EMPTY}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _error(value: Any) -> Any:
    if isinstance(value, errors.MemoryClientError):
        return {"message": value.message, "reason": value.reason}
    return str(value)


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Print names and their values, one pair a line; without those that have no value."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style=_DIM, no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields:
        if value:
            table.add_row(name, Text(value))
    console().print(table)


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table, whose first column is never cut."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console().print(table)


def end_page(counted: str, cursor: str | None, as_json: bool) -> None:
    """Say how much of everything a page holds, and how to go on; JSON is left alone."""
    if not as_json:
        say(counted)
    if cursor:
        complain(f"there are more: --cursor {cursor}")


def tell_deleted(ids: Sequence[str], told: str, as_json: bool) -> None:
    """Say what was deleted, in words or as JSON."""
    if as_json:
        print_json([{"deleted_ids": ids}])
    else:
        say(told)


def print_memories(memories: Sequence[MemoryRecord], *, scoped: bool) -> None:
    """Print memories: each as its text, and beneath it what else is known.

    Args:
        memories: The memories, with their scores where a search found them.
        scoped: Whether all of them are of the one user who was asked for.
    """
    out = console()
    for memory in memories:
        score = getattr(memory, "score", None)
        head = Text(f"{score:.2f}  ", "cyan") if score is not None else Text()
        out.print(head + Text(memory.text, "bold"))
        facts = Text("  ").join(Text(each) for each in known_of(memory, scoped=scoped))
        facts.stylize(_DIM)
        out.print(Padding(facts, (0, 0, 0, 2 if score is None else 6), expand=False))


def known_of(memory: MemoryRecord, *, scoped: bool) -> Iterator[str]:
    """Yield what is known of a memory besides its text, in a few words each."""
    yield memory.id
    yield str(memory.memory_type)
    if not scoped:
        yield from (f"of {memory.user_id}",) if memory.user_id else ()
        yield from (f"in {memory.namespace}",) if memory.namespace else ()
    if memory.topics:
        yield ", ".join(memory.topics)
    if memory.event_date is not None:
        yield f"on {event_of(memory)}"
    if memory.created_at is not None:
        yield f"said {memory.created_at.astimezone():{_DAY}}"
    yield from states_of(memory)


def states_of(memory: MemoryRecord) -> Iterator[str]:
    """Yield what sets a memory apart from others that are simply true."""
    if memory.standing:
        yield "standing"
    if memory.pinned:
        yield "pinned"
    if memory.validity and memory.validity.invalid_from:
        yield f"no longer true from {memory.validity.invalid_from.astimezone():{_DAY}}"
    if memory.merged_into:
        yield f"merged into {memory.merged_into}"
    if memory.archived_at:
        yield f"archived {memory.archived_at.astimezone():{_DAY}}"
    if memory.conflicts_with:
        yield f"in conflict with {', '.join(memory.conflicts_with)}"
    if memory.forget_requested_at:
        yield f"asked to be forgotten {memory.forget_requested_at.astimezone():{_DAY}}"


def event_of(memory: MemoryRecord) -> str:
    """Spell when a memory's event is, as exactly as it is known."""
    if memory.event_date is None:
        return ""
    if memory.event_precision == TimePrecision.INSTANT and memory.event_date.time().isoformat() != (
        "00:00:00"
    ):
        return moment(memory.event_date)
    return memory.event_date.astimezone(UTC).strftime(_PERIODS.get(memory.event_precision, _DAY))


def moment(value: datetime | None) -> str:
    """Spell a time in the zone of this machine."""
    return f"{value.astimezone():%Y-%m-%d %H:%M:%S}" if value else ""
