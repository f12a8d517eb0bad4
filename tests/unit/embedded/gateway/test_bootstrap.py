"""The gateway's configuration follows from the descriptors and the addresses."""

import json
import re
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    FileDescriptorSet,
    MethodOptions,
    ServiceDescriptorProto,
)

from agent_memory.common.v1.policy_pb2 import policy
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_ORIGINS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import services_by_backend
from agent_memory_services.embedded.gateway.tls import GatewayTls
from agent_memory_services.runtime.addresses import Address

LISTEN = Address("127.0.0.1", 8000)


def _descriptors(*services: str) -> bytes:
    files = FileDescriptorSet()
    for full_name in services:
        package, _, name = full_name.rpartition(".")
        file = files.file.add(name=f"{full_name}.proto", package=package)
        _add_methods(file.service.add(name=name))
    return files.SerializeToString()


def _add_methods(service: ServiceDescriptorProto) -> None:
    put = service.method.add(name="Put")
    put.options.Extensions[policy].default_deadline.FromSeconds(20)
    get = service.method.add(name="Get")
    get.options.idempotency_level = MethodOptions.NO_SIDE_EFFECTS
    service.method.add(name="Watch", server_streaming=True).options.CopyFrom(get.options)


TWO = _descriptors("agent_memory.one.v1.OneService", "agent_memory.two.v1.TwoService")


def _config(**options: Any) -> dict[str, Any]:
    backends = {"one": Address("one.internal", 50051), "two": Address("10.0.0.2", 50052)}
    return bootstrap(TWO, listen=LISTEN, backends=backends, **options)


def _manager(config: dict[str, Any]) -> dict[str, Any]:
    (listener,) = config["static_resources"]["listeners"]
    manager: dict[str, Any] = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def test_services_are_found_by_backend() -> None:
    """Every service of our packages belongs to the backend its package names; others are left."""
    found = services_by_backend(
        _descriptors(
            "agent_memory.one.v1.OneService",
            "agent_memory.one.v2.OneService",
            "agent_memory.two.v1.TwoService",
            "grpc.health.v1.Health",
        )
    )
    assert found == {
        "one": ["agent_memory.one.v1.OneService", "agent_memory.one.v2.OneService"],
        "two": ["agent_memory.two.v1.TwoService"],
    }


def _routes() -> dict[str, Any]:
    routes = _manager(_config())["route_config"]["virtual_hosts"][0]["routes"]
    return {route["name"]: route for route in routes}


def test_every_method_has_a_route_to_its_backend() -> None:
    """Calls are routed by method; what nobody serves leads nowhere."""
    leads = {
        name: route["route"]["cluster"] for name, route in _routes().items() if "route" in route
    }
    assert leads == {
        **{f"/agent_memory.one.v1.OneService/{name}": "one" for name in ("Put", "Get", "Watch")},
        **{f"/agent_memory.two.v1.TwoService/{name}": "two" for name in ("Put", "Get", "Watch")},
        "elsewhere": "none",
    }


def test_a_call_has_its_callers_deadline_or_its_methods() -> None:
    """The gateway waits a little longer than the service, which has the better answer."""
    limits = {
        name.rpartition("/")[2]: route["route"]["max_stream_duration"]
        for name, route in _routes().items()
        if "OneService" in name
    }
    callers = {"grpc_timeout_header_max": "0s"}
    assert limits == {
        "Put": {**callers, "max_stream_duration": "21s"},
        "Get": callers,
        "Watch": callers,
    }


def test_only_what_may_be_repeated_is_repeated() -> None:
    """A call that may have begun is tried again where its method says that this does no harm."""
    after_begin = {
        name.rpartition("/")[2]
        for name, route in _routes().items()
        if "reset" in route.get("route", {}).get("retry_policy", {}).get("retry_on", "").split(",")
    }
    assert after_begin == {"Get"}


def test_services_are_called_by_the_name_in_their_certificate() -> None:
    """With authorities every call is encrypted, and another certificate is not taken."""
    tls = GatewayTls(certificate="/tls/tls.crt", key="/tls/tls.key", ca="/tls/ca.crt")
    one, _ = _config(tls=tls)["static_resources"]["clusters"]
    context = one["transport_socket"]["typed_config"]
    validation = context["common_tls_context"]["validation_context"]
    assert context["sni"] == "one.internal"
    assert validation["match_typed_subject_alt_names"][0]["matcher"] == {"exact": "one.internal"}
    assert "transport_socket" not in _config()["static_resources"]["clusters"][0]


def test_every_backend_is_checked_by_its_services_names() -> None:
    """Health is asked per service, and names are resolved while IP addresses are not."""
    one, two = _config()["static_resources"]["clusters"]
    assert (one["type"], two["type"]) == ("STRICT_DNS", "STATIC")
    (check,) = one["health_checks"]
    assert check["grpc_health_check"] == {"service_name": "agent_memory.one.v1.OneService"}


def test_missing_address_is_refused() -> None:
    """A service without an address is an error at once, not a 404 later."""
    with pytest.raises(ValueError, match="two"):
        bootstrap(TWO, listen=LISTEN, backends={"one": Address("one", 1)})


def test_there_is_no_admin_interface() -> None:
    """Envoy's admin page can stop the gateway, so it is not served."""
    assert "admin" not in _config()


def test_configuration_is_json() -> None:
    """The whole configuration can be written to a file as it is."""
    assert json.loads(json.dumps(_config())) == _config()


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("http://localhost", True),
        ("http://localhost:3000", True),
        ("https://127.0.0.1:8443", True),
        ("http://[::1]:3000", True),
        ("http://localhost.example.com", False),
        ("http://example.com:80", False),
        ("null", False),
    ],
)
def test_loopback_origins(origin: str, known: bool) -> None:
    """Only pages served from this machine may call by default."""
    assert any(re.fullmatch(pattern, origin) for pattern in LOOPBACK_ORIGINS) is known
