"""Routes of the gateway: the backend of each path, and the accepted hosts and origins."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources
from typing import Any

from agent_memory_services.embedded.gateway.console import console_routes
from agent_memory_services.embedded.gateway.descriptors import Route
from agent_memory_services.embedded.gateway.json_bodies import TOO_LARGE
from agent_memory_services.kit.contract import context

OPENAPI_PATH = "/openapi.json"
DOCS_PATH = "/docs"
# Services offer the first; the second has the same messages under another name.
_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_REFLECTION_AGAIN = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

# A call that surely never began may be tried again, whatever it does.
_NEVER_BEGAN = "connect-failure,refused-stream,reset-before-request"
# One whose answer was lost may be, where repeating it does no harm, or where the service knows the
# repetition by the name that both have. A service's own UNAVAILABLE is passed on: it says when to
# come back, and callers retry it themselves.
_ANSWER_LOST = f"{_NEVER_BEGAN},reset"
# Not where it just failed. Where there is no other host, it is tried there again.
_ON_ANOTHER_HOST = {
    "num_retries": 2,
    "retry_back_off": {"base_interval": "0.001s", "max_interval": "0.025s"},
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3"
                ".PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": 5,
}
# The service ends a call that takes too long, with a reason. The gateway only ends those of a
# service that no longer can.
_LATER_SECONDS = 1.0
# The transcoder notes where a request came from.
_FROM_JSON = {"name": "x-envoy-original-path", "present_match": True}
_EXPOSED = "grpc-status,grpc-message,grpc-status-details-bin,x-request-id"
_ACCEPTED = (
    "authorization,content-type,grpc-timeout,idempotency-key,traceparent,x-agent-memory-tenant,"
    "x-grpc-web,x-request-id,x-user-agent"
)
# Made when a request is routed, and so the same for every attempt and another for every request.
# What callers name for their logs (x-request-id) may stand for many calls; it is not used.
_NAME = {
    "header": {"key": context.CALL_HEADER, "value": "%UNIQUE_ID%"},
    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
}
# The service hears how a call came, but not the path, which names users and sessions and may be
# longer than metadata may be.
_HOW_IT_CAME = {
    "header": {"key": _FROM_JSON["name"], "value": "json"},
    "append_action": "OVERWRITE_IF_EXISTS",
}
# A body of the largest size arrives in that time over a slow line.
_WHOLE_REQUEST = "60s"
_REST_OF_TOO_MUCH = "1s"
# Of a body that has begun more follows soon; what has come is kept meanwhile.
_MORE_OF_IT = "10s"
_SWITCHED_OFF = {
    "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
    "disabled": True,
}


def virtual_host(
    methods: Sequence[Route],
    hosts: Sequence[str],
    origins: Sequence[str],
    max_json_bytes: int,
    openapi: str,
    *,
    console: str,
) -> dict[str, Any]:
    """Return a route for each method; JSON requests reach them once they are transcoded.

    Which contracts there are is asked of one service, if its settings let it tell: each knows all.
    """
    about = methods[0].backend if methods else "none"
    return {
        "name": "agent_memory",
        "domains": list(hosts),
        "routes": [
            *(route for method in methods for route in _routes(method)),
            _document(OPENAPI_PATH, openapi, {"content-type": "application/json"}),
            _document(DOCS_PATH, docs_page(), _of_page(docs_page())),
            *_reflection(about),
            *console_routes(console),
            *_elsewhere(max_json_bytes),
        ],
        "typed_per_filter_config": {"envoy.filters.http.cors": _cors(origins)},
    }


def _routes(method: Route) -> list[dict[str, Any]]:
    """Two: for calls that came as JSON, and for gRPC, whose callers' deadlines count as they are.

    Callers of JSON name no deadline. Neither is told to the service, which so sets the method's
    own, and ends the call with a reason; likewise for gRPC without a deadline.
    """
    after = None if method.deadline is None else method.deadline + _LATER_SECONDS
    callers = {"timeout": "0s", "max_stream_duration": {"grpc_timeout_header_max": "0s"}}
    from_json = _route(method, [_FROM_JSON], {"timeout": f"{after or 0:g}s"}, [_HOW_IT_CAME])
    return [from_json, _route(method, [], callers, [])]


def _route(
    method: Route,
    headers: list[dict[str, Any]],
    limits: dict[str, Any],
    told: list[dict[str, Any]],
) -> dict[str, Any]:
    repeatable = (method.idempotent or method.named) and not method.streaming
    retry_on = _ANSWER_LOST if repeatable else _NEVER_BEGAN
    return {
        # Without anything of the request: this name is what the access log shows.
        "name": method.path,
        "match": {"path": method.path, "headers": headers},
        "route": {
            "cluster": method.backend,
            # A watch may be silent for hours; that of the body has come to its end.
            "idle_timeout": "0s",
            **limits,
            "retry_policy": {"retry_on": retry_on, **_ON_ANOTHER_HOST},
        },
        "request_headers_to_add": [*told, *([_NAME] if repeatable and method.named else [])],
    }


def docs_page() -> str:
    """Return the page that shows the OpenAPI document; it asks nobody else for anything."""
    return resources.files(__package__).joinpath("docs.html").read_text(encoding="utf-8")


def _of_page(page: str) -> dict[str, str]:
    """Return the headers of a page that may run what it holds and read what lies beside it."""
    allowed = {
        f"{kind}-src": f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for kind, tag in (("script", "script"), ("style", "style"))
        for text in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    }
    rules = {"default-src": "'none'", "connect-src": "'self'", **allowed}
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in rules.items()),
    }


def _reflection(backend: str) -> list[dict[str, Any]]:
    return [
        {
            "name": path,
            "match": {"path": path},
            "route": {
                "cluster": backend,
                "timeout": "0s",
                "idle_timeout": "60s",
                **({"prefix_rewrite": _REFLECTION} if path != _REFLECTION else {}),
            },
        }
        for path in (_REFLECTION, _REFLECTION_AGAIN)
    ]


def _document(path: str, text: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": path,
        "match": {"path": path},
        "direct_response": {"status": 200, "body": {"inline_string": text}},
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}} for key, value in headers.items()
        ],
        "typed_per_filter_config": {"envoy.filters.http.grpc_json_transcoder": _SWITCHED_OFF},
    }


def _elsewhere(max_json_bytes: int) -> list[dict[str, Any]]:
    """Return the routes that a JSON request matches until it is transcoded.

    They lead to no backend, so the rest is answered as an unknown method. CORS
    and the buffer of the JSON check still want a route. A request that is known to be too large
    is read to its end, or as long as anything of it comes.
    """
    nowhere = {
        "cluster": "none",
        "cluster_not_found_response_code": "NOT_FOUND",
        "max_stream_duration": {"max_stream_duration": _WHOLE_REQUEST},
    }
    too_large = {"prefix": "/", "dynamic_metadata": [TOO_LARGE]}
    return [
        {
            "name": "elsewhere",
            "match": match,
            "route": {**nowhere, **limits},
            "request_body_buffer_limit": max_json_bytes,
        }
        for match, limits in (
            (too_large, {"idle_timeout": _REST_OF_TOO_MUCH}),
            ({"prefix": "/"}, {"idle_timeout": _MORE_OF_IT}),
        )
    ]


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"safe_regex": {"regex": origin}} for origin in origins],
        "allow_methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
        "allow_headers": _ACCEPTED,
        "expose_headers": _EXPOSED,
        "max_age": "7200",
    }
