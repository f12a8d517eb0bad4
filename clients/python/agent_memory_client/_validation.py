"""Checks of what callers pass, each failure an error that names the field by its path."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, validate_call

from agent_memory_client import errors
from agent_memory_client._types import Text

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
        errors.FieldViolation(_spelled(path + _named(issue["loc"], parameters)), issue["msg"])
        for issue in error.errors(include_url=False, include_input=False, include_context=False)
    )
    message = "; ".join(
        f"{field}: {description}" if field else description for field, description in violations
    )
    return errors.MemoryValidationError(message, errors.ErrorInfo(field_violations=violations))


def _named(location: _Location, parameters: tuple[str, ...]) -> _Location:
    """Put the name of a parameter in the place of its position, and drop names of types."""
    if not parameters:
        return location
    first = location[0]
    return (parameters[first] if isinstance(first, int) else first,)


def _spelled(location: _Location) -> str:
    return ".".join(str(part) for part in location)
