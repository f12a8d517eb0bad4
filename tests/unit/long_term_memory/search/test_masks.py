"""Conditions as marks over columns, beside their plain evaluation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.columns import table_of
from agent_memory_services.long_term_memory.domain.masks import Masks, is_maskable
from tests.integration.long_term_memory.random_records import filters, memories

OWNER = "a"


@given(st.lists(memories, min_size=1, max_size=8), filters)
def test_a_mask_marks_what_meets_a_condition(given_: list[Memory], asked: object) -> None:
    """Whatever columns can tell, they tell as the memories themselves do."""
    condition = conditions.compile_filter(asked, "filter")  # type: ignore[arg-type]
    assume(is_maskable(condition))
    for at, memory in enumerate(given_):
        memory.id, memory.user_id = f"m{at}", OWNER
    marks = Masks(table_of(given_), "acme", OWNER).of(condition)
    assert marks.tolist() == [conditions.holds(condition, memory) for memory in given_]


@given(st.lists(memories, min_size=1, max_size=8), st.integers(-2, 2))
def test_what_is_visible_is_marked(given_: list[Memory], offset: int) -> None:
    """Hidden and expired memories, and those of another time, are left out."""
    at = 1_760_000_000_000_000 + offset
    for superseded in (False, True):
        condition = conditions.visible(at, superseded=superseded)
        marks = Masks(table_of(given_), "acme", OWNER).of(condition)
        assert marks.tolist() == [conditions.holds(condition, memory) for memory in given_]


def test_the_boundary_of_a_tenant_and_an_owner_holds() -> None:
    """Columns of one owner meet no condition on another tenant or owner."""
    masks = Masks(table_of([Memory(id="m")]), "acme", OWNER)
    for field, own in ((fields.TENANT, "acme"), (fields.USER, OWNER)):
        assert masks.of(conditions.Tag(field, (own,))).all()
        assert not masks.of(conditions.Tag(field, ("other",))).any()
    assert not masks.of(conditions.NEVER).any()


@pytest.mark.parametrize(
    ("condition", "owner"),
    [
        (conditions.Tag(fields.USER, ("a",)), "a"),
        (conditions.every([conditions.ALWAYS, conditions.Tag(fields.USER, ("a",))]), "a"),
        (conditions.Tag(fields.USER, ("a", "b")), ""),
        (conditions.Tag(fields.USER, ("",)), ""),
        (conditions.negated(conditions.Tag(fields.USER, ("a",))), ""),
        (conditions.Prefix(fields.USER, "a"), ""),
        (conditions.some([conditions.Tag(fields.USER, ("a",)), conditions.NEVER]), "a"),
    ],
)
def test_an_owner_is_named_by_a_condition(condition: conditions.Node, owner: str) -> None:
    """All that is selected has one owner, or columns are no way to look for it."""
    assert conditions.owner_of(condition) == owner


def test_columns_grow_and_give_out_what_they_hold() -> None:
    """However many are added and in whatever lots, each is at its place."""
    whole = [Memory(id=f"m{at}", text=f"word{at} tea", sequence=at) for at in range(300)]
    table = table_of(whole)
    assert table.ids == [memory.id for memory in whole]
    assert np.array_equal(table.heads[fields.SEQUENCE], np.arange(300))
    kept = table.only(np.arange(300) % 3 == 0)
    assert [kept.memory(at).id for at in range(2)] == ["m0", "m3"]
