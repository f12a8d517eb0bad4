"""One running stack for all clients, a server that refuses calls, and the clients' toolchains."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import pytest

from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services, running
from tests.e2e.conftest import QUICK
from tests.support.credentials import Authority

REPOSITORY = Path(__file__).parents[2]
CLIENTS = REPOSITORY / "clients"
VECTORS = CLIENTS / "vectors.json"
API_KEY = "the-key-of-the-vectors"
# Programs that a client in a language needs.
TOOLCHAINS: Mapping[str, tuple[str, ...]] = {
    "python": (),
    "typescript": ("node", "npm"),
    "go": ("go",),
    "java": ("java", "javac", "mvn"),
}
ABSENT = {
    language: missing
    for language, tools in TOOLCHAINS.items()
    if (missing := [tool for tool in tools if shutil.which(tool) is None])
}


def pytest_report_header() -> list[str]:
    """Name the languages that are left out."""
    return [
        f"clients: no {', no '.join(missing)}; the {language} client is not tested"
        for language, missing in ABSENT.items()
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of languages whose toolchains are absent."""
    absent = [
        item
        for item in items
        if isinstance(item, pytest.Function)
        and getattr(item, "callspec", None)
        and item.callspec.params.get("language") in ABSENT
    ]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of certificates that no system trusts, with one for a server."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.issue("server")
    return made


def secured(authority: Authority) -> grpc.ServerCredentials:
    """Credentials of a server that the authority speaks for."""
    pair = [(authority.folder / f"server.{kind}").read_bytes() for kind in ("key", "pem")]
    return grpc.ssl_server_credentials([(pair[0], pair[1])])


async def refused_calls(
    vectors: Any, authority: Authority, command: list[str], **options: Any
) -> Services:
    """Run a program beside services that refuse what the vectors say; answer what they saw."""
    async with running(secured(authority)) as services:
        for each in vectors["refusals"]:
            refuse(services, each["refuse"])
        environment = options.pop("env") | {
            "AGENT_MEMORY_REFUSING_ADDRESS": services.url,
            "AGENT_MEMORY_CA_FILE": str(authority.certificate),
            "AGENT_MEMORY_API_KEY": API_KEY,
        }
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
        for attempt in attempts:
            assert attempt.metadata["authorization"] == f"Bearer {API_KEY}"
            assert attempt.metadata["x-request-id"]
            assert attempt.time_remaining is not None
        if "request_id" in attempts[0].request.DESCRIPTOR.fields_by_name:
            assert names != {""}, each["name"]
    return True


@cache
def built(language: str) -> Path:
    """Build the client of a language, once; answer its folder."""
    folder = CLIENTS / language
    if language == "typescript":
        if not (folder / "node_modules").exists():
            run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        run("npm", "run", "build", cwd=folder)
        run("npm", "run", "pretest", cwd=folder)
    if language == "go":
        run("go", "vet", "./...", cwd=folder)
    if language == "java":
        run("mvn", "--batch-mode", "--quiet", "test-compile", cwd=folder)
    return folder


def run(*command: str | Path, cwd: Path, out: bool = False) -> str:
    """Run a program to its end; answer what it printed, with its complaints unless `out`."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if out else subprocess.STDOUT,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr or ''}"
    return done.stdout
