from typing import Any

import pytest
from pydantic import ValidationError

from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from tests.support.settings import configured


def test_nothing_set_means_the_local_model() -> None:
    """A bare machine with no key embeds by itself."""
    assert not EmbeddingSettings().remote


def test_a_key_alone_does_not_send_text_away() -> None:
    """A key that is there for other purposes does not choose a remote provider."""
    assert not configured(EmbeddingSettings, api_key="secret").remote


@pytest.mark.parametrize(
    "chosen",
    [
        {"base_url": "http://127.0.0.1:1/v1"},
        {"model": "text-embedding-3-small", "api_key": "secret"},
        {"provider": "openai", "api_key": "secret"},
    ],
)
def test_a_model_or_an_endpoint_chooses_the_provider(chosen: dict[str, Any]) -> None:
    """Naming a remote model or endpoint is what sends text there."""
    assert EmbeddingSettings(**chosen).remote


def test_local_wins_over_a_named_model() -> None:
    """An explicit `local` never leaves the process."""
    assert not EmbeddingSettings(provider="local", model="m", base_url="http://h/v1").remote


def test_openai_itself_needs_a_key() -> None:
    """A call that can only be refused is refused when the settings are read."""
    with pytest.raises(ValidationError, match="api_key"):
        EmbeddingSettings(provider="openai")


def test_the_key_is_not_printed() -> None:
    """Settings may be logged."""
    assert "secret-value" not in repr(configured(EmbeddingSettings, api_key="secret-value"))
