"""The certificate that a server shows, and the authorities whose callers it lets connect."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from agent_memory_services.runtime.auth.followed_file import FollowedFiles


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
