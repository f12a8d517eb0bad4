"""Names of enum values, as the client writes them, and their numbers in the contracts."""

from typing import Any, Generic, TypeVar

from agent_memory.common.v1.memory_pb2 import MemoryType, TimePrecision
from agent_memory.common.v1.search_pb2 import FusionMethod, SearchMode
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import JobKind, JobState, SummaryGroupField
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CreateOutcome,
    DeduplicationPolicy,
    ForgetReason,
    MemoryChangeKind,
    RevisionCause,
)
from agent_memory.working_memory.v1.working_memory_pb2 import (
    DataPolicy,
    PromptSection,
    SessionChangeKind,
)
from agent_memory_client.errors import invalid

Number = TypeVar("Number", bound=int)


class EnumNames(Generic[Number]):
    """The values of an enum by their lower-case names, without the enum's prefix."""

    def __init__(self, enum: Any) -> None:
        unspecified, *_ = enum.keys()
        self._unspecified: Number = enum.Value(unspecified)
        prefix = unspecified.removesuffix("UNSPECIFIED")
        self._numbers: dict[str, Number] = {
            name.removeprefix(prefix).lower(): number for name, number in enum.items() if number
        }
        self._names = {number: name for name, number in self._numbers.items()}

    def parse(self, name: object, path: str) -> Number:
        """The number of a name.

        Raises:
            MemoryValidationError: No value has this name.
        """
        number = self._numbers.get(name) if isinstance(name, str) else None
        if number is None:
            raise invalid(path, f"{name!r} is none of {', '.join(self._numbers)}")
        return number

    def parse_optional(self, name: object, path: str) -> Number:
        """The number of a name; without a name, the unspecified."""
        return self._unspecified if name is None else self.parse(name, path)

    def name(self, number: Number) -> str | None:
        """The name of a number; none for the unspecified and for those of a newer server."""
        return self._names.get(number)


CREATE_OUTCOMES: EnumNames[CreateOutcome.ValueType] = EnumNames(CreateOutcome)
DATA_POLICIES: EnumNames[DataPolicy.ValueType] = EnumNames(DataPolicy)
DEDUPLICATION_POLICIES: EnumNames[DeduplicationPolicy.ValueType] = EnumNames(DeduplicationPolicy)
FORGET_REASONS: EnumNames[ForgetReason.ValueType] = EnumNames(ForgetReason)
FUSION_METHODS: EnumNames[FusionMethod.ValueType] = EnumNames(FusionMethod)
JOB_KINDS: EnumNames[JobKind.ValueType] = EnumNames(JobKind)
JOB_STATES: EnumNames[JobState.ValueType] = EnumNames(JobState)
MEMORY_CHANGES: EnumNames[MemoryChangeKind.ValueType] = EnumNames(MemoryChangeKind)
MEMORY_TYPES: EnumNames[MemoryType.ValueType] = EnumNames(MemoryType)
PROMPT_SECTIONS: EnumNames[PromptSection.ValueType] = EnumNames(PromptSection)
REVISION_CAUSES: EnumNames[RevisionCause.ValueType] = EnumNames(RevisionCause)
SEARCH_MODES: EnumNames[SearchMode.ValueType] = EnumNames(SearchMode)
SESSION_CHANGES: EnumNames[SessionChangeKind.ValueType] = EnumNames(SessionChangeKind)
STRATEGIES: EnumNames[ExtractionStrategy.ValueType] = EnumNames(ExtractionStrategy)
SUMMARY_GROUP_FIELDS: EnumNames[SummaryGroupField.ValueType] = EnumNames(SummaryGroupField)
TIME_PRECISIONS: EnumNames[TimePrecision.ValueType] = EnumNames(TimePrecision)
