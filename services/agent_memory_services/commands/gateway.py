"""Command `agent-memory gateway`: the configuration of an Envoy in front of the services."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_memory_services.embedded.gateway.console import own_console
from agent_memory_services.embedded.gateway.tls import GatewayTls

app = typer.Typer(help="The gateway in front of the services.", no_args_is_help=True)


def _address(text: str) -> Any:
    # Help is there at once without it.
    transport = importlib.import_module("agent_memory_services.kit.contract.transport")
    try:
        return transport.parse_address(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


ServiceAddress = Annotated[
    Any, typer.Option(parser=_address, metavar="HOST:PORT", help="Address of this service.")
]
PemFile = Annotated[
    str, typer.Option(metavar="FILE", help="PEM file; a path on the gateway's machine.")
]


@app.command()
def config(
    *,
    working_memory: ServiceAddress,
    long_term_memory: ServiceAddress,
    extraction: ServiceAddress,
    listen: Annotated[
        Any, typer.Option(parser=_address, metavar="HOST:PORT", help="Address to listen on.")
    ] = "0.0.0.0:8000",  # a container's own; parsed
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="Host name that callers may use, without the port; any if none is given."
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            help="RE2 pattern of a web origin whose pages may call; default: this machine's."
        ),
    ] = None,
    console: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="Serve the console from this folder, a path on the gateway's machine.",
        ),
    ] = "",
    ca: PemFile = "",
    certificate: PemFile = "",
    key: PemFile = "",
    terminate_tls: Annotated[
        bool, typer.Option("--terminate-tls", help="Serve TLS at the gateway itself.")
    ] = False,
) -> None:
    """Print the configuration for Envoy, as JSON.

    With --ca the services are called over TLS and shown the certificate, where there is one.
    """
    if bool(certificate) != bool(key) or (terminate_tls and not certificate):
        raise typer.BadParameter(
            "--certificate and --key go together, and --terminate-tls needs both"
        )
    envoy = importlib.import_module("agent_memory_services.embedded.gateway.bootstrap")
    descriptors = importlib.import_module("agent_memory_services.embedded.gateway.descriptors")
    settings = envoy.bootstrap(
        descriptors.own_descriptors(),
        listen=listen,
        backends={
            "working_memory": working_memory,
            "long_term_memory": long_term_memory,
            "extraction": extraction,
        },
        hosts=host or envoy.ANY_HOST,
        origins=origin or envoy.LOOPBACK_ORIGINS,
        openapi=descriptors.own_openapi(),
        console=console,
        tls=GatewayTls(certificate=certificate, key=key, ca=ca, terminate=terminate_tls),
    )
    typer.echo(json.dumps(settings, indent=1))


@app.command()
def console(
    folder: Annotated[Path, typer.Argument(help="Folder to put them in; made where it is not.")],
) -> None:
    """Copy the console's files to where a gateway serves them from."""
    shutil.copytree(own_console(), folder, dirs_exist_ok=True)
