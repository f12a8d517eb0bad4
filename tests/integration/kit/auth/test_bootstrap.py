"""`agent-memory bootstrap` fills the Secrets of a deployment, once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_memory_services.cli import app
from agent_memory_services.kit.auth.api_keys.key import ApiKey, Token
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.redis.client import connect
from tests.support.credentials import Authority
from tests.support.secrets_api import TOKEN, SecretsApi, serving_secrets
from tests.support.stores import empty

SERVICE = "agent-memory-service"
ADMIN = "agent-memory-admin"
OTHERS = {"openai-api-key": "sk-somebody's"}


class Deployment:
    """A store, the API server of a cluster, and a pod that runs the command."""

    def __init__(self, redis_url: str, api: SecretsApi, account: Path) -> None:
        self.redis_url = redis_url
        self.api = api
        self.account = account
        self.options = {
            "--server": api.url,
            "--namespace": "memory",
            "--token-file": str(account / "token"),
            "--ca-file": str(account / "authority.pem"),
            "--redis-url": redis_url,
        }

    def bootstrap(self, **options: str) -> Result:
        """The outcome of one run."""
        named = self.options | {f"--{name.replace('_', '-')}": v for name, v in options.items()}
        words = [word for pair in named.items() for word in pair]
        return CliRunner().invoke(app, ["bootstrap", *words])

    def succeeds(self, **options: str) -> list[str]:
        """The lines of a run that works and prints no secret."""
        result = self.bootstrap(**options)
        assert result.exit_code == 0, result.output
        for fields in self.api.secrets.values():
            assert not any(value in result.output for value in fields.values())
        return result.stdout.splitlines()

    def refused(self, **options: str) -> str:
        """The one line of a run that cannot work."""
        result = self.bootstrap(**options)
        assert result.exit_code == 1, result.output
        (line,) = result.stderr.splitlines()
        assert line.startswith("agent-memory: ")
        return line

    def known(self) -> list[ApiKey]:
        """Every key of the store."""

        async def listed() -> list[ApiKey]:
            async with connect(self.redis_url) as redis:
                return [key async for key in Keyring(ApiKeyStore(redis)).all()]

        return asyncio.run(listed())

    def end(self, key_id: str) -> None:
        """Revoke a key."""

        async def revoked() -> None:
            async with connect(self.redis_url) as redis:
                await Keyring(ApiKeyStore(redis)).revoke(key_id)

        asyncio.run(revoked())

    def field(self, secret: str, name: str) -> str:
        """A field of a Secret."""
        return self.api.secrets[secret][name]


@pytest.fixture
def deployment(redis_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """One with an empty store and empty Secrets."""
    asyncio.run(empty(redis_url))
    authority = Authority(tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    with serving_secrets(tmp_path, authority) as api:
        yield Deployment(redis_url, api, tmp_path)


def _matches(key: ApiKey, token: str, pepper: str) -> bool:
    read = Token.read(token)
    return read is not None and key.matches(read.digest(pepper.encode()), key.create_time)


def test_the_secrets_of_a_deployment_are_made_once(deployment: Deployment) -> None:
    """Their keys hold in the store, each in its role; a second run changes nothing."""
    deployment.api.secrets[SERVICE] |= OTHERS
    assert [line.partition(", key")[0] for line in deployment.succeeds(tenant="acme")] == [
        "pepper: made",
        "service credential: made",
        "admin key: active",
    ]
    first = {name: dict(fields) for name, fields in deployment.api.secrets.items()}
    assert first[SERVICE].keys() == {*OTHERS, "api-key-pepper", "service-credential"}
    pepper = first[SERVICE]["api-key-pepper"]
    assert len(pepper) == 64
    service, admin = sorted(deployment.known(), key=lambda key: key.tenant)
    assert (service.role, service.tenant) == (Role.SERVICE, "")
    assert (admin.role, admin.tenant) == (Role.ADMIN, "acme")
    assert _matches(service, first[SERVICE]["service-credential"], pepper)
    assert _matches(admin, first[ADMIN]["admin-key"], pepper)

    assert "pepper: kept" in deployment.succeeds(tenant="acme")
    assert deployment.api.secrets == first
    assert sorted(deployment.known(), key=lambda key: key.tenant) == [service, admin]


def test_a_run_that_was_cut_off_is_finished_by_the_next(deployment: Deployment) -> None:
    """Its tokens are in the Secrets and not yet in the store."""
    deployment.succeeds()
    kept = {name: dict(fields) for name, fields in deployment.api.secrets.items()}
    asyncio.run(empty(deployment.redis_url))
    deployment.succeeds()
    assert deployment.api.secrets == kept
    assert {key.role for key in deployment.known()} == {Role.SERVICE, Role.ADMIN}


def test_who_writes_first_is_heeded(deployment: Deployment) -> None:
    """Two runs at the same moment end with the same secrets."""

    def another() -> None:
        deployment.api.before_write = lambda: None
        deployment.succeeds()

    deployment.api.before_write = another
    assert deployment.succeeds()[0] == "pepper: kept"
    assert len(deployment.known()) == 2


def test_a_pepper_of_ones_own_is_used_and_not_copied(deployment: Deployment) -> None:
    """Whoever keeps it elsewhere has it in one place."""
    own = deployment.account / "pepper"
    own.write_text("0123456789abcdef" * 4)
    assert deployment.succeeds(pepper_file=str(own))[0] == "pepper: the one that was given"
    assert "api-key-pepper" not in deployment.api.secrets[SERVICE]
    token = deployment.field(SERVICE, "service-credential")
    assert any(_matches(key, token, own.read_text()) for key in deployment.known())
    deployment.api.secrets[SERVICE]["api-key-pepper"] = "another" * 10
    assert "another pepper" in deployment.refused(pepper_file=str(own))


def test_an_admin_key_that_was_taken_away_is_not_made_again(deployment: Deployment) -> None:
    """Neither where its Secret was emptied, nor where it was revoked."""
    deployment.succeeds()
    (admin,) = (key for key in deployment.known() if key.role is Role.ADMIN)
    deployment.end(admin.key_id)
    assert deployment.succeeds()[2].startswith("admin key: revoked")
    deployment.api.secrets[ADMIN].clear()
    assert "has had one" in deployment.succeeds()[2]
    assert not deployment.api.secrets[ADMIN]
    assert len(deployment.known()) == 2


def test_a_service_credential_that_no_longer_holds_is_told(deployment: Deployment) -> None:
    """With what to do; then another one is made."""
    deployment.succeeds()
    (service,) = (key for key in deployment.known() if key.role is Role.SERVICE)
    deployment.end(service.key_id)
    line = deployment.refused()
    assert f"{service.key_id} in Secret {SERVICE} in namespace memory is revoked" in line
    assert "remove the field service-credential" in line
    del deployment.api.secrets[SERVICE]["service-credential"]
    assert "service credential: made" in deployment.succeeds()[1]


def test_what_stands_in_the_way_is_one_line(deployment: Deployment) -> None:
    """It names the Secret, the file or the address, and leaves everything as it was."""
    before = {name: dict(fields) for name, fields in deployment.api.secrets.items()}
    (deployment.account / "wrong").write_text("nobody's")
    for options, says in (
        ({"server": "https://localhost:1"}, "https://localhost:1 does not answer"),
        ({"server": "http://localhost"}, "no https:// address"),
        ({"token_file": "/nowhere/token"}, "/nowhere/token: No such file"),
        ({"token_file": str(deployment.account / "wrong")}, "does not accept the token"),
        ({"ca_file": str(deployment.account / "wrong")}, "holds no certificate"),
        ({"service_secret": "absent"}, "create secret generic absent"),
        ({"redis_url": "redis://:hid/den@store"}, "--redis-url is no address"),
    ):
        line = deployment.refused(**options)
        assert says in line
        assert "hid" not in line
        assert TOKEN not in line
    deployment.api.forbidden = {SERVICE}
    assert "cannot be read (403)" in deployment.refused()
    assert deployment.api.secrets == before
    assert deployment.known() == []


def test_a_store_that_is_away_loses_nothing(deployment: Deployment) -> None:
    """What was made until then is used by the run that finds the store."""
    assert "127.0.0.1:1" in deployment.refused(redis_url="redis://127.0.0.1:1")
    pepper = deployment.field(SERVICE, "api-key-pepper")
    assert deployment.succeeds()[0] == "pepper: kept"
    assert deployment.field(SERVICE, "api-key-pepper") == pepper
    assert len(deployment.known()) == 2


def test_another_authority_is_not_trusted(deployment: Deployment) -> None:
    """The token is not shown to a server that somebody else vouches for."""
    stranger = Authority(deployment.account, name="stranger")
    assert "does not answer" in deployment.refused(ca_file=str(stranger.certificate))
