"""`agent-memory keys`, as a person or a script uses it."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_memory_services.cli import app
from agent_memory_services.kit.auth.api_keys.key import Token
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore, LastUse
from agent_memory_services.kit.auth.api_keys.verifier import ApiKeyVerifier, read_pepper
from agent_memory_services.kit.auth.credentials import Refused
from agent_memory_services.kit.auth.identity import Identity, Role
from agent_memory_services.kit.redis.client import connect
from tests.support.stores import empty


class Shell:
    """Runs commands against one store."""

    def __init__(self, redis_url: str, pepper: Path) -> None:
        self.redis_url = redis_url
        self.pepper = pepper
        self.environment = {
            "REDIS_URL": redis_url,
            "AGENT_MEMORY_API_KEY_PEPPER_FILE": str(pepper),
        }

    def keys(self, *arguments: str, **environment: str) -> Result:
        """The outcome of `agent-memory keys ...`."""
        return CliRunner().invoke(
            app, ["keys", *arguments], env={**self.environment, **environment}
        )

    def token(self, *arguments: str) -> str:
        """What a successful command prints on standard output alone."""
        result = self.keys(*arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout.count("\n") == 1
        return result.stdout.strip()

    async def holder(self, token: str) -> Identity:
        """Whom a server would take the holder for."""
        async with connect(self.redis_url) as redis:
            store = ApiKeyStore(redis)
            last_use = LastUse(store)
            verifier = ApiKeyVerifier(store, read_pepper(self.pepper), last_use, recheck_seconds=5)
            verified = await verifier.verify(token)
            await last_use.flush()
        return verified.identity


@pytest.fixture
def shell(redis_url: str, tmp_path: Path) -> Shell:
    """A shell whose environment names the store and the pepper."""
    asyncio.run(empty(redis_url))
    pepper = tmp_path / "pepper"
    pepper.write_text("0123456789abcdef" * 4 + "\n")
    return Shell(redis_url, pepper)


def _key_id(token: str) -> str:
    read = Token.read(token)
    assert read is not None
    return read.key_id


def test_a_key_lives_from_creation_to_revocation(shell: Shell) -> None:
    """Every command does what it says, and what it says only."""
    token = shell.token(
        *("create", "--tenant", "acme", "--role", "writer", "--name", "the [bold]bot"),
        *("--user", "alice", "--user", "bob", "--namespace", "chat", "--expires", "90d"),
    )
    key_id = _key_id(token)
    assert asyncio.run(shell.holder(token)) == Identity(
        f"key:{key_id}",
        Role.WRITER,
        "acme",
        frozenset({"alice", "bob"}),
        frozenset({"chat"}),
    )

    for _ in range(2):
        listed = shell.keys("list").stdout
        assert key_id in listed
        assert "the [bold]bot" in listed
        assert "active" in listed
    assert key_id not in shell.keys("list", "--tenant", "other").stdout

    shown = shell.keys("show", key_id).stdout
    assert "'alice', 'bob'" in shown
    assert "last used" in shown
    assert token.rpartition("_")[2] not in listed + shown

    second = shell.token("rotate", key_id, "--overlap", "1h")
    for works in (token, second):
        asyncio.run(shell.holder(works))
    third = shell.token("rotate", key_id, "--overlap", "0s")
    with pytest.raises(Refused):
        asyncio.run(shell.holder(second))

    revoked = shell.keys("revoke", key_id)
    assert (revoked.exit_code, revoked.stdout) == (0, "")
    with pytest.raises(Refused):
        asyncio.run(shell.holder(third))
    assert "revoked" in shell.keys("list").stdout


def test_a_key_of_a_service_has_no_tenant(shell: Shell) -> None:
    """It names one with each call."""
    token = shell.token("create", "--role", "service", "--name", "working memory")
    assert asyncio.run(shell.holder(token)).role is Role.SERVICE
    assert "each call names" in shell.keys("show", _key_id(token)).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "am"), "no key of this id"),
        (("revoke", "a" * 16), "no key of this id"),
        (("rotate", "a" * 16), "no key of this id"),
    ],
)
def test_a_mistake_is_told_in_one_line(shell: Shell, arguments: tuple[str, ...], says: str) -> None:
    """With exit code 1 and no traceback."""
    result = shell.keys(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("agent-memory: ")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "span", ["90", "d", "-1d", "1w", "1.5h", "36501d", f"{2**53}s", "9" * 5000 + "d"]
)
def test_a_span_is_a_number_and_a_unit(shell: Shell, span: str) -> None:
    """So that nobody gets seconds for days."""
    arguments = ("create", "--tenant", "acme", "--role", "reader", "--expires", span)
    assert shell.keys(*arguments).exit_code == 2


def test_without_a_store_or_a_pepper_nothing_is_made(shell: Shell, tmp_path: Path) -> None:
    """And a password in the store's address is not repeated."""
    create = ("create", "--tenant", "acme", "--role", "reader")
    away = shell.keys(*create, REDIS_URL="redis://:pa55@127.0.0.1:1")
    assert away.exit_code == 1
    assert "pa55" not in away.output
    short = tmp_path / "short"
    short.write_text("s3cret")
    refused = shell.keys(*create, AGENT_MEMORY_API_KEY_PEPPER_FILE=str(short))
    assert refused.exit_code == 1
    assert "s3cret" not in refused.output
    assert Token.read(shell.token(*create)) is not None
