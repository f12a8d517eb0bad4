"""The call that erases a user: from the request to the rules of erasing, and back."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from typing import Any, TypeAlias

import grpc

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from agent_memory_services.long_term_memory.erasure.eraser import ErasedSession, Eraser
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.runtime.principal import current_principal
from agent_memory_services.runtime.scope import require_erasable

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_SERVICE = rpc.DESCRIPTOR.services_by_name["LongTermMemoryService"].full_name


class ErasureCalls(LongTermMemoryServiceServicer):
    """Translates; the rules are elsewhere."""

    _eraser: Eraser

    async def EraseUser(
        self, request: rpc.EraseUserRequest, context: Context
    ) -> rpc.EraseUserResponse:
        caller = current_principal()
        require_erasable(caller, request.user_id, request.sessions)
        sessions = [ErasedSession(each.session_uid, each.owned_late) for each in request.sessions]
        erasure = await self._eraser.erase(caller.tenant, request.user_id, sessions)
        receipt = EraseReceipt(
            receipt_id=erasure.id,
            service=_SERVICE,
            erased=erasure.erased,
            start_time=to_timestamp(erasure.started),
            end_time=to_timestamp(erasure.ended),
        )
        return rpc.EraseUserResponse(receipt=receipt)
