"""Contract of the last release: the baseline that the protos must stay compatible with.

`python scripts/baseline.py` reports what breaks a caller of the last release, and exits with 1.
`release.toml` names that release, `protos/released.binpb` is its contract; the release step of
`scripts/generate.py` renews both.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
RELEASE: Final = ROOT / "release.toml"
BASELINE: Final = ROOT / "protos/released.binpb"
OWN_PROTOS: Final = "protos/agent_memory"

_RELEASE_FORM: Final = """\
# The last release: `python scripts/generate.py --release` renews it and protos/released.binpb.
version = "{version}"
commit = "{commit}"
"""


@dataclass(frozen=True, slots=True)
class Release:
    """Release that was made of a commit.

    Attributes:
        version: version of the product.
        commit: full name of the commit.
    """

    version: str
    commit: str


def last_release() -> Release:
    """Read which release is the last."""
    return Release(**tomllib.loads(RELEASE.read_text(encoding="utf-8")))


def extract(commit: str, folder: Path, *parts: str) -> None:
    """Write parts of the tree of a commit into a folder.

    Raises:
        LookupError: the history that is at hand does not hold the commit or the parts.
    """
    command = ["git", "archive", commit, *parts]
    known = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if known.returncode:
        raise LookupError(
            f"{', '.join(parts)} of commit {commit} cannot be read; a full clone is needed:"
            f" {known.stderr.decode(errors='replace').strip()}"
        )
    with tarfile.open(fileobj=io.BytesIO(known.stdout)) as tree:
        tree.extractall(folder, filter="data")


def build(folder: Path) -> bytes:
    """Compile the protos of a tree to a buf image, without comments."""
    # Files beside the named ones count as imports, which the comparison leaves out.
    return _buf("build", "--path", OWN_PROTOS, "--exclude-source-info", "-o", "-", cwd=folder)


def breaking_changes(image: bytes) -> str:
    """Return what an image breaks of the last release's contract; empty for nothing.

    Rules come from `buf.yaml`.
    """
    with tempfile.NamedTemporaryFile(suffix=".binpb") as file:
        file.write(image)
        file.flush()
        try:
            _buf("breaking", file.name, "--exclude-imports", "--against", str(BASELINE), cwd=ROOT)
        except subprocess.CalledProcessError as error:
            return str((error.stdout + error.stderr).decode(errors="replace"))
    return ""


def renew() -> None:
    """Make the last commit the last release."""
    head = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(head, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    write(commit.strip())


def write(commit: str) -> None:
    """Write which release was made of a commit, and its contract.

    Raises:
        LookupError: the history that is at hand does not hold the commit.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        extract(commit, folder, "protos", "buf.yaml", "pyproject.toml")
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        BASELINE.write_bytes(build(folder))
    text = _RELEASE_FORM.format(version=project["version"], commit=commit)
    RELEASE.write_text(text, encoding="utf-8")


def _buf(*arguments: str, cwd: Path) -> bytes:
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    command = ["buf", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True).stdout


def main() -> int:
    """Compare the protos with the contract of the last release."""
    broken = breaking_changes(build(ROOT))
    print(broken, end="", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
