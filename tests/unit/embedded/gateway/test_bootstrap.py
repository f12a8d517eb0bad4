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
from scripts import build_line_ends

from agent_memory.common.v1.policy_pb2 import policy
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_ORIGINS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import services_by_backend
from agent_memory_services.embedded.gateway.tls import GatewayTls
from agent_memory_services.kit.contract.transport import Address

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
    manager: dict[str, Any] = listener["filter_chains"][0]["filters"][-1]["typed_config"]
    return manager


def test_the_compiled_filter_is_that_of_its_source() -> None:
    """`scripts/build_line_ends.py` was run after the last change of the source."""
    section = build_line_ends.digest_section(build_line_ends.SOURCE.read_bytes())
    assert build_line_ends.MODULE.read_bytes().endswith(section)


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


def _routes() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _manager(_config())["route_config"]["virtual_hosts"][0]["routes"]
    return found


def _of_service_one(*, json: bool) -> dict[str, dict[str, Any]]:
    """What is done with calls of one service that came as JSON, or by gRPC."""
    return {
        route["name"].rpartition("/")[2]: route["route"]
        for route in _routes()
        if "OneService" in route["name"] and bool(route["match"]["headers"]) == json
    }


def test_every_method_has_a_route_to_its_backend() -> None:
    """Calls are routed by method; what nobody serves leads nowhere."""
    leads = {route["name"]: route["route"]["cluster"] for route in _routes() if "route" in route}
    assert leads == {
        **{f"/agent_memory.one.v1.OneService/{name}": "one" for name in ("Put", "Get", "Watch")},
        **{f"/agent_memory.two.v1.TwoService/{name}": "two" for name in ("Put", "Get", "Watch")},
        **{
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo": "one"
            for version in ("v1", "v1alpha")
        },
        "elsewhere": "none",
    }


def test_json_waits_a_little_longer_than_the_service_takes() -> None:
    """The service ends the call first, and has the better answer; a stream may stay open."""
    limits = {name: route["timeout"] for name, route in _of_service_one(json=True).items()}
    assert limits == {"Put": "21s", "Get": "0s", "Watch": "0s"}


def test_a_grpc_callers_deadline_counts_as_it_is() -> None:
    """However long or short it is; where there is none, the service sets the method's."""
    for route in _of_service_one(json=False).values():
        assert route["timeout"] == "0s"
        assert route["max_stream_duration"] == {"grpc_timeout_header_max": "0s"}


@pytest.mark.parametrize("as_json", [True, False])
def test_only_what_may_be_repeated_is_repeated(*, as_json: bool) -> None:
    """A call that may have begun is tried again where its method says that this does no harm."""
    repeated = {
        name
        for name, route in _of_service_one(json=as_json).items()
        if "reset" in route["retry_policy"]["retry_on"].split(",")
    }
    assert repeated == {"Get"}


def test_what_is_repeated_under_a_name_gets_one_of_its_own() -> None:
    """Another for each request, whatever its caller calls it; nothing else is named."""
    files = FileDescriptorSet.FromString(TWO)
    one = files.file[0]
    one.message_type.add(name="ChangeRequest").field.add(name="request_id")
    change = one.service[0].method.add(name="Change", input_type=f".{one.package}.ChangeRequest")
    one.service[0].method.add(name="Send", client_streaming=True, input_type=change.input_type)
    backends = {"one": Address("one.internal", 1), "two": Address("two.internal", 2)}
    config = bootstrap(files.SerializeToString(), listen=LISTEN, backends=backends)
    routes = _manager(config)["route_config"]["virtual_hosts"][0]["routes"]
    name = {
        "header": {"key": "x-agent-memory-call-id", "value": "%UNIQUE_ID%"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
    named = [route for route in routes if name in route.get("request_headers_to_add", [])]
    assert {route["name"] for route in named} == {f"/{one.package}.OneService/Change"}
    assert len(named) == 2
    for route in named:
        assert "reset" in route["route"]["retry_policy"]["retry_on"].split(",")


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


def test_as_many_calls_as_run_are_tried_elsewhere() -> None:
    """A dead replica takes all its calls along at once; Envoy would try three of them again."""
    for backend in _config()["static_resources"]["clusters"]:
        (threshold,) = backend["circuit_breakers"]["thresholds"]
        assert threshold["max_retries"] == threshold["max_requests"]
        assert threshold["max_requests"] > 10_000


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
