"""Callers without our client: any gRPC tool, and JSON over HTTP."""

import asyncio
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from agent_memory_services.embedded.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPOSITORY = Path(__file__).parents[2]
BUF = Path(sys.executable).with_name("buf")


async def buf_curl(stack: Stack, protocol: str, method: str, request: dict[str, Any]) -> Any:
    """Call a method the way `buf curl` does, with nothing but the protos."""
    process = await asyncio.create_subprocess_exec(
        *(str(BUF), "curl", "--schema", str(REPOSITORY), "--protocol", protocol),
        *("--http2-prior-knowledge", "--data", json.dumps(request)),
        f"http://{stack.address}/agent_memory.{method}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answer, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return json.loads(answer)


async def http(stack: Stack, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Make an HTTP request with JSON in and out."""
    request = urllib.request.Request(
        f"http://{stack.address}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
        method=method,
    )

    def send() -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    return await asyncio.to_thread(send)


@pytest.mark.parametrize("protocol", ["grpc", "grpcweb"])
async def test_buf_curl_calls_the_services(stack: Stack, protocol: str) -> None:
    """A generic client that knows only the protos stores and finds a memory."""
    record = {"text": f"User speaks {protocol}", "userId": protocol}
    created = await buf_curl(
        stack,
        protocol,
        "long_term_memory.v1.LongTermMemoryService/CreateMemories",
        {"memories": [record]},
    )
    assert created["results"][0]["outcome"] == "CREATE_OUTCOME_CREATED"
    found = await buf_curl(
        stack,
        protocol,
        "long_term_memory.v1.LongTermMemoryService/SearchMemories",
        {"query": {"text": "what is spoken?", "filter": {"userId": {"eq": protocol}}}},
    )
    assert [hit["memory"]["text"] for hit in found["hits"]] == [f"User speaks {protocol}"]


async def test_json_serves_a_conversation(stack: Stack) -> None:
    """Append, read, build a prompt and delete with nothing but HTTP and JSON."""
    messages = [{"role": "user", "content": "I play the cello."}]
    status, appended = await http(
        stack, "POST", "/v1/working-memory/cello:append", {"messages": messages}
    )
    assert (status, appended["new_message_count"], appended["last_sequence"]) == (200, 1, "1")
    status, read = await http(stack, "GET", "/v1/working-memory/cello")
    assert (status, read["working_memory"]["messages"][0]["content"]) == (200, "I play the cello.")
    status, prompt = await http(
        stack,
        "POST",
        "/v1/memory-prompt:build",
        {"query": "What do I play?", "session": {"session_id": "cello"}},
    )
    assert status == 200
    assert [message["content"] for message in prompt["messages"]] == [
        "I play the cello.",
        "What do I play?",
    ]
    _, gone = await http(stack, "DELETE", "/v1/working-memory/cello")
    assert gone["deleted"] is True
    status, refused = await http(stack, "GET", "/v1/working-memory/cello")
    assert (status, refused["details"][0]["reason"]) == (404, "SESSION_NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "/v1/working-memory/bad:append",
            {"messages": [{"role": "", "content": "x"}]},
            "messages[0].role",
        ),
        (
            "/v1/memories:batchCreate",
            {"memories": [{"text": "fine", "user_id": "bad"}, {"text": "", "user_id": "bad"}]},
            "memories[1]",
        ),
        (
            "/v1/memories:search",
            {"query": {"text": "x", "filter": {"topics": {"prefix": ""}}}},
            "query.filter.topics.prefix",
        ),
        (
            "/v1/memories:search",
            {"query": {"text": "x", "mode": "SEARCH_MODE_KEYWORD", "max_distance": 0.5}},
            "query.max_distance",
        ),
        ("/v1/memory-prompt:build", {"query": "x"}, ""),
    ],
)
async def test_bad_input_names_the_field_and_stores_nothing(
    stack: Stack, path: str, body: dict[str, Any], field: str
) -> None:
    """A malformed request is refused whole, with the path of what is wrong."""
    status, refused = await http(stack, "POST", path, body)
    assert status == 400
    reasons = [detail["reason"] for detail in refused["details"] if "reason" in detail]
    assert reasons == ["INVALID_FIELD"]
    violations = [d["field_violations"] for d in refused["details"] if "field_violations" in d]
    assert [violation["field"] for violation in violations[0]] == [field]
    count = {"filter": {"user_id": {"eq": "bad"}}}
    assert await http(stack, "POST", "/v1/memories:count", count) == (200, {"count": "0"})
    assert (await http(stack, "GET", "/v1/working-memory/bad"))[0] == 404
