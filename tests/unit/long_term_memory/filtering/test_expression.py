"""Conditions as trees, and their spelling."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Not,
    Prefix,
    Range,
    Tag,
    between,
    every,
    negated,
    some,
)

A, B, C = Tag("user", ("a",)), Tag("user", ("b",)), Range("create", 1, 2)


def test_constants_disappear() -> None:
    """What always or never holds is settled before the engine is asked."""
    assert every([]) == every([ALWAYS]) == some([A, ALWAYS]) == negated(NEVER) == ALWAYS
    assert some([]) == some([NEVER]) == every([A, NEVER]) == negated(ALWAYS) == NEVER
    assert every([A, ALWAYS]) == some([A, NEVER]) == negated(negated(A)) == A


def test_nesting_of_one_kind_is_flattened() -> None:
    """AND in AND is one AND, OR in OR one OR; mixed ones stay."""
    assert every([A, every([B, C])]) == AllOf((A, B, C))
    assert some([A, some([B, C])]) == AnyOf((A, B, C))
    assert every([A, some([B, C])]) == AllOf((A, AnyOf((B, C))))


def test_negation_reaches_the_conditions() -> None:
    """The opposite of a group is a group of opposites."""
    assert negated(AllOf((A, Not(B)))) == AnyOf((Not(A), B))
    assert negated(AnyOf((A, AllOf((B, C))))) == AllOf((Not(A), AnyOf((Not(B), Not(C)))))
    assert negated(negated(AllOf((A, AnyOf((B, Not(C))))))) == AllOf((A, AnyOf((B, Not(C)))))


def test_an_empty_range_is_never() -> None:
    """Bounds that exclude each other need no engine."""
    assert between("create", 2, 1) == NEVER
    assert between("create", 1, 1) == Range("create", 1, 1)


def test_spelling() -> None:
    """Each part in the engine's words."""
    assert str(Tag("user", ("a b", "", "é"))) == "@user:{a_20b|__|_c3_a9}"
    assert str(Prefix("user", "a b")) == "@user:{a_20b*}"
    assert str(Range("create")) == "@create:[-inf +inf]"
    assert str(Range("create", -5)) == "@create:[-5 +inf]"
    assert str(AllOf((A, Not(B)))) == "(@user:{a}) (-(@user:{b}))"
    assert str(AnyOf((A, C))) == "(@user:{a})|(@create:[1 2])"
    assert str(NEVER) == "@tenant:{_0}"


def test_an_or_holds_no_and_with_a_not() -> None:
    """The engine loses records there, so such an AND is spelled as the NOT of an OR."""
    plain = AnyOf((A, AllOf((B, C))))
    assert str(plain) == "(@user:{a})|((@user:{b}) (@create:[1 2]))"
    mixed = AnyOf((A, AllOf((B, Not(C)))))
    assert str(mixed) == "(@user:{a})|(-((-(@user:{b}))|(@create:[1 2])))"
    deep = AnyOf((A, AllOf((B, AnyOf((A, Not(C)))))))
    inner = "(@user:{a})|(-(@create:[1 2]))"
    assert str(deep) == f"(@user:{{a}})|(-((-(@user:{{b}}))|(-({inner}))))"


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_no_text_is_syntax(value: str, start: str) -> None:
    """Whatever a value holds, its spelling holds letters, digits and underscores."""
    assert re.fullmatch(r"@user:\{\w+\}", str(Tag("user", (value,))), re.ASCII)
    assert re.fullmatch(r"@user:\{\w+\*\}", str(Prefix("user", start)), re.ASCII)
