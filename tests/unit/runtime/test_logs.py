"""Log lines."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from agent_memory_services.runtime import logs, request_id


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], _ = handlers, root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_json_object_on_a_line(capfdbinary: pytest.CaptureFixture[bytes]):
    """With severity, time and the request it belongs to."""
    logs.configure("info")
    token = request_id.current.set("r1")
    structlog.get_logger().info("relay.delivered", partition=3, odd={1})
    request_id.current.reset(token)
    (line,) = capfdbinary.readouterr().err.splitlines()
    event = json.loads(line)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "relay.delivered",
        "partition": 3,
        "odd": "{1}",
        "level": "info",
        "request_id": "r1",
    }


def test_a_traceback_holds_no_local_values(capfdbinary: pytest.CaptureFixture[bytes]):
    """Code lines are logged, the data in the frames is not."""
    logs.configure("info")

    def fail(text: str) -> None:
        raise ValueError(len(text))

    try:
        fail("what the user" + " said")
    except ValueError as error:
        structlog.get_logger().error("call.failed", exc_info=error)
    line = capfdbinary.readouterr().err
    assert b"raise ValueError(len(text))" in line
    assert b"what the user said" not in line


def test_less_severe_events_are_left_out(capfdbinary: pytest.CaptureFixture[bytes]):
    """The level is the least that is logged."""
    logs.configure("warning")
    structlog.get_logger().info("quiet")
    assert capfdbinary.readouterr().err == b""


def test_libraries_log_the_same_way(capsys: pytest.CaptureFixture[str]):
    """Their warnings are lines of JSON too; their chatter is not logged."""
    logs.configure("info")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("trouble with %s", "it")
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"]) == ("trouble with it", "warning")
