"""A release that was built of the last commit, and empty environments to install it into."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import release

ROOT = Path(__file__).parents[2]
# What the tests of every day take the place of: the versions that are known to work together.
CONSTRAINTS = {
    "dev": ROOT / "requirements/dev.lock",
    "frameworks": ROOT / "requirements/frameworks.lock",
}
UV = Path(sys.executable).with_name("uv")


def pytest_report_header() -> list[str]:
    """Name the parts of a release that are left out, because a program is absent."""
    return [
        f"release: no {', no '.join(missing)}; {name} is not built"
        for name, part in release.PARTS.items()
        if (missing := [each for each in part.programs if shutil.which(each) is None])
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of what needs a program that is absent."""
    absent = [
        item
        for item in items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and shutil.which(str(item.callspec.params.get("program", sys.executable))) is None
    ]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release of the last commit, without the bundle of Java, which takes longest."""
    folder = tmp_path_factory.mktemp("release") / "built"
    release.build(folder, [name for name in release.PARTS if name != "java"])
    return folder


def clean_environment() -> dict[str, str]:
    """Variables of this process, without those that lead to its own environment."""
    ours = str(Path(sys.executable).parent)
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != ours)
    hidden = ("PYTHON", "VIRTUAL_ENV", "AGENT_MEMORY_", "REDIS_URL", "OPENAI_", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"PATH": path}


def run(
    *command: str | Path, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end; answer what it printed, both streams together."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**clean_environment(), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def install(built: Path, tmp_path: Path) -> Callable[..., Path]:
    """Installs packages of the release into a new environment; answers its programs' folder."""

    def installed(*requirements: str, constraints: str = "dev") -> Path:
        target = tmp_path / "environment"
        run(UV, "venv", "--quiet", "--python", sys.executable, target)
        run(
            *(UV, "pip", "install", "--quiet", "--python", target, "--no-verify-hashes"),
            *("--find-links", built, "--constraint", CONSTRAINTS[constraints]),
            *requirements,
        )
        return target / "bin"

    return installed
