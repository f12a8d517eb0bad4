"""What a process can be told."""

import pytest

from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.long_term_memory.api.settings import Settings

PREFIX = "AGENT_MEMORY_LONG_TERM_MEMORY_"


def test_the_environment_reaches_embedder_and_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the service become the embedder's and the index's settings."""
    for name, value in {
        "EMBEDDING_BASE_URL": "http://127.0.0.1:1/v1",
        "EMBEDDING_DIMENSION": "256",
        "INDEX_ALGORITHM": "flat",
        "INDEX_PRECISION": "float16",
        "SHARDS": "4",
    }.items():
        monkeypatch.setenv(PREFIX + name, value)
    settings = Settings.load()
    assert (settings.shards, str(settings.vectors)) == (4, "flat float16")
    assert settings.unset_of_index == {"m"}
    assert (settings.embedding.dimension, settings.embedding.remote) == (256, True)


def test_the_defaults_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any variable the local model is used; a key alone changes nothing."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    settings = Settings.load()
    assert not settings.embedding.remote
    assert str(settings.vectors) == "hnsw float16 m=12 ef_construction=64 ef=100"


def test_an_embedder_that_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider without key and address is noticed before anything starts."""
    monkeypatch.setenv(PREFIX + "EMBEDDING_PROVIDER", "openai")
    with pytest.raises(SettingsError, match="api_key"):
        Settings.load()
