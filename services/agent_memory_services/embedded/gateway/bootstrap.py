"""Complete configuration of the gateway, as Envoy reads it."""

import base64
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from agent_memory_services.embedded.gateway.backends import cluster, envoy_address
from agent_memory_services.embedded.gateway.descriptors import routes, services_by_backend
from agent_memory_services.embedded.gateway.filters import http_filters
from agent_memory_services.embedded.gateway.replies import local_replies
from agent_memory_services.embedded.gateway.routes import docs_page, virtual_host
from agent_memory_services.embedded.gateway.tls import PLAIN_TEXT, GatewayTls
from agent_memory_services.kit.contract.transport import Address

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_ORIGINS = (r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?",)
ANY_HOST = ("*",)

_INSPECTOR = {
    "name": "envoy.filters.listener.tls_inspector",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3"
        ".TlsInspector"
    },
}
_HCM = "type.googleapis.com/envoy.extensions.filters.network"
_MAX_CONNECTIONS = 10_000
# Who connects says something at once.
_FIRST_BYTES = "10s"
# As long as services keep a connection; clients open another when they need one.
_IDLE = "300s"
# An answer that no client reads is given up.
_UNREAD = "60s"
_MEBIBYTE = 1024 * 1024
# Larger heads end a connection without an answer over HTTP/2. The script answers what is smaller.
_READ_HEADER_KIBIBYTES = 256
_READ_HEADERS = 1000
# Of what the container may use. Bodies that have not arrived as a whole are kept until then.
_HEAP_BYTES = 448 * _MEBIBYTE
# At most, of the console's page.
_PAGE_BYTES = 65_536
# The smallest stream that is told from others by the memory that it holds: 2^18 bytes.
_COUNTED_FROM = 18
# A path may hold the id of a user or a session, so the route's name stands for it.
_LOG_FIELDS = {
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


def bootstrap(
    descriptors: bytes,
    *,
    listen: Address,
    backends: Mapping[str, Address],
    hosts: Sequence[str] = ANY_HOST,
    origins: Sequence[str] = LOOPBACK_ORIGINS,
    max_request_bytes: int = 8 * _MEBIBYTE,
    max_response_bytes: int = 32 * _MEBIBYTE,
    openapi: str = "{}",
    console: str = "",
    tls: GatewayTls = PLAIN_TEXT,
) -> dict[str, Any]:
    """Return an Envoy v3 bootstrap with one listener for gRPC, gRPC-Web and JSON.

    Args:
        descriptors: A serialized `FileDescriptorSet` of the services with all imports. Error
            details are only rendered as JSON when it holds `google/rpc/error_details.proto` too.
        listen: Where callers connect, by HTTP/1.1 or cleartext HTTP/2.
        backends: Address of every backend that `services_by_backend` finds in the descriptors.
        hosts: Host names (without port) that callers may address, against DNS rebinding.
        origins: RE2 patterns of the web origins whose pages may call.
        max_request_bytes: Largest JSON request; gRPC messages are limited by the services.
        max_response_bytes: Largest JSON answer, except of a stream.
        openapi: The document that is served under `OPENAPI_PATH`.
        console: The folder with the console's files, on the gateway's machine; empty serves none.
        tls: Certificates of the gateway, and authorities of the services.

    Raises:
        ValueError: `backends` and the descriptors name different backends.
    """
    services = services_by_backend(descriptors)
    if services.keys() != backends.keys():
        raise ValueError(f"addresses for {sorted(backends)}, services for {sorted(services)}")
    manager = {
        "@type": f"{_HCM}.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "codec_type": "AUTO",
        "strip_any_host_port": True,
        "use_remote_address": True,
        "preserve_external_request_id": True,
        "max_request_headers_kb": _READ_HEADER_KIBIBYTES,
        "request_headers_timeout": _FIRST_BYTES,
        "common_http_protocol_options": {
            "idle_timeout": _IDLE,
            "max_headers_count": _READ_HEADERS,
        },
        # A watch may be silent for hours; a dead peer shows by the connection's own keepalive.
        "stream_idle_timeout": "0s",
        "stream_flush_timeout": _UNREAD,
        "http2_protocol_options": {
            "connection_keepalive": {"interval": "60s", "timeout": "20s"},
        },
        "access_log": _access_log(),
        "local_reply_config": local_replies(max_request_bytes),
        "http_filters": http_filters(
            descriptors, services, origins, max_request_bytes, max_response_bytes, console=console
        ),
        "route_config": {
            "virtual_hosts": [
                virtual_host(
                    routes(descriptors), hosts, origins, max_request_bytes, openapi, console=console
                )
            ],
            "validate_clusters": False,
            "max_direct_response_body_size_bytes": max(
                _PAGE_BYTES, *(len(text.encode()) for text in (openapi, docs_page()))
            ),
        },
    }
    return {
        "static_resources": {
            "listeners": [_listener(listen, manager, tls)],
            "clusters": [cluster(name, backends[name], services[name], tls) for name in services],
        },
        "overload_manager": _overload_manager(),
        # By default every thread says ten times a second that it lives.
        "watchdogs": {"main_thread_watchdog": _WATCHDOG, "worker_watchdog": _WATCHDOG},
    }


def _listener(listen: Address, manager: Mapping[str, Any], tls: GatewayTls) -> dict[str, Any]:
    network_filter = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": manager,
    }
    return {
        "name": "gateway",
        "address": envoy_address(listen),
        # The inspector waits for the first bytes of a connection, which so have to come in time.
        "listener_filters": [_INSPECTOR],
        "listener_filters_timeout": _FIRST_BYTES,
        "filter_chains": [{"filters": [_line_ends(), network_filter], **tls.downstream()}],
    }


