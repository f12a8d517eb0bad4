"""Erasing a user who called with a credential of their own."""

from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from agent_memory_client import MemoryAPIClient
from agent_memory_services.kit.auth.identity import Role
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.residue import residue
from tests.support.servers import Served

USER = "alice-who-calls"


def client(suite: GuardedSuite, **credential: Any) -> MemoryAPIClient:
    """A client of the three services."""
    working, remembering, extracting = map(_url, suite.served.values())
    return MemoryAPIClient(
        working_memory_address=working,
        long_term_memory_address=remembering,
        extraction_address=extracting,
        **credential,
    )


def _url(served: Served) -> str:
    return f"http://{served.address}"


async def test_no_trace_of_the_credential_is_left(
    tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """Answers are remembered by who asked, and an answer without memories is somebody's too."""
    async with guarded_suite(tmp_path, redis, redis_url) as suite:
        token = suite.issuer.token(role="writer", users=[USER], sub=USER)
        async with client(suite, bearer_token=token) as own:
            created = await own.create_long_term_memories(
                [{"text": "Likes tea", "user_id": USER}, {"text": "Likes rain", "user_id": USER}]
            )
            await own.delete_long_term_memories(created.ids[:1])
            await own.append_messages_to_working_memory(
                "s", [{"role": "user", "content": "I like soup."}], user_id=USER
            )
            await own.wait_for_extraction("s", user_id=USER)
        assert await residue(redis, USER)
        async with client(suite, api_key=await suite.callers.key(Role.ADMIN)) as admin:
            await admin.erase_user(USER)
        assert await residue(redis, USER) == []
