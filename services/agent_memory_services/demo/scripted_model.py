"""A language model that follows a script: a real HTTP server with OpenAI's two main calls.

It plays the model where a real one would cost money or need a key: in the demonstration and in
tests. What it answers is decided by a rule, or by replies queued for the next calls; it can also
misbehave the way real endpoints do.

    async with ScriptedModel() as model:
        model.queue(Say("Hello."), Refuse(429, retry_after=2))
        client = AsyncOpenAI(base_url=model.base_url, api_key="any")
"""

import asyncio
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import orjson

from agent_memory_services.demo.embedding import embeddings
from agent_memory_services.demo.replies import (
    Call,
    Close,
    Drip,
    Garbage,
    Hang,
    Refuse,
    Reply,
    Request,
    Rule,
    Say,
    agree,
    completion,
)

_CHAT = "/v1/chat/completions"
_EMBEDDINGS = "/v1/embeddings"
_DROP_BYTES = 16


class ScriptedModel:
    """The server; it listens while its context lasts.

    Attributes:
        rule: Answers chat calls for which no reply is queued.
        requests: The calls that came in, in order.
    """

    def __init__(self, rule: Rule = agree, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Prepare to listen on `port`; 0 takes a free one."""
        self.rule = rule
        self.requests: list[Request] = []
        self._replies: deque[Reply] = deque()
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """Where it is reached, ending in /v1."""
        return f"http://{self._host}:{self._port}/v1"

    def queue(self, *replies: Reply) -> None:
        """Answer the next chat calls with these, in order, before the rule is asked again."""
        self._replies.extend(replies)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Own tasks, since those of `start_server` complain when they are cancelled.
        connection = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A caller that goes away in the middle is no fault of the script.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while (request := await _read(reader)) is not None:
                    self.requests.append(request)
                    answer, pause = await self._answer(request)
                    if answer is None:
                        return
                    await _send(writer, answer, pause)
        finally:
            writer.close()

    async def _answer(self, request: Request) -> tuple[bytes | None, float]:
        """The response to a request, and the seconds between its parts.

        None closes the connection.
        """
        if request.path == _EMBEDDINGS:
            return _response(HTTPStatus.OK, embeddings(dict(request.body))), 0.0
        if request.path != _CHAT:
            return _response(HTTPStatus.NOT_FOUND, _error("unknown_path")), 0.0
        reply = self._replies.popleft() if self._replies else self.rule(request)
        if isinstance(reply, Drip):
            whole = _response(HTTPStatus.OK, completion(request, Say(reply.text)))
            return whole, reply.seconds
        return await _immediate(request, reply), 0.0


async def _immediate(request: Request, reply: Reply) -> bytes | None:
    """The response that is sent at once."""
    match reply:
        case Say() | Call():
            return _response(HTTPStatus.OK, completion(request, reply))
        case Refuse(status, retry_after):
            wait = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
            return _response(status, _error("scripted"), wait)
        case Garbage(body):
            return _packet(HTTPStatus.OK, body, {})
        case Hang():
            await asyncio.Event().wait()
        case Close():
            pass
    return None


async def _send(writer: asyncio.StreamWriter, answer: bytes, pause: float) -> None:
    """Send an answer, in small parts where there is to be a pause between them."""
    size = _DROP_BYTES if pause else len(answer)
    for start in range(0, len(answer), size):
        writer.write(answer[start : start + size])
        await writer.drain()
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection; None at its end."""
    line = await reader.readline()
    if not line:
        return None
    _, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(path.partition("?")[0], headers, orjson.loads(body) if body else {})


def _error(code: str) -> dict[str, Any]:
    return {"error": {"message": "scripted", "type": code, "code": code}}


def _response(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> bytes:
    return _packet(status, orjson.dumps(body), headers or {})


def _packet(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
