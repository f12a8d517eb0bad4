"""What an operator can choose."""

from typing import Any

import pytest
from pydantic import ValidationError

from agent_memory_services.extraction.api.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "INDEX_MESSAGES"):
        monkeypatch.delenv(key, raising=False)


def test_everything_works_without_a_key() -> None:
    """By default rules extract, and messages are indexed."""
    settings = Settings.load()
    assert not settings.uses_model
    assert settings.index_messages


@pytest.mark.parametrize(
    ("key", "value", "used"),
    [
        ("OPENAI_API_KEY", "sk-1", True),
        ("OPENAI_BASE_URL", "http://localhost:1/v1", True),
        ("AGENT_MEMORY_EXTRACTION_OPENAI_API_KEY", "sk-1", True),
        ("OPENAI_API_KEY", "", False),
        ("OPENAI_BASE_URL", "", False),
    ],
)
def test_a_key_or_an_address_brings_the_model_in(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str, used: bool
) -> None:
    """The usual variables are enough; one that is set to nothing is not set."""
    monkeypatch.setenv(key, value)
    assert Settings.load().uses_model is used


def test_rules_can_be_kept_beside_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for something else does not send conversations to a provider."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert not Settings(extractor="local").uses_model


def test_indexing_has_a_short_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """INDEX_MESSAGES is read too."""
    monkeypatch.setenv("INDEX_MESSAGES", "false")
    assert not Settings.load().index_messages


@pytest.mark.parametrize(
    "contradiction",
    [
        {"extractor": "openai"},
        {"job_retention_seconds": 10, "session_retention_seconds": 5},
    ],
)
def test_contradictions_are_refused(contradiction: dict[str, Any]) -> None:
    """A model nobody can reach, and sessions forgotten before their jobs, are refused."""
    with pytest.raises(ValidationError):
        Settings(**contradiction)
