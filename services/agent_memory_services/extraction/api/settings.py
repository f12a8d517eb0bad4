"""Settings of an extraction process."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    model_validator,
)

from agent_memory_services.extraction.domain.facts import Answering
from agent_memory_services.extraction.store.budgets import Budget
from agent_memory_services.kit.contract.environment import AlsoFrom
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.shared.model_api.endpoint import EndpointKey, EndpointUrl, uses_endpoint
from agent_memory_services.shared.model_api.meters import Price

_DAY = 86_400.0


class Settings(ProcessSettings):
    """The settings of the extraction service."""

    section: ClassVar[str] = "EXTRACTION"

    partitions: int = Field(
        default=16,
        ge=1,
        le=128,
        description="Partitions of the queue; fixed by the first process that uses a store.",
    )
    concurrency: int = Field(
        default=8, ge=1, description="Jobs that this process works on at a time."
    )
    debounce_seconds: float = Field(
        default=2.0, ge=0, description="Quiet time of a session before its messages are extracted."
    )
    max_wait_seconds: float = Field(
        default=30.0, ge=0, description="Longest wait of a session that is never quiet."
    )
    index_messages: Annotated[bool, AlsoFrom("INDEX_MESSAGES")] = Field(
        default=True,
        description=(
            "Store messages as searchable memories too, at once; a session's "
            "`extraction.index_messages` goes before it."
        ),
    )
    reference_messages: int = Field(
        default=6,
        ge=1,
        le=100,
        description="Messages before the new ones that the extractor sees for reference.",
    )
    window_messages: int = Field(
        default=40, ge=1, description="Most messages that the extractor sees at a time."
    )
    window_characters: int = Field(
        default=24_000, ge=1_000, description="Most characters that the extractor sees at a time."
    )
    extractor: Literal["auto", "local", "openai"] = Field(
        default="auto",
        description="`auto` is `openai` when a key or a base URL is set, else `local`.",
    )
    parser_model: Path | None = Field(
        default=None,
        description=(
            "Folder of another English model of spaCy for the local extractor. "
            "Unset: the installed one, whose files are checked."
        ),
    )
    model: str = Field(
        default="gpt-4o-mini", min_length=1, description="The chat model; unused by `local`."
    )
    openai_api_key: EndpointKey = Field(
        default=None, description="Key of the endpoint that serves the model."
    )
    openai_base_url: EndpointUrl = Field(
        default=None,
        description="An OpenAI-compatible endpoint, ending in /v1. Unset: OpenAI's own.",
    )
    model_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Limit of one call to the model, not of its retries."
    )
    token_budget: int = Field(
        default=0,
        ge=0,
        description=(
            "Tokens that a tenant may spend on the model in a window; beyond that the local "
            "extractor works. 0: no limit."
        ),
    )
    token_budgets: dict[str, NonNegativeInt] = Field(
        default={},
        description='Budgets of single tenants, as JSON: `{"acme": 5000000}`.',
    )
    token_budget_seconds: int = Field(
        default=86_400, ge=1, description="Length of a window of the budgets."
    )
    model_prices: dict[str, tuple[NonNegativeFloat, NonNegativeFloat]] = Field(
        default={},
        description=(
            "US dollars for a million tokens read and written, as JSON, for the cost metric: "
            '`{"gpt-4o-mini": [0.15, 0.6]}`.'
        ),
    )
    known_memories: int = Field(
        default=10,
        ge=0,
        le=100,
        description="Stored memories shown to the model, so that it does not repeat them.",
    )
    forget_requests: Answering = Field(
        default=Answering.DELETE,
        description=(
            'What a user\'s "please forget ..." does to the facts it is about: `delete`, `mark` '
            "(sets their `forget_request_time` and leaves them) or `ignore`."
        ),
    )
    forget_most: int = Field(
        default=20,
        ge=1,
        le=100,
        description="Facts that one such request may forget; one about more forgets none.",
    )
    view_memories: int = Field(
        default=500,
        ge=1,
        le=1000,
        description="Most memories that one summary of a view reads: the newest of its group.",
    )
    view_refresh_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="Interval at which a continuous summary view checks its memories for changes.",
    )
    lease_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Time after which a job of an unresponsive worker is given to another.",
    )
    run_seconds: float = Field(
        default=300.0, gt=0, description="Longest time that one attempt at a job may take."
    )
    retry_first_seconds: float = Field(
        default=1.0, gt=0, description="Wait after the first failed attempt; it doubles each time."
    )
    retry_longest_seconds: float = Field(
        default=300.0, gt=0, description="Longest wait between attempts."
    )
    retry_patience_seconds: float = Field(
        default=_DAY,
        ge=0,
        description="Time for which jobs are retried while the model or long-term memory fails.",
    )
    max_strikes: int = Field(
        default=5,
        ge=1,
        description="Failures that may be caused by the job itself before it fails for good.",
    )
    strike_seconds: float = Field(
        default=120.0,
        ge=0,
        description="Shortest time for which a job is tried after the first of these failures.",
    )
    job_retention_seconds: float = Field(
        default=7 * _DAY, gt=0, description="Time for which finished jobs are kept."
    )
    max_finished_jobs: int = Field(
        default=10_000,
        ge=0,
        description=(
            "Finished jobs that are kept, about; the oldest are forgotten sooner than their time. "
            "Jobs that failed are kept until they are retried or cancelled."
        ),
    )
    session_retention_seconds: float = Field(
        default=30 * _DAY,
        gt=0,
        description="Time for which a session's progress is kept after its last job.",
    )
    watch_checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="Longest time without a response to a watcher."
    )

    @property
    def uses_model(self) -> bool:
        """True when a model extracts, False when rules do."""
        return uses_endpoint(self.extractor, self.openai_api_key, self.openai_base_url)

    @property
    def budget(self) -> Budget:
        """Tokens that tenants may spend on the model."""
        return Budget(self.token_budget, self.token_budgets, self.token_budget_seconds)

    @property
    def prices(self) -> dict[str, Price]:
        """Prices of models by name."""
        return {model: Price(*price) for model, price in self.model_prices.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.session_retention_seconds < self.job_retention_seconds:
            raise ValueError("session_retention_seconds must not be less than that of jobs")
        self.require_order("debounce_seconds", "max_wait_seconds")
        self.require_order("retry_first_seconds", "retry_longest_seconds")
        if self.uses_model and self.openai_api_key is None and self.openai_base_url is None:
            raise ValueError("OpenAI needs an openai_api_key; other endpoints, an openai_base_url")
        return self
