"""First secrets of a deployment, kept in Kubernetes."""

import asyncio
import base64
import binascii
import http.client
import json
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from agent_memory_services.commands.keys_terminal import STORE_FAULTS
from agent_memory_services.kit.auth.api_keys.key import Token
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.api_keys.verifier import PepperError, read_pepper
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.redis.client import connect

PEPPER: Final = "api-key-pepper"
CREDENTIAL: Final = "service-credential"
ADMIN_KEY: Final = "admin-key"
_SECONDS: Final = 30.0
_PEPPER_BYTES: Final = 32
# Others that write the same Secret at the same moment; each round one of them gets through.
_ROUNDS: Final = 10


class BootstrapError(Exception):
    """A deployment that cannot get its secrets; the message stands on its own."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The API server of a cluster, and who we are to it.

    Attributes:
        server: its URL.
        namespace: of the Secrets.
        token_file: holds our bearer token.
        ca_file: holds the authority of the server's certificate.
    """

    server: str
    namespace: str
    token_file: Path
    ca_file: Path

    def call(self, method: str, name: str, body: object = None) -> tuple[int, Any]:
        """Call the API for one Secret; answers the status and what it says.

        Raises:
            BootstrapError: a file cannot be read, or nobody answers who can be trusted.
        """
        address = urlsplit(self.server)
        if address.scheme != "https" or not address.hostname:
            raise BootstrapError(f"{self.server} is no https:// address of an API server")
        path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/secrets/{quote(name, safe='')}"
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self._token()}"}
        if body is not None:
            path += "?fieldManager=agent-memory-bootstrap"
            headers["Content-Type"] = "application/merge-patch+json"
        connection = http.client.HTTPSConnection(
            address.hostname, address.port or 443, timeout=_SECONDS, context=self._trust()
        )
        try:
            connection.request(
                method,
                f"{address.path.rstrip('/')}{path}",
                None if body is None else json.dumps(body),
                headers,
            )
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise BootstrapError(
                f"the API server at {self.server} does not answer: {why}"
            ) from None
        finally:
            connection.close()
        try:
            return answer.status, json.loads(said)
        except ValueError:
            return answer.status, {"message": "it answers something that is no JSON"}

    def _token(self) -> str:
        token = _text_of(self.token_file, "the token of the service account")
        # An error about a header would quote it.
        if not token.isprintable() or " " in token:
            raise BootstrapError(f"{self.token_file} holds no token of a service account")
        return token

    def _trust(self) -> ssl.SSLContext:
        authority = _text_of(self.ca_file, "the certificate authority of the API server")
        try:
            return ssl.create_default_context(cadata=authority)
        except (ssl.SSLError, ValueError) as error:
            raise BootstrapError(f"{self.ca_file} holds no certificate: {error}") from None


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret that somebody made, empty or not, and that gets fields but never loses one."""

    cluster: Cluster
    name: str

    def get(self, field: str) -> str | None:
        """Read a field; None where the Secret has none of this name, or an empty one.

        Raises:
            BootstrapError: it cannot be read.
        """
        return self._read()[0].get(field)

    def keep(self, field: str, value: str) -> str:
        """Set a field that is not set; answers what it holds then, ours or what was there first.

        Raises:
            BootstrapError: the Secret cannot be read or written.
        """
        for _ in range(_ROUNDS):
            fields, version = self._read()
            if (kept := fields.get(field)) is not None:
                return kept
            coded = base64.b64encode(value.encode()).decode()
            # Refused where anybody has written it since it was read.
            body = {"metadata": {"resourceVersion": version}, "data": {field: coded}}
            status, said = self.cluster.call("PATCH", self.name, body)
            if status == http.client.OK:
                return value
            if status != http.client.CONFLICT:
                raise self._refused("written", status, said)
        raise BootstrapError(f"others keep writing {self}; try again")

    def _read(self) -> tuple[dict[str, str], str]:
        status, said = self.cluster.call("GET", self.name)
        if status != http.client.OK:
            raise self._refused("read", status, said)
        try:
            data = {
                key: base64.b64decode(value).decode().strip()
                for key, value in (said.get("data") or {}).items()
                if key in {PEPPER, CREDENTIAL, ADMIN_KEY}
            }
        except (binascii.Error, UnicodeDecodeError):
            raise BootstrapError(f"{self} holds something that is no text") from None
        return {key: value for key, value in data.items() if value}, said["metadata"][
            "resourceVersion"
        ]

    def _refused(self, done: str, status: int, said: Any) -> BootstrapError:
        match status:
            case http.client.NOT_FOUND:
                return BootstrapError(
                    f"there is no {self}; make an empty one: kubectl --namespace "
                    f"{self.cluster.namespace} create secret generic {self.name}"
                )
            case http.client.UNAUTHORIZED:
                return BootstrapError(
                    f"the API server at {self.cluster.server} does not accept the token of "
                    f"{self.cluster.token_file}"
                )
        told = said.get("message", "") if isinstance(said, dict) else ""
        return BootstrapError(f"{self} cannot be {done} ({status}): {told}")

    def __str__(self) -> str:
        return f"Secret {self.name} in namespace {self.cluster.namespace}"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Procedure that fills the Secrets of a deployment.

    A token is kept in its Secret before the store knows it, so a run that ends in between is
    finished by the next, and two runs at once agree.

    Attributes:
        service: gets the pepper and the services' own key.
        admin: gets the first admin key; no process of the suite may read it.
        own_pepper: what the operator brought along, instead of one that is made.
    """

    service: Secret
    admin: Secret
    own_pepper: bytes | None = None

    async def run(self, keyring: Keyring, tenant: str) -> list[str]:
        """Make what is missing; answers a line for each of the three secrets.

        Raises:
            BootstrapError: a Secret cannot be read or written, or holds what does not fit.
            RedisError: the store cannot be used.
        """
        pepper, told = self._pepper()
        return [
            told,
            await self._credential(keyring, pepper),
            await self._admin_key(keyring, pepper, tenant),
        ]

    def _pepper(self) -> tuple[bytes, str]:
        if self.own_pepper is not None:
            kept = self.service.get(PEPPER)
            if kept is not None and kept.encode() != self.own_pepper:
                raise BootstrapError(
                    f"{self.service} holds another pepper than the one that was given; "
                    "keys under one are worthless under the other, so remove the wrong one"
                )
            return self.own_pepper, "pepper: the one that was given"
        made = secrets.token_hex(_PEPPER_BYTES)
        kept = self.service.keep(PEPPER, made)
        if len(kept) < _PEPPER_BYTES:
            raise BootstrapError(f"the pepper in {self.service} is shorter than 32 bytes")
        return kept.encode(), f"pepper: {'made' if kept == made else 'kept'}"

    async def _credential(self, keyring: Keyring, pepper: bytes) -> str:
        made = Token.new()
        token = _token(self.service.keep(CREDENTIAL, made.text), self.service, CREDENTIAL)
        key = await keyring.keep(pepper, token, role=Role.SERVICE, name="suite")
        if key.role is not Role.SERVICE:
            raise BootstrapError(f"the key in {self.service} has the role {key.role}, not service")
        now = now_micros()
        if key.state(now) != "active" or not key.matches(token.digest(pepper), now):
            ended = key.state(now) if key.state(now) != "active" else "no longer the one of its id"
            raise BootstrapError(
                f"the key {token.key_id} in {self.service} is {ended}: the services cannot call "
                f"one another; remove the field {CREDENTIAL} there and run this again"
            )
        return f"service credential: {'made' if token == made else 'kept'}, key {token.key_id}"

    async def _admin_key(self, keyring: Keyring, pepper: bytes, tenant: str) -> str:
        """Make one where there never was one: what its owner took away is not made again."""
        kept = self.admin.get(ADMIN_KEY)
        if kept is None:
            async for key in keyring.all(tenant):
                if key.role is Role.ADMIN:
                    return f"admin key: tenant {tenant} has had one, key {key.key_id}"
            made = Token.new()
            kept = self.admin.keep(ADMIN_KEY, made.text)
        token = _token(kept, self.admin, ADMIN_KEY)
        key = await keyring.keep(pepper, token, role=Role.ADMIN, name="first admin", tenant=tenant)
        now = now_micros()
        told: str = key.state(now)
        if told == "active" and not key.matches(token.digest(pepper), now):
            told = f"active with another token than that in {self.admin}"
        return f"admin key: {told}, key {key.key_id}, tenant {key.tenant}"


