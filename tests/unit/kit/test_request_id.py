"""Request ids."""

import pytest

from agent_memory_services.kit.contract.context import accept_request_id


def test_a_callers_id_is_kept() -> None:
    """So that logs of both sides can be joined."""
    assert accept_request_id("4bf92f35-77b3") == "4bf92f35-77b3"


@pytest.mark.parametrize("given", [None, "", "with space", "x" * 129, "line\nbreak", b"bytes"])
def test_anything_else_gets_a_fresh_one(given: str | bytes | None) -> None:
    """Nobody writes lines of their own into our log."""
    fresh = accept_request_id(given)
    assert fresh != given
    assert len(fresh) == 16
    assert fresh != accept_request_id(given)
