"""Log of the gateway's requests: one JSON line each, without their content."""

from typing import Any

# A path may hold the id of a user or a session, so the route's name stands for it.
_FIELDS = {
    "time": "%START_TIME%",
    "event": "gateway.request",
    "method": "%ROUTE_NAME%",
    "protocol": "%PROTOCOL%",
    "http_status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS%",
    "why": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "milliseconds": "%DURATION%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "service": "%UPSTREAM_CLUSTER%",
    "address": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
}


def access_log() -> list[dict[str, Any]]:
    """Access logs of the connection manager, on standard output; probes are left out."""
    kind = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "filter": {"not_health_check_filter": {}},
            "typed_config": {"@type": kind, "log_format": {"json_format": _FIELDS}},
        }
    ]
