"""Memory as an MCP server: tools and resources over stdio and streamable HTTP.

Nothing is kept between requests. Over HTTP each request acts with the bearer token that it carries,
which the services judge as any caller's; over stdio the process acts with its own credential.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import mcp_types as types
import uvicorn
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from pydantic import AnyHttpUrl
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_memory_client import MemoryAPIClient, __version__, errors
from agent_memory_client._async import tools as handlers
from agent_memory_client.integrations._mcp_tools import TOOLS
from agent_memory_client.tools import _calls

DEFAULT_PORT: Final = 8010
USER_HEADER: Final = "x-agent-memory-user"
NAMESPACE_HEADER: Final = "x-agent-memory-namespace"
STANDING: Final = "memory://standing"
SESSION: Final = "memory://sessions/{session_id}{?namespace}"

_log = logging.getLogger(__name__)
_INSTRUCTIONS: Final = (
    "Memory that lasts beyond this conversation. Search it before answering what may depend on "
    "the user's preferences, history or plans; remember what will matter later, one statement "
    "each; edit or forget what turns out wrong. Append the messages of a conversation to a session "
    "to have its facts extracted in the background."
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PAGE: Final = 50
_STANDING_SHOWN: Final = 100
_MESSAGES_SHOWN: Final = 200
_TOOLS_FRESH_MS: Final = 3_600_000
_TEXT: Final = "text/plain"
_VARIABLES: Final = "AGENT_MEMORY_CLIENT_"
_WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"

Context = ServerRequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class MemoryServer:
    """Answers to MCP requests, by a client over whose connections all calls go.

    Attributes:
        client: the connections, and the identity of requests that do not come over HTTP.
    """

    client: MemoryAPIClient

    def server(self) -> Server[Any]:
        """Make the server that the SDK runs over a transport."""
        return Server(
            "agent-memory",
            version=__version__,
            title="Agent Memory",
            instructions=_INSTRUCTIONS,
            cache_hints={"tools/list": CacheHint(_TOOLS_FRESH_MS, "public")},
            get_tool_input_schema=lambda name: (
                TOOLS[name].described().input_schema if name in TOOLS else None
            ),
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )

    def _caller(self, context: Context) -> tuple[MemoryAPIClient, _calls.ToolScope]:
        """Answer a client that acts as whoever sent a request, and what is within its reach."""
        client = self.client
        if isinstance(request := context.request, Request):
            client = client.with_options(
                bearer_token=_token(request.headers.get("authorization")),
                default_user_id=request.headers.get(USER_HEADER, client.config.default_user_id),
                default_namespace=request.headers.get(
                    NAMESPACE_HEADER, client.config.default_namespace
                ),
            )
        config = client.config
        scope = _calls.ToolScope(
            session_id=None,
            namespace=config.default_namespace,
            user_id=config.default_user_id,
            time_zone=None,
            timeout=None,
        )
        return client, scope

    async def _list_tools(
        self, _context: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.described() for tool in TOOLS.values()])

    async def _call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Run a tool; what goes wrong in it is told to the model."""
        if (tool := TOOLS.get(params.name)) is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name}")
        try:
            client, scope = self._caller(context)
            answer = await tool.handler(client, scope, tool.definition.read(params.arguments))
        except errors.MemoryClientError as error:
            return _failed(_in_words(error))
        except Exception:  # noqa: BLE001 - a model reads no traceback; the log has it
            _log.exception("tool %s failed", params.name)
            return _failed("an unforeseen error; the log of the server has it")
        return types.CallToolResult(
            content=[types.TextContent(text=answer.text)],
            structured_content=answer.result,
            is_error=_is_refused(answer.result),
        )

    async def _list_resources(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List the standing facts, and the sessions, the latest written first."""
        client, _ = self._caller(context)
        cursor = params.cursor if params else None
        with _told():
            page = await client.list_sessions(limit=_PAGE, cursor=cursor)
        resources = [] if cursor else [_STANDING_RESOURCE]
        resources += [
            types.Resource(
                uri=session_uri(each.session_id, each.namespace),
                name=each.session_id,
                description=f"Conversation of {each.last_sequence} messages.",
                mime_type=_TEXT,
            )
            for each in page.details
        ]
        return types.ListResourcesResult(resources=resources, next_cursor=page.next_cursor)

    async def _list_templates(
        self, _context: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[_SESSION_TEMPLATE])

    async def _read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read the standing facts or a session, as text."""
        client, scope = self._caller(context)
        uri = str(params.uri)
        with _told():
            if uri == STANDING:
                text = await _standing(client, scope)
            else:
                session_id, namespace = _session_of(uri)
                text = await _session(client, scope, session_id, namespace)
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, mime_type=_TEXT, text=text)]
        )


