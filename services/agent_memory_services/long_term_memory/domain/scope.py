"""The boundary of what a call may see, which no filter can leave."""

from dataclasses import dataclass
from typing import Final, Self

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.long_term_memory.domain import conditions, fields

OTHER_SCOPE: Final = "a credential for the memory's user and namespace"
"""What a caller would need to touch a memory outside its scope."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Memories of one tenant. `Scope.select` alone makes these, and nothing else is queried.

    Attributes:
        tenant: the tenant; it also decides which index is asked.
        condition: what holds of the memories, the boundary included.
    """

    tenant: str
    condition: conditions.Node


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, and the part of it that a credential is confined to.

    Attributes:
        tenant: the tenant.
        users: the owners whose memories may be touched, or None for all.
        namespaces: the namespaces that may be touched, or None for all.
    """

    tenant: str
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """Return the scope of a principal."""
        return cls(principal.tenant, principal.users, principal.namespaces)

    @property
    def confined(self) -> bool:
        """True if some memories of the tenant lie outside."""
        return self.users is not None or self.namespaces is not None

    def admits(self, memory: Memory) -> bool:
        """Return true if a memory of the tenant lies inside."""
        return _within(memory.user_id, self.users) and _within(memory.namespace, self.namespaces)

    def select(self, condition: conditions.Node) -> Selection:
        """Return the memories inside that meet the condition."""
        bounds: list[conditions.Node] = [conditions.Tag(fields.TENANT, (self.tenant,))]
        if self.users is not None:
            bounds.append(_one_of(fields.USER, self.users))
        if self.namespaces is not None:
            bounds.append(_one_of(fields.NAMESPACE, self.namespaces))
        asked = conditions.of_tenant(condition, self.tenant)
        return Selection(self.tenant, conditions.every([*bounds, asked]))


def _within(value: str, allowed: frozenset[str] | None) -> bool:
    return allowed is None or value in allowed


def _one_of(field: str, allowed: frozenset[str]) -> conditions.Node:
    return conditions.Tag(field, tuple(sorted(allowed))) if allowed else conditions.NEVER


@dataclass(frozen=True, slots=True)
class Subject:
    """A user of a tenant.

    Attributes:
        tenant: the tenant.
        user: the user.
        late: incarnations of sessions that had begun before the user owned them: what they said
            until then has no owner.
    """

    tenant: str
    user: str
    late: frozenset[str]

    def said(self, memory: Memory) -> bool:
        """Return true if a memory, or an earlier revision of one, holds the user's words."""
        if memory.user_id:
            return memory.user_id == self.user
        return memory.provenance.session_uid in self.late
