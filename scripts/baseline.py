"""Contract of the last release: the baseline that the protos must stay compatible with.

`python scripts/baseline.py` reports what breaks a caller of the last release, and exits with 1.
`release.toml` names that release, `protos/released.binpb` is its contract; the release step of
`scripts/generate.py` renews both.
"""

import io
import json
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
# What the next release breaks on purpose, as the comparison words it; the changelog tells callers.
breaks = []
"""
# An option for another language that no file had: nobody's code can have come from it.
_FIRST_GIVEN: Final = ('changed from "" to', 'changed from "false" to "true"')
# How buf ends when it found something.
_FOUND: Final = 100


@dataclass(frozen=True, slots=True)
class Release:
    """Release that was made of a commit.

    Attributes:
        version: version of the product.
        commit: full name of the commit.
        breaks: what the next release breaks of its contract on purpose.
    """

    version: str
    commit: str
    breaks: list[str]


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
        unpack(tree, folder)


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write what an archive of our own holds into a folder."""
    # Python before 3.11.4 has no filters; the archive is of our own making.
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder)  # noqa: S202


def build(folder: Path) -> bytes:
    """Compile the protos of a tree to a buf image, without comments."""
    # Files beside the named ones count as imports, which the comparison leaves out.
    return _buf("build", "--path", OWN_PROTOS, "--exclude-source-info", "-o", "-", cwd=folder)


def breaking_changes(image: bytes) -> str:
    """Return what an image breaks of the last release's contract; empty for nothing.

    Rules come from `buf.yaml`. Left out are options that no file had, and what `release.toml`
    says is broken on purpose; what it says and is not so is reported instead.

    Raises:
        CalledProcessError: the image cannot be compared.
    """
    meant = last_release().breaks
    found = [
        (each["type"], each.get("path", ""), each["message"])
        for each in map(json.loads, _compare(image).splitlines())
    ]
    lines = [
        f"{path}: {message}"
        for rule, path, message in found
        if message not in meant
        and not (rule.startswith("FILE_SAME_") and any(each in message for each in _FIRST_GIVEN))
    ]
    told = {message for _, _, message in found}
    lines += [f"{RELEASE.name}: nothing breaks: {each}" for each in meant if each not in told]
    return "".join(f"{line}\n" for line in lines)


def _compare(image: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".binpb") as file:
        file.write(image)
        file.flush()
        options = ("--exclude-imports", "--error-format", "json", "--against", str(BASELINE))
        try:
            return _buf("breaking", file.name, *options, cwd=ROOT).decode()
        except subprocess.CalledProcessError as error:
            if error.returncode != _FOUND:
                raise
            return str(error.stdout.decode())


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
