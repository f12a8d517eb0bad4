"""Cancelling something at each of its awaits, one after the other."""

import asyncio
import types
from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class Moment(StrEnum):
    """When a cancellation comes."""

    WAITING = "while it waits"
    WAKING = "when what it waits for is there, and it has not noticed"


@dataclass
class Interruption:
    """Cancels the task of a coroutine at its await number `at`, counted from 0.

    Attributes:
        at: which await.
        moment: when, of the await.
        awaits: how many awaits there have been.
    """

    at: int
    moment: Moment
    awaits: int = 0

    @property
    def done(self) -> bool:
        """Whether the coroutine came as far."""
        return self.awaits > self.at

    @types.coroutine
    def around(self, coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """The coroutine, to be awaited in its place."""
        error: BaseException | None = None
        while True:
            try:
                waited = coroutine.send(None) if error is None else coroutine.throw(error)
            except StopIteration as end:
                return end.value
            error = None
            if self.awaits == self.at:
                self._cancel(waited)
            self.awaits += 1
            try:
                yield waited
            except BaseException as raised:  # noqa: BLE001 - passed on to where it belongs
                error = raised

    def _cancel(self, waited: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.moment is Moment.WAKING and asyncio.isfuture(waited):
            # Ours comes before the task's own, which it adds when it gets what is yielded.
            waited.add_done_callback(lambda _: task.cancel())
        else:
            asyncio.get_running_loop().call_soon(task.cancel)
