"""The caller and its tenant: who calls, and what was done and waits for the tenant."""

from datetime import timedelta

from pydantic import Field

from agent_memory_client import _types


class Principal(_types.Model):
    """A caller, as the services know it by its credential."""

    tenant: _types.Text
    subject: _types.Text = Field(
        description="Names the credential, such as `key:` and the id of an API key."
    )
    access: _types.Text | None = Field(description="`reader`, `writer` or `admin`.")
    users: list[_types.Text] | None = Field(
        description="The users that it is confined to; `None` where it may act for everyone."
    )
    namespaces: list[_types.Text] | None = Field(
        description="The namespaces that it is confined to; `None` where it may touch all."
    )


class ModelUsage(_types.Model):
    """Use of one model."""

    model: _types.Text
    calls: int = Field(description="Calls that took tokens.")
    input_tokens: int
    output_tokens: int
    refused_calls: int = Field(
        description="Calls that were not made, because the tenant's budget was spent."
    )
    cost_dollars: float | None = Field(
        description="By the operator's prices of now; `None` where none is set for the model."
    )


class PeriodStatistics(_types.Model):
    """Work of jobs and models for a tenant within a period."""

    started_at: _types.UtcDatetime | None
    succeeded_jobs: int
    failed_jobs: int
    cancelled_jobs: int
    retried_attempts: int = Field(description="Attempts that failed and are made again.")
    mean_lag: timedelta | None = Field(
        description="From the first message to its facts, of jobs that looked for facts."
    )
    max_lag: timedelta | None = Field(description="The longest of these.")
    models: list[ModelUsage]


class Backlog(_types.Model):
    """Jobs that wait now."""

    pending_jobs: int
    running_jobs: int
    failed_jobs: int = Field(description="Jobs that were given up and can be tried again.")
    oldest_due: timedelta = Field(description="How long the first due job has been due.")


class TokenBudget(_types.Model):
    """Tokens that models may take for the tenant in the present window."""

    limit_tokens: int
    used_tokens: int
    started_at: _types.UtcDatetime | None
    ends_at: _types.UtcDatetime | None


class Statistics(_types.Model):
    """Figures of a tenant."""

    periods: list[PeriodStatistics] = Field(
        description="Those in which something happened, the oldest first."
    )
    period_length: timedelta
    since: _types.UtcDatetime | None = Field(description="When the oldest kept period began.")
    answered_at: _types.UtcDatetime | None
    backlog: Backlog
    token_budget: TokenBudget | None = Field(description="`None` where there is no budget.")
