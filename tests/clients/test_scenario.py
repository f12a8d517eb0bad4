"""What a newcomer does first, in every way to do it: all get the same."""

import asyncio
import functools
import http.server
import json
import os
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mcp import Client, StdioServerParameters

from agent_memory_client import MemoryAPIClient, MemoryClient, MemoryNotFoundError
from agent_memory_services.embedded.stack import Stack
from tests.clients.conftest import ABSENT, built
from tests.contract.client.adapter import Awaited

pytestmark = pytest.mark.clients

TOLD = ["User drinks oolong tea", "User cycles to work"]
GREEN, SAID, ASKED = "User drinks green tea", "I am allergic to peanuts.", "What must I avoid?"
LEARNED = "User is allergic to peanuts"
# Types of what is stated; what was merely said is remembered too.
STATED = ["semantic", "episodic"]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PATIENCE = 60

Results = dict[str, Any]


async def with_a_client(memory: Any, name: str) -> Results:
    """Python's verbs."""

    async def store(texts: list[str]) -> list[str]:
        created = await memory.create_long_term_memories([{"text": text} for text in texts])
        return [each.outcome for each in created.results]

    async def listed() -> list[str]:
        page = await memory.list_long_term_memories(memory_type={"any": STATED})
        return sorted(each.text for each in page.memories)

    results: Results = {"stored": await store(TOLD), "stored again": await store(TOLD[:1])}
    (found, *_) = (await memory.search_long_term_memory("Which tea?")).memories
    results |= {"found": found.text, "listed": await listed()}
    results["edited"] = (await memory.edit_long_term_memory(found.id, {"text": GREEN})).text
    await memory.append_messages_to_working_memory(name, [{"role": "user", "content": SAID}])
    session = await memory.get_working_memory(name)
    results["said"] = [f"{each.role}: {each.content}" for each in session.messages]
    await memory.wait_for_extraction(name)
    results["learned"] = await listed()
    prompt = await memory.memory_prompt(ASKED, session_id=name, long_term_search=True)
    results |= prompted(prompt.messages)
    try:
        await memory.get_long_term_memory("nobody")
        results["missing"] = "found"
    except MemoryNotFoundError:
        results["missing"] = "not found"
    await memory.delete_long_term_memories([found.id])
    return results | {"not forgotten": await listed()}


def prompted(messages: list[dict[str, Any]]) -> Results:
    """What a prompt says."""
    last = messages[-1]
    return {
        "last of the prompt": f"{last['role']}: {last['content']}",
        "prompt knows": any(LEARNED in str(each["content"]) for each in messages),
    }


async def asynchronously(stack: Stack, name: str) -> Results:
    """Python with asyncio."""
    async with MemoryAPIClient(f"http://{stack.address}", default_user_id=name) as memory:
        return await with_a_client(memory, name)


async def synchronously(stack: Stack, name: str) -> Results:
    """Python in threads."""
    with MemoryClient(f"http://{stack.address}", default_user_id=name) as memory:
        return await with_a_client(Awaited(memory), name)


