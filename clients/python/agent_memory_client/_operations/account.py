"""Operations on the caller and its tenant."""

from datetime import timedelta

from google.protobuf.message import Message

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client import _types, _values, models
from agent_memory_client._operations import operation
from agent_memory_client._types import checked


def principal() -> operation.Operation[working_memory.GetPrincipalResponse, models.Principal]:
    """Read who the caller is."""
    return operation.Operation(
        working_memory.GetPrincipalRequest(), lambda response: from_principal(response.principal)
    )


@checked
def statistics(
    period: _types.Text,
) -> operation.Operation[extraction.GetStatisticsResponse, models.Statistics]:
    """Read what was done for the tenant."""
    return operation.Operation(
        extraction.GetStatisticsRequest(
            period=_values.STATISTICS_PERIODS.parse(period, "period"),
        ),
        from_statistics,
    )


def from_principal(principal: working_memory_pb2.Principal) -> models.Principal:
    """Read a caller."""
    return models.Principal(
        tenant=principal.tenant,
        subject=principal.subject,
        access=_values.ACCESSES.name(principal.access),
        users=list(principal.users.names) if principal.HasField("users") else None,
        namespaces=list(principal.namespaces.names) if principal.HasField("namespaces") else None,
    )


def from_statistics(answer: extraction.GetStatisticsResponse) -> models.Statistics:
    """Read the figures of a tenant."""
    backlog, budget = answer.backlog, answer.token_budget
    return models.Statistics(
        periods=[_from_period(period) for period in answer.periods],
        period_length=answer.period_length.ToTimedelta(),
        since=_values.from_timestamp(answer, "start_time"),
        answered_at=_values.from_timestamp(answer, "answer_time"),
        backlog=models.Backlog(
            pending_jobs=backlog.pending_jobs,
            running_jobs=backlog.running_jobs,
            failed_jobs=backlog.failed_jobs,
            oldest_due=backlog.oldest_due.ToTimedelta(),
        ),
        token_budget=models.TokenBudget(
            limit_tokens=budget.limit_tokens,
            used_tokens=budget.used_tokens,
            started_at=_values.from_timestamp(budget, "start_time"),
            ends_at=_values.from_timestamp(budget, "end_time"),
        )
        if answer.HasField("token_budget")
        else None,
    )


def _from_period(period: extraction_pb2.PeriodStatistics) -> models.PeriodStatistics:
    return models.PeriodStatistics(
        started_at=_values.from_timestamp(period, "start_time"),
        succeeded_jobs=period.succeeded_jobs,
        failed_jobs=period.failed_jobs,
        cancelled_jobs=period.cancelled_jobs,
        retried_attempts=period.retried_attempts,
        mean_lag=_duration(period, "mean_lag"),
        max_lag=_duration(period, "max_lag"),
        models=[
            models.ModelUsage(
                model=each.model,
                calls=each.calls,
                input_tokens=each.input_tokens,
                output_tokens=each.output_tokens,
                refused_calls=each.refused_calls,
                cost_dollars=each.cost_dollars if each.HasField("cost_dollars") else None,
            )
            for each in period.models
        ],
    )


def _duration(message: Message, field: str) -> timedelta | None:
    found: timedelta = getattr(message, field).ToTimedelta()
    return found if message.HasField(field) else None
