"""Extraction evaluation at a terminal, from files to tables."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import grpc
from rich.console import Console
from rich.progress import Progress

from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.evaluation import extraction_report
from agent_memory_services.evaluation.adapters import Dataset
from agent_memory_services.evaluation.command import fail, read, shown, summary
from agent_memory_services.evaluation.corpus import Conversation, UnreadableCorpusError
from agent_memory_services.evaluation.coverage import Coverage, cover
from agent_memory_services.evaluation.extraction import Found, found_by, found_locally
from agent_memory_services.evaluation.golden import Golden, read_golden, shipped
from agent_memory_services.evaluation.judging import Judgement, groups, judge
from agent_memory_services.evaluation.live_system import System, connected_to, running
from agent_memory_services.kit.contract.ids import new_id

_WIDTH: Final = 100
"""Of the tables; where lines are shorter they wrap."""
_STYLE: Final = "matched by exact words"
_MADE_WITH: Final = "rules were made with"
_APART: Final = "kept apart"
_HOW: Final = """\
A message leads to itself, a fact to the turns that it cites. Hits that lead to nothing new are
passed over. A fact takes fewer words than a message, so the searches are also compared at the same
number of words read, which is what a prompt has room for."""


def evaluate_golden(
    paths: Sequence[Path], *, address: str | None, token: str | None, missed: bool = False
) -> None:
    """Judge what is found in golden messages, the shipped ones where no file is named.

    Args:
        paths: files of golden messages.
        address: `host:port` of a running system to ask; None asks the local extractor, here.
        token: credential for it.
        missed: lists the facts that were not found, besides false statements.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console(width=max(_WIDTH, Console().width))
    try:
        sources: Sequence[Traversable] = paths or shipped()
        files = {source.name: read_golden(source) for source in sources}
        messages = [each for file in files.values() for each in file]
        found = (
            list(found_locally(messages)) if address is None else _asked(address, token, messages)
        )
    except (UnreadableCorpusError, OSError) as error:
        fail(str(error))
    except grpc.aio.AioRpcError as error:
        fail(f"{error.code().name}: {error.details()}")
    console.print(f"{len(messages)} messages")
    everything = judge(found)
    console.print(extraction_report.judged("Facts", {"all": everything, **_parts(files, found)}))
    if any(golden.style for golden in messages):
        console.print(
            extraction_report.judged("By language", groups(found, lambda golden: golden.language))
        )
        console.print(
            extraction_report.judged(
                "By style", groups(found, lambda golden: golden.style or _STYLE)
            )
        )
    for line in extraction_report.mistakes(everything, missed=missed):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _parts(files: Mapping[str, Sequence[Golden]], found: Sequence[Found]) -> dict[str, Judgement]:
    """Judge the files apart, and what rules were made with apart from the rest."""
    parts: dict[str, Judgement] = {}
    first = 0
    for name, messages in files.items():
        parts[name] = judge(found[first : first + len(messages)])
        first += len(messages)
    kept_apart = groups(found, lambda golden: _APART if golden.held_out else _MADE_WITH)
    return {
        name: judgement
        for several in (parts, kept_apart)
        if len(several) > 1
        for name, judgement in several.items()
    }


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
    console.print(extraction_report.searched(coverage))
    console.print(extraction_report.told_in_words(coverage))
    console.print(
        f"{_HOW}\n\n{extraction_report.verdict(coverage)}", highlight=False, soft_wrap=True
    )


def _asked(address: str, token: str | None, messages: Sequence[Golden]) -> list[Found]:
    async def ask() -> list[Found]:
        async with connected_to(address) as channel:
            return await found_by(channel, token, messages)

    return asyncio.run(ask())


async def _cover(
    conversations: Sequence[Conversation],
    address: str | None,
    token: str | None,
    progress: Progress,
) -> Coverage:
    async with running(address, index_messages=True) as channel:
        system = System(channel, token, f"evaluation-{new_id()}")
        return await cover(system, conversations, shown(progress, "Extracting"))