async def _standing(client: MemoryAPIClient, scope: _calls.ToolScope) -> str:
    page = await client.list_long_term_memories(standing=True, limit=_STANDING_SHOWN)
    zone = await handlers.zone_of_reader(client, scope)
    return "\n".join(_calls.in_words(each, zone, {}) for each in page.memories)


async def _session(
    client: MemoryAPIClient, scope: _calls.ToolScope, session_id: str, namespace: str | None
) -> str:
    session = await client.get_working_memory(
        session_id, namespace=namespace, recent_messages_limit=_MESSAGES_SHOWN
    )
    return handlers.session_in_words(session, await handlers.zone_of_reader(client, scope))


def session_uri(session_id: str, namespace: str | None) -> str:
    """Spell the URI of a session."""
    query = f"?namespace={quote(namespace, safe='')}" if namespace else ""
    return f"memory://sessions/{quote(session_id, safe='')}{query}"


def _session_of(uri: str) -> tuple[str, str | None]:
    """Read the URI of a session.

    Raises:
        MCPError: It is none.
    """
    parts = urlsplit(uri)
    session_id = unquote(parts.path.removeprefix("/"))
    if (parts.scheme, parts.netloc) != ("memory", "sessions") or not session_id:
        raise MCPError(types.INVALID_PARAMS, f"there is no resource {uri}")
    namespace = parse_qs(parts.query).get("namespace")
    return session_id, namespace[0] if namespace else None


_STANDING_RESOURCE: Final = types.Resource(
    uri=STANDING,
    name="standing",
    title="Standing facts",
    description="Preferences and facts that every answer should consider.",
    mime_type=_TEXT,
)
_SESSION_TEMPLATE: Final = types.ResourceTemplate(
    uri_template=SESSION,
    name="session",
    title="Session",
    description="A stored conversation: its summary, latest messages and data.",
    mime_type=_TEXT,
)


@contextmanager
def _told() -> Iterator[None]:
    """Turn an error of the client into one of the protocol."""
    try:
        yield
    except errors.MemoryClientError as error:
        known = isinstance(error, errors.MemoryNotFoundError | errors.MemoryValidationError)
        code = types.INVALID_PARAMS if known else types.INTERNAL_ERROR
        raise MCPError(code, _in_words(error)) from error


def _is_refused(result: Mapping[str, Any]) -> bool:
    """Tell whether none of the memories that were to be stored is."""
    outcomes = [each.get("outcome") for each in result.get("memories", ())]
    return bool(outcomes) and all(outcome == "rejected" for outcome in outcomes)


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=f"The tool failed: {text}")], is_error=True
    )


def _in_words(error: errors.MemoryClientError) -> str:
    """Say what went wrong and, where it is not the model's to mend, who can."""
    match error:
        case errors.MemoryAuthenticationError():
            return (
                "the memory server does not know this caller: the user has to configure a valid "
                "key or token for it"
            )
        case errors.MemoryUnavailableError() | errors.MemoryTimeoutError():
            return f"the memory server cannot be reached just now ({error.message})"
    return error.message


def _token(header: str | None) -> str | None:
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class _TokenRequired:
    """Refuses requests without a bearer token, and says where one is to be had.

    Attributes:
        app: takes the others.
        metadata: address of what says who issues tokens; empty where nobody does.
        is_known: tells whether the services know a token; asked only where somebody issues them.
    """

    app: ASGIApp
    metadata: str
    is_known: Callable[[str], Awaitable[bool]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] != "http" or scope["path"].startswith(_WELL_KNOWN)
        token = None if is_open else _token(Request(scope).headers.get("authorization"))
        if is_open or (token and (not self.metadata or await self.is_known(token))):
            await self.app(scope, receive, send)
            return
        told = "the token is not known" if token else "a bearer token is needed"
        where = f', resource_metadata="{self.metadata}"' if self.metadata else ""
        refusal = JSONResponse(
            {"error": "invalid_token", "error_description": told},
            status_code=401,
            headers={"WWW-Authenticate": f'Bearer error="invalid_token"{where}'},
        )
        await refusal(scope, receive, send)


