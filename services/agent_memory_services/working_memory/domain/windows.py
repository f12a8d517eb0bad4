"""Tokens of messages, context windows of models, and what of a view fits into them.

The tokens that a language model reads in a text are estimated without its vocabulary. The text is
cut as byte-pair tokenizers pre-cut it (words, numbers of up to three digits, runs of punctuation,
runs of white space), and each piece is charged what such pieces cost on average. The rates are
those of a vocabulary of about 100,000 entries trained mostly on English.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import accumulate
from math import ceil
from typing import Final

from agent_memory.common.v1.message_pb2 import ContentPart, Media, Message, ToolCall
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.shared.content import answers_of, calls_of
from agent_memory_services.working_memory.domain.session import Session, Shown

MESSAGE_TOKENS: Final = 4
"""What a chat format spends on a message besides its content: its role and its delimiters."""
_CALL_TOKENS: Final = 8
"""What a chat format spends on a tool call besides its name and arguments."""
_MEDIA_TOKENS: Final = 1000
"""Expected tokens of an image, a recording or a document, which nobody here decodes."""
_BYTES_PER_TOKEN: Final = 4

# Lengths are bounded: the scan stays linear and the cache below stays small, whatever the text.
_PIECE: Final = re.compile(
    r"[A-Za-z]{0,24}+[À-ɏ][A-Za-zÀ-ɏ]{0,24}"  # a word with diacritics
    r"|[ ]?[A-Z]?[a-z]{1,32}|[ ]?[A-Z]{1,32}(?![a-z])|[ ]?[A-Z]"  # the parts of aCamelCASEWord
    r"|[0-9]{1,3}"
    r"|[ ](?=\S)"  # the space before a piece is part of its token
    r"|\s{1,32}"
    r"|[!-/:-@\[-`{-~]{1,32}"  # ASCII punctuation
    r"|[^\x00-\x7F]{1,32}"  # everything else, charged by script
    r"|."
)

_WORD_TOKENS: Final = (0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.05, 1.1, 1.15, 1.25, 1.35, 1.45, 1.6, 1.75)
"""Expected tokens of a word by its length; beyond the table, by `_LONG_WORD_LETTERS`."""
_LONG_WORD_LETTERS: Final = 6.0
_CAPITALS_PER_TOKEN: Final = 2.5
_PUNCTUATION_PER_TOKEN: Final = 2.5
_REPEATS_PER_TOKEN: Final = 16.0

_SCRIPTS: Final = (
    # Tokens per character, below the first code point that the rate no longer holds for.
    (0x0250, 0.34),  # Latin
    (0x0370, 1.0),  # phonetic letters, combining marks
    (0x0400, 0.7),  # Greek
    (0x0530, 0.42),  # Cyrillic
    (0x0590, 1.0),  # Armenian
    (0x0600, 0.8),  # Hebrew
    (0x0780, 0.7),  # Arabic
    (0x0E00, 1.2),  # scripts of India
    (0x0E80, 0.9),  # Thai
    (0x1E00, 1.5),  # other scripts of South-East Asia, Georgian, Ethiopic, Cherokee
    (0x2000, 0.5),  # more Latin and Greek
    (0x3040, 1.2),  # punctuation, arrows, symbols
    (0x3100, 0.9),  # kana
    (0xA000, 1.1),  # Han
    (0xAC00, 1.5),  # other East Asian scripts
    (0xD7B0, 1.2),  # Hangul
    (0x10000, 1.5),  # compatibility forms
)
_ASTRAL_TOKENS: Final = 2.5  # emoji, rare Han

# A longer text is judged by slices, so that one message never holds up the event loop.
_SAMPLE: Final = 32_768
_SLICES: Final = 8
_LONGEST_WORD: Final = 64


def count_tokens(text: str) -> int:
    """Return the tokens of a text; 0 for the empty one, at least 1 for any other."""
    if not text:
        return 0
    sample = text if len(text) <= _SAMPLE else _slices(text)
    tokens = sum(map(_cost, _PIECE.findall(sample)))
    return max(1, ceil(tokens * len(text) / len(sample)))


def count_message(message: Message) -> int:
    """Return the tokens of a message as a chat API counts it, its tool calls included."""
    calls = sum(map(_call_tokens, message.tool_calls))
    said = sum(map(_part_tokens, message.parts)) if message.parts else count_tokens(message.content)
    return MESSAGE_TOKENS + count_tokens(message.name) + said + calls


def _call_tokens(call: ToolCall) -> int:
    return _CALL_TOKENS + count_tokens(call.name) + count_tokens(call.arguments)


def _part_tokens(part: ContentPart) -> int:
    match part.WhichOneof("kind"):
        case "text" | "refusal" | "reasoning" as kind:
            return count_tokens(getattr(part, kind))
        case "tool_use":
            return _call_tokens(part.tool_use)
        case "tool_result":
            return _CALL_TOKENS + count_tokens(part.tool_result.content)
        case "file":
            return _file_tokens(part.file)
        case _:
            return _MEDIA_TOKENS


def _file_tokens(file: Media) -> int:
    """Return the tokens of a document; one of text is as long as its bytes tell."""
    if file.media_type.startswith("text/") and file.data:
        return ceil(len(file.data) / _BYTES_PER_TOKEN)
    return _MEDIA_TOKENS


def _slices(text: str) -> str:
    """Return slices of a long text, evenly spread, `_SAMPLE` characters in all."""
    length = _SAMPLE // _SLICES
    stride = (len(text) - length) // (_SLICES - 1)
    return "".join(text[start : start + length] for start in range(0, stride * _SLICES, stride))


@remembered(1 << 16, longest=_LONGEST_WORD)
def _cost(piece: str) -> float:
    if not piece.isascii():
        return max(1.0, sum(map(_rate, piece)))
    if piece == " ":
        return 0.0
    piece = piece.removeprefix(" ") or piece
    if piece.isalpha():
        return _word_cost(piece)
    if piece.isspace() or piece.isdigit():
        return 1.0
    return _punctuation_cost(piece)


def _word_cost(word: str) -> float:
    length = len(word)
    if length > 1 and word.isupper():
        return max(1.0, length / _CAPITALS_PER_TOKEN)
    if length < len(_WORD_TOKENS):
        return _WORD_TOKENS[length]
    return max(_WORD_TOKENS[-1], length / _LONG_WORD_LETTERS)


def _punctuation_cost(piece: str) -> float:
    per_token = _REPEATS_PER_TOKEN if len(set(piece)) == 1 else _PUNCTUATION_PER_TOKEN
    return max(1.0, len(piece) / per_token)


def _rate(character: str) -> float:
    code = ord(character)
    for end, tokens in _SCRIPTS:
        if code < end:
            return tokens
    return _ASTRAL_TOKENS


_TABLE: Final = tomllib.loads(files(__package__).joinpath("models.toml").read_text())
_WINDOWS: Final[dict[str, int]] = _TABLE["windows"]
DEFAULT_WINDOW: Final[int] = _TABLE["default"]
"""Tokens of a window of which nothing is known."""
_LONGEST_NAME: Final = max(map(len, _WINDOWS))


def window_of(model_name: str) -> int:
    """Return the most tokens that the model reads; `DEFAULT_WINDOW` for an unknown name."""
    name = model_name.lower().rpartition("/")[2]
    while name:
        if window := _by_prefix(name):
            return window
        # Hosted models carry a vendor and a region: `us.anthropic.claude-...`.
        name = name.partition(".")[2]
    return DEFAULT_WINDOW


def _by_prefix(name: str) -> int | None:
    lengths = range(min(len(name), _LONGEST_NAME), 0, -1)
    return next((_WINDOWS[name[:end]] for end in lengths if name[:end] in _WINDOWS), None)


SUMMARIZATION_THRESHOLD: Final = 0.7
"""Share of a window beyond which the oldest messages are summarized."""
KEPT_SHARE: Final = 0.4
"""Share of a window that the messages may fill that stay when the others are summarized."""
_FULL: Final = 100.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """Limit beyond which a view is summarized.

    Attributes:
        share: the share of a session's window that its messages may fill.
        window: tokens of the window of a session that never named one.
    """

    share: float
    window: int

    def is_passed(self, tokens: int, window: int | None) -> bool:
        """Return true if `tokens` exceed the limit of a window, or of the default one."""
        return tokens > int((window or self.window) * self.share)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a reader; None is no limit.

    Attributes:
        messages: the most messages.
        tokens: the most tokens of messages.
    """

    messages: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of a window, in percent, at most 100.

    Attributes:
        total: tokens over the window's size.
        until_summarization: tokens over the size at which summarization starts.
        window: the window's size in tokens.
    """

    total: float
    until_summarization: float
    window: int


def usage_of(tokens: int, window: int) -> Usage:
    """Return the use of a window of `window` tokens by `tokens`."""
    return Usage(
        total=min(_FULL, _FULL * tokens / window),
        until_summarization=min(_FULL, _FULL * tokens / (window * SUMMARIZATION_THRESHOLD)),
        window=window,
    )


def within(session: Session, limits: Limits) -> Session:
    """Return a session whose view is cut to the limits; one that fits is returned as it is."""
    is_whole = len(session.shown) == session.view_size
    fits = _within(session.view_size, limits.messages) and _within(session.tokens, limits.tokens)
    if is_whole and fits:
        return session
    return replace(session, shown=tuple(latest(session.shown, limits)))


def is_answer(message: Message) -> bool:
    """Return true if the message answers a tool call."""
    return bool(answers_of(message))


def latest(shown: Sequence[Shown], limits: Limits) -> Sequence[Shown]:
    """Return the longest tail within the limits that starts between exchanges.

    An assistant's message with tool calls and the answers to them stay together. Where even the
    last exchange is too long, it is the answer: a reader of a session with messages gets one.
    """
    spent = list(accumulate((item.entry.tokens for item in shown), initial=0))
    starts = _clean_starts([item.message for item in shown])
    for start in starts:
        count, tokens = len(shown) - start, spent[-1] - spent[start]
        if _within(count, limits.messages) and _within(tokens, limits.tokens):
            return shown[start:]
    return shown[starts[-1] :] if starts else shown


def overflow(shown: Sequence[Shown], window: int) -> Sequence[Shown]:
    """Return the oldest messages that must leave a view that is too long for its window (tokens).

    The latest messages that fill `KEPT_SHARE` of the window stay, and at least the last exchange.
    """
    kept = latest(shown, Limits(tokens=int(window * KEPT_SHARE)))
    return shown[: len(shown) - len(kept)]


def portion(shown: Sequence[Shown], limits: Limits) -> Sequence[Shown]:
    """Return the longest beginning, if any, within the limits that ends between exchanges.

    Where even the first exchange is too long, it is the answer.
    """
    spent = list(accumulate((item.entry.tokens for item in shown), initial=0))
    ends = [*_clean_starts([item.message for item in shown])[1:], len(shown)]
    fitting = [
        end for end in ends if _within(end, limits.messages) and _within(spent[end], limits.tokens)
    ]
    return shown[: fitting[-1] if fitting else ends[0]]


def _within(amount: int, limit: int | None) -> bool:
    return limit is None or amount <= limit


def _clean_starts(messages: Sequence[Message]) -> list[int]:
    """Return the positions at which a tail may start, in order.

    The first message always is one: a view that is shown whole is shown as it is.
    """
    opened: dict[str, int] = {}
    changes = [0] * (len(messages) + 1)
    for position, message in enumerate(messages):
        if answered := answers_of(message):
            # The call of an answer without one was said before what we see, or never stored.
            asked = min(opened.get(call_id, position - 1) for call_id in answered)
            changes[asked + 1] += 1
            changes[position + 1] -= 1
        opened.update((call_id, position) for call_id in calls_of(message))
    inside = accumulate(changes)
    return [
        at for at, depth in zip(range(len(messages)), inside, strict=False) if not (at and depth)
    ]
