"""`agent-memory eval`: how well a system finds what is asked for."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from agent_memory_services.evaluation.adapters import Dataset
from agent_memory_services.evaluation.corpus import SpeakerForm

app = typer.Typer(help="Measure how well what is asked for is found.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `retrieval` a command of its own."""


@app.command()
def retrieval(
    *,
    paths: Annotated[list[Path], typer.Argument(help="Files of the data set.")],
    dataset: Annotated[Dataset, typer.Option(help="What the files hold.")],
    address: Annotated[
        str | None,
        typer.Option(help="host:port of a running system; without it, one runs for the moment."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="Credential for the running system.", envvar="AGENT_MEMORY_EVAL_TOKEN"),
    ] = None,
    speakers: Annotated[
        SpeakerForm, typer.Option(help="How memories say who speaks.")
    ] = SpeakerForm.ENTITY,
    tracked: Annotated[
        bool, typer.Option(help="Let what is found count as accessed, as it does in use.")
    ] = False,
) -> None:
    """Store conversations, ask about them, and say how much of the evidence comes back.

    The default settings of the system stand beside the usual answers of the field, in one run
    over the same memories. any, all and fraction are the questions with some evidence among the
    first hits, with all of it, and the mean share of it.
    """
    # Whoever serves shares this command line, and needs none of what evaluates.
    command = importlib.import_module("agent_memory_services.evaluation.command")
    command.evaluate(
        paths, dataset, address=address, token=token, speakers=speakers, tracked=tracked
    )
