"""The judge that asks a model."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import structlog

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.judgement.answer import (
    NonsenseError,
    read_verdicts,
)
from agent_memory_services.long_term_memory.consolidation.judgement.base import Verdict
from agent_memory_services.long_term_memory.consolidation.judgement.prompts import question
from agent_memory_services.long_term_memory.consolidation.meters import METERS
from agent_memory_services.runtime.deadline import remaining
from agent_memory_services.runtime.errors import DeadlineExceeded
from agent_memory_services.runtime.model_api.chat import ChatEndpoint
from agent_memory_services.runtime.model_api.failures import ModelFailed

log = structlog.get_logger()

_MARGIN_SECONDS: Final = 2.0
"""Kept of a call's time for what follows a judgement."""
_CONCURRENT: Final = 8
_MOST_NONSENSE: Final = 3
"""Unfit answers about one state of a fact, until it is left as it is."""
_REMEMBERED: Final = 10_000


class OpenAIJudge:
    """Asks once about each fact, and takes no answer for an answer; an unfit one is none."""

    def __init__(self, endpoint: ChatEndpoint, *, timeout_seconds: float) -> None:
        """Wait at most `timeout_seconds` for an answer, its turn included."""
        self._endpoint = endpoint
        self._timeout = timeout_seconds
        self._slots = asyncio.Semaphore(_CONCURRENT)
        self._nonsense: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def verdicts(self, fact: Memory, others: Sequence[Memory]) -> list[Verdict] | None:
        """One verdict for each of the others; all are `OTHER` where the model does not tell.

        None where nothing of its answer fits, unless that was so several times.
        """
        nothing = [Verdict.OTHER] * len(others)
        try:
            async with asyncio.timeout(self._patience()), self._slots:
                answer = await self._endpoint.ask(question(fact, others))
            found = read_verdicts(answer, len(others))
        except (TimeoutError, DeadlineExceeded):
            METERS.asked("late")
            return nothing
        except ModelFailed as failed:
            log.warning("judge.failed", reason=failed.reason)
            METERS.asked("unavailable")
            return nothing
        except NonsenseError:
            log.warning("judge.nonsense", model=self._endpoint.model)
            METERS.asked("nonsense")
            return None if self._is_worth_another(fact) else nothing
        METERS.asked("answered")
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()

    def _is_worth_another(self, fact: Memory) -> bool:
        """Whether another answer about a fact in its present state may be a better one."""
        state = (fact.id, fact.etag)
        count = self._nonsense.pop(state, 0) + 1
        if count >= _MOST_NONSENSE:
            return False
        self._nonsense[state] = count
        if len(self._nonsense) > _REMEMBERED:
            self._nonsense.popitem(last=False)
        return True

    def _patience(self) -> float:
        left = remaining(_MARGIN_SECONDS)
        return self._timeout if left is None else min(self._timeout, left)
