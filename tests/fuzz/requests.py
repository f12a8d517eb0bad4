"""What requests hold: fields against their rules, filters, masks, rows of an import."""

from contextlib import suppress
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.errors import InvalidField, InvalidFieldMask
from agent_memory_services.kit.contract.messages import apply_mask
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.long_term_memory.domain.conditions import compile_filter
from agent_memory_services.long_term_memory.domain.memory import violations
from agent_memory_services.long_term_memory.transfer import restored
from agent_memory_services.working_memory.domain.session import check_time_zone
from tests.fuzz.inputs import TEXT, messages
from tests.fuzz.target import Target
from tests.support.contracts import POLICIES

_NOW = 1_700_000_000_000_000


@cache
def _rules() -> ContractRules:
    return ContractRules()


def _valid(message: Message) -> bool:
    return not _rules().violations(message)


def _feed_request(request: Message) -> None:
    """Rules are for every message: none may fail in itself."""
    for violation in _rules().violations(request):
        assert violation.description


def _feed_filter(given: MemoryFilter) -> None:
    if not _valid(given):
        return
    with suppress(InvalidField):
        assert isinstance(str(compile_filter(given, "filter")), str)


def _feed_mask(given: tuple[Memory, Memory, list[str], frozenset[str]]) -> None:
    target, source, paths, allowed = given
    before = target.SerializeToString(deterministic=True)
    try:
        changed = apply_mask(target, source, paths, allowed)
    except InvalidFieldMask:
        assert target.SerializeToString(deterministic=True) == before
        return
    assert set(changed) <= {path.split(".")[0] for path in allowed}


def _feed_row(row: Memory) -> None:
    if not _valid(row) or list(violations(row, "memory")):
        return
    memory = restored(row, _NOW, "model")
    assert memory.id
    assert restored(row, _NOW, "model").id == memory.id
    assert _valid(memory)


def _feed_time_zone(name: str) -> None:
    with suppress(InvalidField):
        check_time_zone(name, "time_zone")


def _paths(descriptor: Any, depth: int = 2) -> list[str]:
    """Every path of a message, into messages that stand alone and into those that do not."""
    found = []
    for field in descriptor.fields:
        found.append(field.name)
        if depth and field.type == FieldDescriptor.TYPE_MESSAGE:
            found += [f"{field.name}.{path}" for path in _paths(field.message_type, depth - 1)]
    return found


_PATHS = st.sampled_from([*_paths(Memory.DESCRIPTOR), "*"]) | TEXT
_ALLOWED = st.frozensets(st.sampled_from(_paths(Memory.DESCRIPTOR, 0)))

TARGETS = (
    Target(
        "requests",
        st.sampled_from(POLICIES).flatmap(lambda policy: messages(policy.request_type)),
        _feed_request,
    ),
    Target("filters", messages(MemoryFilter), _feed_filter),
    Target(
        "masks",
        st.tuples(messages(Memory), messages(Memory), st.lists(_PATHS, max_size=4), _ALLOWED),
        _feed_mask,
    ),
    Target("import-rows", messages(Memory), _feed_row),
    Target("time-zones", TEXT | st.from_regex(r"[A-Za-z_/.+-]{0,40}"), _feed_time_zone),
)
