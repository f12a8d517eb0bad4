"""The Python client, where servers know their callers."""

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory_client import MemoryAPIClient
from agent_memory_client.errors import MemoryAuthenticationError
from agent_memory_services.kit.auth.identity import Role
from tests.support.contracts import service_of
from tests.support.guarded_suite import GuardedSuite, guarded_suite


def _client(suite: GuardedSuite, **credential: Any) -> MemoryAPIClient:
    addresses: dict[str, Any] = {
        f"{module}_address": suite.served[service_of(module).full_name].address
        for module in ("working_memory", "long_term_memory", "extraction")
    }
    return MemoryAPIClient(**addresses, **credential)


async def test_a_key_or_a_token_is_all_it_needs(
    tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """From a message to the fact in it, through all three services."""
    async with guarded_suite(tmp_path, redis, redis_url) as suite:
        key = await suite.callers.key(Role.WRITER, users=frozenset({"alice"}))
        token = suite.issuer.token(role="writer", users="alice")
        for kind, credential in (("api_key", key), ("bearer_token", token)):
            async with _client(suite, **{kind: credential}) as memory:
                said = {"role": "user", "content": "I prefer window seats."}
                await memory.append_messages_to_working_memory(kind, [said], user_id="alice")
                await memory.wait_for_extraction(kind)
                found = await memory.search_long_term_memory("window seats")
                assert "window" in str(found)


@pytest.mark.parametrize("credential", [{}, {"api_key": "am_wrong"}, {"bearer_token": "a.b.c"}])
async def test_a_stranger_is_told_so(
    tmp_path: Path, redis: Redis, redis_url: str, credential: dict[str, str]
) -> None:
    """By an error that can be caught, and that does not repeat the credential."""
    async with (
        guarded_suite(tmp_path, redis, redis_url) as suite,
        _client(suite, **credential) as memory,
    ):
        with pytest.raises(MemoryAuthenticationError) as raised:
            await memory.list_sessions()
    assert "am_wrong" not in f"{raised.value!r}"
