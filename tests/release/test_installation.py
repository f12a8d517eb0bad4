"""Packages of a release, installed into empty environments without a clone."""

import asyncio
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import pytest

import versions
from agent_memory_services.embedded.ports import free_port
from tests.e2e.markdown import python_blocks
from tests.release.conftest import ROOT, clean_environment, run
from tests.support.waiting import eventually

pytestmark = pytest.mark.release

README = ROOT / "README.md"
VERSION = versions.version()
Install = Callable[..., Path]


def test_the_readmes_first_program_runs_without_a_clone(install: Install, tmp_path: Path) -> None:
    """`agent-memory up` of the wheels starts everything that it talks to."""
    programs = install("agent-memory-suite[embedded,mcp]")
    assert run(programs / "agent-memory", "--version").strip().endswith(VERSION)
    assert "Usage" in run(programs / "agent-memory", "mcp", "--help")
    port = free_port()
    command = [programs / "agent-memory", "up", "--port", str(port)]
    log = tmp_path / "up.log"
    with log.open("w") as printed:
        up = subprocess.Popen(
            [*map(str, command), "--state-dir", str(tmp_path / "state")],
            stdout=printed,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            cwd=tmp_path,
        )
    try:
        asyncio.run(eventually(lambda: up.poll() is not None or healthy(port), within=180))
        assert up.poll() is None, log.read_text()
        (block,) = python_blocks(README)
        program = tmp_path / "program.py"
        program.write_text(block.source.replace("localhost:8000", f"localhost:{port}"))
        assert "User is vegetarian" in run(programs / "python", program, folder=tmp_path)
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(timeout=60)


def healthy(port: int) -> bool:
    """Tell whether the gateway reports every service well."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5):
            return True
    except (URLError, ConnectionError, TimeoutError):
        return False


def test_the_client_alone_brings_no_service_and_no_framework(install: Install) -> None:
    """Its core is small; an adapter without its extra names the package that it needs."""
    programs = install("agent-memory-suite-client")
    shown = "import agent_memory_client as c; print(c.__version__)"
    assert run(programs / "python", "-c", shown).strip() == VERSION
    listed = set(
        run(
            programs / "python",
            "-c",
            "from importlib.metadata import distributions as d; print(*(x.name for x in d()))",
        )
        .lower()
        .split()
    )
    foreign = {"agent-memory-suite", "redis", "openai", "spacy", "numpy", "mcp", "langchain-core"}
    assert not listed & foreign


def test_every_extra_of_the_client_installs_beside_the_others(install: Install) -> None:
    """Each adapter can be imported then."""
    extras = "anthropic,google-adk,langchain,langgraph,microsoft-agents,openai-agents"
    programs = install(
        f"agent-memory-suite-client[{extras},pydantic-ai,strands]", constraints="frameworks"
    )
    folder = ROOT / "clients/python/agent_memory_client/integrations"
    adapters = [path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")]
    # Installed with the services above, whose lock names a later version.
    adapters.remove("mcp")
    named = {name.replace("_", "-") for name in adapters}
    assert named == {*extras.split(","), "pydantic-ai", "strands"}
    names = (f"agent_memory_client.integrations.{each}" for each in adapters)
    run(programs / "python", "-c", f"import {', '.join(names)}")