def http_app(
    client: MemoryAPIClient,
    *,
    host: str = "127.0.0.1",
    allowed_hosts: Sequence[str] = (),
    issuers: Sequence[str] = (),
    public_url: str = "",
) -> ASGIApp:
    """Make the ASGI application that serves MCP at `/mcp`.

    Args:
        client: The connections. It carries no credential: each request brings its own.
        host: Where it will listen. Beyond this machine, a request without a token is refused.
        allowed_hosts: Host names by which callers may reach it, besides those of this machine.
        issuers: Authorization servers whose tokens the services take. Callers are told of them
            (RFC 9728), and a request without a token that the services know is refused.
        public_url: Address by which callers reach it, with `/mcp`; needed beside issuers.

    Raises:
        MemoryValidationError: The client carries a credential, which would be everybody's; or
            there are issuers without the address that their tokens are for.
    """
    if client.config.credential:
        raise errors.invalid("api_key", "is for stdio: over HTTP each request brings its own")
    if issuers and not public_url:
        raise errors.invalid("public_url", "is needed beside issuers: their tokens are for it")
    local = host in _LOOPBACK
    names = [*allowed_hosts, *(_LOOPBACK - {"::1"}), "[::1]"]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=local or bool(allowed_hosts),
        allowed_hosts=[each for name in names for each in (name, f"{name}:*")],
        allowed_origins=[
            f"{scheme}://{name}{port}"
            for name in names
            for scheme in ("http", "https")
            for port in ("", ":*")
        ],
    )
    app = (
        MemoryServer(client)
        .server()
        .streamable_http_app(
            json_response=True, stateless_http=True, transport_security=security, host=host
        )
    )
    if not issuers:
        return app if local else _TokenRequired(app, "", _nobody_asks)
    resource = AnyHttpUrl(public_url)
    app.router.routes.extend(
        create_protected_resource_routes(
            resource, [AnyHttpUrl(each) for each in issuers], resource_name="Agent Memory"
        )
    )

    async def is_known(token: str) -> bool:
        try:
            await client.with_options(bearer_token=token).get_principal()
        except errors.MemoryAuthenticationError:
            return False
        except errors.MemoryClientError:
            # The call itself tells what is wrong.
            return True
        return True

    return _TokenRequired(app, str(build_resource_metadata_url(resource)), is_known)


async def _nobody_asks(_token: str) -> bool:
    return True


async def serve_stdio(client: MemoryAPIClient) -> None:
    """Serve MCP over the standard input and output, until the input ends."""
    server = MemoryServer(client).server()
    async with client, stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def serve_http(client: MemoryAPIClient, *, host: str, port: int, **options: Any) -> None:
    """Serve MCP over HTTP until a signal ends the process; see `http_app` for the arguments."""
    app = http_app(client, host=host, **options)
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)
    )
    async with client:
        sys.stderr.write(f"agent-memory: MCP at http://{host}:{port}/mcp\n")
        await server.serve()


def run(
    options: Mapping[str, Any],
    *,
    http: bool,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    **served: Any,
) -> int:
    """Serve until the input ends or a signal comes; answers the exit code.

    Args:
        options: Arguments of `MemoryAPIClient`.
        http: Streamable HTTP instead of stdio.
        host: As in `http_app`.
        port: Where to listen.
        **served: Other arguments of `http_app`.
    """
    try:
        client = MemoryAPIClient(**options)
        if http:
            asyncio.run(serve_http(client, host=host, port=port, **served))
        else:
            asyncio.run(serve_stdio(client))
    except errors.MemoryClientError as error:
        sys.stderr.write(f"agent-memory: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def main() -> None:
    """Run the command `agent-memory-mcp`."""
    parser = argparse.ArgumentParser(
        prog="agent-memory-mcp",
        description="Serve memory over MCP. Options of the connection are variables: "
        "AGENT_MEMORY_CLIENT_BASE_URL, _API_KEY, _BEARER_TOKEN, _TENANT, _USER, _NAMESPACE.",
    )
    parser.add_argument("--http", action="store_true", help="streamable HTTP instead of stdio")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on")
    parser.add_argument(
        "--allow-host", action="append", default=[], help="host name that callers may use"
    )
    parser.add_argument(
        "--issuer", action="append", default=[], help="authorization server to tell callers of"
    )
    parser.add_argument("--public-url", default="", help="address by which callers reach /mcp")
    given = parser.parse_args()
    names = {
        "base_url": "BASE_URL",
        "api_key": "API_KEY",
        "bearer_token": "BEARER_TOKEN",
        "tenant": "TENANT",
        "default_user_id": "USER",
        "default_namespace": "NAMESPACE",
    }
    options = {
        name: value
        for name, variable in names.items()
        if (value := os.environ.get(f"{_VARIABLES}{variable}"))
    }
    sys.exit(
        run(
            options,
            http=given.http,
            host=given.host,
            port=given.port,
            allowed_hosts=given.allow_host,
            issuers=given.issuer,
            public_url=given.public_url,
        )
    )


if __name__ == "__main__":
    main()
