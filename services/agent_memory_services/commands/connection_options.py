"""Options of the commands that call services: address, token, and authorities."""

from pathlib import Path
from typing import Annotated, Any

import typer

_VARIABLES = "AGENT_MEMORY_CLIENT_"

BaseUrl = Annotated[
    str,
    typer.Option("--base-url", "--address", envvar=f"{_VARIABLES}BASE_URL", help="Gateway."),
]
ApiKey = Annotated[str | None, typer.Option(envvar=f"{_VARIABLES}API_KEY", help="Credential.")]
BearerToken = Annotated[
    str | None, typer.Option(envvar=f"{_VARIABLES}BEARER_TOKEN", help="Credential.")
]
Tenant = Annotated[
    str | None, typer.Option(envvar=f"{_VARIABLES}TENANT", help="Tenant to act for.")
]
CaCertificateFile = Annotated[
    Path | None,
    typer.Option(
        envvar=f"{_VARIABLES}CA_CERTIFICATE_FILE", help="Certificate authorities to trust (PEM)."
    ),
]
ClientCertificateFile = Annotated[
    Path | None,
    typer.Option(envvar=f"{_VARIABLES}CLIENT_CERTIFICATE_FILE", help="Client certificate (PEM)."),
]
ClientKeyFile = Annotated[
    Path | None,
    typer.Option(
        envvar=f"{_VARIABLES}CLIENT_KEY_FILE", help="Private key of the client certificate (PEM)."
    ),
]
DEFAULT_BASE_URL = "http://localhost:8000"


def service_address(variable: str) -> Any:
    """Return the option of a service's own address, past the gateway."""
    return typer.Option(
        envvar=f"{_VARIABLES}{variable}", help="Address of the service itself, past the gateway."
    )


def given(**options: Any) -> dict[str, Any]:
    """Return the options of a connection."""
    return {name: value for name, value in options.items() if value is not None}
