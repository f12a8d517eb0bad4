"""Packages of the clients, as their users get them: their first programs, contents and types."""

import json
import os
import re
from pathlib import Path

import pytest

from agent_memory_services.embedded.stack import Stack
from tests.clients.conftest import CLIENTS, built, run

pytestmark = pytest.mark.clients

# Language of the programs of a README -> their marker there, and what each prints.
PROGRAMS = {
    "typescript": ("ts", "User is vegetarian", "listed 1 User drinks green tea"),
    "go": ("go", "User drinks green tea", "listed User drinks green tea"),
    "java": ("java", "User drinks green tea", "listed User drinks green tea"),
}


def program(language: str, stack: Stack, page: str, number: int) -> str:
    """A program in a language on a page, for the stack of the tests."""
    text = (CLIENTS / page.format(language)).read_text()
    found = re.findall(rf"^```{PROGRAMS[language][0]}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert "http://localhost:8000" in found[number]
    return str(found[number].replace("http://localhost:8000", f"http://{stack.address}"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of a user of the TypeScript client, into which the packed client is unpacked."""
    folder = built("typescript")
    user = tmp_path_factory.mktemp("user")
    name = json.loads(
        run("npm", "pack", "--json", "--pack-destination", user, cwd=folder, out=True)
    )
    package = user / "node_modules/@agent-memory/client"
    package.mkdir(parents=True)
    run("tar", "xzf", user / name[0]["filename"], "--strip-components=1", cwd=package)
    for dependency in ("@bufbuild", "@connectrpc", "@types", "undici-types", "ai", "@ai-sdk"):
        (user / "node_modules" / dependency).symlink_to(folder / "node_modules" / dependency)
    (user / "package.json").write_text('{"type": "module", "private": true}')
    return user


@pytest.mark.parametrize("language", ["typescript"])
def test_the_packed_client_holds_code_and_types_alone(installed: Path, language: str) -> None:
    """Every module has its types; no source, test, lock or tool is packed."""
    package = installed / "node_modules/@agent-memory/client"
    assert json.loads((CLIENTS / language / "package.json").read_text())["name"] in str(package)
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    modules = {name.removesuffix(".js") for name in files if name.endswith(".js")}
    types = {name.removesuffix(".d.ts") for name in files if name.endswith(".d.ts")}
    assert files - {f"{name}.js" for name in modules} - {f"{name}.d.ts" for name in types} == {
        "README.md",
        "package.json",
    }
    assert modules == types
    assert all(name.startswith("dist/") for name in modules)
    assert {"dist/index", "dist/transport/node", "dist/transport/web"} <= modules
    imported = {
        found
        for path in package.rglob("*.js")
        for found in re.findall(r'from "([^".][^"]*)"', path.read_text())
    }
    own = json.loads((package / "package.json").read_text())
    roots = {"/".join(each.split("/")[:2]) for each in imported if not each.startswith("node:")}
    assert roots == {*own["dependencies"], *own["peerDependencies"], "#transport"}
    assert all(each["optional"] for each in own["peerDependenciesMeta"].values())


@pytest.mark.parametrize("language", ["typescript"])
def test_a_browser_is_given_no_module_of_node(installed: Path, language: str) -> None:
    """What the entry reaches under the condition `browser` imports nothing but libraries."""
    package = installed / "node_modules/@agent-memory/client"
    own = json.loads((CLIENTS / language / "package.json").read_text())
    transport = package / own["imports"]["#transport"]["browser"]["default"]
    reached: set[Path] = set()
    ahead = [package / own["exports"]["."]["default"]]
    libraries: set[str] = set()
    while ahead:
        path = ahead.pop().resolve()
        if path in reached:
            continue
        reached.add(path)
        for name in re.findall(r'from "([^"]+)"', path.read_text()):
            if name == "#transport":
                ahead.append(transport)
            elif name.startswith("."):
                ahead.append(path.parent / name)
            else:
                libraries.add("/".join(name.split("/")[:2]))
    assert transport.resolve() in reached
    assert libraries == {"@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"}


@pytest.mark.parametrize("language", ["typescript"])
def test_strict_users_compile_with_the_packed_types(installed: Path, language: str) -> None:
    """Under nodenext, with every strictness there is, in Node.js and without its types."""
    (installed / "user.ts").write_text(
        """
        import { MemoryClient, MemoryNotFoundError, type MemoryHit } from "@agent-memory/client";
        import { LongTermMemoryService } from
          "@agent-memory/client/contract/agent_memory/long_term_memory/v1/service";
        const memory = new MemoryClient({ apiKey: "key" });
        export async function texts(): Promise<string[]> {
          const found: MemoryHit[] = [];
          for await (const hit of memory.searchAllLongTermMemories("tea", {
            filters: { userId: "alice", createdAt: { gte: "2024-01-01" }, memoryType: "episodic" },
          })) found.push(hit);
          return found.map(({ text }) => text);
        }
        export async function raw(): Promise<bigint> {
          const { method } = LongTermMemoryService;
          return (await memory.connection.call(method.countMemories, {})).count;
        }
        export const gone = (error: unknown): boolean => error instanceof MemoryNotFoundError;
        // @ts-expect-error there is no such operator
        void memory.listLongTermMemories({ filters: { topics: { like: "x" } } });
        // @ts-expect-error there is no such type of memories
        void memory.createLongTermMemories([{ text: "x", memoryType: "fact" }]);
        """
    )
    options = ["--module", "nodenext", "--target", "es2022", "--strict", "--noEmit"]
    options += ["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--types", ""]
    options += ["--lib", "es2023,esnext.disposable,dom", "--ignoreConfig"]
    compiler = CLIENTS / language / "node_modules/.bin/tsc"
    run(compiler, *options, "user.ts", cwd=installed)


@pytest.mark.parametrize("language", ["typescript"])
def test_the_program_for_the_ai_sdk_compiles(installed: Path, language: str) -> None:
    """As it stands in the README; what it does is tested with the client."""
    text = (CLIENTS / language / "README.md").read_text()
    (block,) = re.findall(r"^```ts\n([^`]*/ai-sdk[^`]*)^```", text, re.MULTILINE)
    given = 'import type { LanguageModelV4 } from "@ai-sdk/provider";\n'
    given += "declare const model: LanguageModelV4;\n"
    (installed / "ai.ts").write_text(f"{given}{block}console.log(text);\n")
    options = ["--module", "nodenext", "--target", "es2022", "--strict", "--noEmit"]
    options += ["--skipLibCheck", "--ignoreConfig"]
    run(CLIENTS / language / "node_modules/.bin/tsc", *options, "ai.ts", cwd=installed)


# Programs by their pages, and their places there.
PAGES = [("{}/README.md", 0), ("{}/README.md", 1), ("../docs/quickstart.md", 0)]


@pytest.mark.parametrize("place", PAGES, ids=lambda place: " ".join(map(str, place)))
@pytest.mark.parametrize("language", PROGRAMS)
def test_the_programs_of_a_page_run(
    stack: Stack,
    language: str,
    place: tuple[str, int],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """As they stand there; each prints what it stored."""
    page, number = place
    source = program(language, stack, page, number)
    folder = built(language)
    if language == "typescript":
        user: Path = request.getfixturevalue("installed")
        # Its types are compiled above; in JavaScript it is the same program.
        (user / "program.mjs").write_text(source)
        printed = run("node", "program.mjs", cwd=user)
    elif language == "go":
        (tmp_path / "main.go").write_text(source)
        overlay = {"Replace": {str(folder / "program/main.go"): str(tmp_path / "main.go")}}
        (tmp_path / "overlay.json").write_text(json.dumps(overlay))
        printed = run("go", "run", "-overlay", tmp_path / "overlay.json", "./program", cwd=folder)
    else:
        (tmp_path / "Program.java").write_text(source)
        paths = (folder / "target/classpath.txt").read_text().strip()
        classes = f"{folder / 'target/classes'}{os.pathsep}{paths}"
        printed = run("java", "-cp", classes, "Program.java", cwd=tmp_path)
    assert PROGRAMS[language][1 + number] in printed
