"""Where an issuer's keys are read from."""

import asyncio
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from agent_memory_services.runtime.addresses import is_loopback

_MAX_BYTES = 1024 * 1024


class KeySourceError(Exception):
    """The keys could not be read."""


def check_source(location: str) -> str:
    """Refuse a place that keys must not come from.

    Raises:
        ValueError: it is neither a file nor an https URL, nor an http URL of this machine.
    """
    parts = urlsplit(location)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    file = parts.scheme == "file" and not parts.netloc and bool(parts.path)
    if not (parts.scheme == "https" or plain or file):
        raise ValueError("must be an https: URL, or a file: URL with an absolute path")
    return location


async def read_keys(location: str, *, timeout: float) -> bytes:  # noqa: ASYNC109 - also a socket's
    """The key set as its source has it, read in a thread.

    Raises:
        KeySourceError: it cannot be read within `timeout` seconds, or is larger than a key set
            can be.
    """
    try:
        async with asyncio.timeout(timeout):
            return await asyncio.to_thread(_read, location, timeout)
    except (HTTPException, OSError, ValueError) as error:
        raise KeySourceError(type(error).__name__) from error


def _read(location: str, timeout: float) -> bytes:
    parts = urlsplit(location)
    if parts.scheme == "file":
        return _bounded(Path(parts.path).read_bytes())
    with _opener().open(location, timeout=timeout) as answer:
        return _bounded(answer.read(_MAX_BYTES + 1))


def _bounded(data: bytes) -> bytes:
    if len(data) > _MAX_BYTES:
        raise ValueError("too large")
    return data


def _opener() -> Any:
    """HTTP without redirects: keys come from the place that was named, or from nowhere."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler,
        HTTPHandler,
        HTTPSHandler,
        HTTPErrorProcessor,
        HTTPDefaultErrorHandler,
    ):
        opener.add_handler(handler())
    return opener
