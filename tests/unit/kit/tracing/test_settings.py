"""What a process can be told about traces."""

import pytest

from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.kit.server.settings import ProcessSettings

OWN, OF_TRACES, OF_ALL = (
    "AGENT_MEMORY_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MEMORY_AUTH", "off")


def test_nothing_is_traced_unless_somebody_asks() -> None:
    """A process without a collector has nowhere to send to."""
    assert not ProcessSettings.load().traced


def test_the_nearest_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, then the one for traces, then the one for every signal."""
    seen = []
    for name, url in {OF_ALL: "http://a:1", OF_TRACES: "http://b:2", OWN: "http://c:3"}.items():
        monkeypatch.setenv(name, url)
        settings = ProcessSettings.load()
        assert settings.traced
        seen.append(settings.traces_endpoint)
    assert seen == ["http://a:1", "http://b:2", "http://c:3"]


def test_the_kits_own_switch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever switches OpenTelemetry off for a machine means us too."""
    monkeypatch.setenv(OF_ALL, "http://collector:4317")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "True")
    assert not ProcessSettings.load().traced


def test_the_kits_own_share_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless ours is set."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
    assert ProcessSettings.load().traces_sample_ratio == 0.25
    monkeypatch.setenv("AGENT_MEMORY_TRACES_SAMPLE_RATIO", "0.5")
    assert ProcessSettings.load().traces_sample_ratio == 0.5


@pytest.mark.parametrize("wrong", ["collector:4317", "grpc://collector:4317", "http://"])
def test_an_address_without_a_scheme_is_refused(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """At start, and not by spans that never arrive."""
    monkeypatch.setenv(OWN, wrong)
    with pytest.raises(SettingsError, match=OWN):
        ProcessSettings.load()
