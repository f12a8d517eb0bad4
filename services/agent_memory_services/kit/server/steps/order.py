"""The order of the steps, which decides what sees what.

What has to be traced, counted and logged stands inside these; they see the final code, because
error mapping stands inside them. Auth stands before anything looks at the request, so
that strangers learn nothing from it, and before the line in which calls wait, where tenants take
turns.
"""

from collections.abc import Collection

from redis.asyncio import Redis

from agent_memory_services.kit.auth.authenticator import Authenticator
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.observe.metrics import CallMeters
from agent_memory_services.kit.server.call import Step
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps.admission import Admission
from agent_memory_services.kit.server.steps.authentication import Authentication, StreamRecheck
from agent_memory_services.kit.server.steps.congestion import congestion
from agent_memory_services.kit.server.steps.context import (
    ErrorMapping,
    RequestContext,
    TimeLimit,
    Validation,
)
from agent_memory_services.kit.server.steps.idempotency import Idempotency
from agent_memory_services.kit.server.steps.memory import memory_guard
from agent_memory_services.kit.server.steps.observation import AccessLog, CallMetrics, tracing
from agent_memory_services.kit.server.steps.quotas import tenant_quotas


def ordered_steps(
    settings: ProcessSettings,
    policies: Collection[MethodPolicy],
    *,
    meters: CallMeters,
    admission: Admission,
    authenticator: Authenticator,
    store: Redis,
) -> tuple[Step, ...]:
    """The steps of one process, outermost first."""
    steps = (
        RequestContext(),
        tracing(policies),
        CallMetrics(meters),
        AccessLog() if settings.access_log else None,
        ErrorMapping(),
        memory_guard(settings),
        admission,
        Authentication(authenticator),
        congestion(settings, policies),
        _recheck(settings, authenticator),
        tenant_quotas(settings, policies),
        TimeLimit(settings.max_deadline_seconds),
        Validation(policies),
        Idempotency(policies, store),
    )
    return tuple(step for step in steps if step is not None)


def _recheck(settings: ProcessSettings, authenticator: Authenticator) -> StreamRecheck | None:
    if settings.trusts_everyone:
        return None
    return StreamRecheck(authenticator, settings.auth_recheck_seconds)
