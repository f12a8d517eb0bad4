"""One running stack for all clients, a server that refuses calls, and the clients' toolchains."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest

from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services, running
from tests.e2e.conftest import QUICK

REPOSITORY = Path(__file__).parents[2]
CLIENTS = REPOSITORY / "clients"
VECTORS = CLIENTS / "vectors.json"
# Programs that a client in a language needs.
TOOLCHAINS: Mapping[str, tuple[str, ...]] = {
    "python": (),
    "typescript": ("node", "npm"),
}
ABSENT = {
    language: missing
    for language, tools in TOOLCHAINS.items()
    if (missing := [tool for tool in tools if shutil.which(tool) is None])
}
PRESENT = [language for language in TOOLCHAINS if language not in ABSENT]


def pytest_report_header() -> list[str]:
    """Name the languages that are left out."""
    return [
        f"clients: no {', no '.join(missing)}; the {language} client is not tested"
        for language, missing in ABSENT.items()
    ]


@pytest.fixture(scope="session")
def vectors() -> Any:
    """The calls that every client makes."""
    return json.loads(VECTORS.read_text())


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """A loop for what outlives the loops of tests."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[Stack]:
    """A stack on free ports, each test with users and sessions of its own."""
    running_stack = Stack(
        StackOptions(state_dir=tmp_path_factory.mktemp("stack"), environment=QUICK)
    )
    runner.run(running_stack.start())
    yield running_stack
    runner.run(running_stack.stop())


async def refused_calls(vectors: Any, command: list[str], **options: Any) -> Services:
    """Run a program beside services that refuse what the vectors say; answer what they saw."""
    async with running() as services:
        for each in vectors["refusals"]:
            refuse(services, each["refuse"])
        environment = options.pop("env") | {"AGENT_MEMORY_REFUSING_ADDRESS": services.url}
        process = await asyncio.create_subprocess_exec(
            *command,
            **options,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return services


def refuse(services: Services, refused: Mapping[str, Any]) -> None:
    """Let the next calls of a method be refused."""
    status = refusal(
        grpc.StatusCode[refused["code"]],
        refused["reason"],
        retry_after=refused.get("retryAfter"),
    )
    services.recorder.refusals[refused["method"]].extend([status] * refused["times"])


def attempted_as_said(services: Services, vectors: Any) -> bool:
    """Tell whether every refused call was attempted as often as the vectors say, by one name."""
    for each in vectors["refusals"]:
        attempts = services.recorder.calls(each["refuse"]["method"])
        assert len(attempts) == each["attempts"], each["name"]
        names = {getattr(attempt.request, "request_id", "") for attempt in attempts}
        assert len(names) == 1, each["name"]
        if "request_id" in attempts[0].request.DESCRIPTOR.fields_by_name:
            assert names != {""}, each["name"]
    return True


def run(*command: str | Path, cwd: Path, **options: Any) -> str:
    """Run a program to its end; answer what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
