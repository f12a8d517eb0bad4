"""Between the contract's words for an erasure and the domain's."""

from agent_memory.common.v1.erase_pb2 import ErasedSession, EraseReceipt
from agent_memory.working_memory.v1 import service_pb2
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.working_memory.erasure.eraser import Erasure

_SERVICE = service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"].full_name


def answer(erasure: Erasure) -> service_pb2.EraseUserResponse:
    """The receipt of an erasure, and the sessions that went."""
    receipt = EraseReceipt(
        receipt_id=erasure.id,
        service=_SERVICE,
        erased=erasure.erased,
        start_time=to_timestamp(erasure.started),
        end_time=to_timestamp(erasure.ended),
    )
    sessions = [
        ErasedSession(session_uid=session.uid, owned_late=session.owned_late)
        for session in erasure.sessions
    ]
    return service_pb2.EraseUserResponse(receipt=receipt, sessions=sessions)