async def as_json(stack: Stack, name: str) -> Results:
    """JSON over HTTP, at the gateway."""

    async def ask(method: str, path: str, body: Any = None) -> Any:
        url = f"http://{stack.address}{path}"
        data = None if body is None else json.dumps(body).encode()
        head = {"content-type": "application/json"}
        request = urllib.request.Request(url, data, head, method=method)

        def answer() -> Any:
            with urllib.request.urlopen(request) as response:
                return json.load(response)

        return await asyncio.to_thread(answer)

    async def store(texts: list[str]) -> list[str]:
        memories = [{"text": text, "user_id": name} for text in texts]
        created = await ask("POST", "/v1/memories:batchCreate", {"memories": memories})
        outcomes = [each["outcome"] for each in created["results"]]
        return [each.removeprefix("CREATE_OUTCOME_").lower() for each in outcomes]

    async def listed() -> list[str]:
        page = await ask("POST", "/v1/memories:list", {"filter": mine | {"type": stated}})
        return sorted(each["text"] for each in page.get("memories", []))

    mine: dict[str, Any] = {"user_id": {"eq": name}}
    stated = {"any": [f"MEMORY_TYPE_{each.upper()}" for each in STATED]}
    results: Results = {"stored": await store(TOLD), "stored again": await store(TOLD[:1])}
    query = {"text": "Which tea?", "filter": mine}
    found = (await ask("POST", "/v1/memories:search", {"query": query}))["hits"][0]["memory"]
    results |= {"found": found["text"], "listed": await listed()}
    path = f"/v1/memories/{found['id']}"
    edited = await ask("PATCH", f"{path}?update_mask=text", {"text": GREEN})
    results["edited"] = edited["memory"]["text"]
    said = {"user_id": name, "messages": [{"role": "user", "content": SAID}]}
    await ask("POST", f"/v1/working-memory/{name}:append", said)
    session = await ask("GET", f"/v1/working-memory/{name}?user_id={name}")
    messages = session["working_memory"]["messages"]
    results["said"] = [f"{each['role']}: {each['content']}" for each in messages]
    results["learned"] = await learned(listed)
    asked = {"query": ASKED, "session": {"session_id": name, "user_id": name}}
    asked["long_term_search"] = {"query": {"filter": mine}}
    results |= prompted((await ask("POST", "/v1/memory-prompt:build", asked))["messages"])
    try:
        await ask("GET", "/v1/memories/nobody")
        results["missing"] = "found"
    except urllib.error.HTTPError as error:
        results["missing"] = {404: "not found"}.get(error.code, str(error))
        error.close()
    await ask("POST", "/v1/memories:batchDelete", {"memory_ids": [found["id"]]})
    return results | {"not forgotten": await listed()}


async def learned(listed: Callable[[], Awaitable[list[str]]]) -> list[str]:
    """What is listed as soon as the conversation was learned from."""
    texts: list[str] = []

    async with asyncio.timeout(PATIENCE):
        while LEARNED not in texts:
            texts = await listed()
            await asyncio.sleep(0.05)
    return texts


async def over_mcp(stack: Stack, name: str) -> Results:
    """A model's tools, from a server that the agent starts."""
    url = f"http://{stack.address}"
    arguments = ["-m", "agent_memory_services", "mcp", "--base-url", url, "--user", name]
    async with Client(StdioServerParameters(command=sys.executable, args=arguments)) as client:

        async def use(tool: str, **given: Any) -> Any:
            result = await client.call_tool(tool, given)
            if result.is_error:
                raise LookupError(getattr(result.content[0], "text", ""))
            return result.structured_content

        async def store(texts: list[str]) -> list[str]:
            made = await use("remember", memories=[{"text": text} for text in texts])
            return [each["outcome"] for each in made["memories"]]

        async def listed() -> list[str]:
            return sorted(each["text"] for each in (await use("list_memories"))["memories"])

        results: Results = {"stored": await store(TOLD), "stored again": await store(TOLD[:1])}
        (found, *_) = (await use("search_memories", query="Which tea?"))["memories"]
        results |= {"found": found["text"], "listed": await listed()}
        edited = await use("edit_memory", memory_id=found["id"], text=GREEN)
        results["edited"] = edited["memory"]["text"]
        await use("append_to_session", session_id=name, messages=[{"role": "user", "text": SAID}])
        session = await use("read_session", session_id=name)
        results["said"] = [f"{each['role']}: {each['content']}" for each in session["messages"]]
        results["learned"] = await learned(listed)
        prompt = await use("memory_prompt", query=ASKED, session_id=name)
        results |= prompted(prompt["messages"])
        try:
            await use("edit_memory", memory_id="nobody", text="x")
            results["missing"] = "found"
        except LookupError as error:
            is_missing = "there is no memory nobody" in str(error)
            results["missing"] = "not found" if is_missing else str(error)
        await use("forget_memories", memory_ids=[found["id"]])
        return results | {"not forgotten": await listed()}


