"""Deadlines and retries of the contracts."""

import json

from agent_memory_client.service_config import _FILES, service_config


def test_every_call_but_an_open_stream_has_a_deadline() -> None:
    """No call can leave without one."""
    open_streams = {"WatchWorkingMemory", "WatchMemories", "WatchJobs"}
    for file in _FILES:
        for service in file.services_by_name.values():
            for method in service.methods:
                has_one = method.input_type.full_name in service_config().deadlines
                assert has_one == (method.name not in open_streams), method.full_name


def test_no_two_methods_share_a_request() -> None:
    """The request alone says which deadline is meant."""
    requests = [
        method.input_type.full_name
        for file in _FILES
        for service in file.services_by_name.values()
        for method in service.methods
    ]
    assert len(requests) == len(set(requests))


def test_calls_are_retried_where_a_server_was_away_or_ended() -> None:
    """The channel gets the policy as gRPC reads it; a caller's own cancellation is not repeated."""
    config = json.loads(service_config().channel_json)
    (policy,) = config["methodConfig"]
    assert policy["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"]
    assert policy["name"]
