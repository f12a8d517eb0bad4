"""Run of the demonstration from its first line to its verdict."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from openai import AsyncOpenAI
from rich.console import Console

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_services.demo import acts
from agent_memory_services.demo.screenplay import ModelPart, Screenplay, read_screenplay
from agent_memory_services.demo.scripted_model import ScriptedModel
from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.embedded.stack import Stack, StackOptions

# A conversation is over after this long without a message; the demonstration has no pauses.
_SETTINGS = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.5"}


def run(path: Path, console: Console) -> int:
    """Act the screenplay at `path`; the exit status is 0 only if every claim held."""
    try:
        play = read_screenplay(path)
    except (OSError, ValueError) as error:
        console.print(f"agent-memory: cannot read {path}: {error}", markup=False)
        return 1
    try:
        failures = asyncio.run(show(play, console))
    except (EmbeddedError, MemoryClientError) as error:
        console.print(f"agent-memory: {error}", markup=False)
        return 1
    console.print()
    if failures:
        console.print(f"{len(failures)} claims failed: {'; '.join(failures)}", style="bold red")
        return 1
    console.print("Every step showed what it should.", style="bold green")
    return 0


async def show(play: Screenplay, console: Console) -> list[str]:
    """Start a stack in an empty folder, act the screenplay, and return the claims that failed.

    Raises:
        EmbeddedError: the stack could not start.
        MemoryClientError: a call failed that should not have.
    """
    with tempfile.TemporaryDirectory(prefix="agent-memory-demo-") as folder:
        with console.status("Starting the store, three services and the gateway ..."):
            stack = Stack(StackOptions(state_dir=Path(folder), environment=_SETTINGS))
            await stack.start()
        try:
            async with (
                MemoryAPIClient(base_url=f"http://{stack.address}") as memory,
                language_model(play.model, console) as model,
            ):
                console.print(f"Everything runs at [bold]http://{stack.address}[/bold].")
                stage = acts.Stage(console, memory)
                await acts.learn_in_the_background(stage, play)
                await acts.remember_in_code(stage, play)
                await acts.let_the_model_remember(stage, play, model)
                await acts.build_the_prompt(stage, play)
                return stage.failures
        finally:
            await stack.stop()


@asynccontextmanager
async def language_model(part: ModelPart, console: Console) -> AsyncIterator[AsyncOpenAI]:
    """Provide the model of the environment's key or address, or else a scripted one."""
    if os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"):
        async with AsyncOpenAI() as client:
            yield client
        return
    console.print(
        "No model is configured, so a scripted one speaks OpenAI's protocol.", style="dim"
    )
    async with (
        ScriptedModel(acts.scripted(part)) as server,
        AsyncOpenAI(base_url=server.base_url, api_key="none-needed") as client,
    ):
        yield client
