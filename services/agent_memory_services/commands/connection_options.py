"""Options of the commands that call services: where to, with which credential, and for whom.

An option that is not given is a variable `AGENT_MEMORY_CLIENT_` and its name, or else a value of a
profile: a table of `agent-memory/config.toml` in the user's folder of configurations.
"""

import inspect
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

VARIABLES: Final = "AGENT_MEMORY_CLIENT_"
DEFAULT_BASE_URL: Final = "http://localhost:8000"

_NAME: Final = "connection"
_PANEL: Final = "Connection"
_SECRETS: Final = frozenset({"api_key", "bearer_token"})
# Option -> its type and its description.
_OPTIONS: Final[Mapping[str, tuple[type, str]]] = {
    "base_url": (str, "Address of the gateway."),
    "api_key": (str, "Credential: an API key."),
    "bearer_token": (str, "Credential: a token of an identity provider."),
    "tenant": (str, "Tenant to act for, where callers may name one."),
    "timeout": (float, "Seconds that one call may take."),
    "working_memory_address": (str, "That service itself, past the gateway."),
    "long_term_memory_address": (str, "That service itself, past the gateway."),
    "extraction_address": (str, "That service itself, past the gateway."),
    "ca_certificate_file": (Path, "Certificate authorities to trust (PEM)."),
    "client_certificate_file": (Path, "Client certificate (PEM)."),
    "client_key_file": (Path, "Private key of the client certificate (PEM)."),
}
# Option -> the default of the client that it is, and its description.
_SCOPE: Final[Mapping[str, tuple[str, str]]] = {
    "user": ("default_user_id", "Whose memories; anybody's when absent."),
    "namespace": ("default_namespace", "Of which namespace; any when absent."),
}
_KEYS: Final = frozenset({*_OPTIONS, *_SCOPE})


def config_file() -> Path:
    """Answer where profiles are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "agent-memory" / "config.toml"


def read_profile(name: str | None) -> dict[str, Any]:
    """Read a profile, or the one that the file calls `default_profile`.

    Raises:
        typer.BadParameter: There is no such profile, the file makes no sense, or it holds a secret
            that others can read.
    """
    path = config_file()
    config = _config(path)
    chosen = config.get("default_profile") if name is None else name
    if chosen is None:
        return {}
    known = config.get("profiles", {})
    profile: Any = known.get(chosen) if isinstance(known, dict) else None
    if not isinstance(profile, dict):
        raise _bad(f"{path} has no profile {chosen!r}; there are: {', '.join(known) or 'none'}")
    _check(path, chosen, profile)
    return profile


def _config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(f"cannot read {path}: {error}") from None


def _check(path: Path, name: str, profile: Mapping[str, Any]) -> None:
    """Refuse options that do not exist, and secrets that others can read."""
    if unknown := sorted(profile.keys() - _KEYS):
        known = ", ".join(sorted(_KEYS))
        raise _bad(f"{path}: {name}: {', '.join(unknown)}: unknown; known are {known}")
    if _SECRETS & profile.keys() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _bad(f"others can read the secrets in {path}; run: chmod 600 {path}")


def _bad(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="--profile")


def _option(kind: type, name: str, text: str, default: str | bool = False) -> inspect.Parameter:
    flags = ["--base-url", "--address"] if name == "base_url" else []
    option = typer.Option(
        *flags,
        envvar=f"{VARIABLES}{name.upper()}",
        show_envvar=False,
        show_default=default,
        help=text,
        rich_help_panel=_PANEL if name not in _SCOPE else None,
    )
    annotation = Annotated[kind | None, option]  # type: ignore[valid-type]  # made at run time
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _parameters(*, scope: bool) -> list[inspect.Parameter]:
    scoped = [_option(str, name, text) for name, (_, text) in _SCOPE.items()] if scope else []
    profile = _option(str, "profile", "Profile of the configuration file to take options from.")
    return [
        *scoped,
        profile,
        *(
            _option(kind, name, text, DEFAULT_BASE_URL if name == "base_url" else False)
            for name, (kind, text) in _OPTIONS.items()
        ),
    ]


def resolved(given: Mapping[str, Any], *, scope: bool) -> dict[str, Any]:
    """Make arguments of the client of the options given and of those of a profile.

    Args:
        given: Options by name, `None` for one that is not given.
        scope: Whether user and namespace of a profile hold.

    Raises:
        typer.BadParameter: The profile does not exist or makes no sense.
    """
    # Why nobody can be reached is in the error, not in lines of the library before it.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    options = {name: value for name, value in given.items() if value is not None}
    # A credential of the command line takes the place of the profile's, of either kind.
    unwanted = {*(_SECRETS if _SECRETS & options.keys() else ()), *(() if scope else _SCOPE)}
    chosen = read_profile(options.pop("profile", None))
    profile = {name: value for name, value in chosen.items() if name not in unwanted}
    merged = {"base_url": DEFAULT_BASE_URL, **profile, **options}
    return {_SCOPE[name][0] if name in _SCOPE else name: merged[name] for name in merged}


def in_options(text: str) -> str:
    """Put options of the command line in the place of the client's settings that a text names."""
    return _SETTINGS.sub(lambda found: f"--{found[1].replace('_', '-')}", text)


_SETTINGS: Final = re.compile(rf"`?\b({'|'.join(_OPTIONS)})\b`?")


def with_connection(*, scope: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a connection.

    The command takes them as its parameter `connection`, a dictionary of arguments of the client.

    Args:
        scope: Adds the user and the namespace, which every call of the command is then about.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        return _with_options(command, _parameters(scope=scope), scope=scope)

    return decorate


def _with_options(
    command: Callable[..., None], options: list[inspect.Parameter], *, scope: bool
) -> Callable[..., None]:
    signature = inspect.signature(command)
    own = [each for each in signature.parameters.values() if each.name != _NAME]
    parameters = [*own, *options]

    @wraps(command)
    def run(**arguments: Any) -> None:
        given = {each.name: arguments.pop(each.name) for each in options}
        command(**arguments, **{_NAME: resolved(given, scope=scope)})

    # Typer reads the options from both.
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
