"""What a release holds, and that it can be made again."""

import hashlib
import json
import re
import shutil
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import release
import versions
from tests.release.conftest import ROOT, UV, run

pytestmark = pytest.mark.release

VERSION = versions.version()
# Validates bills of materials against the published schema.
CYCLONEDX = "cyclonedx-python-lib[json-validation]==11.12.0"


def test_the_same_commit_makes_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """Also in another folder and at another time."""
    release.build(tmp_path / "again", [name for name in release.PARTS if name != "java"])
    first, second = (
        {path.name: release.digest(path) for path in folder.iterdir()}
        for folder in (built, tmp_path / "again")
    )
    assert first == second


def test_checksums_and_provenance_name_every_artifact(built: Path) -> None:
    """With the digest that it has, and the commit."""
    lines = (built / release.CHECKSUMS).read_text().splitlines()
    listed = {name: text for text, name in (line.split("  ") for line in lines)}
    files = {path.name for path in built.iterdir()} - {release.CHECKSUMS}
    assert listed.keys() == files
    for name, text in listed.items():
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == text
    statement = json.loads((built / release.PROVENANCE).read_text())
    stated = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    assert stated == {name: text for name, text in listed.items() if name != release.PROVENANCE}
    source = statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert re.fullmatch(r"[0-9a-f]{40}", source["digest"]["gitCommit"])


def test_bills_of_materials_keep_to_the_schema(built: Path) -> None:
    """Each is CycloneDX, and every component in it has a version and an allowed licence."""
    bills = sorted(built.glob("*.cdx.json"))
    assert {path.name.removesuffix(f"-{VERSION}.cdx.json") for path in bills} >= {
        "agent-memory-image",
        "agent-memory-suite",
        "agent-memory-suite-client",
        "agent-memory-typescript",
        "agent-memory-go",
    }
    check = (
        "import sys\n"
        "from cyclonedx.schema import SchemaVersion\n"
        "from cyclonedx.validation.json import JsonStrictValidator\n"
        "validator = JsonStrictValidator(SchemaVersion.V1_6)\n"
        "errors = [validator.validate_str(open(path).read()) for path in sys.argv[1:]]\n"
        "sys.exit('\\n'.join(str(error) for error in errors if error) or 0)\n"
    )
    run(UV, "run", "--quiet", "--no-project", "--with", CYCLONEDX, "python", "-c", check, *bills)
    for path in bills:
        listed = json.loads(path.read_text())["components"]
        assert listed, path
        assert all(each["version"] and each["licenses"] for each in listed), path


@pytest.mark.parametrize("program", ["go"])
def test_the_module_of_go_is_what_a_proxy_serves(built: Path, program: str, tmp_path: Path) -> None:
    """`go get` finds it in a folder laid out like a proxy, and what imports it compiles."""
    served = tmp_path / "proxy" / release.GO_MODULE / "@v"
    served.mkdir(parents=True)
    version = f"v{VERSION}"
    shutil.copy(built / f"agent-memory-clients-go-{version}.zip", served / f"{version}.zip")
    shutil.copy(ROOT / "clients/go/go.mod", served / f"{version}.mod")
    (served / f"{version}.info").write_text(json.dumps({"Version": version}))
    (served / "list").write_text(f"{version}\n")
    user = tmp_path / "user"
    user.mkdir()
    (user / "go.mod").write_text(
        f"module example.org/user\n\nrequire {release.GO_MODULE} {version}\n"
    )
    (user / "main.go").write_text(
        f'package main\n\nimport agentmemory "{release.GO_MODULE}"\n\n'
        'func main() { _, _ = agentmemory.New("http://localhost:8000") }\n'
    )
    beside = run(program, "env", "GOPROXY").strip()
    environment = {
        "GOFLAGS": "-mod=mod -modcacherw",
        "GONOSUMDB": release.GO_MODULE,
        "GOPROXY": f"file://{tmp_path / 'proxy'},{beside}",
    }
    run(program, "vet", "./...", folder=user, environment=environment)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("program", ["mvn"])
def test_the_bundle_of_java_has_what_a_repository_asks_for(program: str, tmp_path: Path) -> None:
    """Classes, sources, documentation and description, each with its digests; and a bill."""
    assert shutil.which(program)
    release.build(tmp_path / "java", ["java", "bills"])
    with zipfile.ZipFile(tmp_path / f"java/agent-memory-maven-bundle-{VERSION}.zip") as bundle:
        names = set(bundle.namelist())
    stem = f"io/agentmemory/agent-memory-client/{VERSION}/agent-memory-client-{VERSION}"
    files = {f"{stem}{kind}" for kind in (".pom", ".jar", "-sources.jar", "-javadoc.jar")}
    digests = {f"{name}.{kind}" for name in files for kind in ("md5", "sha1", "sha256", "sha512")}
    assert names == files | digests
    bill = json.loads((tmp_path / f"java/agent-memory-java-{VERSION}.cdx.json").read_text())
    assert all(each["licenses"] for each in bill["components"])


def test_the_image_context_holds_what_the_dockerfile_copies(built: Path) -> None:
    """Every path of a COPY, and the Dockerfile itself."""
    with tarfile.open(built / f"agent-memory-image-context-{VERSION}.tar.gz") as archive:
        names = archive.getnames()
    recipe = "deploy/docker/Dockerfile"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / recipe).read_text(), re.MULTILINE)
    paths = [recipe, *(path for line in copied for path in line.split())]
    missing = [
        path
        for path in paths
        if not any(name == path or name.startswith(f"{path}/") for name in names)
    ]
    assert missing == []


def test_the_weights_keep_their_bytes_from_release_to_release(built: Path) -> None:
    """Their version is of their own, so what is published under it may never differ."""
    project = tomllib.loads((ROOT / "weights/pyproject.toml").read_text())["project"]
    (wheel,) = built.glob(f"agent_memory_suite_weights-{project['version']}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 2, 2, 0, 0, 0)}
