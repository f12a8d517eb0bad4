"""Ports handed to children are free and stay so."""

import socket

import pytest

from agent_memory_services.embedded.errors import PortTakenError, UnknownHostError
from agent_memory_services.embedded.ports import free_port, listening, require_free


def test_free_port_can_be_bound_and_is_given_once() -> None:
    """Ports given are distinct, and a server can listen on each."""
    ports = {free_port() for _ in range(50)}
    assert len(ports) == 50
    for port in ports:
        require_free("a server", "127.0.0.1", port)


def test_taken_port_is_refused() -> None:
    """A port with a listener that would share it is still taken."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"a server cannot listen on 127.0.0.1:{port}"):
            require_free("a server", "127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "ip"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")]
)
def test_a_host_name_becomes_an_address(host: str, ip: str) -> None:
    """Names are resolved, by IPv4 where they have both, and port 0 becomes a free one."""
    address = listening(host, 0)
    assert address.host == ip
    assert address.port > 0
    assert listening(host, 8000).port == 8000


def test_unknown_host_is_refused() -> None:
    """A name that does not resolve is an error that repeats it."""
    with pytest.raises(UnknownHostError, match=r"no\.such\.host\.invalid"):
        listening("no.such.host.invalid", 0)
