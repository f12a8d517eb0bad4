"""Who is let in by a real server, and who is not."""

import asyncio
import time
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory_services.kit.auth.identity import CredentialCache, Role
from agent_memory_services.kit.auth.own_identity import OwnIdentity
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.auth.world import (
    APPEND,
    DENIED,
    READ,
    STRANGER,
    WATCH,
    World,
    append,
    bearer,
    read,
)
from tests.contract.kit.refusals import refused
from tests.support.raw import next_of
from tests.support.servers import Served
from tests.support.settings import configured


async def test_a_key_or_a_token_makes_the_principal(world: World) -> None:
    """With tenant, access and limits from the credential, by the first call and by the next."""
    limits = {"users": frozenset({"alice"}), "namespaces": frozenset({"chat"})}
    key = await world.key(Role.WRITER, **limits)
    token = world.issuer.token(role="writer", users=["alice"], namespaces=["chat"])
    async with world.serving() as served:
        for credential in (key, token):
            for _ in range(2):
                await append(served, *bearer(credential))
    by_key, by_token = world.seen.principals[::2]
    assert world.seen.principals == [by_key, by_key, by_token, by_token]
    for found in (by_key, by_token):
        assert found == Principal("acme", found.subject, Access.ACCESS_WRITER, **limits)
    assert by_key.subject == f"key:{key.split('_')[1]}"
    assert by_token.subject == "jwt:somebody"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer am_nothing",
        "Bearer a.b.c",
        "Bearer something",
        "Bearer " + "x" * 4000,
    ],
)
async def test_strangers_learn_nothing(world: World, authorization: str | None) -> None:
    """One answer for whatever is wrong, before anything of the request is looked at."""
    metadata = [] if authorization is None else [("authorization", authorization)]
    async with world.serving() as served:
        stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
        for request in (READ, pb.GetWorkingMemoryRequest()):
            with refused() as refusal:
                await stub.GetWorkingMemory(request, timeout=60, metadata=metadata)
            assert (refusal.code, refusal.reason, refusal.message) == STRANGER
            assert not refusal.fields
            assert not refusal.metadata
    assert not world.seen.principals


