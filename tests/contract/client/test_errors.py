"""How refusals of the services reach a caller."""

import math
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryClientError,
    MemoryServerError,
    MemoryTimeoutError,
    MemoryUnavailableError,
    MemoryValidationError,
)
from agent_memory_client.errors import ERROR_BY_CODE
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services

REFUSED = [code for code in grpc.StatusCode if code != grpc.StatusCode.OK]


@pytest.mark.parametrize("code", REFUSED, ids=lambda code: code.name)
async def test_every_code_has_its_error(
    client: MemoryAPIClient, services: Services, code: grpc.StatusCode
) -> None:
    """The class stands for the code, and no error of gRPC escapes."""
    services.recorder.refusals["GetMemory"].extend([refusal(code, "SOME_REASON")] * 4)
    with pytest.raises(MemoryClientError) as raised:
        await client.get_long_term_memory("m")
    assert type(raised.value) is ERROR_BY_CODE[code]
    assert (raised.value.code, raised.value.reason) == (code, "SOME_REASON")


async def test_the_details_are_there(client: MemoryAPIClient, services: Services) -> None:
    """Reason, metadata, fields, delay, and the id that the server's log repeats."""
    status = refusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
        message="text is too long",
        metadata={"limit": "32768"},
        fields={"memories[0].text": "too long"},
        retry_after=0.5,
    )
    services.recorder.refusals["CreateMemories"].append(status)
    with pytest.raises(MemoryValidationError, match="text is too long") as raised:
        await client.create_long_term_memories([{"text": "a"}])
    error = raised.value
    (call,) = services.recorder.received
    assert isinstance(error, ValueError)
    assert (error.metadata, error.retry_after) == ({"limit": "32768"}, 0.5)
    assert error.field_violations == (("memories[0].text", "too long"),)
    assert error.request_id == call.metadata["x-request-id"]


async def test_a_status_without_details_still_has_its_class(
    client: MemoryAPIClient, services: Services
) -> None:
    """What a proxy answers has a code and no reason."""
    status = refusal(grpc.StatusCode.INTERNAL, "")
    status.ClearField("details")
    services.recorder.refusals["GetMemory"].append(status)
    with pytest.raises(MemoryServerError) as raised:
        await client.get_long_term_memory("m")
    assert raised.value.reason == ""


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    """Nothing listens: the error says so within the retries' time."""
    async with MemoryAPIClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(MemoryUnavailableError):
            await client.get_long_term_memory("m")


async def test_the_time_allowed_is_the_clients_or_the_methods(services: Services) -> None:
    """Each call carries a deadline: the contract's, or the one the client was given."""
    async with MemoryAPIClient(base_url=services.url) as client:
        await client.count_long_term_memories()
        await client.create_long_term_memories([{"text": "a"}])
        await client.with_options(timeout=300).count_long_term_memories()
    assert _are_about(services, [10, 30, 300])


def _are_about(services: Services, seconds: list[float]) -> bool:
    """Return true if the times that calls had left are these, less what their way took."""
    left = [call.time_remaining or 0 for call in services.recorder.received]
    return len(left) == len(seconds) and all(
        given / 2 < each < given * 1.1 for each, given in zip(left, seconds, strict=True)
    )


async def test_the_time_of_one_call_beats_every_default(
    client: MemoryAPIClient, services: Services
) -> None:
    """The client's, and the contract's, in each of the calls that a method makes."""
    impatient = client.with_options(timeout=0.001)
    await impatient.count_long_term_memories(timeout=70)
    await impatient.list_sessions(timeout=70)
    await impatient.update_working_memory_data("s", {"a": 1}, timeout=70)
    await impatient.resolve_function_call("search_memory", {"query": "tea"}, timeout=70)
    assert _are_about(services, [70] * 6)


async def test_a_stream_ends_when_its_time_is_over(
    client: MemoryAPIClient, services: Services
) -> None:
    """A watch too, which ends with nothing else; the client's own time is for single calls."""
    patient = client.with_options(timeout=0.001)
    services.working_memory.watch.parts.append([])
    with pytest.raises(MemoryTimeoutError):
        [change async for change in patient.watch_working_memory("s", timeout=0.2)]
    await client.create_long_term_memories([{"text": f"fact {number}"} for number in range(3)])
    found = [hit.text async for hit in patient.stream_long_term_memories("fact")]
    assert len(found) == 3


