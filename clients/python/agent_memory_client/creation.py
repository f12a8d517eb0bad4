"""Storing memories."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.enums import DEDUPLICATION_POLICIES
from agent_memory_client.conversions.lifecycle import from_create_result
from agent_memory_client.conversions.memories import to_memory
from agent_memory_client.models.lifecycle import CreateResult, DeduplicationName
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.validation import build

LARGEST_BATCH = 500

Item = TypeVar("Item")


class CreationMethods(ClientBase):
    """Calls that store memories."""

    async def create_long_term_memories(
        self,
        memories: Iterable[MemoryRecord | Mapping[str, Any]],
        deduplicate: bool | DeduplicationName = True,
        *,
        request_id: str | None = None,
    ) -> CreateResult:
        """Store memories; they can be found when the call returns.

        The records are left as they are. More than 500 go in several calls, one after another;
        since every record has an id, repeating all of them after an error stores none twice.

        Args:
            memories: The memories. A namespace or user left out is the client's default.
            deduplicate: How far they are compared with those of their owner: `none`, `exact`
                (same type and text) or `consolidate` (paraphrases merge, contradictions
                supersede); true leaves it to the server, false means `none`.
            request_id: Names the call; repeating it within a day answers what it answered first.

        Returns:
            What became of each memory, in the order given. One that was rejected raises nothing
            here: see `CreateResult.raise_for_rejected`.

        Raises:
            MemoryValidationError: A memory is malformed; nothing of its call was stored.
        """
        records = [
            to_memory(
                build(MemoryRecord, memory, f"memories[{n}]"),
                namespace=self._namespace(None),
                user_id=self._user(None),
            )
            for n, memory in enumerate(memories)
        ]
        stub = self._connection.services.long_term_memory
        result = CreateResult(results=[])
        for n, batch in enumerate(batches(records, LARGEST_BATCH)):
            request = rpc.CreateMemoriesRequest(
                memories=batch,
                deduplication=_policy(deduplicate),
                request_id=f"{request_id}/{n}" if request_id and n else request_id or "",
            )
            response = await self._connection.call(stub.CreateMemories, request)
            result.results.extend(from_create_result(item) for item in response.results)
        return result

    create_long_term_memory = create_long_term_memories

    async def bulk_create_long_term_memories(
        self,
        memory_batches: Iterable[Iterable[MemoryRecord | Mapping[str, Any]]],
        *,
        batch_size: int = 100,
        delay_between_batches: float = 0.0,
        deduplicate: bool | DeduplicationName = True,
    ) -> list[CreateResult]:
        """Store many memories in calls of a bounded size, one after another.

        Args:
            memory_batches: The memories, grouped in whatever way they come.
            batch_size: The most memories of one call, up to 500.
            delay_between_batches: Seconds to wait between two calls.
            deduplicate: As in `create_long_term_memories`.

        Returns:
            The result of each call.
        """
        memories = [memory for group in memory_batches for memory in group]
        results: list[CreateResult] = []
        for batch in batches(memories, min(batch_size, LARGEST_BATCH)):
            if results and delay_between_batches > 0:
                await asyncio.sleep(delay_between_batches)
            results.append(await self.create_long_term_memories(batch, deduplicate))
        return results


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in runs of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _policy(deduplicate: bool | str) -> DeduplicationPolicy.ValueType:
    if deduplicate is True:
        return DeduplicationPolicy.DEDUPLICATION_POLICY_UNSPECIFIED
    return DEDUPLICATION_POLICIES.parse(deduplicate or "none", "deduplicate")
