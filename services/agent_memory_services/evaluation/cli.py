"""Commands `agent-memory eval`: quality of extraction, of search and of beliefs."""

import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent_memory_services.evaluation.adapters import Dataset
from agent_memory_services.evaluation.corpus import SpeakerForm
from agent_memory_services.evaluation.histories import Way

app = typer.Typer(
    help="Measure the quality of extraction, search and beliefs.", no_args_is_help=True
)


@app.command()
def retrieval(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files; default: the shipped conversations.")
    ] = None,
    dataset: Annotated[Dataset, typer.Option(help="Format of the files.")] = Dataset.WRITTEN,
    address: Annotated[
        str | None,
        typer.Option(help="host:port of a running system; default: a temporary one."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="Credential for the running system.", envvar="AGENT_MEMORY_EVAL_TOKEN"),
    ] = None,
    speakers: Annotated[
        SpeakerForm, typer.Option(help="How memories name the speaker.")
    ] = SpeakerForm.ENTITY,
    tracked: Annotated[bool, typer.Option(help="Count hits as accesses, as in use.")] = False,
    parts: Annotated[
        bool, typer.Option("--parts", help="Switch off one part of the ranking at a time instead.")
    ] = False,
) -> None:
    """Store conversations, ask about them, and say how much of the evidence comes back.

    The default settings of the system stand beside the usual answers of the field, in one run
    over the same memories, or beside themselves with one part switched off at a time. any, all
    and fraction are the questions with some evidence among the first hits, with all of it, and
    the mean share of it.
    """
    # Serving processes share this command line, and need no evaluation code.
    if not paths and dataset is not Dataset.WRITTEN:
        raise typer.BadParameter("a data set needs its files", param_hint="PATHS")
    command = importlib.import_module("agent_memory_services.evaluation.command")
    command.evaluate(
        paths or [],
        dataset,
        address=address,
        token=token,
        speakers=speakers,
        tracked=tracked,
        parts=parts,
    )


class Material(StrEnum):
    """Material that extraction is evaluated on."""

    GOLDEN = "golden"
    CHATS = Dataset.CHATS.value
    LOCOMO = Dataset.LOCOMO.value
    LONGMEMEVAL = Dataset.LONGMEMEVAL.value


@app.command()
def extraction(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files; default: the shipped golden messages.")
    ] = None,
    dataset: Annotated[Material, typer.Option(help="Format of the files.")] = Material.GOLDEN,
    address: Annotated[
        str | None,
        typer.Option(help="host:port of a running system; default: the local extractor."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="Credential for the running system.", envvar="AGENT_MEMORY_EVAL_TOKEN"),
    ] = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="List the facts not found, too.")
    ] = False,
) -> None:
    """Say how many of the facts found are right, and how many of the right ones are found.

    On golden messages: precision and recall, by language and by style, and every false statement.
    On conversations with questions: how many of the turns that answer a question are cited by a
    fact, and whether searching facts beside the messages finds at least as much of them as
    searching the messages alone.
    """
    command = importlib.import_module("agent_memory_services.evaluation.extraction_command")
    if dataset is Material.GOLDEN:
        command.evaluate_golden(paths or [], address=address, token=token, missed=missed)
    elif paths:
        kind = Dataset(dataset.value)
        command.evaluate_conversations(paths, kind, address=address, token=token)
    else:
        raise typer.BadParameter("a data set needs its files", param_hint="PATHS")


@app.command()
def truth(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files; default: the shipped histories.")
    ] = None,
    told: Annotated[
        list[Way] | None, typer.Option(help="How the histories are told; default: both ways.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Kinds of histories to tell; default: all.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="host:port of a running system; default: a temporary one."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="Credential for the running system.", envvar="AGENT_MEMORY_EVAL_TOKEN"),
    ] = None,
    failures: Annotated[
        bool, typer.Option("--failures", help="List every wrong belief with what is remembered.")
    ] = False,
) -> None:
    """Tell dated statements, and say how much of what is believed after them is true.

    Each history is told to an owner of its own, as chats on its days and as stored memories. By
    kind: histories wholly right, and beliefs wrongly current, ended or merged, kept more than
    once, lost, or wrong at an earlier moment.
    """
    command = importlib.import_module("agent_memory_services.evaluation.truth_command")
    command.evaluate_truth(
        paths or [],
        told or list(Way),
        kinds=kind or [],
        address=address,
        token=token,
        failures=failures,
    )
