"""Extraction evaluation at a terminal, from files to tables."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc
from rich.console import Console
from rich.progress import Progress

from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.evaluation.adapters import Dataset
from agent_memory_services.evaluation.command import fail, read, shown, summary
from agent_memory_services.evaluation.corpus import Conversation, UnreadableCorpusError
from agent_memory_services.evaluation.coverage import Coverage, cover
from agent_memory_services.evaluation.extraction import Found, found_by, found_locally
from agent_memory_services.evaluation.extraction_report import (
    judged,
    mistakes,
    searched,
    told_in_words,
    verdict,
)
from agent_memory_services.evaluation.golden import Golden, read_golden
from agent_memory_services.evaluation.judging import judge
from agent_memory_services.evaluation.live_system import System
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.transport import channel_options

_MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
_LIVING: Final = {
    "AGENT_MEMORY_EXTRACTION_INDEX_MESSAGES": "true",
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.1",
    # Evaluates what needs no key, whatever the shell holds.
    "AGENT_MEMORY_EXTRACTION_EXTRACTOR": "local",
}
_WIDTH: Final = 100
"""Of the tables; where lines are shorter they wrap."""
_HOW: Final = """\
A message leads to itself, a fact to the turns that it cites. Hits that lead to nothing new are
passed over. A fact takes fewer words than a message, so the searches are also compared at the same
number of words read, which is what a prompt has room for."""


def evaluate_golden(paths: Sequence[Path], *, address: str | None, token: str | None) -> None:
    """Judge what is found in golden messages, the shipped ones where no file is named.

    Args:
        paths: files of golden messages.
        address: `host:port` of a running system to ask; None asks the local extractor, here.
        token: credential for it.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console(width=max(_WIDTH, Console().width))
    try:
        messages = [each for path in paths for each in read_golden(path)] or read_golden()
        found = (
            list(found_locally(messages)) if address is None else _asked(address, token, messages)
        )
    except (UnreadableCorpusError, OSError) as error:
        fail(str(error))
    except grpc.aio.AioRpcError as error:
        fail(f"{error.code().name}: {error.details()}")
    judgements = {"all": judge(found)}
    for name, held_out in (("rules were made with", False), ("kept apart", True)):
        some = [each for each in found if each[0].held_out is held_out]
        if some and len(some) < len(found):
            judgements[name] = judge(some)
    console.print(f"{len(messages)} messages")
    console.print(judged(judgements))
    for line in mistakes({"all": judgements["all"]}):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def evaluate_conversations(
    paths: Sequence[Path], dataset: Dataset, *, address: str | None, token: str | None
) -> None:
    """Say how much of the evidence of conversations facts cover, and what they do to searching.

    Args:
        paths: files of the data set.
        dataset: what they hold.
        address: `host:port` of a running system that indexes messages; None runs one for the
            moment, with the local extractor.
        token: credential for it.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console(width=max(_WIDTH, Console().width))
    try:
        conversations = read(paths, dataset)
        with Progress(console=console, transient=True) as progress:
            coverage = asyncio.run(_cover(conversations, address, token, progress))
    except (UnreadableCorpusError, OSError, EmbeddedError, TimeoutError) as error:
        fail(str(error) or "extraction takes too long")
    except grpc.aio.AioRpcError as error:
        fail(f"{error.code().name}: {error.details()}")
    console.print(summary(conversations))
    console.print(searched(coverage))
    console.print(told_in_words(coverage))
    console.print(f"{_HOW}\n\n{verdict(coverage)}", highlight=False, soft_wrap=True)


def _asked(address: str, token: str | None, messages: Sequence[Golden]) -> list[Found]:
    async def ask() -> list[Found]:
        async with _channel(address) as channel:
            return await found_by(channel, token, messages)

    return asyncio.run(ask())


async def _cover(
    conversations: Sequence[Conversation],
    address: str | None,
    token: str | None,
    progress: Progress,
) -> Coverage:
    async with _running(address) as reached, _channel(reached) as channel:
        system = System(channel, token, f"evaluation-{new_id()}")
        return await cover(system, conversations, shown(progress, "Extracting"))


@asynccontextmanager
async def _running(address: str | None) -> AsyncIterator[str]:
    if address is not None:
        yield address
        return
    with TemporaryDirectory() as folder:
        options = StackOptions(state_dir=Path(folder), environment=_LIVING)
        async with Stack(options) as stack:
            yield str(stack.address)


@asynccontextmanager
async def _channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address, channel_options(_MAX_MESSAGE_BYTES)) as channel:
        yield channel
