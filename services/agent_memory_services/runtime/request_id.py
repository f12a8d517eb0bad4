"""The id that all log lines and downstream calls of one call share."""

import re
import secrets
from contextvars import ContextVar

HEADER = "x-request-id"
_VALID = re.compile(r"[!-~]{1,128}").fullmatch

current: ContextVar[str | None] = ContextVar("request_id", default=None)


def accept(given: str | bytes | None) -> str:
    """The caller's id where it is one, else a fresh one."""
    if isinstance(given, str) and _VALID(given):
        return given
    return secrets.token_hex(8)
