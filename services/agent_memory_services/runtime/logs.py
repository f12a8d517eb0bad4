"""One JSON object per line on standard error, for our events and those of libraries."""

import logging
import sys
from typing import Any

import orjson
import structlog
from opentelemetry.trace import get_current_span
from structlog.typing import EventDict

from agent_memory_services.runtime import request_id
from agent_memory_services.runtime.tracing.spans import current_tracer


def configure(level: str) -> None:
    """Log what is at least as severe as `level`, such as `info`, from now on."""
    severity = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_text),
            ],
        )
    )
    # Libraries tell about their own doings at `info`; only what went wrong there is of interest.
    logging.basicConfig(handlers=[handler], level=max(severity, logging.WARNING), force=True)


def _name_request(_: Any, __: str, event: EventDict) -> EventDict:
    if (current := request_id.current.get()) is not None:
        event["request_id"] = current
    return event


def _name_span(_: Any, __: str, event: EventDict) -> EventDict:
    """Joins the line to its trace, under the names that log pipelines know."""
    if current_tracer() is not None and (span := get_current_span().get_span_context()).is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
        event["span_id"] = f"{span.span_id:016x}"
    return event


def _dumps(event: EventDict, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def _text(event: EventDict, **_: Any) -> str:
    return _dumps(event).decode()


_SHARED: tuple[structlog.typing.Processor, ...] = (
    _name_request,
    _name_span,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
