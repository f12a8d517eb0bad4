"""Settings of embeddings."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_MODEL = "text-embedding-3-small"


class EmbeddingSettings(BaseModel):
    """Settings of the embedder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Literal["auto", "local", "multilingual", "openai"] = Field(
        default="auto",
        description="`auto` is `openai` when a model or a base URL is set, else `local`.",
    )
    model: str | None = Field(
        default=None, min_length=1, description="The provider's model; unused by `local`."
    )
    base_url: str | None = Field(
        default=None, min_length=1, description="An OpenAI-compatible endpoint, ending in /v1."
    )
    api_key: SecretStr | None = Field(
        default=None, description="The endpoint's key; one of your own may need none."
    )
    dimension: int | None = Field(
        default=None,
        ge=1,
        le=32_768,
        description="Vector length to ask the provider for. Unset: the model's own, probed once.",
    )
    model_dir: Path | None = Field(
        default=None, description="Folder of an all-MiniLM-L6-v2 to use instead of the package's."
    )
    threads: int | None = Field(
        default=None, ge=1, description="Cores one local forward may use. Unset: two at most."
    )
    cache_entries: int = Field(
        default=4096,
        ge=0,
        description=(
            "Vectors of recent texts kept in the process, whose memory is taken at the start; "
            "0 is none."
        ),
    )
    timeout_seconds: float = Field(
        default=10.0, gt=0, description="Limit of one call to the provider, not of its retries."
    )

    @property
    def remote(self) -> bool:
        """True when vectors come from an endpoint, False when they are made here."""
        if self.provider == "auto":
            return self.model is not None or self.base_url is not None
        return self.provider == "openai"

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.remote and self.base_url is None and self.api_key is None:
            raise ValueError("embeddings by OpenAI need an api_key; other endpoints, a base_url")
        return self
