"""Deleting and changing the memories that a filter matches, a batch at a time.

A batch goes over memories from the oldest on and is continued behind the last one, so that a change
after which a memory still matches is made once.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.kit.contract.messages import apply_mask
from agent_memory_services.long_term_memory.domain import conditions
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import Listing, ListingCursor, Walk
from agent_memory_services.long_term_memory.memories.editing import Edit, Memories

_PAGE: Final = 200
_SAMPLE: Final = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Batch of the memories that a filter matches.

    Attributes:
        condition: what the filter and the caller's view of hidden memories ask for.
        limit: how many memories are looked at.
        after: behind which one; None begins with the oldest.
        execute: acts; otherwise only reports what would be done.
        actor: who acts, for the history.
        reason: why, for the history.
    """

    condition: conditions.Node
    limit: int
    after: ListingCursor | None
    execute: bool
    actor: str
    reason: str


@dataclass(slots=True)
class BatchResult:
    """Result of a batch.

    Attributes:
        matched: how many memories match in all.
        done: ids of those that were deleted or changed; of a mere report, of the first that would.
        skipped: ids of those that could not be changed.
        more_after: behind which memory the next batch begins; None where nothing is left.
    """

    matched: int
    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    more_after: ListingCursor | None = None

    @property
    def sample(self) -> Sequence[str]:
        """The first of the ids."""
        return self.done[:_SAMPLE]


def require_condition(condition: conditions.Node) -> conditions.Node:
    """Return the condition of a filter.

    Raises:
        InvalidField: it holds of every memory.
    """
    if condition == conditions.ALWAYS:
        raise InvalidField("filter", "must hold at least one condition")
    return condition


class MatchingMemories:
    """The memories of all tenants, by filter."""

    def __init__(self, memories: Memories, walk: Walk, listing: Listing) -> None:
        self._memories = memories
        self._walk = walk
        self._listing = listing

    async def delete(self, scope: Scope, asked: Batch) -> BatchResult:
        """Delete a batch, or report what would be deleted.

        Raises:
            EtagMismatch: a memory keeps changing.
        """
        result = BatchResult(await self._listing.count(scope, asked.condition))
        async for page in self._pages(scope, asked, result):
            if asked.execute:
                result.done += await self._memories.delete(
                    scope, [each.id for each in page], actor=asked.actor, reason=asked.reason
                )
            else:
                result.done += [each.id for each in page]
        return result

    async def update(self, scope: Scope, asked: Batch, edit: Edit) -> BatchResult:
        """Change fields that a mask names in a batch, or report what would be changed.

        Raises:
            EtagMismatch: a memory keeps changing.
            InvalidField: nothing is to be changed.
            InvalidFieldMask: a path is unknown or may not be named.
            InvalidFields: a changed memory would break a rule.
            AccessDenied: the change would move a memory out of the caller's scope.
        """
        # An edit is wrong whether or not anything matches.
        if not apply_mask(Memory(), edit.given, edit.paths, edit.allowed) and not edit.paths:
            raise InvalidField("memory", "sets no field that may be changed by filter")
        result = BatchResult(await self._listing.count(scope, asked.condition))
        async for page in self._pages(scope, asked, result):
            if asked.execute:
                each = await self._memories.update_each(scope, page, edit, actor=asked.actor)
                result.done += each.updated
                result.skipped += each.skipped
            else:
                result.done += await self._memories.would_update(scope, page, edit)
        return result

    async def _pages(
        self, scope: Scope, asked: Batch, result: BatchResult
    ) -> AsyncIterator[Sequence[Memory]]:
        """Yield the memories of a batch, or those of a report; notes where the next one begins."""
        left = asked.limit if asked.execute else _SAMPLE
        size = min(_PAGE, left)
        pages = self._walk.pages(scope, asked.condition, size=size, after=asked.after)
        async with aclosing(pages):
            async for found in pages:
                page = list(islice(found, left))
                yield page
                left -= len(page)
                if not left:
                    result.more_after = ListingCursor.of(page[-1]) if asked.execute else None
                    return
