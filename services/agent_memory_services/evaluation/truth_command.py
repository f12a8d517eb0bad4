"""Evaluation of beliefs at a terminal, from histories to tables."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import grpc
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.evaluation.command import fail, shown
from agent_memory_services.evaluation.corpus import UnreadableCorpusError
from agent_memory_services.evaluation.histories import (
    SHIPPED_CORRECTIONS,
    SHIPPED_HISTORIES,
    History,
    Way,
    read_histories,
)
from agent_memory_services.evaluation.live_system import System, running
from agent_memory_services.evaluation.truth import Fault, Verdict, tell
from agent_memory_services.kit.contract.ids import new_id

_AT_ONCE: Final = 8
"""Histories that are told at the same time."""
_WIDTH: Final = 110
"""Of the tables; where lines are shorter they wrap."""
_TITLES: Final = {
    Way.CHAT: "Told in chats: histories, and wrong beliefs",
    Way.CREATE: "Stored by CreateMemories: histories, and wrong beliefs",
}
_ALL: Final = "all"


def evaluate_truth(
    paths: Sequence[Path],
    ways: Collection[Way],
    *,
    kinds: Collection[str] = (),
    address: str | None,
    token: str | None,
    failures: bool = False,
) -> None:
    """Tell histories, the shipped ones where no file is named, and print what is wrong after them.

    Args:
        paths: files of histories.
        ways: how they are told.
        kinds: kinds of histories to tell; all where there is none.
        address: `host:port` of a running system; None runs one for the moment, with the local
            extractor.
        token: credential for it.
        failures: lists every wrong belief with what is remembered.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console(width=max(_WIDTH, Console().width))
    try:
        histories = _read(paths or [SHIPPED_HISTORIES, SHIPPED_CORRECTIONS], kinds)
        with Progress(console=console, transient=True) as progress:
            verdicts = asyncio.run(_tell(histories, ways, address, token, progress))
    except (UnreadableCorpusError, OSError, EmbeddedError, TimeoutError) as error:
        fail(str(error) or "extraction takes too long")
    except grpc.aio.AioRpcError as error:
        fail(f"{error.code().name}: {error.details()}")
    console.print(f"{len(histories)} histories, told {len(verdicts)} times")
    for table in truth_tables(verdicts):
        console.print(table)
    if failures:
        for line in failed(verdicts):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def truth_tables(verdicts: Sequence[Verdict]) -> Iterator[Table]:
    """Yield a table for each way of telling: by kind, what is right and each fault's number."""
    for way, title in _TITLES.items():
        told = [verdict for verdict in verdicts if verdict.way is way]
        if not told:
            continue
        table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
        table.add_column("kind", no_wrap=True)
        for name in ("told", "right", *(fault.value.replace(" ", "\n") for fault in Fault)):
            table.add_column(name, justify="right", no_wrap=True)
        for kind in sorted({verdict.history.kind for verdict in told}):
            table.add_row(kind, *_counts([one for one in told if one.history.kind == kind]))
        table.add_row(_ALL, *_counts(told))
        yield table


def failed(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the wrong beliefs of every history with its statements and what came of them."""
    for verdict in verdicts:
        if not verdict.faults:
            continue
        yield f"\n{verdict.history.id}, {verdict.way.value}"
        for statement in verdict.history.told(verdict.way):
            owner = f" {statement.owner}:" if statement.owner else ""
            yield f"  said {statement.said:%Y-%m-%d}{owner} {statement.text}"
        for owner, memories in verdict.remembered.items():
            name = f" {owner}:" if owner else ""
            yield f"  current{name} {' | '.join(memories.current) or '-'}"
            over = [text for text in memories.findable if text not in memories.current]
            yield f"  over{name} {' | '.join(over) or '-'}"
        for fault, words in verdict.faults:
            yield f"  {fault.value}: {words}"


def _counts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the number of histories, of those wholly right, and of faults of each sort."""
    yield str(len(verdicts))
    yield str(sum(not verdict.faults for verdict in verdicts))
    every = [fault for verdict in verdicts for fault, _ in verdict.faults]
    yield from (str(every.count(fault)) for fault in Fault)


def _read(sources: Sequence[Traversable], kinds: Collection[str]) -> list[History]:
    """Return the histories of files that are of one of the kinds.

    Raises:
        UnreadableCorpusError: a file holds something else, or none of them is of these kinds.
        OSError: a file cannot be read.
    """
    every = [history for source in sources for history in read_histories(source)]
    histories = [history for history in every if not kinds or history.kind in kinds]
    if not histories:
        known = ", ".join(sorted({history.kind for history in every}))
        raise UnreadableCorpusError(f"no history of these kinds; there are: {known}")
    return histories


async def _tell(
    histories: Sequence[History],
    ways: Collection[Way],
    address: str | None,
    token: str | None,
    progress: Progress,
) -> list[Verdict]:
    show = shown(progress, "Telling")
    tasks = [(history, way) for way in ways for history in histories if history.told(way)]
    done = 0
    free = asyncio.Semaphore(_AT_ONCE)
    async with running(address, index_messages=False) as channel:
        system = System(channel, token, f"evaluation-{new_id()}")

        async def one(history: History, way: Way) -> Verdict:
            nonlocal done
            async with free:
                verdict = await tell(system, history, way)
            done += 1
            show(done, len(tasks))
            return verdict

        return await asyncio.gather(*(one(history, way) for history, way in tasks))
