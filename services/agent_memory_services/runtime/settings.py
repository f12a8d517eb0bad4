"""What every process can be told, by `AGENT_MEMORY_*` variables of its environment.

A service subclasses `ProcessSettings`, names its `section`, and adds fields of its own, each
with a description:

    class Settings(ProcessSettings):
        section: ClassVar[str] = "WORKING_MEMORY"
        partitions: int = Field(default=16, gt=0, description="Number of partitions.")

Its own field is read from `AGENT_MEMORY_WORKING_MEMORY_PARTITIONS`; a field of every process,
such as `listen`, from `AGENT_MEMORY_WORKING_MEMORY_LISTEN` or else `AGENT_MEMORY_LISTEN`.
"""

import os
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agent_memory_services.runtime.addresses import is_loopback, parse_address
from agent_memory_services.runtime.auth.settings import TrustSettings
from agent_memory_services.runtime.environment import (
    AlsoFrom,
    Environment,
    refuse_unknown_keys,
    spell_out,
)
from agent_memory_services.runtime.limits.settings import LimitSettings
from agent_memory_services.runtime.secret_url import SecretUrl
from agent_memory_services.runtime.tracing.settings import TraceSettings


def _address(text: str) -> str:
    return str(parse_address(text))


def _address_or_none(text: str) -> str:
    return _address(text) if text else ""


ListenAddress = Annotated[str, AfterValidator(_address)]
OptionalListenAddress = Annotated[str, AfterValidator(_address_or_none)]


class ProcessSettings(TrustSettings, LimitSettings, TraceSettings):
    """What every service process can be told."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    listen: ListenAddress = Field(
        default="127.0.0.1:50051",
        description="Address of the gRPC server; port 0 takes a free one.",
    )
    metrics_listen: OptionalListenAddress = Field(
        default="127.0.0.1:0",
        description="Address that serves Prometheus metrics; empty serves none.",
    )
    health_listen: OptionalListenAddress = Field(
        default="",
        description=(
            "Address that serves health checks alone, in plain text, for probes that speak no "
            "TLS; empty serves none."
        ),
    )
    redis_url: Annotated[SecretUrl, AlsoFrom("REDIS_URL")] = Field(
        default=SecretUrl("redis://127.0.0.1:6379"),
        description=(
            "The store: redis://, rediss:// or unix://; for a Redis Cluster redis+cluster:// "
            "or rediss+cluster://."
        ),
    )
    redis_timeout_seconds: float = Field(
        default=5.0, gt=0, description="Seconds to wait for the store to connect or to answer."
    )
    redis_max_connections: int = Field(
        default=64, gt=0, description="The most connections to the store that a process opens."
    )
    working_memory_address: str = Field(
        default="127.0.0.1:50051",
        description=(
            "Where WorkingMemoryService is reached: host:port, or a gRPC target such as "
            "ipv4:10.0.0.1:50051,10.0.0.2:50051."
        ),
    )
    long_term_memory_address: str = Field(
        default="127.0.0.1:50052", description="Where LongTermMemoryService is reached, likewise."
    )
    extraction_address: str = Field(
        default="127.0.0.1:50053", description="Where ExtractionService is reached, likewise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severity that is logged."
    )
    access_log: bool = Field(default=True, description="Whether each call is logged in one line.")
    reflection: bool = Field(
        default=False, description="Whether clients may ask the server for its contracts."
    )
    max_connection_age_seconds: float = Field(
        default=300.0,
        ge=0,
        description=(
            "Seconds after which callers are asked to connect anew, so that they find replicas "
            "that were added; running calls go on. 0 for never."
        ),
    )
    lame_duck_seconds: float = Field(
        default=5.0,
        ge=0,
        description="Seconds between reporting not ready and refusing new calls, at shutdown.",
    )
    drain_seconds: float = Field(
        default=20.0, ge=0, description="Seconds that running calls have to finish, at shutdown."
    )

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment.

        Raises:
            SettingsError: a variable is unknown or holds no valid value.
        """
        refuse_unknown_keys(cls, os.environ)
        try:
            return cls()
        except ValidationError as error:
            raise spell_out(cls, error) from None

    @model_validator(mode="after")
    def _refuse_open_doors(self) -> Self:
        if self.trusts_everyone and not is_loopback(parse_address(self.listen).host):
            raise ValueError(
                "auth is off, so the server may listen on a loopback address only: "
                "everybody who reaches it acts for every tenant"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment; no other place."""
        return init_settings, Environment(settings_cls)
