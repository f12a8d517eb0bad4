"""Which neighbours the rules know about, and what a judge says of the others."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.judgement.base import Judge, Verdict
from agent_memory_services.long_term_memory.consolidation.neighbours import Neighbour
from agent_memory_services.long_term_memory.consolidation.rules.likeness import Likeness
from agent_memory_services.long_term_memory.consolidation.rules.participation import (
    is_fact,
    may_merge,
)
from agent_memory_services.long_term_memory.consolidation.succeeding import excludes
from agent_memory_services.long_term_memory.consolidation.view import alike
from agent_memory_services.long_term_memory.visibility import is_visible
from agent_memory_services.runtime.clock import now_micros

_MOST_DOUBTS: Final = 5
"""Neighbours that one call of the judge is about."""


def concerns(subject: Memory, other: Neighbour) -> bool:
    """Whether the rules may do something about the two."""
    return _is_same(subject, other) or excludes(subject, other.memory)


async def opinions(
    judge: Judge | None, facts: Sequence[Memory], around: Sequence[Sequence[Neighbour]]
) -> list[Mapping[str, Verdict] | None]:
    """What the judge says of each fact's neighbours, by their ids, where it says something.

    None for a fact that it is to be asked about again later.
    """
    if judge is None:
        return [{} for _ in facts]
    return await asyncio.gather(
        *(_opinion(judge, fact, near) for fact, near in zip(facts, around, strict=True))
    )


async def _opinion(
    judge: Judge, fact: Memory, neighbours: Sequence[Neighbour]
) -> Mapping[str, Verdict] | None:
    doubtful = _doubtful(fact, neighbours)
    if not doubtful:
        return {}
    verdicts = await judge.verdicts(fact, doubtful)
    if verdicts is None:
        return None
    return {
        other.id: verdict
        for other, verdict in zip(doubtful, verdicts, strict=True)
        if verdict is not Verdict.OTHER
    }


def _is_same(subject: Memory, other: Neighbour) -> bool:
    # Vectors of what only a slot led to are compared once they are read.
    nearness = 1.0 if other.cosine is None else other.cosine
    return alike(subject, other.memory, nearness) is Likeness.SAME


def _doubtful(subject: Memory, neighbours: Sequence[Neighbour]) -> list[Memory]:
    """The neighbours that only a judge can tell about; none where the rules know what to do."""
    if any(
        excludes(subject, each.memory)
        or (_is_same(subject, each) and may_merge(subject, each.memory))
        for each in neighbours
    ):
        return []
    now = now_micros()
    return [
        each.memory
        for each in neighbours
        if is_fact(each.memory)
        and is_visible(each.memory, now)
        and alike(subject, each.memory, each.cosine or 0.0) is Likeness.UNSURE
    ][:_MOST_DOUBTS]
