"""Facts in a model's answer: the requested schema, and the loose forms that are read as well."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from agent_memory_services.shared.model_api.answers import Shape, sound

MAX_TEXT: Final = 1000
"""Characters of one fact; anything longer is no single statement."""
_SLOT: Final = re.compile(r"[^/\s]{1,100}(/[^/\s]{1,100}){1,3}")
_MAX_LISTED: Final = 64
_MAX_MOMENT: Final = 64
_NOTHING: Final = frozenset({"", "null", "none", "nil", "n/a", "na", "unknown", "-", "false"})
_YES: Final = frozenset({"true", "yes", "1", "y"})
_FACTS: Final = (
    *("facts", "memories", "fact", "memory", "statements", "items", "results", "extracted_facts"),
    *("extracted_memories", "new_facts", "user_facts", "new_memories", "memory_items", "entries"),
)
_TEXTS_OF_FACT: Final = (
    *("text", "fact", "memory", "statement", "content", "sentence", "claim", "description"),
    *("summary", "value"),
)
_MESSAGES: Final = (
    *("messages", "message", "message_ids", "message_id", "message_numbers", "message_number"),
    *("sources", "source", "source_messages", "source_message", "evidence", "citations"),
)
_ELSEWHERE: Final = {
    "text": _TEXTS_OF_FACT,
    "messages": _MESSAGES,
    "kind": ("kind", "type", "category"),
    "topics": ("topics", "topic", "tags", "subjects"),
    "entities": ("entities", "entity", "names"),
    "event": ("event", "event_time", "event_date", "date", "when"),
    "expires": ("expires", "expires_at", "expire_time", "expiry", "expiration"),
    "standing": ("standing", "is_standing"),
    "slot": ("slot", "attribute"),
    "repeats": ("repeats", "repeat", "repeats_known", "duplicate_of"),
    "ends": ("ends", "ended", "corrects", "replaces", "supersedes", "contradicts", "known"),
}
_ECHOED: Final = frozenset({"role", "said"})
"""Fields of a message as the model is shown it; one that is repeated states nothing."""
_START: Final = ("start", "date", "time", "when", "start_time", "start_date", "begin", "value")
_NUMBER: Final = re.compile(r"\W*(?:n|no|nr|msg|message)?\W*(\d{1,6})\W*", re.IGNORECASE)
_EVENTFUL: Final = frozenset({"episodic", "episode", "event", "experience", "appointment"})
_FORGETTING: Final = frozenset({"forget", "forget_request", "forgetting", "erase", "delete"})
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_SHORTEST_CJK: Final = 4


def is_statement(item: Any) -> bool:
    """Return true if an item of an answer may be a fact: a sentence, or an object with a text."""
    if isinstance(item, str):
        long = len(item) >= _SHORTEST_CJK and _CJK.search(item)
        return " " in item.strip() or bool(long)
    if not isinstance(item, dict):
        return False
    keys = {str(key).lower() for key in item}
    return not keys & _ECHOED and any(isinstance(item.get(name), str) for name in _TEXTS_OF_FACT)


FACTS: Final = Shape(_FACTS, is_statement)


def _plain(value: Any) -> str:
    """Return a value as a text; empty where it is nothing or no single value."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = sound(str(value)).strip()
    return "" if text.lower() in _NOTHING else text


def _texts(value: Any) -> list[str]:
    """Return the texts of a list, of one text with separators, or of named objects."""
    if isinstance(value, str):
        value = re.split(r"[,;|\n]", value)
    elif not isinstance(value, list):
        value = [value]
    named = (each.get("name") if isinstance(each, dict) else each for each in value)
    return [text for text in map(_plain, named) if text][:_MAX_LISTED]


def _numbers(value: Any) -> list[int]:
    """Return the numbers of a list, each as a number or a text, or of one alone."""
    if isinstance(value, str):
        value = re.split(r"[,;\s]+(?=\D*\d)", value)
    elif not isinstance(value, list):
        value = [value]
    return [number for number in map(_number, value) if number is not None][:_MAX_LISTED]


def _number(value: Any) -> int | None:
    if isinstance(value, dict):
        value = value.get("n", value.get("number"))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def _first_number(value: Any) -> int | None:
    return next(iter(_numbers(value)), None)


def _yes(value: Any) -> bool:
    return value is True or _plain(value).lower() in _YES


