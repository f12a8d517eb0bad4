"""Erasures of users: the sessions that they name, their counts and their receipts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.common.v1 import erase_pb2
from agent_memory_services.kit.contract.clock import to_timestamp


@dataclass(frozen=True, slots=True)
class ErasedSession:
    """Erased incarnation of a session.

    Attributes:
        uid: the incarnation.
        owned_late: true if it had begun before it had an owner.
    """

    uid: str
    owned_late: bool = False

    @classmethod
    def read(cls, sessions: Iterable[erase_pb2.ErasedSession]) -> "list[ErasedSession]":
        """Return the sessions that a request names."""
        return [cls(session.session_uid, session.owned_late) for session in sessions]

    def message(self) -> erase_pb2.ErasedSession:
        """Return the session as the contract has it."""
        return erase_pb2.ErasedSession(session_uid=self.uid, owned_late=self.owned_late)


@dataclass(frozen=True, slots=True)
class Erasure:
    """Counts of one erasure of a user.

    Attributes:
        id: names the erasure in the log.
        erased: number of erased items by kind.
        started: begin, in microseconds since the epoch.
        ended: moment when nothing was left.
        sessions: erased sessions, for the services that follow.
    """

    id: str
    erased: Mapping[str, int]
    started: int
    ended: int
    sessions: Sequence[ErasedSession] = ()

    def receipt(self, service: str) -> erase_pb2.EraseReceipt:
        """Return the receipt of a service, given its full name."""
        return erase_pb2.EraseReceipt(
            receipt_id=self.id,
            service=service,
            erased=self.erased,
            start_time=to_timestamp(self.started),
            end_time=to_timestamp(self.ended),
        )

    def erased_sessions(self) -> list[erase_pb2.ErasedSession]:
        """Return the erased sessions as the contract has them."""
        return [session.message() for session in self.sessions]
