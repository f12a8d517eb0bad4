"""The store is gone: every call says so in time, and nothing pretends to be empty."""

from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient, MemoryUnavailableError
from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from tests.e2e.conftest import QUICK


async def test_a_dead_store_is_unavailable_and_never_empty(tmp_path: Path) -> None:
    """Reads and writes are refused as UNAVAILABLE while the store is dead, and work again later."""
    store = EmbeddedStore(tmp_path / "store")
    await store.start()
    options = StackOptions(state_dir=tmp_path, redis_url=store.url, environment=QUICK)
    async with (
        Stack(options) as stack,
        MemoryAPIClient(base_url=f"http://{stack.address}", timeout=3) as memory,
    ):
        said = MemoryMessage(id="one", role="user", content="I love chess.")
        record = MemoryRecord(id="a-memory", text="User owns a chess board", user_id="cleo")
        await memory.append_messages_to_working_memory("chess", [said], user_id="cleo")
        await memory.create_long_term_memories([record])
        await store.child.kill()
        calls = {
            "get": lambda: memory.get_working_memory("chess"),
            "get or create": lambda: memory.get_or_create_working_memory("chess"),
            "append": lambda: memory.append_messages_to_working_memory("chess", [said]),
            "sessions": memory.list_sessions,
            "messages": lambda: memory.list_messages("chess"),
            "prompt": lambda: memory.memory_prompt("?", session_id="chess", long_term_search=True),
            "search": lambda: memory.search_long_term_memory("chess"),
            "list": lambda: memory.search_long_term_memory(""),
            "record": lambda: memory.get_long_term_memory("a-memory"),
            "jobs": memory.list_jobs,
        }
        for name, call in calls.items():
            with pytest.raises(MemoryUnavailableError) as refused:
                await call()
            assert refused.value.reason in {"STORE_UNAVAILABLE", "DEPENDENCY_UNAVAILABLE"}, name
        await store.child.start()
        await store.child.ready(store._complete, within=30)
        assert (await memory.get_long_term_memory("a-memory")).text == record.text
        assert len((await memory.get_working_memory("chess")).messages) == 1
    await store.stop()