def _slot(value: Any) -> str:
    text = re.sub(r"\s*/\s*", "/", _plain(value).lower())
    slot = re.sub(r"\s+", "_", text)
    return slot if _SLOT.fullmatch(slot) else ""


def _moment(value: Any) -> str | None:
    text = _plain(value)
    return text if 0 < len(text) <= _MAX_MOMENT else None


def _event(value: Any) -> Any:
    """Return an event as an object; None where it names no time."""
    if not isinstance(value, dict):
        return {"start": _moment(value)} if _moment(value) else None
    start = next((_moment(value[name]) for name in _START if _moment(value.get(name))), None)
    return {**value, "start": start} if start else None


def _kind(value: Any) -> str:
    named = _plain(value).lower()
    if named in _FORGETTING:
        return "forget"
    return "episodic" if named in _EVENTFUL else "semantic"


def _precision(value: Any) -> str:
    named = _plain(value).lower()
    return named if named in _PRECISIONS else "day"


_KINDS: Final = frozenset({"semantic", "episodic", *_FORGETTING})
_PRECISIONS: Final = ("instant", "day", "week", "month", "season", "year")
Statement = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)
]


class _Answered(BaseModel):
    # Unknown fields are ignored; the known ones are read as far as they say anything.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EventAnswer(_Answered):
    """Time of an event in a model's answer."""

    start: str = Field(max_length=_MAX_MOMENT)
    precision: Annotated[
        Literal["instant", "day", "week", "month", "season", "year"], BeforeValidator(_precision)
    ] = "day"


class FactAnswer(_Answered):
    """One fact.

    Attributes:
        text: The statement.
        kind: Whether it lasts or happens, or is to be forgotten.
        messages: Numbers of the messages that state it; None where it names none.
        topics: Subjects it is about.
        entities: Names it mentions.
        event: When it happens.
        expires: When it ends by nature.
        standing: Whether every prompt should consider it.
        slot: Subject and attribute, where the fact has one value at a time.
        repeats: Number of the known memory that says the same.
        ends: Numbers of the known memories that it ends or corrects, or that are to be forgotten.
    """

    text: Annotated[Statement, BeforeValidator(lambda text: sound(text) if text else text)]
    kind: Annotated[Literal["semantic", "episodic", "forget"], BeforeValidator(_kind)] = "semantic"
    messages: list[int] | None = None
    topics: Annotated[list[str], BeforeValidator(_texts)] = []
    entities: Annotated[list[str], BeforeValidator(_texts)] = []
    event: Annotated[EventAnswer | None, BeforeValidator(_event)] = None
    expires: Annotated[str | None, BeforeValidator(_moment)] = None
    standing: Annotated[bool, BeforeValidator(_yes)] = False
    slot: Annotated[str, BeforeValidator(_slot)] = ""
    repeats: Annotated[int | None, BeforeValidator(_first_number)] = None
    ends: Annotated[list[int], BeforeValidator(_numbers)] = []

    @model_validator(mode="before")
    @classmethod
    def _named(cls, item: Any) -> Any:
        """Read an item under the names of the schema, whatever a model calls its parts."""
        if isinstance(item, str) and is_statement(item):
            return {"text": item}
        if not isinstance(item, dict):
            raise ValueError("no fact")  # noqa: TRY004 - reported as any other
        fields = {str(key).lower(): value for key, value in item.items()}
        if fields.keys() & _ECHOED:
            raise ValueError("a message")
        read = {part: _part(fields, names) for part, names in _ELSEWHERE.items()}
        cited = read.pop("messages")
        read |= {"text": _text(fields), "messages": None if _is_empty(cited) else _numbers(cited)}
        if read["event"] and _plain(read["kind"]).lower() not in _KINDS:
            read["kind"] = "episodic"
        return {part: value for part, value in read.items() if value is not None}


def _part(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _text(fields: Mapping[str, Any]) -> Any:
    if isinstance(fields.get("text"), str):
        return fields["text"]
    others = (fields.get(name) for name in _TEXTS_OF_FACT)
    return next((text for text in others if isinstance(text, str) and is_statement(text)), None)


def _is_empty(cited: Any) -> bool:
    return cited is None or cited in ([], "", {})


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
                    "kind": {"type": "string", "enum": ["semantic", "episodic", "forget"]},
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
                    "ends": {"type": "array", "items": {"type": "integer"}},
                }
            ),
        }
    }
)
"""JSON schema of the answer, in the subset that strict structured output allows."""
