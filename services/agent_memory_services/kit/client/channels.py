"""Channels to the other services of the suite."""

import json
from importlib.resources import files

import grpc

from agent_memory_services.kit.auth.own_identity import ANONYMOUS, OwnIdentity
from agent_memory_services.kit.client.outgoing import (
    Connection,
    OutgoingChannel,
    acting_for,
    call_metadata,
)
from agent_memory_services.kit.contract.transport import channel_options, is_ip, parse_address

__all__ = ["acting_for", "call_metadata", "open_channel"]

_CONTRACT = json.loads(files("agent_memory").joinpath("service_config.json").read_text())
_DEADLINES: dict[str, float] = _CONTRACT["deadlines_seconds"]
_SCHEMES = frozenset({"dns", "ipv4", "ipv6", "unix"})
_NAMED = frozenset(_CONTRACT["named_by_request_id"])
_SERVICE_CONFIG = json.dumps(_CONTRACT["named_calls_service_config"])


def open_channel(
    address: str,
    *,
    identity: OwnIdentity = ANONYMOUS,
    max_message_bytes: int = 16 * 1024 * 1024,
    wait_for_ready: bool = False,
) -> grpc.aio.Channel:
    """A channel to the service at `address`, for a stub of the contracts.

    Every call acts for the present principal, carries the present request id, and has a
    deadline: the one it is given, or else the method's own, and never more than is left of the
    present call. Calls are retried by the library; those that change something carry a name, by
    which the other service knows a repetition. Refusals are raised as `ServiceError`. A name is
    resolved again when connections end, and all its addresses are used.

    Args:
        address: where the service listens, as `host:port` or as a gRPC target, which may list
            several replicas: `ipv4:10.0.0.1:50051,10.0.0.2:50051`.
        identity: how this process shows itself to it.
        max_message_bytes: the largest message, both ways.
        wait_for_ready: wait for a connection until the deadline, instead of failing at once.
    """
    options = [*channel_options(max_message_bytes), ("grpc.service_config", _SERVICE_CONFIG)]
    connection = Connection(_target(address), options, identity)
    return OutgoingChannel(connection, identity, _DEADLINES, _NAMED, wait_for_ready=wait_for_ready)


def _target(address: str) -> str:
    if address.partition(":")[0] in _SCHEMES:
        return address
    host = parse_address(address).host
    return address if is_ip(host) else f"dns:///{address}"
