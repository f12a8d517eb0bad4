"""Envoy's HTTP filters, in the order in which a request passes them."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent_memory_services.embedded.gateway.console import console_filters
from agent_memory_services.embedded.gateway.json_bodies import strict_json_script, whole_body_script
from agent_memory_services.embedded.gateway.replies import refusal_script

_HTTP = "type.googleapis.com/envoy.extensions.filters.http"
HEALTH_PATH = "/healthz"
LIVE_PATH = "/livez"


def http_filters(
    descriptors: bytes,
    services: Mapping[str, Sequence[str]],
    origins: Sequence[str],
    max_request_bytes: int,
    max_response_bytes: int,
    *,
    console: str,
) -> list[dict[str, Any]]:
    """Return the filters, from the refusal of unknown origins over the transcoder to the router."""
    names = [name for backend in services.values() for name in backend]
    return [
        _filter("cors", "cors.v3.Cors"),
        _filter("health_check", "health_check.v3.HealthCheck", **_answering(LIVE_PATH)),
        _filter("health_check", "health_check.v3.HealthCheck", **_health(services)),
        *console_filters(console),
        _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
        _filter("refusal", "lua.v3.Lua", **_lua(refusal_script(descriptors))),
        _filter("whole_body", "lua.v3.Lua", **_lua(whole_body_script(max_request_bytes))),
        _filter("strict_json", "lua.v3.Lua", **_lua(strict_json_script(descriptors))),
        # Behind the scripts, so that a refusal is read by a client with a large body too.
        _filter("rbac", "rbac.v3.RBAC", rules=_refuse_other_origins(origins)),
        _filter(
            "grpc_json_transcoder",
            "grpc_json_transcoder.v3.GrpcJsonTranscoder",
            **_transcoding(descriptors, names),
            max_request_body_size=max_request_bytes,
            max_response_body_size=max_response_bytes,
        ),
        _filter("router", "router.v3.Router"),
    ]


def _filter(name: str, kind: str, **settings: Any) -> dict[str, Any]:
    config = {"@type": f"{_HTTP}.{kind}", **settings}
    return {"name": f"envoy.filters.http.{name}", "typed_config": config}


def _refuse_other_origins(origins: Sequence[str]) -> dict[str, Any]:
    """Deny a browser's request from any other page.

    CORS alone only keeps such a page from reading the answer; a plain POST would still be done.
    """
    known = [_origin({"string_match": {"safe_regex": {"regex": origin}}}) for origin in origins]
    strange = [_origin({"present_match": True}), *({"not_id": one} for one in known)]
    policy = {"permissions": [{"any": True}], "principals": [{"and_ids": {"ids": strange}}]}
    return {"action": "DENY", "policies": {"other_origins": policy}}


def _origin(match: Mapping[str, Any]) -> dict[str, Any]:
    return {"header": {"name": "origin", **match}}


def _health(backends: Iterable[str]) -> dict[str, Any]:
    """Answer 200 while every backend has at least one healthy address, 503 otherwise."""
    return {
        **_answering(HEALTH_PATH),
        "cluster_min_healthy_percentages": {name: {"value": 1} for name in backends},
    }


def _answering(path: str) -> dict[str, Any]:
    """Answer 200 under the path while the gateway itself runs."""
    return {
        "pass_through_mode": False,
        "headers": [{"name": ":path", "string_match": {"exact": path}}],
    }


def _lua(script: str) -> dict[str, Any]:
    return {"default_source_code": {"inline_string": script}}


def _transcoding(descriptors: bytes, services: Sequence[str]) -> dict[str, Any]:
    return {
        # In the file itself: a container of plain Envoy then needs nothing else.
        "proto_descriptor_bin": base64.b64encode(descriptors).decode(),
        "services": list(services),
        "convert_grpc_status": True,
        "request_validation_options": {
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        # An id may hold any character; one path segment is one id.
        "url_unescape_spec": "ALL_CHARACTERS",
        "query_param_unescape_plus": True,
        "case_insensitive_enum_parsing": True,
        "print_options": {
            "preserve_proto_field_names": True,
            "always_print_primitive_fields": True,
            "stream_newline_delimited": True,
        },
    }
