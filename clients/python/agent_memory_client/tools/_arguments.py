"""Arguments of tools, as models write them.

A model often says the right thing in the wrong form: null for what it leaves out, a number or a
list as text, JSON within a string, one thing where a list is meant, another name for a field. Such
forms are read by a tool's schema. What it does not explain stays as it is, and is refused with the
schema in words, so that the model can correct itself.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeAlias

from agent_memory_client.errors import MemoryValidationError

Schema: TypeAlias = Mapping[str, Any]

_ABSENT: Final = object()
_FENCE: Final = re.compile(r"\A```\w*\s*(.*?)\s*```\Z", re.DOTALL)
_NOTHING: Final = frozenset({"", "null", "none", "nil", "undefined", "n/a", "na", "unknown"})
_ANYTHING: Final = _NOTHING | {"any", "all", "default", "auto", "*"}
_WRAPPERS: Final = ("arguments", "input", "args", "parameters", "params", "kwargs")
_DATES: Final = frozenset({"event_date"})
# Fields whose words count and not their order, so that several texts are one.
_QUESTIONS: Final = frozenset({"query"})
_DATE_FORMS: Final = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%d. %B %Y"),
    *("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%A, %B %d, %Y"),
)
_ORDINAL: Final = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_PERCENT: Final = 100

_SYNONYMS: Final[Mapping[str, Sequence[str]]] = {
    "query": ("q", "text", "search", "search_query", "search_text", "question", "input", "prompt"),
    "search_mode": ("mode", "search_type"),
    "topics": ("topic", "tags", "tag", "categories", "category", "subjects", "subject", "labels"),
    "entities": ("entity", "names", "people", "person"),
    "memory_type": ("type", "kind", "memory_types", "category"),
    "max_results": (
        *("limit", "k", "top_k", "n", "num_results", "number_of_results", "count", "max", "size"),
        *("page_size", "n_results", "results", "max_memories"),
    ),
    "offset": ("skip", "start", "from"),
    "min_relevance": (
        *("min_score", "threshold", "score_threshold", "relevance", "min_similarity"),
        *("similarity_threshold", "relevance_threshold", "minimum_relevance"),
    ),
    "user_id": ("user", "userid", "owner"),
    "text": ("content", "memory", "fact", "statement", "memory_text", "value", "note", "new_text"),
    "memories": ("memory", "items", "facts", "records", "new_memories", "long_term_memories"),
    "event_date": ("date", "when", "time", "timestamp", "event_time", "datetime", "happened_at"),
    "memory_id": ("id", "memory", "memoryid", "identifier"),
    "memory_ids": ("ids", "id", "memory_id", "memories", "memoryids"),
    "data": ("state", "values", "fields", "updates", "working_memory", "payload"),
    "merge_strategy": ("strategy", "mode", "merge", "merge_mode"),
}
_CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "semantic": ("fact", "preference", "profile", "vector", "meaning", "knowledge"),
    "episodic": ("event", "episode", "experience", "happening"),
    "message": ("raw", "conversation"),
    "keyword": ("keywords", "lexical", "full_text", "fulltext", "bm25", "words"),
    "hybrid": ("both", "mixed", "combined"),
    "merge": ("update", "patch", "shallow"),
    "deep_merge": ("deep", "recursive"),
    "replace": ("overwrite", "set"),
}


def read_arguments(arguments: Any, schema: Schema | None = None) -> dict[str, Any]:
    """Read arguments from a dictionary, or from JSON that was spelled once or twice.

    Args:
        arguments: What a model wrote.
        schema: The JSON schema of the arguments; with it a text alone may be the one thing that
            a tool needs.

    Raises:
        MemoryValidationError: They are not a JSON object.
    """
    for _ in range(3):
        if not isinstance(arguments, str | bytes):
            break
        if (alone := _alone(arguments, schema)) is not None:
            return alone
        arguments = _parsed(arguments)
    if isinstance(arguments, list) and len(arguments) == 1:
        (arguments,) = arguments
    if arguments is None:
        return {}
    if not isinstance(arguments, Mapping):
        raise MemoryValidationError("the arguments are not a JSON object")
    return dict(arguments)


def _alone(given: str | bytes, schema: Schema | None) -> dict[str, Any] | None:
    """Take a text that is no JSON for the only argument that is required."""
    required = (schema or {}).get("required", ())
    text = given.decode(errors="replace") if isinstance(given, bytes) else given
    if len(required) != 1 or text.strip()[:1] in set("{[\"'`") or text.strip().lower() in _NOTHING:
        return None
    return {required[0]: text}


def _parsed(text: str | bytes) -> Any:
    """Parse JSON, or the notation of Python that some models write in its place."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if text.strip().lower() in _NOTHING:
        return None
    if fenced := _FENCE.match(text.strip()):
        text = fenced.group(1)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return ast.literal_eval(text.strip())
        raise MemoryValidationError(f"the arguments are not JSON: {error}") from error


