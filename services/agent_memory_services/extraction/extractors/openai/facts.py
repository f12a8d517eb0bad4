"""Schema of the facts in a model's answer."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_TEXT: Final = 1000
"""Characters of one fact; anything longer is no single statement."""
_SLOT: Final = r"^([^/\s]{1,100}(/[^/\s]{1,100}){1,3})?$"

Statement = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)
]


class _Answered(BaseModel):
    # Strict: a number in quotes is not a number. Unknown fields are ignored.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EventAnswer(_Answered):
    """Time of an event in a model's answer."""

    start: str = Field(max_length=64)
    precision: Literal["instant", "day", "week", "month", "season", "year"] = "day"


class FactAnswer(_Answered):
    """One fact.

    Attributes:
        text: The statement.
        kind: Whether it lasts or happens.
        messages: Numbers of the messages that state it.
        topics: Subjects it is about.
        entities: Names it mentions.
        event: When it happens.
        expires: When it ends by nature.
        standing: Whether every prompt should consider it.
        slot: Subject and attribute, where the fact has one value at a time.
        repeats: Number of the known memory that says the same.
    """

    text: Statement
    kind: Literal["semantic", "episodic"] = "semantic"
    messages: Annotated[list[int], Field(min_length=1, max_length=64)]
    topics: Annotated[list[str], Field(max_length=64)] = []
    entities: Annotated[list[str], Field(max_length=64)] = []
    event: EventAnswer | None = None
    expires: Annotated[str, Field(max_length=64)] | None = None
    standing: bool = False
    slot: Annotated[str, StringConstraints(pattern=_SLOT)] = ""
    repeats: int | None = None


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}


def _object(properties: dict[str, Any], *, nullable: bool = False) -> dict[str, Any]:
    """Return an object in the strict dialect, which wants every property required."""
    return {
        "type": ["object", "null"] if nullable else "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ANSWER_SCHEMA: Final = _object(
    {
        "facts": {
            "type": "array",
            "items": _object(
                {
                    "text": _TEXT,
                    "kind": {"type": "string", "enum": ["semantic", "episodic"]},
                    "messages": {"type": "array", "items": {"type": "integer"}},
                    "topics": _TEXTS,
                    "entities": _TEXTS,
                    "event": _object(
                        {
                            "start": _TEXT,
                            "precision": {
                                "type": "string",
                                "enum": ["instant", "day", "week", "month", "season", "year"],
                            },
                        },
                        nullable=True,
                    ),
                    "expires": _MAYBE_TEXT,
                    "standing": {"type": "boolean"},
                    "slot": _TEXT,
                    "repeats": {"type": ["integer", "null"]},
                }
            ),
        }
    }
)
"""JSON schema of the answer, in the subset that strict structured output allows."""
