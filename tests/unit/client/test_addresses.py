"""Reading the URL of a service."""

import pytest

from agent_memory_client import MemoryValidationError
from agent_memory_client._config import parse_address


@pytest.mark.parametrize(
    ("url", "target", "secure", "loopback"),
    [
        ("http://localhost:8000", "dns:///localhost:8000", False, True),
        ("http://localhost:8000/", "dns:///localhost:8000", False, True),
        ("https://memory.example.com", "dns:///memory.example.com:443", True, False),
        ("http://memory.example.com", "dns:///memory.example.com:80", False, False),
        ("grpc://10.0.0.7:50051", "dns:///10.0.0.7:50051", False, False),
        ("grpcs://memory:50051", "dns:///memory:50051", True, False),
        ("memory:50051", "dns:///memory:50051", False, False),
        ("127.0.0.1:50051", "dns:///127.0.0.1:50051", False, True),
        ("[::1]:50051", "dns:///[::1]:50051", False, True),
        ("http://[2001:db8::1]", "dns:///[2001:db8::1]:80", False, False),
        ("dns:///memory-headless:50051", "dns:///memory-headless:50051", False, False),
        ("unix:/run/memory.sock", "unix:/run/memory.sock", False, True),
    ],
)
def test_urls_become_targets(url: str, target: str, *, secure: bool, loopback: bool) -> None:
    """Scheme, host and port decide the target, TLS and whether a proxy may be asked."""
    assert parse_address(url) == (target, secure, loopback)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://",
        "ftp://localhost:8000",
        "http://localhost:8000/v1",
        "http://user:secret@localhost:8000",
        "http://localhost:8000?x=1",
        "http://localhost:99999",
        "http://localhost:0",
        "localhost:port",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Parts without a meaning are refused rather than dropped."""
    with pytest.raises(MemoryValidationError, match="base_url"):
        parse_address(url)
