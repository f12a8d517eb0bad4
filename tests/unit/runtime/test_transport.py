"""Options of servers and channels."""

from agent_memory_services.runtime.transport import (
    aging_options,
    channel_options,
    server_options,
    waiting_options,
)

SERVER = dict(server_options(1 << 20))
CHANNEL = dict(channel_options(1 << 20))


def test_servers_allow_the_pings_that_channels_send():
    """A stricter server would end our own connections as abuse."""
    ping = CHANNEL["grpc.keepalive_time_ms"]
    assert ping == 30_000
    assert SERVER["grpc.http2.min_recv_ping_interval_without_data_ms"] < ping
    assert SERVER["grpc.keepalive_permit_without_calls"] == 1


def test_both_ends_have_the_same_caps():
    """What one end sends, the other takes; a request just too large arrives and is refused."""
    for option in ("grpc.max_receive_message_length", "grpc.max_send_message_length"):
        assert SERVER[option] == CHANNEL[option] == 2 << 20


def test_no_call_is_cut_by_the_age_of_its_connection():
    """The grace is longer than the longest call, whatever the settings."""
    for longest in (1.0, 3600.0):
        options = dict(aging_options(300.0, longest))
        assert options["grpc.max_connection_age_ms"] == 300_000
        assert options["grpc.max_connection_age_grace_ms"] > longest * 1000
    assert dict(aging_options(1e9, 1e9)) == dict.fromkeys(options, 2**31 - 1)
    assert not aging_options(0.0, 3600.0)


def test_no_call_is_dropped_before_its_deadline():
    """However long a call may run, it may wait as long; numbers stay within what they may be."""
    for longest in (0.5, 3600.0):
        options = dict(waiting_options(10_000, longest))
        assert options["grpc.server_max_unrequested_time_in_server"] > longest
    options = dict(waiting_options(10_000, 1e12))
    assert options["grpc.server_max_unrequested_time_in_server"] == 2**31 - 1


def test_a_port_belongs_to_one_server():
    """A second one on it fails instead of taking half of the connections."""
    assert SERVER["grpc.so_reuseport"] == 0
