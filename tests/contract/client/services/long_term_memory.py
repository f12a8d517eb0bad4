"""Long-term memory in a dictionary."""

# ruff: noqa: N802 - the contract names the methods

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import MemoryHit, ScoreSignal
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as types
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from tests.contract.client.services.matching import matches
from tests.contract.client.services.paging import page
from tests.contract.client.services.refusal import not_found, refusal, refuse
from tests.contract.client.services.script import Script

Context = grpc.aio.ServicerContext[Any, Any]


class LongTermMemory(LongTermMemoryServiceServicer):
    """Finds by common words; a text it holds already is a duplicate."""

    def __init__(self) -> None:
        self.memories: dict[str, Memory] = {}
        self.watch: Script[rpc.WatchMemoriesRequest] = Script()
        self.takes_imports = True

    def add(self, memory: Memory) -> types.CreateMemoryResult:
        """Store a memory as the service would."""
        if "reject me" in memory.text:
            error = refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "STORE_FULL", message="no room")
            return types.CreateMemoryResult(outcome=types.CREATE_OUTCOME_REJECTED, error=error)
        for other in self.memories.values():
            if (other.text, other.user_id) == (memory.text, memory.user_id):
                return types.CreateMemoryResult(
                    outcome=types.CREATE_OUTCOME_DUPLICATE, memory_id=other.id, memory=other
                )
        stored = Memory()
        stored.CopyFrom(memory)
        stored.create_time.GetCurrentTime()
        stored.etag = "1"
        self.memories[stored.id] = stored
        return types.CreateMemoryResult(
            outcome=types.CREATE_OUTCOME_CREATED, memory_id=stored.id, memory=stored
        )

    async def CreateMemories(
        self, request: rpc.CreateMemoriesRequest, _: Context
    ) -> rpc.CreateMemoriesResponse:
        return rpc.CreateMemoriesResponse(results=[self.add(item) for item in request.memories])

    async def GetMemory(
        self, request: rpc.GetMemoryRequest, context: Context
    ) -> rpc.GetMemoryResponse:
        return rpc.GetMemoryResponse(memory=await self._existing(request.memory_id, context))

    async def BatchGetMemories(
        self, request: rpc.BatchGetMemoriesRequest, _: Context
    ) -> rpc.BatchGetMemoriesResponse:
        return rpc.BatchGetMemoriesResponse(
            items=[
                rpc.BatchGetMemoriesItem(memory=self.memories[memory_id])
                if memory_id in self.memories
                else rpc.BatchGetMemoriesItem(error=not_found("memory", memory_id))
                for memory_id in request.memory_ids
            ]
        )

    async def ListMemories(
        self, request: rpc.ListMemoriesRequest, _: Context
    ) -> rpc.ListMemoriesResponse:
        found = self._newest_first(request.filter)
        part, token = page(found, request.page_size or 20, request.page_token)
        return rpc.ListMemoriesResponse(memories=part, next_page_token=token, total_size=len(found))

    async def CountMemories(
        self, request: rpc.CountMemoriesRequest, _: Context
    ) -> rpc.CountMemoriesResponse:
        return rpc.CountMemoriesResponse(count=len(self._newest_first(request.filter)))

    async def ListFieldValues(
        self, request: rpc.ListFieldValuesRequest, _: Context
    ) -> rpc.ListFieldValuesResponse:
        if request.field == types.MEMORY_FIELD_METADATA_VALUE:
            values = [
                types.FieldValue(flag=True, memory_count=2),
                types.FieldValue(number=1.5, memory_count=1),
                types.FieldValue(text="n", memory_count=1),
                types.FieldValue(text="2024", memory_count=1),
            ]
            return rpc.ListFieldValuesResponse(values=values, total_size=4, partial=True)
        counts = Counter(memory.user_id for memory in self._newest_first(request.filter))
        found = [
            types.FieldValue(text=text, memory_count=count)
            for text, count in counts.most_common()
            if text.startswith(request.prefix)
        ]
        part, token = page(found, request.page_size or 100, request.page_token)
        return rpc.ListFieldValuesResponse(
            values=part, next_page_token=token, total_size=len(found)
        )

    async def SearchMemories(
        self, request: rpc.SearchMemoriesRequest, _: Context
    ) -> rpc.SearchMemoriesResponse:
        query = request.query
        words = set(query.text.casefold().split())
        found = self._newest_first(query.filter)
        scored = [(_overlap(words, memory), memory) for memory in found]
        hits = [
            MemoryHit(
                memory=memory,
                score=score,
                signals=[ScoreSignal(name="words", value=score, contribution=score)]
                if request.explain
                else (),
            )
            for score, memory in sorted(scored, key=lambda item: -item[0])
            if (score or not words) and score >= query.min_score
        ]
        part, token = page(hits, request.page_size or 10, request.page_token)
        return rpc.SearchMemoriesResponse(hits=part, next_page_token=token, total_size=len(found))

    async def UpdateMemory(
        self, request: rpc.UpdateMemoryRequest, context: Context
    ) -> rpc.UpdateMemoryResponse:
        memory = await self._existing(request.memory.id, context)
        if request.memory.etag and request.memory.etag != memory.etag:
            conflict = refusal(
                grpc.StatusCode.ABORTED, "ETAG_MISMATCH", metadata={"current_etag": memory.etag}
            )
            await refuse(context, conflict)
        _apply(request.update_mask, request.memory, memory)
        memory.etag = str(int(memory.etag) + 1)
        return rpc.UpdateMemoryResponse(memory=memory)

    async def ForgetSession(
        self, request: rpc.ForgetSessionRequest, _: Context
    ) -> rpc.ForgetSessionResponse:
        own = [m for m in self.memories.values() if m.session_id == request.session.session_id]
        return rpc.ForgetSessionResponse(forgotten_count=len(own))

    async def DeleteMemories(
        self, request: rpc.DeleteMemoriesRequest, _: Context
    ) -> rpc.DeleteMemoriesResponse:
        deleted = [item for item in request.memory_ids if self.memories.pop(item, None)]
        return rpc.DeleteMemoriesResponse(deleted_ids=deleted)

    async def ListMemoryRevisions(
        self, request: rpc.ListMemoryRevisionsRequest, context: Context
    ) -> rpc.ListMemoryRevisionsResponse:
        memory = await self._existing(request.memory_id, context)
        revision = types.MemoryRevision(
            revision_id="r1",
            memory_id=memory.id,
            cause=types.REVISION_CAUSE_CREATE,
            actor="tester",
            after=memory,
        )
        return rpc.ListMemoryRevisionsResponse(revisions=[revision])

    async def RevertMemory(
        self, request: rpc.RevertMemoryRequest, context: Context
    ) -> rpc.RevertMemoryResponse:
        return rpc.RevertMemoryResponse(memories=[await self._existing(request.memory_id, context)])

    async def WatchMemories(
        self, request: rpc.WatchMemoriesRequest, context: Context
    ) -> AsyncIterator[rpc.WatchMemoriesResponse]:
        async for answer in self.watch.play(request, context):
            yield answer

    async def StreamSearchMemories(
        self, request: rpc.StreamSearchMemoriesRequest, _: Context
    ) -> AsyncIterator[rpc.StreamSearchMemoriesResponse]:
        found = self._newest_first(request.query.filter)[: request.limit]
        for begin in range(0, len(found), 2):
            hits = [MemoryHit(memory=memory) for memory in found[begin : begin + 2]]
            yield rpc.StreamSearchMemoriesResponse(hits=hits)

    async def DeleteMemoriesByFilter(
        self, request: rpc.DeleteMemoriesByFilterRequest, _: Context
    ) -> rpc.DeleteMemoriesByFilterResponse:
        found, part, token = self._batch(request)
        if request.execute:
            for memory in part:
                del self.memories[memory.id]
        return rpc.DeleteMemoriesByFilterResponse(
            matched_count=len(found),
            deleted_count=len(part) if request.execute else 0,
            sample_ids=[memory.id for memory in part],
            # What is gone moves nothing on.
            resume_token="0" if token and request.execute else "",
            executed=request.execute,
        )

    async def UpdateMemoriesByFilter(
        self, request: rpc.UpdateMemoriesByFilterRequest, _: Context
    ) -> rpc.UpdateMemoriesByFilterResponse:
        found, part, token = self._batch(request)
        if request.execute:
            for memory in part:
                request.update_mask.MergeMessage(
                    request.memory, memory, replace_repeated_field=True
                )
        return rpc.UpdateMemoriesByFilterResponse(
            matched_count=len(found),
            updated_count=len(part) if request.execute else 0,
            sample_ids=[memory.id for memory in part],
            skipped_ids=["taken"],
            resume_token=token if request.execute else "",
            executed=request.execute,
        )

    def _batch(
        self, request: rpc.DeleteMemoriesByFilterRequest | rpc.UpdateMemoriesByFilterRequest
    ) -> tuple[list[Memory], list[Memory], str]:
        found = self._newest_first(request.filter)
        part, token = page(found, request.limit or 500, request.resume_token)
        return found, list(part), token

    async def ImportMemories(
        self, requests: AsyncIterator[rpc.ImportMemoriesRequest], context: Context
    ) -> rpc.ImportMemoriesResponse:
        if not self.takes_imports:
            await refuse(context, refusal(grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED"))
        count = 0
        async for request in requests:
            self.memories[request.memory.id] = request.memory
            count += 1
        return rpc.ImportMemoriesResponse(created_count=count)

    async def ExportMemories(
        self, request: rpc.ExportMemoriesRequest, _: Context
    ) -> AsyncIterator[rpc.ExportMemoriesResponse]:
        for number, memory in enumerate(self._newest_first(request.filter)):
            yield rpc.ExportMemoriesResponse(memories=[memory], resume_token=str(number))

    async def ForgetMemories(
        self, request: rpc.ForgetMemoriesRequest, _: Context
    ) -> rpc.ForgetMemoriesResponse:
        considered = self._newest_first(request.filter)
        gone = [memory for memory in considered if memory.id not in request.keep_ids]
        if request.execute:
            for memory in gone:
                del self.memories[memory.id]
        return rpc.ForgetMemoriesResponse(
            memories=[
                types.ForgottenMemory(memory_id=memory.id, reason=types.FORGET_REASON_AGE)
                for memory in gone
            ],
            forgotten_count=len(gone),
            considered_count=len(considered),
            executed=request.execute,
        )

    async def CompactMemories(
        self, request: rpc.CompactMemoriesRequest, _: Context
    ) -> rpc.CompactMemoriesResponse:
        count = len(self._newest_first(request.filter))
        return rpc.CompactMemoriesResponse(considered_count=count)

    async def EraseUser(self, request: rpc.EraseUserRequest, _: Context) -> rpc.EraseUserResponse:
        gone = [m.id for m in self.memories.values() if m.user_id == request.user_id]
        for memory_id in gone:
            del self.memories[memory_id]
        receipt = EraseReceipt(
            receipt_id="lt", service="long_term_memory", erased={"memories": len(gone)}
        )
        return rpc.EraseUserResponse(receipt=receipt)

    async def _existing(self, memory_id: str, context: Context) -> Memory:
        if memory_id not in self.memories:
            await refuse(context, not_found("memory", memory_id))
        return self.memories[memory_id]

    def _newest_first(self, wanted: MemoryFilter) -> list[Memory]:
        return [m for m in reversed(self.memories.values()) if matches(wanted, m)]


def _overlap(words: set[str], memory: Memory) -> float:
    return len(words & set(memory.text.casefold().split())) / max(1, len(words))


def _apply(mask: FieldMask, source: Memory, target: Memory) -> None:
    for path in mask.paths:
        target.ClearField(path)  # type: ignore[arg-type] # a variable name
    named = Memory()
    mask.MergeMessage(source, named)
    target.MergeFrom(named)
