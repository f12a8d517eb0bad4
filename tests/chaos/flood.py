"""Calls at a rate that nobody waits for, or from so many callers who do: one process of a load.

    python -m tests.chaos.flood ADDRESS ADDRESS --name one --seconds 5 --callers 8
    python -m tests.chaos.flood ADDRESS ADDRESS --name two --seconds 20 --rates append=200,search=80

The addresses are those of working memory and of long-term memory.

Prints what became of the calls, as JSON.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

import grpc
import uvloop
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as remembering
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory.working_memory.v1 import service_pb2 as working

KINDS = ("append", "read", "create", "search")
SESSIONS = 5
# Who makes the sessions that are read.
SEED = "seed"
_AS_THEY_ARE = DeduplicationPolicy.DEDUPLICATION_POLICY_NONE
_TICK_SECONDS = 0.005
_PAUSE_SECONDS = 0.5
_AT_A_TIME = 20
_LONG = "It was a long day and there is much to tell of it. " * 4
# Longer than a starved caller needs to read its answers: what runs out is to be a server's time.
_CALL_SECONDS = 300.0
_GIVING_WAY = 5


@dataclass
class Fate:
    """What became of calls of one kind.

    Attributes:
        answers: when each answered call began, on the machine's monotonic clock, and how many
            seconds it took.
        told_when: refusals that say when to try again.
        others: everything else, by code and words.
        appended: ids of acknowledged messages, with their sessions.
        created: ids of acknowledged memories.
    """

    answers: list[tuple[float, float]] = field(default_factory=list)
    told_when: int = 0
    others: dict[str, int] = field(default_factory=dict)
    appended: list[tuple[str, str]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)


class Calls:
    """Makes calls of four kinds and notes their fates.

    Each asks for much at a time and reads nothing of the answer, so that calling costs less than
    answering, on one machine too.
    """

    def __init__(
        self, working_memory: grpc.aio.Channel, long_term: grpc.aio.Channel, name: str
    ) -> None:
        """Everything is called after `name`."""
        self._append = _method(working_memory, working, "WorkingMemoryService/AppendMessages")
        self._read = _method(working_memory, working, "WorkingMemoryService/ListMessages")
        self._create = _method(long_term, remembering, "LongTermMemoryService/CreateMemories")
        self._search = _method(long_term, remembering, "LongTermMemoryService/SearchMemories")
        self._name = name
        self._numbers = count()
        self.fates = {kind: Fate() for kind in KINDS}

    async def make(self, kind: str) -> None:
        """Make a call of a kind."""
        fate = self.fates[kind]
        began = time.monotonic()
        try:
            await getattr(self, kind)(next(self._numbers), fate)
        except grpc.aio.AioRpcError as error:
            if _says_when(error):
                fate.told_when += 1
                # As everybody should who is told to.
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                said = f"{error.code().name}: {error.details()}"
                fate.others[said] = fate.others.get(said, 0) + 1
        else:
            fate.answers.append((began, time.monotonic() - began))

    async def append(self, number: int, fate: Fate) -> None:
        """Append messages to a session."""
        session, words = f"{self._name}-{number % SESSIONS}", f"{number} of {self._name}"
        messages = [
            Message(id=f"{words}, part {part}", role="user", content=f"Message {words}. {_LONG}")
            for part in range(_AT_A_TIME)
        ]
        request = working.AppendMessagesRequest(session_id=session, messages=messages)
        await self._append(request, timeout=_CALL_SECONDS)
        fate.appended += [(session, message.id) for message in messages]

    async def read(self, number: int, _: Fate) -> None:
        """Read a page of a session that was there before: an append of ours may be refused."""
        session = f"{SEED}-{number % SESSIONS}"
        request = working.ListMessagesRequest(session_id=session, page_size=100)
        await self._read(request, timeout=_CALL_SECONDS)

    async def create(self, number: int, fate: Fate) -> None:
        """Create memories."""
        memories = [
            Memory(id=f"{self._name}-{number}-{part}", text=f"Likes tea number {number}. {_LONG}")
            for part in range(_AT_A_TIME // 4)
        ]
        request = remembering.CreateMemoriesRequest(memories=memories, deduplication=_AS_THEY_ARE)
        await self._create(request, timeout=_CALL_SECONDS)
        fate.created += [memory.id for memory in memories]

    async def search(self, number: int, _: Fate) -> None:
        """Search memories, with a question that nobody asked before."""
        query = SearchQuery(text=f"Who likes tea number {number} of {self._name}?")
        request = remembering.SearchMemoriesRequest(query=query, page_size=20)
        await self._search(request, timeout=_CALL_SECONDS)


def _method(channel: grpc.aio.Channel, module: Any, path: str) -> Any:
    """A method whose answers are left as bytes."""
    package = module.DESCRIPTOR.package
    return channel.unary_unary(f"/{package}.{path}", lambda request: request.SerializeToString())


def _says_when(error: grpc.aio.AioRpcError) -> bool:
    status = rpc_status.from_call(error)
    return status is not None and any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)


async def crowd(calls: Calls, callers: int, seconds: float) -> None:
    """So many callers of each kind, each of whom waits for an answer before the next call."""
    ends = time.perf_counter() + seconds

    async def call(kind: str) -> None:
        while time.perf_counter() < ends:
            await calls.make(kind)

    await asyncio.gather(*(call(kind) for kind in KINDS for _ in range(callers)))


async def flood(calls: Calls, rates: Mapping[str, float], seconds: float) -> None:
    """So many calls of each kind a second, whatever becomes of those before."""
    began = time.perf_counter()
    made = dict.fromkeys(rates, 0)
    async with asyncio.TaskGroup() as group:
        while (now := time.perf_counter() - began) < seconds:
            for kind, rate in rates.items():
                while made[kind] < int(rate * now):
                    made[kind] += 1
                    group.create_task(calls.make(kind))
            await asyncio.sleep(_TICK_SECONDS)


async def opened(stack: AsyncExitStack, working_memory: str, long_term: str, name: str) -> Calls:
    """Calls over channels of their own."""
    sessions, memories = [
        await stack.enter_async_context(grpc.aio.insecure_channel(address))
        for address in (working_memory, long_term)
    ]
    return Calls(sessions, memories, name)


async def _main(asked: argparse.Namespace) -> dict[str, Any]:
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        calls = await opened(stack, asked.working_memory, asked.long_term_memory, asked.name)
        if asked.callers:
            await crowd(calls, asked.callers, asked.seconds)
        else:
            await flood(calls, asked.rates, asked.seconds)
        return {
            "began": began,
            "ended": began + asked.seconds,
            "fates": {kind: asdict(fate) for kind, fate in calls.fates.items()},
        }


def _rates(text: str) -> dict[str, float]:
    pairs = (pair.split("=") for pair in text.split(","))
    return {kind: float(rate) for kind, rate in pairs}


def main() -> None:
    """Make the calls that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("working_memory")
    parser.add_argument("long_term_memory")
    parser.add_argument("--name", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--callers", type=int, default=0)
    parser.add_argument("--rates", type=_rates, default={})
    # Callers are elsewhere in earnest, and take no time from those they call.
    os.nice(_GIVING_WAY)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(_main(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
