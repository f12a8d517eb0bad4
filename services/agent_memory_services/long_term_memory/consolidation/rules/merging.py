"""One memory in the place of several that say the same."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from google.protobuf.internal.containers import RepeatedScalarFieldContainer
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.rules import comparing, periods
from agent_memory_services.long_term_memory.domain.memory import normalise

_MOST_TAGS: Final = 64
_MOST_SOURCES: Final = 256
_MOST_PROOFS: Final = 2**31 - 1


def fuller(shown: Memory, joining: Memory) -> Memory:
    """Return the memory whose text a merge keeps: the stored one, unless the other says more.

    It is always the text of an original, so that its vectors are there already and no word is
    anybody's invention.
    """
    words, others = (Counter(comparing.content(each.text)) for each in (shown, joining))
    return joining if words < others else shown


def merged(shown: Memory, joining: Memory, originals: Sequence[Memory], memory_id: str) -> Memory:
    """Return the memory that stands for the originals and for one that joins them.

    Args:
        shown: what readers see of the originals: the only one, or what they were merged into.
        joining: the memory that joins.
        originals: those before it, the earliest link first.
        memory_id: the merged memory's id.
    """
    memory = Memory()
    memory.CopyFrom(shown)
    memory.id = memory_id
    if memory_id != shown.id:
        # It inherits them from the originals when these are hidden.
        del memory.conflicts_with[:]
    chosen = fuller(shown, joining)
    memory.text, memory.context = chosen.text, chosen.context
    del memory.claims[:]
    memory.claims.extend(chosen.claims)
    _unite(memory, joining)
    memory.proof_count = min(_proofs(shown, joining), _MOST_PROOFS)
    del memory.provenance.memory_ids[:]
    memory.provenance.memory_ids.extend([*(each.id for each in originals), joining.id])
    return memory


def hidden(memory: Memory, into: str, now: int) -> Memory:
    """Return an original, hidden behind the memory that it was merged into."""
    after = Memory()
    after.CopyFrom(memory)
    after.merged_into = into
    normalise(after, now)
    return after


def _unite(memory: Memory, joining: Memory) -> None:
    _extend(memory.topics, joining.topics, _MOST_TAGS)
    _extend(memory.entities, joining.entities, _MOST_TAGS)
    sources = memory.provenance.message_ids
    _extend(sources, joining.provenance.message_ids, _MOST_SOURCES)
    memory.standing = memory.standing or joining.standing
    memory.slot = memory.slot or joining.slot
    for name, value in joining.metadata.fields.items():
        if name not in memory.metadata.fields:
            memory.metadata.fields[name].CopyFrom(value)
    if _earlier(joining.create_time, memory.create_time):
        memory.create_time.CopyFrom(joining.create_time)
    _unite_validity(memory, joining)
    _unite_event(memory, joining)


def _unite_validity(memory: Memory, joining: Memory) -> None:
    """True from the earliest beginning on; one without a beginning was always true."""
    if not joining.validity.HasField("valid_from"):
        memory.validity.ClearField("valid_from")
    elif memory.validity.HasField("valid_from") and _earlier(
        joining.validity.valid_from, memory.validity.valid_from
    ):
        memory.validity.valid_from.CopyFrom(joining.validity.valid_from)
    if not memory.validity.ListFields():
        memory.ClearField("validity")


def _unite_event(memory: Memory, joining: Memory) -> None:
    """Keep the more exact of two times of one event."""
    if not joining.HasField("event_time"):
        return
    if not memory.HasField("event_time") or _span(joining) < _span(memory):
        memory.event_time.CopyFrom(joining.event_time)


def _span(memory: Memory) -> int:
    start, end = periods.event_period(memory)
    return end - start


def _proofs(shown: Memory, joining: Memory) -> int:
    """Statements that support both; one that cites nothing new is no statement of its own."""
    cited = joining.provenance.message_ids
    known = shown.provenance
    again = cited and known.session_uid == joining.provenance.session_uid
    if again and set(cited) <= set(known.message_ids):
        return max(shown.proof_count, joining.proof_count)
    return max(shown.proof_count, 1) + max(joining.proof_count, 1)


def _earlier(one: Timestamp, other: Timestamp) -> bool:
    return (one.seconds, one.nanos) < (other.seconds, other.nanos)


def _extend(values: RepeatedScalarFieldContainer[str], others: Iterable[str], most: int) -> None:
    fresh = [other for other in dict.fromkeys(others) if other not in values]
    values.extend(fresh[: max(0, most - len(values))])
