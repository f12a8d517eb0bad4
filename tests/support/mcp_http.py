"""An MCP server over HTTP in this process, and clients of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.mcp import http_app


@asynccontextmanager
async def mcp_over_http(
    client: MemoryAPIClient, *, host: str = "127.0.0.1", **options: Any
) -> AsyncIterator[str]:
    """Serve on a free port of loopback as if it were `host`; yields the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = http_app(client, host=host, **options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        await serving
        listener.close()


@asynccontextmanager
async def mcp_client(
    url: str, headers: Mapping[str, str] | None = None, mode: str = "auto"
) -> AsyncIterator[Client]:
    """Connect to a server, with these headers in each request."""
    async with (
        httpx2.AsyncClient(headers=dict(headers or {}), timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client
