"""Process of WorkingMemoryService."""

from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    nullcontext,
)
from functools import partial

from redis.asyncio import Redis

from agent_memory.working_memory.v1 import service_pb2, service_pb2_grpc
from agent_memory_services.kit.auth.own_identity import OwnIdentity
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.redis import client as redis
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.replay_cache import conversation_of, erase_answers
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.working_memory.api.servicer import WorkingMemoryServicer
from agent_memory_services.working_memory.api.settings import Settings
from agent_memory_services.working_memory.domain import windows
from agent_memory_services.working_memory.prompt.builder import PromptBuilder
from agent_memory_services.working_memory.prompt.sources import SourceReader
from agent_memory_services.working_memory.relay.relay import Inbox, Pace, Relay
from agent_memory_services.working_memory.sessions.erasure import Eraser
from agent_memory_services.working_memory.sessions.forks import Forks
from agent_memory_services.working_memory.sessions.rebuild import Reconstruction
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.sessions.watch import SessionWatch
from agent_memory_services.working_memory.store.events import SessionEvent, SessionStatuses
from agent_memory_services.working_memory.store.listings import Listings
from agent_memory_services.working_memory.store.neighbours import (
    ConversationForgetting,
    ExtractionInbox,
    ExtractionSummarizer,
    LongTermListing,
    LongTermSearch,
    Summarizer,
)
from agent_memory_services.working_memory.store.outbox import Leases, Outbox
from agent_memory_services.working_memory.store.sessions import SessionStore
from agent_memory_services.working_memory.store.summaries import SummaryQueue, SummaryRecorder
from agent_memory_services.working_memory.summaries.worker import Effort, SummaryWorker
from agent_memory_services.working_memory.summaries.writer import SummaryWriter

_RENEWALS_PER_LEASE = 3
# From the end of an attempt to the end of its lease: enough to say what became of it.
_LEASE_MARGIN_SECONDS = 10.0

SERVICE_NAME = service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"].full_name


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[Service]:
    """Provide the parts of the service; the relay runs from the first call to the last."""
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
        trigger = windows.Trigger(windows.SUMMARIZATION_THRESHOLD, windows.DEFAULT_WINDOW)
        store = SessionStore(
            client,
            settings.partitions,
            trigger if settings.summarization else None,
            settings.lifetimes,
        )
        await store.open()
        relay = _relay(client, ExtractionInbox(extraction), settings)
        summaries = _summaries(client, store, ExtractionSummarizer(extraction), trigger, settings)
        sessions = Sessions(
            store,
            relay.wake,
            summaries.wake,
            Reconstruction(LongTermListing(long_term)) if settings.reconstruct else None,
            withdraw=partial(_withdraw, client),
            lifetimes=settings.lifetimes,
            forgotten=ConversationForgetting(extraction, long_term).forget,
        )
        feed = Feed(client, SessionEvent.read)
        servicer = WorkingMemoryServicer(
            sessions,
            Listings(client, settings.partitions),
            PromptBuilder(SourceReader(sessions, LongTermSearch(long_term))),
            SessionWatch(
                store,
                SessionStatuses(client, settings.partitions),
                feed,
                checkpoint_seconds=settings.watch_checkpoint_seconds,
            ),
            eraser=Eraser(client, settings.partitions),
            forks=Forks(store),
        )
        async with aclosing(feed), relay.running(), _switched(summaries, settings):
            yield Service(
                SERVICE_NAME, service_pb2_grpc.add_WorkingMemoryServiceServicer_to_server, servicer
            )


async def _withdraw(
    client: Redis, partition: int, tenant: str, session_uid: str, user: str
) -> None:
    """Take back what of an incarnation waits for extraction, and answers that repeat it."""
    await Outbox(client).withdraw(partition, session_uid)
    subject = conversation_of(user, session_uid) if user else session_uid
    await erase_answers(client, tenant, [subject])


def _relay(client: Redis, inbox: Inbox, settings: Settings) -> Relay:
    lease = settings.relay_lease_seconds
    return Relay(
        Outbox(client),
        Leases(client, settings.partitions, lease),
        inbox,
        Pace(
            poll=settings.relay_poll_seconds,
            renewal=lease / _RENEWALS_PER_LEASE,
            backoff=Backoff(settings.relay_retry_seconds, settings.relay_max_retry_seconds),
        ),
        max_bytes=settings.max_message_bytes,
    )


def _summaries(
    client: Redis,
    store: SessionStore,
    summarizer: Summarizer,
    trigger: windows.Trigger,
    settings: Settings,
) -> SummaryWorker:
    attempt = settings.summary_timeout_seconds
    return SummaryWorker(
        SummaryQueue(
            client,
            settings.partitions,
            Backoff(settings.summary_retry_seconds, settings.summary_max_retry_seconds),
            lease_seconds=attempt + _LEASE_MARGIN_SECONDS,
        ),
        SummaryWriter(
            store, SummaryRecorder(client, settings.partitions, trigger), summarizer, trigger
        ),
        Effort(settings.summary_poll_seconds, attempt, settings.summary_concurrency),
    )


def _switched(summaries: SummaryWorker, settings: Settings) -> AbstractAsyncContextManager[None]:
    return summaries.running() if settings.summarization else nullcontext()


def run() -> None:
    """Run the process until it is told to end."""
    server.run(Settings, lifespan)
