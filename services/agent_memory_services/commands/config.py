"""Command `agent-memory config`: the settings that a service would start with here."""

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from agent_memory_services.kit.server.settings import ProcessSettings

app = typer.Typer(
    help="Check and show the settings that services find in this environment.",
    no_args_is_help=True,
)


class ServiceName(StrEnum):
    """A service, as its command is called."""

    WORKING_MEMORY = "working-memory"
    LONG_TERM_MEMORY = "long-term-memory"
    EXTRACTION = "extraction"

    @property
    def settings(self) -> "type[ProcessSettings]":
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
    terminal = _terminal()
    failed = False
    for service in services or list(ServiceName):
        problems = list(terminal.problems(service.settings))
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
    raise typer.Exit(_terminal().show(service.settings, every=every))


def _terminal() -> Any:
    # Help is there at once without the settings of all services.
    return importlib.import_module("agent_memory_services.commands.config_terminal")
