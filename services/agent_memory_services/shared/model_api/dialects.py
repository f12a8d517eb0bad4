"""Dialects of endpoints: the form of a request that each of their models understands.

An endpoint refuses a form in many ways, and a conversation in the same ones. So a form is given
up only where another one is answered; once it has been answered itself, one odd conversation does
not take it from those that follow. Nothing is given up for ever: the strictest form is tried again
after a while, each time after a longer one, so that an endpoint that never understands it costs a
few calls and not one for each question.
"""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from cachetools import LRUCache

from agent_memory_services.shared.model_api.failures import Blame, Hint

RETRY_SECONDS: Final = 600.0
"""Longest time until a form that was given up is tried again."""
_FIRST_REST: Final = 2
_LONGER: Final = 4
_MOST_DOUBTS: Final = 2
"""Refusals in a row, of a form that was understood before, until another one takes its place."""
_MOST_MODELS: Final = 1_000


class AnyForm(Protocol):
    """Interface of forms of a request."""

    def avoids(self, hint: Hint) -> bool:
        """Return true if a form leaves out what an endpoint named when it refused another one."""
        ...


FormT = TypeVar("FormT", bound=AnyForm)


class Dialect(Generic[FormT]):
    """Form that one model at one endpoint understands, as far as its answers have told."""

    def __init__(
        self, forms: Sequence[FormT], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with the strictest form.

        Args:
            forms: The forms, the strictest first and the plainest last.
            clock: Seconds that pass.
        """
        self.forms = forms
        self._clock = clock
        self._usual = 0
        self._understood = False
        self._doubts = 0
        self._rest = self._left = 0
        self._until = 0.0

    @property
    def usual(self) -> FormT:
        """The form that questions are asked in."""
        return self.forms[self._usual]

    @property
    def is_due(self) -> bool:
        """True where it is time to try again what was given up."""
        return bool(self._usual) and self._clock() >= self._until

    def trial(self) -> "Trial[FormT]":
        """Begin a question; once in a while it tries what was given up."""
        order = [self._usual, *(at for at in range(len(self.forms)) if at != self._usual)]
        if self._usual and (self._left <= 0 or self.is_due):
            self._put_off()
            order = [0, self._usual, *(at for at in order if at not in {0, self._usual})]
        self._left -= 1
        return Trial(self, order)

    def learn(self, answered: int, refused: Sequence[int], *, skipped: bool) -> None:
        """Take in which form was answered.

        Args:
            answered: The form.
            refused: The forms before it.
            skipped: True where forms between these were left out.
        """
        if answered == self._usual:
            self._understood, self._doubts = True, 0
        if answered < self._usual and not skipped and (not refused or self._usual in refused):
            self._settle(answered)
        elif self._usual in refused:
            self._doubts += 1
            if not self._understood or self._doubts >= _MOST_DOUBTS:
                self._settle(self._usual + 1 if skipped else answered, understood=not skipped)

    def _settle(self, form: int, *, understood: bool = True) -> None:
        self._usual = min(form, len(self.forms) - 1)
        self._understood, self._doubts, self._rest = understood, 0, 0
        self._put_off()

    def _put_off(self) -> None:
        """Let the next questions not try again what was given up."""
        self._rest = self._rest * _LONGER or _FIRST_REST
        self._left, self._until = self._rest, self._clock() + RETRY_SECONDS


class Trial(Generic[FormT]):
    """The forms in which one question is asked, until one is answered."""

    def __init__(self, dialect: Dialect[FormT], order: Sequence[int]) -> None:
        self._dialect = dialect
        self._order = list(order)
        self._refused: list[int] = []
        self._skipped = False

    def forms(self) -> Iterator[FormT]:
        """Yield the forms in turn."""
        while self._order:
            yield self._dialect.forms[self._order[0]]

    def refused(self, blame: Blame) -> None:
        """Take in that the present form was refused, and choose the next one.

        Where the refusal may as well be an outage, or an address where nothing is, only the
        plainest form is asked beside it, so that an outage is not asked in every form.
        """
        self._refused.append(self._order.pop(0))
        forms, hint = self._dialect.forms, blame.hint
        if not blame.form:
            self._order.clear()
        elif hint is not None and not forms[self._refused[-1]].avoids(hint):
            self._order.sort(key=lambda at: not forms[at].avoids(hint))
        elif blame.elsewhere and self._order:
            plainest = len(forms) - 1
            self._skipped = len(self._order) > 1
            self._order = [plainest] if plainest in self._order else []

    def answered(self) -> None:
        """Take in that the present form was answered."""
        self._dialect.learn(self._order[0], self._refused, skipped=self._skipped)


class Output(StrEnum):
    """Shape of an answer that a request can enforce."""

    SCHEMA = "json_schema"
    JSON = "json_object"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ChatForm:
    """Form of a chat request.

    Attributes:
        output: The shape that is enforced.
        temperature: Whether a temperature goes along; reasoning models take none.
        system: Whether instructions have a role of their own.
    """

    output: Output
    temperature: bool = False
    system: bool = True

    def avoids(self, hint: Hint) -> bool:
        """Return true if the form leaves out what an endpoint named."""
        match hint:
            case Hint.TEMPERATURE:
                return not self.temperature
            case Hint.SYSTEM:
                return not self.system
            case Hint.JSON_SCHEMA:
                return self.output is not Output.SCHEMA
            case Hint.JSON:
                return self.output is Output.TEXT
        return True


STRUCTURED: Final = (
    ChatForm(Output.SCHEMA, temperature=True),
    ChatForm(Output.SCHEMA),
    ChatForm(Output.SCHEMA, system=False),
    ChatForm(Output.JSON),
    ChatForm(Output.TEXT),
    ChatForm(Output.TEXT, system=False),
)
FREE: Final = (
    ChatForm(Output.TEXT, temperature=True),
    ChatForm(Output.TEXT),
    ChatForm(Output.TEXT, system=False),
)


class Dialects:
    """Dialects of the models of one endpoint, the least recently asked forgotten first."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: LRUCache[Hashable, Dialect[ChatForm]] = LRUCache(_MOST_MODELS)

    def of(self, model: str, *, structured: bool) -> Dialect[ChatForm]:
        """Return the dialect of a model, for data or for text."""
        dialect = self._known.get((model, structured))
        if dialect is None:
            forms = STRUCTURED if structured else FREE
            dialect = self._known[model, structured] = Dialect(forms, clock=self._clock)
        return dialect
