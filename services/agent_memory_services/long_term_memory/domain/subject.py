"""The data subject whose words an erasure removes."""

from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory


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
