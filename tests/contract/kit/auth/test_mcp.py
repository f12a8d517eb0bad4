"""MCP over HTTP, where servers know their callers."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from agent_memory_client import MemoryAPIClient, MemoryValidationError
from agent_memory_client.integrations.mcp import http_app
from agent_memory_services.kit.auth.identity import Role
from tests.support.contracts import service_of
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.mcp_http import mcp_client, mcp_over_http


def _client(suite: GuardedSuite) -> MemoryAPIClient:
    addresses: dict[str, Any] = {
        f"{module}_address": suite.served[service_of(module).full_name].address
        for module in ("working_memory", "long_term_memory", "extraction")
    }
    return MemoryAPIClient(**addresses)


async def _listed(url: str, token: str, user: str) -> str:
    headers = {"authorization": f"Bearer {token}", "x-agent-memory-user": user}
    async with mcp_client(url, headers) as client:
        result = await client.call_tool("list_memories", {})
    return f"{result.is_error} {getattr(result.content[0], 'text', '')}"


async def test_each_request_acts_with_its_own_token(
    tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """Nothing of one caller is left for the next, and a header reaches no further than a token."""
    async with (
        guarded_suite(tmp_path, redis, redis_url) as suite,
        _client(suite) as memory,
        mcp_over_http(memory) as url,
    ):
        alice = await suite.callers.key(Role.WRITER, users=frozenset({"alice"}))
        bob = suite.issuer.token(role="writer", users="bob")
        headers = {"authorization": f"Bearer {alice}", "x-agent-memory-user": "alice"}
        async with mcp_client(url, headers) as client:
            await client.call_tool("remember", {"text": "User likes tea"})
        async with mcp_client(url, {"authorization": f"Bearer {alice}"}) as client:
            nobodys = await client.call_tool("remember", {"text": "User likes milk"})
        assert nobodys.is_error
        assert "the credential does not allow this" in getattr(nobodys.content[0], "text", "")
        assert "likes tea" in await _listed(url, alice, "alice")
        assert "likes tea" not in await _listed(url, bob, "bob")
        assert await _listed(url, bob, "alice") == "False Nothing is remembered that matches."
        stranger = await _listed(url, "am_wrong", "alice")
        assert stranger.startswith("True The tool failed: the memory server does not know")
        assert "am_wrong" not in stranger


async def test_beyond_this_machine_a_token_is_needed() -> None:
    """A request without one is refused before anything of it is read."""
    async with MemoryAPIClient() as memory, mcp_over_http(memory, host="0.0.0.0") as url:
        async with httpx2.AsyncClient(timeout=60) as http:
            refused = await http.post(url, json={})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_who_issues_tokens_is_told(tmp_path: Path, redis: Redis, redis_url: str) -> None:
    """To whoever comes without one, or with one that the services do not know (RFC 9728)."""
    issuer, public = "https://idp.example/", "https://memory.example/mcp"
    async with (
        guarded_suite(tmp_path, redis, redis_url) as suite,
        _client(suite) as memory,
        mcp_over_http(memory, issuers=[issuer], public_url=public) as url,
        httpx2.AsyncClient(timeout=60) as http,
    ):
        for token in ({}, {"authorization": "Bearer am_wrong"}):
            refused = await http.post(url, json={}, headers=token)
            assert refused.status_code == 401
            told = refused.headers["www-authenticate"]
            where = "https://memory.example/.well-known/oauth-protected-resource/mcp"
            assert f'resource_metadata="{where}"' in told
        path = where.removeprefix("https://memory.example")
        metadata = (await http.get(url.removesuffix("/mcp") + path)).json()
        assert (metadata["resource"], metadata["authorization_servers"]) == (public, [issuer])
        assert metadata["bearer_methods_supported"] == ["header"]
        bob = suite.issuer.token(role="writer", users="bob")
        assert await _listed(url, bob, "bob") == "False Nothing is remembered that matches."
        with pytest.raises(MemoryValidationError, match="public_url"):
            http_app(memory, issuers=[issuer])


async def test_a_page_of_another_site_cannot_call() -> None:
    """Its name for this machine is no name that callers may use."""
    async with MemoryAPIClient() as memory, mcp_over_http(memory) as url:
        async with httpx2.AsyncClient(timeout=60) as http:
            rebound = await http.post(url, json={}, headers={"host": "evil.example"})
            foreign = await http.post(url, json={}, headers={"origin": "https://evil.example"})
        assert (rebound.status_code, foreign.status_code) == (421, 403)


async def test_no_credential_is_lent_to_callers_over_http() -> None:
    """A client with a key of its own would make everybody its owner."""
    with pytest.raises(MemoryValidationError, match="each request brings its own"):
        http_app(MemoryAPIClient(api_key="am_mine"))
