"""Metrics of calls."""

import urllib.request

import grpc
from prometheus_client import Counter
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agent_memory.long_term_memory.v1 import service_pb2
from agent_memory_services.kit.contract.methods import method_policies
from agent_memory_services.kit.observe.metrics import GO_CODES, CallMeters, exposed

POLICIES = method_policies(
    service_pb2.DESCRIPTOR.services_by_name["LongTermMemoryService"]
).values()


def test_codes_are_spelt_as_in_go() -> None:
    """Public dashboards match on these."""
    assert sorted(GO_CODES.values()) == [
        "Aborted",
        "AlreadyExists",
        "Canceled",
        "DataLoss",
        "DeadlineExceeded",
        "FailedPrecondition",
        "Internal",
        "InvalidArgument",
        "NotFound",
        "OK",
        "OutOfRange",
        "PermissionDenied",
        "ResourceExhausted",
        "Unauthenticated",
        "Unavailable",
        "Unimplemented",
        "Unknown",
    ]


def test_every_series_exists_from_the_start() -> None:
    """A method nobody called has a rate of zero, under the well-known names and labels."""
    meters = CallMeters(POLICIES, lambda: 3)
    with exposed("127.0.0.1:0", meters):
        written = generate_latest(meters.registry).decode()
    families = {family.name: family for family in text_string_to_metric_families(written)}
    assert set(families) == {
        "grpc_server_started",
        "grpc_server_handled",
        "grpc_server_msg_received",
        "grpc_server_msg_sent",
        "grpc_server_handling_seconds",
        "agent_memory_calls_in_flight",
        "agent_memory_store_round_trips",
    }
    handled = families["grpc_server_handled"].samples
    assert len(handled) == len(POLICIES) * len(grpc.StatusCode)
    assert {sample.name for sample in handled} == {"grpc_server_handled_total"}
    assert {sample.labels["grpc_type"] for sample in handled} == {
        "unary",
        "client_stream",
        "server_stream",
    }
    assert set(handled[0].labels) == {"grpc_type", "grpc_service", "grpc_method", "grpc_code"}
    assert families["agent_memory_calls_in_flight"].samples[0].value == 3


def test_the_endpoint_shows_calls_and_what_else_is_registered() -> None:
    """Domain metrics need no wiring of their own."""
    Counter("tests_of_metrics", "Registered globally.").inc()
    with (
        exposed("127.0.0.1:0", CallMeters(POLICIES, lambda: 0)) as address,
        urllib.request.urlopen(f"http://{address}/metrics") as response,
    ):
        text = response.read().decode()
    assert "tests_of_metrics_total 1.0" in text
    assert "grpc_server_started_total" in text
    assert "process_cpu_seconds_total" in text


def test_no_address_serves_nothing() -> None:
    """Metrics can be turned off."""
    with exposed("", CallMeters(POLICIES, lambda: 0)) as address:
        assert address == ""
