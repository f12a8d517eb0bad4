"""Calls and output of the commands over API keys."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_memory_services.commands.keys import STORE_FILE, STORE_VARIABLES
from agent_memory_services.kit.auth.api_keys.key import ApiKey, Token
from agent_memory_services.kit.auth.api_keys.keyring import EndedKeyError, Keyring, UnknownKeyError
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.api_keys.verifier import PepperError, read_pepper
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract import clock, environment
from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis.client import StoreAddressError, connect

_MICROS = 1_000_000
_COLUMNS = ("id", "name", "role", "tenant", "state", "created", "expires", "last used")
_WIDE = 10_000
STORE_FAULTS: Final = (RedisError, UnusableStoreError, ValueError)
"""What is wrong with a store, or with its URL."""
_MISTAKES = (EndedKeyError, UnknownKeyError, PepperError, *STORE_FAULTS)


def run(command: str, store: str, **named: Any) -> int:
    """Run one of the commands below on the keyring of a store; answers the exit code."""

    async def connected() -> None:
        async with connect(store) as client:
            await _COMMANDS[command](Keyring(ApiKeyStore(client)), **named)

    try:
        asyncio.run(connected())
    except _MISTAKES as error:
        raise complaint(error, {named_by(store): store}) from None
    return 0


async def create(
    keyring: Keyring,
    *,
    pepper_file: Path,
    role: str,
    tenant: str,
    name: str,
    users: frozenset[str] | None,
    namespaces: frozenset[str] | None,
    lifetime: int | None,
) -> None:
    """Make a key, and print its token."""
    _, token = await keyring.create(
        read_pepper(pepper_file),
        role=Role(role),
        tenant=tenant,
        name=name,
        users=users,
        namespaces=namespaces,
        lifetime=lifetime,
    )
    _show_once(token)


async def list_keys(keyring: Keyring, *, tenant: str | None, as_json: bool) -> None:
    """Print keys."""
    keys, now = [key async for key in keyring.all(tenant)], clock.now_micros()
    if as_json:
        _print_json(*keys)
        return
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for key in keys:
        times = (_day(key.create_time), _day(key.expire_time), _moment(key.last_use_time))
        cells = (key.key_id, key.name, key.role, key.tenant, key.state(now), *times)
        table.add_row(*map(Text, cells))
    _print(table)


async def show(keyring: Keyring, *, key_id: str, as_json: bool) -> None:
    """Print a key."""
    key = await keyring.get(key_id)
    if as_json:
        _print_json(key)
        return
    table = Table.grid(padding=(0, 2))
    for label, value in _described(key, clock.now_micros()):
        table.add_row(label, Text(value))
    _print(table)


async def rotate(keyring: Keyring, *, pepper_file: Path, key_id: str, overlap: int) -> None:
    """Give a key another token, and print it."""
    _show_once(await keyring.rotate(read_pepper(pepper_file), key_id, overlap=overlap))


async def revoke(keyring: Keyring, *, key_id: str) -> None:
    """End a key."""
    await keyring.revoke(key_id)
    Console(stderr=True).print(f"{key_id} is revoked.", markup=False, highlight=False)


_COMMANDS: Final[Mapping[str, Callable[..., Coroutine[Any, Any, None]]]] = {
    command.__name__: command for command in (create, list_keys, show, rotate, revoke)
}


def complaint(error: Exception, stores: Mapping[str, str]) -> typer.Exit:
    """Tell a mistake in one line, with the stores where one is at fault.

    Args:
        error: The mistake.
        stores: URLs of stores by the option or the variable that names them.

    Returns:
        What to raise.
    """
    match error:
        case StoreAddressError():
            told = f"{' or '.join(filter(lambda name: _is_wrong(stores[name]), stores))} {error}"
        case RedisError():
            places = (f"{environment.SecretUrl(url).redacted} ({by})" for by, url in stores.items())
            told = f"cannot use the store at {' or '.join(places)}: {error}"
        case _:
            told = str(error)
    Console(stderr=True, soft_wrap=True).print(
        f"agent-memory: {' '.join(told.split())}", markup=False, highlight=False
    )
    return typer.Exit(1)


def _is_wrong(url: str) -> bool:
    try:
        connect(url)
    except StoreAddressError:
        return True
    return False


def named_by(store: str) -> str:
    """Return the option or the variable that says which store it is."""
    for variable in STORE_VARIABLES:
        if os.environ.get(variable) == store:
            return variable
    file = os.environ.get(STORE_FILE)
    if file is not None and not any(map(os.environ.get, STORE_VARIABLES)):
        return STORE_FILE
    return "--redis-url"


def _show_once(token: Token) -> None:
    Console(stderr=True, soft_wrap=True).print(
        "The token is shown this once. Callers send it as `authorization: Bearer <token>`."
    )
    typer.echo(token.text)


def _print(table: Table) -> None:
    """Print it; lines wrap at the width of a terminal, and never in a pipe."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def _print_json(*keys: ApiKey) -> None:
    now = clock.now_micros()
    for key in keys:
        fields = {
            "key_id": key.key_id,
            "name": key.name,
            "role": key.role,
            "tenant": key.tenant,
            "users": None if key.users is None else sorted(key.users),
            "namespaces": None if key.namespaces is None else sorted(key.namespaces),
            "state": key.state(now),
            "created_at": _iso(key.create_time),
            "expires_at": _iso(key.expire_time),
            "revoked_at": _iso(key.revoke_time),
            "last_used_at": _iso(key.last_use_time),
        }
        held = {name: value for name, value in fields.items() if value not in (None, "")}
        typer.echo(json.dumps(held, ensure_ascii=False, separators=(",", ":")))


def _iso(micros: int | None) -> str | None:
    return None if micros is None else f"{datetime.fromtimestamp(micros // _MICROS, UTC):%FT%TZ}"


def _described(key: ApiKey, now: int) -> list[tuple[str, str]]:
    return [
        ("id", key.key_id),
        ("name", key.name or "-"),
        ("role", key.role),
        ("tenant", key.tenant or "the one each call names"),
        ("users", _limits(key.users)),
        ("namespaces", _limits(key.namespaces)),
        ("state", key.state(now)),
        ("created", _moment(key.create_time)),
        ("expires", _moment(key.expire_time)),
        ("revoked", _moment(key.revoke_time)),
        ("token before works until", _moment(key.previous_until)),
        ("last used", _moment(key.last_use_time)),
    ]


def _limits(values: frozenset[str] | None) -> str:
    return "all" if values is None else ", ".join(repr(value) for value in sorted(values))


def _moment(micros: int | None) -> str:
    if micros is None:
        return "-"
    return f"{datetime.fromtimestamp(micros / _MICROS, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(micros: int | None) -> str:
    return "-" if micros is None else f"{datetime.fromtimestamp(micros / _MICROS, UTC):%Y-%m-%d}"
