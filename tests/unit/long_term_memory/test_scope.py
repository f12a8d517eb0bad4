"""The boundary of a call."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Tag,
)
from agent_memory_services.long_term_memory.domain.scope import Scope

OWN = Tag("user", ("u",))


def test_every_selection_begins_with_the_tenant() -> None:
    """Whatever is asked for, the tenant stands beside it and never inside an OR."""
    for condition in (ALWAYS, OWN, AnyOf((OWN, OWN)), AllOf((OWN, OWN))):
        selected = Scope("t").select(condition).condition
        parts = selected.parts if isinstance(selected, AllOf) else (selected,)
        assert parts[0] == Tag("tenant", ("t",))
    assert Scope("t").select(NEVER).condition == NEVER


def test_confined_scopes_bound_every_selection() -> None:
    """Users and namespaces of a credential are joined by AND; none of them means nothing."""
    scope = Scope("t", users=frozenset({"b", "a"}), namespaces=frozenset({""}))
    assert str(scope.select(OWN).condition) == (
        "(@tenant:{t}) (@user:{a|b}) (@namespace:{__}) (@user:{u})"
    )
    assert Scope("t", users=frozenset()).select(ALWAYS).condition == NEVER


def test_memories_outside_are_not_admitted() -> None:
    """A memory is inside where both its user and its namespace are allowed."""
    scope = Scope("t", users=frozenset({"a"}), namespaces=frozenset({"n"}))
    assert scope.confined
    assert scope.admits(Memory(user_id="a", namespace="n"))
    assert not scope.admits(Memory(user_id="a"))
    assert not scope.admits(Memory(namespace="n"))
    assert Scope("t").admits(Memory(user_id="x"))
    assert not Scope("t").confined
