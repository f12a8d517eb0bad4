"""Pin every dependency with its hashes: `make lock`; compare without writing: `--check`.

Pins that still fit are kept unless `--upgrade` is given. The files name no registry.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"

# Lock file -> what it pins: the services' own dependencies, with some groups, or a group alone.
OWN = ("pyproject.toml",)
# Built of this repository, and so in no lock.
OWN_PACKAGES = ("agent-memory-suite", "agent-memory-suite-client", "agent-memory-suite-weights")
LOCKS = {
    "services.lock": (*OWN, "--group", "weights"),
    "multilingual.lock": (*OWN, "--group", "weights", "--extra", "multilingual"),
    "dev.lock": (*OWN, "--group", "dev", "--extra", "multilingual", "--extra", "embedded"),
    "build.lock": ("--group", "build"),
    "frameworks.lock": ("--group", "frameworks"),
    "docs.lock": ("--group", "docs"),
}


def compile_lock(target: Path, sources: tuple[str, ...], *, upgrade: bool) -> None:
    """Resolve for every supported platform and write the pins to `target`."""
    command = [
        str(Path(sys.executable).with_name("uv")),
        *("pip", "compile", *sources),
        *("--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-header", "--annotation-style", "line", "--quiet"),
        *(part for name in OWN_PACKAGES for part in ("--no-emit-package", name)),
        *("--output-file", str(target)),
    ]
    subprocess.run(command + ["--upgrade"] * upgrade, cwd=ROOT, check=True)


def stale_locks() -> list[str]:
    """Names of the lock files that differ from what their sources ask for."""
    stale = []
    with tempfile.TemporaryDirectory() as name:
        for lock, sources in LOCKS.items():
            copy = Path(name, lock)
            if (FOLDER / lock).exists():
                shutil.copy(FOLDER / lock, copy)
            compile_lock(copy, sources, upgrade=False)
            if not (FOLDER / lock).exists() or copy.read_text() != (FOLDER / lock).read_text():
                stale.append(lock)
    return stale


def main() -> None:
    """Write the locks, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        stale = stale_locks()
        if stale:
            sys.exit(
                f"requirements: {', '.join(stale)} differ from pyproject.toml; run `make lock`"
            )
        return
    for lock, sources in LOCKS.items():
        compile_lock(FOLDER / lock, sources, upgrade=arguments.upgrade)


if __name__ == "__main__":
    main()
