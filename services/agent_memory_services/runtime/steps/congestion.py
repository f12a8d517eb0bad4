"""Settles how many calls run at a time, and which of the others wait."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import DeadlineExceeded, Overloaded
from agent_memory_services.runtime.limits.congestion import CongestionLimit
from agent_memory_services.runtime.limits.settings import LimitSettings
from agent_memory_services.runtime.limits.waiting_line import WaitingLine
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.steps.base import Pending, Step

_RETRY_SECONDS = 0.5
# Beyond as many of a method in one process, more at a time only wait for each other.
_FEWEST = 16
# How much of its time a call may wait in any case, and at the most: its caller is to hear of it.
_MAY_WAIT = 0.5
_WAITS_AT_MOST = 0.95


@dataclass(frozen=True, slots=True)
class Kind:
    """The calls of one method.

    Attributes:
        limit: how many may run.
        line: those that wait.
    """

    limit: CongestionLimit
    line: WaitingLine


class Congestion(Step):
    """Lets as many calls run as do not make each other slow; a burst beyond them waits.

    Each method is judged by its own times, so that a costly one waits sooner than a cheap one.
    A call waits while its deadline allows, behind those of its method that came before; methods
    take turns. It is refused where the calls before it could not be done in time, and at once
    where more has come for long than can be answered. Streams take as long as they take, are not
    judged and do not wait.
    """

    name = "congestion"

    def __init__(
        self, kinds: Mapping[str, Kind], *, most: int, most_waiting: int, longest: float
    ) -> None:
        """Limit methods by their paths.

        Args:
            kinds: what is known of each method.
            most: how many calls may run in all.
            most_waiting: how many may wait in all.
            longest: seconds that a call may take, whatever its caller asks for.
        """
        self._kinds = kinds
        self._turns = deque(kinds.values())
        self._most = most
        self._most_waiting = most_waiting
        self._longest = longest
        self._running = 0
        self._waiting = 0

    def enter(self, call: Call) -> Pending:
        """Take a place, wait for one or refuse."""
        if (kind := self._kinds.get(call.policy.full_name)) is None:
            return None
        now = time.monotonic()
        kind.line.arrived(now)
        if kind.line.closed and kind.line:
            _send_away(kind)
        if not kind.line and self._begins(kind, call, now):
            return None
        seconds = self._left(call)
        late = kind.line.expected_seconds + _service(kind, seconds) - seconds
        if kind.line.closed or late > 0 or self._waiting >= self._most_waiting:
            raise _refusal(kind, late)
        return self._wait(kind, call, seconds)

    def exit(self, call: Call) -> None:
        """Give the place to the next, and learn how long the call took."""
        if (kind := self._kinds.get(call.policy.full_name)) is None:
            return
        # What was refused tells nothing about the time that an answer takes.
        self._ends(kind, call, tells=call.error is None or isinstance(call.error, _TOO_LATE))

    async def _wait(self, kind: Kind, call: Call, seconds: float) -> None:
        came = time.monotonic()
        place = kind.line.join(call, kind.limit.running, came)
        self._waiting += 1
        try:
            while not place.done():
                patience = _WAITS_AT_MOST * seconds - _service(kind, seconds)
                if (left := came + patience - time.monotonic()) <= 0:
                    raise _refusal(kind)
                await asyncio.wait([place], timeout=left)
            place.result()
        except asyncio.CancelledError:
            if place.done() and place.exception() is None:
                self._ends(kind, call, tells=False)
            raise
        finally:
            kind.line.leave(place)
            self._waiting -= 1

    def _begins(self, kind: Kind, call: object, now: float) -> bool:
        if self._running >= self._most or not kind.limit.begin(call, now):
            return False
        self._running += 1
        return True

    def _ends(self, kind: Kind, call: Call, *, tells: bool) -> None:
        now = time.monotonic()
        self._running -= 1
        seconds = kind.limit.end(call, now)
        if tells:
            kind.limit.learn(seconds, now)
        kind.line.ended(now)
        if kind.line.closed and kind.line:
            _send_away(kind)
        passed_by = 0
        while self._waiting and passed_by < len(self._turns):
            first = self._turns[0]
            self._turns.rotate(-1)
            passed_by = 0 if self._lets_in(first, now) else passed_by + 1

    def _lets_in(self, kind: Kind, now: float) -> bool:
        if (first := kind.line.first) is None or not self._begins(kind, first, now):
            return False
        kind.line.let_in()
        return True

    def _left(self, call: Call) -> float:
        """Seconds until the answer is due."""
        given = call.context.time_remaining()
        if given is None:
            given = call.policy.deadline
        return self._longest if given is None else min(given, self._longest)


_TOO_LATE = (asyncio.CancelledError, DeadlineExceeded)


def _refusal(kind: Kind, late: float = 0.0) -> Overloaded:
    kind.limit.refuse()
    kind.line.refused()
    return Overloaded(max(_RETRY_SECONDS, late))


def _send_away(kind: Kind) -> None:
    for _ in range(len(kind.line)):
        kind.limit.refuse()
    kind.line.send_away(lambda: Overloaded(_RETRY_SECONDS))


def _service(kind: Kind, seconds: float) -> float:
    """How much of a call's time to keep for itself, as far as the latest calls tell."""
    return min(kind.limit.usual, (_WAITS_AT_MOST - _MAY_WAIT) * seconds)


def congestion(settings: LimitSettings, policies: Iterable[MethodPolicy]) -> Congestion:
    """The limits that the settings ask for."""
    now, most = time.monotonic(), settings.max_concurrent_calls
    slowdown = settings.max_slowdown or math.inf
    fewest = _FEWEST if settings.max_slowdown else most
    kinds = {
        policy.full_name: Kind(CongestionLimit(fewest, most, slowdown, now), WaitingLine(now))
        for policy in policies
        if not policy.streaming
    }
    return Congestion(
        kinds,
        most=most,
        most_waiting=settings.max_waiting_calls,
        longest=settings.max_deadline_seconds,
    )
