"""Histories told to a running system, and the comparison of its beliefs with what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from itertools import groupby

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import CreateOutcome
from agent_memory.long_term_memory.v1.service_pb2 import SearchMemoriesRequest
from agent_memory_services.evaluation.corpus import Conversation, Turn
from agent_memory_services.evaluation.histories import (
    Belief,
    Expected,
    History,
    Statement,
    Way,
)
from agent_memory_services.evaluation.live_system import System

_HITS = 100
"""More memories than any owner of a history has."""
_SPEAKER = "user"


class Fault(StrEnum):
    """Ways in which a belief is wrong."""

    CURRENT = "wrongly current"
    """What is over, or was never so, is still believed."""
    ENDED = "wrongly ended"
    """What still holds is past."""
    MERGED = "wrongly merged"
    """Two facts became one, and one of them is missing."""
    APART = "not merged"
    """One fact is there more than once."""
    LOST = "lost"
    """What was said is found nowhere."""
    AS_OF = "as_of wrong"
    """An earlier moment shows something else than what was believed then."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Texts of the memories of an owner.

    Attributes:
        current: what is true at the moment of the question.
        findable: that, and what is over.
        kept: all of these, and what is hidden.
        merged: what became part of another memory.
        earlier: what was true at other moments.
    """

    current: Sequence[str]
    findable: Sequence[str] = ()
    kept: Sequence[str] = ()
    merged: Sequence[str] = ()
    earlier: Mapping[datetime, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Judgement of a history that was told in one way.

    Attributes:
        history: the history.
        way: how it was told.
        faults: every wrong belief, with its words.
        remembered: memories by owner.
    """

    history: History
    way: Way
    faults: Sequence[tuple[Fault, str]]
    remembered: Mapping[str, Remembered]


def judge_history(history: History, way: Way, remembered: Mapping[str, Remembered]) -> Verdict:
    """Compare what is remembered of each owner with what a history says."""
    faults = [
        *_last(history.last, remembered),
        *_others(history, remembered),
        *(fault for each in history.earlier for fault in _earlier(each, remembered)),
    ]
    return Verdict(history, way, faults, remembered)


def _last(expected: Expected, remembered: Mapping[str, Remembered]) -> Iterator[tuple[Fault, str]]:
    for belief in expected.current:
        if not _count(belief, remembered[belief.owner].current):
            yield _missing(belief, remembered[belief.owner]), str(belief)
    for belief in expected.not_current:
        if _count(belief, remembered[belief.owner].current):
            yield Fault.CURRENT, str(belief)


def _others(history: History, remembered: Mapping[str, Remembered]) -> Iterator[tuple[Fault, str]]:
    for belief in history.past:
        memories = remembered[belief.owner]
        if not _count(belief, memories.findable):
            fault = Fault.MERGED if _count(belief, memories.merged) else Fault.LOST
            yield fault, f"{belief} (past)"
    for belief in history.gone:
        if _count(belief, remembered[belief.owner].kept):
            yield Fault.CURRENT, f"{belief} (forgotten)"
    for belief in history.distinct:
        memories = remembered[belief.owner]
        count = _count(belief, memories.findable if belief.ended else memories.current)
        if count > belief.count:
            yield Fault.APART, f"{belief} ({count} of {belief.count})"
        elif count < belief.count:
            fault = Fault.MERGED if count else _missing(belief, memories)
            yield fault, f"{belief} ({count} of {belief.count})"


def _earlier(
    expected: Expected, remembered: Mapping[str, Remembered]
) -> Iterator[tuple[Fault, str]]:
    moment = f"{expected.at:%Y-%m-%d}"
    for belief in expected.current:
        if not _count(belief, remembered[belief.owner].earlier[expected.at]):
            yield Fault.AS_OF, f"{belief} (missing at {moment})"
    for belief in expected.not_current:
        if _count(belief, remembered[belief.owner].earlier[expected.at]):
            yield Fault.AS_OF, f"{belief} (there at {moment})"


