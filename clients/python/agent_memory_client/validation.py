"""From a failed model to an error that names each field by its path."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agent_memory_client.errors import ErrorInfo, FieldViolation, MemoryValidationError

Model = TypeVar("Model", bound=BaseModel)


def build(kind: type[Model], values: Mapping[str, object] | Model, path: str = "") -> Model:
    """A model of a type from its values; a model of that type is answered as it is.

    Raises:
        MemoryValidationError: A value breaks its rule, or a key is unknown; names `path.key`.
    """
    if isinstance(values, kind):
        return values
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise from_validation_error(error, path) from error


def from_validation_error(error: ValidationError, path: str = "") -> MemoryValidationError:
    """The client's error for a model that could not be built."""
    violations = tuple(
        FieldViolation(
            ".".join(str(part) for part in ((path,) if path else ()) + issue["loc"]), issue["msg"]
        )
        for issue in error.errors(include_url=False, include_input=False)
    )
    message = "; ".join(
        f"{field}: {description}" if field else description for field, description in violations
    )
    return MemoryValidationError(message, ErrorInfo(field_violations=violations))
