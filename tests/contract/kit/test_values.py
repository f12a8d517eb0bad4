"""Times, durations and numbers that mean nothing, in every field of every request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from redis.asyncio import Redis

from agent_memory.extraction.v1 import service_pb2 as ex
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState, SkippedItem
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.contract.kit.refusals import refused
from tests.support.any_call import attempt, call
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.odd_values import EXTREME, MEANINGLESS, Place, filled, filled_in_turn, places

METHODS = {policy.method: policy for policy in POLICIES}
LISTS: Final[dict[str, Message]] = {
    "ListSessions": wm.ListSessionsRequest(),
    "ListMemories": ltm.ListMemoriesRequest(),
    "ListSummaryViews": ex.ListSummaryViewsRequest(),
    "ListJobs": ex.ListJobsRequest(),
}
FORESEEN = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
    }
)


@pytest.fixture
async def suite(tmp_path: Path, redis: Redis, redis_url: str) -> AsyncIterator[GuardedSuite]:
    """The real services, which hold nothing."""
    async with guarded_suite(tmp_path, redis, redis_url) as running:
        yield running


async def test_what_no_clock_and_no_scale_has_is_refused_by_its_path(suite: GuardedSuite) -> None:
    """In every field of every request, and nothing is stored; unit tests try each value in each."""
    admin = bearer(await suite.callers.key(Role.ADMIN))
    for policy in POLICIES:
        for place, request in filled_in_turn(places(policy.request_type), MEANINGLESS):
            assert await _refused_fields(suite, policy, request, admin) == [place.path]
    for method, request in LISTS.items():
        policy = METHODS[method]
        (page,) = await call(suite.channel(policy), policy, request, admin)
        assert page == policy.response_type()


@pytest.mark.parametrize("fill", [filled_in_turn, pytest.param(filled, marks=pytest.mark.long)])
async def test_the_first_and_the_last_of_each_can_be_worked_with(
    suite: GuardedSuite, fill: Callable[..., Iterator[tuple[Place, Message]]]
) -> None:
    """What is accepted is no incident, and no job that works on it fails."""
    admin = bearer(await suite.callers.key(Role.ADMIN))
    for policy in POLICIES:
        if policy.open_ended:
            continue
        for place, request in fill(places(policy.request_type), EXTREME):
            _, error = await attempt(suite.channel(policy), policy, request, admin)
            code = error.code() if error else grpc.StatusCode.OK
            assert code in FORESEEN, (policy.method, place.path)
    async with asyncio.timeout(60):
        while any(job.state < JobState.JOB_STATE_SUCCEEDED for job in await _jobs(suite, admin)):
            await asyncio.sleep(0.05)
    ended = await _jobs(suite, admin)
    assert ended
    assert {job.state for job in ended} == {JobState.JOB_STATE_SUCCEEDED}
    # One id with several event times stands for several memories, of which the first is kept.
    assert {_reason(item) for job in ended for item in job.skipped} <= {"ID_ALREADY_EXISTS"}


def _reason(item: SkippedItem) -> str:
    told = ErrorInfo()
    assert item.error.details[0].Unpack(told)
    return told.reason


async def _jobs(suite: GuardedSuite, admin: Metadata) -> Sequence[Job]:
    policy, request = METHODS["ListJobs"], ex.ListJobsRequest(page_size=1000)
    (page,) = await call(suite.channel(policy), policy, request, admin)
    assert isinstance(page, ex.ListJobsResponse)
    return page.jobs


async def _refused_fields(
    suite: GuardedSuite, policy: MethodPolicy, request: Message, admin: Metadata
) -> list[str]:
    """The fields for which a request, or its only row, is refused."""
    if policy.client_streaming:
        (report,) = await call(suite.channel(policy), policy, request, admin)
        assert isinstance(report, ltm.ImportMemoriesResponse)
        (row,) = report.errors
        (detail,) = [d for d in row.error.details if d.Is(BadRequest.DESCRIPTOR)]
        broken = BadRequest()
        detail.Unpack(broken)
        return [violation.field for violation in broken.field_violations]
    with refused() as refusal:
        await call(suite.channel(policy), policy, request, admin)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    return list(refusal.fields)
