"""Command `agent-memory mcp`: memory for agents that speak the Model Context Protocol."""

import importlib
import importlib.util
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection

app = typer.Typer()


@app.command()
@with_connection(scope=True)
def mcp(
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP instead of standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on; with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; with --http.")] = 8010,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Host name that callers may use; with --http.", show_default=False),
    ] = None,
    issuer: Annotated[
        list[str] | None,
        typer.Option(
            help="Authorization server to tell callers of; with --http.", show_default=False
        ),
    ] = None,
    public_url: Annotated[
        str, typer.Option(help="Address by which callers reach /mcp; with --issuer.")
    ] = "",
    connection: dict[str, Any],
) -> None:
    """Serve memory over MCP, to agents such as Claude Code, Codex, Cursor and VS Code.

    Over standard input and output it acts with the credential of these options. Over HTTP each
    request brings its own bearer token, and a credential here is refused.
    """
    if importlib.util.find_spec("mcp") is None:
        raise typer.BadParameter("needs a package: pip install 'agent-memory-suite-client[mcp]'")
    # Nothing else needs the protocol's library.
    server = importlib.import_module("agent_memory_client.integrations.mcp")
    raise typer.Exit(
        server.run(
            connection,
            http=http,
            host=host,
            port=port,
            allowed_hosts=allow_host or (),
            issuers=issuer or (),
            public_url=public_url,
        )
    )
