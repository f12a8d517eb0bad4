"""Callers and services that are known by their certificates."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.auth.own_identity import OwnIdentity
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.auth.world import (
    APPEND,
    DENIED,
    READ,
    STRANGER,
    World,
    bearer,
    read,
)
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.credentials import Authority
from tests.support.settings import configured
from tests.support.stubs import WorkingMemoryStub

SPIFFE = "spiffe://example.org/ns/chat/sa/backend"


class Certified:
    """A server that knows its callers by certificate."""

    def __init__(self, folder: Path, world: World) -> None:
        self.folder = folder
        self.world = world
        self.authority = Authority(folder)
        self.authority.issue("server")
        self.identities = folder / "identities.toml"
        self.identities.write_text(f'["uri:{SPIFFE}"]\ntenant = "acme"\nrole = "writer"\n')
        self.terms = {
            "auth": frozenset({"mtls", "api-key"}),
            "tls_certificate_file": folder / "server.pem",
            "tls_key_file": folder / "server.key",
            "tls_client_ca_file": self.authority.certificate,
            "mtls_identities_file": self.identities,
        }

    @asynccontextmanager
    async def call_as(
        self, name: str | None, address: str, ca: Path | None = None
    ) -> AsyncIterator[WorkingMemoryStub]:
        """A stub whose connection shows the certificate `name`, or none."""
        own: list[bytes | None] = [None, None]
        if name is not None:
            own = [(self.folder / f"{name}{end}").read_bytes() for end in (".key", ".pem")]
        credentials = grpc.ssl_channel_credentials(
            (ca or self.authority.certificate).read_bytes(), *own
        )
        options = [
            ("grpc.ssl_target_name_override", "localhost"),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        async with grpc.aio.secure_channel(address, credentials, options) as channel:
            yield pb_grpc.WorkingMemoryServiceStub(channel)


@pytest.fixture
def certified(tmp_path: Path, world: World) -> Certified:
    """With an authority of its own."""
    folder = tmp_path / "tls"
    folder.mkdir()
    return Certified(folder, world)


async def test_a_certificate_makes_the_principal(certified: Certified) -> None:
    """By its alternative name; the common name counts for nothing."""
    certified.authority.issue("backend", uris=(SPIFFE,))
    certified.authority.issue("backend-impostor", dns=("backend.test",))
    async with certified.world.serving(**certified.terms) as served:
        async with certified.call_as("backend", served.address) as stub:
            await stub.AppendMessages(APPEND, timeout=60)
        async with certified.call_as("backend-impostor", served.address) as stub:
            with refused() as refusal:
                await stub.GetWorkingMemory(READ, timeout=60)
        assert (refusal.code, refusal.reason, refusal.message) == STRANGER
    assert certified.world.seen.principals == [
        Principal("acme", f"certificate:uri:{SPIFFE}", Access.ACCESS_WRITER)
    ]


async def test_a_bearer_token_goes_before_the_certificate(certified: Certified) -> None:
    """And a wrong one is not made good by a certificate."""
    certified.authority.issue("backend", uris=(SPIFFE,))
    key = await certified.world.key(Role.READER)
    async with (
        certified.world.serving(**certified.terms) as served,
        certified.call_as("backend", served.address) as stub,
    ):
        with refused() as refusal:
            await stub.AppendMessages(APPEND, timeout=60, metadata=bearer(key))
        assert (refusal.code, refusal.reason) == DENIED
        with refused() as refusal:
            await stub.GetWorkingMemory(READ, timeout=60, metadata=bearer("am_wrong"))
        assert (refusal.code, refusal.reason, refusal.message) == STRANGER


async def test_without_a_certificate_of_the_authority_nobody_connects(certified: Certified) -> None:
    """Nor over plain text."""
    Authority(certified.folder, "stranger").issue("imitation", uris=(SPIFFE,))
    key = await certified.world.key()
    async with certified.world.serving(**certified.terms) as served:
        for name in (None, "imitation"):
            async with certified.call_as(name, served.address) as stub:
                with pytest.raises(grpc.aio.AioRpcError) as raised:
                    await stub.GetWorkingMemory(READ, timeout=60, metadata=bearer(key))
                assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await read(served, *bearer(key))
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    assert not certified.world.seen.principals


async def test_a_name_of_two_callers_is_nobodys(certified: Certified) -> None:
    """A certificate that two entries know is not given the better of the two."""
    certified.identities.write_text(
        f'["uri:{SPIFFE}"]\ntenant = "acme"\nrole = "reader"\n'
        '["dns:backend.test"]\ntenant = "acme"\nrole = "admin"\n'
    )
    certified.authority.issue("backend", uris=(SPIFFE,), dns=("backend.test",))
    async with (
        certified.world.serving(**certified.terms) as served,
        certified.call_as("backend", served.address) as stub,
    ):
        with refused() as refusal:
            await stub.GetWorkingMemory(READ, timeout=60)
    assert (refusal.code, refusal.reason, refusal.message) == STRANGER


async def test_a_certificate_struck_from_the_table_is_refused(certified: Certified) -> None:
    """Within a second, on the connection that is open."""
    certified.authority.issue("backend", uris=(SPIFFE,))
    async with (
        certified.world.serving(**certified.terms) as served,
        certified.call_as("backend", served.address) as stub,
    ):
        await stub.GetWorkingMemory(READ, timeout=60)
        certified.identities.write_text("")
        await asyncio.sleep(1.0)
        with refused() as refusal:
            await stub.GetWorkingMemory(READ, timeout=60)
    assert (refusal.code, refusal.reason, refusal.message) == STRANGER


async def test_a_replaced_certificate_is_shown_to_the_next_connection(certified: Certified) -> None:
    """Even one of another authority; the connection that is open lives on."""
    certified.authority.issue("backend", uris=(SPIFFE,))
    terms = certified.terms | {"auth": frozenset({"api-key"}), "tls_client_ca_file": None}
    key = bearer(await certified.world.key())
    async with (
        certified.world.serving(**terms) as served,
        certified.call_as(None, served.address) as before,
    ):
        await before.GetWorkingMemory(READ, timeout=60, metadata=key)
        another = Authority(certified.folder, "another")
        another.issue("server")
        await asyncio.sleep(1.0)
        async with certified.call_as(None, served.address, another.certificate) as after:
            await after.GetWorkingMemory(READ, timeout=60, metadata=key)
        await before.GetWorkingMemory(READ, timeout=60, metadata=key)


async def test_a_service_shows_its_certificate_and_follows_it(certified: Certified) -> None:
    """The channel is opened again with the new one; calls meanwhile do not notice."""
    certified.identities.write_text('["dns:memory.test"]\nrole = "service"\n')
    certified.authority.issue("server", dns=("memory.test",))
    own = configured(
        ProcessSettings,
        auth="off",
        services_tls=True,
        services_ca_file=certified.authority.certificate,
        tls_certificate_file=certified.folder / "server.pem",
        tls_key_file=certified.folder / "server.key",
    )
    context.principal_var.set(Principal("acme", "key:caller", Access.ACCESS_READER))
    async with certified.world.serving(**certified.terms) as served:
        address = served.address.replace("127.0.0.1", "localhost")
        async with open_channel(address, identity=OwnIdentity.of(own)) as channel:
            stub = pb_grpc.WorkingMemoryServiceStub(channel)
            await stub.GetWorkingMemory(READ)
            before = channel._connection.current()  # type: ignore[attr-defined] # private
            certified.authority.issue("server", dns=("memory.test",))
            await asyncio.sleep(1.0)
            await stub.GetWorkingMemory(READ)
            assert channel._connection.current() is not before  # type: ignore[attr-defined] # private
    assert set(certified.world.seen.principals) == {context.principal_var.get()}


async def test_probes_that_speak_no_tls_have_an_address_of_their_own(certified: Certified) -> None:
    """It serves health and nothing else."""
    world = certified.world
    settings = world.settings.model_copy(
        update={
            **certified.terms,
            "listen": "127.0.0.1:0",
            "lame_duck_seconds": 0,
            "health_listen": "127.0.0.1:0",
        }
    )
    async with (
        server.start(settings, lifespan_of(Told(world.seen))) as running,
        grpc.aio.insecure_channel(running.health_address) as channel,
    ):
        health = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(), timeout=60
        )
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await pb_grpc.WorkingMemoryServiceStub(channel).GetWorkingMemory(READ, timeout=60)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
