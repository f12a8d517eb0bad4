"""What the contracts say about methods."""

import json
from importlib.resources import files

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.working_memory.v1 import service_pb2 as working
from agent_memory_services.kit.contract.methods import method_policies

SERVICES = [
    service
    for module in (extraction, long_term, working)
    for service in module.DESCRIPTOR.services_by_name.values()
]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_method_declares_its_access(service: ServiceDescriptor) -> None:
    """An undeclared method would be refused to everybody."""
    for policy in method_policies(service).values():
        assert policy.access in {
            Access.ACCESS_READER,
            Access.ACCESS_WRITER,
            Access.ACCESS_ADMIN,
        }, policy.full_name


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_deadlines_are_those_of_the_clients(service: ServiceDescriptor) -> None:
    """Server and clients read the same contract."""
    config = json.loads(files("agent_memory").joinpath("service_config.json").read_text())
    deadlines = config["deadlines_seconds"]
    for name, policy in method_policies(service).items():
        assert policy.deadline == deadlines.get(name)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_single_call_may_be_repeated(service: ServiceDescriptor) -> None:
    """Clients retry such calls, so each is idempotent by itself or by its request id."""
    for policy in method_policies(service).values():
        assert policy.idempotent or policy.client_streaming, policy.full_name


def test_a_policy_tells_what_the_descriptor_says() -> None:
    """Access, deadline, idempotency, types and shape of known methods."""
    policies = method_policies(working.DESCRIPTOR.services_by_name["WorkingMemoryService"])
    append = policies["/agent_memory.working_memory.v1.WorkingMemoryService/AppendMessages"]
    assert (append.service, append.method) == (
        "agent_memory.working_memory.v1.WorkingMemoryService",
        "AppendMessages",
    )
    assert (append.access, append.deadline) == (Access.ACCESS_WRITER, 5.0)
    assert (append.idempotent, append.mutating, append.shape) == (True, True, "unary")
    assert append.request_type is working.AppendMessagesRequest
    watch = policies["/agent_memory.working_memory.v1.WorkingMemoryService/WatchWorkingMemory"]
    assert (watch.deadline, watch.mutating, watch.shape) == (None, False, "server_stream")
    policies = method_policies(long_term.DESCRIPTOR.services_by_name["LongTermMemoryService"])
    imports = policies["/agent_memory.long_term_memory.v1.LongTermMemoryService/ImportMemories"]
    assert (imports.idempotent, imports.shape) == (False, "client_stream")


def test_an_undeclared_method_allows_nothing_and_may_change_anything() -> None:
    """Silence in a contract is read the careful way."""
    file = FileDescriptorProto(name="bare.proto", package="bare", syntax="proto3")
    file.message_type.add(name="M")
    method = file.service.add(name="S").method.add(name="Do", input_type=".bare.M")
    method.output_type = ".bare.M"
    method.client_streaming = method.server_streaming = True
    pool = DescriptorPool()
    pool.Add(file)
    (policy,) = method_policies(pool.FindServiceByName("bare.S")).values()
    assert policy.access == Access.ACCESS_UNSPECIFIED
    assert (policy.deadline, policy.idempotent, policy.mutating) == (None, False, True)
    assert policy.shape == "bidi_stream"
