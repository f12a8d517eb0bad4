"""The gateway calls services that speak TLS only, and ask for its certificate."""

import json
import subprocess
from pathlib import Path

import grpc
import pytest

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.errors import ChildFailedError
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.gateway.tls import GatewayTls
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import ask
from tests.integration.embedded.gateway.conftest import serving
from tests.support.credentials import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that has issued certificates to a server and a gateway."""
    made = Authority(tmp_path)
    made.issue("server")
    made.issue("gateway")
    return made


def server_credentials(folder: Path, authority: Authority) -> grpc.ServerCredentials:
    """Those of a service that lets nobody in without a certificate."""
    pair = [(folder / f"server{end}").read_bytes() for end in (".key", ".pem")]
    return grpc.ssl_server_credentials(
        [(pair[0], pair[1])], authority.certificate.read_bytes(), require_client_auth=True
    )


def gateway_tls(folder: Path, authority: Authority, *, terminate: bool = False) -> GatewayTls:
    """That of the gateway."""
    return GatewayTls(
        certificate=str(folder / "gateway.pem"),
        key=str(folder / "gateway.key"),
        ca=str(authority.certificate),
        terminate=terminate,
    )


async def test_services_are_called_over_mutual_tls(
    echo_descriptors: bytes, tmp_path: Path, authority: Authority
) -> None:
    """Calls and health checks show the gateway's certificate, and look at the service's."""
    listen = Address("127.0.0.1", free_port())
    async with serving(echo_descriptors, server_credentials(tmp_path, authority)) as echo:
        config = bootstrap(
            echo_descriptors,
            listen=listen,
            backends={"echo": Address("localhost", echo.port)},
            hosts=LOOPBACK_HOSTS,
            tls=gateway_tls(tmp_path, authority),
        )
        async with EmbeddedGateway(tmp_path, listen, config) as gateway:
            answer = await ask(gateway, "POST", "/v1/echo", {"text": "hi"})
    assert (answer.status, answer.json["text"]) == (200, "hi")


async def test_a_service_of_another_name_is_not_called(
    echo_descriptors: bytes,
    tmp_path: Path,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A certificate of the right authority for somebody else does not do."""
    monkeypatch.setattr("agent_memory_services.embedded.gateway.process._READY_SECONDS", 3)
    listen = Address("127.0.0.1", free_port())
    async with serving(echo_descriptors, server_credentials(tmp_path, authority)) as echo:
        config = bootstrap(
            echo_descriptors,
            listen=listen,
            backends={"echo": Address("localhost", echo.port)},
            hosts=LOOPBACK_HOSTS,
            tls=gateway_tls(tmp_path, authority),
        )
        text = json.dumps(config).replace('{"exact": "localhost"}', '{"exact": "somebody.else"}')
        with pytest.raises(ChildFailedError):
            await EmbeddedGateway(tmp_path, listen, json.loads(text)).start()


def test_it_may_speak_tls_itself(
    echo_descriptors: bytes, tmp_path: Path, authority: Authority
) -> None:
    """Envoy takes the configuration with a certificate of its own."""
    config = bootstrap(
        echo_descriptors,
        listen=Address("127.0.0.1", 0),
        backends={"echo": Address("localhost", 1)},
        tls=gateway_tls(tmp_path, authority, terminate=True),
    )
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(config))
    command: list[str | Path] = [binaries.envoy(), "--mode", "validate", "--config-path", file]
    subprocess.run(command, check=True, capture_output=True)
