"""The table of callers that are known by their certificates."""

from pathlib import Path

import pytest

from agent_memory_services.kit.auth.certificates import KnownCertificates
from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import Identity, Role

TABLE = """
["uri:spiffe://example.org/chat"]
tenant = "acme"
role = "writer"
users = ["alice"]
namespaces = []

["dns:memory.example.org"]
role = "service"
"""


@pytest.fixture
def known(tmp_path: Path) -> KnownCertificates:
    """The table above."""
    path = tmp_path / "identities.toml"
    path.write_text(TABLE)
    return KnownCertificates(path)


def test_a_caller_is_known_by_one_of_its_names(known: KnownCertificates) -> None:
    """With the limits of its entry; an empty list is no namespace at all."""
    connection = {"peer_uri": [b"spiffe://example.org/chat"], "peer_dns": [b"localhost"]}
    assert known.identity(connection) == Identity(
        "certificate:uri:spiffe://example.org/chat",
        Role.WRITER,
        "acme",
        frozenset({"alice"}),
        frozenset(),
    )
    service = known.identity({"peer_dns": [b"memory.example.org"]})
    assert service == Identity("certificate:dns:memory.example.org", Role.SERVICE)


@pytest.mark.parametrize(
    "connection",
    [
        {},
        {"x509_common_name": [b"memory.example.org"]},
        {"peer_dns": [b"spiffe://example.org/chat"]},
        {"peer_dns": [b"MEMORY.example.org"]},
        {"peer_dns": [b"x.memory.example.org"]},
        {"peer_uri": [b"spiffe://example.org/chat"], "peer_dns": [b"memory.example.org"]},
    ],
)
def test_who_is_not_known_by_exactly_one_name_is_nobody(
    known: KnownCertificates, connection: dict[str, list[bytes]]
) -> None:
    """No name stands for another, and two entries are never mixed."""
    with pytest.raises(Refused) as refused:
        known.identity(connection)
    assert refused.value.fault is CredentialFault.UNKNOWN_CERTIFICATE


@pytest.mark.parametrize(
    "table",
    [
        "tenant = 'acme'",
        "['cn:backend']\nrole = 'service'",
        "['uri:x']\ntenant = 'acme'",
        "['uri:x']\nrole = 'root'\ntenant = 'acme'",
        "['uri:x']\nrole = 'reader'",
        "['uri:x']\nrole = 'reader'\ntenant = 'acme'\nuser = ['alice']",
        "['uri:x']\nrole = 'reader'\ntenant = 'acme'\nusers = 'alice'",
        "['uri:x']\nrole = 'reader'\ntenant = 'acme'\nusers = [1]",
        "not toml",
    ],
)
def test_a_table_with_a_mistake_is_refused_whole(table: str, tmp_path: Path) -> None:
    """A misspelt limit is never no limit."""
    path = tmp_path / "identities.toml"
    path.write_text(table)
    with pytest.raises(ValueError, match=r".+"):
        KnownCertificates(path)
