"""The scripts and the rules agree about which memories readers see."""

from importlib.resources import files

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.domain.conditions import is_visible
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import Inserting
from tests.integration.long_term_memory.random_records import memories, times

_CALL = """
local answers = {}
for at, moment in ipairs(ARGV) do
  answers[at] = seen(KEYS[1], 'content', tonumber(moment)) and 1 or 0
end
return answers
"""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(memory=memories, moments=st.lists(times.map(to_micros), min_size=5, max_size=5))
async def test_a_content_is_held_exactly_while_readers_see_its_memory(
    redis: Redis, store: MemoryStore, memory: Memory, moments: list[int]
) -> None:
    """Hidden, expired, ended and not yet valid memories hold none, to the microsecond."""
    tenant = new_id()
    memory.id, memory.content_hash = "m", "content"
    await Inserting(store, tenant)(memory)
    bounds = (memory.expire_time, memory.validity.valid_from, memory.validity.invalid_from)
    edges = [to_micros(bound) + step for bound in bounds for step in (-1, 0, 1)]
    asked = [*moments, *(edge for edge in edges if edge > 0)]
    script = (files("agent_memory_services.long_term_memory.store") / "lua/holder.lua").read_text()
    key = store.shard(tenant).memory(tenant, memory.id)
    answers = await redis.eval(f"{script}\n{_CALL}", 1, key, *asked)
    assert [bool(answer) for answer in answers] == [is_visible(memory, at) for at in asked]
