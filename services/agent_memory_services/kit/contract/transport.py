"""Addresses, and the gRPC options that servers and channels agree on."""

import math
import re
from ipaddress import ip_address
from typing import NamedTuple

import grpc

from agent_memory_services.kit.contract.environment import AddressTakenError

_HIGHEST_PORT = 65535
_NAME = re.compile(r"[A-Za-z0-9._-]+").fullmatch


class Address(NamedTuple):
    """A host and a port; an IPv6 host stands without its brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `host:port`, `[v6 host]:port`.

    Raises:
        ValueError: it is neither.
    """
    host, separator, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if bracketed:
        host = host[1:-1]
    valid_port = port.isascii() and port.isdigit() and int(port) <= _HIGHEST_PORT
    valid_host = is_ip(host) if bracketed else _NAME(host)
    if not (separator and valid_host and valid_port) or (":" in host) != bracketed:
        raise ValueError("must be host:port, with an IPv6 host in brackets")
    return Address(host, int(port))


def is_ip(host: str) -> bool:
    """Return true if the host is a number rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return true if only this machine can reach the host."""
    return host == "localhost" or (is_ip(host) and ip_address(host).is_loopback)


_PING_SECONDS = 30.0
_CLIENT_PING_TIMEOUT_MS = 10_000
# A service that was restarted is needed again at once; the usual second doubles up to two minutes.
_FIRST_RECONNECT_MS = 100
_MAX_RECONNECT_MS = 1_000
# One that moved, too; usually half a minute passes before a name is asked for again.
_MIN_RESOLUTION_MS = 1_000
# The part of the clients' interval that has to pass between two pings, with room for late timers:
# a stricter server would end their connections as abuse.
_MIN_PING_FRACTION = 2 / 3
# Who connects says what it speaks at once.
_HANDSHAKE_MS = 10_000
# More than the gateway lets through, because its refusal has details and the library's has none.
_MAX_METADATA_BYTES = 96 * 1024
# Requests are limited before they are parsed, where a refusal can say so; what is larger still
# the library refuses by itself, without details. Answers may be as large as that.
_TRANSPORT_FACTOR = 2
# A call that runs as long as any may is over by then.
_MARGIN_SECONDS = 60.0
# What the library's numbers hold.
_LARGEST = 2**31 - 1

Options = list[tuple[str, str | int]]


def max_answer_bytes(max_message_bytes: int) -> int:
    """The largest answer, where a request may have `max_message_bytes`.

    What was written in one message comes back in one, with what the services add to it.
    """
    return _TRANSPORT_FACTOR * max_message_bytes


def server_options(max_message_bytes: int, *, ping_seconds: float = _PING_SECONDS) -> Options:
    """Options of a server whose clients ping every `ping_seconds`, whether they call or not."""
    return [
        # Two servers on one port would share it without a word.
        ("grpc.so_reuseport", 0),
        (
            "grpc.http2.min_ping_interval_without_data_ms",
            _milliseconds(ping_seconds * _MIN_PING_FRACTION),
        ),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.max_metadata_size", _MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", _MAX_METADATA_BYTES),
        *_message_caps(max_message_bytes),
    ]


def aging_options(age_seconds: float, longest_call_seconds: float) -> Options:
    """Options of a server whose connections end after `age_seconds`, give or take a tenth.

    Callers connect again at once, and then find replicas that have been added. Calls that run at
    that moment go on where they are: the grace is longer than any of them.
    """
    if not age_seconds:
        return []
    grace = longest_call_seconds + _MARGIN_SECONDS
    return [
        ("grpc.max_connection_age_ms", _milliseconds(age_seconds)),
        ("grpc.max_connection_age_grace_ms", _milliseconds(grace)),
    ]


def waiting_options(calls: int, longest_call_seconds: float) -> Options:
    """Options of a server at which so many calls may wait to be looked at.

    The library begins to drop them at a thousand, or after thirty seconds, without a word of when
    to try again. Those that are looked at are told, and their own deadlines end the others.
    """
    longest_wait = math.ceil(longest_call_seconds + _MARGIN_SECONDS)
    return [
        ("grpc.server.max_pending_requests", calls),
        ("grpc.server.max_pending_requests_hard_limit", calls),
        ("grpc.server_max_unrequested_time_in_server", min(longest_wait, _LARGEST)),
    ]


def bind(server: grpc.aio.Server, listen: str, credentials: grpc.ServerCredentials | None) -> str:
    """Let a server listen, by TLS where there are credentials; the address with its real port.

    Raises:
        AddressTakenError: the address is taken.
    """
    try:
        if credentials is None:
            port = server.add_insecure_port(listen)
        else:
            port = server.add_secure_port(listen, credentials)
    except RuntimeError:
        raise AddressTakenError(listen) from None
    return str(Address(parse_address(listen).host, port))


def channel_options(max_message_bytes: int, *, ping_seconds: float = _PING_SECONDS) -> Options:
    """Options of a channel that pings every `ping_seconds`, whether it calls or not."""
    return [
        ("grpc.keepalive_time_ms", _milliseconds(ping_seconds)),
        ("grpc.keepalive_timeout_ms", _CLIENT_PING_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", _FIRST_RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", _MAX_RECONNECT_MS),
        ("grpc.dns_min_time_between_resolutions_ms", _MIN_RESOLUTION_MS),
        *_message_caps(max_message_bytes),
    ]


def _milliseconds(seconds: float) -> int:
    return min(int(seconds * 1000), _LARGEST)


def _message_caps(max_message_bytes: int) -> Options:
    cap = max_answer_bytes(max_message_bytes)
    return [
        ("grpc.max_receive_message_length", cap),
        ("grpc.max_send_message_length", cap),
    ]
