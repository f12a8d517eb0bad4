"""Stacks that the console's tests and pictures look at: `python -m tests.support.console_stack`.

Prints one line of JSON with addresses and keys when everything is there, and ends when its standard
input does.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import (
    MemoryMessage,
    MemoryRecord,
    MemoryStrategyConfig,
    WorkingMemory,
)
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.redis.client import connect
from tests.support.openai_server import Refuse, Request, Say, ScriptedModel, facts

PEPPER = b"0123456789abcdef0123456789abcdef"
QUICK = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2"}
# Long enough that scrolling through all of it would show in the page's speed.
LONG_LOG = 10_000

# What one user said, in four sessions. The last contradicts the first.
MAYA: dict[str, tuple[datetime, list[tuple[str, str]]]] = {
    "first-visit": (
        datetime(2026, 3, 2, 9, 15, tzinfo=UTC),
        [
            ("user", "Hello! I'm Maya. I work at Fernwood Studio. I live in Lisbon."),
            ("assistant", "Good to meet you, Maya! What are you planting these days?"),
            ("user", "I'm designing a rooftop garden for a children's hospital."),
            ("user", "By the way, I'm allergic to peanuts."),
            ("assistant", "That sounds lovely. I will keep the peanuts away."),
        ],
    ),
    "travel-talk": (
        datetime(2026, 4, 16, 18, 40, tzinfo=UTC),
        [
            ("user", "My sister Ines is getting married in Porto next month."),
            ("assistant", "How exciting! Will you go by train?"),
            ("user", "Yes! I prefer trains over flying, and I love small guesthouses."),
            ("assistant", "Then the line along the coast will suit you."),
        ],
    ),
    "habits": (
        datetime(2026, 6, 20, 7, 30, tzinfo=UTC),
        [
            ("user", "From now on, please always answer me in short sentences."),
            ("assistant", "Understood."),
            ("user", "I ran my first half marathon yesterday. I don't like early meetings."),
            ("assistant", "Noted. Later hours it is."),
        ],
    ),
    "new-job": (
        datetime(2026, 9, 14, 17, 5, tzinfo=UTC),
        [
            ("user", "News! I work at Greenline Partners now."),
            ("assistant", "Congratulations! How was the first day?"),
            ("user", "It went well. I live in Rotterdam now."),
        ],
    ),
}


_ROOM = "gets the drawings of its year, with a bench, two lamps and a text of eighty words."


async def say(
    memory: MemoryAPIClient, user: str, session: str, at: datetime, lines: Sequence[tuple[str, str]]
) -> None:
    """Append what was said, a minute apart, and wait until it is extracted."""
    messages = [
        MemoryMessage(role=role, content=content, created_at=at + timedelta(minutes=minute))
        for minute, (role, content) in enumerate(lines)
    ]
    await memory.append_messages_to_working_memory(session, messages, user_id=user)
    await memory.wait_for_extraction(session)


async def tell(memory: MemoryAPIClient) -> None:
    """Fill a tenant with everything that the pages show."""
    for session, (at, lines) in MAYA.items():
        await say(memory, "maya", session, at, lines)
    await memory.create_long_term_memories(
        [
            MemoryRecord(
                text="Maya renews her museum pass every spring",
                user_id="maya",
                topics=["leisure"],
                metadata={"agent": {"id": "concierge"}, "importance": 7},
            ),
            MemoryRecord(text="Maya's coffee is a flat white", user_id="maya", topics=["food"]),
        ]
    )
    start = datetime(2026, 10, 3, 10, 0, tzinfo=UTC)
    await say(memory, "omar", "omar-1", start, [("user", "I'm Omar. I collect brass sextants.")])
    at = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
    plan = [
        ("user", "Let us plan the spring exhibition, from the first room to the last."),
        ("assistant", "Gladly. Which rooms are free, and how long does each stay open?"),
        *(("assistant", f"Room {number} {_ROOM}") for number in range(1, 40)),
        ("user", "Thank you. I want the longest room to stay empty."),
    ]
    messages = [
        MemoryMessage(role=role, content=content, created_at=at + timedelta(minutes=minute))
        for minute, (role, content) in enumerate(plan)
    ]
    await memory.append_messages_to_working_memory(
        "exhibition", messages, user_id="maya", context_window_max=1200
    )
    await memory.wait_for_extraction("exhibition")
    await memory.set_working_memory(
        "ledger",
        WorkingMemory(
            session_id="ledger",
            user_id="omar",
            long_term_memory_strategy=MemoryStrategyConfig(strategy="none", index_messages=False),
        ),
    )
    for begin in range(0, LONG_LOG, 1000):
        await memory.append_messages_to_working_memory(
            "ledger",
            [
                MemoryMessage(role="user", content=f"Entry {number} of the ledger")
                for number in range(begin + 1, begin + 1001)
            ],
            user_id="omar",
        )


def _answered(request: Request) -> Say | Refuse:
    """Read one instrument at a price, and refuse the other: its job is given up after a while."""
    if "oboe" in request.last_text:
        return Refuse(401)
    return Say(facts({"text": "User plays the violin"}).text, usage=(1000, 200))


async def main() -> None:
    """Run a stack that asks for keys, and one that asks for none, until nobody listens."""
    async with AsyncExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="console-")))
        (folder / "pepper").write_bytes(PEPPER)
        store = EmbeddedStore(folder / "store")
        await running.enter_async_context(store)
        redis = connect(store.url)
        running.push_async_callback(redis.aclose)
        keyring = Keyring(ApiKeyStore(redis))

        async def key(role: Role, tenant: str = "", users: frozenset[str] | None = None) -> str:
            _, token = await keyring.create(PEPPER, role=role, tenant=tenant, users=users)
            return token.text

        (folder / "credential").write_text(await key(Role.SERVICE))
        keys = {
            "admin": await key(Role.ADMIN, "acme"),
            "writer": await key(Role.WRITER, "acme"),
            "reader": await key(Role.READER, "acme"),
            "maya": await key(Role.WRITER, "acme", users=frozenset({"maya"})),
            "stranger": await key(Role.ADMIN, "globex"),
        }
        guarded = Stack(
            StackOptions(
                state_dir=folder / "guarded",
                redis_url=store.url,
                environment={
                    **QUICK,
                    "AGENT_MEMORY_AUTH": "api-key",
                    "AGENT_MEMORY_API_KEY_PEPPER_FILE": str(folder / "pepper"),
                    "AGENT_MEMORY_SERVICE_CREDENTIAL_FILE": str(folder / "credential"),
                },
            )
        )
        await running.enter_async_context(guarded)
        model = await running.enter_async_context(ScriptedModel(_answered))
        modelled = {
            "AGENT_MEMORY_EXTRACTION_EXTRACTOR": "openai",
            "AGENT_MEMORY_EXTRACTION_MODEL": "small-model",
            "AGENT_MEMORY_EXTRACTION_MODEL_PRICES": '{"small-model": [2, 10]}',
            "AGENT_MEMORY_EXTRACTION_TOKEN_BUDGET": "1000000",
            "AGENT_MEMORY_EXTRACTION_RETRY_FIRST_SECONDS": "1",
            "AGENT_MEMORY_EXTRACTION_RETRY_LONGEST_SECONDS": "4",
            "AGENT_MEMORY_EXTRACTION_RETRY_PATIENCE_SECONDS": "15",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "none-needed",
        }
        keyless = Stack(
            StackOptions(state_dir=folder / "keyless", environment={**QUICK, **modelled})
        )
        await running.enter_async_context(keyless)
        async with MemoryAPIClient(base_url=f"http://{keyless.address}") as anybody:
            for session, said in (("read", "I play the violin."), ("unread", "I play the oboe.")):
                message = MemoryMessage(role="user", content=said)
                await anybody.append_messages_to_working_memory(session, [message], user_id="lee")
            await anybody.wait_for_extraction("read")
        address = f"http://{guarded.address}"
        async with MemoryAPIClient(base_url=address, api_key=keys["admin"]) as acme:
            await tell(acme)
        async with MemoryAPIClient(base_url=address, api_key=keys["stranger"]) as globex:
            at = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
            await say(globex, "maya", "globex-1", at, [("user", "I breed striped zebrafish.")])
        told = {"address": address, "keyless": f"http://{keyless.address}", "keys": keys}
        print(json.dumps(told), flush=True)  # noqa: T201 - read by who started this
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
