"""Settings that every service process has.

A service subclasses `ProcessSettings`, names its `section`, and adds fields of its own, each
with a description:

    class Settings(ProcessSettings):
        section: ClassVar[str] = "WORKING_MEMORY"
        partitions: int = Field(default=16, gt=0, description="Number of partitions.")

Its own field is read from `AGENT_MEMORY_WORKING_MEMORY_PARTITIONS`; a field of every process,
such as `listen`, from `AGENT_MEMORY_WORKING_MEMORY_LISTEN` or else `AGENT_MEMORY_LISTEN`.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self, TypeVar

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from agent_memory_services.kit.auth.settings import TrustSettings
from agent_memory_services.kit.contract import environment, transport
from agent_memory_services.kit.observe.tracing.export import TraceSettings

Number = TypeVar("Number", int, float)


def _pairs(given: object) -> object:
    """A text such as `SearchMemories=64,ExportMemories=2` as a mapping; anything else as it is."""
    if not isinstance(given, str):
        return given
    pairs = [part.split("=", 1) for part in given.split(",") if part.strip()]
    if any(len(pair) == 1 for pair in pairs):
        raise ValueError("must be Method=number, with commas between")
    return {name.strip(): number.strip() for name, number in pairs}


def _known(limits: Mapping[str, Number]) -> Mapping[str, Number]:
    if unknown := limits.keys() - (_methods() if limits else frozenset()):
        raise ValueError(f"no service has a method {min(unknown)}")
    if any(number <= 0 for number in limits.values()):
        raise ValueError("every limit must be above 0")
    return limits


@cache
def _methods() -> frozenset[str]:
    data = files("agent_memory_services.kit.contract").joinpath("descriptors.binpb").read_bytes()
    return frozenset(
        method.name
        for file in FileDescriptorSet.FromString(data).file
        for service in file.service
        for method in service.method
    )


_BY_METHOD: list[NoDecode | BeforeValidator | AfterValidator | Callable[..., Any]] = [
    NoDecode,
    BeforeValidator(_pairs),
    AfterValidator(_known),
]
Counts = Annotated[Mapping[str, int], *_BY_METHOD]
Rates = Annotated[Mapping[str, float], *_BY_METHOD]


class LimitSettings(environment.SectionedSettings):
    """Limits of one process. A limit of 0 is none; every refusal says when to try again."""

    max_message_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=64 * 1024,
        description="The largest request, in bytes; an answer may have twice as many.",
    )
    max_concurrent_calls: int = Field(
        default=256,
        gt=0,
        description=("Calls that run at a time; one more waits while its deadline allows."),
    )
    max_waiting_calls: int = Field(
        default=10_000,
        gt=0,
        description=(
            "Calls that have arrived and wait, until the process looks at them, or until they may "
            "run. One more of those that were looked at is refused; of the others gRPC itself "
            "drops it, as `CANCELLED` without details."
        ),
    )
    max_slowdown: float = Field(
        default=3.0,
        ge=0,
        description=(
            "How many times as long as alone the calls of a method may take before fewer of them "
            "run at a time and the others wait, though 16 in any case while no more than half "
            "are refused; 0 for no such limit."
        ),
    )
    max_open_streams: int = Field(
        default=1024, gt=0, description="Streams that are open at a time; one more is refused."
    )
    max_concurrent_calls_per_tenant: int = Field(
        default=0,
        ge=0,
        description="Calls and streams of one tenant that run at a time; 0 for no limit.",
    )
    calls_per_second_per_tenant: float = Field(
        default=0.0,
        ge=0,
        description="Calls a tenant may make per second, in the long run; 0 for no limit.",
    )
    max_concurrent_calls_by_method: Counts = Field(
        default={},
        description="Calls of a method that run at a time, such as `ExportMemories=2,Summarize=8`.",
    )
    calls_per_second_by_method: Rates = Field(
        default={},
        description="Calls of a method per second, in the long run, such as `SearchMemories=200`.",
    )
    burst_seconds: float = Field(
        default=2.0,
        gt=0,
        description="How many seconds' worth of calls a rate lets come at once after a pause.",
    )
    max_memory_fraction: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description=(
            "The part of the memory limit that this process may use before it refuses calls; "
            "0 for no guard."
        ),
    )
    memory_limit_bytes: int = Field(
        default=0,
        ge=0,
        description="The memory limit in bytes; 0 for the container's own, if it has one.",
    )
    max_deadline_seconds: float = Field(
        default=3600.0,
        gt=0,
        description=(
            "The longest a call may run, whatever its caller asks for. A stream without an end "
            "of its own ends then, and continues from its last token in another call."
        ),
    )


def _address(text: str) -> str:
    return str(transport.parse_address(text))


def _address_or_none(text: str) -> str:
    return _address(text) if text else ""


ListenAddress = Annotated[str, AfterValidator(_address)]
OptionalListenAddress = Annotated[str, AfterValidator(_address_or_none)]


class ProcessSettings(TrustSettings, LimitSettings, TraceSettings):
    """Settings of every service process."""

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
    redis_url: Annotated[environment.SecretUrl, environment.AlsoFrom("REDIS_URL")] = Field(
        default=environment.SecretUrl("redis://127.0.0.1:6379"),
        description=(
            "The store: redis://, rediss:// or unix://; for a Redis Cluster redis+cluster:// "
            "or rediss+cluster://; for sentinels redis+sentinel://host:port,host:port/name."
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
            SettingsError: variables are unknown or hold no valid value; the message has a line for
                each of them.
        """
        complaints = environment.unknown_keys(cls, os.environ)
        try:
            settings = cls()
        except ValidationError as error:
            complaints.append(str(environment.spell_out(cls, error)))
        except environment.SettingsError as error:
            complaints.append(str(error))
        if complaints:
            raise environment.SettingsError("\n".join(complaints))
        return settings

    @model_validator(mode="after")
    def _refuse_open_doors(self) -> Self:
        if self.trusts_everyone and not transport.is_loopback(
            transport.parse_address(self.listen).host
        ):
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
        return init_settings, environment.Environment(settings_cls)
