"""Addresses that a process listens on or connects to, as `host:port`."""

import re
from ipaddress import ip_address
from typing import NamedTuple

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
    """Whether the host is a number rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    return host == "localhost" or (is_ip(host) and ip_address(host).is_loopback)
