"""What a process has to be told before it lets anybody in."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent_memory_services.kit.auth.settings import AuthMethod
from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.support.settings import configured

PEPPER: dict[str, Any] = {"api_key_pepper_file": "/run/pepper"}
JWT: dict[str, Any] = {"jwt_issuer": "i", "jwt_audience": "a", "jwt_key_set": "https://i/keys"}
TLS = {
    "tls_certificate_file": "/c",
    "tls_key_file": "/k",
    "tls_client_ca_file": "/ca",
    "mtls_identities_file": "/i",
}


def test_nobody_is_trusted_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was not told how to know its callers does not start."""
    monkeypatch.delenv("AGENT_MEMORY_AUTH")
    with pytest.raises(SettingsError, match="AGENT_MEMORY_AUTH: say how callers are known"):
        ProcessSettings.load()


@pytest.mark.parametrize("auth", ["", ",", "none", "off,api-key", "api_key", "OFF"])
def test_what_cannot_be_meant_is_refused(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt method is never an open door."""
    monkeypatch.setenv("AGENT_MEMORY_AUTH", auth)
    with pytest.raises(SettingsError):
        ProcessSettings.load()


@pytest.mark.parametrize(
    ("auth", "needs"),
    [("api-key", PEPPER), ("jwt", JWT), ("mtls", TLS), ("api-key, jwt", PEPPER | JWT)],
)
def test_each_method_needs_its_own(auth: str, needs: dict[str, Any]) -> None:
    """A method that lacks something does not quietly accept nobody, or everybody."""
    settings = configured(ProcessSettings, auth=auth, **needs)
    assert settings.auth == {AuthMethod(part.strip()) for part in auth.split(",")}
    for missing in needs:
        with pytest.raises(ValidationError):
            configured(
                ProcessSettings, auth=auth, **{key: needs[key] for key in needs if key != missing}
            )


def test_with_credentials_a_server_may_listen_anywhere() -> None:
    """Only trust in everybody is bound to loopback."""
    configured(ProcessSettings, auth="api-key", listen="0.0.0.0:0", **PEPPER)
    with pytest.raises(ValidationError, match="loopback"):
        configured(ProcessSettings, auth="off", listen="0.0.0.0:0")


@pytest.mark.parametrize("algorithms", ["", "none", "HS256", "RS256,HS256", "rs256"])
def test_algorithms_are_pinned_to_asymmetric_ones(algorithms: str) -> None:
    """Neither none nor a shared secret can be asked for."""
    with pytest.raises(ValidationError):
        configured(ProcessSettings, auth="jwt", jwt_algorithms=algorithms, **JWT)
    pinned = configured(ProcessSettings, auth="jwt", jwt_algorithms="ES256, EdDSA", **JWT)
    assert pinned.jwt_algorithms == ("ES256", "EdDSA")


@pytest.mark.parametrize(
    "location",
    ["http://issuer.test/keys", "ftp://i/k", "file://host/k", "file:", "/keys.json", "https"],
)
def test_keys_come_from_a_place_that_can_be_trusted(location: str) -> None:
    """Plain HTTP is for this machine only."""
    with pytest.raises(ValidationError):
        configured(ProcessSettings, auth="jwt", **(JWT | {"jwt_key_set": location}))
    for good in ("https://i/k", "http://127.0.0.1:1/k", "http://localhost/k", "file:///k.json"):
        configured(ProcessSettings, auth="jwt", **(JWT | {"jwt_key_set": good}))


def test_lists_come_from_the_environment_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JSON in variables."""
    for name, value in {**PEPPER, **JWT, "jwt_required_claims": "users,namespaces"}.items():
        monkeypatch.setenv(f"AGENT_MEMORY_{name.upper()}", value)
    monkeypatch.setenv("AGENT_MEMORY_AUTH", "api-key,jwt")
    settings = ProcessSettings.load()
    assert settings.jwt_required_claims == ("users", "namespaces")
    assert settings.api_key_pepper_file == Path("/run/pepper")


@pytest.mark.parametrize(
    "told",
    [
        {"tls_certificate_file": "/c"},
        {"tls_key_file": "/k"},
        {"tls_client_ca_file": "/ca"},
        {"services_ca_file": "/ca"},
    ],
)
def test_half_of_a_certificate_is_refused(told: dict[str, Any]) -> None:
    """A server that was meant to speak TLS never speaks plain text instead."""
    with pytest.raises(ValidationError):
        configured(ProcessSettings, auth="off", **told)
