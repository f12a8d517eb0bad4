"""A Dockerfile's steps, run plainly in a folder instead of a container."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

_KNOWN = frozenset(
    ("ARG", "FROM", "WORKDIR", "ENV", "COPY", "RUN", "LABEL", "USER", "EXPOSE", "STOPSIGNAL")
)
# Whose Python this is, and what it was told, does not count inside a container.
_NOT_INHERITED = ("AGENT_MEMORY_", "PYTHON", "PYTEST", "VIRTUAL_ENV")


@dataclass(slots=True)
class Stage:
    """What one stage of a build has become."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.root / str(Path(self.workdir, path)).lstrip("/")

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a process of the image, on this machine."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
        }
        own = {
            name: self._at_home(value.replace("$PATH", inherited["PATH"]))
            for name, value in self.environment.items()
        }
        return inherited | own | dict(more or {})

    def _at_home(self, value: str) -> str:
        folders = (
            str(self.inside(part)) if part.startswith("/opt/") else part
            for part in value.split(":")
        )
        return ":".join(folders)


def build(dockerfile: Path, context: Path, into: Path) -> Stage:
    """Run every step, each stage in an empty folder of its own; the last stage.

    Raises:
        CalledProcessError: a step failed.
    """
    ignored = _ignore_rules(context / ".dockerignore")
    stages: dict[str, Stage] = {}
    stage = Stage(into)
    for word, rest in _instructions(dockerfile.read_text()):
        match word:
            case "FROM":
                stage = Stage(into / f"stage-{len(stages)}")
                stage.root.mkdir(parents=True)
                stages[rest.split(" AS ")[-1]] = stage
            case "WORKDIR":
                stage.workdir = rest
                stage.inside("").mkdir(parents=True, exist_ok=True)
            case "ENV":
                stage.environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            case "COPY":
                _copy(rest, stage, stages, context, ignored)
            case "RUN":
                _run(rest, stage)
            case "USER":
                stage.user = rest
            case "ENTRYPOINT":
                stage.entrypoint = json.loads(rest)
            case "CMD":
                stage.command = json.loads(rest)
            case _:
                assert word in _KNOWN, f"no step like {word} is run here"
    return stage


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, rest = line.split(maxsplit=1)
            yield word, " ".join(rest.split())


def _run(command: str, stage: Stage) -> None:
    words = command.split(" ")
    while words[0].startswith("--"):
        words.pop(0)
    environment = stage.variables()
    subprocess.run(
        ["/bin/sh", "-ec", " ".join(words)], cwd=stage.inside(""), env=environment, check=True
    )


def _copy(
    arguments: str, stage: Stage, stages: Mapping[str, Stage], context: Path, ignored: list[str]
) -> None:
    words = arguments.split(" ")
    flags = [word for word in words if word.startswith("--")]
    *sources, target = [word for word in words if word not in flags]
    origin = next((f.partition("=")[2] for f in flags if f.startswith("--from=")), "")
    for source in sources:
        start = stages[origin].inside(source) if origin else context / source
        end = stage.inside(target)
        end = end / start.name if target.endswith("/") else end
        if start.is_dir():
            # What a stage made moves on as it is; of the context only what is not ignored.
            leave_out = None if origin else _leaving_out(context, ignored)
            shutil.copytree(
                start,
                end,
                ignore=leave_out,
                symlinks=True,
                dirs_exist_ok=True,
                copy_function=os.link if origin else shutil.copy2,
            )
        else:
            assert origin or not _is_ignored(source, ignored), f"{source} is ignored"
            end.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(start, end)


def _ignore_rules(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _leaving_out(context: Path, rules: list[str]) -> Callable[[str, list[str]], set[str]]:
    def left_out(folder: str, names: list[str]) -> set[str]:
        here = Path(folder).relative_to(context)
        return {name for name in names if _is_ignored((here / name).as_posix(), rules)}

    return left_out


def _is_ignored(path: str, rules: list[str]) -> bool:
    """Whether a path is left out: the last rule that speaks of it decides."""
    parts = path.split("/")
    parents = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    verdict = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        if pattern.startswith("**/"):
            speaks = any(fnmatch(part, pattern[3:]) for part in parts)
        else:
            speaks = any(fnmatch(parent, pattern) for parent in parents)
        if speaks:
            verdict = not rule.startswith("!")
    return verdict
