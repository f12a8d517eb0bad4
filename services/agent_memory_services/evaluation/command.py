"""Retrieval evaluation at a terminal, from files to tables."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import grpc
import typer
from rich.console import Console
from rich.progress import Progress

from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.evaluation import corpus
from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset, written
from agent_memory_services.evaluation.report import Outcome, tables
from agent_memory_services.evaluation.retrieval import (
    BASELINES,
    LESSENED,
    Evaluation,
    NotStoredError,
    connected,
)


def evaluate(
    paths: Sequence[Path],
    dataset: Dataset,
    *,
    address: str | None,
    token: str | None,
    speakers: corpus.SpeakerForm,
    tracked: bool,
    parts: bool,
) -> None:
    """Evaluate retrieval on the files of a data set and print the outcome.

    Args:
        paths: the files; none for the conversations that are shipped.
        dataset: what they hold.
        address: `host:port` of the running system; None runs one for the moment.
        token: credential for it.
        speakers: how memories say who speaks.
        tracked: whether what is found counts as accessed.
        parts: compare with one part of the ranking switched off at a time, instead of with the
            usual methods of the field.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console()
    try:
        conversations = read(paths, dataset)
        with Progress(console=console, transient=True) as progress:
            evaluation = Evaluation(
                baselines=LESSENED if parts else BASELINES,
                form=speakers,
                tracked=tracked,
                progress=shown(progress, "Asking"),
            )
            outcomes = asyncio.run(_run(evaluation, conversations, address, token))
    except (corpus.UnreadableCorpusError, OSError, EmbeddedError, NotStoredError) as error:
        fail(str(error))
    except grpc.aio.AioRpcError as error:
        fail(f"{error.code().name}: {error.details()}")
    console.print(summary(conversations))
    for table in tables(outcomes):
        console.print(table)


def read(paths: Sequence[Path], dataset: Dataset) -> list[corpus.Conversation]:
    """Return the conversations of files, or without any those that are shipped.

    Raises:
        UnreadableCorpusError: a file holds something else, or they hold no question.
        OSError: a file cannot be read.
    """
    if not paths:
        return list(written.shipped())
    conversations = [each for path in paths for each in ADAPTERS[dataset](path)]
    if not any(question.counts for each in conversations for question in each.questions):
        raise corpus.UnreadableCorpusError(
            f"{', '.join(map(str, paths))} does not hold any question"
        )
    return conversations


async def _run(
    evaluation: Evaluation,
    conversations: Sequence[corpus.Conversation],
    address: str | None,
    token: str | None,
) -> dict[str, list[Outcome]]:
    async with AsyncExitStack() as running:
        if address is None:
            folder = Path(running.enter_context(TemporaryDirectory()))
            stack = Stack(StackOptions(state_dir=folder, gateway=False))
            await running.enter_async_context(stack)
            address = str(stack.services["long_term_memory"])
        connection = await running.enter_async_context(connected(address, token))
        return await evaluation.run(connection, conversations)


def shown(progress: Progress, what: str) -> Callable[[int, int], None]:
    """Return a callback that shows how much of something is done, and of how much."""
    task = progress.add_task(what, total=None)

    def show(done: int, whole: int) -> None:
        progress.update(task, completed=done, total=whole)

    return show


def summary(conversations: Sequence[corpus.Conversation]) -> str:
    """Return one line that describes the evaluated material."""
    turns = sum(len(each.turns) for each in conversations)
    questions = sum(len(each.questions) for each in conversations)
    aside = sum(each.set_aside for each in conversations)
    return (
        f"{len(conversations)} conversations, {turns} turns, {questions} questions "
        f"({aside} without evidence set aside)"
    )


def fail(message: str) -> NoReturn:
    """Print why it could not be done, and end.

    Raises:
        typer.Exit: always.
    """
    Console(stderr=True, soft_wrap=True).print(f"agent-memory: {message}", markup=False)
    raise typer.Exit(1)
