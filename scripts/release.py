"""Everything that a release publishes, built from a commit: `make release`.

What is built comes from the commit alone and not from the working tree, which has to be clean so
that nobody takes one for the other. Twice the same commit makes twice the same bytes, with the same
toolchains: times are those of the commit, and archives are sorted. An artifact whose toolchain is
absent is named and left out. Nothing is published and nothing is signed here; `docs/releasing.md`
says how that is done.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import baseline
import components
from versions import version as version_of

ROOT: Final = Path(__file__).resolve().parent.parent
REPOSITORY: Final = "https://github.com/agent-memory/agent-memory"
GO_MODULE: Final = "github.com/agent-memory/agent-memory/clients/go"
CHECKSUMS: Final = "SHA256SUMS"
PROVENANCE: Final = "provenance.intoto.json"
_PYTHON_PROJECTS: Final = (".", "clients/python")
_WEIGHTS: Final = "weights"
# Of the weights, which keep their bytes from release to release.
_WEIGHTS_TIME: Final = datetime(2020, 2, 2, tzinfo=UTC)
_CHARTS: Final = "deploy/helm"
# As `.dockerignore` lets through.
_IMAGE_CONTEXT: Final = (
    ".dockerignore",
    "LICENSE",
    "README.md",
    "clients/python",
    "deploy/docker/Dockerfile",
    "pyproject.toml",
    "requirements",
    "services",
)
_JAVA_GROUP: Final = "io/agentmemory"
_JAVA_ARTIFACT: Final = "agent-memory-client"
_JAVA_PACKAGE: Final = "io.agentmemory.client"
_EXECUTABLE: Final = 0o111


@dataclass(frozen=True, slots=True)
class Release:
    """Release that is being built.

    Attributes:
        commit: full name of the commit.
        version: version that the commit states.
        when: time of the commit.
        tree: folder with the files of the commit, in which is built.
        output: folder for the artifacts.
    """

    commit: str
    version: str
    when: datetime
    tree: Path
    output: Path

    def run(self, *command: str | Path, folder: str = ".", when: datetime | None = None) -> str:
        """Run a program in the tree; answer what it prints.

        Raises:
            SystemExit: it fails.
        """
        scripts = Path(sys.executable).parent
        environment = os.environ | {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "SOURCE_DATE_EPOCH": str(int((when or self.when).timestamp())),
            "TZ": "UTC",
        }
        words = [str(part) for part in command]
        done = subprocess.run(
            words,
            cwd=self.tree / folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def files(self, *roots: str, without: Iterable[str] = ()) -> Iterator[tuple[str, Path]]:
        """Yield name and path of every file of the commit below some of its paths."""
        listed = self._listed(roots)
        for name in listed:
            if not any(name.startswith(f"{each}/") for each in without):
                yield name, self.tree / name

    def _listed(self, roots: tuple[str, ...]) -> list[str]:
        found = _git("ls-tree", "-r", "-z", "--name-only", self.commit, "--", *roots)
        return sorted(filter(None, found.split("\0")))

    def has(self, root: str) -> bool:
        """Tell whether the commit has a path."""
        return (self.tree / root).exists()


def _git(*arguments: str) -> str:
    command = ("git", *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout


def tar_gz(target: Path, entries: Iterable[tuple[str, bytes, bool]], when: datetime) -> None:
    """Write an archive of names, contents and whether each may be executed; sorted, of nobody."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content, executable in sorted(entries):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), int(when.timestamp())
            entry.mode = 0o755 if executable else 0o644
            archive.addfile(entry, io.BytesIO(content))
    target.write_bytes(gzip.compress(packed.getvalue(), mtime=0))


def zipped(target: Path, entries: Iterable[tuple[str, bytes]], when: datetime) -> None:
    """Write an archive of names and contents, sorted."""
    time = when.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(entries):
            entry = zipfile.ZipInfo(name, time)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)


def _contents(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, bytes, bool]]:
    for name, path in files:
        yield name, path.read_bytes(), bool(path.stat().st_mode & _EXECUTABLE)


def build_python(release: Release) -> None:
    """Build wheels and source distributions of the services and the client."""
    for project in _PYTHON_PROJECTS:
        _hatch(release, project, release.when)


def build_weights(release: Release) -> None:
    """Build wheel and source distribution of the embedding model's weights."""
    _hatch(release, _WEIGHTS, _WEIGHTS_TIME)


def _hatch(release: Release, project: str, when: datetime) -> None:
    options = ("-t", "sdist", "-t", "wheel", "-d", release.output)
    release.run(sys.executable, "-m", "hatchling", "build", *options, folder=project, when=when)


