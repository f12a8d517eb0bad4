"""Arguments of tools, in the forms in which models write them."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_client import MemoryValidationError
from agent_memory_client.tools._definitions import TOOLS, tool_of

SEARCH, CREATE = "search_memory", "eagerly_create_long_term_memory"
DATA, EDIT = "update_working_memory_data", "edit_long_term_memory"
DELETE = "delete_long_term_memories"
A = {"query": "a"}
TEA = {"text": "User likes tea"}


@pytest.mark.parametrize(
    ("tool", "written", "meant"),
    [
        (SEARCH, {**A, "topics": None, "max_results": None, "offset": None}, {}),
        (SEARCH, {**A, "topics": "", "memory_type": "", "user_id": ""}, {}),
        (SEARCH, {**A, "topics": "null", "memory_type": "any", "offset": "none"}, {}),
        (SEARCH, {**A, "topics": "food"}, {"topics": ["food"]}),
        (SEARCH, {**A, "topics": "food, drinks"}, {"topics": ["food", "drinks"]}),
        (SEARCH, {**A, "topics": '["food"]'}, {"topics": ["food"]}),
        (SEARCH, {**A, "topics": "['food']"}, {"topics": ["food"]}),
        (SEARCH, {**A, "topics": {"any": ["food"]}}, {"topics": ["food"]}),
        (SEARCH, {**A, "topics": [None, "", "food"]}, {"topics": ["food"]}),
        (SEARCH, {**A, "entities": [7]}, {"entities": ["7"]}),
        (SEARCH, {**A, "max_results": 50}, {"max_results": 20}),
        (SEARCH, {**A, "max_results": "7"}, {"max_results": 7}),
        (SEARCH, {**A, "max_results": 7.0}, {"max_results": 7}),
        (SEARCH, {**A, "max_results": 0, "offset": -1}, {"max_results": 1}),
        (SEARCH, {**A, "min_relevance": "70%"}, {"min_relevance": 0.7}),
        (SEARCH, {**A, "min_relevance": 1}, {"min_relevance": 1}),
        (SEARCH, {**A, "memory_type": "Facts"}, {"memory_type": "semantic"}),
        (SEARCH, {**A, "search_mode": "Keyword"}, {"search_mode": "keyword"}),
        (
            SEARCH,
            {"q": "a", "limit": 3, "min_score": 0.5},
            {"max_results": 3, "min_relevance": 0.5},
        ),
        (
            SEARCH,
            {**A, "maxResults": 3, "Topics": "x"},
            {"max_results": 3, "topics": ["x"]},
        ),
        (SEARCH, {**A, "filters": None}, {}),
        (SEARCH, {"arguments": A}, {}),
        (SEARCH, {"input": '{"query": "a"}'}, {}),
        (SEARCH, '"{\\"query\\": \\"a\\"}"', {}),
        (SEARCH, '```json\n{"query": "a"}\n```', {}),
        (SEARCH, "{'query': 'a', 'topics': None}", {}),
        (SEARCH, [A], {}),
        (SEARCH, {"query": 7}, {"query": "7"}),
        (SEARCH, "tea and milk", {"query": "tea and milk"}),
        (SEARCH, '"tea"', {"query": "tea"}),
        (SEARCH, {"query": ["tea", "milk"]}, {"query": "tea milk"}),
        (SEARCH, {**A, "memory_type": ["fact"]}, {"memory_type": "semantic"}),
    ],
)
def test_a_search_is_understood(tool: str, written: Any, meant: dict[str, Any]) -> None:
    """Whatever form the model chose for it."""
    read = TOOLS[tool].read(written)
    assert read.model_dump(exclude_defaults=True) == A | meant


@pytest.mark.parametrize(
    ("tool", "written", "meant"),
    [
        (CREATE, {"memories": TEA}, {"memories": [TEA]}),
        (CREATE, {"memories": '[{"text": "User likes tea"}]'}, {"memories": [TEA]}),
        (CREATE, {"memories": "User likes tea"}, {"memories": [TEA]}),
        (CREATE, {"memories": ["User likes tea"]}, {"memories": [TEA]}),
        (CREATE, {"memory": {"content": "User likes tea"}}, {"memories": [TEA]}),
        (CREATE, TEA, {"memories": [TEA]}),
        (
            CREATE,
            {"memories": [{**TEA, "type": "event", "topics": "a, b", "event_date": ""}]},
            {"memories": [{**TEA, "memory_type": "episodic", "topics": ["a", "b"]}]},
        ),
        (
            CREATE,
            {"memories": [{**TEA, "date": "May 3rd, 2024"}]},
            {"memories": [{**TEA, "event_date": date(2024, 5, 3)}]},
        ),
        (DATA, {"data": '{"step": 2}'}, {"data": {"step": 2}}),
        (DATA, {"data": {"step": 2}, "merge_strategy": None}, {"data": {"step": 2}}),
        (
            DATA,
            {"state": {"a": 1}, "strategy": "deep-merge"},
            {"data": {"a": 1}, "merge_strategy": "deep_merge"},
        ),
        (DATA, {"step": 2}, {"data": {"step": 2}}),
        (EDIT, {"id": "m", "content": "x", "topics": None}, {"memory_id": "m", "text": "x"}),
        (DELETE, {"memory_ids": "a, b"}, {"memory_ids": ["a", "b"]}),
        (DELETE, {"id": "a"}, {"memory_ids": ["a"]}),
        (DELETE, "a, b", {"memory_ids": ["a", "b"]}),
        (CREATE, "User likes tea", {"memories": [TEA]}),
        ("get_long_term_memory", {"memory_id": ["a"]}, {"memory_id": "a"}),
        ("get_current_datetime", "null", {}),
        ("get_current_datetime", {"timezone": None}, {}),
    ],
)
def test_a_change_is_understood(tool: str, written: Any, meant: dict[str, Any]) -> None:
    """Objects and lists of them too."""
    assert TOOLS[tool].read(written).model_dump(exclude_defaults=True) == meant


@pytest.mark.parametrize(
    ("tool", "written", "told"),
    [
        (SEARCH, {}, "query (a text, required)"),
        (
            SEARCH,
            {**A, "max_results": "some"},
            "max_results (a number from 1 to 20, optional)",
        ),
        (SEARCH, {**A, "namespace": "x"}, "topics (a list of texts, optional)"),
        (SEARCH, {**A, "memory_type": "procedural"}, "one of semantic, episodic, message"),
        (SEARCH, {**A, "max_results": True, "offset": 1.5}, "offset"),
        (CREATE, {"memories": []}, "a list of objects with text (a text)"),
        (EDIT, {"memory_id": "m", "event_date": "soon"}, "event_date"),
        (EDIT, {"memory_id": "m"}, "text (a text, optional)"),
        (DATA, {"data": "three"}, "data (an object, required)"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_what_can(
    tool: str, written: Any, told: str
) -> None:
    """The model reads what the tool takes, and tries again."""
    with pytest.raises(MemoryValidationError) as refused:
        TOOLS[tool].read(written)
    assert told in refused.value.message


@given(
    st.dictionaries(
        st.sampled_from(["query", "topics", "max_results", "memories", "data", "event_date", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
    | st.text(),
    st.sampled_from(list(TOOLS)),
)
def test_nothing_that_a_model_writes_breaks_the_reader(written: Any, tool: str) -> None:
    """It is understood, or refused in words."""
    with suppress(MemoryValidationError):
        TOOLS[tool].read(written)


@pytest.mark.parametrize(
    ("called", "meant"),
    [
        ("searchMemory", SEARCH),
        ("functions.search_memory", SEARCH),
        ("mcp__memory__search_memory", SEARCH),
        ("search-memories", SEARCH),
        ("update_memory", EDIT),
    ],
)
def test_a_tool_is_found_by_what_models_call_it(called: str, meant: str) -> None:
    """Behind prefixes, and in other spellings."""
    assert tool_of(called).name == meant
