"""Command `agent-memory keys`: make, list, show, rotate and revoke API keys."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_memory_services.kit.auth.api_keys.key import ApiKey, Token
from agent_memory_services.kit.auth.api_keys.keyring import EndedKeyError, Keyring, UnknownKeyError
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.api_keys.verifier import PepperError, read_pepper
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract import clock, environment
from agent_memory_services.kit.contract.numbers import LONGEST_SECONDS
from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis.client import StoreAddressError, connect

app = typer.Typer(help="Make, list, show, rotate and revoke API keys.", no_args_is_help=True)

T = TypeVar("T")

_STORE_VARIABLE = f"{environment.PREFIX}REDIS_URL"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,12})([smhd])").fullmatch
_MICROS = 1_000_000
_COLUMNS = ("id", "name", "role", "tenant", "state", "created", "expires", "last used")
_WIDE = 10_000
STORE_FAULTS: Final = (RedisError, UnusableStoreError, ValueError)
"""What is wrong with a store, or with its URL."""
_MISTAKES = (EndedKeyError, UnknownKeyError, PepperError, *STORE_FAULTS)


def _seconds(text: str) -> int:
    parts = _SPAN(text)
    if parts is None:
        raise typer.BadParameter("must be a whole number and s, m, h or d, such as 90d")
    seconds = int(parts[1]) * _UNITS[parts[2]]
    if seconds > LONGEST_SECONDS:
        raise typer.BadParameter("must be a hundred years at most")
    return seconds


def _store_of_file() -> str:
    path = os.environ.get(f"{_STORE_VARIABLE}{environment.FILE_SUFFIX}")
    if path is None:
        raise typer.BadParameter(f"say which store, by --redis-url or by {_STORE_VARIABLE}")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from None


Store = Annotated[
    str,
    typer.Option(
        "--redis-url",
        envvar=[_STORE_VARIABLE, "REDIS_URL"],
        default_factory=_store_of_file,
        help="Redis URL of the store that the services use.",
        show_default=False,
    ),
]
Pepper = Annotated[
    Path,
    typer.Option(
        "--pepper-file",
        envvar="AGENT_MEMORY_API_KEY_PEPPER_FILE",
        help="File with the secret under which the servers digest keys.",
    ),
]
KeyId = Annotated[str, typer.Argument(help="Id of the key: the part between its underscores.")]


@app.command()
def create(
    store: Store,
    pepper_file: Pepper,
    *,
    role: Annotated[Role, typer.Option(help="Role of the key.")],
    tenant: Annotated[
        str, typer.Option(help="Tenant whose data it reaches; required but for role service.")
    ] = "",
    user: Annotated[
        list[str] | None, typer.Option(help="Restrict it to this user; may be repeated.")
    ] = None,
    namespace: Annotated[
        list[str] | None, typer.Option(help="Restrict it to this namespace; may be repeated.")
    ] = None,
    expires: Annotated[
        int | None,
        typer.Option(parser=_seconds, metavar="SPAN", help="Lifetime, such as 90d."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the key.")] = "",
) -> None:
    """Make a key and print its token, which is shown this once."""

    async def made(keyring: Keyring) -> tuple[ApiKey, Token]:
        return await keyring.create(
            read_pepper(pepper_file),
            role=role,
            tenant=tenant,
            name=name,
            users=None if not user else frozenset(user),
            namespaces=None if not namespace else frozenset(namespace),
            lifetime=expires,
        )

    _, token = _on(store, made)
    _show_once(token)


@app.command("list")
def list_keys(
    store: Store,
    *,
    tenant: Annotated[str | None, typer.Option(help="Only keys of this tenant.")] = None,
) -> None:
    """List keys, the oldest first."""

    async def found(keyring: Keyring) -> list[ApiKey]:
        return [key async for key in keyring.all(tenant)]

    now = clock.now_micros()
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for key in _on(store, found):
        times = (_day(key.create_time), _day(key.expire_time), _moment(key.last_use_time))
        cells = (key.key_id, key.name, key.role, key.tenant, key.state(now), *times)
        table.add_row(*map(Text, cells))
    _print(table)


@app.command()
def show(store: Store, key_id: KeyId) -> None:
    """Show a key, all but its secret."""
    key = _on(store, lambda keyring: keyring.get(key_id))
    table = Table.grid(padding=(0, 2))
    for label, value in _described(key, clock.now_micros()):
        table.add_row(label, Text(value))
    _print(table)


@app.command()
def rotate(
    store: Store,
    pepper_file: Pepper,
    key_id: KeyId,
    *,
    overlap: Annotated[
        int,
        typer.Option(
            parser=_seconds, metavar="SPAN", help="Time for which the present token remains valid."
        ),
    ] = "24h",  # type: ignore[assignment] # parsed like what a person types
) -> None:
    """Give a key another token and print it; limits, role and expiry stay."""
    token = _on(
        store, lambda keyring: keyring.rotate(read_pepper(pepper_file), key_id, overlap=overlap)
    )
    _show_once(token)


@app.command()
def revoke(store: Store, key_id: KeyId) -> None:
    """End a key; the servers refuse it within their `auth_recheck_seconds`."""
    _on(store, lambda keyring: keyring.revoke(key_id))
    Console(stderr=True).print(f"{key_id} is revoked.", markup=False, highlight=False)


def _on(store: str, act: Callable[[Keyring], Awaitable[T]]) -> T:
    """Run `act` on the store's keyring and return its result; mistakes are reported in one line."""

    async def run() -> T:
        async with connect(store) as client:
            return await act(Keyring(ApiKeyStore(client)))

    try:
        return asyncio.run(run())
    except _MISTAKES as error:
        raise complaint(error, store) from None


def complaint(error: Exception, *stores: str) -> typer.Exit:
    """Tell a mistake in one line, with the stores where one is at fault; answers what to raise."""
    match error:
        case StoreAddressError():
            told = f"the URL of the store {error}"
        case RedisError():
            told = f"{error} ({', '.join(environment.SecretUrl(url).redacted for url in stores)})"
        case _:
            told = str(error)
    Console(stderr=True, soft_wrap=True).print(
        f"agent-memory: {' '.join(told.split())}", markup=False, highlight=False
    )
    return typer.Exit(1)


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
