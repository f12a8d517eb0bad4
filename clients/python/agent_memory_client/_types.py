"""Types of fields and arguments, with the limits that the contracts put on them."""

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

LARGEST_INT32: Final = 2**31 - 1
LARGEST_INT64: Final = 2**63 - 1
_LONGEST_DAYS = 3_652_500
LONGEST_SECONDS: Final = _LONGEST_DAYS * 86_400
"""Longest span that a protobuf duration holds: 10,000 years."""

# A constraint, even an empty one, makes the validator read the text and refuse half an emoji.
Text = Annotated[str, Field(strict=True, min_length=0)]
"""A text that UTF-8 can spell; bytes and lone surrogates are refused."""

Limit = Annotated[int, Field(strict=True, ge=1, le=LARGEST_INT32)]
"""A number of things to answer."""

Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_INT32)]
"""A number of things that may be none."""

Position = Annotated[int, Field(strict=True, ge=0, le=LARGEST_INT64)]
"""A place in a log, or a number of tokens."""

Delay = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""Seconds that may be none."""

Patience = Annotated[float, Field(strict=True, ge=0)]
"""Seconds that may be none, or without an end."""

Days = Annotated[float, Field(gt=0, le=_LONGEST_DAYS)]
"""A span in days."""


def as_utc(value: datetime) -> datetime:
    """Convert a time to UTC; one without a zone is taken as UTC.

    Raises:
        ValueError: In UTC it lies outside of the years 1 to 9999.
    """
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside of the years 1 to 9999 in UTC") from error


UtcDatetime = Annotated[datetime, AfterValidator(as_utc)]
"""A time; ISO 8601 strings and Unix seconds are understood too."""


def as_written(value: Any) -> Any:
    """Read a text that names a day as that day; leave any other value to its type.

    Raises:
        ValueError: The calendar has no such day.
    """
    if isinstance(value, str) and NAMED_DAY.fullmatch(day := value.strip()):
        return date.fromisoformat(day)
    return value


NAMED_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
When = Annotated[datetime | date, BeforeValidator(as_written)]
"""A time, or a day of a calendar that a zone beside it names; UTC's where none does."""


def is_day(value: object) -> bool:
    """Tell whether a value is a day, not a moment."""
    return isinstance(value, date) and not isinstance(value, datetime)


def moment_of(value: datetime | date, zone: tzinfo) -> datetime:
    """Answer a time in UTC. A day stands for its first moment in a zone.

    Raises:
        ValueError: In UTC it lies outside of the years 1 to 9999.
    """
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return as_utc(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment)


def zone_of(name: str | None) -> tzinfo:
    """Answer the IANA zone of a name; UTC for none.

    Raises:
        ValueError: There is no such zone, or this system does not know it.
    """
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone that this system knows") from error


class Model(BaseModel):
    """A model that refuses fields it does not know, also when they are set later."""

    # Not deferred: threads that build a model at the same time see it half done.
    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False)
