"""From the URL a caller writes to the target gRPC connects to."""

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from agent_memory_client.errors import invalid

_DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443}
_SECURE = {"https", "grpcs"}
_NATIVE = {"dns", "ipv4", "ipv6", "unix", "unix-abstract", "xds"}


class Address(NamedTuple):
    """Where a service listens.

    Attributes:
        target: A gRPC target, such as `dns:///localhost:8000`.
        secure: Whether the connection uses TLS.
        loopback: Whether only this machine can be meant, so that no proxy is asked.
    """

    target: str
    secure: bool
    loopback: bool


def parse_address(url: str) -> Address:
    """Read `http(s)://host[:port]`, `grpc(s)://host[:port]`, `host:port` or a gRPC target.

    Host names resolve through DNS to every address behind them, so that calls are spread over
    the replicas of a headless service.

    Raises:
        MemoryValidationError: The URL has another form, or parts that have no meaning here.
    """
    scheme, separator, _ = url.partition(":")
    if separator and scheme in _NATIVE:
        return Address(url, secure=False, loopback=scheme.startswith("unix"))
    parts = _split(url)
    host, port = parts.hostname, _port(url, parts)
    if not host:
        raise invalid("base_url", f"{url!r} names no host")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise invalid("base_url", f"{url!r} may hold a scheme, a host and a port only")
    name = f"[{host}]" if ":" in host else host
    return Address(f"dns:///{name}:{port}", parts.scheme in _SECURE, _is_loopback(host))


def _split(url: str) -> SplitResult:
    if "://" not in url:
        parts = urlsplit(f"grpc://{url}")
        if _port_or_none(url, parts) is None:
            raise invalid("base_url", f"{url!r} needs a scheme or a port")
        return parts
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        known = ", ".join(sorted(_DEFAULT_PORTS))
        raise invalid("base_url", f"scheme of {url!r} is none of {known}")
    return parts


def _port(url: str, parts: SplitResult) -> int:
    port = _port_or_none(url, parts)
    return _DEFAULT_PORTS[parts.scheme] if port is None else port


def _port_or_none(url: str, parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise invalid("base_url", f"port of {url!r} is no number between 1 and 65535")
    return port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
