"""Names in the store: every key and index of a tenant lies in one shard."""

from dataclasses import dataclass

from agent_memory_services.kit.redis.keys import encode, partition_of
from agent_memory_services.long_term_memory.domain import fields


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the store, with an index of its own.

    The braces make a cluster keep all of it on one node. That is a condition of being correct
    there: an index sees only the keys of the node it lives on.

    Attributes:
        number: 0 to the number of shards - 1.
    """

    number: int

    def index(self, generation: int) -> str:
        """Return the name of a generation of the index; the first is 1."""
        name = f"{self._root}:idx"
        return name if generation == fields.FIRST_GENERATION else f"{name}:{generation}"

    @property
    def layout(self) -> str:
        """Key of what the index was built for."""
        return f"{self._root}:layout"

    @property
    def readers(self) -> str:
        """Key of the processes that use the index, and of what each of them knows about it."""
        return f"{self._root}:readers"

    @property
    def memory_prefix(self) -> str:
        """Prefix of the keys of all memories of the shard."""
        return f"{self._root}:m:"

    def memory(self, tenant: str, memory_id: str) -> str:
        """Return the key of a memory."""
        return f"{self.memory_prefix}{encode(tenant)}:{encode(memory_id)}"

    def digest(self, tenant: str, content_hash: str) -> str:
        """Key that names the one memory of a tenant that holds some content."""
        return f"{self.digest_prefix(tenant)}{content_hash}"

    def digest_prefix(self, tenant: str) -> str:
        """Return the prefix of the digest keys of a tenant."""
        return f"{self._root}:h:{encode(tenant)}:"

    def revisions(self, tenant: str, memory_id: str) -> str:
        """Return the key of what a memory was before each of its changes."""
        return f"{self._root}:r:{encode(tenant)}:{encode(memory_id)}"

    def left(self, tenant: str, user_id: str) -> str:
        """Return the key of memories that left a user: deleted, or given to another user."""
        return f"{self._root}:left:{encode(tenant)}:{encode(user_id)}"

    def feed(self, tenant: str) -> str:
        """Return the key of a tenant's latest changes, in order."""
        return f"{self._root}:c:{encode(tenant)}"

    def dirty(self, tenant: str) -> str:
        """Return the key of a tenant's memories that consolidation has yet to look at."""
        return f"{self._root}:d:{encode(tenant)}"

    def erased(self, tenant: str) -> str:
        """Return the key of the fences of a tenant's erased sessions, by until when they stand."""
        return f"{self._root}:erased:{encode(tenant)}"

    @property
    def sweep_lease(self) -> str:
        """Key of who consolidates the shard at the moment."""
        return f"{self._root}:sweep"

    @property
    def forgetting_lease(self) -> str:
        """Key of who forgets by schedule in the shard at the moment."""
        return f"{self._root}:forgetting"

    @property
    def words(self) -> str:
        """Key of the revision in which all texts of the shard are cut into words."""
        return f"{self._root}:words"

    @property
    def words_lease(self) -> str:
        """Key of who brings the words of the shard up to date at the moment."""
        return f"{self._root}:rewording"

    @property
    def tenants(self) -> str:
        """Key of the tenants that ever stored a memory here."""
        return f"{self._root}:tenants"

    @property
    def sizes(self) -> str:
        """Key of how many memories each tenant has, hidden ones included."""
        return f"{self.tenants}:sizes"

    @property
    def _root(self) -> str:
        return f"am:lt:{{s{self.number:02d}}}"


def shard_of(tenant: str, shards: int) -> Shard:
    """Return the shard that holds a tenant."""
    return Shard(partition_of(shards, tenant))
