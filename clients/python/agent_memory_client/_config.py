"""Settings of a client: the way to the services, and the identity of its calls."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self, TypedDict
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from agent_memory_client._types import LARGEST_INT64, Text, build
from agent_memory_client.errors import invalid

DEFAULT_BASE_URL = "http://localhost:8000"
_ADDRESSES = (
    "base_url",
    "working_memory_address",
    "long_term_memory_address",
    "extraction_address",
)
_USER_INFO = re.compile(r"(?<=//)[^/]*@")
_HEADER_VALUE = re.compile(r"[ -~]*")


class ClientOptions(TypedDict, total=False):
    """The fields of `MemoryClientConfig` besides `base_url`, as keyword arguments."""

    working_memory_address: str | None
    long_term_memory_address: str | None
    extraction_address: str | None
    api_key: str | None
    bearer_token: str | None
    tenant: str | None
    ca_certificate_file: Path | str | None
    client_certificate_file: Path | str | None
    client_key_file: Path | str | None
    timeout: float | None
    default_namespace: str | None
    default_user_id: str | None
    default_model_name: str | None
    default_context_window_max: int | None


class MemoryClientConfig(BaseModel):
    """Settings of a client; immutable.

    A URL is `http(s)://host[:port]`, `grpc(s)://host[:port]`, `host:port` or a gRPC target such
    as `dns:///name:port` or `unix:/path`. `https` and `grpcs` mean TLS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Text = Field(
        default=DEFAULT_BASE_URL, description="Where all three services are reached."
    )
    working_memory_address: Text | None = Field(
        default=None,
        description="URL of the working memory service, where it differs from `base_url`.",
    )
    long_term_memory_address: Text | None = Field(
        default=None,
        description="URL of the long-term memory service, where it differs from `base_url`.",
    )
    extraction_address: Text | None = Field(
        default=None, description="URL of the extraction service, where it differs from `base_url`."
    )
    api_key: SecretStr | None = Field(default=None, description="Key sent as bearer credential.")
    bearer_token: SecretStr | None = Field(
        default=None, description="Token sent as bearer credential."
    )
    tenant: Text | None = Field(
        default=None, description="Tenant to act for, where the servers let callers name one."
    )
    ca_certificate_file: Path | None = Field(
        default=None,
        description="PEM file with the authorities to trust; the system's when absent.",
    )
    client_certificate_file: Path | None = Field(
        default=None, description="PEM file with the certificate chain this client shows."
    )
    client_key_file: Path | None = Field(
        default=None, description="PEM file with the private key of the client certificate."
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Seconds any call may take; each method's own default when absent.",
    )
    default_namespace: Text | None = Field(
        default=None, description="Namespace of every call that names none."
    )
    default_user_id: Text | None = Field(
        default=None, description="User of every call that names none."
    )
    default_model_name: Text | None = Field(
        default=None,
        description="Model whose context window messages must fit, where a call says nothing.",
    )
    default_context_window_max: int | None = Field(
        default=None,
        gt=0,
        le=LARGEST_INT64,
        description="Context window in tokens, where a call says nothing.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in _ADDRESSES:
            if (url := getattr(self, name)) is not None:
                parse_address(url, name)
        if self.api_key and self.bearer_token:
            raise ValueError("give api_key or bearer_token, not both")
        for name in ("api_key", "bearer_token", "tenant"):
            value = getattr(self, name)
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            if plain and not _HEADER_VALUE.fullmatch(plain):
                raise invalid(name, "may hold printable ASCII characters only")
        if bool(self.client_certificate_file) != bool(self.client_key_file):
            raise ValueError("client_certificate_file and client_key_file go together")
        return self

    @property
    def addresses(self) -> tuple[str, str, str]:
        """URLs of working memory, long-term memory and extraction."""
        return (
            self.working_memory_address or self.base_url,
            self.long_term_memory_address or self.base_url,
            self.extraction_address or self.base_url,
        )

    @property
    def transport(self) -> tuple[object, ...]:
        """Settings that a connection depends on."""
        return (
            *self.addresses,
            self.ca_certificate_file,
            self.client_certificate_file,
            self.client_key_file,
        )

    @property
    def credential(self) -> str | None:
        """Secret that every call carries."""
        secret = self.api_key or self.bearer_token
        return secret.get_secret_value() if secret else None

    @classmethod
    def of(cls, **options: object) -> Self:
        """Build a config.

        Raises:
            MemoryValidationError: A setting is unknown or wrong.
        """
        return build(cls, options)

    def with_options(self, options: Mapping[str, object]) -> Self:
        """Make a config with other values, over the same connections.

        Raises:
            MemoryValidationError: A setting is unknown or wrong, or belongs to connections.
        """
        other = build(type(self), {**self.model_dump(exclude_unset=True), **options})
        if other.transport != self.transport:
            raise invalid("with_options", "addresses and certificates need a client of their own")
        return other

    def namespace(self, of_call: str | None) -> str:
        """Choose the namespace of a call: its own, or the default; empty for none."""
        return (self.default_namespace or "") if of_call is None else of_call

    def user(self, of_call: str | None) -> str:
        """Choose the user of a call: its own, or the default; empty for none."""
        return (self.default_user_id or "") if of_call is None else of_call


_DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443}
_SECURE = {"https", "grpcs"}
_NATIVE = {"dns", "ipv4", "ipv6", "unix", "unix-abstract", "xds"}


