"""Context of the present call: its principal, ids, deadline and round trips to the store.

A call with an id has one effect, however often it arrives. The request's own `request_id` goes
first. Where it is empty, metadata may hold it: a caller's `idempotency-key`, or what somebody who
repeats calls of others gives to all attempts of one.
"""

import itertools
import re
import secrets
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.contract.errors import DeadlineExceeded, InvalidField


@dataclass(frozen=True, slots=True)
class Principal:
    """The claims of a caller's credential; nothing in a request can widen them.

    Attributes:
        tenant: the tenant that every key and every query of the call belongs to.
        subject: names the credential, for audit.
        access: the most that the credential allows.
        users: the users it may act for, or None for every user of the tenant.
        namespaces: the namespaces it may touch, or None for all.
    """

    tenant: str
    subject: str
    access: Access.ValueType
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    def allows_user(self, user_id: str) -> bool:
        """Return true if it may act for a user; a confined caller has no data without an owner."""
        return self.users is None or user_id in self.users

    def allows_namespace(self, namespace: str) -> bool:
        """Return true if it may touch a namespace; the empty one is a namespace too."""
        return self.namespaces is None or namespace in self.namespaces

    def allows(self, namespace: str, user_id: str) -> bool:
        """Return true if it may touch the data of a user in a namespace."""
        return self.allows_namespace(namespace) and self.allows_user(user_id)


principal_var: ContextVar[Principal] = ContextVar("principal")


def current_principal() -> Principal:
    """The principal of the present call.

    Raises:
        LookupError: nothing authenticated this code path; it runs outside any call.
    """
    return principal_var.get()


REQUEST_ID_HEADER = "x-request-id"
_VALID = re.compile(r"[!-~]{1,128}").fullmatch
# Ids are no secrets. They begin at random, and their steps make those of one process look apart.
_FRESH: Final = itertools.count(secrets.randbits(64), secrets.randbits(64) | 1)
_LARGEST_ID: Final = 2**64 - 1

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)


def accept_request_id(given: str | bytes | None) -> str:
    """The caller's id where it is one, else a fresh one."""
    if isinstance(given, str) and _VALID(given):
        return given
    return f"{next(_FRESH) & _LARGEST_ID:016x}"


# When the present call's answer is due, on the monotonic clock; None means never.
due_at_var: ContextVar[float | None] = ContextVar("due_at", default=None)


def remaining(margin: float = 0.05) -> float | None:
    """Seconds that a step of the present call may take; None where no deadline applies.

    `margin` (seconds) is kept back for answering after the step has failed.

    Raises:
        DeadlineExceeded: nothing is left.
    """
    due = due_at_var.get()
    if due is None:
        return None
    left = due - time.monotonic() - margin
    if left <= 0:
        raise DeadlineExceeded
    return left


class RoundTrips:
    """A tally of one call."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = 0


# Background work has no tally.
round_trips_var: ContextVar[RoundTrips | None] = ContextVar("round_trips", default=None)


def count_round_trip() -> None:
    """The present call goes to the store once more."""
    if (tally := round_trips_var.get()) is not None:
        tally.made += 1


KEY_HEADER: Final = "idempotency-key"
CALL_HEADER: Final = "x-agent-memory-call-id"

_DAY_MS: Final = 24 * 60 * 60 * 1000
# Nobody but who made such a name can repeat the call, and does so within the call's own time.
_CALL_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class CallName:
    """The name that makes two calls one, and its life in milliseconds."""

    request_id: str
    life_ms: int


def name_of(request_id: str, metadata: Mapping[str, str | bytes]) -> CallName | None:
    """The name of a call whose request says `request_id`; None where it has none.

    Raises:
        InvalidField: the metadata that hold it do not hold an id.
    """
    if request_id:
        return CallName(request_id, _DAY_MS)
    for header, life in ((KEY_HEADER, _DAY_MS), (CALL_HEADER, _CALL_MS)):
        if found := metadata.get(header):
            if not (isinstance(found, str) and _VALID(found)):
                raise InvalidField(header, "must be 1 to 128 printable ASCII characters")
            return CallName(found, life)
    return None


def call_name_metadata() -> tuple[str, str]:
    """Return the metadata by which the attempts of one call of ours have one effect."""
    return CALL_HEADER, secrets.token_hex(16)
