"""Calls and output of `agent-memory merges`."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from rich.console import Console

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.service_pb2 import ExportMemoriesRequest
from agent_memory_client import MemoryClientConfig, MemoryClientError
from agent_memory_client.connection import Connection
from agent_memory_services.kit.contract.clock import to_datetime
from agent_memory_services.long_term_memory.consolidation.review import (
    Finding,
    ReviewedMerge,
    reviewed,
)

_TOLD: Final = {
    Finding.APART: "would be taken apart",
    Finding.UNSURE: "would not be merged without a model",
    Finding.SOUND: "sound",
}


def run(
    options: Mapping[str, Any],
    *,
    user: str | None,
    namespace: str | None,
    everything: bool,
    as_json: bool,
) -> int:
    """Print the review of a tenant's merges; answers the exit code."""
    request = ExportMemoriesRequest(include_hidden=True)
    if user is not None:
        request.filter.user_id.eq = user
    if namespace is not None:
        request.filter.namespace.eq = namespace
    console = Console(soft_wrap=True, highlight=False, markup=False)
    try:
        merges = list(reviewed(asyncio.run(_linked(options, request))))
    except MemoryClientError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(
            f"agent-memory: {error}"
        )
        return 1
    except KeyboardInterrupt:
        return 130
    shown = [each for each in merges if everything or each.finding is not Finding.SOUND]
    for each in shown:
        for line in [json.dumps(_as_json(each))] if as_json else _in_words(each):
            console.print(line)
    if not as_json:
        console.print(_sum(merges))
    return 0


async def _linked(options: Mapping[str, Any], request: ExportMemoriesRequest) -> list[Memory]:
    """Read the memories that were merged, and what they were merged into."""
    found: list[Memory] = []
    async with (
        Connection(MemoryClientConfig.of(**options)) as connection,
        aclosing(connection.stream(request)) as parts,
    ):
        async for part in parts:
            found += [each for each in part.memories if _is_linked(each)]
    return found


def _is_linked(memory: Memory) -> bool:
    return bool(memory.merged_into or memory.provenance.memory_ids)


def _in_words(merge: ReviewedMerge) -> Iterator[str]:
    memory = merge.merged
    owner = "/".join(filter(None, (memory.namespace, memory.user_id)))
    yield f"{memory.id}  {_line(memory)}{f'  ({owner})' if owner else ''}"
    yield f"  {_TOLD[merge.finding]}"
    for original in merge.originals:
        yield f"  - {original.id}  {_day(original)}  {_line(original)}"
    for doubt in merge.doubts:
        yield f"  {doubt.one} and {doubt.other}: {doubt.reason}"


def _as_json(merge: ReviewedMerge) -> dict[str, Any]:
    memory = merge.merged
    return {
        "memory_id": memory.id,
        "text": memory.text,
        "namespace": memory.namespace,
        "user_id": memory.user_id,
        "finding": merge.finding,
        "originals": [
            {"memory_id": each.id, "text": each.text, "said": _day(each)}
            for each in merge.originals
        ],
        "doubts": [
            {"memory_ids": [each.one, each.other], "finding": each.finding, "reason": each.reason}
            for each in merge.doubts
        ],
    }


def _sum(merges: Iterable[ReviewedMerge]) -> str:
    found = Counter(each.finding for each in merges)
    return (
        f"{found.total()} merges: {found[Finding.APART]} would be taken apart, "
        f"{found[Finding.UNSURE]} would not be made without a model, "
        f"{found[Finding.SOUND]} are sound. Nothing was changed."
    )


def _line(memory: Memory) -> str:
    return " ".join(memory.text.split())


def _day(memory: Memory) -> str:
    return to_datetime(memory.create_time).date().isoformat()
