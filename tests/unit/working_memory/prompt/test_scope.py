"""Whose memories a prompt looks for."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.search_pb2 import SearchMode, SearchQuery
from agent_memory_services.kit.contract.ids import message_memory_id
from agent_memory_services.working_memory.prompt.model import PromptRequest
from agent_memory_services.working_memory.prompt.packet import surely_shown
from agent_memory_services.working_memory.prompt.sources import (
    leave_out,
    names_users,
    search_for,
    standing_search,
)
from tests.unit.working_memory.shown import KEY, session, show, user

ALICE = MemoryFilter(user_id=TagFilter(eq="alice"))
BOB = MemoryFilter(user_id=TagFilter(eq="bob"))
FOOD = MemoryFilter(topics=TagFilter(any=["food"]))


@pytest.mark.parametrize(
    ("conditions", "named"),
    [
        (MemoryFilter(), False),
        (FOOD, False),
        (ALICE, True),
        (MemoryFilter(user_id=TagFilter(eq="")), True),
        (MemoryFilter(user_id=TagFilter(any=["a", "b"])), True),
        (MemoryFilter(user_id=TagFilter(prefix="team-")), True),
        (MemoryFilter(user_id=TagFilter(ne="bob")), False),
        (MemoryFilter(none_of=[BOB]), False),
        (MemoryFilter(any_of=[ALICE, BOB]), True),
        (MemoryFilter(any_of=[ALICE, FOOD]), False),
    ],
)
def test_a_filter_names_users_where_it_says_who_is_meant(
    conditions: MemoryFilter, named: bool
) -> None:
    """Excluding somebody says nothing of who is meant, nor does one alternative of several."""
    assert names_users(conditions) is named


def test_a_callers_filter_holds_as_it_stands() -> None:
    """A filter that names users is passed on unchanged, whoever owns the session."""
    given = SearchQuery(filter=BOB, mode=SearchMode.SEARCH_MODE_KEYWORD)
    query = search_for(given, "why?", owner="alice", zone="", without=None)
    assert query == SearchQuery(text="why?", filter=BOB, mode=SearchMode.SEARCH_MODE_KEYWORD)


def test_the_owner_narrows_a_filter_that_names_nobody() -> None:
    """What the filter says otherwise stays."""
    given = SearchQuery(text="x", filter=MemoryFilter(user_id=TagFilter(ne="bob")))
    query = search_for(given, "why?", owner="alice", zone="", without=None)
    assert query.text == "x"
    assert query.filter.user_id == TagFilter(eq="alice", ne="bob")
    assert not given.filter.user_id.HasField("eq")


@pytest.mark.parametrize(
    ("named", "left_out"), [(0, ["m1", "m2", "m3"]), (254, ["m2", "m3"]), (256, [])]
)
def test_a_search_passes_over_messages_that_are_shown(named: int, left_out: list[str]) -> None:
    """The latest of them, as many as a filter takes beside the caller's own ids."""
    shown = show(user("a"), user("b"), user("c"))
    query = SearchQuery(filter=MemoryFilter(id=TagFilter(none=map(str, range(named)))))
    leave_out(query, "u1", shown)
    ids = [message_memory_id("u1", each) for each in left_out]
    assert query.filter.id.none[named:] == ids


def test_a_prompts_budget_decides_what_is_shown_for_sure() -> None:
    """Without one it is the whole view; within one, what fits whatever else is found."""
    talk = session(*(user("word " * 50) for _ in range(20)))
    assert surely_shown(PromptRequest("why?"), talk) == talk.shown
    some = surely_shown(PromptRequest("why?", budget=1000), talk)
    assert some == talk.shown[-len(some) :]
    assert 0 < sum(item.entry.tokens for item in some) <= 350
    assert surely_shown(PromptRequest("why?", budget=20), talk) == ()


def test_the_prompts_session_is_left_out_by_namespace_and_id() -> None:
    """A session of the same id in another namespace is another session."""
    query = search_for(SearchQuery(), "why?", owner="", zone="", without=KEY)
    (excluded,) = query.filter.none_of
    assert (excluded.namespace.eq, excluded.session_id.eq) == ("chat", "s1")


def test_the_shelf_is_the_same_filter_and_standing() -> None:
    """The shelf never holds what the filter excludes, and looking at it leaves no trace."""
    given = SearchQuery(text="x", filter=ALICE, as_of=Timestamp(seconds=7))
    shelf = standing_search(given)
    assert shelf is not None
    assert shelf.filter == MemoryFilter(user_id=TagFilter(eq="alice"), standing=True)
    assert (shelf.text, shelf.as_of.seconds, shelf.untracked) == ("", 7, True)


@pytest.mark.parametrize(
    "conditions", [FOOD, MemoryFilter(user_id=TagFilter(eq="alice"), standing=False)]
)
def test_there_is_no_shelf_of_nobody_or_against_the_filter(conditions: MemoryFilter) -> None:
    """Without a user a shelf would be everybody's."""
    assert standing_search(SearchQuery(filter=conditions)) is None
