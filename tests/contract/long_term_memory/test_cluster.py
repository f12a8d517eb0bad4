"""The service on a Redis Cluster: complete answers, whichever node holds a tenant."""

from pathlib import Path

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import ForgetPolicy
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.store.documents import shard_of
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.cluster import cluster
from tests.support.raw import next_of
from tests.support.servers import serving
from tests.support.settings import configured

SHARDS = 8


async def test_every_tenant_finds_all_of_its_memories(tmp_path: Path) -> None:
    """Tenants on all nodes do everything that there is to do, and miss nothing."""
    names = [f"tenant-{at}" for at in range(10)]
    assert len({shard_of(name, SHARDS) for name in names}) > SHARDS // 2
    async with cluster(tmp_path) as url:
        settings = configured(
            Settings, redis_url=url, metrics_listen="", access_log=False, shards=SHARDS
        )
        async with serving(lifespan, settings) as served:
            for name in names:
                await _live(Tenant(LongTermMemoryServiceStub(served.channel), name))
        async with serving(lifespan, settings) as served:
            for name in names:
                tenant = Tenant(LongTermMemoryServiceStub(served.channel), name)
                assert (await tenant.list()).total_size == 18
                await _part(tenant)
        assert await _misdirected(url) == 0


async def _misdirected(url: str) -> int:
    """How many queries of an index reached a node that does not have it."""
    async with connect(url) as client:
        nodes = await client.info("commandstats", target_nodes="primaries")
    return sum(
        stats["rejected_calls"]
        for node in nodes.values()
        for name, stats in node.items()
        if name in {"cmdstat_FT.SEARCH", "cmdstat_FT.AGGREGATE"}
    )


async def _live(tenant: Tenant) -> None:
    metadata = (("x-agent-memory-tenant", tenant.name),)
    watch = tenant.stub.WatchMemories(rpc.WatchMemoriesRequest(), metadata=metadata, timeout=60)
    assert not (await next_of(watch)).HasField("change")
    results = await tenant.create(*(f"likes tea number {at % 20}" for at in range(25)))
    assert len({result.memory_id for result in results}) == 20
    first = await tenant.list(page_size=12)
    rest = await tenant.list(page_size=12, page_token=first.next_page_token)
    ids = [memory.id for memory in (*first.memories, *rest.memories)]
    assert len(set(ids)) == first.total_size == rest.total_size == 20
    for mode in (1, 2, 3):
        found = await tenant.search("tea", mode=mode, page_size=50)
        assert {hit.memory.id for hit in found.hits} == set(ids)
    await tenant.update(Memory(id=ids[0], text="likes coffee"))
    assert [hit.memory.id for hit in (await tenant.search("coffee", mode=2)).hits] == ids[:1]
    gone = await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=ids[1:3]))
    assert list(gone.deleted_ids) == ids[1:3]
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=ids[0]))
    request = rpc.ListMemoryRevisionsRequest(memory_id=ids[0])
    assert len((await tenant.call("ListMemoryRevisions", request)).revisions) == 3
    told: list[str] = []
    while len(told) < 24:
        answer = await next_of(watch)
        told += [answer.change.memory_id] if answer.HasField("change") else []
    assert told[20:] == [ids[0], *ids[1:3], ids[0]]
    watch.cancel()


async def _part(tenant: Tenant) -> None:
    """Export, forget and erase."""
    metadata = (("x-agent-memory-tenant", tenant.name),)
    export = tenant.stub.ExportMemories(rpc.ExportMemoriesRequest(), metadata=metadata, timeout=60)
    rows = [memory async for part in export for memory in part.memories]
    assert len(rows) == 18
    for row in rows:
        row.user_id, row.id = "alice", f"copy of {row.id}"
    imported = await tenant.stub.ImportMemories(
        iter([rpc.ImportMemoriesRequest(memory=row) for row in rows]), metadata=metadata
    )
    assert imported.created_count == 18
    policy = ForgetPolicy(keep_per_owner=10)
    request = rpc.ForgetMemoriesRequest(policy=policy, execute=True)
    assert (await tenant.call("ForgetMemories", request)).forgotten_count == 16
    erased = await tenant.call("EraseUser", rpc.EraseUserRequest(user_id="alice"))
    assert erased.receipt.erased["memories"] == 18
    assert (await tenant.list(include_hidden=True)).total_size == 18