async def test_running_out_of_time_is_a_timeout(services: Services) -> None:
    """It is Python's own `TimeoutError` too."""
    services.recorder.stalled.add("CountMemories")
    async with MemoryAPIClient(base_url=services.url, timeout=0.1) as client:
        with pytest.raises(MemoryTimeoutError) as raised:
            await client.count_long_term_memories()
    assert isinstance(raised.value, TimeoutError)


async def test_the_credential_goes_with_every_call(services: Services) -> None:
    """Keys and tokens travel as bearer credentials; the tenant beside them."""
    ways: list[dict[str, Any]] = [{"api_key": "k1"}, {"bearer_token": "k1"}]
    for options in ways:
        async with MemoryAPIClient(base_url=services.url, tenant="acme", **options) as client:
            await client.count_long_term_memories()
            assert "k1" not in repr(client.config)
    for call in services.recorder.received:
        assert call.metadata["authorization"] == "Bearer k1"
        assert call.metadata["x-agent-memory-tenant"] == "acme"


HALF = "a\ud800"
FAR_EAST = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_long_term_memory(HALF),
        lambda client: client.search_long_term_memory(HALF),
        lambda client: client.get_working_memory(HALF),
        lambda client: client.set_working_memory_data("s", {"key": [HALF]}),
        lambda client: client.set_working_memory_data("s", {HALF: 1}),
        lambda client: client.set_working_memory_data("s", {"key": math.nan}),
        lambda client: client.append_messages_to_working_memory(
            "s", [{"role": "user", "content": HALF}]
        ),
        lambda client: client.create_long_term_memories(
            [{"text": "a", "event_date": datetime(1, 1, 1, tzinfo=FAR_EAST)}]
        ),
        lambda client: anext(client.watch_working_memory(HALF)),
        lambda client: anext(client.search_all_long_term_memories(HALF)),
    ],
)
async def test_what_cannot_be_sent_is_a_validation_error(
    client: MemoryAPIClient,
    services: Services,
    call: Callable[[MemoryAPIClient], Awaitable[object]],
) -> None:
    """Half a character, a number that is none, a time before the calendar: no call is made."""
    with pytest.raises(MemoryValidationError) as raised:
        await call(client)
    assert raised.value.field_violations
    assert not services.recorder.received


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_an_address_that_is_wrong_says_what_to_do(services: Services, scheme: str) -> None:
    """TLS to a plain port, a port of nobody, a host that is unknown, and another service."""
    host = services.url.partition("://")[2]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"{scheme}://127.0.0.1:{nobody.getsockname()[1]}"
        told = {
            closed: f"nothing listens at {closed}: start the services",
            f"{scheme}://nowhere.invalid:1": "nowhere.invalid:1 is not known: look at `base_url`",
        }
        if scheme == "https":
            told[f"https://{host}"] = f"https://{host} does not speak TLS: write http://{host}"
            # A name of two addresses, at one of which nobody listens.
            named = host.replace("127.0.0.1", "localhost")
            told[f"https://{named}"] = f"write http://{named}"
        for url, words in told.items():
            async with MemoryAPIClient(base_url=url) as client:
                with pytest.raises(MemoryUnavailableError) as raised:
                    await client.list_sessions()
            assert words in str(raised.value)
            assert isinstance(raised.value.__cause__, grpc.RpcError)


async def test_a_service_at_the_address_of_another_says_so() -> None:
    """The setting that has to change is named."""
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    url = f"http://127.0.0.1:{port}"
    try:
        async with MemoryAPIClient(long_term_memory_address=url) as client:
            with pytest.raises(MemoryServerError, match="does not serve this call of") as raised:
                await client.count_long_term_memories()
    finally:
        await server.stop(0)
    assert "`base_url` or `long_term_memory_address`" in str(raised.value)
