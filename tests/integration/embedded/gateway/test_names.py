"""Which requests that come to the gateway are one call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import own_descriptors
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address, parse_address
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.integration.embedded.gateway.asking import ask
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stores import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/working-memory/s:append"
BODY = {"messages": [{"role": "user", "content": "hi"}]}
NOWHERE = Address("127.0.0.1", 1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(
    redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[EmbeddedGateway, Told]]:
    """A gateway, and working memory behind it, which counts what it executes."""
    async with emptied(redis_url), _behind(redis_url, tmp_path_factory.mktemp("gateway")) as both:
        yield both


@asynccontextmanager
async def _behind(redis_url: str, folder: Path) -> AsyncIterator[tuple[EmbeddedGateway, Told]]:
    servicer = Told(None)
    listen = Address("127.0.0.1", free_port())
    async with serving(
        lifespan_of(servicer), configured(ProcessSettings, redis_url=redis_url)
    ) as served:
        backends = {
            "working_memory": parse_address(served.address),
            "long_term_memory": NOWHERE,
            "extraction": NOWHERE,
        }
        config = bootstrap(
            own_descriptors(), listen=listen, backends=backends, hosts=LOOPBACK_HOSTS
        )
        for cluster in config["static_resources"]["clusters"]:
            # It starts although nobody is nowhere.
            del cluster["health_checks"]
        async with EmbeddedGateway(folder, listen, config) as gateway:
            yield gateway, servicer


@pytest.mark.parametrize(
    ("header", "calls"),
    [("idempotency-key", 1), ("x-request-id", 2), ("x-agent-memory-call-id", 2)],
)
async def test_only_a_callers_key_makes_two_requests_one_call(
    behind: tuple[EmbeddedGateway, Told], header: str, calls: int
) -> None:
    """One trace may hold many, and nobody else says which attempts are the gateway's own."""
    gateway, servicer = behind
    before = servicer.written
    answers = [
        await ask(gateway, "POST", PATH, BODY, **{header.replace("-", "_"): "one"})
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [200, 200]
    assert servicer.written == before + calls


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-agent-memory|tenant", "a"),
        ("c#ntent-length", "5"),
        ("grpc-status", "0: "),
        ("grpc-timeout", "x"),
        ("x-agent-memory-scope-bin", "%%%"),
        ("x-trace", "\xff"),
    ],
)
async def test_a_header_that_a_service_could_not_read_ends_no_call(
    behind: tuple[EmbeddedGateway, Told], header: str, value: str
) -> None:
    """It stays at the gateway, or is passed on as it is where services can read it."""
    gateway, servicer = behind
    before = servicer.written
    answer = await ask(gateway, "POST", PATH, BODY, **{header: value})
    assert (answer.status, servicer.written) == (200, before + 1), answer.body