def build_protos(release: Release) -> None:
    """Pack the protos with all that they import."""
    release.run(sys.executable, "scripts/protos_archive.py", "--output", release.output)


def build_image_context(release: Release) -> None:
    """Pack what the image is built from: `docker build -f deploy/docker/Dockerfile - < FILE`."""
    target = release.output / f"agent-memory-image-context-{release.version}.tar.gz"
    tar_gz(target, _contents(release.files(*_IMAGE_CONTEXT)), release.when)


def build_manifests(release: Release) -> None:
    """Pack what a cluster and its monitoring are given, and every chart for itself."""
    name = f"agent-memory-deploy-{release.version}"
    parts = ("deploy/compose", "deploy/grafana", "deploy/kubernetes", "deploy/prometheus")
    entries = [
        (f"{name}/{path}", content, executable)
        for path, content, executable in _contents(release.files("LICENSE", *parts))
    ]
    tar_gz(release.output / f"{name}.tar.gz", entries, release.when)
    for chart in sorted((release.tree / _CHARTS).glob("**/Chart.yaml")):
        folder = chart.parent.relative_to(release.tree).as_posix()
        packed = [
            (f"{chart.parent.name}{path.removeprefix(folder)}", content, executable)
            for path, content, executable in _contents(release.files(folder))
        ]
        # As `helm package` names it.
        target = release.output / f"{chart.parent.name}-{release.version}.tgz"
        tar_gz(target, packed, release.when)


def build_npm(release: Release) -> None:
    """Build the package of the client in TypeScript."""
    folder = "clients/typescript"
    shutil.copy(release.tree / "LICENSE", release.tree / folder)
    release.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    release.run("npm", "run", "build", folder=folder)
    release.run(
        "npm", "pack", "--ignore-scripts", "--pack-destination", release.output, folder=folder
    )


def build_go(release: Release) -> None:
    """Pack the Go module as a module proxy serves it; its version is the tag `clients/go/v...`."""
    prefix = f"{GO_MODULE}@v{release.version}"
    # A module in a folder of the module is no part of it.
    inner = [
        path.parent.relative_to(release.tree).as_posix()
        for path in (release.tree / "clients/go").glob("*/**/go.mod")
    ]
    entries = [
        (f"{prefix}/{name.removeprefix('clients/go/')}", path.read_bytes())
        for name, path in release.files("clients/go", without=inner)
    ]
    entries.append((f"{prefix}/LICENSE", (release.tree / "LICENSE").read_bytes()))
    target = release.output / f"agent-memory-clients-go-v{release.version}.zip"
    zipped(target, entries, release.when)


def build_java(release: Release) -> None:
    """Build the bundle of the client in Java: classes, sources and documentation, with digests."""
    folder = release.tree / "clients/java"
    stamp = release.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    release.run(
        *("mvn", "--batch-mode", "--quiet", "-DskipTests", "-Dmaven.test.skip=true"),
        *(f"-Dproject.build.outputTimestamp={stamp}", "package"),
        folder="clients/java",
    )
    name = f"{_JAVA_ARTIFACT}-{release.version}"
    target = folder / "target"
    sources = [root for root in ("src/main/java", "src/generated/java") if (folder / root).exists()]
    zipped(target / f"{name}-sources.jar", _below(folder / each for each in sources), release.when)
    class_path = (target / "classpath.txt").read_text().strip()
    release.run(
        *("javadoc", "-quiet", "-notimestamp", "-Xdoclint:none", "-d", "target/javadoc"),
        *("-sourcepath", os.pathsep.join(sources), "-classpath", class_path, _JAVA_PACKAGE),
        folder="clients/java",
    )
    zipped(target / f"{name}-javadoc.jar", _below([target / "javadoc"]), release.when)
    artifacts = {f"{name}{kind}": target / f"{name}{kind}" for kind in _JAVA_KINDS}
    artifacts[f"{name}.pom"] = folder / "pom.xml"
    entries = []
    for file, path in artifacts.items():
        content = path.read_bytes()
        place = f"{_JAVA_GROUP}/{_JAVA_ARTIFACT}/{release.version}/{file}"
        entries.append((place, content))
        # What Maven Central asks for, beside signatures: no protection.
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
            entries.append((f"{place}.{algorithm}", digest.encode()))
    bundle = f"agent-memory-maven-bundle-{release.version}.zip"
    zipped(release.output / bundle, entries, release.when)


_JAVA_KINDS: Final = (".jar", "-sources.jar", "-javadoc.jar")


