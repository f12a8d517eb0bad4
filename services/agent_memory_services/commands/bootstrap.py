"""Command `agent-memory bootstrap`: the first secrets of a deployment, kept in Kubernetes."""

import importlib
from pathlib import Path
from typing import Annotated, Final

import typer

from agent_memory_services.commands.keys import Store

app = typer.Typer()

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def _tenant(text: str) -> str:
    scope = importlib.import_module("agent_memory_services.kit.auth.scope")
    if not scope.valid_tenant(text):
        raise typer.BadParameter("must be 1 to 128 printable ASCII characters")
    return text


@app.command()
def bootstrap(
    store: Store,
    *,
    tenant: Annotated[
        str, typer.Option(callback=_tenant, help="Tenant of the first admin key.")
    ] = "default",
    service: Annotated[
        str,
        typer.Option(
            "--service-secret", help="Secret that gets the pepper and the services' own key."
        ),
    ] = "agent-memory-service",
    admin: Annotated[
        str, typer.Option("--admin-secret", help="Secret that gets the first admin key.")
    ] = "agent-memory-admin",
    pepper_file: Annotated[
        Path | None,
        typer.Option(
            envvar="AGENT_MEMORY_API_KEY_PEPPER_FILE",
            help="File with a pepper of your own; one is made where it does not exist.",
        ),
    ] = None,
    server: Annotated[
        str, typer.Option(help="URL of the API server.")
    ] = "https://kubernetes.default.svc",
    namespace: Annotated[
        str | None,
        typer.Option(help="Namespace of the Secrets.", show_default="that of the pod"),
    ] = None,
    token_file: Annotated[
        Path, typer.Option(help="File with the token that the API server accepts.")
    ] = _ACCOUNT / "token",
    ca_file: Annotated[
        Path, typer.Option(help="File with the authority of the API server's certificate.")
    ] = _ACCOUNT / "ca.crt",
) -> None:
    """Make the secrets of a new deployment, in Secrets of Kubernetes that are there and empty.

    They are the pepper of API keys, the key by which the services know one another, and a first
    admin key of a tenant. What is there is kept, so it may be repeated; nothing secret is printed.
    """
    # Help is there at once without any of this.
    keys = importlib.import_module("agent_memory_services.commands.keys_terminal")
    work = importlib.import_module("agent_memory_services.commands.bootstrapping")
    try:
        lines = work.bootstrap(
            store,
            tenant,
            service=service,
            admin=admin,
            pepper_file=pepper_file,
            server=server,
            namespace=namespace or _ACCOUNT / "namespace",
            token_file=token_file,
            ca_file=ca_file,
        )
    except work.FAULTS as error:
        raise keys.complaint(error, {keys.named_by(store): store}) from None
    for line in lines:
        typer.echo(line)