def config_from(
    base_url: str | MemoryClientConfig | None,
    config: MemoryClientConfig | None,
    options: Mapping[str, object],
) -> MemoryClientConfig:
    """Build the config of a client from its arguments.

    Raises:
        MemoryValidationError: A setting is unknown or wrong.
    """
    if isinstance(base_url, MemoryClientConfig):
        base_url, config = None, base_url
    if config is None:
        address = {} if base_url is None else {"base_url": base_url}
        return build(MemoryClientConfig, {**address, **options})
    if base_url is not None or options:
        raise invalid("config", "goes without other settings")
    return build(MemoryClientConfig, config, "config")


class Address(NamedTuple):
    """Place where a service listens.

    Attributes:
        target: A gRPC target, such as `dns:///localhost:8000`.
        secure: Whether the connection uses TLS.
        loopback: Whether only this machine can be meant, so that no proxy is asked.
    """

    target: str
    secure: bool
    loopback: bool


def parse_address(url: str, setting: str = "base_url") -> Address:
    """Read `http(s)://host[:port]`, `grpc(s)://host[:port]`, `host:port` or a gRPC target.

    Host names resolve through DNS to every address behind them, so that calls are spread over
    the replicas of a headless service.

    Args:
        url: The address.
        setting: Name of what holds it, for complaints.

    Raises:
        MemoryValidationError: The URL has another form, or parts that have no meaning here.
    """
    scheme, separator, _ = url.partition(":")
    if separator and scheme in _NATIVE:
        return Address(url, secure=False, loopback=scheme.startswith("unix"))
    try:
        return _address(url)
    except ValueError as error:
        # A password that somebody put into the URL is not for a log.
        raise invalid(setting, _USER_INFO.sub("***@", str(error))) from None


def _address(url: str) -> Address:
    parts = _split(url)
    host, port = parts.hostname, _port(url, parts)
    if not host:
        raise ValueError(f"{url!r} names no host")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError(f"{url!r} may hold a scheme, a host and a port only")
    name = f"[{host}]" if ":" in host else host
    return Address(f"dns:///{name}:{port}", parts.scheme in _SECURE, _is_loopback(host))


def _split(url: str) -> SplitResult:
    if "://" not in url:
        parts = _parsed(f"grpc://{url}", url)
        if _port_or_none(url, parts) is None:
            raise ValueError(f"{url!r} needs a scheme or a port")
        return parts
    parts = _parsed(url, url)
    if parts.scheme not in _DEFAULT_PORTS:
        known = ", ".join(sorted(_DEFAULT_PORTS))
        raise ValueError(f"scheme of {url!r} is none of {known}")
    return parts


def _parsed(url: str, written: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise ValueError(f"{written!r} is no URL: {error}") from error


def _port(url: str, parts: SplitResult) -> int:
    port = _port_or_none(url, parts)
    return _DEFAULT_PORTS[parts.scheme] if port is None else port


def _port_or_none(url: str, parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"port of {url!r} is no number between 1 and 65535")
    return port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
