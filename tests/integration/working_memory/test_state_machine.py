"""Random histories of sessions agree with a model that is too simple to be wrong.

Time is the store's: a session expires by being given no time at all, which is what the store
itself does when its time has come.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.errors import EtagMismatch, SessionNotFound
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.working_memory.domain.session import ANYBODY, LogSlice, SessionKey, State
from agent_memory_services.working_memory.domain.windows import Trigger
from agent_memory_services.working_memory.sessions.sessions import Revision, Sessions, Wanted
from agent_memory_services.working_memory.store.listings import Listings
from agent_memory_services.working_memory.store.records import SessionAddress
from agent_memory_services.working_memory.store.sessions import SessionStore
from agent_memory_services.working_memory.store.summaries import SummaryRecorder
from agent_memory_services.working_memory.summaries.writer import Result, SummaryWriter
from tests.integration.working_memory.speech import ALL, PARTITIONS, nobody, submitted
from tests.support.stores import empty

_T = TypeVar("_T")

TRIGGER = Trigger(0.7, 60)
NAMES = st.sampled_from(["one", "other"])
WORDS = st.lists(st.sampled_from(["a", "b", "c", "d e f g h i", "j"]), min_size=1, max_size=5)


@dataclass
class Told:
    """A session as the model has it.

    Attributes:
        log: every content that was accepted.
        view: positions in the log, from 1, of what is in view.
        context: the context.
        covered: the last position that the context covers; 0 where it covers nothing.
    """

    log: list[str] = field(default_factory=list)
    view: list[int] = field(default_factory=list)
    context: str = ""
    covered: int = 0


class Retelling:
    """Summarizes by repeating everything; what is to happen meanwhile happens before it answers."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None

    async def summarize(self, tenant: str, messages: Any, previous: str) -> str:
        """Retell."""
        del tenant
        if self.meanwhile is not None:
            await self.meanwhile()
        return " ".join([previous, *(message.content for message in messages)]).strip()


