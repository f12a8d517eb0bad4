"""Consolidation of stored memories within their owner: by rules, and by a judge beyond them."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import chain
from typing import Final, Self

from prometheus_client import REGISTRY, CollectorRegistry, Counter

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.long_term_memory.consolidation.decisions import (
    View,
    excludes,
    plan,
)
from agent_memory_services.long_term_memory.consolidation.judge import Judge, Verdict
from agent_memory_services.long_term_memory.consolidation.neighbours import Neighbour, Neighbourhood
from agent_memory_services.long_term_memory.consolidation.rules import comparing, periods
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading
from agent_memory_services.long_term_memory.domain import conditions
from agent_memory_services.long_term_memory.domain.memory import (
    Action,
    Change,
    Decision,
    StoredMemory,
    normalise,
)
from agent_memory_services.long_term_memory.store.index.index import Precision
from agent_memory_services.long_term_memory.store.memories import (
    MemoryStore,
    is_made,
    settles_conflicts,
)

_CALL_OUTCOMES: Final = ("answered", "unavailable", "nonsense", "late")


class Meters:
    """Counts what became of memories, and calls of the model."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Create every series, so that a rate of zero is a zero and not a gap."""
        self._actions = Counter(
            "agent_memory_consolidation_memories",
            "Memories that consolidation looked at, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self._deferred = Counter(
            "agent_memory_consolidation_deferred",
            "Memories left to the next sweep: the store or the judge failed, or they changed.",
            registry=registry,
        )
        self._calls = Counter(
            "agent_memory_consolidation_model_calls",
            "Calls of the model that judges facts, by how they ended.",
            ("outcome",),
            registry=registry,
        )
        for action in Action:
            self._actions.labels(action)
        for outcome in _CALL_OUTCOMES:
            self._calls.labels(outcome)

    def did(self, action: Action) -> None:
        """Count a memory that was compared."""
        self._actions.labels(action).inc()

    def deferred(self, count: int) -> None:
        """Count memories that are left to the next sweep."""
        self._deferred.inc(count)

    def asked(self, outcome: str) -> None:
        """Count a call of the model."""
        self._calls.labels(outcome).inc()


METERS: Final = Meters()
"""Those of this process; a registry takes each series once."""

_MOST_DOUBTS: Final = 5
"""Neighbours that one call of the judge is about."""


NEAR: Final = 0.45
"""The least cosine of statements that a judge is asked about."""


def concerns(subject: Memory, other: Memory) -> bool:
    """Return true if the rules may act on the two."""
    # Whatever excludes another without touching it does so by their slot.
    in_one_slot = bool(subject.slot) and subject.slot == other.slot
    return (
        comparing.touches(subject, other)
        or (in_one_slot and excludes(subject, other))
        or comparing.same(subject, other)
    )


async def judgements(
    judge: Judge | None, facts: Sequence[Memory], around: Sequence[Sequence[Neighbour]]
) -> list[Mapping[str, Verdict] | None]:
    """Ask the judge about each fact's neighbours; verdicts by their ids, where it gives one.

    Whoever found a fact may have compared it already, and said which others it ends: that is the
    verdict, and the judge is not asked about them. None for a fact that the judge is to be asked
    about again later.
    """
    return await asyncio.gather(
        *(_judgement(judge, fact, near) for fact, near in zip(facts, around, strict=True))
    )


async def _judgement(
    judge: Judge | None, fact: Memory, neighbours: Sequence[Neighbour]
) -> Mapping[str, Verdict] | None:
    told = dict.fromkeys(fact.provenance.ended_memory_ids, Verdict.CONTRADICTS)
    if judge is None:
        return told
    compared = {*told, *fact.provenance.compared_memory_ids}
    doubtful = [each for each in _doubtful(fact, neighbours) if each.id not in compared]
    if not doubtful:
        return told
    verdicts = await judge.verdicts(fact, doubtful)
    if verdicts is None:
        return None
    judged = {
        other.id: verdict
        for other, verdict in zip(doubtful, verdicts, strict=True)
        if verdict is not Verdict.OTHER
    }
    return judged | told


def _doubtful(subject: Memory, neighbours: Sequence[Neighbour]) -> list[Memory]:
    """Return the neighbours that need a judge; none where the rules decide."""
    others = [each.memory for each in neighbours]
    if any(
        excludes(subject, each)
        or (comparing.same(subject, each) and periods.may_merge(subject, each))
        for each in others
    ):
        return []
    now = now_micros()
    return [
        each.memory
        for each in neighbours
        if (
            periods.is_fact(each.memory)
            and conditions.is_visible(each.memory, now)
            and (each.cosine or 0.0) >= NEAR
        )
        or (bool(subject.slot) and subject.slot == each.memory.slot)
    ][:_MOST_DOUBTS]


