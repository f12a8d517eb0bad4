"""Histories of everyday life, and what is believed at their end.

Facts are read from chats by the local extractor and compared as long-term memory compares them, in
this process and without a store. `agent-memory eval truth` tells the same histories to a system.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory_services.evaluation.histories import History, Statement, Way, read_histories
from agent_memory_services.evaluation.truth import Remembered, judge_history
from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.domain.memories import Origin, from_candidate
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.language.claims import Claim
from agent_memory_services.language.en import claims as english
from agent_memory_services.long_term_memory.consolidation.decisions import View, plan
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.memory import MemoryVectors, StoredMemory, draft
from agent_memory_services.shared.claims import read_into

LEAST = {Way.CHAT: 137, Way.CREATE: 149}
"""Histories that are wholly right; more may be, and fewer never again."""
NOW = now_micros()
NOWHERE = MemoryVectors(b"\0\0\x80\x3f", b"\0\0\x80\x3f")
READ: dict[str, tuple[Claim, ...]] = {}


def _read(texts: Sequence[str]) -> list[tuple[Claim, ...]]:
    """Read the claims of texts, of each of them once: histories are told in several ways."""
    if unread := [text for text in dict.fromkeys(texts) if text not in READ]:
        READ.update(zip(unread, english.read(unread), strict=True))
    return [READ[text] for text in texts]


class Owner:
    """The memories of one user, without a store."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredMemory] = {}
        self.duplicates: list[str] = []

    def learn(self, given: Memory) -> None:
        """Take in a memory as a creation does: once, read, and compared with all others."""
        given.id = given.id or new_id()
        memory = draft(given, NOW, "model")
        read_into([memory], _read)
        if any(_is_held(each.memory, memory) for each in self.stored.values()):
            self.duplicates.append(memory.text)
            return
        subject = self.stored[memory.id] = StoredMemory(memory, NOWHERE)
        others = [each for each in reversed(self.stored) if each != memory.id]
        for change in plan(View(self.stored, {}, NOW), subject, others).changes:
            assert change.after is not None
            self.stored[change.after.id] = StoredMemory(change.after, NOWHERE)

    def remembered(self, history: History) -> Remembered:
        """Return what a reader finds of a history."""
        kept = [each.memory for each in self.stored.values()]
        ever = conditions.visible(NOW, superseded=True)
        return Remembered(
            current=self._true_at(history.last.at),
            findable=[each.text for each in kept if conditions.holds(ever, each)],
            kept=[each.text for each in kept],
            merged=[*self.duplicates, *(each.text for each in kept if each.merged_into)],
            earlier={each.at: self._true_at(each.at) for each in history.earlier},
        )

    def _true_at(self, moment: datetime) -> list[str]:
        at = int(moment.timestamp() * 1_000_000)
        memories = (each.memory for each in self.stored.values())
        return [each.text for each in memories if conditions.is_visible(each, at)]


def _is_held(held: Memory, memory: Memory) -> bool:
    over = fields.is_hidden(held) or held.validity.HasField("invalid_from")
    return held.content_hash == memory.content_hash and not over


def _sittings(history: History, extractor: LocalExtractor) -> Iterator[tuple[str, Memory]]:
    """Yield what is found in the chats of each owner and day."""
    told = groupby(history.told(Way.CHAT), lambda each: (each.owner, each.said.date()))
    for (owner, day), statements in told:
        turns = [
            Turn(str(number), "user", each.text, each.said)
            for number, each in enumerate(statements)
        ]
        origin = Origin(SessionRef(session_id=str(day)), str(day), extractor=extractor.name)
        for found in extractor.find(Conversation(turns, time_zone=UTC)):
            said = turns[int(found.message_ids[-1])].at
            yield owner, from_candidate(found, origin, said=said)


def _record(statement: Statement) -> Memory:
    memory = Memory(text=statement.text)
    memory.create_time.FromDatetime(statement.said)
    if statement.event is not None:
        memory.type = MemoryType.MEMORY_TYPE_EPISODIC
        memory.event_time.start.FromDatetime(datetime(*statement.event.timetuple()[:3], tzinfo=UTC))
        memory.event_time.precision = TimePrecision.TIME_PRECISION_DAY
    return memory


def _told(
    history: History, way: Way, extractor: LocalExtractor, *, backwards: bool = False
) -> Mapping[str, Owner]:
    owners = {owner: Owner() for owner in history.owners}
    memories: Sequence[tuple[str, Memory]] = (
        list(_sittings(history, extractor))
        if way is Way.CHAT
        else [(each.owner, _record(each)) for each in history.told(way)]
    )
    for owner, memory in reversed(memories) if backwards else memories:
        owners[owner].learn(memory)
    return owners


@pytest.mark.no_cover  # hundreds of statements through the lines of the others
@pytest.mark.parametrize("way", list(Way))
def test_no_fewer_histories_end_in_the_right_beliefs(way: Way) -> None:
    """Nothing that still holds ends or merges, and few beliefs are wrong."""
    extractor = LocalExtractor()
    verdicts = [
        judge_history(
            history,
            way,
            {
                name: owner.remembered(history)
                for name, owner in _told(history, way, extractor).items()
            },
        )
        for history in read_histories()
        if history.told(way)
    ]
    found = {fault.value for verdict in verdicts for fault, _ in verdict.faults}
    # In chats a fact may be missed before it is compared.
    missed = {"lost", "as_of wrong"} if way is Way.CHAT else set()
    assert found <= {"wrongly current"} | missed
    right = [verdict.history.id for verdict in verdicts if not verdict.faults]
    assert len(right) >= LEAST[way]


def test_any_order_of_arrival_gives_the_same_beliefs() -> None:
    """Where statements say when they were made, the last one may come first."""
    extractor = LocalExtractor()
    for history in read_histories():
        times = {each.said for each in history.told(Way.CREATE)}
        if len(times) < len(history.told(Way.CREATE)):
            continue
        forth = _told(history, Way.CREATE, extractor)
        back = _told(history, Way.CREATE, extractor, backwards=True)
        for name, owner in forth.items():
            one, other = owner.remembered(history), back[name].remembered(history)
            assert sorted(one.current) == sorted(other.current), history.id
            assert sorted(one.findable) == sorted(other.findable), history.id
