"""Erasing a user from a running stack: no byte of them is left, whatever was under way."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client.models import MemoryMessage, MemoryRecord, WorkingMemory
from agent_memory_services.embedded.stack import Stack
from agent_memory_services.kit.redis.client import connect
from tests.e2e.conftest import eventually
from tests.support.known import known_of
from tests.support.residue import everything, residue

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALICE = "alice.liddell@example.org"
BOB = "bob"
TRACES = (ALICE, "liddell", "walrus", "Walrus", "oyster", "tea-party")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(stack: Stack) -> AsyncIterator[Redis]:
    """The stack's store."""
    assert stack.redis_url is not None
    async with connect(stack.redis_url) as client:
        yield client


def logs_of(stack: Stack) -> dict[Path, str]:
    """What all processes of a stack wrote into their logs."""
    paths = {child.log for child in stack._children}
    return {path: path.read_text(errors="replace") for path in sorted(paths)}


def said(*texts: str) -> list[MemoryMessage]:
    """Messages of a user."""
    return [MemoryMessage(role="user", content=text) for text in texts]


async def live(memory: MemoryAPIClient, user: str, session: str, animal: str) -> None:
    """Use everything that remembers: sessions, summaries, facts, edits, merges, views, answers."""
    for number in range(2):
        name = f"{session}-{number}"
        await memory.append_messages_to_working_memory(
            name,
            said(f"I like the {animal} number {number}.", f"My dog is called {animal.title()}."),
            user_id=user,
        )
        await memory.wait_for_extraction(name, user_id=user)
    await memory.set_working_memory(
        f"{session}-0",
        WorkingMemory(
            messages=said(*(f"The {animal} and the carpenter, verse {n}." for n in range(8))),
            memories=[MemoryRecord(text=f"Knows a {animal}", user_id=user)],
            context=f"About the {animal}",
            data={"animal": animal},
            user_id=user,
        ),
        context_window_max=40,
    )
    await memory.append_messages_to_working_memory(
        f"{session}-late", said(f"I keep a {animal} in Lisbon.")
    )
    await memory.get_or_create_working_memory(f"{session}-late", user_id=user)
    created = await memory.create_long_term_memories(
        [
            MemoryRecord(text=f"Has met {n} of the {animal} kind", user_id=user, topics=[animal])
            for n in range(4)
        ]
    )
    one, two, three, _ = created.ids
    await memory.edit_long_term_memory(one, {"text": f"Has fed the {animal}"}, reason="checked")
    await memory.revert_long_term_memory(one)
    await memory.delete_long_term_memories([two])
    await memory.edit_long_term_memory(three, {"context": f"near a {animal}", "slot": "user/pet"})
    view = await memory.create_summary_view({"name": "people", "group_by": ["user_id"]})
    assert view.id is not None
    await memory.run_summary_view_partition(view.id, {"user_id": user})
    await name_in_views(memory, user)
    await memory.search_long_term_memory(animal, filters={"user_id": {"eq": user}})
    await memory.wait_for_extraction(f"{session}-0", user_id=user)
    await memory.wait_for_extraction(f"{session}-late")


async def name_in_views(memory: MemoryAPIClient, user: str) -> None:
    """Name a user everywhere where a view can, and by everything that is kept of such calls."""
    owners = (
        {"eq": user},
        {"any": [user, "dave"]},
        {"ne": user},
        {"prefix": user},
        {"prefix": f"{user}/"},
    )
    # Of a topic that no memory has: summaries of others would go with them.
    none = {"topics": {"eq": "nothing"}}
    views: list[dict[str, Any]] = [
        *({"filters": {**none, "user_id": owner}} for owner in owners),
        {"filters": {**none, "entities": {"all": [user]}}},
        {"filters": {**none, "session_id": {"prefix": f"{user}-"}}},
        {"filters": none, "name": f"All that {user} says"},
        {"filters": none, "prompt": f"Tell what {user} likes."},
    ]
    for number, given in enumerate(views):
        view = await memory.create_summary_view({"group_by": ["namespace"], **given})
        assert view.id is not None
        await memory.run_summary_view(view.id)
        if number == 0:
            # What it was before is in the jobs that were scheduled then.
            changed = {**none, "user_id": {"eq": "dave"}}
            await memory.update_summary_view(view.id, {"filters": changed})
            await memory.delete_summary_view(view.id)


async def test_no_byte_of_an_erased_user_is_left(
    memory: MemoryAPIClient, redis: Redis, stack: Stack
) -> None:
    """In no key, field, entry, member or log line; and all that is of others is as it was."""
    await live(memory, ALICE, "tea-party", "walrus")
    await live(memory, BOB, "soup", "turtle")
    assert len(await residue(redis, *TRACES)) > 50
    others = {each for each in await everything(redis) if b"urtle" in each or b"bob" in each}
    receipt = await memory.erase_user(ALICE)
    assert [each.service.rpartition(".")[2] for each in receipt.receipts] == [
        "WorkingMemoryService",
        "ExtractionService",
        "LongTermMemoryService",
    ]
    first, second, third = (each.erased for each in receipt.receipts)
    assert first["sessions"] == 3
    assert second["jobs"] >= 3
    assert third["memories"] >= 6
    assert await residue(redis, *TRACES) == []
    gone = others - await everything(redis)
    assert {each for each in gone if b"urtle" in each} == set()
    assert await known_of(memory, ALICE) == []
    assert await known_of(memory, BOB)
    logs = logs_of(stack)
    assert len(logs) >= 3
    for path, text in logs.items():
        for trace in (*TRACES, "turtle", "Turtle"):
            assert trace not in text, path
    again = await memory.erase_user(ALICE)
    assert not any(sum(each.erased.values()) for each in again.receipts)


async def test_who_writes_while_a_user_is_erased_leaves_nothing_of_before(
    memory: MemoryAPIClient, redis: Redis
) -> None:
    """Relays, workers and callers are in the middle of it; what was accepted before is gone."""
    for attempt in range(2):
        user = f"carol-{attempt}@example.org"
        stop = asyncio.Event()

        async def chatter(number: int, user: str = user, stop: asyncio.Event = stop) -> None:
            count = 0
            while not stop.is_set():
                count += 1
                with suppress(MemoryClientError):
                    await memory.append_messages_to_working_memory(
                        f"{user}-{number}-{count}",
                        said(f"I like the old walrus {number} {count}."),
                        user_id=user,
                    )

        chatting = [asyncio.create_task(chatter(number)) for number in range(3)]
        await eventually(lambda user=user: _is_known(memory, user))  # type: ignore[misc] # binds the variable of the loop
        stop.set()
        await asyncio.gather(*chatting)
        # Whatever has been accepted by now is in some outbox, queue or worker's hands.
        await memory.erase_user(user)
        await memory.append_messages_to_working_memory(
            "afterwards", said("I like the new oyster."), user_id=user
        )
        await memory.wait_for_extraction("afterwards", user_id=user)
        await asyncio.sleep(0.5)
        left = [each for each in await residue(redis, user, "old walrus") if b"walrus" in each]
        assert left == []
        assert any("oyster" in text for text in await known_of(memory, user))
        await memory.erase_user(user)
        assert await residue(redis, user, "old walrus", "new oyster") == []


async def _is_known(memory: MemoryAPIClient, user: str) -> bool:
    return any(re.search("walrus", text) for text in await known_of(memory, user))
