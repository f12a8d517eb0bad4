"""A server with all ways to know callers, and those who give out credentials."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.credentials import AUDIENCE, ISSUER, Issuer
from tests.support.servers import Served, serving
from tests.support.settings import configured

PEPPER = b"0123456789abcdef" * 2
READ = pb.GetWorkingMemoryRequest(session_id="s")
APPEND = pb.AppendMessagesRequest(session_id="s", messages=[Message(role="user", content="hi")])
WATCH = pb.WatchWorkingMemoryRequest(session_id="s")
STRANGER = (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", "no valid credential")
DENIED = (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


class Seen:
    """A behaviour that notes for whom it was called, and can hold a stream open."""

    def __init__(self) -> None:
        self.principals: list[Principal] = []

    async def __call__(self, request: object, _: object) -> None:
        self.principals.append(context.current_principal())
        if isinstance(request, pb.WatchWorkingMemoryRequest):
            await asyncio.Event().wait()


class World:
    """A server with all ways to know callers, and those who give out credentials."""

    def __init__(self, folder: Path, redis: Redis, redis_url: str) -> None:
        self.seen = Seen()
        self.redis = redis
        self.keyring = Keyring(ApiKeyStore(redis))
        self.issuer = Issuer(folder / "keys.json")
        self.issuer.publish(one="ES256")
        (folder / "pepper").write_bytes(PEPPER)
        self.settings = configured(
            ProcessSettings,
            auth="api-key,jwt",
            redis_url=redis_url,
            api_key_pepper_file=folder / "pepper",
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
            jwt_key_set=self.issuer.location,
            jwt_leeway_seconds=0,
            auth_recheck_seconds=0.3,
        )

    @asynccontextmanager
    async def serving(self, **changes: object) -> AsyncIterator[Served]:
        """The server, with settings changed by `changes`."""
        told = self.settings.model_copy(update=changes)
        async with serving(lifespan_of(Told(self.seen)), told) as served:
            yield served

    async def key(self, role: Role = Role.READER, **terms: Any) -> str:
        """A token of a new API key."""
        tenant = "" if role is Role.SERVICE else "acme"
        _, token = await self.keyring.create(PEPPER, role=role, tenant=tenant, **terms)
        return token.text


def bearer(token: str, **more: str) -> tuple[tuple[str, str | bytes], ...]:
    """Metadata with a credential, and more."""
    return (("authorization", f"Bearer {token}"), *more.items())


def read(
    served: Served, *metadata: tuple[str, str | bytes]
) -> grpc.aio.UnaryUnaryCall[pb.GetWorkingMemoryRequest, pb.GetWorkingMemoryResponse]:
    """A call that needs a reader."""
    stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
    return stub.GetWorkingMemory(READ, timeout=60, metadata=metadata)


def append(
    served: Served, *metadata: tuple[str, str | bytes]
) -> grpc.aio.UnaryUnaryCall[pb.AppendMessagesRequest, pb.AppendMessagesResponse]:
    """A call that needs a writer."""
    stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
    return stub.AppendMessages(APPEND, timeout=60, metadata=metadata)
