"""Settings as tests write them."""

from typing import Any, TypeVar

from pydantic import BaseModel

SettingsT = TypeVar("SettingsT", bound=BaseModel)


def configured(kind: type[SettingsT], **given: Any) -> SettingsT:
    """Read settings from values as the environment gives them, which their types do not name.

    Raises:
        ValidationError: a value is not one of its setting.
    """
    return kind(**given)
