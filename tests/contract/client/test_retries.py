"""Repeating calls without repeating their effect."""

import grpc
import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryResourceExhaustedError,
    MemoryUnavailableError,
)
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services

DOWN = refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")


async def test_attempts_of_one_mutation_share_one_request_id(
    client: MemoryAPIClient, services: Services
) -> None:
    """Two refusals and a success are one call of one name."""
    services.recorder.refusals["CreateMemories"].extend([DOWN, DOWN])
    result = await client.create_long_term_memories([{"text": "a"}])
    attempts = services.recorder.calls("CreateMemories")
    ids = {attempt.request.request_id for attempt in attempts}
    assert [item.outcome for item in result.results] == ["created"]
    assert len(attempts) == 3
    assert len(ids) == 1
    assert ids.pop()


async def test_two_calls_have_two_request_ids(client: MemoryAPIClient, services: Services) -> None:
    """Only a caller who gives the id makes two calls one."""
    for request_id in (None, None, "mine", "mine"):
        await client.append_messages_to_working_memory(
            "s", [{"role": "user", "content": "hi"}], request_id=request_id
        )
    ids = [call.request.request_id for call in services.recorder.calls("AppendMessages")]
    assert ids[2:] == ["mine", "mine"]
    assert len(set(ids)) == 3


async def test_a_call_that_a_server_dropped_at_its_end_is_made_again(
    client: MemoryAPIClient, services: Services
) -> None:
    """It reaches the caller as a cancellation that is none of its own."""
    dropped = refusal(grpc.StatusCode.CANCELLED, "CANCELLED")
    services.recorder.refusals["CreateMemories"].append(dropped)
    await client.create_long_term_memories([{"text": "a"}])
    assert len(services.recorder.calls("CreateMemories")) == 2


async def test_attempts_end(client: MemoryAPIClient, services: Services) -> None:
    """After the last attempt the caller learns that the service cannot be reached."""
    services.recorder.refusals["GetMemory"].extend([DOWN] * 10)
    with pytest.raises(MemoryUnavailableError) as raised:
        await client.get_long_term_memory("m")
    assert raised.value.reason == "STORE_UNAVAILABLE"
    assert len(services.recorder.calls("GetMemory")) == 4


async def test_a_refusal_is_final(client: MemoryAPIClient, services: Services) -> None:
    """What the service decided is not asked again."""
    services.recorder.refusals["GetMemory"].append(
        refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    )
    with pytest.raises(Exception, match="refused"):
        await client.get_long_term_memory("m")
    assert len(services.recorder.calls("GetMemory")) == 1


@pytest.mark.parametrize("reason", ["OVERLOADED", "QUOTA_EXCEEDED"])
async def test_a_server_at_its_limit_is_asked_again_when_it_says(
    client: MemoryAPIClient, services: Services, reason: str
) -> None:
    """A change keeps its name meanwhile; the caller notices nothing."""
    later = refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, reason, retry_after=0.01)
    services.recorder.refusals["CreateMemories"].extend([later] * 3)
    result = await client.create_long_term_memories([{"text": "a"}])
    attempts = services.recorder.calls("CreateMemories")
    assert [item.outcome for item in result.results] == ["created"]
    assert len(attempts) == 4
    assert len({attempt.request.request_id for attempt in attempts}) == 1


async def test_nobody_waits_beyond_the_time_of_the_call(
    client: MemoryAPIClient, services: Services
) -> None:
    """Where the server's word is later than that, the caller is told at once."""
    later = refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after=0.9)
    services.recorder.refusals["GetMemory"].extend([later] * 10)
    with pytest.raises(MemoryResourceExhaustedError) as raised:
        await client.get_long_term_memory("m", timeout=0.5)
    assert raised.value.retry_after == pytest.approx(0.9)
    assert len(services.recorder.calls("GetMemory")) == 1
