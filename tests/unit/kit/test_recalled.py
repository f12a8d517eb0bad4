"""Knowing again what a prompt took from memory."""

import pytest

from agent_memory_services.shared.prompts import (
    MEMORIES_TITLE,
    STANDING_TITLE,
    SUMMARY_TITLE,
    without_recalled,
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I like tea.", "I like tea."),
        ("", ""),
        (f"{MEMORIES_TITLE}\n- User likes tea (2023-05-08)\n- User is Al", ""),
        (
            f"{MEMORIES_TITLE}\n- Is ill (2023; said 2023-06-08; no longer true from 2024-01-02)",
            "",
        ),
        (f"{STANDING_TITLE}\n- Be brief\n{MEMORIES_TITLE}\n- User likes tea", ""),
        (f"{SUMMARY_TITLE}\nThey met.\nThey talked.", ""),
        (
            f"You are kind.\n\n{MEMORIES_TITLE}\n- User likes tea\n\nI like rain.",
            "You are kind.\n\n\nI like rain.",
        ),
        (f"{MEMORIES_TITLE}\nMy list:\n- milk", "My list:\n- milk"),
        (f"I saw {MEMORIES_TITLE} in a log.\n- milk", f"I saw {MEMORIES_TITLE} in a log.\n- milk"),
    ],
)
def test_what_memory_put_there_is_left_out(text: str, left: str) -> None:
    """Lists below a prompt's titles go, whatever stands around them stays."""
    assert without_recalled(text) == left
