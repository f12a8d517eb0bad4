"""Every method of every service, called by everybody."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc
import pytest
import pytest_asyncio

from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.support.any_call import call
from tests.support.callers import PEPPER, Caller, Callers, Outcome
from tests.support.contracts import POLICIES, SERVICES
from tests.support.credentials import AUDIENCE, ISSUER, Issuer
from tests.support.echo_service import echo_lifespan
from tests.support.example_requests import example
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stores import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODES = {
    Outcome.STRANGER: grpc.StatusCode.UNAUTHENTICATED,
    Outcome.DENIED: grpc.StatusCode.PERMISSION_DENIED,
}


@dataclass(frozen=True)
class World:
    """Everybody, and a server of every service."""

    callers: list[Caller]
    served: Mapping[str, Served]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> AsyncIterator[World]:
    """Servers that take keys and tokens, and answer by what they are asked."""
    folder = tmp_path_factory.mktemp("world")
    issuer = Issuer(folder / "keys.json")
    issuer.publish(one="ES256")
    (folder / "pepper").write_bytes(PEPPER)
    settings = configured(
        ProcessSettings,
        auth="api-key,jwt",
        redis_url=redis_url,
        metrics_listen="",
        access_log=False,
        api_key_pepper_file=folder / "pepper",
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        jwt_key_set=issuer.location,
    )
    async with emptied(redis_url), connect(redis_url) as redis, AsyncExitStack() as running:
        served = {
            service: await running.enter_async_context(serving(echo_lifespan(service), settings))
            for service in SERVICES
        }
        yield World(await Callers(redis, issuer).all(), served)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.full_name)
async def test_everybody_gets_what_they_may(policy: MethodPolicy, world: World) -> None:
    """By the access that the contract declares, and in the same words for every stranger."""
    for caller in world.callers:
        await _check(world.served[policy.service], policy, caller)


async def _check(served: Served, policy: MethodPolicy, caller: Caller) -> None:
    outcome, request = caller.expected(policy), example(policy.request_type)
    if outcome is Outcome.ADMITTED:
        assert await call(served.channel, policy, request, caller.metadata), caller.name
        return
    with refused() as refusal:
        await call(served.channel, policy, request, caller.metadata)
    assert (refusal.code, refusal.reason) == (CODES[outcome], outcome.value), caller.name
    if outcome is Outcome.STRANGER and caller.name != "service without a tenant":
        assert refusal.message == "no valid credential", caller.name
        assert not refusal.metadata


async def test_the_matrix_is_complete(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """No method is without a declared access, and none is open to strangers."""
    for policy in POLICIES:
        assert policy.access, f"{policy.full_name} declares no access"
        expected = {caller.expected(policy) for caller in world.callers}
        assert {Outcome.STRANGER, Outcome.DENIED, Outcome.ADMITTED} == expected
    count, methods, everybody = (
        len(POLICIES) * len(world.callers),
        len(POLICIES),
        len(world.callers),
    )
    with capsys.disabled():
        print(f"\n{count} cases: {methods} methods, {everybody} callers")  # noqa: T201