def _token(text: str, secret: Secret, field: str) -> Token:
    token = Token.read(text)
    if token is None:
        raise BootstrapError(f"the field {field} of {secret} is no API key")
    return token


def _text_of(path: Path, what: str) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BootstrapError(f"cannot read {what} from {path}: {why}") from None


FAULTS: Final = (BootstrapError, PepperError, *STORE_FAULTS)
"""Errors that are told in one line."""


def bootstrap(
    store: str,
    tenant: str,
    *,
    service: str,
    admin: str,
    pepper_file: Path | None,
    server: str,
    namespace: str | Path,
    token_file: Path,
    ca_file: Path,
) -> list[str]:
    """Make what is missing in two Secrets; answers a line for each of the three secrets.

    Args:
        store: URL of the store of the keys.
        tenant: Tenant of the first admin key.
        service: Name of the Secret that gets the pepper and the services' own key.
        admin: Name of the Secret that gets the first admin key.
        pepper_file: File that may hold a pepper of the operator's own.
        server: URL of the API server.
        namespace: Namespace of the Secrets, or the file that holds it.
        token_file: File with the token that the API server accepts.
        ca_file: File with the authority of the API server's certificate.

    Raises:
        BootstrapError: a Secret cannot be read or written, or holds what does not fit.
        PepperError: the file holds no pepper.
        RedisError: the store cannot be used.
    """
    if isinstance(namespace, Path):
        namespace = _text_of(namespace, "the namespace")
    cluster = Cluster(server, namespace, token_file, ca_file)
    own = None if pepper_file is None or not pepper_file.exists() else read_pepper(pepper_file)
    made = Bootstrap(Secret(cluster, service), Secret(cluster, admin), own)

    async def filled() -> list[str]:
        async with connect(store) as client:
            return await made.run(Keyring(ApiKeyStore(client)), tenant)

    return asyncio.run(filled())
