"""Console in the gateway: its pages as static files, which load nothing from anywhere else."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

_HTTP = "type.googleapis.com/envoy.extensions.filters.http"
_PATH = "/console"
_ASSETS = f"{_PATH}/assets/"
_COMPRESSOR = "envoy.filters.http.compressor"
_HEADERS = "envoy.filters.http.console"
_TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
_ROUTE_FILTER = "type.googleapis.com/envoy.config.route.v3.FilterConfig"
_SWITCHED_OFF = {"@type": _ROUTE_FILTER, "disabled": True}
_SWITCHED_ON = {"@type": _ROUTE_FILTER, "config": {}}
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_COMPRESSED = ["text/html", "text/css", "text/javascript", "image/svg+xml"]
_SMALL_BYTES = 512
_NONE: Mapping[str, str] = {}
# Only what the page's own address serves: no other host, no code or style in the page, no frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_GUARDS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def own_console() -> Path:
    """Return the folder of the console's files in this distribution."""
    # Not a package of its own: a folder beside this one.
    return Path(str(resources.files("agent_memory_services.embedded").joinpath("console")))


def console_filters(folder: str) -> list[dict[str, Any]]:
    """Return the filters that answer the console's files, compressed; none without a folder."""
    if not folder:
        return []
    gzip = "type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip"
    common = {"min_content_length": _SMALL_BYTES, "content_type": _COMPRESSED}
    compressor = {
        "@type": f"{_HTTP}.compressor.v3.Compressor",
        "response_direction_config": {"common_config": common},
        "compressor_library": {
            "name": "gzip",
            "typed_config": {
                "@type": gzip,
                "compression_level": "BEST_COMPRESSION",
                # The largest that browsers read, with the header of gzip.
                "window_bits": 15,
                "memory_level": 9,
            },
        },
    }
    file_server = {
        "@type": f"{_HTTP}.file_server.v3.FileServerConfig",
        "manager_config": {"thread_pool": {"thread_count": 1}},
        "path_mappings": [
            {"request_path_prefix": _ASSETS, "file_path_prefix": f"{folder}/assets/"}
        ],
        "content_types": _TYPES,
        "default_content_type": "application/octet-stream",
    }
    script = resources.files(__package__).joinpath("console.lua").read_text()
    guards = ", ".join(f'["{name}"] = "{value}"' for name, value in _GUARDS.items())
    headers = {
        "@type": f"{_HTTP}.lua.v3.Lua",
        "default_source_code": {"inline_string": f"local GUARDS = {{{guards}}}\n\n{script}"},
    }
    return [
        {"name": _HEADERS, "typed_config": headers, "disabled": True},
        # No answer of a service: its length would tell of a secret beside a stranger's text.
        {"name": _COMPRESSOR, "typed_config": compressor, "disabled": True},
        {"name": "envoy.filters.http.file_server", "typed_config": file_server},
    ]


def console_routes(folder: str) -> list[dict[str, Any]]:
    """Return the routes of the console: its assets, and its page under every other path."""
    if not folder:
        return []
    read = [{"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}]
    page = {"status": 200, "body": {"filename": f"{folder}/index.html"}}
    # Its own redirect would name the host without the port, which the gateway does not look at.
    to_page = {"location": f"{_PATH}/"}
    html = {"content-type": "text/html; charset=utf-8"}
    return [
        # The file server answers before a route is taken; there is nobody behind it.
        _route(_ASSETS, {"prefix": _ASSETS}, {"status": 404}),
        _route(_PATH, {"path": _PATH, "headers": read}, {"status": 302}, to_page),
        _route(f"{_PATH}/", {"prefix": f"{_PATH}/", "headers": read}, page, html),
    ]


def _route(
    name: str, match: dict[str, Any], answer: dict[str, Any], headers: Mapping[str, str] = _NONE
) -> dict[str, Any]:
    filters = {_HEADERS: _SWITCHED_ON, _COMPRESSOR: _SWITCHED_ON, _TRANSCODER: _SWITCHED_OFF}
    return {
        "name": name,
        "match": match,
        "direct_response": answer,
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in headers.items()
        ],
        "typed_per_filter_config": filters,
    }
