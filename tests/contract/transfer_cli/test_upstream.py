"""Memories and sessions of redis/agent-memory-server, read from its store and from its API."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.exceptions import RedisError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.transfer_cli import upstream
from agent_memory_services.transfer_cli.files import TransferError
from agent_memory_services.transfer_cli.foreign import Source, read_items

pytestmark = pytest.mark.asyncio

SESSION = {
    "messages": [
        {"role": "user", "content": "I live in Ghent.", "id": "01A", "created_at": 1717236000},
        {"role": "assistant", "content": "Nice.", "id": "01B"},
    ],
    "memories": [{"id": "01M", "text": "User has a dog", "memory_type": "semantic"}],
    "user_id": "ann",
    "session_id": "s1",
    "namespace": "shop",
    "data": {"cart": [1]},
}
HASH = {
    "id_": "01C",
    "text": "User saw Rome",
    "memory_type": "episodic",
    "user_id": "ann",
    "namespace": "",
    "session_id": "",
    "topics": "travel,italy",
    "entities": "",
    "created_at": "1717236000.0",
    "last_accessed": "1717236000",
    "event_date": "0",
    "pinned": "1",
    "access_count": "3",
    "metadata": '{"k": 1}',
    "extracted_from": "01A,01B",
}


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[str]:
    """A store with documents, as that server needs one."""
    port = free_port("127.0.0.1")
    folder = binaries.search_module().parent
    server = await asyncio.create_subprocess_exec(
        *(str(binaries.valkey_server()), "--bind", "127.0.0.1", "--port", str(port)),
        *("--save", "", "--dir", str(tmp_path), "--loadmodule", str(folder / "rejson.so")),
        stdout=asyncio.subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60):
            while not await _answers(url):
                await asyncio.sleep(0.02)
        yield url
    finally:
        server.terminate()
        await server.wait()


async def _answers(url: str) -> bool:
    async with connect(url) as client:
        try:
            return bool(await client.ping())
        except RedisError:
            return False


async def test_a_store_gives_its_sessions_and_memories(store: str) -> None:
    """Documents, the texts that earlier releases wrote, and hashes; notes beside them are none."""
    async with connect(store) as client:
        call: Any = client.execute_command
        await call("JSON.SET", "working_memory:shop:ann:s1", "$", json.dumps(SESSION))
        await client.set("working_memory:old", json.dumps({"messages": SESSION["messages"]}))
        await client.set("working_memory:migration:complete", "true")
        hash_of: Any = client.hset
        await hash_of("memory_idx:01C", mapping={**HASH, "vector": b"\x00\xff"})
    contents = read_items(await upstream.items_of(store, None), Source.REDIS)
    assert not contents.rejected
    sessions = {each.session_id: each for each in contents.conversations}
    assert sessions.keys() == {"s1", "old"}
    first = sessions["s1"]
    assert (first.user_id, first.namespace, first.data) == ("ann", "shop", {"cart": [1]})
    assert [each.content for each in first.messages] == ["I live in Ghent.", "Nice."]
    memories = {each.id: each for each in contents.memories}
    assert (memories["01M"].session_id, memories["01M"].namespace) == ("s1", "shop")
    rome = memories["01C"]
    assert (rome.topics, rome.access_count, rome.pinned) == (["travel", "italy"], 3, True)
    assert (rome.metadata["k"], rome.event_date) == (1, None)


class _Api(BaseHTTPRequestHandler):
    """The calls of that server that an import needs; its pages overlap, as they do there."""

    def do_GET(self) -> None:
        """List sessions, or answer one."""
        if self.headers.get("Authorization") != "Bearer secret":
            self.send_error(401)
            return
        listed = self.path.partition("?")[0].endswith("/v1/working-memory/")
        self._tell({"sessions": ["s1"], "total": 1} if listed else SESSION)

    def do_POST(self) -> None:
        """List memories."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = range(asked["offset"], min(asked["offset"] + asked["limit"] + 1, 130))
        memories = [{"id": f"m{n}", "text": f"Fact {n}", "memory_type": "semantic"} for n in ids]
        self._tell({"memories": memories, "total": len(memories), "next_offset": None})

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _tell(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api() -> Iterator[str]:
    """That server's API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


async def test_a_server_gives_its_sessions_and_memories(api: str) -> None:
    """Page by page, each once."""
    contents = read_items(await upstream.items_of(f"{api}/", "secret"), Source.REDIS)
    assert [each.session_id for each in contents.conversations] == ["s1"]
    assert len({each.id for each in contents.memories}) == len(contents.memories) == 131


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("redis://:s3cret@127.0.0.1:1", "redis://***@127.0.0.1:1 cannot be read"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/v1/working-memory/"),
        ("ftp://127.0.0.1", "is no address of a store"),
    ],
)
async def test_what_cannot_be_read_is_told(address: str, told: str) -> None:
    """Without its credential."""
    with pytest.raises(TransferError) as refused:
        await upstream.items_of(address, None)
    assert told in str(refused.value)
    assert "s3cret" not in str(refused.value)


async def test_a_server_that_knows_its_callers_is_told_who_calls(api: str) -> None:
    """The option that says so is named."""
    with pytest.raises(TransferError, match=r"401 .*--source-token"):
        await upstream.items_of(api, None)
