"""An issuer of tokens and an authority of certificates, for tests of who is let in."""

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER = "https://issuer.test/"
AUDIENCE = "agent-memory"

_ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}


@cache
def private_key(algorithm: str = "ES256", number: int = 0) -> Any:
    """One of the keys of the tests; the same one whenever it is asked for by the same words."""
    del number
    if _ALGORITHMS[algorithm] == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Issuer:
    """Signs tokens, and publishes its keys as a file."""

    path: Path
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)

    @property
    def location(self) -> str:
        """Where its key set is."""
        return self.path.as_uri()

    def publish(self, **algorithms: str) -> None:
        """Publish keys of these ids, each for its algorithm, instead of those before."""
        numbered = enumerate(algorithms.items())
        self.keys = {kid: (name, private_key(name, n)) for n, (kid, name) in numbered}
        self.path.write_text(json.dumps(self.key_set()))

    def key_set(self) -> dict[str, Any]:
        """The public keys, as a server would answer them."""
        entries = []
        for kid, (algorithm, key) in self.keys.items():
            handler = jwt.get_algorithm_by_name(algorithm)
            entry = json.loads(handler.to_jwk(key.public_key()))
            entries.append({**entry, "kid": kid, "use": "sig"})
        return {"keys": entries}

    def token(self, kid: str | None = None, **claims: Any) -> str:
        """A token of a reader of `acme` that is valid for five minutes, but for `claims`."""
        kid = kid or next(iter(self.keys))
        algorithm, key = self.keys[kid]
        return jwt.encode(_claims(claims), key, algorithm=algorithm, headers={"kid": kid})

    def stranger(self, kid: str, **claims: Any) -> str:
        """A token that says it is of a key, signed by another one."""
        key = private_key("ES256", 99)
        return jwt.encode(_claims(claims), key, algorithm="ES256", headers={"kid": kid})

    def forged(self, algorithm: str, **claims: Any) -> str:
        """A token by somebody who knows the public key, and no other, of the first key."""
        kid, (_, key) = next(iter(self.keys.items()))
        if algorithm == "none":
            return jwt.encode(_claims(claims), None, algorithm="none", headers={"kid": kid})  # type: ignore[arg-type] # nothing signs it
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # By hand: the library itself refuses to sign with such a secret.
        header = {"alg": algorithm, "typ": "JWT", "kid": kid}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, _claims(claims)))
        handler = jwt.get_algorithm_by_name(algorithm)
        return f"{signed}.{_base64(handler.sign(signed.encode(), public))}"


def _claims(changes: dict[str, Any]) -> dict[str, Any]:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody",
        "exp": int(time.time()) + 300,
        "tenant": "acme",
        "role": "reader",
        **changes,
    }
    return {name: claim for name, claim in claims.items() if claim is not None}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authority:
    """Signs certificates and keeps everything in a folder."""

    folder: Path
    name: str = "authority"

    def __post_init__(self) -> None:
        """Make its own certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        ca = self._builder(self._subject, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.certificate = self._write(f"{self.name}.pem", ca)

    def issue(self, name: str, *, uris: tuple[str, ...] = (), dns: tuple[str, ...] = ()) -> Path:
        """Make `<name>.pem` and `<name>.key`, or replace them; the path of the first."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
        names += [x509.DNSName(host) for host in (*dns, "localhost")]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (self.folder / f"{name}.key").write_bytes(pem)
        return self._write(f"{name}.pem", builder)

    def _builder(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )

    def _write(self, name: str, builder: x509.CertificateBuilder) -> Path:
        path = self.folder / name
        signed = builder.sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        return path
