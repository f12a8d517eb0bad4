"""Whole numbers that no counter has, in every field and in every token of every request."""

import asyncio
import struct
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from redis.asyncio import Redis

from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract import cursors
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.support.any_call import attempt, call
from tests.support.callers import TENANT, Metadata, bearer
from tests.support.contracts import POLICIES
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.whole_numbers import NUMBERS, Place, places_of

Code = grpc.StatusCode
# What a caller may learn of a request whose numbers are possible.
SOUND = {
    *(Code.OK, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.ALREADY_EXISTS, Code.ABORTED),
    *(Code.FAILED_PRECONDITION, Code.PERMISSION_DENIED),
}
# The longest that a script may keep everybody waiting, with room for a busy machine.
LONGEST_SCRIPT_SECONDS = 0.5
TEXTS = [*map(str, NUMBERS), "1e300", "inf", "-inf", "nan", "0x7fffffff", "+1", " 1", "1_0", "٣"]
TOKENS = ("page_token", "resume_token")
AT_ONCE = 8


@dataclass
class World:
    """The services, their store, and who may call everything."""

    suite: GuardedSuite
    redis: Redis
    metadata: Metadata

    async def ask(self, policy: MethodPolicy, request: Message) -> tuple[Code, list[str]]:
        """The code of an answer and the fields that it blames; it has exactly one ErrorInfo."""
        seconds = 0.2 if policy.open_ended else 10.0
        answers, error = await attempt(
            self.suite.channel(policy), policy, request, self.metadata, timeout=seconds
        )
        status = rpc_status.from_call(error) if error is not None else _row_error(answers)
        if status is None or (policy.open_ended and status.code == _code(Code.DEADLINE_EXCEEDED)):
            return Code.OK, []
        assert sum(detail.Is(ErrorInfo.DESCRIPTOR) for detail in status.details) == 1
        found = BadRequest()
        for detail in status.details:
            detail.Unpack(found)
        (code,) = [code for code in Code if _code(code) == status.code]
        return code, [violation.field for violation in found.field_violations]


@pytest.fixture
async def world(tmp_path: Path, redis: Redis, redis_url: str) -> AsyncIterator[World]:
    """A store with something in it, that notes what takes long."""
    async with guarded_suite(tmp_path, redis, redis_url) as suite:
        service = await suite.callers.key(Role.SERVICE)
        there = World(suite, redis, bearer(service, (TENANT, "acme")))
        for method in ("SetWorkingMemory", "CreateMemories", "CreateSummaryView"):
            policy = next(policy for policy in POLICIES if policy.method == method)
            assert (await there.ask(policy, example(policy.request_type)))[0] is Code.OK
        await redis.config_set("slowlog-log-slower-than", int(LONGEST_SCRIPT_SECONDS * 1e6))
        await redis.slowlog_reset()
        yield there
        await redis.config_set("slowlog-log-slower-than", 10_000)
    slow = [entry["command"] for entry in await redis.slowlog_get(128)]
    assert not [command for command in slow if command.startswith((b"EVAL", b"FCALL"))]


async def test_no_number_of_a_field_is_too_much_for_the_store(world: World) -> None:
    """What no counter reaches is refused by the field's path; the rest is answered."""
    places = [(policy, place) for policy in POLICIES for place in places_of(policy.request_type)]
    assert len(places) > 100

    async def check(policy: MethodPolicy, place: Place, number: int, request: Message) -> None:
        code, blamed = await world.ask(policy, request)
        where = f"{policy.method}.{place.path} = {number}"
        if place.refuses(number):
            assert code is Code.INVALID_ARGUMENT, where
            assert place.path in blamed, where
        else:
            assert code in SOUND, where

    await _all(
        check(policy, place, number, request)
        for policy, place in places
        for number, request in place.requests()
    )


async def test_no_number_of_a_token_is_too_much_for_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can compute a token's checksum, so its numbers may be any."""
    monkeypatch.setattr(cursors, "_checksum", lambda *_: b"checksum")
    policy = next(policy for policy in POLICIES if policy.method == "GetWorkingMemory")
    (answer,) = await call(
        world.suite.channel(policy), policy, example(policy.request_type), world.metadata
    )
    assert isinstance(answer, wm.GetWorkingMemoryResponse)
    uid = answer.working_memory.session_uid.encode()

    async def check(policy: MethodPolicy, name: str, payload: bytes) -> None:
        request = example(policy.request_type)
        setattr(request, name, urlsafe_b64encode(b"checksum" + payload).rstrip(b"=").decode())
        code, _ = await world.ask(policy, request)
        assert code in SOUND, f"{policy.method}.{name} = {payload!r}"

    await _all(
        check(policy, name, payload)
        for policy in POLICIES
        for name in TOKENS
        if name in policy.request_type.DESCRIPTOR.fields_by_name
        for payload in _payloads(uid)
    )


def _payloads(uid: bytes) -> Iterator[bytes]:
    """What tokens of all kinds carry, with any numbers."""
    for text in map(str.encode, TEXTS):
        yield text
        yield b"%b:lobby:a-session" % text
        yield b"%b:%b" % (uid, text)
        yield b"%b-%b" % (text, text)
        yield b"%b=1-1" % text
        yield b"0=%b-%b" % (text, text)
    for number in NUMBERS:
        yield number.to_bytes(8, "big", signed=True) + b"a-memory"
        yield struct.pack(">qIQ", number, number % 2**32, number % 2**64)


def _row_error(answers: Sequence[Message]) -> Status | None:
    """Why a row of an import was refused, which does not end the call."""
    errors = [error for answer in answers for error in getattr(answer, "errors", ())]
    return errors[0].error if errors else None


def _code(code: Code) -> int:
    """The number of a code on the wire."""
    number: int = code.value[0]
    return number


async def _all(checks: Iterable[Awaitable[None]]) -> None:
    """Make every check, a few at a time."""
    waiting = iter(checks)

    async def work() -> None:
        for check in waiting:
            await check

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
