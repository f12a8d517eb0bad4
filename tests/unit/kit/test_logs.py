"""Log lines."""

import asyncio
import gc
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
import structlog

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.observe import logs


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning)
    yield
    sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning = hooks
    logging.raiseExceptions = True
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_json_object_on_a_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """With severity, time and the request it belongs to."""
    logs.configure("info")
    token = context.request_id_var.set("r1")
    structlog.get_logger().info("relay.delivered", partition=3, odd={1})
    context.request_id_var.reset(token)
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


@pytest.mark.parametrize("level", ["info", "warning"])
def test_the_line_of_a_call_is_as_the_logger_writes_it(
    capfdbinary: pytest.CaptureFixture[bytes], level: str
) -> None:
    """The same keys in the same order, and nothing where the level is above it."""
    logs.configure(level)
    token = context.request_id_var.set("r1")
    structlog.get_logger().info("call", method="Get", duration_ms=1.5)
    logs.info("call", {"method": "Get", "duration_ms": 1.5})
    context.request_id_var.reset(token)
    lines = [json.loads(line) for line in capfdbinary.readouterr().err.splitlines()]
    assert len(lines) == (2 if level == "info" else 0)
    for usual, direct in [lines] if lines else []:
        assert list(direct) == list(usual)
        assert len(direct.pop("timestamp")) == len(usual.pop("timestamp"))
        assert direct == usual


def test_a_traceback_holds_no_local_values(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
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


def test_less_severe_events_are_left_out(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The level is the least that is logged."""
    logs.configure("warning")
    structlog.get_logger().info("quiet")
    assert capfdbinary.readouterr().err == b""


def test_libraries_log_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Their warnings are lines of JSON too; their chatter is not logged."""
    logs.configure("info")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("trouble with %s", "it")
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"]) == ("trouble with %s", "warning")
    assert event["logger"] == "some.library"


SECRET = "what the user" + " said"


def _task() -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    async def forget() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        del task
        gc.collect()

    asyncio.run(forget())


def _callback() -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    async def call() -> None:
        asyncio.get_running_loop().call_soon(fail, SECRET)
        await asyncio.sleep(0)

    asyncio.run(call())


def _thread() -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def _finalizer() -> None:
    class Fragile:
        def __del__(self) -> None:
            raise ValueError(SECRET)

    Fragile()


def _chain() -> None:
    inner = KeyError(SECRET)
    inner.add_note(SECRET)
    try:
        try:
            raise inner
        except KeyError as error:
            raise ExceptionGroup(SECRET, [ValueError(SECRET), RuntimeError(SECRET)]) from error
    except ExceptionGroup:
        structlog.get_logger().exception("call.failed", also=ValueError(SECRET))


def _library() -> None:
    logger = logging.getLogger("some.library")
    logger.error(SECRET)
    logger.error("it said %s", SECRET)
    logger.error("too few: %s %s", *[SECRET])
    try:
        int(SECRET)
    except ValueError:
        logger.exception("it failed")


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (_task, "ValueError"),
        (_callback, "ValueError"),
        (_thread, "ValueError"),
        (_finalizer, "ValueError"),
        (_chain, "RuntimeError"),
        (_library, "it said %s"),
        (lambda: warnings.warn(SECRET, stacklevel=1), "UserWarning"),
        (lambda: sys.excepthook(ValueError, ValueError(SECRET), None), "ValueError"),
    ],
)
# A test runner collects such errors itself; here they are to take their way.
@pytest.mark.filterwarnings("default")
def test_no_line_holds_the_text_of_an_error(
    capsys: pytest.CaptureFixture[str],
    happens: Callable[[], None],
    told: str,
) -> None:
    """Whichever way an error, a warning or a library's words come to the log: kinds and places."""
    logs.configure("debug")
    happens()
    gc.collect()
    written = capsys.readouterr().err
    assert SECRET not in written
    assert told in written
    for line in written.splitlines():
        json.loads(line)
