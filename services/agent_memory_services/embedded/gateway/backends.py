"""Envoy clusters: the services behind the gateway and how it judges their health."""

from collections.abc import Sequence
from typing import Any

from agent_memory_services.embedded.gateway.tls import GatewayTls
from agent_memory_services.kit.contract.transport import Address, is_ip

_TYPE = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_MAX_CALLS = 16_384
# As often as the services' own channels ask for a sign of life.
_PINGS = {"interval": "30s", "timeout": "10s"}
# A host that cannot be connected to gets no more calls, of which it would draw the most because it
# has the fewest. It is back once a health check succeeds. Nothing that a host answers counts: its
# UNAVAILABLE may be the store's. The last half of the hosts stays, for health checks to judge.
_NOT_CONNECTED = {
    "split_external_local_origin_errors": True,
    "consecutive_local_origin_failure": 1,
    "enforcing_local_origin_success_rate": 0,
    "enforcing_consecutive_5xx": 0,
    "enforcing_consecutive_gateway_failure": 0,
    "enforcing_success_rate": 0,
    "interval": "1s",
    "base_ejection_time": "1s",
    "max_ejection_time": "5s",
    "max_ejection_percent": 50,
}


def cluster(
    name: str, address: Address, services: Sequence[str], tls: GatewayTls
) -> dict[str, Any]:
    """Return the cluster of one backend, which serves `services` at every address behind the name.

    A host name may stand for many replicas (a headless Kubernetes Service): calls are spread over
    all of them.
    """
    return {
        "name": name,
        "type": "STATIC" if is_ip(address.host) else "STRICT_DNS",
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        # While any is healthy, the others get no calls; while none is, all are tried.
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": envoy_address(address)}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": _TYPE,
                "explicit_http_config": {
                    "http2_protocol_options": {"connection_keepalive": _PINGS}
                },
            }
        },
        "health_checks": [_health_check(service) for service in services],
        "outlier_detection": _NOT_CONNECTED,
        # Admission is the services' business: they answer with a reason and when to come back.
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_requests": _MAX_CALLS,
                    "max_pending_requests": _MAX_CALLS,
                    # All calls that wait for a connection are tried elsewhere when it fails.
                    "max_retries": _MAX_CALLS,
                }
            ]
        },
        **tls.upstream(address.host),
    }


def envoy_address(address: Address) -> dict[str, Any]:
    """Return the address as an Envoy `core.v3.Address`."""
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _health_check(service: str) -> dict[str, Any]:
    return {
        "timeout": "1s",
        # Whoever cannot be connected to gets no calls anyway, and whoever ends says so for longer.
        # A backend's own library stays awake for a good part of a second after each question.
        "interval": "2s",
        # The default asks an idle backend once a minute only.
        "no_traffic_interval": "2s",
        # One that came back is needed.
        "unhealthy_interval": "0.25s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "grpc_health_check": {"service_name": service},
    }
