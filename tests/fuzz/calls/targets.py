"""Every way to call a running stack with anything."""

import json
import random
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from google.protobuf.text_format import MessageToString
from google.rpc.status_pb2 import Status

from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.fuzz.calls import http, spelled, typed, wire
from tests.fuzz.calls.target import CallTarget, Case
from tests.fuzz.calls.verdict import answer_faults, json_status, refusal_faults, unnamed_fields
from tests.fuzz.calls.world import World
from tests.support.contracts import descriptor_of

# Far beyond any method's own deadline.
_SECONDS = 60.0
_WATCHED_SECONDS = 0.3
_UNFINISHED_SECONDS = 0.5
_DETAILS = "grpc-status-details-bin"
_GONE = frozenset({grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})


@dataclass(frozen=True)
class ByWire:
    """A call of gRPC with the bytes of its requests.

    Attributes:
        policy: of the method.
        requests: one, unless the method takes a stream.
        by_gateway: whether it goes through the gateway.
        message: what the bytes were made from, where they are whole.
    """

    policy: MethodPolicy
    requests: tuple[bytes, ...]
    by_gateway: bool
    message: Message | None = None

    async def send(self, world: World, outcomes: Counter[str]) -> list[str]:
        """The faults of the answer, which are those of its status and of what it holds."""
        where = "" if self.by_gateway else self.policy.service.split(".")[1]
        answers: list[bytes] = []
        status = await _called(world.channels[where], self.policy, self.requests, answers)
        outcomes[_outcome(status)] += 1
        parsed = [self.policy.response_type.FromString(data) for data in answers]
        for answer in parsed:
            world.known.learn(answer)
        found = list(answer_faults(parsed))
        if status is not None and not (self.policy.open_ended and _ended_by_us(status)):
            found += refusal_faults(status, descriptor_of(self.policy.request_type))
            if self.message is not None:
                found += unnamed_fields(status)
        return [f"{self.policy.method}: {fault}" for fault in found]

    def smaller(self) -> Iterator[Case]:
        """Less in the message, or fewer bytes."""
        if self.message is not None:
            for less in typed.smaller(self.message):
                data = (less.SerializeToString(),)
                yield ByWire(self.policy, data, self.by_gateway, less)
        else:
            for bytes_ in wire.smaller(self.requests[-1]):
                yield ByWire(self.policy, (*self.requests[:-1], bytes_), self.by_gateway)

    def text(self) -> str:
        """The method with the message, or with its bytes."""
        way = "gateway" if self.by_gateway else "service"
        said = [data.hex() for data in self.requests]
        if self.message is not None:
            said = [MessageToString(self.message)]
        return f"{self.policy.full_name} at the {way}\n" + "\n".join(said)


