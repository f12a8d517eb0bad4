"""Settings of a client."""

from typing import Any, get_type_hints

import pytest

from agent_memory_client import MemoryAPIClient, MemoryClientConfig, MemoryValidationError
from agent_memory_client._config import ClientOptions


def test_a_url_or_a_config_makes_a_client() -> None:
    """By keyword, by position, as a whole config, or with the defaults."""
    config = MemoryClientConfig(base_url="http://memory:8000")
    assert MemoryAPIClient().config.base_url == "http://localhost:8000"
    for client in (
        MemoryAPIClient(base_url="http://memory:8000"),
        MemoryAPIClient("http://memory:8000"),
        MemoryAPIClient(config),
        MemoryAPIClient(config=config),
    ):
        assert client.config == config


def test_each_service_may_have_an_address_of_its_own() -> None:
    """What is left out is the base URL's."""
    config = MemoryAPIClient("http://all:1", extraction_address="grpc://ex:2").config
    assert config.addresses == ("http://all:1", "http://all:1", "grpc://ex:2")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"base_url": "nowhere"}, "base_url"),
        ({"timeout": 0}, "timeout"),
        ({"time_out": 3}, "time_out"),
        ({"api_key": "a", "bearer_token": "b"}, "not both"),
        ({"client_key_file": "key.pem"}, "go together"),
        ({"config": MemoryClientConfig(), "timeout": 3}, "config"),
    ],
)
def test_wrong_settings_are_refused_at_once(options: dict[str, Any], field: str) -> None:
    """The error names the setting, before anything is connected."""
    with pytest.raises(MemoryValidationError, match=field):
        MemoryAPIClient(**options)


def test_the_secret_is_not_shown() -> None:
    """Neither the config nor the client prints it."""
    client = MemoryAPIClient(api_key="s3cret")
    assert "s3cret" not in f"{client!r} {client.config!r}"
    assert client.config.credential == "s3cret"


def test_options_and_config_have_the_same_fields() -> None:
    """Every setting but the URL is a keyword of the client."""
    fields = set(MemoryClientConfig.model_fields) - {"base_url"}
    assert fields == set(get_type_hints(ClientOptions))
