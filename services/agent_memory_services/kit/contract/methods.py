"""Policies of the methods, from the contracts: access, deadline, repeatability, shape."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from agent_memory.common.v1.policy_pb2 import Access, policy


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """One method, as its descriptor declares it.

    Attributes:
        full_name: the path on the wire, `/package.Service/Method`.
        service: the service's full name.
        method: the method's own name.
        access: what a caller must be allowed to do; unspecified refuses everybody.
        deadline: seconds a call may take when its caller names no deadline, or None.
        idempotent: the call may be repeated safely, under its request id where it takes one.
        mutating: the call may change something.
        request_type: class of a request message.
        response_type: class of a response message.
        client_streaming: the caller sends a stream.
        server_streaming: the server answers a stream.
    """

    full_name: str
    service: str
    method: str
    access: Access.ValueType
    deadline: float | None
    idempotent: bool
    mutating: bool
    request_type: type[Message]
    response_type: type[Message]
    client_streaming: bool = False
    server_streaming: bool = False

    @property
    def streaming(self) -> bool:
        """True if either side sends more than one message."""
        return self.client_streaming or self.server_streaming

    @property
    def open_ended(self) -> bool:
        """True if a call lasts as long as its caller likes, as a watch does."""
        return self.streaming and self.deadline is None

    @property
    def shape(self) -> str:
        """The shape in the words of the metrics."""
        match self.client_streaming, self.server_streaming:
            case False, False:
                return "unary"
            case True, False:
                return "client_stream"
            case False, True:
                return "server_stream"
        return "bidi_stream"


def method_policies(service: ServiceDescriptor) -> Mapping[str, MethodPolicy]:
    """The policies of a service's methods, by the path on the wire."""
    policies = [_policy_of(service, method) for method in service.methods]
    return {policy.full_name: policy for policy in policies}


def _policy_of(service: ServiceDescriptor, method: MethodDescriptor) -> MethodPolicy:
    options = method.GetOptions()
    declared = options.Extensions[policy]
    seconds = declared.default_deadline.ToNanoseconds() / 1e9
    named = "request_id" in method.input_type.fields_by_name
    return MethodPolicy(
        full_name=f"/{service.full_name}/{method.name}",
        service=service.full_name,
        method=method.name,
        access=declared.access,
        deadline=seconds or None,
        idempotent=named or options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        mutating=options.idempotency_level != MethodOptions.NO_SIDE_EFFECTS,
        request_type=GetMessageClass(method.input_type),
        response_type=GetMessageClass(method.output_type),
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
    )
