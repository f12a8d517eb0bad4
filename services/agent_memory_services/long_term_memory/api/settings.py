"""Settings of the long-term memory service."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from agent_memory.common.v1.memory_pb2 import MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.environment import AlsoFrom
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.long_term_memory.domain.forget_policy import (
    DEFAULT_MULTIPLIER,
    Policy,
)
from agent_memory_services.long_term_memory.domain.memory import HistoryLimits
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY
from agent_memory_services.long_term_memory.lifecycle.schedule import ForgettingSchedule
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.index.index import (
    NEW_LINKS,
    NEW_PRECISION,
    Precision,
    VectorIndex,
)
from agent_memory_services.shared.lifetimes import DefaultTtl
from agent_memory_services.shared.model_api.endpoint import EndpointKey, EndpointUrl, uses_endpoint


class ForgettingPlan(BaseModel):
    """Policy by which a tenant forgets on schedule, with times in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_days: float | None = Field(default=None, gt=0)
    max_inactive_days: float | None = Field(default=None, gt=0)
    keep_per_owner: int | None = Field(default=None, ge=0)
    types: frozenset[Literal["semantic", "episodic", "message"]] = frozenset()
    hard_age_multiplier: float = Field(default=DEFAULT_MULTIPLIER, gt=0)
    permanently: bool = False

    @property
    def plan(self) -> ForgettingSchedule:
        """The same in the terms of the rules."""
        policy = Policy(
            max_age=_micros(self.max_age_days),
            max_inactive=_micros(self.max_inactive_days),
            keep_per_owner=self.keep_per_owner,
            types=frozenset(MemoryType.Value(f"MEMORY_TYPE_{t.upper()}") for t in self.types),
            hard_age_multiplier=self.hard_age_multiplier,
        )
        return ForgettingSchedule(policy, permanently=self.permanently)


def _micros(days: float | None) -> int | None:
    return None if days is None else round(days * MICROS_PER_DAY)


