"""Settings of credentials and TLS."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from agent_memory_services.kit.auth.certificates import TlsFiles
from agent_memory_services.kit.auth.json_web_tokens.key_set import check_source
from agent_memory_services.kit.auth.scope import TENANT_PATTERN
from agent_memory_services.kit.contract.environment import SectionedSettings


class AuthMethod(StrEnum):
    """A way to know callers."""

    OFF = "off"
    API_KEY = "api-key"
    JWT = "jwt"
    MTLS = "mtls"


# Asymmetric ones only: with a shared secret whoever checks tokens could make them too.
_ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)


def _split(given: object) -> object:
    """A text with commas as its parts; anything else as it is."""
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    return given


def _chosen(methods: frozenset[AuthMethod]) -> frozenset[AuthMethod]:
    if not methods:
        raise ValueError(
            "say how callers are known: off (on a loopback address only), "
            "or one or more of api-key, jwt, mtls"
        )
    if AuthMethod.OFF in methods and len(methods) > 1:
        raise ValueError("off cannot be combined with a way to know callers")
    return methods


def _pinned(algorithms: tuple[str, ...]) -> tuple[str, ...]:
    if not algorithms or not _ALGORITHMS.issuperset(algorithms):
        raise ValueError(f"must be one or more of {', '.join(sorted(_ALGORITHMS))}")
    return algorithms


def _source_or_none(location: str) -> str:
    return check_source(location) if location else ""


Several = [NoDecode, BeforeValidator(_split)]
AuthMethods = Annotated[frozenset[AuthMethod], *Several, AfterValidator(_chosen)]
Algorithms = Annotated[tuple[str, ...], *Several, AfterValidator(_pinned)]
Names = Annotated[tuple[str, ...], *Several]
KeySource = Annotated[str, AfterValidator(_source_or_none)]


class AuthSettings(SectionedSettings):
    """Settings of the credentials of callers, and of this process towards other services."""

    auth: AuthMethods = Field(
        default=frozenset(),
        validate_default=True,
        description=(
            "How callers are known: one or more of `api-key`, `jwt` and `mtls`, with commas; or "
            "`off`, which trusts everybody and needs a loopback address. There is no default."
        ),
    )
    default_tenant: str = Field(
        default="default",
        pattern=TENANT_PATTERN,
        description="The tenant of callers who name none, while `auth` is `off`.",
    )
    auth_recheck_seconds: float = Field(
        default=5.0,
        gt=0,
        le=300,
        description=(
            "Seconds after which a revoked key is refused at the latest. Keys in use are looked "
            "up, and the callers of open streams checked again, this often."
        ),
    )
    api_key_pepper_file: Path | None = Field(
        default=None,
        description=(
            "File with the secret, of 32 bytes or more, under which API keys are digested. The "
            "same for all processes of a store; needed for `api-key`."
        ),
    )
    jwt_issuer: str = Field(
        default="", description="What `iss` must be in every token; needed for `jwt`."
    )
    jwt_audience: str = Field(
        default="", description="What `aud` must be or hold in every token; needed for `jwt`."
    )
    jwt_key_set: KeySource = Field(
        default="",
        description=(
            "Where the issuer's keys are (JWKS): an https: URL, or a file: URL; needed for `jwt`."
        ),
    )
    jwt_key_set_refresh_seconds: float = Field(
        default=300.0,
        gt=0,
        description=(
            "Seconds between two readings of the issuer's keys. A token of an unknown key causes "
            "one too, at most every ten seconds."
        ),
    )
    jwt_algorithms: Algorithms = Field(
        default=("RS256", "ES256"),
        description="The signature algorithms that are accepted, with commas; asymmetric ones.",
    )
    jwt_leeway_seconds: float = Field(
        default=30.0,
        ge=0,
        le=300,
        description="How far the issuer's clock may be from ours, for `exp`, `nbf` and `iat`.",
    )
    jwt_required_claims: Names = Field(
        default=(),
        description=(
            "Claims every token must have besides exp, iss, aud and sub, with commas. Name the "
            "users' claim here where no token may be without a limit to users."
        ),
    )
    jwt_tenant_claim: str = Field(
        default="tenant", min_length=1, description="The claim with the holder's tenant."
    )
    jwt_role_claim: str = Field(
        default="role",
        min_length=1,
        description=(
            "The claim with the holder's role: reader, writer, admin or service, or a list that "
            "holds one of the first three."
        ),
    )
    jwt_users_claim: str = Field(
        default="users",
        min_length=1,
        description="The claim with the user, or list of users, the holder is confined to.",
    )
    jwt_namespaces_claim: str = Field(
        default="namespaces",
        min_length=1,
        description="The claim with the namespace, or list, the holder is confined to.",
    )
    mtls_identities_file: Path | None = Field(
        default=None,
        description=(
            "TOML file that says, by alternative name, who the callers with a certificate are; "
            "needed for `mtls`."
        ),
    )
    service_credential_file: Path | None = Field(
        default=None,
        description=(
            "File with the API key or JWT, of role service, that this process shows to the "
            "other services."
        ),
    )

    @property
    def trusts_everyone(self) -> bool:
        """True where callers need no credential."""
        return AuthMethod.OFF in self.auth

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed: dict[AuthMethod, Iterable[str]] = {
            AuthMethod.API_KEY: ("api_key_pepper_file",),
            AuthMethod.JWT: ("jwt_issuer", "jwt_audience", "jwt_key_set"),
            AuthMethod.MTLS: ("mtls_identities_file",),
        }
        for method in self.auth & needed.keys():
            for name in needed[method]:
                if not getattr(self, name):
                    raise ValueError(f"{name} is needed where auth has {method}")
        return self


class TlsSettings(SectionedSettings):
    """TLS of the server, and of the channels to the other services."""

    tls_certificate_file: Path | None = Field(
        default=None,
        description=(
            "PEM file with the server's certificate chain; with it the server speaks TLS only. "
            "A replaced file is used within a second."
        ),
    )
    tls_key_file: Path | None = Field(
        default=None, description="PEM file with the private key of that certificate."
    )
    tls_client_ca_file: Path | None = Field(
        default=None,
        description=(
            "PEM file with the authorities of callers; with it nobody connects without a "
            "certificate. Needed for `mtls`."
        ),
    )
    services_tls: bool = Field(
        default=False,
        description="Whether the other services are called over TLS.",
    )
    services_ca_file: Path | None = Field(
        default=None,
        description=(
            "PEM file with the authorities of the other services, for `services_tls`; the "
            "system's where there is none. The server's own certificate is shown to them."
        ),
    )

    @property
    def tls(self) -> TlsFiles | None:
        """The server's certificate; None where it speaks plain text."""
        if self.tls_certificate_file is None or self.tls_key_file is None:
            return None
        return TlsFiles(self.tls_certificate_file, self.tls_key_file, self.tls_client_ca_file)

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        if self.tls_client_ca_file is not None and self.tls_certificate_file is None:
            raise ValueError("tls_client_ca_file needs tls_certificate_file and tls_key_file")
        if self.services_ca_file is not None and not self.services_tls:
            raise ValueError("services_ca_file needs services_tls")
        return self


class TrustSettings(AuthSettings, TlsSettings):
    """Whom a process trusts, and how it is trusted itself."""

    @model_validator(mode="after")
    def _certified(self) -> Self:
        if AuthMethod.MTLS in self.auth and self.tls_client_ca_file is None:
            raise ValueError("tls_client_ca_file is needed where auth has mtls")
        return self
