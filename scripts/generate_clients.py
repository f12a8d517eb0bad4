"""Regenerate the clients' code in TypeScript, Go and Java: `make generate-clients`.

The code is made from the protos without the imports of validation rules and HTTP forms, so that no
client needs a package for them. Each language takes its plugins from its own package registry, at
the versions of its own lock. A language whose toolchain is absent is named, and its code stays as
it is.

`clients/generated.json` keeps a digest of the contract and of the code for each language. `--check`
compares with that alone, which needs no toolchain. `--anew` makes the code anew and fails where
that changed it.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2

from generate import ROOT, build_image, drop_import, own_files, run

DIGESTS: Final = ROOT / "clients/generated.json"
HTTP_FORMS: Final = "google/api/annotations.proto"
STATUS_FILES: Final = ("google/rpc/status.proto", "google/rpc/error_details.proto")
TYPESCRIPT: Final = ROOT / "clients/typescript"
GO_PLUGINS: Final = ROOT / "clients/go/internal/plugins"
GO_PLUGIN_PACKAGES: Final = (
    "google.golang.org/protobuf/cmd/protoc-gen-go",
    "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
)
JAVA: Final = ROOT / "clients/java"
PROTOC: Final = JAVA / "target/plugins/protoc"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the clients.

    Attributes:
        tools: Programs that its plugins need.
        output: Folder of the generated code; everything in it but `kept` is generated.
        plugins: Plugins, as `buf.gen.yaml` declares them.
        files: Files of other packages that it generates too.
        kept: Names in the output that come from elsewhere.
    """

    tools: Sequence[str]
    output: Path
    plugins: Sequence[Mapping[str, Any]]
    files: Sequence[str] = ()
    kept: frozenset[str] = frozenset()

    @property
    def absent(self) -> list[str]:
        """Programs that are not there."""
        return [tool for tool in self.tools if shutil.which(tool) is None]


def _go_plugin(name: str) -> dict[str, Any]:
    return {
        "local": str(GO_PLUGINS / "bin" / name),
        "opt": "module=github.com/agent-memory/agent-memory/clients/go",
    }


LANGUAGES: Final[Mapping[str, Language]] = {
    "typescript": Language(
        tools=("node", "npm"),
        output=TYPESCRIPT / "src/gen",
        plugins=(
            {
                "local": ["node", str(TYPESCRIPT / "node_modules/.bin/protoc-gen-es")],
                "opt": ["target=ts", "import_extension=js"],
            },
        ),
        files=STATUS_FILES,
        kept=frozenset({"service_config.ts"}),
    ),
    "go": Language(
        tools=("go",),
        output=ROOT / "clients/go/agent_memory",
        plugins=(_go_plugin("protoc-gen-go"), _go_plugin("protoc-gen-go-grpc")),
    ),
    "java": Language(
        tools=("java", "mvn"),
        output=JAVA / "src/generated/java",
        plugins=(
            {"protoc_builtin": "java", "protoc_path": str(PROTOC), "strategy": "all"},
            {"local": [sys.executable, str(ROOT / "scripts/protoc_gen_grpc_java.py")]},
        ),
    ),
}


def prepare(language: str) -> None:
    """Fetch the plugins of a language, where they are not there yet."""
    if language == "typescript" and not (TYPESCRIPT / "node_modules/.bin/protoc-gen-es").exists():
        run("npm", "ci", "--prefix", TYPESCRIPT, "--ignore-scripts", "--no-audit", "--no-fund")
    if language == "go":
        (GO_PLUGINS / "bin").mkdir(exist_ok=True)
        run("go", "-C", GO_PLUGINS, "build", "-o", GO_PLUGINS / "bin", *GO_PLUGIN_PACKAGES)
    if language == "java" and not PROTOC.exists():
        pom = JAVA / "pom.xml"
        run("mvn", "--quiet", "--batch-mode", "--file", pom, "-Pplugins", "generate-sources")
        PROTOC.chmod(0o755)


def contract() -> descriptor_pb2.FileDescriptorSet:
    """Compile the protos without the imports that clients do not need."""
    with tempfile.TemporaryDirectory() as name:
        image = build_image(Path(name))
    drop_import(image)
    drop_import(image, HTTP_FORMS)
    return image


def generate(image: descriptor_pb2.FileDescriptorSet, language: Language) -> None:
    """Write the code of a language anew."""
    names = [*(file.name for file in own_files(image)), *language.files]
    paths = [option for name in names for option in ("--path", name)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "image.binpb").write_bytes(image.SerializeToString())
        out = folder / "out"
        plugins = [{**plugin, "out": str(out)} for plugin in language.plugins]
        template = json.dumps({"version": "v2", "plugins": plugins})
        run("buf", "generate", folder / "image.binpb", "--template", template, *paths)
        _replace(out, language)


def _replace(made: Path, language: Language) -> None:
    """Put generated code in the place of what is there."""
    root = made / language.output.name if (made / language.output.name).exists() else made
    for path in code_of(language):
        path.unlink()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            target = language.output / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def code_of(language: Language) -> list[Path]:
    """List the generated files of a language."""
    found = language.output.rglob("*")
    return sorted(path for path in found if path.is_file() and path.name not in language.kept)


def digests(image: descriptor_pb2.FileDescriptorSet, language: Language) -> dict[str, str]:
    """Answer the digests of the contract, of what a language makes of it, and of its code."""
    code = hashlib.sha256()
    for path in code_of(language):
        code.update(f"{path.relative_to(language.output).as_posix()}\n".encode())
        code.update(path.read_bytes())
    wanted = {*(file.name for file in own_files(image)), *language.files}
    source = hashlib.sha256()
    for file in image.file:
        if file.name in wanted:
            source.update(file.SerializeToString(deterministic=True))
    return {"contract": source.hexdigest(), "code": code.hexdigest()}


def stale(image: descriptor_pb2.FileDescriptorSet) -> list[str]:
    """List the languages whose code is not what was made of the contract as it is."""
    kept = json.loads(DIGESTS.read_text())
    return [name for name in kept if kept[name] != digests(image, LANGUAGES[name])]


def regenerate(image: descriptor_pb2.FileDescriptorSet) -> None:
    """Write the code of every language whose toolchain is there."""
    kept = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    for name, language in LANGUAGES.items():
        if language.absent:
            print(f"clients: no {', no '.join(language.absent)}; the {name} code stays as it is")
            continue
        prepare(name)
        generate(image, language)
        kept[name] = digests(image, language)
    DIGESTS.write_text(json.dumps(kept, indent=2) + "\n")


def check(image: descriptor_pb2.FileDescriptorSet) -> None:
    """Compare the code with the protos, by the digests.

    Raises:
        SystemExit: A language whose toolchain is there has other code; names it.
    """
    names = stale(image)
    for name in names:
        if absent := LANGUAGES[name].absent:
            print(f"clients: the {name} code differs from the protos; no {', no '.join(absent)}")
    if wrong := [name for name in names if not LANGUAGES[name].absent]:
        sys.exit(
            f"clients: the generated code of {', '.join(wrong)} differs from the protos;"
            " run `make generate-clients`"
        )


def main() -> None:
    """Regenerate, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--anew", action="store_true")
    arguments = parser.parse_args()
    image = contract()
    if arguments.check:
        check(image)
        return
    before = DIGESTS.read_text() if DIGESTS.exists() else ""
    regenerate(image)
    if arguments.anew and DIGESTS.read_text() != before:
        sys.exit(f"clients: {DIGESTS.relative_to(ROOT)} differed from what the protos make")


if __name__ == "__main__":
    main()
