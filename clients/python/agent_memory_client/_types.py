"""Types of fields and arguments with the limits of the contracts, and checks against them.

Each failure is an error that names the field by its path.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache, wraps
from typing import Annotated, Any, Final, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    validate_call,
)

from agent_memory_client import errors

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

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show what was set and says something to a reader, long values in short."""
        for name, value in super().__repr_args__():
            field = type(self).model_fields.get(name or "")
            default = None if field is None else field.get_default(call_default_factory=True)
            if value != default and value not in _EMPTY and name not in _UNSHOWN:
                yield name, _brief(value)


_EMPTY: Final[Sequence[Any]] = (None, "", [], {})
_UNSHOWN: Final = frozenset({"content_hash", "embedding_model", "etag"})
_LONGEST_SHOWN: Final = 80
_MOST_SHOWN: Final = 3


class _Brief:
    """Value that is shown in other words than its own."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __repr__(self) -> str:
        return self._shown


def _brief(value: Any) -> Any:
    """Shorten a long text, bytes or list for a reader."""
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]}…"
    if isinstance(value, bytes) and len(value) > _LONGEST_SHOWN:
        return _Brief(f"<{len(value)} bytes>")
    if isinstance(value, datetime):
        return _Brief(value.isoformat(" ", "seconds"))
    if isinstance(value, list) and len(value) > _MOST_SHOWN:
        first = ", ".join(map(repr, map(_brief, value[:_MOST_SHOWN])))
        return _Brief(f"[{first}, … {len(value) - _MOST_SHOWN} more]")
    return value


ModelType = TypeVar("ModelType", bound=BaseModel)
P = ParamSpec("P")
R = TypeVar("R")

_Location = tuple[int | str, ...]


def build(kind: type[ModelType], values: object, path: str = "") -> ModelType:
    """Build a model of a type from its values; a model of that type is answered as it is.

    Raises:
        MemoryValidationError: A value breaks its rule, or a key is unknown; names `path.key`.
    """
    if isinstance(values, kind):
        return values
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise _refusal(error, (path,) if path else ()) from error


def checked(shape: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a function against their types before it runs.

    Types are strict: a number is no text, and a text is no list. What protobuf refuses beyond
    that becomes an error of the client too.

    Raises:
        MemoryValidationError: From the function made; names the parameter.
    """
    parameters = tuple(inspect.signature(shape).parameters)

    # Later, since building the validators of every call would double the time of an import.
    @cache
    def validated() -> Callable[P, R]:
        config = ConfigDict(strict=True, arbitrary_types_allowed=True)
        return validate_call(config=config)(shape)

    @wraps(shape)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return validated()(*args, **kwargs)
        except errors.MemoryClientError:
            raise
        except ValidationError as error:
            raise _refusal(error, (), parameters) from error
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise errors.invalid("request", f"cannot be sent: {error}") from error

    return run


def items(value: object, path: str) -> list[Any]:
    """List the items of an iterable.

    Raises:
        MemoryValidationError: The value is a text, a mapping, or cannot be iterated.
    """
    if isinstance(value, (str, bytes, bytearray, Mapping, BaseModel)) or not isinstance(
        value, Iterable
    ):
        raise errors.invalid(path, f"needs a list, not {type(value).__name__}")
    return list(value)


def text(value: object, path: str) -> str:
    """Read a text; members of a `StrEnum` are texts too.

    Raises:
        MemoryValidationError: The value is no text, or not one that UTF-8 can spell.
    """
    try:
        return _TEXT.validate_python(value)
    except ValidationError as error:
        raise _refusal(error, (path,)) from error


def texts(value: object, path: str) -> list[str]:
    """List the texts of an iterable; see `items` and `text` for the errors."""
    return [text(item, f"{path}[{n}]") for n, item in enumerate(items(value, path))]


_TEXT: TypeAdapter[str] = TypeAdapter(Text)


def _refusal(
    error: ValidationError, path: _Location, parameters: tuple[str, ...] = ()
) -> errors.MemoryValidationError:
    """Turn the error of a model, or of a call with these parameters, into the client's."""
    violations = tuple(
        each
        for issue in error.errors(include_url=False, include_input=False)
        for each in _violations(issue, path + _named(issue["loc"], parameters))
    )
    message = "; ".join(
        f"{field}: {description}" if field else description for field, description in violations
    )
    return errors.MemoryValidationError(message, errors.ErrorInfo(field_violations=violations))


_PLAIN: Final[Mapping[str, str]] = {
    "extra_forbidden": "is unknown here",
    "missing": "is needed",
    "string_unicode": "is no Unicode text: it holds half of a surrogate pair, or bytes of another"
    " encoding",
}
"""Complaints of pydantic that say little to a caller, by their type."""


def _violations(issue: Any, path: _Location) -> Iterable[errors.FieldViolation]:
    """Yield what a model complains of: in its own words, or in those of the client's own rules."""
    cause = issue.get("ctx", {}).get("error")
    if isinstance(cause, errors.MemoryClientError) and cause.field_violations:
        for field, description in cause.field_violations:
            yield errors.FieldViolation(_spelled((*path, field)), description)
    else:
        said = _PLAIN.get(issue["type"]) or issue["msg"].removeprefix("Value error, ")
        yield errors.FieldViolation(_spelled(path), said)


def _named(location: _Location, parameters: tuple[str, ...]) -> _Location:
    """Put the name of a parameter in the place of its position, and drop names of types."""
    if not parameters:
        return location
    first = location[0]
    return (parameters[first] if isinstance(first, int) else first,)


def _spelled(location: _Location) -> str:
    return ".".join(str(part) for part in location)
