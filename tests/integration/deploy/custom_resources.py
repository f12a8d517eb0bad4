"""What the manifests may say about resources that are not Kubernetes' own.

No package carries the schemas of these, so the fields in use stand here, after the published
definitions: prometheus-operator's monitoring.coreos.com/v1 and the Gateway API's
gateway.networking.k8s.io/v1. A field that is not listed is refused.
"""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
_DURATION: Schema = {"type": "string", "pattern": r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"}
_HOSTNAME: Schema = {
    "type": "string",
    "maxLength": 253,
    "pattern": r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
}


def _closed(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _some(items: Schema, most: int = 16) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def _one_of(*values: str) -> Schema:
    return {"enum": list(values)}


_METADATA = _closed(
    ("name",),
    name=_TEXT,
    namespace=_TEXT,
    labels={"type": "object", "additionalProperties": {"type": "string"}},
)


def _resource(version: str, kind: str, spec: Schema) -> Schema:
    return _closed(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": version},
        kind={"const": kind},
        metadata=_METADATA,
        spec=spec,
    )


_RELABELING = _closed(
    (),
    sourceLabels=_some(_TEXT),
    targetLabel=_TEXT,
    regex=_TEXT,
    action=_one_of("replace", "keep", "drop", "labelmap", "labeldrop", "labelkeep"),
)
_SERVICE_MONITOR = _closed(
    ("selector", "endpoints"),
    jobLabel=_TEXT,
    selector=_closed((), matchLabels={"type": "object", "additionalProperties": _TEXT}),
    endpoints=_some(
        _closed(
            ("port",),
            port=_TEXT,
            path={"type": "string", "pattern": "^/"},
            interval=_DURATION,
            relabelings=_some(_RELABELING),
        )
    ),
)

_PARENTS = _some(_closed(("name",), name=_TEXT, namespace=_TEXT, sectionName=_TEXT), 32)
_BACKENDS = _some(_closed(("name", "port"), name=_TEXT, port=_PORT))
_GRPC_METHOD = _closed((), type=_one_of("Exact", "RegularExpression"), service=_TEXT, method=_TEXT)
_PATH = _closed(
    (),
    type=_one_of("Exact", "PathPrefix", "RegularExpression"),
    value={"type": "string", "pattern": "^/", "maxLength": 1024},
)


def _route(rule: Schema) -> Schema:
    return _closed(
        ("parentRefs", "rules"),
        parentRefs=_PARENTS,
        hostnames=_some(_HOSTNAME),
        rules=_some(rule),
    )


_GRPC_ROUTE = _route(
    _closed(
        ("backendRefs",), matches=_some(_closed((), method=_GRPC_METHOD), 64), backendRefs=_BACKENDS
    )
)
_HTTP_ROUTE = _route(
    _closed(
        ("backendRefs",),
        matches=_some(_closed((), path=_PATH), 64),
        timeouts=_closed((), request=_DURATION, backendRequest=_DURATION),
        backendRefs=_BACKENDS,
    )
)

SCHEMAS: dict[str, Schema] = {
    "ServiceMonitor": _resource("monitoring.coreos.com/v1", "ServiceMonitor", _SERVICE_MONITOR),
    "GRPCRoute": _resource("gateway.networking.k8s.io/v1", "GRPCRoute", _GRPC_ROUTE),
    "HTTPRoute": _resource("gateway.networking.k8s.io/v1", "HTTPRoute", _HTTP_ROUTE),
}
