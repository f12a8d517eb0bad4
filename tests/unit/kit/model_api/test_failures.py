from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from agent_memory_services.shared.model_api.failures import retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_read_in_each_form(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, seconds and past dates are understood; nonsense is no wish."""
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    """A date ahead is the time until then."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    wish = retry_after({"retry-after": date})

    assert wish is not None
    assert 50 < wish <= 60
