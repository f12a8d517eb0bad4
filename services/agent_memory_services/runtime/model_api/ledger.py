"""Whether a call to a model may be made, and what it cost whoever it is made for."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from agent_memory_services.runtime.model_api.failures import ModelFailed


class BudgetSpent(ModelFailed):
    """The present tenant's budget does not allow the call; other means may do the work."""

    def __init__(self) -> None:
        super().__init__("budget_spent")


@dataclass(slots=True)
class Bill:
    """What a call costs.

    Attributes:
        tokens: those of question and answer; an estimate until they are known.
    """

    tokens: int


class Ledger(Protocol):
    """Lets calls be made, and writes down what they cost."""

    def opened(self, tokens: int) -> AbstractAsyncContextManager[Bill]:
        """Let the present tenant make a call of about so many tokens.

        What the bill says at the end is what the call cost, however it ended.

        Raises:
            BudgetSpent: on entering; it may not.
        """
        ...


class Unlimited:
    """Lets every call be made."""

    @asynccontextmanager
    async def opened(self, tokens: int) -> AsyncIterator[Bill]:
        """Let a call be made."""
        yield Bill(tokens)
