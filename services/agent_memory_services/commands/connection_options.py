"""Options of the commands that call services: address, token, and authorities."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

VARIABLES = "AGENT_MEMORY_CLIENT_"

_NAME = "connection"


def _optional(kind: type, name: str, text: str) -> inspect.Parameter:
    option = typer.Option(envvar=f"{VARIABLES}{name.upper()}", help=text)
    annotation = Annotated[kind | None, option]  # type: ignore[valid-type]  # made at run time
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _options(service: str) -> list[inspect.Parameter]:
    base_url = typer.Option(
        "--base-url", "--address", envvar=f"{VARIABLES}BASE_URL", help="Gateway."
    )
    return [
        inspect.Parameter(
            "base_url",
            inspect.Parameter.KEYWORD_ONLY,
            default="http://localhost:8000",
            annotation=Annotated[str, base_url],
        ),
        _optional(str, f"{service}_address", "Address of the service itself, past the gateway."),
        _optional(str, "api_key", "Credential."),
        _optional(str, "bearer_token", "Credential."),
        _optional(str, "tenant", "Tenant to act for."),
        _optional(Path, "ca_certificate_file", "Certificate authorities to trust (PEM)."),
        _optional(Path, "client_certificate_file", "Client certificate (PEM)."),
        _optional(Path, "client_key_file", "Private key of the client certificate (PEM)."),
    ]


def with_connection(service: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a connection, for a service such as `extraction`.

    The command takes the options that are set as its parameter `connection`, a dictionary of
    arguments of the client.
    """
    options = _options(service)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.name != _NAME]
        parameters = [*own, *options]

        @wraps(command)
        def run(**arguments: Any) -> None:
            values = {each.name: arguments.pop(each.name) for each in options}
            connection = {name: value for name, value in values.items() if value is not None}
            command(**arguments, **{_NAME: connection})

        # Typer reads the options from both.
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate
