"""Erasure of a user: sessions, jobs in every state, summary views, and stored answers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from agent_memory_services.extraction.domain.records import Session, Thread
from agent_memory_services.extraction.erasure import targets
from agent_memory_services.extraction.erasure.targets import erase_user as erase_views
from agent_memory_services.extraction.store.queue import Store
from agent_memory_services.extraction.store.views import ViewStore
from agent_memory_services.kit.contract import clock, context, ids
from agent_memory_services.kit.contract.erasure import ErasedSession, Erasure
from agent_memory_services.kit.redis.replay_cache import erase_answers

log = structlog.get_logger()


@dataclass(slots=True)
class _Progress:
    """Counts of an erasure that is in progress."""

    counts: Counter[str] = field(
        default_factory=lambda: Counter(sessions=0, jobs=0, messages=0, answers=0)
    )
    sessions: dict[str, ErasedSession] = field(default_factory=dict)


class Eraser:
    """Eraser of users from the queue, in steps that each take no longer than any other."""

    def __init__(self, store: Store, views: ViewStore, *, summaries_barred_seconds: float) -> None:
        """Erase from the queue and from views.

        A summary that takes up to `summaries_barred_seconds` to write from what was read before
        the erasure is not kept.
        """
        self._store = store
        self._views = views
        self._barred_seconds = summaries_barred_seconds

    async def erase(self, tenant: str, user: str, known: Iterable[ErasedSession]) -> Erasure:
        """Erase everything of a user; when it was interrupted, it may be repeated.

        What a worker has in hand is lost to it: the next thing it asks of the queue is refused.
        What it stores in long-term memory meanwhile is long-term memory's to refuse, after this:
        the answer names the sessions.

        Args:
            tenant: whose user.
            user: the user.
            known: the user's sessions that working memory erased; what arrives of them is
                refused. One that names another user's changes nothing of that.
        """
        started, receipt = clock.now_micros(), ids.new_id()
        known = list(known)
        late = {session.uid for session in known if session.owned_late}
        await targets.bar(self._store, tenant, user, [session.uid for session in known])
        await targets.bar(self._store, tenant, "", late)
        progress = _Progress()
        for partition in range(self._store.partitions):
            queued = await self._of_owner(partition, tenant, user, progress)
            queued += await self._of_no_owner(partition, tenant, late, progress)
            if queued:
                keys = [session.key for session in queued]
                await targets.erase_changes(self._store, partition, keys)
        progress.counts.update(
            await erase_views(self._views, tenant, user, barred_seconds=self._barred_seconds)
        )
        owned_late = (each.uid for each in progress.sessions.values() if each.owned_late)
        owners = [user, *late, *owned_late]
        progress.counts["answers"] += await erase_answers(self._store.client, tenant, owners)
        log.info("user.erased", receipt=receipt, **progress.counts)
        sessions = list(progress.sessions.values())
        return Erasure(receipt, progress.counts, started, clock.now_micros(), sessions)

    async def forget_session(
        self, principal: context.Principal, thread: Thread, user: str, uids: Iterable[str]
    ) -> list[str]:
        """Give up all of a session that waits, and take in nothing of it any more.

        Args:
            principal: who asks. One that is confined to no users need not name the owner.
            thread: the session.
            user: its owner; empty for none, or for whoever it is.
            uids: its incarnations, as far as the caller knows them.

        Returns:
            The incarnations that were given up.
        """
        partition = thread.partition(self._store.partitions)
        gone: list[str] = []
        for session, owner in await self._reached(principal, thread, user, uids):
            owned = targets.OwnedSessions(self._store, thread.tenant, owner or user)
            await owned.erase(targets.QueuedSession(partition, session.key))
            gone.append(session.uid)
        if gone:
            keys = [Session(thread, uid).key for uid in gone]
            await targets.erase_changes(self._store, partition, keys)
        return gone

    async def take_back(
        self,
        principal: context.Principal,
        thread: Thread,
        user: str,
        uids: Iterable[str],
        message_ids: Iterable[str],
    ) -> list[str]:
        """Learn nothing from some messages of a session any more; see `forget_session`."""
        partition = thread.partition(self._store.partitions)
        reached = await self._reached(principal, thread, user, uids)
        for session, _ in reached:
            await targets.take_back(self._store, partition, session, message_ids)
        return [session.uid for session, _ in reached]

    async def _reached(
        self, principal: context.Principal, thread: Thread, user: str, uids: Iterable[str]
    ) -> list[tuple[Session, str]]:
        """Return the incarnations of a session that a caller means and reaches, with owners."""
        partition = thread.partition(self._store.partitions)
        known = [Session(thread, uid) for uid in uids]
        if latest := await targets.latest_session(self._store, partition, thread):
            known.append(latest)
        reached: list[tuple[Session, str]] = []
        for session in {each.key: each for each in known}.values():
            owner = await targets.owner_of(self._store, partition, session)
            if owner and owner != user and (user or principal.users is not None):
                continue
            reached.append((session, owner))
        return reached

    async def _of_owner(
        self, partition: int, tenant: str, user: str, progress: _Progress
    ) -> list[targets.QueuedSession]:
        """Erase the user's sessions."""
        owned, gone = (
            targets.OwnedSessions(self._store, tenant, user),
            list[targets.QueuedSession](),
        )
        while sessions := await owned.first(partition):
            for session in sessions:
                await _erase(owned, session, progress)
            gone += sessions
        return gone

    async def _of_no_owner(
        self, partition: int, tenant: str, late: set[str], progress: _Progress
    ) -> list[targets.QueuedSession]:
        """Erase sessions of the user that had no owner when they were last submitted."""
        if not late:
            return []
        ownerless = targets.OwnedSessions(self._store, tenant, "")
        sessions = [session async for session in ownerless.every(partition) if session.uid in late]
        for session in sessions:
            await _erase(ownerless, session, progress)
        return sessions


async def _erase(
    owned: targets.OwnedSessions, session: targets.QueuedSession, progress: _Progress
) -> None:
    erased = await owned.erase(session)
    progress.counts.update(sessions=1, jobs=erased.jobs, messages=erased.messages)
    progress.sessions[session.uid] = ErasedSession(session.uid, erased.owned_late)
