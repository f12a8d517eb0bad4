"""Who may have a view of what."""

from typing import Any

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, SummaryView
from agent_memory_services.extraction.domain.records import sees
from agent_memory_services.extraction.domain.views import created, reaches
from agent_memory_services.extraction.store.views import _specification
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import AccessDenied

ANYBODY = Principal("t", "s", Access.ACCESS_WRITER)
ALICE = Principal("t", "s", Access.ACCESS_WRITER, users=frozenset({"alice", ""}))
WORK = Principal("t", "s", Access.ACCESS_WRITER, namespaces=frozenset({"work", ""}))


def view(**conditions: Any) -> SummaryView:
    """A view with a filter."""
    return SummaryView(filter=MemoryFilter(**conditions))


@pytest.mark.parametrize(
    ("principal", "given", "allowed"),
    [
        (ANYBODY, view(), True),
        (ALICE, view(), False),
        (ALICE, view(user_id=TagFilter(eq="alice")), True),
        (ALICE, view(user_id=TagFilter(any=["alice"])), True),
        (ALICE, view(user_id=TagFilter(any=["alice", "bob"])), False),
        (ALICE, view(user_id=TagFilter(prefix="al")), False),
        (ALICE, view(user_id=TagFilter(ne="bob")), False),
        (WORK, view(), False),
        (WORK, view(user_id=TagFilter(eq="alice")), False),
        (WORK, view(namespace=TagFilter(eq="")), True),
    ],
)
def test_a_confined_caller_has_views_of_its_own_part(
    principal: Principal, given: SummaryView, *, allowed: bool
) -> None:
    """A view is reached where its filter keeps it within what the credential reaches."""
    assert reaches(principal, given) is allowed
    if allowed:
        assert created(given, principal).etag
        return
    with pytest.raises(AccessDenied):
        created(given, principal)


def test_jobs_of_views_are_seen_by_whoever_reaches_the_view() -> None:
    """A confined caller sees the job of a view of its own, and of no wider one."""
    wide, own = _specification(view()), _specification(view(user_id=TagFilter(eq="alice")))
    at_work = _specification(view(namespace=TagFilter(eq="work")))
    assert all(sees(ANYBODY, job) for job in (wide, own, at_work))
    assert [sees(ALICE, job) for job in (wide, own, at_work)] == [False, True, False]
    assert [sees(WORK, job) for job in (wide, own, at_work)] == [False, False, True]
    assert own == Job(kind=JobKind.JOB_KIND_SUMMARY_VIEW, user_id="alice")
