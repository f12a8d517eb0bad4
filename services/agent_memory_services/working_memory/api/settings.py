"""Settings of a working memory process."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from agent_memory_services.kit.server.settings import ProcessSettings


class Settings(ProcessSettings):
    """Settings of WorkingMemoryService, under `AGENT_MEMORY_WORKING_MEMORY_`."""

    section: ClassVar[str] = "WORKING_MEMORY"

    partitions: int = Field(
        default=16,
        ge=1,
        le=1024,
        description=(
            "Partitions that sessions are spread over, each with an outbox of its own. "
            "Every process of a store must be told the same number, and it never changes."
        ),
    )
    relay_poll_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How often a relay looks for what other processes left to deliver.",
    )
    relay_lease_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long a relay that stopped without a word keeps others from its work.",
    )
    relay_retry_seconds: float = Field(
        default=0.2, gt=0, description="The first wait after a failed delivery; it doubles."
    )
    relay_max_retry_seconds: float = Field(
        default=30.0, gt=0, description="The longest wait between two attempts of a delivery."
    )
    summarization: bool = Field(
        default=True,
        description="Whether what makes a view too long leaves it through a summary.",
    )
    summary_concurrency: int = Field(
        default=4, ge=1, description="Summaries that one process asks for at the same time."
    )
    summary_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        description=(
            "The longest that one summary may take. A session whose worker died is taken by "
            "another one ten seconds after that."
        ),
    )
    summary_poll_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How often a process looks for sessions that wait for a summary.",
    )
    summary_retry_seconds: float = Field(
        default=2.0, gt=0, description="The first wait after a failed summary; it doubles."
    )
    summary_max_retry_seconds: float = Field(
        default=300.0, gt=0, description="The longest wait between two attempts of a summary."
    )
    watch_checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="The longest that a watcher hears nothing."
    )
    reconstruct: bool = Field(
        default=False,
        description=(
            "Whether readers of a session that is gone get what long-term memory kept of its "
            "messages. Needs extraction to index messages."
        ),
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_order("relay_retry_seconds", "relay_max_retry_seconds")
        self.require_order("summary_retry_seconds", "summary_max_retry_seconds")
        return self