class Settings(ProcessSettings):
    """Settings of LongTermMemoryService, under `AGENT_MEMORY_LONG_TERM_MEMORY_`."""

    section: ClassVar[str] = "LONG_TERM_MEMORY"

    shards: int = Field(
        default=1,
        ge=1,
        le=1024,
        description=(
            "Parts that tenants are spread over, each with an index on one node of a Redis "
            "Cluster. Every process of a store must be told the same number, and it never changes."
        ),
    )
    index_algorithm: Literal["hnsw", "flat"] = Field(
        default="hnsw",
        description=(
            "Kind of vector index: `hnsw` is fast at any size and finds nearly all neighbours, "
            "`flat` is exact and slows down with the number of memories."
        ),
    )
    index_precision: Precision | None = Field(
        default=None,
        description=(
            "Type of a vector's numbers: `float16` needs half the memory and is faster to compare, "
            "and hardly ever changes which memories are nearest. Unset: that of the store, or "
            "`float16` where it is new or reindexed."
        ),
    )
    index_m: int | None = Field(
        default=None,
        ge=2,
        le=512,
        description=(
            "Links per vector of an `hnsw` index. Unset: that of the store, or 12 where it is new "
            "or reindexed."
        ),
    )
    index_ef_construction: int = Field(
        default=64, ge=1, le=4096, description="Candidates per vector while `hnsw` is built."
    )
    index_ef_runtime: int = Field(
        default=100, ge=1, le=4096, description="Candidates per search of an `hnsw` index."
    )
    embedding_provider: Literal["auto", "local", "multilingual", "openai"] = Field(
        default="auto",
        description=(
            "Source of embeddings; `auto` is `openai` where a model or a base URL is set, else "
            "`local`. `multilingual` needs the extra of this name."
        ),
    )
    embedding_model: str | None = Field(
        default=None, min_length=1, description="The provider's model; unused by `local`."
    )
    embedding_base_url: str | None = Field(
        default=None, min_length=1, description="An OpenAI-compatible endpoint, ending in /v1."
    )
    embedding_api_key: Annotated[SecretStr | None, AlsoFrom("OPENAI_API_KEY")] = Field(
        default=None, description="The endpoint's key, where it needs one."
    )
    embedding_dimension: int | None = Field(
        default=None,
        ge=1,
        le=32_768,
        description="Vector length to ask the provider for. Unset: the model's own.",
    )
    embedding_model_dir: Path | None = Field(
        default=None, description="Folder of an all-MiniLM-L6-v2 to use instead of the package's."
    )
    embedding_threads: int | None = Field(
        default=None,
        ge=1,
        description="Cores that one local embedding may use. Unset: two at most.",
    )
    embedding_cache_entries: int = Field(
        default=4096,
        ge=0,
        description=(
            "Vectors of recent texts kept in the process, whose memory is taken at the start; "
            "0 is none."
        ),
    )
    embedding_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Limit of one call to the provider, not of its retries."
    )

    owner_columns_bytes: int = Field(
        default=128 * 1024 * 1024,
        ge=0,
        description=(
            "Bytes, roughly, in which a process keeps the memories of the owners that were asked "
            "for last, so that searches within them need no index. A memory takes about 4 KB."
        ),
    )

    history_revisions: int = Field(
        default=1000, ge=1, description="Latest changes of a memory that its history keeps."
    )
    history_retention_days: float = Field(
        default=30.0,
        ge=0,
        description="Time that a deleted memory can be restored and its history is kept.",
    )
    history_changes: int = Field(
        default=10_000,
        ge=1,
        description="Approximate number of a tenant's latest changes that a watch can resume from.",
    )

    consolidation_policy: Literal["none", "exact", "consolidate"] = Field(
        default="consolidate",
        description=(
            "Deduplication of new memories where a call names none: `none` compares nothing, "
            "`exact` type and text; `consolidate` also merges paraphrases and lets newer values "
            "end older ones."
        ),
    )
    consolidation_sweep_seconds: float = Field(
        default=60.0,
        ge=0,
        description=(
            "Pause between two rounds of consolidation over memories that changed after their "
            "creation or were imported; one process runs them for all. 0: only CompactMemories."
        ),
    )

    parser_model: Path | None = Field(
        default=None,
        description=(
            "Folder of another English model of spaCy, by which the claims of memories are read. "
            "Unset: the installed one, whose files are checked."
        ),
    )
    consolidation_judge: Literal["auto", "none", "openai"] = Field(
        default="auto",
        description=(
            "Judge of facts that words and vectors cannot tell apart: `openai` is a chat "
            "model, `none` keeps them all; `auto` is `openai` when a key or a base URL is set."
        ),
    )
    consolidation_model: str = Field(
        default="gpt-4o-mini", min_length=1, description="The chat model; unused by `none`."
    )
    consolidation_openai_api_key: EndpointKey = Field(
        default=None, description="Key of the endpoint that serves the chat model."
    )
    consolidation_openai_base_url: EndpointUrl = Field(
        default=None,
        description="An OpenAI-compatible endpoint, ending in /v1. Unset: OpenAI's own.",
    )
    consolidation_timeout_seconds: float = Field(
        default=5.0,
        gt=0,
        description="The longest that new memories wait for the chat model's judgement.",
    )

    @property
    def uses_judge(self) -> bool:
        """True when a chat model decides where the rules cannot."""
        return uses_endpoint(
            self.consolidation_judge,
            self.consolidation_openai_api_key,
            self.consolidation_openai_base_url,
        )

    @property
    def deduplication(self) -> ltm.DeduplicationPolicy.ValueType:
        """Deduplication policy of calls that name none."""
        return ltm.DeduplicationPolicy.Value(
            f"DEDUPLICATION_POLICY_{self.consolidation_policy.upper()}"
        )

    forgetting_interval_seconds: float = Field(
        default=3600.0,
        ge=0,
        description="Pause between two rounds of forgetting in the background; 0 is never.",
    )
    forgetting_plans: dict[str, ForgettingPlan] = Field(
        default_factory=dict,
        description=(
            "Policies of scheduled forgetting, as JSON: by tenant, or `*` for all without one of "
            "their own, `max_age_days`, `max_inactive_days`, `keep_per_owner`, `types`, "
            "`hard_age_multiplier`, `permanently`. Without a policy only expired memories are "
            "forgotten."
        ),
    )
    default_ttls: dict[str, DefaultTtl] = Field(
        default_factory=dict,
        description=(
            "Times to live of memories that are stored without one and are not pinned, as JSON: by "
            "namespace, or `*` for all without one of their own, `seconds`, and `sliding` where "
            "reads renew them. Without one a memory lives for ever."
        ),
    )
    archive_retention_days: float = Field(
        default=30.0,
        ge=0,
        description="Time that an archived memory can be restored before it is deleted.",
    )

    watch_checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="Longest silence of a watch; a checkpoint follows it."
    )

    @property
    def history(self) -> HistoryLimits:
        """Limits of what is kept of the past."""
        return HistoryLimits(
            revisions=self.history_revisions,
            changes=self.history_changes,
            retention_days=self.history_retention_days,
        )

    @property
    def vectors(self) -> VectorIndex:
        """Settings of the vector index."""
        return VectorIndex(
            algorithm=self.index_algorithm,
            precision=self.index_precision or NEW_PRECISION,
            m=self.index_m or NEW_LINKS,
            ef_construction=self.index_ef_construction,
            ef_runtime=self.index_ef_runtime,
        )

    @property
    def unset_of_index(self) -> frozenset[str]:
        """Settings of the vector index that nobody chose, so that a store keeps its own."""
        chosen = {"precision": self.index_precision, "m": self.index_m}
        return frozenset(name for name, given in chosen.items() if given is None)

    @property
    def embedding(self) -> EmbeddingSettings:
        """Settings of the embedder."""
        prefix = "embedding_"
        return EmbeddingSettings(
            **{name: getattr(self, prefix + name) for name in EmbeddingSettings.model_fields}
        )

    @model_validator(mode="after")
    def _can_judge(self) -> Self:
        reachable = self.consolidation_openai_api_key or self.consolidation_openai_base_url
        if self.uses_judge and not reachable:
            raise ValueError(
                "judging by OpenAI needs a consolidation_openai_api_key; other endpoints, a "
                "consolidation_openai_base_url"
            )
        return self

    @model_validator(mode="after")
    def _can_embed(self) -> Self:
        """Fail where the settings are read, and not when the embedder is made."""
        _ = self.embedding
        return self
