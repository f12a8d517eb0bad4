"""Properties of consolidation that hold for whatever is said, on statements that are generated.

Everything is compared in this process, without a store.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.language.en import claims as english
from agent_memory_services.long_term_memory.consolidation.decisions import View, plan
from agent_memory_services.long_term_memory.consolidation.rules import comparing
from agent_memory_services.long_term_memory.domain.memory import (
    Change,
    MemoryVectors,
    StoredMemory,
    draft,
)
from agent_memory_services.long_term_memory.history.revert import differing, inverse
from agent_memory_services.long_term_memory.history.revisions import Revised
from agent_memory_services.shared.claims import read_into

NOW = now_micros()
NOWHERE = MemoryVectors(b"\0\0\x80\x3f", b"\0\0\x80\x3f")
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)

WHO = ("User", "User's sister", "Anna", "User's neighbour")
DOES = ("likes", "does not like", "owns", "collects", "repairs", "wants to buy", "used to sell")
COUNTS = ("", "two ", "3 ", "14 ")
KINDS = ("", "old ", "wooden ", "Danish ")
THINGS = ("clocks", "kayaks", "chess sets", "lamps", "accordions")
WHERE = ("", " in Ghent", " in March", " at work")
FACT = st.tuples(*map(st.sampled_from, (WHO, DOES, COUNTS, KINDS, THINGS, WHERE)))

MATTERS: Sequence[Sequence[str]] = (
    ("User lives in Oslo", "User moved to Bergen"),
    ("User works at Globex", "User quit their job at Globex"),
    ("User is allergic to nuts", "User is not allergic to nuts after all"),
    ("User weighs 80 kg", "User weighs 77 kg now"),
    ("User plays the cello", "User gave up the cello"),
    ("User's boss is Olu", "User's boss is Tim now"),
    ("User wants answers in French", "User wants answers in English from now on"),
    ("User's phone number is 0151 4960822", "User's phone number is 0160 1112223 now"),
    ("User's trip to Rome is on 4 May 2027", "User's trip to Rome was cancelled"),
    ("User's sister is called Mia", "User's sister has a boat"),
    ("User drinks tea in the evening", "User collects stamps"),
)


def _memory(text: str, said: datetime | None = None) -> Memory:
    memory = Memory(id=new_id(), text=text)
    memory.create_time.FromDatetime(said or datetime(2026, 1, 1, tzinfo=UTC))
    memory = draft(memory, NOW, "model")
    read_into([memory], english.read)
    return memory


class Owner:
    """What is stored of one user, and the changes that consolidation made."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredMemory] = {}
        self.made: list[list[Change]] = []

    def learn(self, memory: Memory) -> None:
        """Store a memory and compare it with all others."""
        self.stored[memory.id] = StoredMemory(memory, NOWHERE)
        others = [each for each in reversed(self.stored) if each != memory.id]
        changes = plan(View(self.stored, {}, NOW), self.stored[memory.id], others).changes
        self.made.append(list(changes))
        for change in changes:
            assert change.after is not None
            self.stored[change.after.id] = StoredMemory(change.after, NOWHERE)

    @property
    def believed(self) -> list[tuple[str, str]]:
        """What is shown and not over, and the ends of what is, in the order of letters."""
        shown = (each.memory for each in self.stored.values() if not each.memory.merged_into)
        return sorted((each.text, str(each.validity.invalid_from)) for each in shown)


@FEW
@given(FACT, FACT)
def test_facts_that_differ_in_anything_do_not_merge(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """Neither in whom, what is done, a number, a kind, a thing, a place nor a time."""
    first, second = (f"{a} {b} {c}{d}{e}{f}" for a, b, c, d, e, f in (one, other))
    assert comparing.same(_memory(first), _memory(second)) is (first == second)


@FEW
@given(FACT, st.integers(0, 5), st.data())
def test_facts_that_differ_in_one_thing_do_not_merge(
    fact: tuple[str, ...], place: int, data: st.DataObject
) -> None:
    """Whatever that thing is."""
    choices = (WHO, DOES, COUNTS, KINDS, THINGS, WHERE)[place]
    other = data.draw(st.sampled_from([each for each in choices if each != fact[place]]))
    changed = (*fact[:place], other, *fact[place + 1 :])
    first, second = (f"{a} {b} {c}{d}{e}{f}" for a, b, c, d, e, f in (fact, changed))
    assert not comparing.same(_memory(first), _memory(second))


@FEW
@given(st.permutations(range(len(MATTERS))), st.integers(0, 1), st.integers(0, 1))
def test_nothing_ends_by_what_is_about_something_else(
    order: Sequence[int], first: int, second: int
) -> None:
    """Not even where that is an end, a denial or another value."""
    one, other = MATTERS[order[0]][first], MATTERS[order[1]][second]
    assert not comparing.end(_memory(one), _memory(other))
    assert not comparing.conflict(_memory(one), _memory(other))


@FEW
@given(st.sampled_from(MATTERS), st.sampled_from(MATTERS), st.data())
def test_any_order_of_arrival_gives_the_same_beliefs(
    one: Sequence[str], other: Sequence[str], data: st.DataObject
) -> None:
    """What was said when decides, and not what was stored first."""
    texts = list(dict.fromkeys((*one, *other)))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    told = [(text, began + timedelta(days=30 * day)) for day, text in enumerate(texts)]
    beliefs = []
    for order in (told, data.draw(st.permutations(told))):
        owner = Owner()
        for text, said in order:
            owner.learn(_memory(text, said))
        beliefs.append(owner.believed)
    assert beliefs[0] == beliefs[1]


@FEW
@given(st.sampled_from(MATTERS), st.booleans())
def test_every_merge_and_end_reverts_to_exactly_what_was(
    matter: Sequence[str], again: bool
) -> None:
    """Originals are shown again, what ended is valid again, and nothing else differs."""
    owner = Owner()
    began = datetime(2026, 1, 1, tzinfo=UTC)
    texts = [matter[0], f"{matter[0]}."] if again else list(matter)
    for day, text in enumerate(texts):
        memory = _memory(text, began + timedelta(days=day))
        before = {name: each.memory for name, each in owner.stored.items()} | {memory.id: memory}
        owner.learn(memory)
        for change in owner.made[-1]:
            if change.before is None or change.after is None or change.before.id not in before:
                continue
            assert not differing(change.before, before[change.before.id])
            revision = MemoryRevision(revision_id="1", before=change.before, after=change.after)
            back = inverse(Revised(change.after.id, change.after, revision), "")
            assert back is not None
            assert back.after is not None
            assert not differing(back.after, before[back.after.id])
