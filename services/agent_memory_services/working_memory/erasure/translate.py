"""Between the contract's receipt and the domain's."""

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.working_memory.v1 import service_pb2
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.working_memory.erasure.eraser import Erasure

_SERVICE = service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"].full_name


def receipt(erasure: Erasure) -> EraseReceipt:
    """The receipt of an erasure."""
    return EraseReceipt(
        receipt_id=erasure.id,
        service=_SERVICE,
        erased=erasure.erased,
        start_time=to_timestamp(erasure.started),
        end_time=to_timestamp(erasure.ended),
    )
