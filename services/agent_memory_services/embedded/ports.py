"""Free ports for children that take a number, not a socket."""

import errno
import os
import socket

from agent_memory_services.embedded.errors import (
    CannotListenError,
    PortTakenError,
    UnknownHostError,
)
from agent_memory_services.kit.contract.transport import Address


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port on `host` that the kernel gives to no other process for about a minute.

    The port is left in TIME_WAIT: it is out of the ephemeral range until that ends, while a
    server that binds it by number, with SO_REUSEADDR as all servers do, gets it. Binding to 0 and
    closing would leave a gap in which any outgoing connection may take the number.
    """
    with socket.create_server((host, 0), family=_family(host), backlog=1) as listener:
        address = listener.getsockname()
        with socket.create_connection(address[:2]) as client:
            accepted, _ = listener.accept()
            # The side that closes first is the one that keeps TIME_WAIT.
            accepted.close()
            client.recv(1)
    return int(address[1])


def require_free(what: str, host: str, port: int, option: str = "") -> None:
    """Check that no process listens on `host:port` before a child is started there.

    Left to itself a child may share the port silently (SO_REUSEPORT) instead of failing. `option`
    is what chooses another port.

    Raises:
        PortTakenError: another process listens there.
        CannotListenError: the address is none of this machine, or the port not for us.
    """
    try:
        socket.create_server((host, port), family=_family(host), backlog=1).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(what, host, port, option) from error
        # The library adds the address, which is said already.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListenError(what, host, port, why, option) from error


def listening(host: str, port: int) -> Address:
    """Return the IP address and port to listen on for a host name or address, and port 0 for any.

    Raises:
        UnknownHostError: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise UnknownHostError(host) from None
    # A name with both kinds, such as localhost, is dialled by IPv4 everywhere.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    ip = str(found[0][4][0])
    return Address(ip, port or free_port(ip))


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET
