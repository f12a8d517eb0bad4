"""Changes that carry the originals of a merged memory along with it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from redis.exceptions import ResponseError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.memory import Change
from agent_memory_services.long_term_memory.store.memories import Commit, MemoryStore


async def commit_each_whole(
    store: MemoryStore, tenant: str, changes: Sequence[Change], *, actor: str, now: int
) -> list[Commit | Exception]:
    """Commit as `MemoryStore.commit_each`, but delete a merged memory with its originals.

    They are hidden, so that no search would find them any more, and they say what it said.
    Reverting the deletion restores all of them.

    Raises:
        RedisError: the store went away; which changes are made is unknown.
    """
    hidden = await _originals(store, tenant, changes)
    alone = [change for change in changes if change.memory.id not in hidden]
    commits = iter(await store.commit_each(tenant, alone, actor=actor, now=now))
    done: list[Commit | Exception] = []
    for change in changes:
        if (originals := hidden.get(change.memory.id)) is None:
            done.append(next(commits))
        else:
            whole = _together(change, originals)
            try:
                done.append(await store.commit(tenant, whole, actor=actor, now=now))
            except ResponseError as error:
                done.append(error)
    return done


async def _originals(
    store: MemoryStore, tenant: str, changes: Iterable[Change]
) -> dict[str, list[Memory]]:
    """Return the hidden originals of memories that are to be deleted, by these memories' ids."""
    linked = {
        memory_id: change.before.id
        for change in changes
        if change.before is not None and change.after is None
        for memory_id in change.before.provenance.memory_ids
    }
    # A memory that the same call deletes itself is not deleted twice.
    for change in changes:
        linked.pop(change.memory.id, None)
    found: dict[str, list[Memory]] = {}
    for memory in await store.get(tenant, list(linked)) if linked else []:
        if memory is not None and memory.merged_into == linked[memory.id]:
            found.setdefault(memory.merged_into, []).append(memory)
    return found


def _together(change: Change, originals: Sequence[Memory]) -> list[Change]:
    """Return the deletion of a merged memory and of its originals, which name each other."""
    memory_id = change.memory.id
    ids = (*change.related, *(each.id for each in originals))
    return [
        replace(change, related=ids),
        *(replace(change, before=each, related=(memory_id,)) for each in originals),
    ]
