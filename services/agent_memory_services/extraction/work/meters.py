"""Metrics of the workers of this process."""

from collections.abc import Collection, Mapping
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.extraction.domain.records import Lane
from agent_memory_services.extraction.store.queue import Outlook
from agent_memory_services.kit.contract import errors

OUTCOMES: Final = ("succeeded", "retried", "failed", "lost", "handed_back")
REJECTIONS: Final = tuple(
    ErrorReason.Name(kind.reason)
    for kind in (
        errors.AccessDenied,
        errors.IdAlreadyExists,
        errors.InvalidFields,
        errors.InvalidState,
        errors.OwnerMismatch,
    )
)
"""Why a memory may be refused for good."""
FORGET_OUTCOMES: Final = (
    *("forgotten", "ignored", "marked", "nothing_found", "too_many", "unclear"),
)
LEFT_OUT: Final = (
    *("malformed", "not_asked", "refused", "too_many", "unclear", "unknown_memory"),
    *("unknown_language", "unknown_message", "unsupported_language"),
)
"""Why an item of a model's answer, or a message, gives no fact."""
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

_LAG: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400)


class Meters:
    """Metrics of runs and their results, and of the queue."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Create every series, so that a rate of zero is a zero and not a gap."""
        self._attempts = Counter(
            "agent_memory_extraction_attempts",
            "Attempts at jobs, by outcome.",
            ("lane", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "agent_memory_extraction_attempt_seconds",
            "Duration of attempts at jobs, in seconds.",
            ("lane",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._lag = Histogram(
            "agent_memory_extraction_lag_seconds",
            "Seconds from the arrival of a job's first message to its end.",
            ("lane",),
            buckets=_LAG,
            registry=registry,
        )
        self._memories = Counter(
            "agent_memory_extraction_memories_stored",
            "Memories that long-term memory stored or already had.",
            registry=registry,
        )
        self._rejections = Counter(
            "agent_memory_extraction_memories_rejected",
            "Memories that long-term memory refused for good, by reason.",
            ("reason",),
            registry=registry,
        )
        self._skipped = Counter(
            "agent_memory_extraction_items_skipped",
            "Messages and placed memories that jobs skipped and named.",
            registry=registry,
        )
        self._left_out = Counter(
            "agent_memory_extraction_items_left_out",
            "Items of a model's answers, and messages in unreadable languages, by reason.",
            ("reason",),
            registry=registry,
        )
        self._forget_requests = Counter(
            "agent_memory_extraction_forget_requests",
            "Requests in messages to forget something, by outcome.",
            ("outcome",),
            registry=registry,
        )
        self._waiting = Gauge(
            "agent_memory_extraction_jobs_waiting",
            "Jobs that wait in the whole store, due or not.",
            registry=registry,
        )
        self._oldest = Gauge(
            "agent_memory_extraction_oldest_due_seconds",
            "Seconds for which the oldest due job of the whole store has been due.",
            registry=registry,
        )
        for reason in REJECTIONS:
            self._rejections.labels(reason)
        for outcome in FORGET_OUTCOMES:
            self._forget_requests.labels(outcome)
        for reason in LEFT_OUT:
            self._left_out.labels(reason)
        for lane in Lane:
            self._seconds.labels(lane)
            self._lag.labels(lane)
            for outcome in OUTCOMES:
                self._attempts.labels(lane, outcome)

    def attempt(self, lane: Lane, outcome: str, seconds: float) -> None:
        """Count an attempt that ended."""
        self._attempts.labels(lane, outcome).inc()
        self._seconds.labels(lane).observe(seconds)

    def completed(self, lane: Lane, waited: float) -> None:
        """Count a completed job, and the seconds since its first message arrived."""
        self._lag.labels(lane).observe(waited)

    def stored(self, count: int) -> None:
        """Count stored memories."""
        self._memories.inc(count)

    def rejected(self, reason: str, count: int) -> None:
        """Count refused memories."""
        self._rejections.labels(reason).inc(count)

    def skipped(self, count: int) -> None:
        """Count messages and memories that a completed job left out."""
        self._skipped.inc(count)

    def left_out(self, items: Mapping[str, int]) -> None:
        """Count items of an answer, or messages, that were left out, by a short word for why."""
        for reason, count in items.items():
            self._left_out.labels(reason).inc(count)

    def asked_to_forget(self, outcome: str) -> None:
        """Count a request to forget."""
        self._forget_requests.labels(outcome).inc()

    def queue(self, outlooks: Collection[Outlook]) -> None:
        """Record the figures of the queue, by partition."""
        self._waiting.set(sum(outlook.waiting for outlook in outlooks))
        self._oldest.set(max((outlook.oldest_seconds for outlook in outlooks), default=0.0))


METERS: Final = Meters()
"""Those of this process; a registry takes each series once."""