@dataclass(frozen=True)
class ByHttp:
    """Bytes at the gateway, and what they call, where that is known."""

    raw: http.Raw
    policy: MethodPolicy | None
    origin: tuple[Message, spelled.Spelled] | None = None
    grpc_web: bool = False

    async def send(self, world: World, outcomes: Counter[str]) -> list[str]:
        """The faults of the answer, which is JSON with our error unless all is well."""
        watching = self.policy is not None and self.policy.open_ended
        # What is no whole request may wait for its rest.
        seconds = _SECONDS if self.raw.whole else _UNFINISHED_SECONDS
        seconds = _WATCHED_SECONDS if watching else seconds
        answer = await http.exchanged(world.gateway, self.raw, seconds=seconds)
        outcomes[f"HTTP {answer.status}"] += 1
        name = self.policy.method if self.policy else "raw"
        return [f"{name}: {fault}" for fault in self._faults(answer, watching=watching)]

    def _faults(self, answer: http.Answer, *, watching: bool) -> list[str]:
        if answer.status <= 0:
            told = answer.status < 0 or not watching
            return [f"no answer: {_words(answer.body)}"] if self.raw.whole and told else []
        if watching and not answer.ended:
            return []
        if self.grpc_web or b"content-type: application/grpc" in self.raw.data:
            return self._web_faults(answer)
        if answer.status < 400 or self.raw.data[:5] == b"HEAD ":
            return []
        return self._refusal_faults(answer)

    def _refusal_faults(self, answer: http.Answer) -> list[str]:
        try:
            status = json_status(json.loads(answer.body))
        except ValueError:
            return [f"HTTP {answer.status} without a status: {_words(answer.body)}"]
        request = None if self.policy is None else descriptor_of(self.policy.request_type)
        return [f"HTTP {answer.status}, {fault}" for fault in refusal_faults(status, request)]

    def _web_faults(self, answer: http.Answer) -> list[str]:
        trailers = {**answer.headers, **_web_trailers(answer.body)}
        # A frame that lies is refused by the library, which knows no reasons.
        if trailers.get("grpc-status") == "0" or not self.raw.whole:
            return []
        if "grpc-status" not in trailers:
            return [f"gRPC-Web {answer.status} without a status"]
        if (details := trailers.get(_DETAILS)) is None:
            return [f"gRPC-Web code {trailers['grpc-status']} without details"]
        status = Status.FromString(_unpadded(details))
        return [f"gRPC-Web, {fault}" for fault in refusal_faults(status, None)]

    def smaller(self) -> Iterator[Case]:
        """Less in the message, or fewer bytes."""
        if self.origin is not None and self.policy is not None:
            yield from self._smaller_json(self.policy, *self.origin)
        elif not self.grpc_web:
            for data in wire.smaller(self.raw.data):
                yield ByHttp(http.Raw(data, whole=False), self.policy)

    def _smaller_json(
        self, policy: MethodPolicy, message: Message, sent: spelled.Spelled
    ) -> Iterator[Case]:
        verb, target, _ = sent
        if len(target) > 200 and "?" in target:
            less = spelled.Spelled(verb, target[: len(target) // 2], sent.body)
            yield _by_json(policy, message, less)
        for less_message in typed.smaller(message):
            same = random.Random(0)
            if (spelling := spelled.spelled(policy, less_message, same)) is not None:
                yield _by_json(policy, less_message, spelling)

    def text(self) -> str:
        """The request as it goes over the wire."""
        return repr(self.raw.data)


_GONE_NUMBERS = frozenset(code.value[0] for code in _GONE)


def _typed_case(world: World, number: int, chance: random.Random) -> Case:
    policy, path = typed.turn(number)
    message = typed.request(policy, path, world.known, chance)
    by_gateway = chance.random() < 0.25
    return ByWire(policy, (message.SerializeToString(),), by_gateway, message)


def _json_case(world: World, number: int, chance: random.Random) -> Case:
    policy, path = typed.turn(number)
    message = typed.request(policy, path, world.known, chance)
    sent = spelled.spelled(policy, message, chance)
    if sent is None:
        return _typed_case(world, number, chance)
    return _by_json(policy, message, sent)


def _by_json(policy: MethodPolicy, message: Message, sent: spelled.Spelled) -> ByHttp:
    return ByHttp(http.plain(*sent), policy, (message, sent))


def _wire_case(world: World, number: int, chance: random.Random) -> Case:
    policy, path = typed.turn(number)
    whole = typed.request(policy, path, world.known, chance).SerializeToString()
    broken = wire.damaged(whole[:100_000], chance)
    requests = (whole, broken) if policy.client_streaming else (broken,)
    return ByWire(policy, requests, chance.random() < 0.25)


def _http_case(world: World, number: int, chance: random.Random) -> Case:
    if chance.random() < 0.75:
        return ByHttp(http.raw(chance), None)
    policy, path = typed.turn(number)
    data = typed.request(policy, path, world.known, chance).SerializeToString()[:100_000]
    message = wire.damaged(data, chance) if chance.random() < 0.3 else data
    raw = http.framed(policy.full_name, message, chance)
    return ByHttp(raw, policy, grpc_web=True)


async def _called(
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    requests: tuple[bytes, ...],
    answers: list[bytes],
) -> Status | None:
    """The status of a call that was refused, with its details; its answers are added."""
    multicallable: Any = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[policy.client_streaming, policy.server_streaming](policy.full_name)
    seconds = _WATCHED_SECONDS if policy.open_ended else _SECONDS
    sent = iter(requests) if policy.client_streaming else requests[0]
    call = multicallable(sent, timeout=seconds)
    try:
        if policy.server_streaming:
            async for answer in call:
                answers.append(answer)  # noqa: PERF401 - kept up to a failure
        else:
            answers.append(await call)
    except grpc.aio.AioRpcError as error:
        return _status(error)
    return None


def _status(error: grpc.aio.AioRpcError) -> Status:
    """What the trailers say, and the code alone where they say nothing."""
    code = error.code().value[0]
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS:
            try:
                status = Status.FromString(value)
            except DecodeError:
                break
            if status.code == code:
                return status
    return Status(code=code, message=error.details() or "")


def _ended_by_us(status: Status) -> bool:
    """Whether a watch ended because its time was over, which the gateway tells by a reset."""
    return not status.details and (status.code in _GONE_NUMBERS or "RST_STREAM" in status.message)


def _outcome(status: Status | None) -> str:
    return "OK" if status is None else grpc.StatusCode(_code(status.code)).name


def _code(number: int) -> Any:
    return next(code.value for code in grpc.StatusCode if code.value[0] == number)


def _web_trailers(body: bytes) -> dict[str, str]:
    """The trailers at the end of a gRPC-Web answer."""
    while len(body) >= 5:
        flag, length = body[0], int.from_bytes(body[1:5], "big")
        frame, body = body[5 : 5 + length], body[5 + length :]
        if flag & 0x80:
            lines = frame.decode("latin-1").split("\r\n")
            split = (line.partition(":") for line in lines if line)
            return {name.strip().lower(): value.strip() for name, _, value in split}
    return {}


def _words(body: bytes) -> str:
    """The beginning of a text without what differs from call to call."""
    return re.sub(r"[^a-zA-Z ]+", "~", body[:60].decode("latin-1"))


def _unpadded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))


TARGETS = {
    target.name: target
    for target in (
        CallTarget("typed-grpc", _typed_case),
        CallTarget("typed-json", _json_case),
        CallTarget("wire-grpc", _wire_case),
        CallTarget("wire-http", _http_case, at_once=24),
    )
}
