"""Errors after the first message of a stream."""

import pytest

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, serve
from tests.support.contracts import POLICIES


@pytest.mark.parametrize("shape", ["server_stream", "bidi_stream"])
async def test_an_error_after_the_first_answer_is_mapped_too(shape: str) -> None:
    """What was said stays said, and the end is a proper status."""
    said = 0

    async def fail_later(_: object) -> SessionRef:
        nonlocal said
        if said:
            raise ValueError("s3cret")
        said += 1
        return SessionRef(session_id="first")

    async with serve(fail_later) as shapes:
        responses = shapes.open(shape, REQUEST, REQUEST)
        assert (await anext(aiter(responses))).session_id == "first"
        with refused() as refusal:
            async for _ in responses:
                pass
    assert refusal.reason == "INTERNAL"
    assert "s3cret" not in refusal.everything


async def test_every_message_of_a_stream_is_validated() -> None:
    """Not just the first."""
    wrong = AppendMessagesRequest(session_id="")
    async with serve(_nothing) as shapes:
        with refused() as refusal:
            await shapes.call("bidi_stream", REQUEST, REQUEST, wrong)
    assert refusal.reason == "INVALID_FIELD"
    assert "session_id" in refusal.fields


def test_only_rows_of_an_import_are_judged_one_by_one() -> None:
    """Another method that takes a stream has to judge its messages itself, as this one does."""
    taking = [policy.method for policy in POLICIES if policy.shape == "client_stream"]
    assert taking == ["ImportMemories"]


async def _nothing(_: object) -> SessionRef:
    return SessionRef()
