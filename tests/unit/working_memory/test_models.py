"""Windows by model name."""

import pytest

from agent_memory_services.working_memory.domain.windows import DEFAULT_WINDOW, window_of


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("gpt-4", 8_192),
        ("gpt-4o-mini", 128_000),
        ("GPT-4o", 128_000),
        ("gpt-4.1-nano", 1_047_576),
        ("gpt-5", 400_000),
        ("openai/gpt-4o", 128_000),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", 200_000),
        ("meta-llama/Llama-3.1-8B-Instruct", 131_072),
    ],
)
def test_the_longest_known_beginning_decides(name: str, window: int) -> None:
    """Variants, vendors' prefixes and spellings of a known model are known."""
    assert window_of(name) == window


@pytest.mark.parametrize("name", ["", "my-own-model", "x.y.z", "...", "gp"])
def test_an_unknown_name_is_no_error(name: str) -> None:
    """A model nobody heard of has the default window."""
    assert window_of(name) == DEFAULT_WINDOW == 16_000