def _line_ends() -> dict[str, Any]:
    """Refuse lines of HTTP/1 that end with LF alone, which Envoy by itself takes."""
    code = resources.files(__package__).joinpath("line_ends.wasm").read_bytes()
    # In the file itself: a container of plain Envoy then needs nothing else.
    machine = {
        "runtime": "envoy.wasm.runtime.v8",
        "code": {"local": {"inline_bytes": base64.b64encode(code).decode()}},
    }
    return {
        "name": "envoy.filters.network.wasm",
        "typed_config": {
            "@type": f"{_HCM}.wasm.v3.Wasm",
            "config": {
                "name": "line_ends",
                "vm_config": machine,
                "failure_policy": "FAIL_RELOAD",
            },
        },
    }


_WATCHDOG: Final = {"miss_timeout": "2s", "megamiss_timeout": "4s"}


def _overload_manager() -> dict[str, Any]:
    """Bound the connections and the memory.

    The fuller the heap, the less is waited for bodies that make no progress; the streams of HTTP/2
    that hold most of it are ended, and at last no request is taken.
    """
    heap = "envoy.resource_monitors.fixed_heap"

    def action(name: str, trigger: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
        return {
            "name": f"envoy.overload_actions.{name}",
            "triggers": [{"name": heap, **trigger}],
            **settings,
        }

    filling = {"scaled": {"scaling_threshold": 0.6, "saturation_threshold": 0.95}}
    least_patience = {"timer": "HTTP_DOWNSTREAM_STREAM_IDLE", "min_scale": {"value": 10}}
    kind = "type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig"
    patience = {"@type": kind, "timer_scale_factors": [least_patience]}
    return {
        "refresh_interval": "0.5s",
        "resource_monitors": [
            _monitor(
                "envoy.resource_monitors.global_downstream_max_connections",
                "downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=_MAX_CONNECTIONS,
            ),
            _monitor(heap, "fixed_heap.v3.FixedHeapConfig", max_heap_size_bytes=_HEAP_BYTES),
        ],
        "buffer_factory_config": {"minimum_account_to_track_power_of_two": _COUNTED_FROM},
        "actions": [
            action("shrink_heap", {"threshold": {"value": 0.75}}),
            action("reduce_timeouts", filling, typed_config=patience),
            action("reset_high_memory_stream", filling),
            action("stop_accepting_requests", {"threshold": {"value": 0.97}}),
        ],
    }


def _monitor(name: str, kind: str, **settings: Any) -> dict[str, Any]:
    config = {"@type": f"type.googleapis.com/envoy.extensions.resource_monitors.{kind}"}
    return {"name": name, "typed_config": {**config, **settings}}


def _access_log() -> list[dict[str, Any]]:
    """Return the access logs of the connection manager, on standard output; probes are left out."""
    kind = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "filter": {"not_health_check_filter": {}},
            "typed_config": {"@type": kind, "log_format": {"json_format": _LOG_FIELDS}},
        }
    ]
