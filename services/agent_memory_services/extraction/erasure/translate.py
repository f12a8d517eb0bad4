"""Between the contract's words for an erasure and the domain's."""

from collections.abc import Iterable

from agent_memory.common.v1 import erase_pb2
from agent_memory.extraction.v1 import service_pb2
from agent_memory_services.extraction.erasure.eraser import ErasedSession, Erasure
from agent_memory_services.runtime.clock import to_timestamp

_SERVICE = service_pb2.DESCRIPTOR.services_by_name["ExtractionService"].full_name


def sessions_of(given: Iterable[erase_pb2.ErasedSession]) -> list[ErasedSession]:
    """The sessions that a request names."""
    return [ErasedSession(session.session_uid, session.owned_late) for session in given]


def answer(erasure: Erasure) -> service_pb2.EraseUserResponse:
    """The receipt of an erasure, and the sessions that went."""
    receipt = erase_pb2.EraseReceipt(
        receipt_id=erasure.id,
        service=_SERVICE,
        erased=erasure.erased,
        start_time=to_timestamp(erasure.started),
        end_time=to_timestamp(erasure.ended),
    )
    sessions = [
        erase_pb2.ErasedSession(session_uid=session.uid, owned_late=session.owned_late)
        for session in erasure.sessions
    ]
    return service_pb2.EraseUserResponse(receipt=receipt, sessions=sessions)