def _below(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def build_bills(release: Release) -> None:
    """Write the bills of materials of what was built before."""
    bills: dict[str, Iterable[components.Component]] = {
        "agent-memory-image": components.locked("services.lock"),
        "agent-memory-suite": components.required("agent-memory-suite"),
        "agent-memory-suite-embedded": components.required("agent-memory-suite", "embedded"),
        "agent-memory-suite-client": components.required("agent-memory-suite-client"),
        "agent-memory-console": components.npm("console/package-lock.json"),
        "agent-memory-typescript": components.npm("clients/typescript/package-lock.json"),
        "agent-memory-go": components.go(),
    }
    class_path = release.tree / "clients/java/target/classpath.txt"
    if class_path.exists():
        bills["agent-memory-java"] = components.maven(class_path.read_text(encoding="utf-8"))
    for name, listed in bills.items():
        bill = components.bill(name, release.version, listed, release.when)
        target = release.output / f"{name}-{release.version}.cdx.json"
        target.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a release.

    Attributes:
        build: writes its artifacts.
        programs: what it needs beside this environment.
    """

    build: Callable[[Release], None]
    programs: tuple[str, ...] = ()


# Bills tell of what was built before.
PARTS: Final[Mapping[str, Part]] = {
    "python": Part(build_python),
    "weights": Part(build_weights),
    "protos": Part(build_protos),
    "image-context": Part(build_image_context),
    "manifests": Part(build_manifests),
    "go": Part(build_go),
    "npm": Part(build_npm, ("node", "npm")),
    "java": Part(build_java, ("java", "javac", "javadoc", "mvn")),
    "bills": Part(build_bills),
}


def provenance(release: Release, artifacts: Mapping[str, str]) -> dict[str, object]:
    """State how the artifacts came about, as an in-toto statement with SLSA provenance."""
    locks = [
        {"name": name, "digest": {"sha256": digest(path)}}
        for name, path in release.files("requirements", *components.PACKAGE_LOCKS)
    ]
    source = f"git+{REPOSITORY}"
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": text}} for name, text in sorted(artifacts.items())
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{REPOSITORY}/blob/main/docs/releasing.md",
                "externalParameters": {"command": "make release", "source": source},
                "internalParameters": {
                    "sourceDateEpoch": int(release.when.timestamp()),
                    "version": release.version,
                },
                "resolvedDependencies": [
                    {"uri": source, "digest": {"gitCommit": release.commit}},
                    *locks,
                ],
            },
            "runDetails": {
                "builder": {"id": f"{REPOSITORY}/blob/{release.commit}/scripts/release.py"}
            },
        },
    }


def digest(path: Path) -> str:
    """Hash a file: SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build(output: Path, parts: Iterable[str] = PARTS, commit: str = "HEAD") -> list[str]:
    """Build parts of the release of a commit into a folder, which is emptied first.

    Returns:
        A line for every part that was left out because a program is absent.
    """
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    commit = _git("rev-parse", commit).strip()
    when = datetime.fromtimestamp(int(_git("log", "-1", "--format=%ct", commit)), UTC)
    absent = []
    with tempfile.TemporaryDirectory(prefix="agent-memory-release-") as name:
        tree = Path(name, "tree")
        tree.mkdir()
        baseline.extract(commit, tree)
        release = Release(commit, version_of(tree), when, tree, output.resolve())
        for title in parts:
            part = PARTS[title]
            if missing := [each for each in part.programs if shutil.which(each) is None]:
                absent.append(f"left out: {title}, because {', '.join(missing)} is not installed")
                continue
            part.build(release)
        artifacts = {path.name: digest(path) for path in output.iterdir() if path.is_file()}
        statement = json.dumps(provenance(release, artifacts), indent=1) + "\n"
        (output / PROVENANCE).write_text(statement, encoding="utf-8")
        artifacts[PROVENANCE] = digest(output / PROVENANCE)
    lines = [f"{text}  {name}\n" for name, text in sorted(artifacts.items())]
    (output / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return absent


def main() -> None:
    """Build the release of the last commit, and tell what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist/release")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=[])
    arguments = parser.parse_args()
    if changed := _git("status", "--porcelain").strip():
        sys.exit(f"a release is built from a clean tree; commit or remove:\n{changed}")
    if wrong := components.refused(components.shipped()):
        sys.exit("\n".join([f"{components.RULES} does not allow:", *wrong]))
    # Bills come last, whatever the order of the options.
    chosen = [name for name in PARTS if name in (arguments.only or PARTS)]
    absent = build(arguments.output, chosen)
    print((arguments.output / CHECKSUMS).read_text(encoding="utf-8"), end="")
    for line in absent:
        print(line)
    print(f"{arguments.output}: neither signed nor published; docs/releasing.md says how")


if __name__ == "__main__":
    main()
