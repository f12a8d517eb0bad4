"""Which backend answers which path, and for which hosts and origins."""

from collections.abc import Mapping, Sequence
from typing import Any

# A call that surely never began may be tried again, whatever it does.
_NEVER_BEGAN = "connect-failure,refused-stream,reset-before-request"
_EXPOSED = "grpc-status,grpc-message,grpc-status-details-bin,x-request-id"
_ACCEPTED = (
    "authorization,content-type,grpc-timeout,traceparent,x-agent-memory-tenant,x-grpc-web,"
    "x-request-id,x-user-agent"
)
# A gRPC stream may be of any length; its messages are what the services limit.
_UNLIMITED = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}


def virtual_host(
    services: Mapping[str, Sequence[str]],
    hosts: Sequence[str],
    origins: Sequence[str],
    max_json_bytes: int,
) -> dict[str, Any]:
    """Routes by gRPC service name; JSON requests reach them once they are transcoded."""
    return {
        "name": "agent_memory",
        "domains": list(hosts),
        "routes": [
            *(_route(name, backend) for backend in services for name in services[backend]),
            _elsewhere(max_json_bytes),
        ],
        "typed_per_filter_config": {"envoy.filters.http.cors": _cors(origins)},
    }


def _route(service: str, backend: str) -> dict[str, Any]:
    return {
        "match": {"prefix": f"/{service}/"},
        "route": {
            "cluster": backend,
            # No limit but the caller's own: 0 as maximum means grpc-timeout counts as it is.
            "timeout": "0s",
            "max_stream_duration": {"grpc_timeout_header_max": "0s"},
            "retry_policy": {"retry_on": _NEVER_BEGAN, "num_retries": 2},
        },
        "typed_per_filter_config": {"envoy.filters.http.body_size_limit": _UNLIMITED},
    }


def _elsewhere(max_json_bytes: int) -> dict[str, Any]:
    """Where a JSON request is until it is transcoded.

    It leads to no backend, so what stays here is answered as a method that nobody serves. CORS
    and the buffer of the JSON check still want a route.
    """
    return {
        "match": {"prefix": "/"},
        "route": {"cluster": "none", "cluster_not_found_response_code": "NOT_FOUND"},
        "request_body_buffer_limit": max_json_bytes,
    }


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"safe_regex": {"regex": origin}} for origin in origins],
        "allow_methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
        "allow_headers": _ACCEPTED,
        "expose_headers": _EXPOSED,
        "max_age": "7200",
    }
