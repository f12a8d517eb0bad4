"""Two tenants that do everything to each other, under names made to break things."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.redis.client import connect
from tests.support.any_call import attempt
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.stores import empty

# Each the beginning of another, in the spelling of keys as well as in their own.
TENANTS = ("acme", "acme_3a", "acme:lt", "*")
NASTY = st.sampled_from(
    [
        *("", "*", "?", "[a-z]*", "a:b", "a", "b", "a_3ab", "__", "_", "{p00}", "}{", "\\", "\\*"),
        *("a|b", "a,b", "@user_id:{*}", "-@tenant:{acme}", ")=>[KNN 9 @v $b]", "(", "'", '"', "$b"),
        *("acme", "other", "../..", "%2e%2e", "\x00", "a\x00b", "\n", "\r\nx: y", "\u202e", "ﬀ"),
        *("é", "e\u0301", "A", " a", "a ", "null", "None", "0", "-1", "🜚", "a" * 60),
    ]
)
NAME = NASTY | st.text(max_size=12)
WORDS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("namespace", "session_id", "user_id", "session_uid"), NAME),
        **dict.fromkeys(("id", "memory_id", "job_id", "view_id"), NAME),
    }
)
SHOWING = ("ListSessions", "ListMemories", "ListJobs", "SearchMemories", "ListMessages")


def _secret(tenant: str) -> str:
    return f"canary{TENANTS.index(tenant)}x{TENANTS.index(tenant)}"


@dataclass
class World:
    """The suite, and every tenant's administrator."""

    runner: asyncio.Runner
    suite: GuardedSuite
    admins: dict[str, Metadata]
    outcomes: Counter[str] = field(default_factory=Counter)

    def call(self, tenant: str, policy: MethodPolicy, words: dict[str, Any]) -> str:
        """Everything that the tenant is answered; what it says itself holds its own secret."""
        said = {"content": _secret(tenant), "text": _secret(tenant), "query": "canary"}
        request = example(policy.request_type, {**words, "memory_ids": words["id"] or "a", **said})
        waits = policy.server_streaming and policy.deadline is None
        responses, error = self.runner.run(
            attempt(
                self.suite.channel(policy),
                policy,
                request,
                self.admins[tenant],
                timeout=0.05 if waits else 60,
            )
        )
        self.outcomes[error.code().name if error else "OK"] += 1
        return f"{responses}{error!r}"


@pytest.fixture
def world(redis_url: str, tmp_path: Path) -> Iterator[World]:
    """Nothing is stored yet."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> World:
            await empty(redis_url)
            redis = await stack.enter_async_context(connect(redis_url))
            suite = await stack.enter_async_context(guarded_suite(tmp_path, redis, redis_url))
            keys = {tenant: await suite.callers.key(Role.ADMIN, tenant) for tenant in TENANTS}
            return World(runner, suite, {tenant: bearer(key) for tenant, key in keys.items()})

        yield runner.run(start())
        runner.run(stack.aclose())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cases", [300, pytest.param(2_000, marks=pytest.mark.long)])
def test_tenants_never_meet(world: World, capsys: pytest.CaptureFixture[str], cases: int) -> None:
    """Whatever they call their things: no answer holds another's words, and no list gains one."""

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(TENANTS), st.sampled_from(POLICIES), WORDS)
    def hammer(tenant: str, policy: MethodPolicy, words: dict[str, Any]) -> None:
        _check(world, tenant, policy, words)

    hammer()
    for tenant in TENANTS:
        for policy in POLICIES:
            if policy.method in SHOWING:
                answer = _check(world, tenant, policy, {"user_id": "", "namespace": "", "id": ""})
                assert answer
    assert world.outcomes["OK"] > cases / 10
    assert world.outcomes["INTERNAL"] == world.outcomes["UNKNOWN"] == 0
    with capsys.disabled():
        print(f"\n{world.outcomes.total()} cases: {dict(world.outcomes)}")  # noqa: T201


def _check(world: World, tenant: str, policy: MethodPolicy, words: dict[str, Any]) -> str:
    answer = world.call(tenant, policy, words)
    for other in TENANTS:
        if other != tenant:
            assert _secret(other) not in answer, (tenant, policy.full_name, words)
    return answer
