"""Messages that are larger than they may be."""

import grpc
import pytest

from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, SHAPES, echo, serve

LIMIT = 64 * 1024
SETTINGS = ProcessSettings(max_message_bytes=LIMIT, access_log=False)


def _request(size: int) -> AppendMessagesRequest:
    """One of exactly so many bytes, which its rules allow."""
    message = Message(role="user", content="")
    request = AppendMessagesRequest(session_id="s", messages=[message])
    for _ in range(4):
        missing = size - request.ByteSize()
        request.messages[0].content += "x" * missing if missing > 0 else ""
        request.messages[0].content = request.messages[0].content[: missing or None]
    assert request.ByteSize() == size
    return request


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_request_too_large_is_refused_unread(shape: str) -> None:
    """By one byte; the refusal names the limit, and is counted like any other."""
    async with serve(echo, settings=SETTINGS) as shapes:
        assert await shapes.call(shape, _request(LIMIT))
        with refused() as refusal:
            await shapes.call(shape, _request(LIMIT + 1))
        assert shapes.handled(shape, "InvalidArgument") == 1
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.reason == "MESSAGE_TOO_LARGE"
    assert refusal.metadata == {"message": "request", "max_bytes": str(LIMIT)}


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_answer_too_large_is_refused_in_words(shape: str) -> None:
    """Not by the library, which would count the call as served."""

    async def talk(_: object) -> SessionRef:
        return SessionRef(session_id="x" * (2 * LIMIT))

    async with serve(talk, settings=SETTINGS) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
        assert shapes.handled(shape, "InvalidArgument") == 1
        assert shapes.handled(shape, "OK") == 0
    assert refusal.reason == "MESSAGE_TOO_LARGE"
    assert refusal.metadata == {"message": "answer", "max_bytes": str(2 * LIMIT)}


async def test_what_comes_back_may_be_larger_than_what_was_sent() -> None:
    """A request of the largest size can be answered with what it said, and more."""

    async def talk(request: AppendMessagesRequest) -> SessionRef:
        return SessionRef(session_id=request.messages[0].content + "x" * 1000)

    async with serve(talk, settings=SETTINGS) as shapes:
        (answer,) = await shapes.call("unary", _request(LIMIT))
        assert len(answer.session_id) > LIMIT - 100


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
async def test_a_message_far_too_large_is_refused_by_the_transport(
    compression: grpc.Compression | None,
) -> None:
    """It never reaches us, however well it was compressed."""
    async with serve(echo, settings=SETTINGS) as shapes:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await shapes.open("unary", _request(100 * LIMIT), compression=compression)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
