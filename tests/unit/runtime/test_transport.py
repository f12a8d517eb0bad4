"""Options of servers and channels."""

from agent_memory_services.runtime.transport import channel_options, server_options

SERVER = dict(server_options(1 << 20))
CHANNEL = dict(channel_options(1 << 20))


def test_servers_allow_the_pings_that_channels_send():
    """A stricter server would end our own connections as abuse."""
    ping = CHANNEL["grpc.keepalive_time_ms"]
    assert ping == 30_000
    assert SERVER["grpc.http2.min_recv_ping_interval_without_data_ms"] < ping
    assert SERVER["grpc.keepalive_permit_without_calls"] == 1


def test_both_ends_have_the_same_caps():
    """What one end sends, the other takes."""
    for option in ("grpc.max_receive_message_length", "grpc.max_send_message_length"):
        assert SERVER[option] == CHANNEL[option] == 1 << 20


def test_a_port_belongs_to_one_server():
    """A second one on it fails instead of taking half of the connections."""
    assert SERVER["grpc.so_reuseport"] == 0
