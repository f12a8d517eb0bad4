"""One JSON object per line on standard error, for our events and those of libraries.

No line holds what callers or providers said. Our events name kinds, counts and moments; of a
library's messages the words are kept that stand in its source, and of errors what `shown_errors`
lets through.
"""

import logging
import sys
import threading
import warnings
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson
import structlog
from opentelemetry.trace import get_current_span
from structlog.typing import EventDict

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.shown_errors import described, is_constant, rendered
from agent_memory_services.kit.observe.tracing.spans import current_tracer


def configure(level: str) -> None:
    """Log what is at least as severe as `level`, such as `info`, from now on.

    Warnings and errors that nobody caught become lines too, in place of what Python prints.
    """
    severity = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_SHARED, _RENDERER],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    is_logged = severity <= logging.INFO
    _Direct.output = structlog.BytesLogger(sys.stderr.buffer) if is_logged else None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    # Libraries tell about their own doings at `info`; only what went wrong there is of interest.
    logging.basicConfig(handlers=[handler], level=max(severity, logging.WARNING), force=True)
    # Python would print a record that cannot be written, its arguments included.
    logging.raiseExceptions = False
    warnings.showwarning = _log_warning
    sys.excepthook = _log_uncaught
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread


def info(event: str, fields: EventDict) -> None:
    """Write one of our events, at `info`, for a quarter of what the library's logger takes.

    This is for the line of each call; everything else has a logger.
    """
    processors = structlog.get_config()["processors"]
    if not processors or processors[-1] is not _RENDERER:
        # Somebody else decides what becomes of lines.
        structlog.get_logger().info(event, **fields)
        return
    if (output := _Direct.output) is not None:
        line = {**fields, "event": event}
        _name_span(None, "info", _name_request(None, "info", line))
        line["level"] = "info"
        line["timestamp"] = datetime.now(UTC)
        output.msg(orjson.dumps(line, default=_spelled, option=orjson.OPT_UTC_Z))


class _Direct:
    """Destination of lines that `info` writes; None where that severity is not logged."""

    output: structlog.BytesLogger | None = None


class _LibraryFormatter(logging.Formatter):
    """Writes a record of a library as one of our lines, without what was put into its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; its event is the message's template, where that is known to be one."""
        template = record.msg if isinstance(record.msg, str) else ""
        known = is_constant(template, record.pathname)
        event: EventDict = {
            "event": template if known and template else "library.logged",
            "logger": record.name,
            "at": f"{record.module}:{record.lineno}",
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        for processor in _SHARED:
            event = processor(None, record.levelname.lower(), event)  # type: ignore[assignment] # ours answer events
        return _dumps(event).decode()


def _log_warning(  # noqa: PLR0917 - Python's own signature
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - likewise
    line: str | None = None,  # noqa: ARG001 - likewise
) -> None:
    del message
    structlog.get_logger().warning(
        "python.warning", category=category.__qualname__, at=f"{filename}:{lineno}"
    )


def _log_uncaught(_: type[BaseException], error: BaseException, __: Any) -> None:
    structlog.get_logger().critical("python.uncaught", exc_info=error)


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger().error("python.unraisable", exc_info=unraisable.exc_value)


def _log_thread(args: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("python.thread_ended", exc_info=args.exc_value)


def _name_request(_: Any, __: str, event: EventDict) -> EventDict:
    if (current := context.request_id_var.get()) is not None:
        event["request_id"] = current
    return event


def _name_span(_: Any, __: str, event: EventDict) -> EventDict:
    """Joins the line to its trace, under the names that log pipelines know."""
    if current_tracer() is not None and (span := get_current_span().get_span_context()).is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
        event["span_id"] = f"{span.span_id:016x}"
    return event


def _render_error(_: Any, __: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = rendered(error)
    return event


def _dumps(event: EventDict, **_: Any) -> bytes:
    return orjson.dumps(event, default=_spelled)


def _spelled(value: object) -> str:
    return described(value) if isinstance(value, BaseException) else repr(value)


_RENDERER: Final = structlog.processors.JSONRenderer(serializer=_dumps)
_SHARED: tuple[structlog.typing.Processor, ...] = (
    _name_request,
    _name_span,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _render_error,
)
