"""Reasons of what consolidation does, in the history of a memory and in words for a user."""

from collections.abc import Sequence

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, Provenance
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said

MERGED = "says the same as another memory; both are one now, with the words of both kept"
BEGINS = "true from when it was said, as an older statement ends there"
CONFLICT = "another memory contradicts it, and nothing tells which of the two is true"
SETTLED = "what contradicted it has ended, changed or gone"


async def history(tenant: Tenant, memory_id: str) -> list[str]:
    """The reasons of a memory's changes that consolidation made, the earliest first."""
    request = rpc.ListMemoryRevisionsRequest(memory_id=memory_id)
    revisions = (await tenant.call("ListMemoryRevisions", request)).revisions
    reasons = [each.reason for each in reversed(revisions)]
    return [each for each in reasons if each and not each.startswith("read from")]


@pytest.mark.parametrize(
    ("older", "newer", "reason"),
    [
        ("User lives in Rome", "User lives in Oslo", "says otherwise: where User lives"),
        ("User's name is Ann", "User's name is Eve", "says otherwise: User's name"),
        ("User weighs 70 kg", "User weighs 72 kg", "says otherwise: how much User weighs"),
        ("User likes coffee", "User does not like coffee", "denies it"),
        ("User works at Acme", "User no longer works at Acme", "says that it is over"),
        (
            Memory(text="Ihr Chef ist Karl", slot="user/boss", language="xx"),
            Memory(text="Ihr Chef ist Otto", slot="user/boss", language="xx"),
            "says otherwise: User's boss",
        ),
    ],
)
async def test_an_end_says_what_a_later_statement_says(
    tenant: Tenant, older: Memory | str, newer: Memory | str, reason: str
) -> None:
    """In the memory itself and in its history; what ends it says since when it is true."""
    texts = [each if isinstance(each, str) else each.text for each in (older, newer)]
    given = [
        said(text, year, **({} if isinstance(each, str) else _fields(each)))
        for text, year, each in zip(texts, (2023, 2024), (older, newer), strict=True)
    ]
    first = await one(tenant, given[0])
    await one(tenant, given[1])
    ended = await tenant.get(first.memory_id)
    assert ended.validity.reason == f"a later statement {reason}"
    assert await history(tenant, first.memory_id) == [ended.validity.reason]


def _fields(memory: Memory) -> dict[str, str]:
    return {"slot": memory.slot, "language": memory.language}


async def test_an_end_by_the_word_of_a_model_says_so(tenant: Tenant) -> None:
    """Whoever reads the history can tell it from a rule's."""
    first = await one(tenant, said("User's boss is Carol", 2023))
    told = Provenance(ended_memory_ids=[first.memory_id])
    second = await one(tenant, said("Things go well with Dave in charge", 2024, provenance=told))
    reason = "a later statement contradicts it (a model's judgement)"
    assert await history(tenant, first.memory_id) == [reason]
    assert await history(tenant, second.memory_id) == []


@pytest.mark.parametrize("texts", [("User lives in Rome", "I live in Rome")])
async def test_a_merge_says_that_both_say_the_same(tenant: Tenant, texts: Sequence[str]) -> None:
    """On the memory that stands for both, and on each of them."""
    first = await one(tenant, texts[0])
    second = await one(tenant, texts[1])
    for memory_id in (first.memory_id, second.memory_id, *second.related_memory_ids):
        assert await history(tenant, memory_id) == [MERGED]


async def test_a_conflict_says_what_it_is_and_when_it_is_settled(tenant: Tenant) -> None:
    """On both sides, as long as it lasts."""
    first = await one(tenant, said("User lives in Rome", 2023))
    second = await one(tenant, said("User lives in Oslo", 2023))
    for each in (first, second):
        assert await history(tenant, each.memory_id) == [CONFLICT]
    await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=[first.memory_id]))
    assert await history(tenant, second.memory_id) == [CONFLICT, SETTLED]