async def test_no_answer_repeats_a_credential(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor does any line of the log."""
    key, other = await world.key(), await world.key()
    wrong = key[:-8] + other[-8:]
    token = world.issuer.token(aud="canary-audience")
    async with world.serving() as served:
        for credential in (wrong, token):
            with refused() as refusal:
                await read(served, *bearer(credential))
            assert (refusal.code, refusal.reason, refusal.message) == STRANGER
            assert credential not in refusal.everything
            assert "canary" not in refusal.everything
        await read(served, *bearer(key))
    out, err = capfd.readouterr()
    for credential in (key, wrong, token):
        assert credential not in out + err


async def test_a_reader_does_not_write(world: World) -> None:
    """It is told what would be needed, and only that."""
    key = await world.key(Role.READER)
    async with world.serving() as served:
        with refused() as refusal:
            await append(served, *bearer(key))
    assert (refusal.code, refusal.reason) == DENIED
    assert refusal.metadata == {"required_access": "writer"}


async def test_the_tenant_is_the_credentials(world: World) -> None:
    """Naming it is allowed, naming another is refused, and is never obeyed."""
    key = await world.key(Role.ADMIN)
    async with world.serving() as served:
        await read(served, *bearer(key, **{"x-agent-memory-tenant": "acme"}))
        with refused() as refusal:
            await read(served, *bearer(key, **{"x-agent-memory-tenant": "other"}))
    assert (refusal.code, refusal.reason) == DENIED
    assert [found.tenant for found in world.seen.principals] == ["acme"]


async def test_a_revoked_key_is_refused_within_the_time_that_is_promised(world: World) -> None:
    """Although it was in use."""
    key = await world.key()
    async with world.serving() as served:
        await read(served, *bearer(key))
        await world.keyring.revoke(key.split("_")[1])
        await asyncio.sleep(world.settings.auth_recheck_seconds)
        with refused() as refusal:
            await read(served, *bearer(key))
        assert (refusal.code, refusal.reason, refusal.message) == STRANGER


async def test_keys_in_use_go_on_while_they_need_not_be_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a store that is away is said to be away, and nobody is called a stranger."""
    key = await world.key()
    async with world.serving(auth_recheck_seconds=600.0) as served:
        await read(served, *bearer(key))
        await world.redis.config_set("maxclients", 1)
        await world.redis.client_kill_filter(_type="normal", skipme=True)
        try:
            await read(served, *bearer(key))
            with monkeypatch.context() as later, refused() as refusal:
                later.setattr(CredentialCache, "recall", lambda *_: None)
                await read(served, *bearer(key))
        finally:
            await world.redis.config_set("maxclients", 10_000)
        assert refusal.reason == "STORE_UNAVAILABLE"
        await read(served, *bearer(key))


async def test_an_open_stream_does_not_outlive_its_key(world: World) -> None:
    """It ends soon after the revocation, while another caller's goes on."""
    key, other = await world.key(), await world.key()
    async with world.serving() as served:
        stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
        streams = [stub.WatchWorkingMemory(WATCH, metadata=bearer(k)) for k in (key, other)]
        for stream in streams:
            assert (await next_of(stream)).resume_token == "t1"
        await world.keyring.revoke(key.split("_")[1])
        with refused() as refusal:
            await asyncio.wait_for(streams[0].read(), 120)
        assert (refusal.code, refusal.reason, refusal.message) == STRANGER
        await read(served, *bearer(other))
        assert not streams[1].done()


async def test_an_open_stream_does_not_outlive_its_token(world: World) -> None:
    """Whatever the deadline of the call."""
    async with world.serving() as served:
        # The first call of a server takes the longest, and the token has to last until the stream.
        await read(served, *bearer(world.issuer.token()))
        token = world.issuer.token(exp=int(time.time()) + 5)
        stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
        stream = stub.WatchWorkingMemory(WATCH, metadata=bearer(token))
        assert (await next_of(stream)).resume_token == "t1"
        with refused() as refusal:
            await asyncio.wait_for(stream.read(), 120)
    assert (refusal.code, refusal.reason, refusal.message) == STRANGER


async def test_health_is_open_and_reflection_is_not_there(world: World) -> None:
    """Probes have no credential; strangers get no contracts unless the settings say so."""
    ask = reflection_pb2.ServerReflectionRequest(list_services="")

    async def reflected(served: Served) -> list[object]:
        stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
        return [answer async for answer in stub.ServerReflectionInfo(iter([ask]), timeout=60)]

    async with world.serving() as served:
        for name in ("", "agent_memory.working_memory.v1.WorkingMemoryService", "liveness"):
            health = await health_pb2_grpc.HealthStub(served.channel).Check(
                health_pb2.HealthCheckRequest(service=name), timeout=60
            )
            assert health.status == health_pb2.HealthCheckResponse.SERVING
        with refused() as refusal:
            await reflected(served)
        assert refusal.code is grpc.StatusCode.UNIMPLEMENTED
    async with world.serving(reflection=True) as served:
        assert await reflected(served)


async def test_a_service_acts_for_whom_it_says(world: World, tmp_path: Path) -> None:
    """In that tenant, within the limits of the caller, and under its own credential."""
    credential = tmp_path / "credential"
    credential.write_text(await world.key(Role.SERVICE) + "\n")
    own = configured(ProcessSettings, auth="off", service_credential_file=credential)
    caller = Principal("acme", "key:caller", Access.ACCESS_READER, frozenset({"alice"}))
    async with (
        world.serving() as served,
        open_channel(served.address, identity=OwnIdentity.of(own)) as channel,
    ):
        context.principal_var.set(caller)
        stub = pb_grpc.WorkingMemoryServiceStub(channel)
        await stub.GetWorkingMemory(READ)
        assert world.seen.principals == [caller]
        with pytest.raises(Exception, match="needs writer"):
            await stub.AppendMessages(APPEND)


async def test_a_replaced_credential_is_used_within_a_second(world: World, tmp_path: Path) -> None:
    """A service's key can be rotated while it runs."""
    credential = tmp_path / "credential"
    first = await world.key(Role.SERVICE)
    credential.write_text(first)
    own = configured(ProcessSettings, auth="off", service_credential_file=credential)
    async with (
        world.serving() as served,
        open_channel(served.address, identity=OwnIdentity.of(own)) as channel,
    ):
        context.principal_var.set(Principal("acme", "s", Access.ACCESS_READER))
        stub = pb_grpc.WorkingMemoryServiceStub(channel)
        await stub.GetWorkingMemory(READ)
        credential.write_text(await world.key(Role.SERVICE))
        await asyncio.sleep(1.0)
        await stub.GetWorkingMemory(READ)
        await world.keyring.revoke(first.split("_")[1])
        await asyncio.sleep(0.35)
        await stub.GetWorkingMemory(READ)
