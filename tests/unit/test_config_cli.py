"""`agent-memory config` tells what a service would find."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_memory_services.cli import app
from agent_memory_services.commands.config import ServiceName

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_settings_that_fit_are_ok() -> None:
    """Every service is looked at, and none is left in doubt."""
    told = RUNNER.invoke(app, ["config", "check"])
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [f"{service}: ok" for service in ServiceName]


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("AGENT_MEMORY_LISTN", "x", "did you mean AGENT_MEMORY_LISTEN?"),
        ("AGENT_MEMORY_EXTRACTION_CONCURRENCY", "many", "AGENT_MEMORY_EXTRACTION_CONCURRENCY: "),
        ("AGENT_MEMORY_LISTEN", "0.0.0.0:50051", "AGENT_MEMORY_AUTH is off"),
        ("AGENT_MEMORY_AUTH", "api-key", "AGENT_MEMORY_API_KEY_PEPPER_FILE is needed where AGENT"),
        ("AGENT_MEMORY_AUTH", "api_key", "AGENT_MEMORY_AUTH: Input should be"),
        ("AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS", "60", "AGENT_MEMORY_EXTRACTION_MAX_WAIT_SEC"),
        ("AGENT_MEMORY_EXTRACTION_RETRY_FIRST_SECONDS", "900", "AGENT_MEMORY_EXTRACTION_RETRY_LO"),
        ("REDIS_URL", "store:6379", "REDIS_URL is no address of a store"),
        ("AGENT_MEMORY_API_KEY_PEPPER_FILE", "/nowhere", "cannot read /nowhere"),
        ("AGENT_MEMORY_REDIS_URL_FILE", "/nowhere", "cannot read /nowhere"),
    ],
)
def test_what_would_keep_a_service_from_starting_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, complaint: str
) -> None:
    """Unknown keys, wrong values, what does not fit together, and files that are not there."""
    monkeypatch.setenv(variable, value)
    told = RUNNER.invoke(app, ["config", "check", "extraction"])
    assert told.exit_code == 1
    assert complaint in told.stdout


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Misspelt variables and wrong values, each in a line."""
    for name in ("AGENT_MEMORY_LISTN", "AGENT_MEMORY_PORT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AGENT_MEMORY_EXTRACTION_CONCURRENCY", "many")
    told = RUNNER.invoke(app, ["config", "check", "extraction"])
    assert len(told.stdout.splitlines()) == 3


def test_retries_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is no longer than the longest."""
    monkeypatch.setenv("AGENT_MEMORY_WORKING_MEMORY_RELAY_RETRY_SECONDS", "60")
    told = RUNNER.invoke(app, ["config", "check", "working-memory"])
    assert told.stdout == (
        "working-memory: AGENT_MEMORY_WORKING_MEMORY_RELAY_RETRY_SECONDS must not be more than "
        "AGENT_MEMORY_WORKING_MEMORY_RELAY_MAX_RETRY_SECONDS\n"
    )


def test_what_is_set_is_shown_with_its_source_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever is on call sees what counts, and from where."""
    file = tmp_path / "redis-url"
    file.write_text("redis://:pa55@store:6379")
    monkeypatch.setenv("AGENT_MEMORY_REDIS_URL_FILE", str(file))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-pa55")
    monkeypatch.setenv("AGENT_MEMORY_DRAIN_SECONDS", "1")
    monkeypatch.setenv("AGENT_MEMORY_EXTRACTION_DRAIN_SECONDS", "40")
    told = RUNNER.invoke(app, ["config", "show", "extraction"])
    lines = {line.split()[0]: line.split()[1:] for line in told.stdout.splitlines()[1:]}
    assert told.exit_code == 0
    assert lines == {
        "auth": ["off", "AGENT_MEMORY_AUTH"],
        "redis_url": ["redis://***@store:6379", "AGENT_MEMORY_REDIS_URL_FILE"],
        "openai_api_key": ["***", "OPENAI_API_KEY"],
        "drain_seconds": ["40.0", "AGENT_MEMORY_EXTRACTION_DRAIN_SECONDS"],
    }
    assert "pa55" not in told.stdout
    every = RUNNER.invoke(app, ["config", "show", "extraction", "--all"])
    assert "default (AGENT_MEMORY_EXTRACTION_LISTEN)" in every.stdout


def test_wrong_settings_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of them would look as if they held."""
    monkeypatch.setenv("AGENT_MEMORY_LISTN", "x")
    told = RUNNER.invoke(app, ["config", "show", "extraction"])
    assert (told.exit_code, told.stdout) == (1, "")
