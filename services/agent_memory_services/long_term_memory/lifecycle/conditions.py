"""A policy as conditions on records, so that the index finds what it forgets."""

from agent_memory_services.long_term_memory.filtering.expression import (
    ALWAYS,
    NEVER,
    Node,
    Range,
    Tag,
    every,
    negated,
    some,
)
from agent_memory_services.long_term_memory.filtering.filters import flag
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.lifecycle.policy import Policy


def considered(policy: Policy, condition: Node) -> Node:
    """What a policy may forget at all of what meets a condition: nothing hidden, nothing pinned.

    What is no longer true in the world is considered like everything else.
    """
    types = Tag(schema.TYPE, tuple(map(str, sorted(policy.types)))) if policy.types else ALWAYS
    hidden, pinned = flag(schema.HIDDEN, value=True), flag(schema.PINNED, value=True)
    return every([condition, types, negated(hidden), negated(pinned)])


def doomed(policy: Policy, now: int) -> Node:
    """What is forgotten at a moment, in microseconds, whatever else its owner has."""
    standing = flag(schema.STANDING, value=True)
    return some(
        [Range(schema.EXPIRE, high=now), every([negated(standing), _worn_out(policy, now)])]
    )


def budgeted(policy: Policy, now: int) -> Node:
    """What counts against its owner's budget."""
    return every([negated(flag(schema.STANDING, value=True)), negated(doomed(policy, now))])


def archived_before(moment: int) -> Node:
    """What was archived before a moment and not touched since."""
    return every([Tag(schema.HIDDEN, (schema.ARCHIVED,)), Range(schema.UPDATE, high=moment - 1)])


def _worn_out(policy: Policy, now: int) -> Node:
    hard = _older(policy.hard_age, now)
    if policy.max_inactive is None:
        return hard
    aged = ALWAYS if policy.max_age is None else _older(policy.max_age, now)
    unused = every(
        [
            _older(policy.max_inactive, now),
            negated(Range(schema.ACCESS, low=now - policy.max_inactive)),
        ]
    )
    return some([hard, every([aged, unused])])


def _older(age: int | None, now: int) -> Node:
    return NEVER if age is None else Range(schema.CREATE, high=now - age - 1)
