"""Commands `export` and `import` of the command line."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import (
    DEFAULT_BASE_URL,
    ApiKey,
    BaseUrl,
    BearerToken,
    CaCertificateFile,
    ClientCertificateFile,
    ClientKeyFile,
    Tenant,
    given,
    service_address,
)

app = typer.Typer()

Address = Annotated[str | None, service_address("LONG_TERM_MEMORY_ADDRESS")]


def _path(name: str) -> Path | None:
    return None if name == "-" else Path(name)


def _terminal() -> Any:
    # A service process shares this command line, and needs no client.
    return importlib.import_module("agent_memory_services.transfer_cli.terminal")


@app.command("export")
def export(
    file: Annotated[str, typer.Argument(help="File to write; - is the standard output.")],
    *,
    user: Annotated[str | None, typer.Option(help="Only memories of this user.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only this namespace.")] = None,
    include_hidden: Annotated[
        bool, typer.Option(help="Include superseded, merged and archived memories.")
    ] = False,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted export.")] = False,
    base_url: BaseUrl = DEFAULT_BASE_URL,
    long_term_memory_address: Address = None,
    api_key: ApiKey = None,
    bearer_token: BearerToken = None,
    tenant: Tenant = None,
    ca_certificate_file: CaCertificateFile = None,
    client_certificate_file: ClientCertificateFile = None,
    client_key_file: ClientKeyFile = None,
) -> None:
    """Write memories to a file, one a line, the oldest first."""
    options = given(
        base_url=base_url,
        long_term_memory_address=long_term_memory_address,
        api_key=api_key,
        bearer_token=bearer_token,
        tenant=tenant,
        ca_certificate_file=ca_certificate_file,
        client_certificate_file=client_certificate_file,
        client_key_file=client_key_file,
    )
    code = _terminal().run_export(
        options,
        _path(file),
        user=user,
        namespace=namespace,
        include_hidden=include_hidden,
        resume=resume,
    )
    raise typer.Exit(code)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="File to read; - is the standard input.")],
    *,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted import.")] = False,
    base_url: BaseUrl = DEFAULT_BASE_URL,
    long_term_memory_address: Address = None,
    api_key: ApiKey = None,
    bearer_token: BearerToken = None,
    tenant: Tenant = None,
    ca_certificate_file: CaCertificateFile = None,
    client_certificate_file: ClientCertificateFile = None,
    client_key_file: ClientKeyFile = None,
) -> None:
    """Store the memories of a file unchanged; existing ones are left alone."""
    options = given(
        base_url=base_url,
        long_term_memory_address=long_term_memory_address,
        api_key=api_key,
        bearer_token=bearer_token,
        tenant=tenant,
        ca_certificate_file=ca_certificate_file,
        client_certificate_file=client_certificate_file,
        client_key_file=client_key_file,
    )
    raise typer.Exit(_terminal().run_import(options, _path(file), resume=resume))
