"""Running system, to which conversations are appended turn by turn and extracted there."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import WatchJobsRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import CreateMemoryResult
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.evaluation.corpus import Conversation, Turn
from agent_memory_services.kit.contract.messages import batched
from agent_memory_services.kit.contract.transport import channel_options

_SECONDS: Final = 120.0
_EXTRACTION_SECONDS: Final = 600.0
_PAGE: Final = 1000
_DELETED_PER_CALL: Final = 500
_ROLES: Final = ("user", "assistant")
_MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
_LIVING: Final = {
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.1",
    # Evaluates what needs no key, whatever the shell holds.
    "AGENT_MEMORY_EXTRACTION_EXTRACTOR": "local",
}


@asynccontextmanager
async def running(address: str | None, *, index_messages: bool) -> AsyncIterator[grpc.aio.Channel]:
    """Provide a channel to the system at `host:port`, or to one that runs for the moment.

    The temporary one extracts with the local extractor and indexes messages on demand.

    Raises:
        EmbeddedError: it could not be started.
    """
    if address is not None:
        async with connected_to(address) as channel:
            yield channel
        return
    environment = {
        **_LIVING,
        "AGENT_MEMORY_EXTRACTION_INDEX_MESSAGES": str(index_messages).lower(),
    }
    with TemporaryDirectory() as folder:
        options = StackOptions(state_dir=Path(folder), environment=environment)
        async with Stack(options) as stack, connected_to(str(stack.address)) as channel:
            yield channel


@asynccontextmanager
async def connected_to(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """Provide a channel to `host:port` that takes large messages."""
    async with grpc.aio.insecure_channel(address, channel_options(_MAX_MESSAGE_BYTES)) as channel:
        yield channel


class System:
    """A running system behind its gateway; calls raise `grpc.aio.AioRpcError` when refused."""

    def __init__(self, channel: grpc.aio.Channel, token: str | None, namespace: str) -> None:
        """Use a namespace with a bearer token, if there is one."""
        self._sessions = WorkingMemoryServiceStub(channel)
        self._extraction = ExtractionServiceStub(channel)
        self._memories = LongTermMemoryServiceStub(channel)
        self._terms: dict[str, Any] = {
            "metadata": (("authorization", f"Bearer {token}"),) if token else (),
            "timeout": _SECONDS,
        }
        self._namespace = namespace

    async def append(self, conversation: Conversation) -> None:
        """Append every turn of a conversation, each sitting in its own session."""
        for session_id, turns in _sittings(conversation):
            request = wm.AppendMessagesRequest(
                namespace=self._namespace,
                session_id=session_id,
                user_id=conversation.id,
                messages=_messages(turns),
            )
            await self._sessions.AppendMessages(request, **self._terms)

    async def wait_until_extracted(self, conversation: Conversation) -> None:
        """Wait until every turn is extracted.

        Raises:
            TimeoutError: it takes too long.
        """
        async with asyncio.timeout(_EXTRACTION_SECONDS):
            for session_id, turns in _sittings(conversation):
                await self._extracted(session_id, len(turns))

    async def create(self, conversation: Conversation, memory: Memory) -> CreateMemoryResult:
        """Store a memory for the user of a conversation."""
        memory.namespace, memory.user_id = self._namespace, conversation.id
        request = ltm.CreateMemoriesRequest(memories=[memory])
        answer = await self._memories.CreateMemories(request, **self._terms)
        return answer.results[0]

    async def memories(self, conversation: Conversation, *, hidden: bool = False) -> list[Memory]:
        """Return all memories of a conversation, on demand with those that are hidden."""
        request = ltm.ListMemoriesRequest(
            filter=self.conversation_filter(conversation),
            page_size=_PAGE,
            include_hidden=hidden,
        )
        found: list[Memory] = []
        while True:
            page = await self._memories.ListMemories(request, **self._terms)
            found += page.memories
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def search(self, request: ltm.SearchMemoriesRequest) -> ltm.SearchMemoriesResponse:
        """Search for a question."""
        return await self._memories.SearchMemories(request, **self._terms)

    async def delete(self, conversation: Conversation) -> None:
        """Delete the sessions and the memories of a conversation."""
        for session_id, _ in _sittings(conversation):
            gone = wm.DeleteWorkingMemoryRequest(namespace=self._namespace, session_id=session_id)
            await self._sessions.DeleteWorkingMemory(gone, **self._terms)
        ids = [memory.id for memory in await self.memories(conversation, hidden=True)]
        for some in batched(ids, _DELETED_PER_CALL):
            request = ltm.DeleteMemoriesRequest(memory_ids=some)
            await self._memories.DeleteMemories(request, **self._terms)

    def conversation_filter(self, conversation: Conversation) -> MemoryFilter:
        """Return the filter that selects the memories of a conversation."""
        return MemoryFilter(
            namespace=TagFilter(eq=self._namespace), user_id=TagFilter(eq=conversation.id)
        )

    async def _extracted(self, session_id: str, sequence: int) -> None:
        request = WatchJobsRequest(namespace=self._namespace, session_id=session_id)
        watching = self._extraction.WatchJobs(request, metadata=self._terms["metadata"])
        try:
            async for seen in watching:
                if seen.progress.extracted_sequence >= sequence:
                    return
        finally:
            watching.cancel()


def _sittings(conversation: Conversation) -> Iterator[tuple[str, Sequence[Turn]]]:
    for session_id, turns in groupby(conversation.turns, key=lambda turn: turn.session_id):
        yield f"{conversation.id}/{session_id}", list(turns)


def _messages(turns: Sequence[Turn]) -> Iterator[Message]:
    speakers = list(dict.fromkeys(turn.speaker for turn in turns))
    for turn in turns:
        message = Message(
            id=turn.id,
            # Speakers with names take the two roles in turn; roles without names are roles.
            role=turn.speaker
            if turn.speaker in _ROLES
            else _ROLES[speakers.index(turn.speaker) % len(_ROLES)],
            name="" if turn.speaker in _ROLES else turn.speaker,
            content=turn.text,
        )
        message.create_time.FromDatetime(turn.said)
        yield message