class Histories(RuleBasedStateMachine):
    """Sessions over a real store, beside the model of them."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Told] = {}
        self.submitted: list[str] = []
        self.said = 0

    @initialize()
    def begin(self) -> None:
        """An empty store."""
        self.runner = asyncio.Runner()
        self.redis: Redis = connect(self.url)
        self.store = SessionStore(self.redis, PARTITIONS, TRIGGER)
        self.sessions = Sessions(self.store, lambda _: None, nobody)
        self.retelling = Retelling()
        recorder = SummaryRecorder(self.redis, PARTITIONS, TRIGGER)
        self.writer = SummaryWriter(self.store, recorder, self.retelling, TRIGGER)
        self._run(empty(self.url))

    def teardown(self) -> None:
        """Let go of the store."""
        self._run(self.redis.aclose())
        self.runner.close()

    @rule(name=NAMES, words=WORDS)
    def append(self, name: str, words: list[str]) -> None:
        """Say something."""
        self._run(self._append(name, words))

    @rule(name=NAMES, words=WORDS, kept=st.integers(0, 6), context=st.sampled_from(["", "mine"]))
    def set(self, name: str, words: list[str], kept: int, context: str) -> None:
        """Replace the view by its own end and something new, as a caller that resends does."""
        told = self.model.setdefault(name, Told())
        tail = told.view[len(told.view) - min(kept, len(told.view)) :]
        new = self._new(words)
        messages = [_said(told.log[position - 1]) for position in tail] + list(map(_said, new))
        self._run(
            self.sessions.set(
                _key(name),
                Wanted(State(context=context), messages, ()),
                ANYBODY,
                etag="",
                request_id="",
            )
        )
        first = len(told.log) + 1
        told.log += new
        told.view = [*tail, *range(first, first + len(new))]
        if context != told.context:
            told.context, told.covered = context, 0
        self.submitted += new

    @rule(name=NAMES, context=st.sampled_from(["", "mine", "ours"]))
    def update(self, name: str, context: str) -> None:
        """Change the context."""
        change = self.sessions.update(
            _key(name),
            lambda session: Revision("", replace(session.state, context=context)),
            ANYBODY,
            etag="",
        )
        if name not in self.model:
            with pytest.raises(SessionNotFound):
                self._run(change)
            return
        self._run(change)
        if self.model[name].context != context:
            self.model[name].context, self.model[name].covered = context, 0

    @rule(name=NAMES)
    def refuse_an_old_etag(self, name: str) -> None:
        """A write that rests on another version changes nothing."""
        with pytest.raises(EtagMismatch):
            self._run(
                self.sessions.append(
                    _key(name), [_said("never")], ANYBODY, etag='"1"', request_id=""
                )
            )

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        """Delete the session; what it said stays submitted."""
        deleted = self._run(self.sessions.delete(_key(name), ANYBODY, etag=""))
        assert deleted.deleted == (self.model.pop(name, None) is not None)

    @rule(name=NAMES)
    def expire(self, name: str) -> None:
        """Let the session's time end."""
        self.model.pop(name, None)
        self._run(self._expire(name))

    @rule(name=NAMES, words=st.none() | WORDS)
    def summarize(self, name: str, words: list[str] | None) -> None:
        """Summarize, while something is said or not."""
        known = self.model.get(name, Told())
        if words is not None and name in self.model:
            self.retelling.meanwhile = lambda: self._append(name, words)
        size = len(known.view)
        outcome = self._run(self.writer.write(_key(name)))
        said_meanwhile = self.retelling.meanwhile is not None and len(known.view) > size
        self.retelling.meanwhile = None
        if outcome.result is Result.RECORDED:
            kept = self._run(self.store.read(_key(name)))
            assert kept is not None
            left = known.view[: len(known.view) - kept.view_size]
            assert 0 < len(left) < size + said_meanwhile
            texts = [known.log[position - 1] for position in left]
            known.context = " ".join([known.context, *texts]).strip()
            known.covered = max([known.covered, *left])
            known.view = known.view[len(left) :]

    @rule(name=NAMES, words=WORDS)
    def set_during_a_summary(self, name: str, words: list[str]) -> None:
        """A view that is replaced while it is summarized is what was set."""
        new = self._new(words)

        async def replaced() -> None:
            await self.sessions.set(
                _key(name),
                Wanted(State(context="set"), list(map(_said, new)), ()),
                ANYBODY,
                etag="",
                request_id="",
            )

        if name not in self.model:
            return
        told = self.model[name]
        self.retelling.meanwhile = replaced
        outcome = self._run(self.writer.write(_key(name)))
        self.retelling.meanwhile = None
        if outcome.result is Result.NEEDLESS:
            return
        assert outcome.result is Result.OVERTAKEN
        found = self._run(self.store.read(_key(name)))
        assert found is not None
        assert [item.message.content for item in found.shown] == new
        told.log += new
        self.submitted += new
        told.view = [item.entry.sequence for item in found.shown]
        told.context, told.covered = "set", 0

    @invariant()
    def agrees(self) -> None:
        """Readers, logs, listings and the outbox say what the model says."""
        if hasattr(self, "runner"):
            self._run(self._compare())

    async def _compare(self) -> None:
        for name in ("one", "other"):
            found = await self.sessions.find(_key(name), ANYBODY, ALL)
            told = self.model.get(name)
            if told is None:
                assert found is None
                continue
            assert found is not None
            assert [item.entry.sequence for item in found.shown] == told.view
            shown = [item.message.content for item in found.shown]
            assert shown == [told.log[position - 1] for position in told.view]
            assert found.tokens == sum(item.entry.tokens for item in found.shown)
            assert found.state.context == told.context
            covered = found.state.context_range
            assert (covered.last if covered else 0) == told.covered
            log = await self.sessions.log(_key(name), ANYBODY, LogSlice(start=1, count=1000))
            assert [message.content for message in log.messages] == told.log
            assert [message.sequence for message in log.messages] == [
                position + 1 for position in range(len(told.log))
            ]
            waits = await self._waits(name)
            assert waits or not TRIGGER.is_passed(found.tokens, found.window)
        listed = await Listings(self.redis, PARTITIONS).page(
            "acme", namespaces=[None], users=[None], after=None, count=10
        )
        assert {item.session_id for item in listed.sessions} == set(self.model)
        assert sorted(text for _, text in await submitted(self.redis)) == sorted(self.submitted)

    async def _waits(self, name: str) -> bool:
        address = SessionAddress.of(_key(name), PARTITIONS)
        queue = f"am:wm:{{p{address.partition:02d}}}:summaries"
        return await self.redis.zscore(queue, address.member) is not None

    async def _append(self, name: str, words: list[str]) -> None:
        told = self.model.setdefault(name, Told())
        new = self._new(words)
        messages = list(map(_said, new))
        await self.sessions.append(_key(name), messages, ANYBODY, etag="", request_id="")
        told.view += range(len(told.log) + 1, len(told.log) + len(new) + 1)
        told.log += new
        self.submitted += new

    async def _expire(self, name: str) -> None:
        """Give the session a time to live that ends now."""
        key = _key(name)
        if (found := await self.store.read(key)) is None:
            return
        state = replace(found.state, ttl=1)
        await self.sessions.update(key, lambda _: Revision("", state), ANYBODY, etag="")
        async with asyncio.timeout(120):
            while await self.store.read(key) is not None:
                await asyncio.sleep(0)

    def _new(self, words: list[str]) -> list[str]:
        """Contents that nobody said before; what equal ones mean is another test's business."""
        self.said += len(words)
        return [f"{word} {self.said}.{place}" for place, word in enumerate(words)]

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self.runner.run(work)


def _key(name: str) -> SessionKey:
    return SessionKey("acme", "chat", name)


def _said(content: str) -> Message:
    return Message(role="user", content=content)


def test_histories_agree_with_the_model(redis_url: str) -> None:
    """Set, append, update, expire, summarize and delete, in any order and at once."""
    machine = type("Histories", (Histories,), {"url": redis_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            # A history that fails is short enough; making it shorter takes minutes.
            phases=[Phase.generate],
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
