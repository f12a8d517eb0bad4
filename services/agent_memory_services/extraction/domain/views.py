"""Summary views: their definition, names and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, cast

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TypeFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.extraction.v1.extraction_pb2 import SummaryGroup, SummaryGroupField, SummaryView
from agent_memory_services.kit.contract import clock, context, errors, ids
from agent_memory_services.kit.contract.messages import apply_mask, copied
from agent_memory_services.kit.redis import keys
from agent_memory_services.shared.prompts import check_prompt

_CHANGEABLE: Final = frozenset(
    {"name", "group_by", "filter", "time_window", "continuous", "prompt", "model_name"}
)
_SCOPE: Final = ("group_by", "filter", "time_window")
"""Fields that decide which memories a partition speaks of."""
_SERVER: Final = ("create_time", "update_time", "etag")


def created(given: SummaryView, principal: context.Principal, request_id: str = "") -> SummaryView:
    """Return the complete view that a caller defines; one without an id gets one per call.

    Raises:
        InvalidField: a field breaks its rule.
        AccessDenied: it would cover memories that the caller's credential does not reach.
    """
    view = copied(given)
    _check(view, principal)
    view.id = given.id or _id_for(principal, request_id)
    _touch(view)
    view.create_time.CopyFrom(view.update_time)
    return view


def _id_for(principal: context.Principal, request_id: str) -> str:
    if not request_id:
        return ids.new_id()
    return ids.derived_id("summary view", principal.subject, request_id)


def changed(
    view: SummaryView, given: SummaryView, paths: Sequence[str], principal: context.Principal
) -> SummaryView:
    """Return the view after a change; the same one where nothing changes.

    Raises:
        EtagMismatch: it changed since the caller read it.
        InvalidField, InvalidFieldMask: the change is not allowed.
        AccessDenied: it would cover memories that the caller's credential does not reach.
    """
    if given.etag and given.etag != view.etag:
        raise errors.EtagMismatch(view.etag)
    after = copied(view)
    if apply_mask(after, given, paths, _CHANGEABLE):
        _check(after, principal)
        _touch(after)
    return after


def starts_anew(before: SummaryView, after: SummaryView) -> bool:
    """Return true if an update makes the existing partitions stale: they cover other memories."""
    return any(getattr(before, field) != getattr(after, field) for field in _SCOPE)


def same_definition(one: SummaryView, other: SummaryView) -> bool:
    """Return true if two views agree in everything that a caller decides."""
    bare = []
    for view in (one, other):
        copy = copied(view)
        for field in _SERVER:
            copy.ClearField(field)
        bare.append(copy)
    return bare[0] == bare[1]


def reaches(principal: context.Principal, view: SummaryView) -> bool:
    """Return true if a credential reaches everything that a view may cover."""
    return _within(principal.users, view.filter.user_id) and _within(
        principal.namespaces, view.filter.namespace
    )


def _within(allowed: frozenset[str] | None, condition: TagFilter) -> bool:
    if allowed is None:
        return True
    if condition.HasField("eq"):
        return condition.eq in allowed
    return bool(condition.any) and allowed.issuperset(condition.any)


def _check(view: SummaryView, principal: context.Principal) -> None:
    if view.HasField("time_window") and view.time_window.ToMicroseconds() <= 0:
        raise errors.InvalidField("summary_view.time_window", "must be positive")
    if view.prompt:
        check_prompt(view.prompt, "summary_view.prompt")
    if not reaches(principal, view):
        raise errors.AccessDenied(
            "a filter by the users and namespaces that the credential reaches"
        )


def _touch(view: SummaryView) -> None:
    view.update_time.CopyFrom(clock.to_timestamp(clock.now_micros()))
    view.etag = ids.new_id()


GROUP_FIELDS: Final = {
    SummaryGroupField.SUMMARY_GROUP_FIELD_USER_ID: "user_id",
    SummaryGroupField.SUMMARY_GROUP_FIELD_NAMESPACE: "namespace",
    SummaryGroupField.SUMMARY_GROUP_FIELD_SESSION_ID: "session_id",
    SummaryGroupField.SUMMARY_GROUP_FIELD_MEMORY_TYPE: "memory_type",
}
"""The fields of a group, in the order in which its key spells them."""
_TYPE: Final = "memory_type"
# A memory without an owner or session is in no group; one without a namespace is in one.
_NEEDED: Final = frozenset({"user_id", "session_id"})
_START, _BETWEEN = "=", ":"


@dataclass(frozen=True, slots=True)
class ViewName:
    """Tenant and id of a view."""

    tenant: str
    view_id: str

    @property
    def key(self) -> str:
        """Its part of a key; of two parts, so that it is never a session's."""
        return f"{keys.encode(self.tenant)}:{keys.encode(self.view_id)}"

    def partition(self, count: int) -> int:
        """Return the partition of the view: the one that holds all views of its tenant."""
        return home_of(self.tenant, count)


