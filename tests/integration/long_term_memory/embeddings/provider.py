"""A small real HTTP server that speaks `/v1/embeddings`, and misbehaves when told to."""

import asyncio
import base64
import contextlib
import hashlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.support.listening import listening

DIMENSION = 8


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds between any two bytes of the body."""


@dataclass(frozen=True)
class Request:
    """One HTTP request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    time: float


def vector_of(text: str, dimension: int = DIMENSION) -> npt.NDArray[np.float32]:
    """A direction that only this text has, not of unit length."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=dimension).astype(np.float32)


def answer(request: Request, dimension: int | None = None) -> Reply:
    """What a well-behaved provider says."""
    width = dimension or request.body.get("dimensions") or DIMENSION
    vectors = [vector_of(text, width) for text in request.body["input"]]
    entries = [
        {"object": "embedding", "index": index, "embedding": _encode(vector, request)}
        for index, vector in enumerate(vectors)
    ]
    return Reply(json.dumps({"object": "list", "data": entries, "model": "m"}).encode())


def unless(refused: Callable[[Request], bool], reply: Reply) -> Callable[[Request], Reply]:
    """A provider that answers well, but for what it refuses with a reply."""
    return lambda request: reply if refused(request) else answer(request)


def failure(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error answer whose message repeats what nobody should log."""
    error = {"message": "your text 'private words' and key sk-private", "code": code, "type": None}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps({"error": error}).encode(), status, named)


class Provider:
    """The server; `script` holds what to answer next, before it answers by its `rule` again."""

    def __init__(self) -> None:
        self.rule: Callable[[Request], Reply] = answer
        self.requests: list[Request] = []
        self.script: deque[Callable[[Request], Reply]] = deque()
        self.open = asyncio.Event()
        self.open.set()
        self.in_flight = 0
        self.most_in_flight = 0
        self._arrival = asyncio.Condition()
        self.url = ""

    def says(self, *replies: Reply) -> None:
        """Answer the next requests with these."""
        self.script.extend(lambda _, reply=reply: reply for reply in replies)  # type: ignore[misc] # binds the variable of the loop

    async def busy_with(self, requests: int) -> None:
        """Wait until so many requests have come and none is answered."""
        async with asyncio.timeout(120), self._arrival:
            await self._arrival.wait_for(lambda: self.in_flight == requests)

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator["Provider"]:
        """Listen on a free loopback port."""
        async with listening(self._connection) as address:
            self.url = f"http://{address}/v1"
            try:
                yield self
            finally:
                self.open.set()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await _read(reader)
                self.requests.append(request)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                async with self._arrival:
                    self._arrival.notify_all()
                await self.open.wait()
                self.in_flight -= 1
                reply = (self.script.popleft() if self.script else self.rule)(request)
                await _write(writer, reply)
        writer.close()


def _encode(vector: npt.NDArray[np.float32], request: Request) -> Any:
    if request.body.get("encoding_format") == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = json.loads(await reader.readexactly(int(headers["content-length"])))
    return Request(head[0].split()[1], headers, body, time.monotonic())


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    headers = {"content-type": "application/json", "content-length": str(len(reply.body))}
    lines = [f"HTTP/1.1 {reply.status} X"]
    lines += [f"{name}: {value}" for name, value in (headers | reply.headers).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    size = 1 if reply.pause else len(reply.body) or 1
    for start in range(0, len(reply.body), size):
        writer.write(reply.body[start : start + size])
        await writer.drain()
        if reply.pause:
            await asyncio.sleep(reply.pause)