_ATTEMPTS: Final = 3
_LINKS: Final = 3
"""From a neighbour to what it was merged into, to what that was merged from."""


_LOT: Final = 32
"""Memories that are decided about together, between two turns of others."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """A memory that is to be decided about.

    Attributes:
        fact: the memory.
        concerned: ids of the others that matter to it.
        verdicts: what a judge says of others; None where it is to be asked again later.
    """

    fact: Memory
    concerned: Sequence[str]
    verdicts: Mapping[str, Verdict] | None

    @classmethod
    def of(
        cls, fact: Memory, neighbours: Sequence[Neighbour], verdicts: Mapping[str, Verdict] | None
    ) -> Self:
        """Return a memory with those of its neighbours that matter."""
        if verdicts is None:
            return cls(fact, [], None)
        concerned = [
            each.memory.id
            for each in neighbours
            if each.memory.id in verdicts or concerns(fact, each.memory)
        ]
        concerned += [each for each in verdicts if each not in {*concerned, fact.id}]
        return cls(fact, concerned, verdicts)

    @property
    def ids(self) -> Sequence[str]:
        """Ids of all that the decision rests on."""
        return [self.fact.id, *self.concerned]


class Consolidator:
    """Merges paraphrases and ends what a newer fact contradicts.

    It works on memories that are stored, and every decision is one commit that rests on what was
    read: a failure at any point leaves facts that are not consolidated yet, and nothing else.
    """

    def __init__(
        self,
        store: MemoryStore,
        neighbourhood: Neighbourhood,
        judge: Judge | None = None,
        *,
        reading: ClaimReading | None = None,
        precision: Callable[[], Precision] = lambda: "float32",
    ) -> None:
        """Compare vectors of the present precision, and ask the judge if there is one.

        Without `reading`, the process's own parser reads what facts claim.
        """
        self._store = store
        self._neighbourhood = neighbourhood
        self._judge = judge
        self._reading = reading or ClaimReading()
        self._precision = precision

    async def consolidate(
        self, tenant: str, subjects: Sequence[StoredMemory], *, actor: str
    ) -> AsyncIterator[tuple[str, Decision | None]]:
        """Decide about each memory, in order, and do it.

        Each sees those before it, not those to come, whose turn it is to see it. A judge is asked
        at most once for each.

        Yields:
            Ids of the memories and what was done about each; None for one that kept changing, or
            of which the judge is to be asked again.

        Raises:
            RedisError: the store went away; what was done stands.
        """
        facts = [each for each in subjects if periods.is_fact(each.memory)]
        for subject in subjects:
            if not periods.is_fact(subject.memory):
                yield subject.memory.id, Decision(Action.KEPT, subject.memory)
        if not facts:
            return
        facts = await self._read_words(tenant, facts, actor)
        found = await self._neighbourhood.of(tenant, facts, now_micros())
        around = list(_without_those_to_come([each.memory.id for each in facts], found))
        near = (each.memory for neighbours in around for each in neighbours)
        await self._reading.prepare([*(fact.memory for fact in facts), *near])
        verdicts = await judgements(self._judge, [each.memory for each in facts], around)
        compared = list(zip(facts, around, verdicts, strict=True))
        for start in range(0, len(compared), _LOT):
            lot = [
                _Matter.of(fact.memory, neighbours, said)
                for fact, neighbours, said in compared[start : start + _LOT]
            ]
            for matter, done in zip(lot, await self._settle(tenant, lot, actor), strict=True):
                if done is not None:
                    METERS.did(done.action)
                yield matter.fact.id, done

    async def _read_words(
        self, tenant: str, facts: Sequence[StoredMemory], actor: str
    ) -> list[StoredMemory]:
        """Store the claims that the facts' words hold, by which they find each other."""
        claimed = await self._reading.with_claims([each.memory for each in facts])
        found = {each.id: each for each in claimed}
        changes = [
            _read_change(each.memory, found[each.memory.id])
            for each in facts
            if found[each.memory.id] is not each.memory
        ]
        now = now_micros()
        commits = await self._store.commit_each(tenant, changes, actor=actor, now=now)
        for change, commit in zip(changes, commits, strict=True):
            if isinstance(commit, Exception):
                raise commit
            if not commit.committed and change.before is not None:
                found[change.memory.id] = change.before
        return [StoredMemory(found[each.memory.id], each.vectors) for each in facts]

    async def _settle(
        self, tenant: str, matters: Sequence[_Matter], actor: str
    ) -> list[Decision | None]:
        """Decide about memories that do not meet by one reading, and do all of it together.

        Each of the others is read and decided by itself, afterwards and in order: what rests on
        a change that is not committed yet, where another process was faster, and everything from
        the first on that settles a conflict of others.
        """
        open_ = [(at, each) for at, each in enumerate(matters) if each.concerned]
        planned: dict[int, Decision] = {}
        if len(open_) > 1:
            stored = await self._read(tenant, chain.from_iterable(each.ids for _, each in open_))
            touched = set[str]()
            for at, each in open_:
                if not touched.isdisjoint(each.ids):
                    touched.update(each.ids)
                    continue
                found = self._decided(stored, each)
                if settles_conflicts(found.changes):
                    break
                planned[at] = found
                touched.update(_ids_of(found.changes))
        done = await self._done(tenant, planned, actor)
        return [
            done.get(at) or await self._alone(tenant, each, actor)
            for at, each in enumerate(matters)
        ]

    async def _done(
        self, tenant: str, planned: Mapping[int, Decision], actor: str
    ) -> dict[int, Decision]:
        """Do what is planned; answers what stands, without what rests on what could not be done."""
        changes = [each.changes for each in planned.values() if each.changes]
        commits = iter(
            await self._store.commit_sets(tenant, changes, actor=actor, now=now_micros())
        )
        done: dict[int, Decision] = {}
        hindered = False
        for at, each in planned.items():
            stands = is_made(next(commits)) if each.changes else not hindered
            hindered = hindered or not stands
            if stands:
                done[at] = each
        return done

    async def _alone(self, tenant: str, matter: _Matter, actor: str) -> Decision | None:
        """Decide about a memory by what the store holds now, and do it."""
        if matter.verdicts is None:
            return None
        if not matter.concerned:
            return Decision(Action.KEPT, matter.fact)
        for _ in range(_ATTEMPTS):
            found = self._decided(await self._read(tenant, matter.ids), matter)
            if not found.changes:
                return found
            commit = await self._store.commit(tenant, found.changes, actor=actor, now=now_micros())
            if commit.committed:
                return found
        return None

    def _decided(self, stored: Mapping[str, StoredMemory], matter: _Matter) -> Decision:
        """Return the decision about a memory by what was read."""
        current = stored.get(matter.fact.id)
        if current is None:
            return Decision(Action.KEPT, matter.fact)
        view = View(stored, matter.verdicts or {}, now_micros(), self._precision())
        if into := view.shown(current.memory.id) if current.memory.merged_into else None:
            # Another memory, or another process, was faster.
            return Decision(Action.MERGED, into.memory, tuple(into.memory.provenance.memory_ids))
        if not conditions.is_visible(current.memory, view.now):
            return Decision(Action.KEPT, current.memory)
        return plan(view, current, matter.concerned)

    async def _read(self, tenant: str, ids: Iterable[str]) -> dict[str, StoredMemory]:
        """Read memories with what they were merged into and from.

        Originals are always read after what they were merged into, once more if need be: one that
        was read before another process merged it would not look like an original.
        """
        stored: dict[str, StoredMemory] = {}
        wanted = dict.fromkeys(ids)
        for _ in range(_LINKS):
            read = await self._store.get_whole(tenant, list(wanted))
            found = [each for each in read if each is not None]
            stored |= {each.memory.id: each for each in found}
            wanted = dict.fromkeys(link for each in found for link in _links(each.memory, stored))
            if not wanted:
                break
        await self._reading.prepare([each.memory for each in stored.values()])
        return stored


def _read_change(before: Memory, after: Memory) -> Change:
    """Return the change that stores with a memory what was read from its text."""
    normalise(after, now_micros())
    reason = "read from the text: claims"
    return Change(before, after, ltm.REVISION_CAUSE_UPDATE, reason=reason, compared=True)


def _ids_of(changes: Iterable[Change]) -> Iterator[str]:
    """Return the ids of all memories that changes are about, originals among them."""
    for change in changes:
        yield change.memory.id
        yield change.memory.merged_into
        yield from change.memory.provenance.memory_ids
        if change.before is not None:
            yield from change.before.provenance.memory_ids


def _without_those_to_come(
    ids: Sequence[str], found: Sequence[Sequence[Neighbour]]
) -> Iterator[list[Neighbour]]:
    to_come = set(ids)
    for own, neighbours in zip(ids, found, strict=True):
        to_come.discard(own)
        yield [each for each in neighbours if each.memory.id not in to_come]


def _links(memory: Memory, stored: Container[str]) -> Iterable[str]:
    into = memory.merged_into
    if into:
        return [] if into in stored else [into]
    return memory.provenance.memory_ids
