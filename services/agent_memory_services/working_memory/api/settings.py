"""Settings of a working memory process."""

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.working_memory.domain.session import Lifetime, Lifetimes


class DefaultTtl(BaseModel):
    """Time to live of sessions that say none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: int = Field(ge=1, le=315_360_000)
    sliding: bool = False


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
        description="Interval at which a relay looks for undelivered messages.",
    )
    relay_lease_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Time after which another relay takes over from an unresponsive one.",
    )
    relay_retry_seconds: float = Field(
        default=0.2, gt=0, description="First wait after a failed delivery; it doubles."
    )
    relay_max_retry_seconds: float = Field(
        default=30.0, gt=0, description="Longest wait between two attempts at a delivery."
    )
    summarization: bool = Field(
        default=True,
        description="Summarize the oldest messages of a view that is too long.",
    )
    summary_concurrency: int = Field(
        default=4, ge=1, description="Summaries that one process requests at the same time."
    )
    summary_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        description=(
            "Longest time that one summary may take. A session whose worker died is taken by "
            "another one ten seconds after that."
        ),
    )
    summary_poll_seconds: float = Field(
        default=1.0,
        gt=0,
        description="Interval at which a process looks for sessions that wait for a summary.",
    )
    summary_retry_seconds: float = Field(
        default=2.0, gt=0, description="First wait after a failed summary; it doubles."
    )
    summary_max_retry_seconds: float = Field(
        default=300.0, gt=0, description="Longest wait between two attempts at a summary."
    )
    watch_checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="Longest time without a response to a watcher."
    )
    reconstruct: bool = Field(
        default=False,
        description=(
            "Rebuild an expired session for readers from the messages that long-term memory has of "
            "it. Needs extraction to index messages."
        ),
    )

    default_ttls: dict[str, DefaultTtl] = Field(
        default_factory=dict,
        description=(
            "Times to live of sessions that say none, as JSON: by namespace, or `*` for all "
            "without one of their own, `seconds` after the last write, and `sliding` where reads "
            "renew them too. Without one a session lives for ever."
        ),
    )

    @property
    def lifetimes(self) -> Lifetimes:
        """Times to live by namespace."""
        return Lifetimes(
            {
                name: Lifetime(each.seconds * 1_000_000, each.sliding)
                for name, each in self.default_ttls.items()
            }
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_order("relay_retry_seconds", "relay_max_retry_seconds")
        self.require_order("summary_retry_seconds", "summary_max_retry_seconds")
        return self
