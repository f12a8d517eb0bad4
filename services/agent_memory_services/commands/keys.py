"""Command `agent-memory keys`: make, list, show, rotate and revoke API keys."""

import importlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from agent_memory_services.kit.contract.numbers import LONGEST_SECONDS

app = typer.Typer(help="Make, list, show, rotate and revoke API keys.", no_args_is_help=True)

STORE_VARIABLES: Final = ("AGENT_MEMORY_REDIS_URL", "REDIS_URL")
STORE_FILE: Final = "AGENT_MEMORY_REDIS_URL_FILE"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,12})([smhd])").fullmatch


class KeyRole(StrEnum):
    """Roles of a key, as `--role` names them."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"
    SERVICE = "service"


def _seconds(text: str) -> int:
    parts = _SPAN(text)
    if parts is None:
        raise typer.BadParameter("must be a whole number and s, m, h or d, such as 90d")
    seconds = int(parts[1]) * _UNITS[parts[2]]
    if seconds > LONGEST_SECONDS:
        raise typer.BadParameter("must be a hundred years at most")
    return seconds


def _store_of_file() -> str:
    path = os.environ.get(STORE_FILE)
    if path is None:
        raise typer.BadParameter(
            f"say which store, by --redis-url or by {STORE_VARIABLES[0]}", param_hint="--redis-url"
        )
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise typer.BadParameter(f"cannot read {path}: {why}", param_hint=STORE_FILE) from None


Store = Annotated[
    str,
    typer.Option(
        "--redis-url",
        envvar=list(STORE_VARIABLES),
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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one key a line.")]
KeyId = Annotated[str, typer.Argument(help="Id of the key: the part between its underscores.")]


@app.command()
def create(
    store: Store,
    pepper_file: Pepper,
    *,
    role: Annotated[KeyRole, typer.Option(help="Role of the key.")],
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
    _check_reach(role, tenant, bool(user or namespace))
    _run(
        "create",
        store,
        pepper_file=pepper_file,
        role=role.value,
        tenant=tenant,
        name=name,
        users=None if not user else frozenset(user),
        namespaces=None if not namespace else frozenset(namespace),
        lifetime=expires,
    )


def _check_reach(role: KeyRole, tenant: str, limited: bool) -> None:
    if role is KeyRole.SERVICE and (tenant or limited):
        raise typer.BadParameter(
            "service goes without --tenant, --user and --namespace: each call of a service names"
            " the tenant it acts for",
            param_hint="--role",
        )
    if role is not KeyRole.SERVICE and not tenant:
        raise typer.BadParameter(f"is needed for role {role}", param_hint="--tenant")


@app.command("list")
def list_keys(
    store: Store,
    *,
    tenant: Annotated[str | None, typer.Option(help="Only keys of this tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """List keys, the oldest first."""
    _run("list_keys", store, tenant=tenant, as_json=as_json)


@app.command()
def show(store: Store, key_id: KeyId, *, as_json: AsJson = False) -> None:
    """Show a key, all but its secret."""
    _run("show", store, key_id=key_id, as_json=as_json)


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
    _run("rotate", store, pepper_file=pepper_file, key_id=key_id, overlap=overlap)


@app.command()
def revoke(store: Store, key_id: KeyId) -> None:
    """End a key; the servers refuse it within their `auth_recheck_seconds`."""
    _run("revoke", store, key_id=key_id)


def _run(command: str, store: str, **named: Any) -> None:
    # Help is there at once without a store's client.
    terminal = importlib.import_module("agent_memory_services.commands.keys_terminal")
    raise typer.Exit(terminal.run(command, store, **named))
