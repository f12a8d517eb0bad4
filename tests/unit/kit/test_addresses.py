"""Addresses."""

import pytest

from agent_memory_services.kit.contract.transport import Address, is_ip, is_loopback, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:50051", Address("127.0.0.1", 50051)),
        ("memory.internal:0", Address("memory.internal", 0)),
        ("[::1]:65535", Address("::1", 65535)),
    ],
)
def test_an_address_reads_and_spells_the_same(text: str, address: Address) -> None:
    """Host and port come apart and together again."""
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["", "host", ":80", "host:", "host:x", "host:65536", "::1:80", "[host:80", "host:²"]
)
def test_anything_else_is_refused(text: str) -> None:
    """A slip in an address does not become another address."""
    with pytest.raises(ValueError, match="host:port"):
        parse_address(text)


def test_loopback_is_what_only_this_machine_reaches() -> None:
    """The wildcard addresses and foreign names are not."""
    assert all(map(is_loopback, ["127.0.0.1", "127.8.8.8", "::1", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "10.0.0.1", "localhost.example.com"]))
    assert is_ip("::1")
    assert not is_ip("localhost")
