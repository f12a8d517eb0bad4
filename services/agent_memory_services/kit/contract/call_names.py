"""The id under which a call has one effect, however often it arrives.

The request's own `request_id` goes first. Where it is empty, metadata may hold it: a caller's
`idempotency-key`, or what somebody who repeats calls of others gives to all attempts of one.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent_memory_services.kit.contract.errors import InvalidField

KEY_HEADER: Final = "idempotency-key"
CALL_HEADER: Final = "x-agent-memory-call-id"

_VALID = re.compile(r"[!-~]{1,128}").fullmatch
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
