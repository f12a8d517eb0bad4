"""Context windows: sizes of models, and what of a view fits."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from typing import Final

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.working_memory.domain.session import Shown

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


def is_answer(message: Message) -> bool:
    """Return true if the message answers a tool call."""
    return message.role == "tool" or bool(message.tool_call_id)


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
        if is_answer(message):
            # The call of an answer without one was said before what we see, or never stored.
            asked = opened.get(message.tool_call_id, position - 1)
            changes[asked + 1] += 1
            changes[position + 1] -= 1
        opened.update((call.id, position) for call in message.tool_calls)
    inside = accumulate(changes)
    return [
        at for at, depth in zip(range(len(messages)), inside, strict=False) if not (at and depth)
    ]