async def typed(stack: Stack, name: str) -> Results:
    """The command line."""
    environment = {
        **os.environ,
        "AGENT_MEMORY_CLIENT_BASE_URL": f"http://{stack.address}",
        "AGENT_MEMORY_CLIENT_USER": name,
    }

    async def run(*words: str) -> tuple[int, list[Any]]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agent_memory_services", *words, "--json"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, [json.loads(line) for line in output.splitlines()]

    async def rows(*words: str) -> list[Any]:
        code, printed = await run(*words)
        assert code == 0, words
        return printed

    async def listed() -> list[str]:
        stated = json.dumps({"memory_type": {"any": STATED}})
        printed = await rows("memories", "list", "--filter", stated)
        return sorted(each["text"] for each in printed)

    results: Results = {
        "stored": [each["outcome"] for each in await rows("remember", *TOLD)],
        "stored again": [each["outcome"] for each in await rows("remember", TOLD[0])],
    }
    (found, *_) = await rows("search", "Which tea?")
    results |= {"found": found["text"], "listed": await listed()}
    (edited,) = await rows("memories", "edit", found["id"], "--text", GREEN)
    results["edited"] = edited["text"]
    await rows("sessions", "append", name, SAID)
    (session,) = await rows("sessions", "show", name)
    results["said"] = [f"{each['role']}: {each['content']}" for each in session["messages"]]
    results["learned"] = await learned(listed)
    (prompt,) = await rows("sessions", "prompt", name, ASKED)
    results |= prompted(prompt["messages"])
    code, printed = await run("memories", "get", "nobody")
    results["missing"] = "not found" if (code, printed) == (1, []) else str(printed)
    await rows("memories", "delete", found["id"], "--yes")
    return results | {"not forgotten": await listed()}


async def printed_by(command: list[str], folder: Path, stack: Stack, name: str) -> Results:
    """What a program in another language prints last."""
    environment = {"AGENT_MEMORY_ADDRESS": str(stack.address), "AGENT_MEMORY_SCENARIO": name}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    results: Results = json.loads(output.splitlines()[-1])
    return results


async def in_node(stack: Stack, name: str) -> Results:
    """TypeScript over gRPC."""
    folder = await asyncio.to_thread(built, "typescript")
    return await printed_by(["node", "build/scenarioNode.js"], folder, stack, name)


async def in_go(stack: Stack, name: str) -> Results:
    """Go."""
    folder = await asyncio.to_thread(built, "go")
    return await printed_by(["go", "run", "./internal/scenario"], folder, stack, name)


async def in_java(stack: Stack, name: str) -> Results:
    """Java."""
    folder = await asyncio.to_thread(built, "java")
    paths = [folder / "target/test-classes", folder / "target/classes"]
    paths += [Path(each) for each in (folder / "target/classpath.txt").read_text().split(":")]
    classes = os.pathsep.join(map(str, paths)).strip()
    command = ["java", "-cp", classes, "io.agentmemory.client.Scenario"]
    return await printed_by(command, folder, stack, name)


PAGE = """<!doctype html><meta charset="utf-8">
<script type="importmap">{"imports": IMPORTS}</script>
<script type="module">
const told = (results) => fetch("/results", { method: "POST", body: JSON.stringify(results) });
try {
  const { MemoryClient } = await import("@agent-memory/client");
  const { scenario } = await import("/build/scenario.js");
  const memory = new MemoryClient({ baseUrl: "http://ADDRESS" });
  await told(await scenario(memory, "NAME"));
} catch (error) {
  await told({ error: String(error?.stack ?? error) });
}
</script>"""
IMPORTS = {
    "@agent-memory/client": "/dist/index.js",
    "#transport": "/dist/transport/web.js",
    **{
        key: f"/node_modules/{package}/dist/esm/{entry}"
        for package in ("@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web")
        for key, entry in ((package, "index.js"), (f"{package}/", ""))
    },
}


