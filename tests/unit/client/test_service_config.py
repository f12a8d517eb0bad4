"""Deadlines and retries of the contracts."""

import json
from collections import defaultdict
from collections.abc import Mapping

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from agent_memory_client._channels import _FILES, service_config


def test_every_call_but_an_open_stream_has_a_deadline() -> None:
    """No call can leave without one."""
    open_streams = {"WatchWorkingMemory", "WatchMemories", "WatchJobs"}
    for file in _FILES:
        for service in file.services_by_name.values():
            for method in service.methods:
                deadline = service_config().methods[method.input_type.full_name].deadline
                has_one = deadline is not None
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


def test_a_stub_that_names_no_call_repeats_none_that_needs_a_name() -> None:
    """And after a cancellation, which may be anything, only what changes nothing at all."""
    retried = _retried(service_config().channel_json)
    for method in _methods():
        level = method.GetOptions().idempotency_level
        assert ("UNAVAILABLE" in retried[method.full_name]) == (
            level != MethodOptions.IDEMPOTENCY_UNKNOWN and not _streams(method)
        ), method.full_name
        assert ("CANCELLED" in retried[method.full_name]) == (
            level == MethodOptions.NO_SIDE_EFFECTS and not _streams(method)
        ), method.full_name


def test_a_client_that_names_its_calls_repeats_them_where_a_server_was_away_or_ended() -> None:
    """What has a name has one effect; a stream is never repeated by the channel."""
    retried = _retried(service_config().named_calls_json)
    for method in _methods():
        expected = set() if _streams(method) else {"UNAVAILABLE", "CANCELLED"}
        assert retried[method.full_name] == expected, method.full_name


def test_only_what_needs_no_name_is_declared_idempotent() -> None:
    """A change that takes a `request_id` is another one without it."""
    for method in _methods():
        level = method.GetOptions().idempotency_level
        named = "request_id" in method.input_type.fields_by_name
        assert not named or level == MethodOptions.IDEMPOTENCY_UNKNOWN, method.full_name


def _methods() -> list[MethodDescriptor]:
    return [
        method
        for file in _FILES
        for service in file.services_by_name.values()
        for method in service.methods
    ]


def _streams(method: MethodDescriptor) -> bool:
    return bool(method.client_streaming or method.server_streaming)


def _retried(config: str) -> Mapping[str, set[str]]:
    """After which codes each method is called again."""
    found: dict[str, set[str]] = defaultdict(set)
    for policy in json.loads(config)["methodConfig"]:
        for name in policy["name"]:
            codes = policy["retryPolicy"]["retryableStatusCodes"]
            found[f"{name['service']}.{name['method']}"] |= set(codes)
    return found
