"""The order of the steps."""

from agent_memory.working_memory.v1 import service_pb2
from agent_memory_services.kit.auth.authenticator import TrustEveryone
from agent_memory_services.kit.contract.methods import method_policies
from agent_memory_services.kit.observe.metrics import CallMeters
from agent_memory_services.kit.redis import client
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps.admission import Admission
from agent_memory_services.kit.server.steps.order import ordered_steps
from tests.support.settings import configured

POLICIES = method_policies(service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"]).values()


def _names(settings: ProcessSettings) -> list[str]:
    steps = ordered_steps(
        settings,
        POLICIES,
        meters=CallMeters(POLICIES, lambda: 0),
        admission=Admission(1),
        authenticator=TrustEveryone("default"),
        store=client.connect("redis://127.0.0.1:1"),
    )
    return [step.name for step in steps]


def test_the_steps_stand_in_the_order_that_is_argued_for() -> None:
    """Counting and logging outside mapping, auth before anything reads the request."""
    settings = configured(
        ProcessSettings,
        auth="api-key",
        api_key_pepper_file="pepper",
        memory_limit_bytes=1,
        calls_per_second_per_tenant=1,
    )
    assert _names(settings) == [
        "context",
        "metrics",
        "access log",
        "error mapping",
        "memory",
        "admission",
        "auth",
        "congestion",
        "auth recheck",
        "fair shares",
        "deadline",
        "validation",
        "idempotency",
    ]


def test_what_is_not_asked_for_costs_nothing() -> None:
    """Steps without anything to do are not there at all."""
    names = _names(ProcessSettings(max_memory_fraction=0))
    assert not {"memory", "auth recheck", "fair shares"} & set(names)


def test_the_access_log_can_be_left_out() -> None:
    """Where a gateway already logs every call, one line is enough."""
    assert "access log" not in _names(ProcessSettings(access_log=False))
