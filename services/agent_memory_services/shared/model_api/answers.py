"""Reader of the answers of chat models: their text, reasoning set aside, and the lists in them.

Endpoints and models keep the published shapes loosely. Whatever they do, an answer is read in the
same way: reasoning is no answer, the last complete answer counts, and what is cut off in the
middle is never completed.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_memory_services.shared.model_api import failures

LONGEST_ANSWER: Final = 1_000_000
"""Characters; what is longer is no answer to any question here, and costs time to read."""
_FILTERED: Final = frozenset(
    {
        *("content_filter", "content-filter", "safety", "prohibited_content", "blocklist", "spii"),
        *("recitation", "moderation", "sensitive", "refusal", "image_safety"),
    }
)
_CUT_OFF: Final = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
_THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking")
_THOUGHT_PARTS: Final = frozenset({"reasoning", "thinking", "redacted_thinking", "thought"})


@dataclass(frozen=True, slots=True)
class Completion:
    """Answer of a chat endpoint.

    Attributes:
        text: What the model says.
        read: Tokens that it read by the endpoint's count; None where it gives none.
        written: Tokens that it wrote, likewise.
    """

    text: str
    read: int | None = None
    written: int | None = None


def read_completion(body: str, *, structured: bool) -> Completion:
    """Read a response, without trust that an endpoint keeps the published shape.

    Args:
        body: The response as it came.
        structured: True where data was requested, which may also come as a tool's arguments or at
            the end of the reasoning.

    Raises:
        Filtered: the model or its provider refused.
        ModelFailed: there is no text, or not a whole one.
    """
    answer = _loaded(body)
    choice = _first(answer.get("choices")) if isinstance(answer, dict) else None
    if not isinstance(choice, dict):
        raise _failure_in(answer)
    message = choice.get("message")
    if not isinstance(message, dict):
        message = {"content": choice.get("text")}
    reason = str(choice.get("finish_reason")).lower()
    if reason in _FILTERED or message.get("refusal") or _has_refusal(message.get("content")):
        raise failures.Filtered
    if reason == "error":
        raise _failure_in(choice)
    text = _said(message, structured=structured)
    if not text.strip() or reason in _CUT_OFF or len(text) > LONGEST_ANSWER:
        raise failures.ModelFailed("bad_answer")
    return Completion(sound(text), *_counts(answer.get("usage")))


def _failure_in(answer: Any) -> failures.ModelFailed:
    """Return the failure that a response of status 200 tells of."""
    error = answer.get("error") if isinstance(answer, dict) else None
    feedback = answer.get("promptFeedback") if isinstance(answer, dict) else None
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        return failures.Filtered()
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) else None
    return failures.blame(status, error).meaning if error else failures.ModelFailed("bad_answer")


def _first(choices: Any) -> Any:
    return choices[0] if isinstance(choices, list) and choices else None


def _said(message: Mapping[str, Any], *, structured: bool) -> str:
    text = _content(message.get("content"))
    if not text.strip() and structured:
        text = next(filter(str.strip, map(_content, _arguments(message))), "")
    if not text.strip():
        thought = next(filter(str.strip, (_content(message.get(name)) for name in _THOUGHTS)), "")
        # As reasoning that nobody closed: only what ends it can be an answer.
        text = thought and f"<think>{thought}"
    return text


def _content(content: Any) -> str:
    """Return the text of a content: a text, its parts, or data that nobody wrote out."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_part, content))
    if isinstance(content, dict) and content:
        return content["text"] if isinstance(content.get("text"), str) else json.dumps(content)
    return ""


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type") in _THOUGHT_PARTS:
        return ""
    text = part.get("text", part.get("content", part.get("json")))
    if isinstance(text, dict) and isinstance(text.get("value"), str):
        text = text["value"]
    return _content(text)


def _has_refusal(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and (part.get("type") == "refusal" or part.get("refusal"))
        for part in content
    )


