"""A second reading of the best hits by a model that sees question and memory together.

None is shipped; an operator's own build may pass one to `TextSearch`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.scores import Scoresheet


class CrossEncoder(Protocol):
    """Judges how well texts answer a question."""

    async def relevance(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """0 to 1 for each text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Reranking:
    """Mixes a cross-encoder's judgement into the scores of the best hits.

    Attributes:
        encoder: the judge.
        question: what was asked.
        share: weight of the judgement, 0 to 1.
        depth: how many of the best are judged.
    """

    encoder: CrossEncoder
    question: str
    share: float
    depth: int

    async def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Judge the best; the others keep the rest of their scores, and so their place behind."""
        best = np.argsort(-sheet.scores, kind="stable")[: self.depth]
        texts = [memories[at].text for at in best]
        judged = np.full(len(memories), np.nan)
        judged[best] = np.clip(await self.encoder.relevance(self.question, texts), 0.0, 1.0)
        sheet.scale(1.0 - self.share)
        sheet.add("rerank", judged, self.share * np.nan_to_num(judged))
