"""Errors as a log may show them: of what kind they are and where they happened, in nobody's words.

The text of an exception may hold anything: a provider's error repeats the prompt, a pipeline's
the command with its keys, a parser's the document. So it is shown only where it is known to be
ours: for the exceptions of this suite, and where it stands word for word in the source that
raised it.
"""

import ast
import errno
import linecache
import re
import textwrap
import traceback
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import grpc
from redis.exceptions import RedisError

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.kit.contract.errors import ServiceError

_OURS: Final = ("agent_memory_services.", "agent_memory_client.")
_CAUSE: Final = "\nThis was the cause of:\n\n"
_CONTEXT: Final = "\nWhile this was handled:\n\n"
_MOST_FRAMES: Final = 64
_MOST_ERRORS: Final = 16
"""Of a chain or a group; a group of a thousand equal ones says no more than its first."""
_STORE_CODES: Final = frozenset(
    {
        *("ASK", "BUSY", "BUSYGROUP", "BUSYKEY", "CLUSTERDOWN", "CROSSSLOT", "ERR", "EXECABORT"),
        *("LOADING", "MASTERDOWN", "MISCONF", "MOVED", "NOAUTH", "NOGROUP", "NOPERM", "NOREPLICAS"),
        *("NOSCRIPT", "OOM", "READONLY", "TRYAGAIN", "UNKILLABLE", "WRONGPASS", "WRONGTYPE"),
    }
)

_SCRIPT_LINE: Final = re.compile(r"\buser_script:\d{1,5}\b")


def described(error: BaseException) -> str:
    """The kind of an error in one line, such as `redis.exceptions.ResponseError: WRONGTYPE`."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    said = _said(error)
    return f"{name}: {said}" if said else name


def rendered(error: BaseException) -> str:
    """The traceback of an error and of those that led to it, without their words and notes."""
    return "".join(_rendered(error, set())).rstrip("\n")


def store_code(error: RedisError) -> str:
    """The code of the store's reply, such as `WRONGTYPE`; empty where it has none.

    The reply stands behind the command where a pipeline failed, so the codes are told by name.
    """
    _, _, reply = str(error).rpartition(" caused error: ")
    code = reply.partition(" ")[0]
    return code if code in _STORE_CODES else ""


def is_constant(text: str, path: str) -> bool:
    """Return true if a text stands in a source file as it is, with nothing put into it."""
    return text in _constants(path)


def _rendered(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    context = None if error.__suppress_context__ else error.__context__
    before, link = (error.__cause__, _CAUSE) if error.__cause__ else (context, _CONTEXT)
    if before is not None and id(before) not in seen and len(seen) < _MOST_ERRORS:
        yield from _rendered(before, seen)
        yield link
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__, -_MOST_FRAMES)
    yield f"{described(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in seen and len(seen) < _MOST_ERRORS:
                yield textwrap.indent("".join(_rendered(one, seen)), "  | ")


def _said(error: BaseException) -> str:
    """Return what may be repeated of an error's own words."""
    said = ""
    match error:
        case ServiceError():
            said = ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")
        case RedisError():
            said = _reply(error)
        case grpc.aio.AioRpcError():
            said = error.code().name
        case OSError() if error.errno is not None:
            said = errno.errorcode.get(error.errno, str(error.errno))
        case _ if type(error).__module__.startswith(_OURS):
            said = str(error)
        case _ if isinstance(status := getattr(error, "status_code", None), int):
            said = str(int(status))
    return said or _constant(error)


def _reply(error: RedisError) -> str:
    """The code of the store's reply, and the line of the script that failed."""
    line = _SCRIPT_LINE.search(str(error))
    return " ".join(filter(None, [store_code(error), line.group() if line else ""]))


def _constant(error: BaseException) -> str:
    """An error's text, where it stands in the source that raised it."""
    text = error.args[0] if len(error.args) == 1 else None
    frames = traceback.extract_tb(error.__traceback__, -1)
    if isinstance(text, str) and frames and is_constant(text, frames[-1].filename):
        return text
    return ""


@lru_cache(maxsize=128)
def _constants(path: str) -> frozenset[str]:
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
