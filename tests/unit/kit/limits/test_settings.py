"""Limits as settings."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.kit.server.settings import LimitSettings, ProcessSettings


def test_limits_of_methods_are_read_as_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the methods' own names, of whichever service."""
    monkeypatch.setenv(
        "AGENT_MEMORY_MAX_CONCURRENT_CALLS_BY_METHOD", "ExportMemories=2, Summarize=8"
    )
    monkeypatch.setenv("AGENT_MEMORY_CALLS_PER_SECOND_BY_METHOD", "SearchMemories=0.5")
    settings = ProcessSettings.load()
    assert settings.max_concurrent_calls_by_method == {"ExportMemories": 2, "Summarize": 8}
    assert settings.calls_per_second_by_method == {"SearchMemories": 0.5}


@pytest.mark.parametrize(
    "limits", ["ExportMemory=2", "ExportMemories", "ExportMemories=0", "ExportMemories=x", "=1"]
)
def test_a_limit_that_would_not_hold_is_refused(
    limits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt method is not a method without a limit."""
    monkeypatch.setenv("AGENT_MEMORY_MAX_CONCURRENT_CALLS_BY_METHOD", limits)
    with pytest.raises(SettingsError, match="MAX_CONCURRENT_CALLS_BY_METHOD"):
        ProcessSettings.load()


@pytest.mark.parametrize(
    "limit",
    [
        {"max_concurrent_calls": 0},
        {"max_open_streams": 0},
        {"max_concurrent_calls_per_tenant": -1},
        {"calls_per_second_per_tenant": -0.1},
        {"burst_seconds": 0},
        {"max_memory_fraction": 1.1},
        {"max_message_bytes": 1},
    ],
)
def test_limits_make_sense(limit: dict[str, Any]) -> None:
    """No setting refuses everybody, or nobody, by accident."""
    with pytest.raises(ValidationError):
        ProcessSettings(**limit)


@pytest.mark.parametrize("name", LimitSettings.model_fields)
def test_every_limit_is_in_the_guide(name: str) -> None:
    """Whoever runs the suite finds each of them in one table."""
    guide = Path(__file__).parents[4] / "docs" / "security.md"
    assert f"`{name.upper()}`" in guide.read_text("utf-8")
