"""The process of WorkingMemoryService."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from agent_memory.working_memory.v1 import service_pb2, service_pb2_grpc
from agent_memory_services.runtime import redis, server
from agent_memory_services.runtime.auth.own_identity import OwnIdentity
from agent_memory_services.runtime.channels import open_channel
from agent_memory_services.runtime.server import Service
from agent_memory_services.working_memory.listings import Listings
from agent_memory_services.working_memory.prompt.builder import PromptBuilder
from agent_memory_services.working_memory.prompt.long_term_search import LongTermSearch
from agent_memory_services.working_memory.prompt.sources import SourceReader
from agent_memory_services.working_memory.relay.inbox import ExtractionInbox
from agent_memory_services.working_memory.relay.leases import Leases
from agent_memory_services.working_memory.relay.outbox import Outbox
from agent_memory_services.working_memory.relay.relay import Inbox, Pace, Relay
from agent_memory_services.working_memory.servicer import WorkingMemoryServicer
from agent_memory_services.working_memory.sessions import Sessions
from agent_memory_services.working_memory.settings import Settings
from agent_memory_services.working_memory.store import SessionStore

_RENEWALS_PER_LEASE = 3

SERVICE_NAME = service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"].full_name


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[Service]:
    """Everything the service owns; the relay works from the first call to after the last one."""
    client = redis.connect(
        settings.redis_url,
        timeout=settings.redis_timeout_seconds,
        max_connections=settings.redis_max_connections,
    )
    connected = partial(
        open_channel,
        identity=OwnIdentity.of(settings),
        max_message_bytes=settings.max_message_bytes,
    )
    async with (
        client,
        connected(settings.extraction_address) as extraction,
        connected(settings.long_term_memory_address) as long_term,
    ):
        store = SessionStore(client, settings.partitions)
        await store.open()
        relay = _relay(client, ExtractionInbox(extraction), settings)
        sessions = Sessions(store, relay.wake)
        servicer = WorkingMemoryServicer(
            sessions,
            Listings(client, settings.partitions),
            PromptBuilder(SourceReader(sessions, LongTermSearch(long_term))),
        )
        async with relay.running():
            yield Service(
                SERVICE_NAME, service_pb2_grpc.add_WorkingMemoryServiceServicer_to_server, servicer
            )


def _relay(client: Redis, inbox: Inbox, settings: Settings) -> Relay:
    lease = settings.relay_lease_seconds
    return Relay(
        Outbox(client),
        Leases(client, settings.partitions, lease),
        inbox,
        Pace(
            poll=settings.relay_poll_seconds,
            renewal=lease / _RENEWALS_PER_LEASE,
            first_retry=settings.relay_retry_seconds,
            longest_retry=settings.relay_max_retry_seconds,
        ),
        max_bytes=settings.max_message_bytes,
    )


def run() -> None:
    """The whole life of the process."""
    server.run(Settings, lifespan)
