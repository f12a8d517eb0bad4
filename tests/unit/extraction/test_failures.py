"""What a failed run means for its job."""

from collections.abc import Callable

import pytest

from agent_memory_services.extraction.domain.facts import ExtractionFailed
from agent_memory_services.extraction.domain.failures import failure_of
from agent_memory_services.kit.contract.errors import (
    AccessDenied,
    DependencyUnavailable,
    EmbeddingUnavailable,
    InvalidField,
    ModelUnavailable,
    Overloaded,
)
from agent_memory_services.kit.contract.status import error_of


@pytest.mark.parametrize(
    "error",
    [
        ExtractionFailed("model_unavailable"),
        ExtractionFailed("rate_limited", retry_after=7),
        ExtractionFailed("model_denied"),
        DependencyUnavailable("LongTermMemoryService"),
        EmbeddingUnavailable(retry_after=7),
        Overloaded(),
        AccessDenied("ACCESS_WRITER"),
    ],
)
def test_an_outage_is_not_the_jobs_fault(error: Exception) -> None:
    """What other jobs would have met as well costs no strike, and keeps the provider's wish."""
    failure = failure_of(error)
    assert not failure.strike
    assert failure.retry_after == getattr(error, "retry_after", None)


@pytest.mark.parametrize(
    "error",
    [
        lambda: ExtractionFailed("bad_answer"),
        lambda: ExtractionFailed("rejected"),
        TimeoutError,
        lambda: InvalidField("memories[0].text", "too long"),
        lambda: KeyError("unforeseen"),
    ],
)
def test_what_may_be_the_jobs_fault_costs_a_strike(error: Callable[[], Exception]) -> None:
    """Answers that cannot be read, runs that take too long and surprises are counted."""
    assert failure_of(error()).strike


def test_the_record_says_why_without_saying_what() -> None:
    """An extractor's reason reaches the job's record; the text of a surprise does not."""
    told = error_of(failure_of(ExtractionFailed("rate_limited", retry_after=7)).status)
    assert isinstance(told, ModelUnavailable)
    assert told.metadata == {"cause": "rate_limited"}
    assert told.retry_after == 7
    assert "secret" not in str(failure_of(ValueError("secret words")).status)
