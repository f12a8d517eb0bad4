"""An issuer's keys over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySourceError, read_keys
from tests.support.listening import listening

KEYS = b'{"keys": []}'


@asynccontextmanager
async def answering(status: str, body: bytes = b"", *headers: str) -> AsyncIterator[str]:
    """A server that answers every request so; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        writer.write("\r\n".join([*lines, *headers, "", ""]).encode() + body)
        writer.close()

    async with listening(answer) as there:
        yield f"http://{there}/keys"


async def test_keys_are_read_as_they_are() -> None:
    """Whatever the server calls them."""
    async with answering("200 OK", KEYS, "Content-Type: application/jwk-set+json") as address:
        assert json.loads(await read_keys(address, timeout=60)) == {"keys": []}


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
async def test_an_error_is_no_key_set(status: str) -> None:
    """Even with a body that looks like one."""
    async with answering(status, KEYS) as address:
        with pytest.raises(KeySourceError):
            await read_keys(address, timeout=60)


async def test_nobody_sends_us_elsewhere() -> None:
    """A redirect could lead to keys of anybody's."""
    async with (
        answering("200 OK", KEYS) as elsewhere,
        answering("302 Found", b"", f"Location: {elsewhere}") as address,
    ):
        with pytest.raises(KeySourceError):
            await read_keys(address, timeout=60)


async def test_a_server_that_never_stops_or_never_answers_is_given_up() -> None:
    """Within the time and the size that a key set may take."""
    async with answering("200 OK", bytes(1024 * 1024 + 1)) as address:
        with pytest.raises(KeySourceError):
            await read_keys(address, timeout=60)

    async with listening(lambda *_: asyncio.Event().wait()) as silent:
        with pytest.raises(KeySourceError):
            await read_keys(f"http://{silent}/", timeout=0.2)


async def test_a_server_that_dribbles_is_given_up() -> None:
    """A byte now and then does not buy it more time."""

    async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)

    async with listening(dribble) as server:
        with pytest.raises(KeySourceError):
            await asyncio.wait_for(read_keys(f"http://{server}/", timeout=0.3), 120)


@pytest.mark.parametrize("status", ["two hundred", "200 OK\r\nTransfer-Encoding: chunked"])
async def test_what_is_not_http_is_no_key_set(status: str) -> None:
    """However it is broken."""
    async with answering(status, b"zz") as address:
        with pytest.raises(KeySourceError):
            await read_keys(address, timeout=60)


async def test_nobody_there_is_no_key_set() -> None:
    """Nor a crash."""
    with pytest.raises(KeySourceError):
        await read_keys("http://127.0.0.1:1/keys", timeout=60)
