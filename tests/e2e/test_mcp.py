"""Memory over MCP: the SDK's own client, both transports, both eras of the protocol."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.mcp import MemoryServer
from agent_memory_services.embedded.stack import Stack
from tests.support.mcp_http import mcp_client, mcp_over_http

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAYS = ["stdio", "http auto", "http legacy"]


@asynccontextmanager
async def connected(way: str, stack: Stack, user: str) -> AsyncIterator[Client]:
    """A client that reaches memory in one of the ways, as a user."""
    url = f"http://{stack.address}"
    transport, _, mode = way.partition(" ")
    if transport == "stdio":
        arguments = ["-m", "agent_memory_services", "mcp", "--base-url", url, "--user", user]
        async with Client(StdioServerParameters(command=sys.executable, args=arguments)) as client:
            yield client
        return
    async with (
        MemoryAPIClient(url) as memory,
        mcp_over_http(memory) as served,
        mcp_client(served, {"x-agent-memory-user": user}, mode) as client,
    ):
        yield client


async def told(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says, where it succeeds."""
    result = await client.call_tool(tool, arguments)
    text = str(getattr(result.content[0], "text", ""))
    assert not result.is_error, text
    return text


@pytest.mark.parametrize("way", WAYS)
async def test_a_model_remembers_finds_corrects_and_forgets(way: str, stack: Stack) -> None:
    """Over each transport and in each era of the protocol, with the same tools."""
    async with connected(way, stack, f"ada {way}") as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == {
            *("remember", "search_memories", "list_memories", "edit_memory", "forget_memories"),
            *("memory_prompt", "read_session", "append_to_session"),
        }
        await told(client, "remember", memories=[{"text": "User likes oolong tea"}])
        result = await client.call_tool("search_memories", {"query": "tea"})
        (found,) = result.structured_content["memories"]
        assert found["text"] == "User likes oolong tea"
        await told(client, "edit_memory", memory_id=found["id"], text="User likes green tea")
        assert "green tea" in await told(client, "list_memories")
        assert "green tea" in await told(client, "memory_prompt", query="What does the user drink?")
        await told(client, "forget_memories", memory_ids=[found["id"]])
        assert await told(client, "list_memories") == "Nothing is remembered that matches."


@pytest.mark.parametrize("way", WAYS[1:])
async def test_sessions_and_standing_facts_are_resources(way: str, stack: Stack) -> None:
    """A session is listed by its owner's requests, and read by its URI whatever its name is."""
    user, session = f"bea {way}", f"a/b ?{way}"
    async with MemoryAPIClient(f"http://{stack.address}") as memory:
        fact = {"text": "User is allergic to nuts", "user_id": user, "standing": True}
        await memory.create_long_term_memories([fact])
    async with connected(way, stack, user) as client:
        said = [{"role": "user", "content": "Hello there."}, {"role": "assistant", "text": "Hi."}]
        await told(client, "append_to_session", session_id=session, messages=said)
        assert "Hello there." in await told(client, "read_session", session_id=session)
        listed = (await client.list_resources()).resources
        assert [each.name for each in listed] == ["standing", session]
        texts = [(await client.read_resource(each.uri)).contents[0] for each in listed]
        assert "allergic to nuts" in getattr(texts[0], "text", "")
        assert getattr(texts[1], "text", "") == "user: Hello there.\nassistant: Hi."
        with pytest.raises(MCPError, match="no such session"):
            await client.read_resource("memory://sessions/nobody")
        with pytest.raises(MCPError, match="there is no resource"):
            await client.read_resource("memory://elsewhere")


async def test_arguments_are_read_as_models_write_them(stack: Stack) -> None:
    """What is understood is done; what is not, is refused with the schema in words."""
    async with (
        MemoryAPIClient(f"http://{stack.address}", default_user_id="cleo") as memory,
        Client(MemoryServer(memory).server()) as client,
    ):
        await told(client, "remember", text="User plays the cello", tags="music, hobbies")
        assert "cello" in await told(client, "search_memories", q="music", limit="3", mode=None)
        assert "cello" in await told(client, "list_memories", topic="music", max="5")
        refused = await client.call_tool("edit_memory", {"memory": {"a": 1}})
        assert refused.is_error
        assert "edit_memory takes a JSON object" in getattr(refused.content[0], "text", "")
        with pytest.raises(MCPError, match="there is no tool"):
            await client.call_tool("delete_everything", {})
