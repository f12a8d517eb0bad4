"""Pages of every list of the contracts, from the real services."""

from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from redis.asyncio import Redis

from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.contract.kit.refusals import refused
from tests.support.any_call import call
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite

METHODS = {policy.method: policy for policy in POLICIES}
PAGED = [p for p in POLICIES if "page_size" in p.request_type.DESCRIPTOR.fields_by_name]
LARGEST = 2**31 - 1
# What is listed, by what makes it.
THERE = {
    "SetWorkingMemory": "a-session",
    "CreateMemories": "a-memory",
    "CreateSummaryView": "a-view",
}


async def test_every_list_takes_any_size_and_no_foreign_token(
    tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """A negative size is a mistake, a huge one means the largest page, a token is for one query."""
    assert len(PAGED) > 5
    async with guarded_suite(tmp_path, redis, redis_url) as suite:
        admin = bearer(await suite.callers.key(Role.ADMIN))
        for method, name in THERE.items():
            policy = METHODS[method]
            await _call(suite, policy, example(policy.request_type, {"id": name}), admin)
        for policy in PAGED:
            await _check_sizes(suite, policy, admin)
            await _check_tokens(suite, policy, admin)


async def _check_sizes(suite: GuardedSuite, policy: MethodPolicy, admin: Metadata) -> None:
    for size in (0, LARGEST):
        assert await _call(suite, policy, _asking(policy, page_size=size), admin), policy.full_name
    with refused() as refusal:
        await _call(suite, policy, _asking(policy, page_size=-1), admin)
    assert (refusal.reason, list(refusal.fields)) == ("INVALID_FIELD", ["page_size"])


async def _check_tokens(suite: GuardedSuite, policy: MethodPolicy, admin: Metadata) -> None:
    for token in ("x", "AAAA" * 10, "*" * 4096):
        with refused() as refusal:
            await _call(suite, policy, _asking(policy, page_token=token), admin)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refusal.reason == "INVALID_TOKEN", policy.full_name


def _asking(policy: MethodPolicy, **fields: int | str) -> Message:
    request = example(policy.request_type)
    if "group" in request.DESCRIPTOR.fields_by_name:
        request.ClearField("group")  # of the example's view, which has no such groups
    for name, value in fields.items():
        setattr(request, name, value)
    return request


async def _call(
    suite: GuardedSuite, policy: MethodPolicy, request: Message, admin: Metadata
) -> list[Message]:
    return await call(suite.channel(policy), policy, request, admin, timeout=120)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.full_name)
def test_every_change_can_be_repeated_by_name(policy: MethodPolicy) -> None:
    """Or is the same when it is repeated: what it makes has ids of the caller's own."""
    by_nature = {
        *("GetOrCreateWorkingMemory", "ImportMemories", "SubmitMessages", "BatchSubmitMessages")
    }
    named = "request_id" in policy.request_type.DESCRIPTOR.fields_by_name
    assert named == (policy.mutating and policy.method not in by_nature)
    assert policy.idempotent or not policy.mutating or policy.streaming
