"""Erasing a user everywhere."""

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import from_receipt
from agent_memory_client.models.lifecycle import ErasureReceipt


class ErasureMethods(ClientBase):
    """Calls that erase."""

    async def erase_user(self, user_id: str) -> ErasureReceipt:
        """Erase a user's sessions, what waits for extraction, and memories.

        The services are asked in the order in which memories flow, so that nothing erased comes
        back from the one before. After an error the whole call may be repeated. Needs the access
        of an admin.

        Args:
            user_id: The user; the client's default is not taken.
        """
        services, call = self._connection.services, self._connection.call
        answers = (
            await call(
                services.working_memory.EraseUser,
                working_memory.EraseUserRequest(user_id=user_id),
            ),
            await call(services.extraction.EraseUser, extraction.EraseUserRequest(user_id=user_id)),
            await call(
                services.long_term_memory.EraseUser,
                long_term_memory.EraseUserRequest(user_id=user_id),
            ),
        )
        return ErasureReceipt(
            user_id=user_id, receipts=[from_receipt(answer.receipt) for answer in answers]
        )
