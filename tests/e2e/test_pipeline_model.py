"""Nothing is lost while a model is slow, or away in all the ways in which models are away."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord, WorkingMemory
from agent_memory_services.cli import app
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.support.hobbies import HOBBIES, facts, told
from tests.support.known import known_of
from tests.support.openai_server import (
    Garbage,
    Hang,
    Refuse,
    Request,
    Say,
    ScriptedModel,
    conversation_of,
)
from tests.support.openai_server import facts as answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUTAGE_SECONDS = float(os.environ.get("AGENT_MEMORY_TEST_OUTAGE_SECONDS", "9"))
"""How long the model is away in all; set it to 60 or more for the whole length of a bad minute."""
IMPATIENT = {
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.1",
    "AGENT_MEMORY_EXTRACTION_MODEL_TIMEOUT_SECONDS": "1",
    "AGENT_MEMORY_EXTRACTION_RETRY_FIRST_SECONDS": "0.1",
    "AGENT_MEMORY_EXTRACTION_RETRY_LONGEST_SECONDS": "0.25",
}


def understand(request: Request) -> Say:
    """Find in every message what its speaker loves, as a good model would."""
    messages = conversation_of(request)["messages"]
    return answer(
        *(
            {"text": message["text"].replace("I love", "User loves")[:-1], "messages": [number]}
            for number, message in enumerate(messages, start=1)
        )
    )


@dataclass
class World:
    """A stack, a client of it, and the model that it asks."""

    stack: Stack
    memory: MemoryAPIClient
    model_port: int
    model: ScriptedModel
    running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start_model(self) -> None:
        """Let the model listen."""
        self.model = ScriptedModel(understand, port=self.model_port)
        await self.running.enter_async_context(self.model)

    async def stop_model(self) -> None:
        """Let connections to it be refused."""
        await self.running.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Everything, with a model that understands."""
    folder: Path = tmp_path_factory.mktemp("stack")
    port = free_port()
    environment = {**IMPATIENT, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
    async with (
        Stack(StackOptions(state_dir=folder, environment=environment)) as stack,
        MemoryAPIClient(base_url=f"http://{stack.address}") as memory,
    ):
        built = World(stack, memory, port, ScriptedModel())
        await built.start_model()
        yield built
        await built.stop_model()


@asynccontextmanager
async def stopped(pid: int) -> AsyncIterator[None]:
    """A process that stands still in the meantime."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def test_background_work_at_the_command_line(world: World) -> None:
    """A job that hangs is listed, shown, cancelled, tried again and watched to its end."""
    world.model.rule = lambda _: Hang()
    said = [told(HOBBIES[0])]
    await world.memory.append_messages_to_working_memory("typed", said, user_id="tom")
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent_memory_services", *address(world)),
        *("watch", "--session", "typed"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        seen = [await line_of(watching)]
        listed = await printed(world, "list", "--session", "typed", until="running")
        # The job that stores what was said is listed, too. The state follows the id.
        job_id = listed[listed.index("running") - 1]
        assert "tom" in await printed(world, "show", job_id)
        assert "cancelled" in await printed(world, "cancel", job_id)
        world.model.rule = understand
        assert "pending" in await printed(world, "retry", job_id)
        while not ("succeeded" in seen[-1] and job_id in seen[-1]):
            seen.append(await line_of(watching))
    finally:
        watching.kill()
        await watching.wait()
    assert any("cancelled" in line and job_id in line for line in seen)
    assert await known_of(world.memory, "tom") == facts(HOBBIES[:1])


async def test_a_mistake_at_the_command_line_is_told_in_a_line(world: World) -> None:
    """A job that does not exist ends with an exit code and no traceback."""
    result = await typed(world, "show", "none-0")
    assert result.exit_code == 1
    assert result.stderr.startswith("agent-memory: ")
    assert result.stderr.count("\n") == 1


async def line_of(process: asyncio.subprocess.Process) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode()


def address(world: World) -> list[str]:
    """What every command is told."""
    return ["jobs", "--address", f"http://{world.stack.address}"]


async def typed(world: World, *arguments: str) -> Result:
    """The outcome of a command of `agent-memory jobs`."""
    return await asyncio.to_thread(CliRunner().invoke, app, [*address(world), *arguments])


async def printed(world: World, *arguments: str, until: str = "") -> list[str]:
    """The words that a command prints below its headings, once `until` is among them."""
    async with asyncio.timeout(60):
        while True:
            result = await typed(world, *arguments)
            assert result.exit_code == 0, result.output
            words = result.stdout.partition("\n")[2].split()
            if not until or until in words:
                return words


async def test_a_write_during_extraction_loses_nothing(world: World) -> None:
    """While a run waits for the model, replacements and appends go on, and all is extracted."""
    asked, go = asyncio.Event(), asyncio.Event()

    def wait(request: Request) -> Say | Hang:
        asked.set()
        return understand(request) if go.is_set() else Hang()

    world.model.rule = wait
    memory, told_so_far = world.memory, [told(hobby) for hobby in HOBBIES[:2]]
    await memory.set_working_memory("busy", WorkingMemory(messages=told_so_far, user_id="bea"))
    await asyncio.wait_for(asked.wait(), 120)
    replaced = WorkingMemory(messages=[told(HOBBIES[2])], user_id="bea")
    await memory.set_working_memory("busy", replaced)
    await memory.append_messages_to_working_memory("busy", [told(HOBBIES[3])])
    go.set()
    await memory.wait_for_extraction("busy")
    assert await known_of(memory, "bea") == facts(HOBBIES[:4])


async def test_a_write_during_promotion_loses_nothing(world: World) -> None:
    """A memory that leaves its session while it is being stored is stored, and so is the next."""
    world.model.rule = understand
    records = [MemoryRecord(id=f"pia-{n}", text=fact) for n, fact in enumerate(facts(HOBBIES[:2]))]
    first, second = ([record] for record in records)
    long_term = world.stack.processes["long_term_memory"].child.pid
    memory = world.memory
    await memory.get_or_create_working_memory("placed", user_id="pia")
    async with stopped(long_term):
        await memory.set_working_memory("placed", WorkingMemory(memories=first, user_id="pia"))
        async with asyncio.timeout(120):
            while not (await memory.list_jobs(session_id="placed", state="running")).jobs:
                await asyncio.sleep(0.02)
        await memory.set_working_memory("placed", WorkingMemory(memories=second, user_id="pia"))
    await memory.wait_for_extraction("placed")
    async with asyncio.timeout(120):
        while await known_of(memory, "pia") != facts(HOBBIES[:2]):
            await asyncio.sleep(0.05)


async def test_appends_do_not_wait_for_a_model_that_is_away(world: World) -> None:
    """However the model fails, nobody who talks notices, and in the end each fact is known once."""
    model, memory = world.model, world.memory
    ways: list[Callable[[Request], Refuse | Garbage | Say | Hang]] = [
        lambda _: Refuse(500),
        lambda _: Refuse(429, retry_after=0.3),
        lambda _: Garbage(),
        lambda _: Say("As a language model, I would rather not."),
        lambda _: Hang(),
    ]
    hobbies, each = iter(HOBBIES), OUTAGE_SECONDS / (len(ways) + 1)

    async def talk() -> None:
        for hobby in islice(hobbies, 8):
            await memory.append_messages_to_working_memory(
                f"away-{len(hobby) % 3}", [told(hobby)], user_id="ada"
            )
            await asyncio.sleep(each / 8)

    for way in ways:
        model.rule = way
        await talk()
    assert len(model.requests) > 2 * len(ways)
    await world.stop_model()
    await talk()
    assert await known_of(memory, "ada") == []
    await world.start_model()
    for session in range(3):
        await memory.wait_for_extraction(f"away-{session}", timeout=120)
    assert await known_of(memory, "ada") == facts(HOBBIES[: 8 * (len(ways) + 1)])
