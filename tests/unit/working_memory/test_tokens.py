"""The estimate of tokens."""

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.message_pb2 import Message, ToolCall
from agent_memory_services.working_memory.domain.windows import (
    MESSAGE_TOKENS,
    count_message,
    count_tokens,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello, world!", 4),
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("I prefer morning meetings and I'm vegetarian.", 10),
        ("1234567", 3),
        ("    return value\n", 4),
        ("----------------", 1),
    ],
)
def test_ordinary_english_is_counted_as_tokenizers_count_it(text: str, tokens: int) -> None:
    """Short texts come within one token of what byte-pair vocabularies make of them."""
    assert abs(count_tokens(text) - tokens) <= 1


@given(st.text(max_size=300))
def test_any_text_has_a_count_that_its_length_bounds(text: str) -> None:
    """Only the empty text takes nothing, and no character takes more than three tokens."""
    tokens = count_tokens(text)
    assert bool(tokens) == bool(text)
    assert tokens <= 3 * len(text)


@pytest.mark.parametrize("sample", ["你好世界今天天气很好", "привет как дела", "こんにちは世界"])
def test_other_scripts_take_more_tokens_per_character(sample: str) -> None:
    """Scripts that vocabularies know less well are not counted as if they were English."""
    assert count_tokens(sample) > len(sample) / 4


@pytest.mark.parametrize(
    "text",
    [
        "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=262_144)),
        "a" * 262_144,
        "A" * 262_144,
        " " * 262_144,
        "é" * 131_072,
        "a" * 24 + "é" * 131_000,
        "".join(chr(code) for code in range(0x100, 0xD7FF)) * 2,
    ],
    ids=["base64", "letters", "capitals", "spaces", "accents", "mixed", "everything"],
)
def test_no_text_takes_far_longer_than_prose_of_its_length(text: str) -> None:
    """However odd, a text of the largest size does not hold up the loop."""
    sentence = "Memory for agents should be honest, quick and boring. "
    prose = (sentence * (len(text) // len(sentence) + 1))[: len(text)]
    assert effort(text) < 30 * effort(prose)


def effort(text: str) -> float:
    """Seconds of this thread that counting takes, at best."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        assert count_tokens(text) > 0
        taken.append(time.thread_time() - began)
    return min(taken)


def test_a_long_text_is_measured_by_samples() -> None:
    """The sampled count of a long text is close to the sum over its parts."""
    part = "Memory for agents should be honest, quick and boring. "
    whole = count_tokens(part * 4000)
    assert whole == pytest.approx(4000 * count_tokens(part), rel=0.15)


def test_a_message_costs_more_than_its_content() -> None:
    """Role, delimiters and tool calls are counted too."""
    plain = Message(role="user", content="hello")
    calling = Message(role="assistant", tool_calls=[ToolCall(id="1", name="look", arguments="{}")])
    assert count_message(plain) == MESSAGE_TOKENS + 1
    assert count_message(calling) > MESSAGE_TOKENS
