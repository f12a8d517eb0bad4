"""Conditions as objects; dictionaries with the same keys do as well."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class Condition(BaseModel):
    """Operators on one field; every one that is set must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def operators(self) -> dict[str, Any]:
        """The operators that are set, with their values."""
        return self.model_dump(exclude_none=True)


class TagCondition(Condition):
    """Operators on an exact, case-sensitive text, or on a list of such texts.

    On a list `eq` means "contains" and `prefix` "one of them starts with". `in_`, `not_in`,
    `not_eq` and `startswith` are other names of `any`, `none`, `ne` and `prefix`.
    """

    eq: str | None = None
    ne: str | None = None
    any: Sequence[str] | None = None
    all: Sequence[str] | None = None
    none: Sequence[str] | None = None
    prefix: str | None = None
    exists: bool | None = None
    in_: Sequence[str] | None = None
    not_in: Sequence[str] | None = None
    not_eq: str | None = None
    startswith: str | None = None


class TimeCondition(Condition):
    """Operators on a time; a time without a zone is taken as UTC, `between` has both ends in."""

    eq: datetime | None = None
    ne: datetime | None = None
    gt: datetime | None = None
    gte: datetime | None = None
    lt: datetime | None = None
    lte: datetime | None = None
    between: tuple[datetime, datetime] | None = None
    exists: bool | None = None


class NumberCondition(Condition):
    """Operators on a whole number; `between` has both ends in."""

    eq: int | None = None
    ne: int | None = None
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None
    between: tuple[int, int] | None = None


class ChoiceCondition(Condition):
    """Operators on a value out of a fixed set."""

    eq: str | None = None
    ne: str | None = None
    any: Sequence[str] | None = None
    none: Sequence[str] | None = None
    in_: Sequence[str] | None = None
    not_in: Sequence[str] | None = None
    not_eq: str | None = None


class TypeCondition(ChoiceCondition):
    """Operators on `semantic`, `episodic` and `message`."""


class StrategyCondition(ChoiceCondition):
    """Operators on `discrete`, `summary`, `preferences` and `custom`."""


class Id(TagCondition):
    """On the id."""


class SessionId(TagCondition):
    """On the session."""


class Namespace(TagCondition):
    """On the namespace; `prefix` selects a whole branch of nested ones."""


class UserId(TagCondition):
    """On the owner."""


class Topics(TagCondition):
    """On the topics."""


class Entities(TagCondition):
    """On the entities."""


class MemoryType(TypeCondition):
    """On the type."""


class ExtractionStrategy(StrategyCondition):
    """On the strategy that found the memory."""


class CreatedAt(TimeCondition):
    """On the time it was first stored."""


class UpdatedAt(TimeCondition):
    """On the time of its last change."""


class LastAccessed(TimeCondition):
    """On the time it was last found."""


class EventDate(TimeCondition):
    """On the start of its event."""


class AccessCount(NumberCondition):
    """On how often it was found."""
