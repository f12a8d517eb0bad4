"""Callers that are known by the certificate they connect with.

Who they are stands in a TOML file, by alternative name:

    ["uri:spiffe://example.org/ns/chat/sa/backend"]
    tenant = "acme"
    role = "writer"
    namespaces = ["chat"]

    ["dns:working-memory.example.org"]
    role = "service"
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agent_memory_services.runtime.auth.followed_file import FollowedFiles
from agent_memory_services.runtime.auth.identity import Identity, Role
from agent_memory_services.runtime.auth.refusals import Refused, Why

# Alternative names as the transport verified them. The common name is not among them: it is free
# text that authorities do not vouch for.
_PROPERTIES = {"uri": "peer_uri", "dns": "peer_dns"}
_FIELDS = frozenset({"role", "tenant", "users", "namespaces"})


class KnownCertificates:
    """Identities by alternative name, from a file that may change while we run."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            OSError: it cannot be read.
            ValueError: it does not say what it should.
        """
        self._known = FollowedFiles([path], lambda: _parsed(path))

    def identity(self, connection: Mapping[str, Iterable[bytes]]) -> Identity:
        """Who holds the certificate that the transport verified.

        Raises:
            Refused: there is none, nobody is known by it, or it names several who are.
        """
        known = self._known.current()
        found = {known[name] for name in _names(connection) if name in known}
        if len(found) != 1:
            raise Refused(Why.UNKNOWN_CERTIFICATE)
        return found.pop()


def _names(connection: Mapping[str, Iterable[bytes]]) -> list[str]:
    return [
        f"{kind}:{value.decode(errors='replace')}"
        for kind, property_name in _PROPERTIES.items()
        for value in connection.get(property_name) or ()
    ]


def _parsed(path: Path) -> Mapping[str, Identity]:
    entries = tomllib.loads(path.read_text())
    return {name: _identity(name, entry) for name, entry in entries.items()}


def _identity(name: str, entry: Any) -> Identity:
    """The identity of one entry.

    Raises:
        ValueError: it does not say what it should.
    """
    if name.partition(":")[0] not in _PROPERTIES:
        raise ValueError(f"{name}: must begin with uri: or dns:")
    if not isinstance(entry, dict) or entry.keys() - _FIELDS:
        raise ValueError(f"{name}: has fields other than {', '.join(sorted(_FIELDS))}")
    return Identity(
        f"certificate:{name}",
        Role(entry.get("role", "")),
        str(entry.get("tenant", "")),
        _texts(entry.get("users")),
        _texts(entry.get("namespaces")),
    )


def _texts(values: Any) -> frozenset[str] | None:
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("users and namespaces must be lists of texts")
    return frozenset(values)
