"""What a caller may define, who may see it, and what a change of it means."""

from collections.abc import Sequence
from typing import Final

from agent_memory.common.v1.filter_pb2 import TagFilter
from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory_services.runtime.clock import now_micros, to_timestamp
from agent_memory_services.runtime.custom_prompts import check_prompt
from agent_memory_services.runtime.errors import AccessDenied, EtagMismatch, InvalidField
from agent_memory_services.runtime.ids import derived_id, new_id
from agent_memory_services.runtime.masks import apply_mask
from agent_memory_services.runtime.principal import Principal

_CHANGEABLE: Final = frozenset(
    {"name", "group_by", "filter", "time_window", "continuous", "prompt", "model_name"}
)
_SCOPE: Final = ("group_by", "filter", "time_window")
"""Fields that decide which memories a partition speaks of."""
_SERVER: Final = ("create_time", "update_time", "etag")


def created(given: SummaryView, principal: Principal, request_id: str = "") -> SummaryView:
    """The view that a caller defines, complete; its id, where it has none, is one for each call.

    Raises:
        InvalidField: a field breaks its rule.
        AccessDenied: it would cover memories that the caller's credential does not reach.
    """
    view = SummaryView()
    view.CopyFrom(given)
    _check(view, principal)
    view.id = given.id or _id_for(principal, request_id)
    _touch(view)
    view.create_time.CopyFrom(view.update_time)
    return view


def _id_for(principal: Principal, request_id: str) -> str:
    if not request_id:
        return new_id()
    return derived_id("summary view", principal.subject, request_id)


def changed(
    view: SummaryView, given: SummaryView, paths: Sequence[str], principal: Principal
) -> SummaryView:
    """The view after a change; the same one where nothing changes.

    Raises:
        EtagMismatch: it changed since the caller read it.
        InvalidField, InvalidFieldMask: the change is not allowed.
        AccessDenied: it would cover memories that the caller's credential does not reach.
    """
    if given.etag and given.etag != view.etag:
        raise EtagMismatch(view.etag)
    after = SummaryView()
    after.CopyFrom(view)
    if apply_mask(after, given, paths, _CHANGEABLE):
        _check(after, principal)
        _touch(after)
    return after


def starts_anew(before: SummaryView, after: SummaryView) -> bool:
    """Whether the partitions there are speak of other memories than the view does now."""
    return any(getattr(before, field) != getattr(after, field) for field in _SCOPE)


def same_definition(one: SummaryView, other: SummaryView) -> bool:
    """Whether two views differ in nothing that a caller decides."""
    bare = []
    for view in (one, other):
        copy = SummaryView()
        copy.CopyFrom(view)
        for field in _SERVER:
            copy.ClearField(field)
        bare.append(copy)
    return bare[0] == bare[1]


def reaches(principal: Principal, view: SummaryView) -> bool:
    """Whether a credential reaches everything that a view may cover."""
    return _within(principal.users, view.filter.user_id) and _within(
        principal.namespaces, view.filter.namespace
    )


def _within(allowed: frozenset[str] | None, condition: TagFilter) -> bool:
    if allowed is None:
        return True
    if condition.HasField("eq"):
        return condition.eq in allowed
    return bool(condition.any) and allowed.issuperset(condition.any)


def _check(view: SummaryView, principal: Principal) -> None:
    if view.HasField("time_window") and view.time_window.ToMicroseconds() <= 0:
        raise InvalidField("summary_view.time_window", "must be longer than nothing")
    if view.prompt:
        check_prompt(view.prompt, "summary_view.prompt")
    if not reaches(principal, view):
        raise AccessDenied("a filter by the users and namespaces that the credential reaches")


def _touch(view: SummaryView) -> None:
    view.update_time.CopyFrom(to_timestamp(now_micros()))
    view.etag = new_id()
