"""The program that is Kubernetes' store and API server, built once and kept outside of the tree.

`python -m tests.cluster.program` builds it: half an hour of one core, and two gigabytes of memory.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent / "apiserver"
# Helm asks a server for its version, which a build from modules does not know.
_LINKER = "-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2"


def path() -> Path:
    """Where the program is that these sources make, built or not."""
    digest = hashlib.sha256(_LINKER.encode())
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCES / name).read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "agent-memory" / f"apiserver-{digest.hexdigest()[:16]}"


def build() -> Path:
    """Build it unless it is there.

    Raises:
        SystemExit: there is no Go.
        CalledProcessError: it cannot be built.
    """
    program = path()
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        sys.exit("the API server is built with Go, which is not here")
    program.parent.mkdir(parents=True, exist_ok=True)
    # One package at a time, after everything else that the machine has to do.
    made = program.with_suffix(".new")
    command = ["nice", "-n", "10", go, "build", "-trimpath", _LINKER, "-o", str(made), "."]
    environment = {**os.environ, "GOFLAGS": "-p=1 -mod=readonly -buildvcs=false"}
    subprocess.run(command, cwd=SOURCES, env=environment, check=True)
    made.rename(program)
    return program


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