def understood(given: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Read arguments by the schema of a tool.

    Args:
        given: What a model wrote.
        schema: The JSON schema of the tool's arguments, without references.
    """
    fields: Mapping[str, Schema] = schema.get("properties", {})
    given = _unwrapped(given, fields)
    named: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, value in given.items():
        if (name := _snake(str(key))) in fields:
            named[name] = value
        elif value is not None:
            unknown[str(key)] = value
    for name, key in _renamed(unknown, fields):
        if key in unknown and named.get(name) is None:
            named[name] = unknown.pop(key)
    _gather(named, unknown, schema)
    required = schema.get("required", ())
    read = {
        name: _read(value, fields[name], name, optional=name not in required)
        for name, value in named.items()
    }
    return {name: value for name, value in read.items() if value is not _ABSENT} | unknown


def _unwrapped(given: Mapping[str, Any], fields: Mapping[str, Schema]) -> Mapping[str, Any]:
    """Take arguments out of an object that only holds them."""
    if len(given) != 1:
        return given
    ((key, value),) = given.items()
    if isinstance(value, str):
        with suppress(MemoryValidationError):
            value = _parsed(value)
    is_wrapper = key in _WRAPPERS and key not in fields and isinstance(value, Mapping)
    return value if is_wrapper else given


def _renamed(unknown: Mapping[str, Any], fields: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    """Yield fields that may be meant, with what a model called them."""
    keys = {_snake(key): key for key in unknown}
    for name in fields:
        for synonym in _SYNONYMS.get(name, ()):
            if synonym in keys:
                yield name, keys[synonym]


def _gather(named: dict[str, Any], unknown: dict[str, Any], schema: Schema) -> None:
    """Take what a model wrote without the one object that was to hold it for that object."""
    missing = [name for name in schema.get("required", ()) if name not in named]
    if named or len(missing) != 1 or not unknown:
        return
    wanted = schema["properties"][missing[0]]
    holder = wanted.get("items", wanted)
    if holder.get("type") != "object":
        return
    known = holder.get("properties")
    if known is None or any(_snake(key) in known for key in unknown):
        named[missing[0]] = dict(unknown)
        unknown.clear()


def _read(value: Any, schema: Schema, name: str, *, optional: bool) -> Any:
    if value is None:
        return _ABSENT
    kind = schema.get("type")
    reader = _READERS.get(str(kind))
    if isinstance(value, str) and optional and _says_nothing(value, schema, name):
        return _ABSENT
    return reader(value, schema, name) if reader else value


def _says_nothing(text: str, schema: Schema, name: str) -> bool:
    plain = text.strip().lower()
    if schema.get("type") != "string" or name in _DATES:
        return plain in _NOTHING
    if "enum" in schema:
        return plain in _ANYTHING and plain not in schema["enum"]
    return not plain


def _read_text(value: Any, schema: Schema, name: str) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and len(value) == 1:
        (value,) = value
    if isinstance(value, list | tuple) and name in _QUESTIONS and all(map(_is_text, value)):
        value = " ".join(value)
    if isinstance(value, int | float) and name not in _DATES:
        return str(value)
    if not isinstance(value, str):
        return value
    if "enum" in schema:
        return _choice(value, schema["enum"])
    return _date(value) if name in _DATES else value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _choice(text: str, allowed: Sequence[str]) -> str:
    plain = _snake(text.strip().strip("\"'"))
    for word in (plain, plain.removesuffix("s"), plain.removesuffix("_memory")):
        for choice in allowed:
            if word == choice or word in _CHOICES.get(choice, ()):
                return choice
    return text


def _date(text: str) -> str:
    """Spell a day that is written out as ISO 8601; leave any other text as it is."""
    plain = _ORDINAL.sub("", text.strip())
    for form in _DATE_FORMS:
        with suppress(ValueError):
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007 - a day
    return text


def _read_number(value: Any, schema: Schema, _: str) -> Any:
    """Read a number, and bring it within its bounds."""
    if isinstance(value, bool):
        return value
    number: float
    try:
        text = value.strip().removesuffix("%") if isinstance(value, str) else value
        number = float(text)
    except (TypeError, ValueError, OverflowError):
        return value
    if not math.isfinite(number):
        return value
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if most == 1 < number <= _PERCENT:
        number /= _PERCENT
    number = float(min(max(number, least), most))
    if schema["type"] == "integer":
        return int(number) if number.is_integer() else value
    return number


def _read_list(value: Any, schema: Schema, name: str) -> Any:
    """Read a list: one thing is a list of it, and a text may spell several."""
    items: Schema = schema.get("items", {})
    if isinstance(value, str):
        value = _listed(value, items)
    if isinstance(value, Mapping) and len(value) == 1 and {"any", "all"} & value.keys():
        (value,) = value.values()
    if not isinstance(value, list | tuple | set | frozenset):
        value = [value]
    if items.get("type") == "object":
        value = [{"text": each} if isinstance(each, str) else each for each in value]
    read = [_read(each, items, name, optional=True) for each in value]
    return [each for each in read if each is not _ABSENT]


def _listed(text: str, items: Schema) -> Any:
    if text.strip()[:1] in {"[", "{"}:
        with suppress(MemoryValidationError):
            return _parsed(text)
    if items.get("type") == "object":
        return [text]
    return [each.strip() for each in re.split(r"[,;\n]", text)]


def _read_object(value: Any, schema: Schema, _: str) -> Any:
    if isinstance(value, str):
        with suppress(MemoryValidationError):
            value = _parsed(value)
    if isinstance(value, Mapping) and "properties" in schema:
        return understood(value, schema)
    return value


_READERS: Final[Mapping[str, Callable[[Any, Schema, str], Any]]] = {
    "string": _read_text,
    "integer": _read_number,
    "number": _read_number,
    "array": _read_list,
    "object": _read_object,
}


def _snake(name: str) -> str:
    """Spell a name in small letters with underscores, however it joins its words."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-]+", "_", words).lower()


def in_words(name: str, schema: Schema) -> str:
    """Tell a model what a tool takes."""
    fields: Mapping[str, Schema] = schema.get("properties", {})
    if not fields:
        return f"{name} takes no arguments."
    required = schema.get("required", ())
    told = [
        f"{field} ({_kind_in_words(each)}, {'required' if field in required else 'optional'})"
        for field, each in fields.items()
    ]
    return f"{name} takes a JSON object with {', '.join(told)}."


def _kind_in_words(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kind = str(schema.get("type"))
    if kind == "array":
        items: Schema = schema.get("items", {})
        if "properties" not in items:
            return "a list of texts"
        required = items.get("required", ())
        inner = [f"{key} ({_kind_in_words(each)})" for key, each in items["properties"].items()]
        return f"a list of objects with {', '.join(inner)}; required: {', '.join(required)}"
    if kind in {"integer", "number"} and "minimum" in schema:
        bounds = f" from {schema['minimum']}"
        return f"a number{bounds}" + (f" to {schema['maximum']}" if "maximum" in schema else "")
    return {"string": "a text", "object": "an object"}.get(kind, "a number")
