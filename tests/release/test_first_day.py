"""A stranger's first day: the page alone, from nothing to an upgrade and an overlay."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import baseline
from agent_memory_services.embedded.ports import free_port
from tests.support import kubectl

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/first-day.md"


def program(folder: Path, path: str) -> Path:
    """Write a program `agent-memory` that runs the code of a tree; answer its folder."""
    folder.mkdir(parents=True)
    command = folder / "agent-memory"
    command.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={path}\n"
        f'exec {sys.executable} -m agent_memory_services "$@"\n'
    )
    command.chmod(0o755)
    return folder


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """Programs of the last release and of the present one."""
    tree = tmp_path / "released"
    tree.mkdir()
    baseline.extract(baseline.last_release().commit, tree, "services", "clients/python")
    start = tree / "services/agent_memory_services/__main__.py"
    if not start.exists():
        # Releases up to 0.1 are started by their module of commands.
        start.write_text("from agent_memory_services.cli import app\n\napp()\n")
    released = program(
        tmp_path / "old", f"{tree / 'services'}{os.pathsep}{tree / 'clients/python'}"
    )
    return released, program(tmp_path / "new", "")


def test_the_first_day_goes_as_the_page_says(versions: tuple[Path, Path], tmp_path: Path) -> None:
    """Every block of it, in one shell; installing is replaced by what is installed already."""
    old, new = versions
    port = free_port()
    text = "".join(re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    installs = re.findall(r"^pip install .*$", text, re.MULTILINE)
    assert len(installs) == 2
    for line, folder in zip(installs, (old, new), strict=True):
        text = text.replace(f"{line}\n", f'export PATH="{folder}:$PATH"\n')
    text = text.replace("localhost:8000", f"localhost:{port}")
    day = tmp_path / "day"
    day.mkdir()
    shutil.copytree(ROOT / "deploy", day / "deploy")
    (tmp_path / "tools").mkdir()
    kubectl.unpack(tmp_path / "tools")
    hidden = ("AGENT_MEMORY_", "REDIS_URL", "OPENAI_")
    environment = {name: each for name, each in os.environ.items() if not name.startswith(hidden)}
    environment |= {
        "AGENT_MEMORY_CLIENT_BASE_URL": f"http://localhost:{port}",
        "AGENT_MEMORY_UP_PORT": str(port),
        "PATH": f"{tmp_path / 'tools'}{os.pathsep}{environment['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "home"),
    }
    # Whatever happens, nothing goes on running.
    script = f'trap \'test -z "${{UP:-}}" || kill -INT "$UP" 2>/dev/null || true\' EXIT\n{text}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=day,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    told = f"{done.stdout}{done.stderr}"
    log = day / "up.log"
    assert done.returncode == 0, f"{told}{log.read_text() if log.exists() else ''}"
    for expected in (
        '"text":"User prefers window seats"',
        "without a key: 401",
        "with a key: 200",
        "with the new key: 200",
        "image: registry.mine.example/agent-memory:",
    ):
        assert expected in told
    *_, after_upgrade = told.partition("with the new key: 200")
    shown = after_upgrade.partition("image: registry")[0]
    assert shown.count("User prefers window seats") == 1, "found after the upgrade, gone after it"
