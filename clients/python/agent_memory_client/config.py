"""How a client finds the services and who it is."""

from pathlib import Path
from typing import Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from agent_memory_client.addresses import parse_address

DEFAULT_BASE_URL = "http://localhost:8000"


class ClientOptions(TypedDict, total=False):
    """The fields of `MemoryClientConfig` besides `base_url`, as keyword arguments."""

    working_memory_address: str | None
    long_term_memory_address: str | None
    extraction_address: str | None
    api_key: str | None
    bearer_token: str | None
    tenant: str | None
    ca_certificate_file: Path | str | None
    client_certificate_file: Path | str | None
    client_key_file: Path | str | None
    timeout: float | None
    default_namespace: str | None
    default_user_id: str | None
    default_model_name: str | None
    default_context_window_max: int | None


class MemoryClientConfig(BaseModel):
    """Settings of a `MemoryAPIClient`; immutable.

    A URL is `http(s)://host[:port]`, `grpc(s)://host[:port]`, `host:port` or a gRPC target such
    as `dns:///name:port` or `unix:/path`. `https` and `grpcs` mean TLS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        default=DEFAULT_BASE_URL, description="Where all three services are reached."
    )
    working_memory_address: str | None = Field(
        default=None,
        description="URL of the working memory service, where it differs from `base_url`.",
    )
    long_term_memory_address: str | None = Field(
        default=None,
        description="URL of the long-term memory service, where it differs from `base_url`.",
    )
    extraction_address: str | None = Field(
        default=None, description="URL of the extraction service, where it differs from `base_url`."
    )
    api_key: SecretStr | None = Field(default=None, description="Key sent as bearer credential.")
    bearer_token: SecretStr | None = Field(
        default=None, description="Token sent as bearer credential."
    )
    tenant: str | None = Field(
        default=None, description="Tenant to act for, where the servers let callers name one."
    )
    ca_certificate_file: Path | None = Field(
        default=None,
        description="PEM file with the authorities to trust; the system's when absent.",
    )
    client_certificate_file: Path | None = Field(
        default=None, description="PEM file with the certificate chain this client shows."
    )
    client_key_file: Path | None = Field(
        default=None, description="PEM file with the private key of the client certificate."
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        description="Seconds any call may take; each method's own default when absent.",
    )
    default_namespace: str | None = Field(
        default=None, description="Namespace of every call that names none."
    )
    default_user_id: str | None = Field(
        default=None, description="User of every call that names none."
    )
    default_model_name: str | None = Field(
        default=None,
        description="Model whose context window messages must fit, where a call says nothing.",
    )
    default_context_window_max: int | None = Field(
        default=None, gt=0, description="Context window in tokens, where a call says nothing."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for url in self.addresses:
            parse_address(url)
        if self.api_key and self.bearer_token:
            raise ValueError("give api_key or bearer_token, not both")
        if bool(self.client_certificate_file) != bool(self.client_key_file):
            raise ValueError("a client certificate and its key go together")
        return self

    @property
    def addresses(self) -> tuple[str, str, str]:
        """URLs of working memory, long-term memory and extraction."""
        return (
            self.working_memory_address or self.base_url,
            self.long_term_memory_address or self.base_url,
            self.extraction_address or self.base_url,
        )

    @property
    def transport(self) -> tuple[object, ...]:
        """What a connection depends on."""
        return (
            *self.addresses,
            self.ca_certificate_file,
            self.client_certificate_file,
            self.client_key_file,
        )

    @property
    def credential(self) -> str | None:
        """The secret that every call carries."""
        secret = self.api_key or self.bearer_token
        return secret.get_secret_value() if secret else None