@contextmanager
def served(folder: Path, page: str, results: "asyncio.Future[Results]") -> Iterator[str]:
    """Serve the client's modules and a page on loopback; what the page posts is the result."""
    loop = asyncio.get_running_loop()

    class Modules(http.server.SimpleHTTPRequestHandler):
        """Files of the client; a folder of modules is its index."""

        def do_GET(self) -> None:
            """Answer the page, or a module."""
            path = Path(self.translate_path(self.path))
            if self.path == "/":
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())
            elif path.is_dir():
                self.send_response(302)
                self.send_header("location", f"{self.path}/index.js")
                self.end_headers()
            else:
                super().do_GET()

        def do_POST(self) -> None:
            """Take the results."""
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()
            loop.call_soon_threadsafe(results.set_result, json.loads(body))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Modules, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


async def in_a_browser(stack: Stack, name: str) -> Results:
    """TypeScript over gRPC-Web, in Chromium, from a page of another origin."""
    folder = await asyncio.to_thread(built, "typescript")
    page = PAGE.replace("IMPORTS", json.dumps(IMPORTS)).replace("ADDRESS", str(stack.address))
    results: asyncio.Future[Results] = asyncio.get_running_loop().create_future()
    with (
        served(folder, page.replace("NAME", name), results) as url,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        process = await asyncio.create_subprocess_exec(
            *(str(CHROMIUM), *flags, f"--user-data-dir={profile}", url),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            return await asyncio.wait_for(results, 2 * PATIENCE)
        finally:
            process.terminate()
            await process.wait()


NO_BROWSER = set() if CHROMIUM.exists() and "typescript" not in ABSENT else {"browser"}
# Way -> what does it, and the toolchain without which it is left out.
WAYS: Mapping[str, tuple[Callable[[Stack, str], Awaitable[Results]], str]] = {
    "Python async": (asynchronously, "python"),
    "Python sync": (synchronously, "python"),
    "TS gRPC": (in_node, "typescript"),
    "TS gRPC-Web": (in_a_browser, "browser"),
    "Go": (in_go, "go"),
    "Java": (in_java, "java"),
    "JSON": (as_json, "python"),
    "MCP": (over_mcp, "python"),
    "CLI": (typed, "python"),
}


def table(answers: Mapping[str, Results]) -> Iterator[str]:
    """Yield the lines of a table: what came of each step, and by which ways."""
    expected, *_ = answers.values()
    widths = [len(way) for way in answers]
    yield f"{'step':20}{'result':62}" + "  ".join(answers)
    for step, result in expected.items():
        spelled = ", ".join(map(str, result)) if isinstance(result, list) else str(result)
        marks = [("=" if each.get(step) == result else "!") for each in answers.values()]
        cells = "  ".join(mark.center(width) for mark, width in zip(marks, widths, strict=True))
        yield f"{step:20}{spelled[:60]:62}{cells}"


async def test_every_way_gets_the_same(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints a table of what came of each step."""
    left_out = {*ABSENT, *NO_BROWSER}
    run = uuid4().hex[:8]
    answers = {
        way: await do(stack, f"{way.lower().replace(' ', '-')}-{run}")
        for way, (do, needed) in WAYS.items()
        if needed not in left_out
    }
    with capsys.disabled():
        print("", *table(answers), sep="\n")  # noqa: T201 - the table is what is wanted
    expected = {
        "stored": ["created", "created"],
        "stored again": ["duplicate"],
        "found": TOLD[0],
        "listed": sorted(TOLD),
        "edited": GREEN,
        "said": [f"user: {SAID}"],
        "learned": sorted([GREEN, TOLD[1], LEARNED]),
        "last of the prompt": f"user: {ASKED}",
        "prompt knows": True,
        "missing": "not found",
        "not forgotten": sorted([TOLD[1], LEARNED]),
    }
    assert answers == dict.fromkeys(answers, expected)
