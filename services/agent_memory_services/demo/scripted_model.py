"""Stand-in model server: chat answers by rule or from a queue, embeddings by hashed words.

It plays the model where a real one would cost money or need a key: in the demonstration and in
tests. What it answers is decided by a rule, or by replies queued for the next calls; it can also
misbehave the way real endpoints do.

    async with ScriptedModel() as model:
        model.queue(Say("Hello."), Refuse(429, retry_after=2))
        client = AsyncOpenAI(base_url=model.base_url, api_key="any")
"""

import asyncio
import base64
import hashlib
import itertools
import math
import re
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import orjson

DIMENSION: Final = 64
_WORD = re.compile(r"\w+")


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an `/embeddings` answer."""
    given = body.get("input", [])
    texts: Sequence[str] = [given] if isinstance(given, str) else given
    size = int(body.get("dimensions") or DIMENSION)
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(vector(text, size)) if packed else vector(text, size),
        }
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "data": data, "model": body.get("model", ""), "usage": usage}


def vector(text: str, size: int = DIMENSION) -> list[float]:
    """Return a unit vector of a text; texts that share words are near one another."""
    counts = [0.0] * size
    for word in _WORD.findall(text.lower()) or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        counts[int.from_bytes(digest, "big") % size] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def _packed(values: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


@dataclass(frozen=True, slots=True)
class Request:
    """A call that came in.

    Attributes:
        path: Where it went, such as `/v1/chat/completions`.
        headers: With lower-case names.
        body: The JSON object.
    """

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The messages of a chat call."""
        messages: Sequence[Mapping[str, Any]] = self.body.get("messages", [])
        return messages

    @property
    def last_text(self) -> str:
        """Text of the last message."""
        content = self.messages[-1].get("content") if self.messages else ""
        return content if isinstance(content, str) else ""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema that the answer must fit, where the call names one."""
        form = self.body.get("response_format") or {}
        schema: Mapping[str, Any] | None = (form.get("json_schema") or {}).get("schema")
        return schema


@dataclass(frozen=True, slots=True)
class Say:
    """Answer a text; a `finish_reason` of `length` says that it was cut off.

    `usage` is how many tokens were read and written; nothing lets callers count themselves.
    """

    text: str
    finish_reason: str = "stop"
    usage: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the application to call its tools, each with its arguments."""

    tools: Sequence[tuple[str, Mapping[str, Any]]]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer an error status, perhaps with how many seconds to wait, or where to go instead."""

    status: int
    retry_after: float | None = None
    code: str = "scripted"
    location: str = ""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Answer bytes that are no completion, under a status that says all is well."""

    body: bytes = b"<html>Bad Gateway</html>"


@dataclass(frozen=True, slots=True)
class Drip:
    """Answer well, but a few bytes at a time, this many seconds apart."""

    text: str
    seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection without an answer."""


Reply = Say | Call | Refuse | Garbage | Drip | Hang | Close
ReplyRule = Callable[[Request], Reply]


def agree(request: Request) -> Reply:
    """Return the smallest answer that fits the request."""
    if request.schema is not None:
        return Say(orjson.dumps(_smallest(request.schema)).decode())
    return Say("OK")


def completion(request: Request, reply: Say | Call) -> dict[str, Any]:
    """Return the body of a `/chat/completions` answer."""
    number = next(_numbers)
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if isinstance(reply, Call):
        message["tool_calls"] = [
            {
                "id": f"call_{number}_{position}",
                "type": "function",
                "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
            }
            for position, (name, arguments) in enumerate(reply.tools)
        ]
    reason = "tool_calls" if isinstance(reply, Call) else reply.finish_reason
    usage = (0, 0) if isinstance(reply, Call) else reply.usage
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        },
    }


_numbers = itertools.count(1)


def _smallest(schema: Mapping[str, Any]) -> Any:
    """Return the smallest value that fits a schema, as far as structured output goes."""
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "null")
    kind = kinds if isinstance(kinds, str) else "null" if "null" in kinds else kinds[0]
    if kind == "object":
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {name: _smallest(properties[name]) for name in schema.get("required", [])}
    empty: dict[str, Any] = {
        "array": [],
        "string": "",
        "integer": 0,
        "number": 0,
        "boolean": False,
        "null": None,
    }
    return empty[kind]


_CHAT = "/v1/chat/completions"
_EMBEDDINGS = "/v1/embeddings"
_DROP_BYTES = 16


class ScriptedModel:
    """The server; it listens while its context lasts.

    Attributes:
        rule: Answers chat calls for which no reply is queued.
        requests: The calls that came in, in order.
    """

    def __init__(self, rule: ReplyRule = agree, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Prepare to listen on `port`; 0 takes a free one."""
        self.rule = rule
        self.requests: list[Request] = []
        self._replies: deque[Reply] = deque()
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """Address of the server, ending in /v1."""
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
        """Return the response to a request, and the seconds between its parts.

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
    """Return the response that is sent at once."""
    match reply:
        case Say() | Call():
            return _response(HTTPStatus.OK, completion(request, reply))
        case Refuse(status, retry_after, code, location):
            headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
            if location:
                headers["location"] = location
            return _response(status, _error(code), headers)
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
    """Return the next request of a connection; None at its end."""
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
