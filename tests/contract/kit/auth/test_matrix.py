"""Every method of every service, called by everybody."""

from pathlib import Path

import grpc
import pytest
from redis.asyncio import Redis

from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.support.any_call import call
from tests.support.callers import PEPPER, Caller, Callers, Outcome
from tests.support.contracts import POLICIES
from tests.support.credentials import AUDIENCE, ISSUER, Issuer
from tests.support.echo_service import echo_lifespan
from tests.support.example_requests import example
from tests.support.servers import Served, serving
from tests.support.settings import configured

CODES = {
    Outcome.STRANGER: grpc.StatusCode.UNAUTHENTICATED,
    Outcome.DENIED: grpc.StatusCode.PERMISSION_DENIED,
}


@pytest.fixture
async def callers(tmp_path: Path, redis: Redis) -> list[Caller]:
    """Everybody."""
    issuer = Issuer(tmp_path / "keys.json")
    issuer.publish(one="ES256")
    return await Callers(redis, issuer).all()


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> ProcessSettings:
    """Of a server that takes keys and tokens."""
    (tmp_path / "pepper").write_bytes(PEPPER)
    return configured(
        ProcessSettings,
        auth="api-key,jwt",
        redis_url=redis_url,
        metrics_listen="",
        access_log=False,
        api_key_pepper_file=tmp_path / "pepper",
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        jwt_key_set=(tmp_path / "keys.json").as_uri(),
    )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.full_name)
async def test_everybody_gets_what_they_may(
    policy: MethodPolicy, callers: list[Caller], settings: ProcessSettings
) -> None:
    """By the access that the contract declares, and in the same words for every stranger."""
    async with serving(echo_lifespan(policy.service), settings) as served:
        for caller in callers:
            await _check(served, policy, caller)


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


async def test_the_matrix_is_complete(
    callers: list[Caller], capsys: pytest.CaptureFixture[str]
) -> None:
    """No method is without a declared access, and none is open to strangers."""
    for policy in POLICIES:
        assert policy.access, f"{policy.full_name} declares no access"
        expected = {caller.expected(policy) for caller in callers}
        assert {Outcome.STRANGER, Outcome.DENIED, Outcome.ADMITTED} == expected
    count, methods, everybody = len(POLICIES) * len(callers), len(POLICIES), len(callers)
    with capsys.disabled():
        print(f"\n{count} cases: {methods} methods, {everybody} callers")  # noqa: T201
