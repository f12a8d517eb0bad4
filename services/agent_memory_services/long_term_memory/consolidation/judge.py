"""Judge of facts, and the verdicts that it gives."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from agent_memory.common.v1.memory_pb2 import Memory


class Verdict(StrEnum):
    """Relation of a known fact to a new one."""

    SAME = "same"
    """Both say the same."""
    CONTRADICTS = "contradicts"
    """They cannot both be true at one time."""
    OTHER = "other"
    """Neither, or unknown."""


class Judge(Protocol):
    """Tells how facts stand to a new one, as well as it can."""

    async def verdicts(self, fact: Memory, others: Sequence[Memory]) -> list[Verdict] | None:
        """Return one verdict for each of the others, which have the fact's owner.

        It never fails: where it cannot tell, the verdict is `OTHER`, which changes nothing. None
        stands for an answer of which nothing fits: the fact is to be judged again later.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
