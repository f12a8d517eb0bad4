"""Client certificates: the callers they name, and TLS credentials that follow their files.

Who they are stands in a TOML file, by alternative name:

    ["uri:spiffe://example.org/ns/chat/sa/backend"]
    tenant = "acme"
    role = "writer"
    namespaces = ["chat"]

    ["dns:working-memory.example.org"]
    role = "service"
"""

import ssl
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.followed_file import FollowedFiles
from agent_memory_services.kit.auth.identity import Identity, Role

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
        """Return the holder of the certificate that the transport verified.

        Raises:
            Refused: there is none, nobody is known by it, or it names several who are.
        """
        known = self._known.current()
        found = {known[name] for name in _names(connection) if name in known}
        if len(found) != 1:
            raise Refused(CredentialFault.UNKNOWN_CERTIFICATE)
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


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.

    Attributes:
        certificate: the chain, own certificate first.
        key: its private key.
        client_ca: authorities of callers, who then must have a certificate; or None.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def all(self) -> list[Path]:
        """Every file there is."""
        return [path for path in (self.certificate, self.key, self.client_ca) if path]


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials that follow their files: a new handshake gets the new certificate.

    Connections that are open live on with the one they began with.

    Raises:
        OSError: a file cannot be read, or certificate and key do not belong together.
    """
    followed = FollowedFiles(files.all, lambda: _configuration(files))
    shown = followed.value

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal shown
        if (current := followed.current()) is shown:
            return None
        shown = current
        return current

    return grpc.dynamic_ssl_server_credentials(
        shown,
        fetch,  # type: ignore[arg-type] # None, which the stubs do not know, means no change
        require_client_authentication=files.client_ca is not None,
    )


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    # The transport would only fail at the next handshake.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if files.client_ca is not None:
        context.load_verify_locations(files.client_ca)
    return grpc.ssl_server_certificate_configuration(
        [(files.key.read_bytes(), files.certificate.read_bytes())],
        root_certificates=None if files.client_ca is None else files.client_ca.read_bytes(),
    )
