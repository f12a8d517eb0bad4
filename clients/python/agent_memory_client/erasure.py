"""Erasing a user everywhere."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import from_receipt
from agent_memory_client.models.lifecycle import EraseReceipt, ErasureReceipt

_LARGEST_BATCH = 10_000


class ErasureMethods(ClientBase):
    """Calls that erase."""

    async def erase_user(self, user_id: str) -> ErasureReceipt:
        """Erase a user's sessions, what waits for extraction, and memories.

        The services are asked in the order in which memories flow, and each tells the next which
        sessions went: what is on its way while they are asked is refused on arrival, so nothing
        that was accepted before comes back. After an error the whole call may be repeated. Needs
        the access of an admin.

        Args:
            user_id: The user; the client's default is not taken.
        """
        services, call = self._connection.services, self._connection.call
        begun = await call(
            services.working_memory.EraseUser, working_memory.EraseUserRequest(user_id=user_id)
        )
        receipts = [from_receipt(begun.receipt)]
        sessions = {each.session_uid: each for each in begun.sessions}
        followed: list[EraseReceipt] = []
        for batch in _batches(sessions.values()):
            answer = await call(
                services.extraction.EraseUser,
                extraction.EraseUserRequest(user_id=user_id, sessions=batch),
            )
            followed.append(from_receipt(answer.receipt))
            for each in answer.sessions:
                sessions.setdefault(each.session_uid, each).owned_late |= each.owned_late
        receipts.append(_together(followed))
        followed = []
        for batch in _batches(sessions.values()):
            ended = await call(
                services.long_term_memory.EraseUser,
                long_term_memory.EraseUserRequest(user_id=user_id, sessions=batch),
            )
            followed.append(from_receipt(ended.receipt))
        receipts.append(_together(followed))
        return ErasureReceipt(user_id=user_id, receipts=receipts)


def _batches(sessions: Iterable[ErasedSession]) -> Iterator[list[ErasedSession]]:
    """The sessions in batches that a call takes; one batch where there are none."""
    remaining = iter(list(sessions))
    batch = list(islice(remaining, _LARGEST_BATCH))
    yield batch
    while batch := list(islice(remaining, _LARGEST_BATCH)):
        yield batch


def _together(receipts: Sequence[EraseReceipt]) -> EraseReceipt:
    """One receipt of a service that was asked in several calls."""
    first, *others = receipts
    if not others:
        return first
    erased: Counter[str] = Counter()
    for receipt in receipts:
        erased.update(receipt.erased)
    return first.model_copy(update={"erased": dict(erased), "ended_at": receipts[-1].ended_at})
