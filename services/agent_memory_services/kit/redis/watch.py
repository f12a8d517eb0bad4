"""The loop of a watch: changes of some streams as updates with tokens, and signs of life.

A service says what one watch is about in a `WatchSource`; everything that watches have in common
is here: the subscription, the place to continue at, the snapshot where there is none, the poll,
and a checkpoint when nothing was told for a while.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from agent_memory_services.kit.contract import clock, cursors, errors
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.subscription import (
    ForgottenError,
    Subscription,
    Subscriptions,
)
from agent_memory_services.kit.redis.feed.tail import EntryT, Position

UpdateT = TypeVar("UpdateT")

Places = Mapping[str, Position]
"""Places in the streams of a watch, by the labels of the streams."""


class WatchTokens:
    """Tokens that continue one watch, and no other."""

    def __init__(self, *binding: bytes, labelled: bool = False) -> None:
        """Write tokens that are valid for a binding.

        Args:
            binding: what tells the watch from others.
            labelled: it has a stream for each of some numbers, which label them; else one
                without a label.
        """
        self._binding = binding
        self._labelled = labelled

    def write(self, places: Places) -> str:
        """Return the token that continues at places."""
        if self._labelled:
            spelled = ",".join(f"{label}={place.spell()}" for label, place in places.items())
        else:
            (spelled,) = (place.spell() for place in places.values())
        return cursors.encode_cursor(spelled.encode(), *self._binding)

    def read(self, token: str) -> Places:
        """Return the places at which a token continues.

        Raises:
            InvalidToken: it is damaged or of another watch.
        """
        unpack = read_labelled if self._labelled else _read_alone
        return cursors.read_cursor(token, unpack, *self._binding)


def read_labelled(spelled: bytes) -> Places:
    """Read places that have numbers for labels.

    Raises:
        ValueError: they are none.
    """
    places = (place.partition(b"=") for place in spelled.split(b","))
    return {str(cursors.whole_number(label)): Position.read(place) for label, _, place in places}


def _read_alone(spelled: bytes) -> Places:
    return {"": Position.read(spelled)}


@dataclass(frozen=True, slots=True)
class Batch(Generic[EntryT]):
    """Changes of one stream that were read together.

    Attributes:
        entries: the changes, in order.
        before: the token that continues before the first of them.
        after: the token that continues after the last of them.
    """

    entries: Sequence[EntryT]
    before: str
    after: str
    _token_at: Callable[[Position], str] = field(repr=False)

    def token_after(self, entry: EntryT) -> str:
        """Return the token that continues after one of the changes."""
        return self._token_at(entry.position)


class WatchSource(ABC, Generic[EntryT, UpdateT]):
    """The subject of one watch, and the updates for its watcher.

    Attributes:
        streams: keys of the streams to follow, by label.
        topic: the topic to follow in them; None is everything.
        tokens: the tokens of the watch.
        forgotten: why a token is refused that continues before all that the store remembers; None
            where the watch begins anew instead, by a snapshot.
    """

    streams: Mapping[str, str]
    topic: Hashable = None
    tokens: WatchTokens
    forgotten: str | None = None

    @property
    def patience(self) -> float:
        """The longest time to wait for a change, in seconds."""
        return math.inf

    async def open(self) -> None:
        """Look at what is watched, before anything is told.

        Raises:
            ServiceError: the caller must not watch it.
        """

    async def tend(self) -> None:
        """Do what has to be done between two polls."""

    async def visible(self) -> bool:
        """Return true if changes may be told to the watcher now."""
        return True

    async def snapshot(
        self,
        token: str,  # noqa: ARG002 - of use to those that tell something
    ) -> AsyncIterator[UpdateT]:
        """Yield the present state, which continues at `token`; nothing where there is no need."""
        nothing: Sequence[UpdateT] = ()
        for update in nothing:
            yield update

    @abstractmethod
    def render(self, batch: Batch[EntryT]) -> AsyncIterator[UpdateT]:
        """Yield what the watcher is told of some changes."""

    @abstractmethod
    async def checkpoint(self, token: str) -> UpdateT:
        """Return a sign of life, which continues at `token`."""


class Watch(Generic[EntryT]):
    """Answers watchers of one feed."""

    def __init__(self, feed: Feed[EntryT], *, checkpoint_seconds: float) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._feed = feed
        self._checkpoint_seconds = checkpoint_seconds

    async def follow(
        self, source: WatchSource[EntryT, UpdateT], token: str
    ) -> AsyncGenerator[UpdateT, None]:
        """Yield the present state, or what happened since a token, and then every change.

        A checkpoint tells when everything until now was told, so that a watcher of what is quiet
        hears at once that it watches. Never ends without an error.

        Raises:
            InvalidToken: the token is damaged or of another watch, or changes since then are
                forgotten and the source says why that matters.
        """
        given = source.tokens.read(token) if token else {}
        async with self._feed.follow([*source.streams.values()], source.topic) as following:
            await source.open()
            cursor = _Cursor(source, following, clock.Timer(self._checkpoint_seconds))
            await cursor.rewind(given)
            while True:
                async for update in cursor.updates():
                    yield update
                await source.tend()
                if cursor.owes_checkpoint():
                    yield await source.checkpoint(cursor.token)
                await following.wait(min(cursor.silence.left, source.patience))


class _Cursor(Generic[EntryT, UpdateT]):
    """The progress of one watcher in the streams."""

    def __init__(
        self,
        source: WatchSource[EntryT, UpdateT],
        following: Subscriptions[EntryT],
        silence: clock.Timer,
    ) -> None:
        self.silence = silence
        self._source = source
        self._subscriptions = {
            label: following.subscriptions[key] for label, key in source.streams.items()
        }
        self._up_to_date = False
        self._announced = False

    @property
    def token(self) -> str:
        """Continues after all that was read."""
        return self._source.tokens.write(self._places)

    @property
    def _places(self) -> Places:
        return {label: each.position for label, each in self._subscriptions.items()}

    async def rewind(self, given: Places) -> None:
        """Continue at the places of a token, where there is one."""
        try:
            for label, place in given.items():
                if subscription := self._subscriptions.get(label):
                    await subscription.rewind(place)
        except ForgottenError:
            self._begin_anew()
        else:
            self._up_to_date = bool(given)

    async def updates(self) -> AsyncIterator[UpdateT]:
        """Yield all that is to be told now."""
        while True:
            try:
                if not self._up_to_date:
                    async for update in self._source.snapshot(self.token):
                        self.silence.restart()
                        yield update
                    self._up_to_date = True
                async for update in self._changes():
                    self.silence.restart()
                    yield update
            except ForgottenError:
                self._begin_anew()
            else:
                return

    async def _changes(self) -> AsyncIterator[UpdateT]:
        for label, subscription in self._subscriptions.items():
            async for batch in self._poll(label, subscription):
                if await self._source.visible():
                    async for update in self._source.render(batch):
                        yield update

    def owes_checkpoint(self) -> bool:
        """Return true if a checkpoint is due, which is then told."""
        if self._announced and not self.silence.is_over:
            return False
        self._announced = True
        self.silence.restart()
        return True

    async def _poll(
        self, label: str, subscription: Subscription[EntryT]
    ) -> AsyncIterator[Batch[EntryT]]:
        while True:
            places = self._places
            entries = await subscription.poll()
            if entries:
                token_at = partial(self._token_at, places, label)
                yield Batch(entries, self._source.tokens.write(places), self.token, token_at)
            elif not subscription.behind:
                return

    def _token_at(self, places: Places, label: str, place: Position) -> str:
        return self._source.tokens.write({**places, label: place})

    def _begin_anew(self) -> None:
        if self._source.forgotten is not None:
            raise errors.InvalidToken(self._source.forgotten) from None
        for subscription in self._subscriptions.values():
            subscription.skip()
        self._up_to_date = False