def home_of(tenant: str, count: int) -> int:
    """Return the partition that holds the views of a tenant."""
    return keys.partition_of(count, tenant)


@dataclass(frozen=True, slots=True)
class Group:
    """A combination of values.

    Attributes:
        values: the values by field, in the order of `GROUP_FIELDS`; all of them text.
    """

    values: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, memory: Memory, group_by: Sequence[SummaryGroupField.ValueType]) -> Self | None:
        """Return the group of a memory; None where it has none of the values that make one."""
        values = []
        for field in _ordered(group_by):
            value = str(memory.type) if field == _TYPE else getattr(memory, field)
            if not value and field in _NEEDED:
                return None
            values.append((field, value))
        return cls(tuple(values))

    @classmethod
    def named(cls, given: SummaryGroup, group_by: Sequence[SummaryGroupField.ValueType]) -> Self:
        """Return the group that a caller names.

        Raises:
            InvalidField: it does not name exactly the fields that the view groups by.
        """
        wanted, values = _ordered(group_by), given_values(given)
        for field in GROUP_FIELDS.values():
            if field in wanted and field not in values:
                raise errors.InvalidField(
                    f"group.{field}", "the view groups by it, so it must be set"
                )
            if field not in wanted and field in values:
                raise errors.InvalidField(f"group.{field}", "the view does not group by it")
            if field in _NEEDED and values.get(field) == "":
                raise errors.InvalidField(f"group.{field}", "must not be empty")
        return cls(tuple((field, values[field]) for field in wanted))

    @classmethod
    def parse(cls, key: str, group_by: Sequence[SummaryGroupField.ValueType]) -> Self:
        """Return the group whose key this is."""
        fields = _ordered(group_by)
        parts = key.removeprefix(_START).split(_BETWEEN) if fields else []
        return cls(tuple(zip(fields, map(keys.decode, parts), strict=True)))

    @property
    def key(self) -> str:
        """Its part of a key, the same for the same values only."""
        return _START + _BETWEEN.join(keys.encode(value) for _, value in self.values)

    @property
    def owner(self) -> str:
        """The user it is of; empty where it is of no single one."""
        return dict(self.values).get("user_id", "")

    def fits(self, wanted: dict[str, str]) -> bool:
        """Return true if the group has the given values."""
        return wanted.items() <= dict(self.values).items()

    def message(self) -> SummaryGroup:
        """Return the group as the contract has it."""
        values = dict(self.values)
        kind = _type(values.pop(_TYPE, "0"))
        return SummaryGroup(memory_type=kind, **values)

    def condition(self) -> MemoryFilter:
        """Return the condition that the group's memories have in common."""
        condition = MemoryFilter()
        for field, value in self.values:
            if field == _TYPE:
                condition.type.CopyFrom(TypeFilter(any=[_type(value)]))
            else:
                getattr(condition, field).CopyFrom(TagFilter(eq=value))
        return condition


def given_values(group: SummaryGroup) -> dict[str, str]:
    """Return the values that a group of the contract sets, as text."""
    return {field.name: str(value) for field, value in group.ListFields()}


def _ordered(group_by: Sequence[SummaryGroupField.ValueType]) -> list[str]:
    return [name for field, name in GROUP_FIELDS.items() if field in group_by]


def _type(value: str) -> MemoryType.ValueType:
    return cast("MemoryType.ValueType", int(value))
