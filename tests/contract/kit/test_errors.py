"""What a caller learns when a handler fails."""

import asyncio
from typing import Any, NoReturn

import grpc
import pytest
from structlog.testing import capture_logs

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps.observation import AccessLog
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, SHAPES, echo, serve

pytestmark = pytest.mark.parametrize("shape", SHAPES)


async def test_every_shape_answers(shape: str) -> None:
    """The steps leave what handlers say as it is."""
    async with serve(echo) as shapes:
        answers = await shapes.call(shape, REQUEST)
        assert {answer.session_id for answer in answers} == {"s"}
        assert len(answers) == (3 if shape == "server_stream" else 1)
        assert shapes.handled(shape, "OK") == 1


async def test_the_text_of_an_exception_never_leaves(shape: str) -> None:
    """The caller gets an incident id, which the log repeats with the traceback."""

    async def leak(_: object) -> NoReturn:
        raise ConnectionResetError("redis://user:s3cret@10.0.0.1")

    with capture_logs() as logs:
        async with serve(leak) as shapes:
            with refused() as refusal:
                await shapes.call(shape, REQUEST)
            assert shapes.handled(shape, "Internal") == 1
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "s3cret" not in refusal.everything
    assert "ConnectionReset" not in refusal.everything
    (line,) = [line for line in logs if line["event"] == "call.failed"]
    assert refusal.metadata == {"incident_id": line["incident_id"]}


@pytest.mark.parametrize("answer", [None, "text", SessionRef])
async def test_an_answer_of_the_wrong_kind_is_an_incident(shape: str, answer: object) -> None:
    """The library would tell the caller about serialization."""

    async def wrong(_: object) -> Any:
        return answer

    async with serve(wrong) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
    assert refusal.reason == "INTERNAL"
    assert "erializ" not in refusal.everything


async def test_a_cancellation_from_within_is_an_incident(shape: str) -> None:
    """Its caller has not gone away, and would wait for an answer until its deadline."""

    async def lean_on_another(_: object) -> SessionRef:
        other: asyncio.Future[SessionRef] = asyncio.get_running_loop().create_future()
        other.cancel()
        return await other

    async with serve(lean_on_another) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
        assert shapes.handled(shape, "Internal") == 1
    assert refusal.reason == "INTERNAL"


async def test_a_refusal_arrives_with_its_particulars(shape: str) -> None:
    """What a rule raises is what the caller gets."""

    async def refuse(_: object) -> NoReturn:
        raise errors.EtagMismatch("e7")

    async with serve(refuse) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
        assert shapes.handled(shape, "Aborted") == 1
    assert refusal.code is grpc.StatusCode.ABORTED
    assert (refusal.reason, refusal.metadata) == ("ETAG_MISMATCH", {"current_etag": "e7"})


async def test_what_is_not_a_request_is_refused_as_such(shape: str) -> None:
    """Bytes that cannot be parsed are the caller's mistake, counted and mapped like others."""
    async with serve(echo) as shapes:
        with refused() as refusal:
            await shapes.call(shape, b"\xff\xff\xff")
        assert shapes.handled(shape, "InvalidArgument") == 1
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")


async def test_broken_text_is_not_a_request(shape: str) -> None:
    """A lone surrogate, as some languages let through, is refused before any handler."""
    broken = b"\x12\x03\xed\xa0\x80"
    async with serve(echo) as shapes:
        with refused() as refusal:
            await shapes.call(shape, broken)
    assert refusal.reason == "INVALID_FIELD"


async def test_a_method_without_declared_access_is_open_to_nobody(shape: str) -> None:
    """Forgetting a declaration closes a method instead of opening it."""
    async with serve(echo, access=0) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


async def test_a_tenant_that_cannot_be_one_is_refused_before_the_request_is_read(
    shape: str,
) -> None:
    """A stranger learns nothing about the contract from its mistakes."""
    async with serve(echo) as shapes:
        with refused() as refusal:
            await shapes.call(
                shape, b"\xff\xff\xff", metadata=[("x-agent-memory-tenant", "two words")]
            )
    assert refusal.code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_step_that_fails_leaks_nothing_either(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one of the outermost, whose errors nothing else maps."""

    def fail(*_: object) -> None:
        raise OSError("s3cret disk is full")

    monkeypatch.setattr(AccessLog, "exit", fail)
    async with serve(echo, settings=ProcessSettings()) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
    assert refusal.reason == "INTERNAL"
    assert "s3cret" not in refusal.everything
