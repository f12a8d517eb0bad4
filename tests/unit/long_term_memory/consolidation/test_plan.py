"""Groups: who joins whom, and who stays."""

from typing import Any

import numpy as np
import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.consolidation.decisions import (
    MOST_ORIGINALS,
    View,
    plan,
)
from agent_memory_services.long_term_memory.consolidation.judge import Verdict
from agent_memory_services.long_term_memory.domain.memory import (
    Action,
    Decision,
    MemoryVectors,
    StoredMemory,
    draft,
)

NOW = now_micros()


def at(angle: float) -> MemoryVectors:
    """A vector that points there, in degrees."""
    radians = np.radians(angle)
    data = np.array([np.cos(radians), np.sin(radians)], dtype=np.float32).tobytes()
    return MemoryVectors(data, data)


def fact(name: str, text: str, angle: float = 0, **fields: object) -> StoredMemory:
    """A fact as it is stored."""
    given = Memory(id=name, text=text, create_time=to_timestamp(NOW - 10**9), **fields)  # type: ignore[arg-type]
    return StoredMemory(draft(given, NOW, "model"), at(angle))


def decided(
    subject: StoredMemory, *others: StoredMemory, verdicts: dict[str, Verdict] | None = None
) -> Decision:
    """What is planned for a memory beside others."""
    stored = {each.memory.id: each for each in (subject, *others)}
    ids = [each.memory.id for each in others]
    return plan(View(stored, verdicts or {}, NOW), subject, ids)


def made(done: Decision, *before: StoredMemory) -> dict[str, StoredMemory]:
    """What is stored once a plan is carried out."""
    stored = {each.memory.id: each for each in before}
    for change in done.changes:
        memory = change.memory
        known = stored.get(memory.id)
        vectors = change.vectors or (known.vectors if known else None)
        assert vectors is not None
        stored[memory.id] = StoredMemory(memory, vectors)
    return stored


def said_same(*others: StoredMemory) -> dict[str, Verdict]:
    """A judge who takes all of them for the same."""
    return {each.memory.id: Verdict.SAME for each in others}


def test_a_bridge_joins_nobody() -> None:
    """What says the same as two that differ from each other leaves all three as they are."""
    tea, coffee = fact("t", "User likes tea", -40), fact("c", "User likes coffee", 40)
    bridge = fact("b", "User likes hot drinks", 0)
    assert decided(bridge, tea, coffee, verdicts=said_same(tea, coffee)).action is Action.KEPT
    assert decided(bridge, tea, verdicts=said_same(tea)).action is Action.MERGED


def test_a_chain_does_not_snowball() -> None:
    """What is near the merged text, but not near every original, does not join."""
    first, second = fact("1", "User likes walks", 0), fact("2", "User likes strolls", 50)
    merged = decided(second, first, verdicts=said_same(first))
    assert merged.action is Action.MERGED
    stored = made(merged, first, second)
    third = fact("3", "User likes ambling", 100)
    others = [each for name, each in stored.items() if name not in {"1", "2"}]
    view = View({**stored, "3": third}, said_same(*others), NOW)
    assert plan(view, third, [each.memory.id for each in others]).action is Action.KEPT
    near = fact("4", "User likes hiking", 25)
    view = View({**stored, "4": near}, said_same(*others), NOW)
    assert plan(view, near, [each.memory.id for each in others]).action is Action.MERGED


def test_a_merge_is_one_commit_of_what_stands_for_what() -> None:
    """The new record and the hidden originals are changed together and name each other."""
    first, second = fact("1", "User likes coffee"), fact("2", "User enjoys coffee")
    done = decided(second, first)
    new, *hidden = done.changes
    assert new.before is None
    assert new.vectors == first.vectors
    assert {change.memory.id for change in hidden} == {"1", "2"}
    assert {change.memory.merged_into for change in hidden} == {done.memory.id}
    assert set(done.related) == {"1", "2"}
    assert {change.cause for change in done.changes} == {ltm.REVISION_CAUSE_MERGE}


def test_a_full_group_takes_no_more() -> None:
    """Comparing stays cheap: what comes after so many originals begins a group of its own."""
    originals = [fact(str(at_), "User likes coffee") for at_ in range(MOST_ORIGINALS)]
    group = fact("group", "User likes coffee")
    for each in originals:
        each.memory.merged_into = "group"
        group.memory.provenance.memory_ids.append(each.memory.id)
    joining = fact("new", "User enjoys coffee")
    view = {each.memory.id: each for each in (joining, group, *originals)}
    assert plan(View(view, {}, NOW), joining, ["group"]).action is Action.KEPT
    view.pop("0")
    assert plan(View(view, {}, NOW), joining, ["group"]).action is Action.MERGED


@pytest.mark.parametrize(
    ("mine", "theirs", "action"),
    [
        ({"expire_time": to_timestamp(NOW + 10**9)}, {}, Action.KEPT),
        ({"slot": "user/a"}, {"slot": "user/b"}, Action.KEPT),
        ({"slot": "user/a"}, {}, Action.MERGED),
        ({"provenance": {"strategy": 2}}, {}, Action.KEPT),
        ({"session_id": "s"}, {"session_id": "t"}, Action.MERGED),
    ],
)
def test_what_else_they_tell_must_agree(
    mine: dict[str, Any], theirs: dict[str, Any], action: Action
) -> None:
    """Ends, slots and summaries keep the same words apart; sessions do not."""
    subject, other = (
        fact("1", "User enjoys coffee", **mine),
        fact("2", "User likes coffee", **theirs),
    )
    assert decided(subject, other).action is action


def test_events_of_two_days_are_two() -> None:
    """The same happened twice; what happened on one day, told twice, is one."""

    def went(name: str, day: int, verb: str) -> StoredMemory:
        start = to_timestamp(NOW - day * 86_400_000_000)
        event = {"start": start, "precision": 2}
        return fact(name, f"User {verb} work at noon", type=2, event_time=event)

    assert decided(went("2", 8, "began"), went("1", 1, "started")).action is Action.KEPT
    assert decided(went("2", 1, "began"), went("1", 1, "started")).action is Action.MERGED


def test_a_statement_that_cites_nothing_new_proves_nothing_new() -> None:
    """The same message read twice is one statement."""
    source = {"session_uid": "s", "message_ids": ["m1"]}
    again = {"session_uid": "s", "message_ids": ["m2"]}
    first = fact("1", "User likes coffee", provenance=source)
    for cited, proofs in ((source, 1), (again, 2)):
        joining = fact("2", "User enjoys coffee", provenance=cited)
        assert decided(joining, first).memory.proof_count == proofs
