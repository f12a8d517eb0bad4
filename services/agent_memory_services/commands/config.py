"""Command `agent-memory config`: the settings that a service would start with here."""

import importlib
import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_memory_services.kit.contract import environment
from agent_memory_services.kit.server.settings import ProcessSettings

app = typer.Typer(
    help="Check and show the settings that services find in this environment.",
    no_args_is_help=True,
)

_WIDE = 10_000


class ServiceName(StrEnum):
    """A service, as its command is called."""

    WORKING_MEMORY = "working-memory"
    LONG_TERM_MEMORY = "long-term-memory"
    EXTRACTION = "extraction"

    @property
    def settings(self) -> type[ProcessSettings]:
        """The model of its settings."""
        name = self.value.replace("-", "_")
        module = importlib.import_module(f"agent_memory_services.{name}.api.settings")
        kind: type[ProcessSettings] = module.Settings
        return kind


@app.command()
def check(
    services: Annotated[
        list[ServiceName] | None, typer.Argument(help="Services; default: all.")
    ] = None,
) -> None:
    """Say what would keep a service from starting with these settings, and exit with 1 then.

    Nothing is connected to: variables, their values, how they fit together and the files that
    they name are looked at.
    """
    failed = False
    for service in services or list(ServiceName):
        problems = list(_problems(service.settings))
        failed = failed or bool(problems)
        for line in problems or ["ok"]:
            typer.echo(f"{service}: {line}")
    raise typer.Exit(int(failed))


@app.command()
def show(
    service: Annotated[ServiceName, typer.Argument(help="The service.")],
    *,
    every: Annotated[bool, typer.Option("--all", help="Show defaults too.")] = False,
) -> None:
    """Show a service's settings and where each comes from, without secrets."""
    kind = service.settings
    try:
        settings = kind.load()
    except environment.SettingsError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False, highlight=False)
        raise typer.Exit(1) from None
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for name in kind.model_fields:
        source = environment.source_of(kind, name, os.environ)
        if source or every:
            shown = redacted(getattr(settings, name))
            table.add_row(
                name, Text(shown), source or f"default ({environment.variables_of(kind, name)[0]})"
            )
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def redacted(value: Any) -> str:
    """Return a setting's value without secrets."""
    match value:
        case SecretStr():
            return "***" if value.get_secret_value() else ""
        case environment.SecretUrl():
            return value.redacted
        case frozenset() | tuple():
            return ",".join(sorted(map(str, value)))
        case bool():
            return str(value).lower()
        case None:
            return ""
    return str(value)


def _problems(kind: type[ProcessSettings]) -> Iterator[str]:
    try:
        settings = kind.load()
    except environment.SettingsError as error:
        yield from str(error).splitlines()
        return
    for name in kind.model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path) and not os.access(value, os.R_OK):
            yield f"{environment.source_of(kind, name, os.environ)}: cannot read {value}"
