"""Times to live that hold where nobody says one, by namespace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

ANY_NAMESPACE: Final = "*"
_MICROS: Final = 1_000_000


class DefaultTtl(BaseModel):
    """Time to live of what says none, as settings have it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: int = Field(ge=1, le=315_360_000)
    sliding: bool = False


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Time to live.

    Attributes:
        micros: microseconds after the last write.
        sliding: reads renew it too.
    """

    micros: int
    sliding: bool


class Lifetimes:
    """Times to live by namespace; "*" stands for all that are not named."""

    def __init__(self, settings: Mapping[str, DefaultTtl]) -> None:
        self._by_namespace = {
            name: Lifetime(each.seconds * _MICROS, each.sliding) for name, each in settings.items()
        }

    def of(self, namespace: str) -> Lifetime | None:
        """Return that of a namespace; None where what is in it lives for ever."""
        return self._by_namespace.get(namespace) or self._by_namespace.get(ANY_NAMESPACE)


FOR_EVER: Final = Lifetimes({})