def _arguments(message: Mapping[str, Any]) -> Iterator[Any]:
    """Yield where data stands that a model gives as a call of a tool."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls or () if isinstance(call, dict)]
    for function in [*functions, message.get("function_call")]:
        if isinstance(function, dict):
            yield function.get("arguments")
    yield message.get("parsed")


def _counts(usage: Any) -> tuple[int | None, int | None]:
    if not isinstance(usage, dict):
        return None, None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if any(type(count) is not int or not 0 <= count < 1 << 53 for count in counts):
        return None, None
    return (counts[0], counts[1]) if any(counts) else (None, None)


_UNSOUND: Final = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def sound(text: str) -> str:
    """Return a text without control characters and halves of characters, which nobody can store."""
    if not _UNSOUND.search(text):
        return text
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lone = {"\ufffd"} - set(text)
    return _UNSOUND.sub("", "".join(each for each in paired if each not in lone))


_NAMES: Final = (
    "think|thinking|thoughts?|reasoning|reason|reflection|analysis|scratchpad|seed:think"
    "|antthinking|chain_of_thought|inner_monologue"
)
_TAG: Final = re.compile(
    rf"<(?P<close>/?)(?:{_NAMES})(?:\s[^<>]*)?>|\[(?P<close2>/?)THINK\]|\u25c1(?P<close3>/?)think\u25b7"
    r"|<\|(?:begin|(?P<close4>end))_of_thought\|>",
    re.IGNORECASE,
)
_CHANNEL: Final = re.compile(
    r"<\|channel\|>\s*(?:analysis|commentary).*?(?:<\|end\|>|(?=<\|start\|>)|(?=<\|channel\|>)|\Z)",
    re.DOTALL,
)
_MARK: Final = re.compile(r"<\|start\|>\s*assistant|<\|channel\|>\s*\w*|<\|[a-z_]+\|>")
_ANSWER: Final = re.compile(
    r"(?:^|\n)\s*(?:<(?P<name>answer|final|final_answer|output|response|result|summary)>"
    r"(?P<text>.*)</(?P=name)>|<\|begin_of_solution\|>(?P<solution>.*)<\|end_of_solution\|>)",
    re.DOTALL | re.IGNORECASE,
)
_ENDS_SENTENCE: Final = re.compile(r"(?:[.!?:}\]\u2026\u3002]|```)[ \t]*$")
_FENCED: Final = re.compile(r"```(?:text|markdown|md|plain)?[ \t]*\n(.*?)\n?```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Parted:
    """Text of an answer, in order.

    Attributes:
        said: What stands outside reasoning.
        thought: The blocks of reasoning.
    """

    said: Sequence[str]
    thought: Sequence[str]


def _parted(text: str) -> _Parted:
    """Part a text by the tags of reasoning.

    A tag that a text only speaks of stands within a sentence; one that opens reasoning begins a
    line or follows a sentence. What stands before a closing tag that nothing opened is reasoning
    too: templates open it in the prompt.
    """
    if "<|channel|>" in text:
        text = _MARK.sub("", _CHANNEL.sub("", text))
    said: list[str] = []
    thought: list[str] = []
    at, inside, pending = 0, False, 0
    for tag in _TAG.finditer(text):
        closes = any(tag.group(f"close{n}") for n in ("", 2, 3, 4))
        if not closes:
            if inside:
                pending += 1
            elif _stands_apart(text, tag.start()):
                said.append(text[at : tag.start()])
                at, inside = tag.end(), True
        elif inside:
            thought.append(text[at : tag.start()])
            at, inside = tag.end(), False
        elif pending or _stands_apart(text, tag.start()) or _ends_line(text, tag.end()):
            thought.append(text[: tag.start()])
            said.clear()
            at, pending = tag.end(), max(0, pending - 1)
    (thought if inside else said).append(text[at:])
    return _Parted([each for each in said if each.strip()], thought)


def _stands_apart(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return not line.strip() or _ENDS_SENTENCE.search(line) is not None


def _ends_line(text: str, at: int) -> bool:
    return not text[at:].partition("\n")[0].strip()


def prose_of(text: str) -> str:
    """Return the text that a model answers, without its reasoning; empty where there is none."""
    said = _parted(text).said
    if not said:
        return ""
    prose = said[-1].strip()
    if wrapped := _ANSWER.search(said[-1]):
        prose = (wrapped["text"] or wrapped["solution"] or "").strip()
    fenced = _FENCED.fullmatch(prose)
    return fenced[1].strip() if fenced else prose


_MOST_EFFORT: Final = 1_000_000
"""Characters that are looked through for values that turn out to be none."""
_ENDING: Final = re.compile(r"(?:\s|`|</?\w+>|<\|\w+\|>)*")
_TRAILING_COMMA: Final = re.compile(r",(\s*[}\]])")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLACE: Final = re.compile(r'"(\d+)"')
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_DIGITS: Final = 18


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


# Models put raw line breaks into strings, and numbers that are none where they know none.
_DECODER: Final = json.JSONDecoder(
    strict=False, parse_constant=lambda _: None, parse_int=_whole, parse_float=_finite
)


def _loaded(text: str) -> Any:
    """Return the value that a text is; None where it is none."""
    try:
        return _DECODER.decode(text.strip().removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class _Value:
    """Value in a text.

    Attributes:
        value: The value.
        part: True where it is part of another one that cannot be read.
        last: True where nothing but marks follows it.
    """

    value: Any
    part: bool
    last: bool


def _values(text: str) -> list[_Value]:
    """Return every object and list of a text that is no part of another one, in order."""
    found: list[_Value] = []
    at, within, effort = 0, 0, 0
    while effort < _MOST_EFFORT and (start := _next_start(text, at)) >= 0:
        end = _end_of(text, start)
        try:
            value, end = _value_at(text, start, end)
        except (ValueError, RecursionError):
            end = end or len(text)
            within = max(within, end)
            effort += end - start
            at = start + 1
            continue
        ending = _ENDING.match(text, end)
        last = ending is not None and ending.end() == len(text)
        found.append(_Value(value, start < within, last))
        at = end
    return found


def _next_start(text: str, at: int) -> int:
    starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(starts, default=-1)


def _value_at(text: str, start: int, end: int | None) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except ValueError:
        if end is None:
            raise
        return _DECODER.decode(_without_trailing_commas(text[start:end])), end


def _end_of(text: str, start: int) -> int | None:
    """Return where the bracket at `start` is closed; None where it never is."""
    depth = 0
    for bracket in _BRACKET.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(bracket.group(), 0)
        if not depth:
            return bracket.end()
    return None


def _without_trailing_commas(text: str) -> str:
    strings: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        strings.append(match.group())
        return f'"{len(strings) - 1}"'

    bare = _TRAILING_COMMA.sub(r"\1", _STRING.sub(put_aside, text))
    return _PLACE.sub(lambda match: strings[int(match.group(1))], bare)


@dataclass(frozen=True, slots=True)
class Shape:
    """Shape of a requested list, and of what models make of it.

    Attributes:
        names: Names that the list may have, in lower case, the requested one first.
        is_item: Tells an item from other data.
    """

    names: Collection[str]
    is_item: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Listing:
    """List that may be the answer.

    Attributes:
        items: Its items.
        last: True where it is the last that the model says.
    """

    items: Sequence[Any]
    last: bool


_ENVELOPES: Final = (
    *("arguments", "parameters", "function", "input", "output", "result", "response", "answer"),
    *("final_answer", "data", "json", "properties", "content"),
)
_DEEPEST: Final = 4


def listings(text: str, shape: Shape) -> Iterator[Listing]:
    """Yield the lists of an answer that may be the requested one, the last first.

    Of reasoning only the end counts, and only where nothing else is said. A list with a name goes
    before those without, of which an empty one proves nothing.
    """
    yield from _named_first(_candidates(text), shape)


def _candidates(text: str) -> Iterable[_Value]:
    whole = _loaded(text)
    if isinstance(whole, str):
        whole = _loaded(whole)
    if isinstance(whole, (dict, list)):
        return [_Value(whole, part=False, last=True)]
    parted = _parted(text)
    if parted.said:
        return [value for said in reversed(parted.said) for value in reversed(_values(said))]
    thought = parted.thought[-1] if parted.thought else ""
    return [value for value in _values(thought)[-1:] if value.last]


def _named_first(values: Iterable[_Value], shape: Shape) -> Iterator[Listing]:
    bare: list[Listing] = []
    named = False
    for value in values:
        if (items := _named(value.value, shape, _DEEPEST)) is not None:
            named = True
            yield Listing(items, value.last)
        elif not value.part and shape.is_item(value.value):
            bare.append(Listing([value.value], value.last))
        elif isinstance(value.value, list) and any(map(shape.is_item, value.value)):
            bare.append(Listing(value.value, value.last))
    if not named:
        yield from _joined(bare)


def _joined(bare: list[Listing]) -> Iterator[Listing]:
    """Yield lists without a name; objects that stand one after another are one list."""
    if len(bare) > 1 and all(len(listing.items) == 1 for listing in bare):
        yield Listing([listing.items[0] for listing in reversed(bare)], bare[0].last)
    yield from bare


def _named(value: Any, shape: Shape, depth: int) -> Sequence[Any] | None:
    """Return the list of a value that has one of the names; None where there is none."""
    if isinstance(value, str):
        value = _loaded(value)
    if isinstance(value, list) and depth < _DEEPEST and any(map(shape.is_item, value)):
        return value
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]
    if not isinstance(value, dict) or not depth:
        return None
    fields = {str(key).lower(): each for key, each in value.items()}
    lists = [_as_list(fields[name], shape) for name in shape.names if name in fields]
    if found := [each for each in lists if each is not None]:
        return next((each for each in found if each), [])
    if shape.is_item(value):
        return None
    inner = (_named(fields[name], shape, depth - 1) for name in _ENVELOPES if name in fields)
    return next((each for each in inner if each is not None), None)


def _as_list(value: Any, shape: Shape) -> Sequence[Any] | None:
    """Return what stands in the place of a list as one; None where it cannot be one."""
    if isinstance(value, str):
        loaded = _loaded(value)
        value = value if loaded is None else loaded
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if shape.is_item(value):
        return [value]
    if isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
        return list(value.values())
    return None
