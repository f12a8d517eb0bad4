"""Forgetting on request: the facts of one owner that tell what somebody asks to forget."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import now_micros, to_micros, to_timestamp
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.forget_policy import Reason
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgotten, archived
from agent_memory_services.long_term_memory.listing import Walk
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import CommitOutcome, MemoryStore
from agent_memory_services.shared.forgetting import means, names_past, terms

_PAGE: Final = 200
_ATTEMPTS: Final = 3
_MOST: Final = 20
_FACTS: Final = (MemoryType.MEMORY_TYPE_SEMANTIC, MemoryType.MEMORY_TYPE_EPISODIC)
_MESSAGES: Final = (MemoryType.MEMORY_TYPE_MESSAGE,)


@dataclass(frozen=True, slots=True)
class AboutRequest:
    """Request to forget what tells something.

    Attributes:
        about: what is meant, and how many facts may be.
        condition: whose facts are considered.
        messages: whose messages go with them; None where the types are named that go.
        permanently: deletes at once; otherwise facts are archived, and can be restored.
        execute: forgets; otherwise only reports what would be forgotten.
        actor: who forgets, for the history.
    """

    about: ltm.ForgetSubject
    condition: conditions.Node
    messages: conditions.Node | None
    permanently: bool
    execute: bool
    actor: str

    @classmethod
    def of(cls, request: rpc.ForgetMemoriesRequest, actor: str) -> "AboutRequest":
        """Read a request, which has to name one owner and one namespace.

        Raises:
            InvalidField: it does not, or it does not say what is meant.
        """
        about = request.about
        if not about.memory_ids and not terms(about.text, about.language):
            raise InvalidField("about.text", "names nothing that facts could be found by")
        _require_owner(request.filter)
        types = request.policy.types
        until = to_micros(about.said_until) if about.HasField("said_until") else None
        owned = [
            conditions.compile_filter(request.filter, "filter"),
            conditions.Range(fields.CREATE, high=until),
        ]
        return cls(
            about,
            conditions.every([*owned, _of_types(types or _FACTS)]),
            None if types else conditions.every([*owned, _of_types(_MESSAGES)]),
            permanently=request.policy.permanently,
            execute=request.execute,
            actor=actor,
        )


def _of_types(types: Iterable[MemoryType.ValueType]) -> conditions.Node:
    return conditions.Tag(fields.TYPE, tuple(map(str, sorted(types))))


def _require_owner(given: MemoryFilter) -> None:
    """Insist that a filter names one owner, and where that is nobody, one session.

    Raises:
        InvalidField: it does not.
    """
    needed = ["user_id", "namespace"]
    if not given.user_id.eq:
        needed.append("session_id")
    for name in needed:
        condition = getattr(given, name)
        if not condition.HasField("eq") or (name == "session_id" and not condition.eq):
            raise InvalidField(f"filter.{name}.eq", "must name whose facts are forgotten")


class RequestedForgetting:
    """Forgets what somebody asks to forget, or notes that it was asked.

    All facts of the owner are looked at, those that are over, archived or merged included, since
    what is forgotten must not come back with the history of another. Nor may it in the words in
    which it was said: with the facts go the messages that tell it, or from which alone one of them
    was taken.
    """

    def __init__(self, store: MemoryStore, index: MemoryIndex) -> None:
        self._store = store
        self._walk = Walk(index)

    async def forget(self, scope: Scope, asked: AboutRequest) -> Forgotten:
        """Forget, or report what would be forgotten; nothing where too much is meant.

        Raises:
            RedisError: the store went away; what was forgotten until then is.
        """
        forgotten, about = Forgotten(), asked.about
        named = frozenset(about.memory_ids)
        found: dict[str, None] = {}
        said: set[tuple[str, str]] = set()
        async for page in self._walk.pages(scope, asked.condition, size=_PAGE):
            forgotten.considered += len(page)
            for memory in page:
                if memory.id in named or means(about.text, memory, about.speaker, about.language):
                    found[memory.merged_into or memory.id] = None
                    said |= _only_source(memory)
        present = await self._present(scope, list(found))
        over = [each for each in present if each.validity.HasField("invalid_from")]
        ids = [each.id for each in (over if over and names_past(about.text) else present)]
        if asked.execute and 0 < len(ids) <= (about.most or _MOST):
            # Before the facts, which lead to them if this has to be repeated.
            await self._apply(scope, asked, await self._messages(scope, asked, said))
            ids = await self._apply(scope, asked, ids)
            forgotten.executed = True
        forgotten.add(dict.fromkeys(ids, Reason.REQUESTED))
        return forgotten

    async def _messages(
        self, scope: Scope, asked: AboutRequest, said: Collection[tuple[str, str]]
    ) -> list[str]:
        """Return the messages that go with facts; `said` are those that state one of them."""
        if asked.messages is None:
            return []
        about = asked.about
        return [
            memory.id
            async for page in self._walk.pages(scope, asked.messages, size=_PAGE)
            for memory in page
            if not _only_source(memory).isdisjoint(said)
            or means(about.text, memory, about.speaker, about.language)
        ]

    async def _apply(self, scope: Scope, asked: AboutRequest, ids: Sequence[str]) -> list[str]:
        """Forget memories; return the ids of those that are gone, or marked."""
        done: list[str] = []
        left = list(ids)
        for _ in range(_ATTEMPTS):
            changes = [
                change
                for memory in await self._present(scope, left)
                if (change := _change(memory, asked)) is not None
            ]
            done += [each for each in left if each not in {one.memory.id for one in changes}]
            commits = await commit_each_whole(
                self._store, scope.tenant, changes, actor=asked.actor, now=now_micros()
            )
            left = []
            for change, commit in zip(changes, commits, strict=True):
                if isinstance(commit, Exception):
                    raise commit
                kept = commit.outcome is not CommitOutcome.COMMITTED
                (left if kept else done).append(change.memory.id)
            if not left:
                break
        return done

    async def _present(self, scope: Scope, ids: Sequence[str]) -> list[Memory]:
        """Read the memories of these ids that are there and may go."""
        found = await self._store.get(scope.tenant, ids) if ids else []
        return [
            each for each in found if each is not None and scope.admits(each) and not each.pinned
        ]


def _only_source(memory: Memory) -> set[tuple[str, str]]:
    """Return the message that a memory rests on, where it is one, with its session."""
    sources, session = memory.provenance.message_ids, memory.provenance.session_uid
    return {(session, sources[0])} if session and len(sources) == 1 else set()


def _change(memory: Memory, asked: AboutRequest) -> Change | None:
    """Return the change that a request makes; None where it was made before."""
    reason = Reason.REQUESTED.words
    if asked.about.mark_only:
        if memory.HasField("forget_request_time"):
            return None
        marked = copied(memory)
        marked.forget_request_time.CopyFrom(to_timestamp(now_micros()))
        normalise(marked, now_micros())
        return Change(
            memory, marked, ltm.REVISION_CAUSE_UPDATE, reason=reason, unique=False, compared=True
        )
    after = None if asked.permanently else archived(memory)
    if after is not None and memory.HasField("archive_time"):
        return None
    return Change(memory, after, ltm.REVISION_CAUSE_FORGET, reason=reason)
