"""Changes to a memory."""

from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1 import memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.conversions.enums import MEMORY_TYPES
from agent_memory_client.conversions.memories import to_event_time, to_validity
from agent_memory_client.conversions.scalars import to_optional_timestamp, to_struct
from agent_memory_client.errors import invalid
from agent_memory_client.models.memories import MemoryUpdate, TimePrecision

_PATHS = {
    "memory_type": "type",
    "event_date": "event_time",
    "event_precision": "event_time",
    "expires_at": "expire_time",
}


def to_update(memory_id: str, update: MemoryUpdate) -> rpc.UpdateMemoryRequest:
    """The request whose mask names what is given; what is given as none is cleared.

    Raises:
        MemoryValidationError: Nothing is given, or a precision without its date.
    """
    given = update.model_fields_set
    if not given:
        raise invalid("updates", "names no field")
    if "event_precision" in given and update.event_date is None:
        raise invalid("updates.event_precision", "needs event_date beside it")
    return rpc.UpdateMemoryRequest(
        memory=_to_memory(memory_id, update),
        update_mask=FieldMask(paths=sorted({_PATHS.get(name, name) for name in given})),
    )


def _to_memory(memory_id: str, update: MemoryUpdate) -> memory_pb2.Memory:
    return memory_pb2.Memory(
        id=memory_id,
        text=update.text or "",
        type=MEMORY_TYPES.parse_optional(update.memory_type, "updates.memory_type"),
        namespace=update.namespace or "",
        user_id=update.user_id or "",
        session_id=update.session_id or "",
        topics=update.topics or (),
        entities=update.entities or (),
        event_time=to_event_time(
            update.event_date, update.event_precision or TimePrecision.INSTANT
        ),
        pinned=bool(update.pinned),
        standing=bool(update.standing),
        metadata=to_struct(update.metadata, "updates.metadata") if update.metadata else None,
        context=update.context or "",
        validity=to_validity(update.validity),
        expire_time=to_optional_timestamp(update.expires_at),
        slot=update.slot or "",
    )
