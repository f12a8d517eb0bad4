"""What a process can be told about limits."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, TypeVar

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from agent_memory_services.runtime.environment import SectionedSettings

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
    data = files("agent_memory_services.runtime").joinpath("descriptors.binpb").read_bytes()
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


class LimitSettings(SectionedSettings):
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
