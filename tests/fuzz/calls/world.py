"""A whole stack under fire, and what has to hold of it afterwards."""

import json
import random
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_memory.extraction.v1 import service_pb2 as ex
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as lt
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_client import MemoryAPIClient
from agent_memory_client.errors import MemoryClientError
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.stack import SERVICES, Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.transport import Address
from agent_memory_services.kit.redis.client import connect
from tests.fuzz.calls.known import Known

_QUICK = {
    "AGENT_MEMORY_AUTH": "off",
    "AGENT_MEMORY_ACCESS_LOG": "false",
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2",
}
_OPTIONS = (
    *(("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)),
    *(("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)),
    ("grpc.max_metadata_size", 65536),
)
# After so long the store tells others that it is busy with a script, and lets it be ended.
_BUSY_MS = 3000
_LOGGED_MICROSECONDS = 20_000
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"})
_SECONDS = 20.0
_LIBRARY = re.compile(rb"(WARNING: All log messages|[IWE][0-9]{4} )")


@dataclass
class World:
    """A running stack and how it is spoken to.

    Attributes:
        stack: store, services, gateway.
        store: a client of the store.
        channels: to each service, and to the gateway under the name "".
        known: names that calls use.
        children: every process that has to live.
    """

    stack: Stack
    store: Redis
    channels: Mapping[str, grpc.aio.Channel]
    children: list[Child]
    folder: Path
    known: Known = field(default_factory=Known)
    _pids: dict[str, int] = field(default_factory=dict)
    _logged: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pids = {child.name: child.pid for child in self.children}

    @property
    def gateway(self) -> Address:
        """Where callers of JSON are served."""
        return self.stack.address

    def channel(self, policy: MethodPolicy, chance: random.Random) -> grpc.aio.Channel:
        """To the service of a method, one time in four by way of the gateway."""
        if chance.random() < 0.25:
            return self.channels[""]
        return self.channels[policy.service.split(".")[1]]

    async def faults(self) -> list[str]:
        """Faults of the stack as a whole: what ended, what hangs, what no longer works."""
        found = [
            f"{child.name} ended"
            for child in self.children
            if not child.running or child.pid != self._pids[child.name]
        ]
        if found:
            return found
        if (busy := await self.ended_script()) is not None:
            return [busy]
        return await self._conversation()

    async def ended_script(self) -> str | None:
        """Ends the script that the store is busy with, if any, and tells about it."""
        try:
            await self.store.ping()
        except ResponseError as error:
            if not str(error).startswith("BUSY"):
                raise
        else:
            return None
        try:
            await self.store.script_kill()
        except ResponseError as error:
            return f"a script goes on and on: {error}"
        return f"a script went on and on until it was ended: {(await self.scripts())[:1]}"

    async def scripts(self) -> list[tuple[float, str]]:
        """Milliseconds and words of the scripts that the store has logged, the slowest first."""
        found = []
        for entry in await self.store.slowlog_get(256):
            command = entry["command"].decode(errors="replace")
            if command.split(" ", 1)[0].upper() in _SCRIPTS:
                found.append((entry["duration"] / 1000, command[:400]))
        return sorted(found, reverse=True)

    def logged_faults(self) -> list[str]:
        """What processes logged as errors since it was last asked for, one of each kind."""
        found: dict[str, str] = {}
        for name in SERVICES:
            path = self.folder / f"{name}.log"
            with path.open("rb") as log:
                log.seek(self._logged.get(name, 0))
                for line in log:
                    _note_fault(found, name, line)
                self._logged[name] = log.tell()
        return list(found.values())

    async def tidy(self) -> None:
        """Delete what calls have left, so that the stack stays small.

        What stands in the way of it is found by the calls themselves, or by `faults`.
        """
        for forget in (self._forget_memories, self._forget_sessions, self._forget_views):
            with suppress(grpc.aio.AioRpcError):
                await forget()

    async def _forget_memories(self) -> None:
        stub = LongTermMemoryServiceStub(self.channels["long_term_memory"])
        asked = lt.ListMemoriesRequest(page_size=500, include_hidden=True)
        while found := (await stub.ListMemories(asked, timeout=_SECONDS)).memories:
            ids = [memory.id for memory in found]
            await stub.DeleteMemories(lt.DeleteMemoriesRequest(memory_ids=ids), timeout=_SECONDS)

    async def _forget_sessions(self) -> None:
        stub = WorkingMemoryServiceStub(self.channels["working_memory"])
        asked = wm.ListSessionsRequest(page_size=1000)
        for each in (await stub.ListSessions(asked, timeout=_SECONDS)).sessions:
            named = wm.DeleteWorkingMemoryRequest(
                namespace=each.namespace, session_id=each.session_id
            )
            await stub.DeleteWorkingMemory(named, timeout=_SECONDS)

    async def _forget_views(self) -> None:
        stub = ExtractionServiceStub(self.channels["extraction"])
        asked = ex.ListSummaryViewsRequest(page_size=1000)
        for view in (await stub.ListSummaryViews(asked, timeout=_SECONDS)).summary_views:
            await stub.DeleteSummaryView(
                ex.DeleteSummaryViewRequest(view_id=view.id), timeout=_SECONDS
            )

    async def _conversation(self) -> list[str]:
        """A conversation that is not remembered, or that fails on its way."""
        user = f"walter-{random.randrange(10**9)}"
        said = {"role": "user", "content": "I'm allergic to peanuts."}
        try:
            async with MemoryAPIClient(
                base_url=f"http://{self.gateway}", timeout=_SECONDS
            ) as memory:
                await memory.append_messages_to_working_memory(user, [said], user_id=user)
                await memory.wait_for_extraction(user)
                prompt = await memory.memory_prompt(
                    "What may I not eat?",
                    long_term_search={"filters": {"user_id": {"eq": user}}},
                )
        except (MemoryClientError, TimeoutError) as error:
            return [f"a conversation failed: {error!r}"]
        whole = " ".join(str(message["content"]) for message in prompt.messages)
        return [] if "peanuts" in whole else ["a conversation is not remembered"]


@asynccontextmanager
async def opened() -> AsyncIterator[World]:
    """A stack of its own, in a folder that goes with it."""
    async with AsyncExitStack() as opening:
        folder = Path(
            opening.enter_context(tempfile.TemporaryDirectory(prefix="agent-memory-fuzz-"))
        )
        store = await opening.enter_async_context(EmbeddedStore(folder / "store", fsync="no"))
        client = await opening.enter_async_context(connect(store.url, timeout=_SECONDS))
        await client.config_set("busy-reply-threshold", _BUSY_MS)
        await client.config_set("slowlog-log-slower-than", _LOGGED_MICROSECONDS)
        await client.config_set("slowlog-max-len", 10_000)
        options = StackOptions(state_dir=folder, redis_url=store.url, environment=_QUICK)
        stack = await opening.enter_async_context(Stack(options))
        addresses = {"": stack.address, **stack.services}
        channels = {
            name: await opening.enter_async_context(
                grpc.aio.insecure_channel(str(address), _OPTIONS)
            )
            for name, address in addresses.items()
        }
        yield World(stack, client, channels, [store.child, *stack._children], folder)


def _note_fault(found: dict[str, str], name: str, line: bytes) -> None:
    """Remember a line that tells of an error, once for each kind of error."""
    if _LIBRARY.match(line):
        return  # gRPC tells what it thinks of a caller's bytes
    try:
        told = json.loads(line)
    except ValueError:
        # What is no line of ours was printed by the interpreter.
        found.setdefault(f"{name} {line[:40]!r}", f"{name} printed {line[:300]!r}")
        return
    if told.get("level") in {"error", "critical"} or "exception" in told:
        words = told.get("exception", "").strip()
        if "grpc_string" in words:
            return  # a header that is no text, which the library takes as bytes and tells about
        ours = [line for line in words.splitlines() if "agent_memory_services" in line]
        kind = f"{name} {told.get('event')} {ours[-1:]}"
        found.setdefault(kind, f"{name} logged {told.get('event')}: {ours[-1:]} {words[-300:]}")
