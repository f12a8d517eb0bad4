"""The process of the extraction service: its parts, and the extractor that it chooses."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from agent_memory.extraction.v1.service_pb2 import DESCRIPTOR
from agent_memory.extraction.v1.service_pb2_grpc import add_ExtractionServiceServicer_to_server
from agent_memory_services.extraction.api.servicer import ExtractionServicer
from agent_memory_services.extraction.api.settings import Settings
from agent_memory_services.extraction.domain.facts import WindowLimits
from agent_memory_services.extraction.erasure.eraser import Eraser
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.extraction.extractors.summarizers import LocalSummarizer
from agent_memory_services.extraction.pipeline import Backend, ExtractionPipeline
from agent_memory_services.extraction.preview import Preview
from agent_memory_services.extraction.queue.jobs import Jobs
from agent_memory_services.extraction.queue.statistics import Statistics
from agent_memory_services.extraction.queue.submissions import Schedule, Submissions
from agent_memory_services.extraction.queue.watch import Change, JobWatch
from agent_memory_services.extraction.store.budgets import TenantBudgets
from agent_memory_services.extraction.store.progress import ProgressBook
from agent_memory_services.extraction.store.queue import Leases, Retention, Store
from agent_memory_services.extraction.store.sink import LongTermMemory
from agent_memory_services.extraction.store.sources import Memories
from agent_memory_services.extraction.store.views import ViewStore
from agent_memory_services.extraction.views.refresh import Refresher
from agent_memory_services.extraction.views.runs import ViewRuns, Writing
from agent_memory_services.extraction.views.views import Views
from agent_memory_services.extraction.work.meters import METERS
from agent_memory_services.extraction.work.requests import RequestRules
from agent_memory_services.extraction.work.runs import Runs
from agent_memory_services.extraction.work.worker import Attempts, RetryPolicy, Worker
from agent_memory_services.kit.auth.own_identity import OwnIdentity
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.language.en.parser import adopt


@asynccontextmanager
async def chosen(settings: Settings, budgets: TenantBudgets) -> AsyncIterator[ExtractionPipeline]:
    """Provide a model where the settings name one, else rules; ready while the context lasts.

    Args:
        settings: They name the model, and what it may cost.
        budgets: They keep what it did cost.
    """
    parser = adopt(settings.parser_model)
    # Loads beside the start: the process is ready before it, and the first job waits for it.
    parser.warm()
    rules = Backend(LocalExtractor(parser), LocalSummarizer(parser))
    if not settings.uses_model:
        yield ExtractionPipeline(rules, parser=parser)
        return
    # The provider's library takes longer to import than all the rest.
    from agent_memory_services.extraction.extractors.openai.extractor import (  # noqa: PLC0415
        OpenAIExtractor,
        OpenAISummarizer,
    )
    from agent_memory_services.extraction.extractors.openai.prompts import (  # noqa: PLC0415
        ChatEndpoint,
    )

    key = settings.openai_api_key
    endpoint = ChatEndpoint(
        model=settings.model,
        base_url=settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_seconds=settings.model_timeout_seconds,
        ledger=budgets,
        prices=settings.prices,
    )
    try:
        yield ExtractionPipeline(
            Backend(OpenAIExtractor(endpoint), OpenAISummarizer(endpoint)),
            fallback=rules,
            parser=parser,
        )
    finally:
        await endpoint.aclose()


FULL_NAME = DESCRIPTOR.services_by_name["ExtractionService"].full_name
_HEARTBEATS_PER_LEASE = 3
_SHARE_OF_RUN = 0.2
"""Longest run in seconds: after it a view's job makes room for others before it continues."""


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[Service]:
    """Serve calls and work on jobs; at the end, jobs that are not done are handed back."""
    client = connect(
        settings.redis_url,
        timeout=settings.redis_timeout_seconds,
        max_connections=settings.redis_max_connections,
    )
    channel = open_channel(
        settings.long_term_memory_address,
        identity=OwnIdentity.of(settings),
        max_message_bytes=settings.max_message_bytes,
    )
    budgets = TenantBudgets(client, settings.budget)
    async with client, channel, chosen(settings, budgets) as pipeline:
        store = Store(client, settings.partitions, _retention(settings))
        await store.open()
        view_store, memories = ViewStore(store), Memories(channel)
        writing = Writing(memories, pipeline, most=settings.view_memories)
        view_runs = ViewRuns(
            view_store,
            memories,
            writing,
            share_seconds=settings.run_seconds * _SHARE_OF_RUN,
        )
        worker = _worker(settings, store, LongTermMemory(channel), pipeline, view_runs)
        refresher = Refresher(
            view_store, memories, worker.wake, refresh_seconds=settings.view_refresh_seconds
        )
        feed = Feed(client, Change.read)
        jobs = Jobs(store)
        servicer = ExtractionServicer(
            Submissions(store, _schedule(settings), worker.wake),
            jobs,
            JobWatch(
                jobs,
                ProgressBook(store),
                feed,
                partitions=settings.partitions,
                checkpoint_seconds=settings.watch_checkpoint_seconds,
            ),
            Preview(pipeline, _limits(settings)),
            Views(view_store, writing),
            statistics=Statistics(store, budgets, prices=settings.prices),
            eraser=Eraser(store, view_store, summaries_barred_seconds=settings.run_seconds),
        )
        async with store.in_use(), worker.running(), refresher.running(), aclosing(feed):
            yield Service(FULL_NAME, add_ExtractionServiceServicer_to_server, servicer)


def run() -> None:
    """Run the process until it is told to end."""
    server.run(Settings, lifespan)


def _worker(
    settings: Settings,
    store: Store,
    memory: LongTermMemory,
    pipeline: ExtractionPipeline,
    views: ViewRuns,
) -> Worker:
    leases = Leases(
        store,
        lease_seconds=settings.lease_seconds,
        max_strikes=settings.max_strikes,
        strike_seconds=settings.strike_seconds,
    )
    runs = Runs(
        leases,
        memory,
        pipeline,
        views,
        METERS,
        limits=_limits(settings),
        known=settings.known_memories if settings.uses_model else 0,
        requests=RequestRules(settings.forget_requests, settings.forget_most),
    )
    attempts = Attempts(
        leases,
        runs,
        _retry_policy(settings),
        METERS,
        heartbeat_seconds=settings.lease_seconds / _HEARTBEATS_PER_LEASE,
        run_seconds=settings.run_seconds,
    )
    return Worker(
        leases,
        attempts,
        METERS,
        partitions=settings.partitions,
        concurrency=settings.concurrency,
    )


def _schedule(settings: Settings) -> Schedule:
    return Schedule(
        debounce_seconds=settings.debounce_seconds,
        max_wait_seconds=settings.max_wait_seconds,
        reference_messages=settings.reference_messages,
        index_messages=settings.index_messages,
    )


def _limits(settings: Settings) -> WindowLimits:
    return WindowLimits(
        messages=settings.window_messages,
        characters=settings.window_characters,
        reference=settings.reference_messages,
    )


def _retry_policy(settings: Settings) -> RetryPolicy:
    return RetryPolicy(
        backoff=Backoff(settings.retry_first_seconds, settings.retry_longest_seconds),
        max_strikes=settings.max_strikes,
        strike_seconds=settings.strike_seconds,
        patience_seconds=settings.retry_patience_seconds,
    )


def _retention(settings: Settings) -> Retention:
    return Retention(
        job_seconds=settings.job_retention_seconds,
        jobs=settings.max_finished_jobs,
        session_seconds=settings.session_retention_seconds,
    )
