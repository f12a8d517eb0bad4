"""Memories, in the form of the contracts and in that of the client."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from agent_memory.common.v1 import memory_pb2
from agent_memory_client import _values, models


def to_memory(
    record: models.MemoryRecord, *, namespace: str = "", user_id: str = ""
) -> memory_pb2.Memory:
    """Convert a memory for the server, without the fields that the server sets.

    Args:
        record: The memory, which is left as it is.
        namespace: Where it belongs when it names none.
        user_id: Whose it is when it names nobody.
    """
    return memory_pb2.Memory(
        id=record.id,
        text=record.text,
        type=_values.MEMORY_TYPES.parse(record.memory_type, "memory_type"),
        namespace=namespace if record.namespace is None else record.namespace,
        user_id=user_id if record.user_id is None else record.user_id,
        session_id=record.session_id or "",
        topics=record.topics,
        entities=record.entities,
        event_time=to_event_time(record.event_date, record.event_precision, record.event_time_zone),
        pinned=record.pinned,
        standing=record.standing,
        metadata=_values.to_struct(record.metadata, "metadata") if record.metadata else None,
        context=record.context or "",
        provenance=to_provenance(record.provenance),
        validity=to_validity(record.validity),
        expire_time=_values.to_optional_timestamp(record.expires_at),
        sliding_ttl=_values.to_optional_seconds(record.sliding_ttl_seconds),
        slot=record.slot or "",
        language=record.language or "",
        claims=to_claims(record.claims),
        create_time=_values.to_optional_timestamp(record.created_at),
    )


def to_imported(
    record: models.MemoryRecord, *, namespace: str = "", user_id: str = ""
) -> memory_pb2.Memory:
    """Convert a memory for an import, which keeps the life that it had elsewhere.

    Args:
        record: The memory, which is left as it is.
        namespace: Where it belongs when it names none.
        user_id: Whose it is when it names nobody.
    """
    memory = to_memory(record, namespace=namespace, user_id=user_id)
    memory.MergeFrom(
        memory_pb2.Memory(
            update_time=_values.to_optional_timestamp(record.updated_at),
            last_access_time=_values.to_optional_timestamp(record.last_accessed),
            access_count=record.access_count,
            proof_count=record.proof_count,
            merged_into=record.merged_into or "",
            archive_time=_values.to_optional_timestamp(record.archived_at),
            forget_request_time=_values.to_optional_timestamp(record.forget_requested_at),
            sequence=record.sequence or 0,
        )
    )
    if record.validity is not None:
        memory.validity.superseded_by = record.validity.superseded_by or ""
        memory.validity.reason = record.validity.reason or ""
    return memory


def to_event_time(
    start: datetime | None, precision: models.TimePrecision, time_zone: str | None
) -> memory_pb2.EventTime | None:
    """Convert the time of an event, where that is known."""
    if start is None:
        return None
    return memory_pb2.EventTime(
        start=_values.to_timestamp(start),
        precision=_values.TIME_PRECISIONS.parse(precision, "event_precision"),
        time_zone=time_zone or "",
    )


def to_provenance(provenance: models.Provenance | None) -> memory_pb2.Provenance | None:
    """Convert the origin of a memory, where that is known."""
    if provenance is None:
        return None
    return memory_pb2.Provenance(
        session_uid=provenance.session_uid or "",
        message_ids=provenance.message_ids,
        strategy=_values.STRATEGIES.parse_optional(provenance.strategy, "provenance.strategy"),
        extractor=provenance.extractor or "",
        extractor_version=provenance.extractor_version or "",
        memory_ids=provenance.memory_ids,
        ended_memory_ids=provenance.ended_memory_ids,
        compared_memory_ids=provenance.compared_memory_ids,
        other_session_uids=provenance.other_session_uids,
    )


def to_claims(claims: Iterable[models.Claim]) -> list[memory_pb2.Claim]:
    """Convert what a memory claims."""
    return [
        memory_pb2.Claim(
            holder=claim.holder,
            relation=claim.relation,
            value=claim.value,
            negated=claim.negated,
            modality=_values.CLAIM_MODALITIES.parse(claim.modality, "claims.modality"),
            quantities=[
                memory_pb2.Quantity(value=each.value, unit=each.unit) for each in claim.quantities
            ],
            limits=claim.limits,
            single=claim.single,
            ended=claim.ended,
        )
        for claim in claims
    ]


def to_validity(validity: models.Validity | None) -> memory_pb2.Validity | None:
    """Convert the validity of a memory, without what the server adds."""
    if validity is None:
        return None
    return memory_pb2.Validity(
        valid_from=_values.to_optional_timestamp(validity.valid_from),
        invalid_from=_values.to_optional_timestamp(validity.invalid_from),
    )


def from_memory(memory: memory_pb2.Memory) -> models.MemoryRecord:
    """Read a memory."""
    return models.MemoryRecord.model_validate(record_fields(memory))


def record_fields(memory: memory_pb2.Memory) -> dict[str, Any]:
    """Read the fields of a `MemoryRecord`."""
    event = memory.event_time
    return {
        "id": memory.id,
        "text": memory.text,
        "memory_type": _values.MEMORY_TYPES.name(memory.type) or models.MemoryTypeEnum.SEMANTIC,
        "topics": list(memory.topics),
        "entities": list(memory.entities),
        "user_id": memory.user_id or None,
        "session_id": memory.session_id or None,
        "namespace": memory.namespace or None,
        "event_time_zone": event.time_zone or None,
        "event_date": _values.from_timestamp(event, "start"),
        "event_precision": _values.TIME_PRECISIONS.name(event.precision)
        or models.TimePrecision.INSTANT,
        "metadata": _values.from_struct(memory.metadata),
        "pinned": memory.pinned,
        "standing": memory.standing,
        "context": memory.context or None,
        "slot": memory.slot or None,
        "language": memory.language or None,
        "claims": [_from_claim(claim) for claim in memory.claims],
        "provenance": _from_provenance(memory),
        "validity": _from_validity(memory),
        "expires_at": _values.from_timestamp(memory, "expire_time"),
        "sliding_ttl_seconds": memory.sliding_ttl.seconds or None,
        "created_at": _values.from_timestamp(memory, "create_time"),
        "updated_at": _values.from_timestamp(memory, "update_time"),
        "last_accessed": _values.from_timestamp(memory, "last_access_time"),
        "access_count": memory.access_count,
        "proof_count": memory.proof_count,
        "content_hash": memory.content_hash or None,
        "embedding_model": memory.embedding_model or None,
        "etag": memory.etag or None,
        "merged_into": memory.merged_into or None,
        "conflicts_with": list(memory.conflicts_with),
        "forget_requested_at": _values.from_timestamp(memory, "forget_request_time"),
        "archived_at": _values.from_timestamp(memory, "archive_time"),
        "sequence": memory.sequence or None,
    }


def _from_claim(claim: memory_pb2.Claim) -> dict[str, Any]:
    return {
        "holder": claim.holder,
        "relation": claim.relation,
        "value": claim.value,
        "negated": claim.negated,
        "modality": _values.CLAIM_MODALITIES.name(claim.modality) or models.ClaimModality.FACT,
        "quantities": [{"value": each.value, "unit": each.unit} for each in claim.quantities],
        "limits": list(claim.limits),
        "single": claim.single,
        "ended": claim.ended,
    }


def _from_provenance(memory: memory_pb2.Memory) -> models.Provenance | None:
    if not memory.HasField("provenance"):
        return None
    provenance = memory.provenance
    return models.Provenance(
        session_uid=provenance.session_uid or None,
        message_ids=list(provenance.message_ids),
        strategy=_values.STRATEGIES.name(provenance.strategy),
        extractor=provenance.extractor or None,
        extractor_version=provenance.extractor_version or None,
        memory_ids=list(provenance.memory_ids),
        ended_memory_ids=list(provenance.ended_memory_ids),
        compared_memory_ids=list(provenance.compared_memory_ids),
        other_session_uids=list(provenance.other_session_uids),
    )


def _from_validity(memory: memory_pb2.Memory) -> models.Validity | None:
    if not memory.HasField("validity"):
        return None
    validity = memory.validity
    return models.Validity(
        valid_from=_values.from_timestamp(validity, "valid_from"),
        invalid_from=_values.from_timestamp(validity, "invalid_from"),
        superseded_by=validity.superseded_by or None,
        reason=validity.reason or None,
    )
