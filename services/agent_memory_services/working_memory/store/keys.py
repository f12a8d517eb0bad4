"""Keys of sessions in the store.

Keys begin with `am:wm:{pNN}`, NN being the session's partition. The braces are a hash tag: all
keys of a session, of its partition's listings and of its partition's outbox share a slot, so one
script may change them together on a cluster too.
"""

from dataclasses import dataclass
from typing import Final

from agent_memory_services.kit.redis.keys import encode, partition_of
from agent_memory_services.kit.redis.scripts import Key
from agent_memory_services.working_memory.domain.session import SessionKey

_PREFIX: Final = "am:wm:"
PARTITIONS_KEY: Final = f"{_PREFIX}partitions"
RELAYS_KEY: Final = f"{_PREFIX}relays"


def partition_prefix(partition: int) -> str:
    """Return the prefix of the keys of a partition."""
    return f"{_PREFIX}{{p{partition:02d}}}"


@dataclass(frozen=True, slots=True)
class SpelledAddress:
    """A session's partition and its names as scripts take them, spelled for keys."""

    partition: Key
    tenant: str
    namespace: str
    session: str


@dataclass(frozen=True, slots=True)
class SessionParts:
    """The keys of a session's parts; `lua/session/write.lua` tells what is in each."""

    meta: Key
    log: Key
    ids: Key
    view: Key
    memories: Key
    placed: Key


@dataclass(frozen=True, slots=True)
class SessionAddress:
    """The keys of one session."""

    partition: int
    tenant: str
    namespace: str
    session: str

    @classmethod
    def of(cls, key: SessionKey, partitions: int) -> "SessionAddress":
        """Return the keys of a session in a store of that many partitions."""
        return cls(
            partition_of(partitions, key.tenant, key.namespace, key.session_id),
            encode(key.tenant),
            encode(key.namespace),
            encode(key.session_id),
        )

    @property
    def spelled(self) -> SpelledAddress:
        """The session as scripts take it."""
        prefix = partition_prefix(self.partition)
        return SpelledAddress(prefix, self.tenant, self.namespace, self.session)

    @property
    def member(self) -> str:
        """The session in what a partition keeps of all its sessions."""
        return f"{self.tenant}:{self.namespace}:{self.session}"

    @property
    def parts(self) -> SessionParts:
        """The keys of its parts."""
        base = f"{partition_prefix(self.partition)}:s:{self.member}"
        return SessionParts(
            meta=f"{base}:meta",
            log=f"{base}:log",
            ids=f"{base}:ids",
            view=f"{base}:view",
            memories=f"{base}:memories",
            placed=f"{base}:placed",
        )


def listing_key(partition: int, tenant: str, namespace: str | None, user: str | None) -> str:
    """Return the listing of a tenant's sessions in a partition, narrowed where a name is given."""
    by_namespace = "" if namespace is None else f":n:{encode(namespace)}"
    by_user = "" if user is None else f":u:{encode(user)}"
    return f"{partition_prefix(partition)}:sessions:{encode(tenant)}{by_namespace}{by_user}"


def listed_meta_key(partition: int, tenant: str, member: str) -> str:
    """Return the meta key of a member of a listing."""
    return f"{partition_prefix(partition)}:s:{encode(tenant)}:{member}:meta"


def listed_view_key(partition: int, tenant: str, member: str) -> str:
    """Return the view key of a member of a listing."""
    return f"{partition_prefix(partition)}:s:{encode(tenant)}:{member}:view"


def outbox_key(partition: int) -> str:
    """Return the key of the stream of undelivered messages of a partition."""
    return f"{partition_prefix(partition)}:outbox"


def dead_key(partition: int) -> str:
    """Return the key of the dead letters of a partition, each with its reason."""
    return f"{partition_prefix(partition)}:outbox:dead"


def summaries_key(partition: int) -> str:
    """Return the key of the sessions of a partition that wait for a summary, by due time."""
    return f"{partition_prefix(partition)}:summaries"


def changes_key(partition: int) -> str:
    """Return the key of the stream of recent events of a partition."""
    return f"{partition_prefix(partition)}:changes"


def lease_key(partition: int) -> str:
    """Return the key of the lease on a partition's outbox, which names the relay."""
    return f"{partition_prefix(partition)}:relay"
