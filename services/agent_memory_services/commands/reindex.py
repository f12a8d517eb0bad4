"""Command `agent-memory reindex`: rebuilds the search index with the current settings."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from agent_memory_services.commands.keys_terminal import STORE_FAULTS
from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.kit.contract.errors import ServiceError
from agent_memory_services.kit.redis import client as redis
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.store.embeddings.base import EmbeddingError
from agent_memory_services.long_term_memory.store.embeddings.factory import create_embedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space
from agent_memory_services.long_term_memory.store.index.layout import Generation
from agent_memory_services.long_term_memory.store.index.reindexing import ReindexError, Reindexing


def reindex() -> None:
    """Rebuild the index of the store for the settings of the environment.

    Raises:
        typer.Exit: it could not be done; the reason is printed.
    """
    console = Console()
    try:
        settings = Settings.load()
        with Progress(console=console) as progress:
            rebuilt = asyncio.run(_run(settings, _shown(progress)))
    except (ReindexError, EmbeddingError, SettingsError, ServiceError, *STORE_FAULTS) as error:
        _fail(str(error))
    console.print(
        "The index is rebuilt. Start processes with these settings from now on."
        if rebuilt
        else "The index is built for these settings already."
    )


async def _run(settings: Settings, progress: Callable[[str, int, int], None]) -> bool:
    client = redis.connect(settings.redis_url, timeout=settings.redis_timeout_seconds)
    async with client, aclosing(await create_embedder(settings.embedding)) as embedder:
        wanted = Generation.of(
            embedder.fingerprint, settings.vectors, settings.shards, settings.embedding
        )
        space = Space(embedder, settings.vectors)
        return await Reindexing(client, wanted, space, progress).run()


def _shown(progress: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, int] = {}

    def show(step: str, done: int, whole: int) -> None:
        if step not in tasks:
            tasks[step] = progress.add_task(step.capitalize(), total=None)
        progress.update(progress.task_ids[tasks[step]], completed=done, total=whole or None)

    return show


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"agent-memory: {message}", markup=False)
    raise typer.Exit(1)