def _missing(belief: Belief, memories: Remembered) -> Fault:
    """Return the fault by which a belief is not among the current ones."""
    if _count(belief, memories.findable):
        return Fault.ENDED
    return Fault.MERGED if _count(belief, memories.merged) else Fault.LOST


def _count(belief: Belief, texts: Sequence[str]) -> int:
    return sum(map(belief.content.is_in, texts))


async def tell(system: System, history: History, way: Way) -> Verdict:
    """Tell a history, each owner a user of its own, and judge what is remembered then.

    What was stored is deleted again.

    Raises:
        grpc.aio.AioRpcError: the system refuses something, or is away.
        TimeoutError: an extraction takes too long.
    """
    sittings = list(_sittings(history, way))
    users = {owner: Conversation(_user(history, way, owner), (), ()) for owner in history.owners}
    duplicates: dict[str, list[str]] = {owner: [] for owner in users}
    try:
        if way is Way.CHAT:
            for sitting in sittings:
                await system.append(sitting)
                await system.wait_until_extracted(sitting)
        else:
            for statement in history.told(way):
                memory = _record(statement)
                result = await system.create(users[statement.owner], memory)
                if result.outcome == CreateOutcome.CREATE_OUTCOME_DUPLICATE:
                    duplicates[statement.owner].append(statement.text)
        remembered = {
            owner: await _remembered(system, user, history, duplicates[owner])
            for owner, user in users.items()
        }
    finally:
        for conversation in (*sittings, *users.values()):
            await system.delete(conversation)
    return judge_history(history, way, remembered)


def _sittings(history: History, way: Way) -> Iterator[Conversation]:
    """Yield the statements of an owner and a day, as a conversation of their own."""
    if way is Way.CREATE:
        return
    for (owner, day), statements in groupby(enumerate(history.told(way)), key=_sitting):
        turns = [
            Turn(str(number), day, _SPEAKER, statement.text, statement.said)
            for number, statement in statements
        ]
        yield Conversation(_user(history, way, owner), turns, ())


def _sitting(numbered: tuple[int, Statement]) -> tuple[str, str]:
    """Return the owner and the day of a statement."""
    _, statement = numbered
    return statement.owner, f"{statement.said:%Y-%m-%d}"


def _user(history: History, way: Way, owner: str) -> str:
    return "-".join(filter(None, (history.id, way, owner)))


def _record(statement: Statement) -> Memory:
    memory = Memory(text=statement.text)
    memory.create_time.FromDatetime(statement.said)
    if statement.event is not None:
        memory.type = MemoryType.MEMORY_TYPE_EPISODIC
        memory.event_time.start.FromDatetime(datetime.combine(statement.event, time(), UTC))
        memory.event_time.precision = TimePrecision.TIME_PRECISION_DAY
    return memory


async def _remembered(
    system: System, user: Conversation, history: History, duplicates: Sequence[str]
) -> Remembered:
    kept = [each for each in await system.memories(user, hidden=True) if _is_fact(each)]
    earlier = {each.at: await _found(system, user, each.at) for each in history.earlier}
    return Remembered(
        current=await _found(system, user, history.last.at),
        findable=await _found(system, user, None),
        kept=[each.text for each in kept],
        merged=[*duplicates, *(each.text for each in kept if each.merged_into)],
        earlier=earlier,
    )


async def _found(system: System, user: Conversation, at: datetime | None) -> list[str]:
    """Return the texts of what is true at a moment; without one, of what was ever true."""
    query = SearchQuery(filter=system.conversation_filter(user), untracked=True)
    if at is None:
        query.include_superseded = True
    else:
        query.as_of.FromDatetime(at)
    answer = await system.search(SearchMemoriesRequest(query=query, page_size=_HITS))
    return [hit.memory.text for hit in answer.hits if _is_fact(hit.memory)]


def _is_fact(memory: Memory) -> bool:
    return memory.type != MemoryType.MEMORY_TYPE_MESSAGE
