"""Options of servers and channels."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grpc._cython import cygrpc  # type: ignore[attr-defined] # private

from agent_memory_client import _channels
from agent_memory_client._config import parse_address
from agent_memory_services.embedded.gateway.bootstrap import ANY_HOST, bootstrap
from agent_memory_services.embedded.gateway.descriptors import (
    own_descriptors,
    own_openapi,
    services_by_backend,
)
from agent_memory_services.kit.contract.transport import (
    Address,
    aging_options,
    channel_options,
    server_options,
    waiting_options,
)

SERVER: dict[str, Any] = dict(server_options(1 << 20))
CHANNEL: dict[str, Any] = dict(channel_options(1 << 20))
CLIENT = dict(_channels._options(parse_address("http://127.0.0.1:1")))


ROOT = Path(__file__).parents[3]
LIBRARY = Path(cygrpc.__file__)
OPTION = re.compile(r"grpc\.[a-z0-9_.]+")
# What a page names between backticks; `grpc.io` is a site and `grpc.aio` a module.
NAMED = re.compile(r"`(grpc\.(?!aio|io)[a-z0-9_.]+)`")


def _texts(path: Path) -> Iterator[str]:
    """Every text that a module writes down, if one may be a name."""
    source = path.read_bytes()
    if not re.search(rb"[\"']grpc\.", source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _used() -> set[str]:
    """Names of options in the code and on the pages."""
    folders = ("services", "clients/python", "tests", "benchmarks", "scripts", "examples")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "clients").rglob("*.md")]
    return {
        *(text for path in modules for text in _texts(path) if OPTION.fullmatch(text)),
        *(name for path in pages for name in NAMED.findall(path.read_text())),
    }


@pytest.fixture(scope="module")
def used() -> set[str]:
    """Names of options that we name anywhere."""
    return _used()


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """Every text of the library that may be the name of an option."""
    return frozenset(
        text.decode() for text in re.findall(rb"grpc\.[a-z0-9_.]+(?=\0)", LIBRARY.read_bytes())
    )


def test_options_are_looked_for_where_they_are(used: set[str]) -> None:
    """In those of servers, of channels and of the client."""
    assert {*SERVER, *CHANNEL, *CLIENT} <= used


def test_the_library_knows_every_option_that_we_name(used: set[str], known: frozenset[str]) -> None:
    """It takes one that it does not know without a word."""
    assert used - known == set()


@pytest.mark.parametrize("pings", [CHANNEL, CLIENT], ids=["services", "client"])
def test_servers_allow_the_pings_that_channels_send(pings: dict[str, str | int]) -> None:
    """A stricter server would end our own connections as abuse."""
    ping = pings["grpc.keepalive_time_ms"]
    assert ping == 30_000
    assert SERVER["grpc.http2.min_ping_interval_without_data_ms"] < ping
    assert SERVER["grpc.keepalive_permit_without_calls"] == 1


def test_servers_allow_the_pings_that_the_gateway_sends() -> None:
    """Whichever of its connections it keeps alive."""
    backends = {name: Address("127.0.0.1", 1) for name in services_by_backend(own_descriptors())}
    config = bootstrap(
        own_descriptors(),
        listen=Address("127.0.0.1", 1),
        backends=backends,
        hosts=ANY_HOST,
        openapi=own_openapi(),
    )
    intervals = [float(text.removesuffix("s")) for text in _ping_intervals(config)]
    assert intervals
    allowed = SERVER["grpc.http2.min_ping_interval_without_data_ms"]
    assert all(seconds * 1000 > allowed for seconds in intervals)


def _ping_intervals(config: object) -> Iterator[str]:
    """Every interval of pings in a configuration, as `60s`."""
    if isinstance(config, dict):
        if keepalive := config.get("connection_keepalive"):
            yield keepalive["interval"]
        for value in config.values():
            yield from _ping_intervals(value)
    elif isinstance(config, list):
        for value in config:
            yield from _ping_intervals(value)


def test_both_ends_have_the_same_caps() -> None:
    """What one end sends, the other takes; a request just too large arrives and is refused."""
    for option in ("grpc.max_receive_message_length", "grpc.max_send_message_length"):
        assert SERVER[option] == CHANNEL[option] == 2 << 20


def test_no_call_is_cut_by_the_age_of_its_connection() -> None:
    """The grace is longer than the longest call, whatever the settings."""
    for longest in (1.0, 3600.0):
        options: dict[str, Any] = dict(aging_options(300.0, longest))
        assert options["grpc.max_connection_age_ms"] == 300_000
        assert options["grpc.max_connection_age_grace_ms"] > longest * 1000
    assert dict(aging_options(1e9, 1e9)) == dict.fromkeys(options, 2**31 - 1)
    assert not aging_options(0.0, 3600.0)


def test_no_call_is_dropped_before_its_deadline() -> None:
    """However long a call may run, it may wait as long; numbers stay within what they may be."""
    for longest in (0.5, 3600.0):
        options: dict[str, Any] = dict(waiting_options(10_000, longest))
        assert options["grpc.server_max_unrequested_time_in_server"] > longest
    options = dict(waiting_options(10_000, 1e12))
    assert options["grpc.server_max_unrequested_time_in_server"] == 2**31 - 1


def test_a_port_belongs_to_one_server() -> None:
    """A second one on it fails instead of taking half of the connections."""
    assert SERVER["grpc.so_reuseport"] == 0
