"""Credentials by which this process shows itself to the other services."""

from pathlib import Path
from typing import Self

import grpc

from agent_memory_services.kit.auth.credentials import AUTHORIZATION
from agent_memory_services.kit.auth.followed_file import FollowedFiles
from agent_memory_services.kit.auth.settings import TlsSettings, TrustSettings


class OwnIdentity:
    """A token for every call, and a certificate for every connection, where there are any.

    Both follow their files, so that they can be rotated while the process runs.
    """

    def __init__(
        self,
        token: FollowedFiles[str] | None = None,
        transport: FollowedFiles[grpc.ChannelCredentials] | None = None,
    ) -> None:
        self._token = token
        self._transport = transport

    @classmethod
    def of(cls, settings: TrustSettings) -> Self:
        """The identity that the settings give the process.

        Raises:
            OSError: a file cannot be read.
            ValueError: the file for the token holds none.
        """
        return cls(_token(settings.service_credential_file), _transport(settings))

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Metadata of a call that names its caller."""
        if self._token is None:
            return ()
        return ((AUTHORIZATION, f"Bearer {self._token.current()}"),)

    @property
    def transport(self) -> grpc.ChannelCredentials | None:
        """Credentials of a connection; None for plain text, another object after a change."""
        return None if self._transport is None else self._transport.current()


ANONYMOUS = OwnIdentity()


def _token(path: Path | None) -> FollowedFiles[str] | None:
    if path is None:
        return None

    def read() -> str:
        token = path.read_text().strip()
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError(f"{path.name} holds no token")
        return token

    return FollowedFiles([path], read)


def _transport(tls: TlsSettings) -> FollowedFiles[grpc.ChannelCredentials] | None:
    if not tls.services_tls:
        return None
    authorities, key, chain = tls.services_ca_file, tls.tls_key_file, tls.tls_certificate_file

    def read() -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(
            *(None if path is None else path.read_bytes() for path in (authorities, key, chain))
        )

    return FollowedFiles([path for path in (authorities, key, chain) if path], read)
