"""Taking memories out, and in."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Unpack

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import from_import
from agent_memory_client.conversions.memories import from_memory, to_imported
from agent_memory_client.models.criteria import FilterArguments
from agent_memory_client.models.lifecycle import ExportPart, ImportReport
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.validation import build

Records = (
    Iterable[MemoryRecord | Mapping[str, Any]] | AsyncIterable[MemoryRecord | Mapping[str, Any]]
)


class TransferMethods(ClientBase):
    """Calls that move memories; they need the access of an admin."""

    async def export_long_term_memories(
        self,
        *,
        include_hidden: bool = False,
        resume_token: str | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> AsyncGenerator[ExportPart, None]:
        """Stream memories out, the oldest first, no faster than they are taken.

        Args:
            include_hidden: Also superseded, merged and archived memories.
            resume_token: Of the last part seen, of an export of the same memories; continues
                after it.
            **criteria: Which memories, the fields of `FilterCriteria`.

        Raises:
            MemoryUnavailableError: The connection ended; export again from the last token.
        """
        stub = self._connection.services.long_term_memory
        request = rpc.ExportMemoriesRequest(
            filter=self._filter(criteria),
            include_hidden=include_hidden,
            resume_token=resume_token or "",
        )
        async with aclosing(self._connection.stream(stub.ExportMemories, request)) as parts:
            async for part in parts:
                yield ExportPart(
                    memories=[from_memory(memory) for memory in part.memories],
                    resume_token=part.resume_token,
                )

    async def import_long_term_memories(self, memories: Records) -> ImportReport:
        """Store memories as they were elsewhere: times, accesses, what is merged or archived.

        They are taken from the iterable no faster than the server stores them. Each is known by
        its id, so after an error all of them may be sent again: what is stored is left alone.

        Args:
            memories: The memories. A namespace or user left out is the client's default.

        Returns:
            How many were stored, and which were rejected and why.

        Raises:
            MemoryValidationError: One of them is no memory; those before may be stored.
        """
        stub = self._connection.services.long_term_memory
        return from_import(
            await self._connection.upload(
                stub.ImportMemories, self._rows(memories), rpc.ImportMemoriesRequest
            )
        )

    async def _rows(self, memories: Records) -> AsyncIterator[rpc.ImportMemoriesRequest]:
        number = 0
        async for memory in _each(memories):
            record = build(MemoryRecord, memory, f"memories[{number}]")
            number += 1
            yield rpc.ImportMemoriesRequest(
                memory=to_imported(
                    record, namespace=self._namespace(None), user_id=self._user(None)
                )
            )


async def _each(memories: Records) -> AsyncIterator[MemoryRecord | Mapping[str, Any]]:
    if isinstance(memories, AsyncIterable):
        async for memory in memories:
            yield memory
    else:
        for memory in memories:
            yield memory
