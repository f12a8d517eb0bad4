"""A running stack called with anything, a minute in each way."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fuzz.calls.targets import TARGETS
from tests.fuzz.calls.world import World, opened

SECONDS = 60.0
SEED = 2026
LONGEST_SCRIPT_MS = 100.0

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """One stack for all of them: what one leaves is what the next one meets."""
    async with opened() as running:
        yield running


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", TARGETS)
async def test_whatever_is_called_is_answered_or_refused_with_a_reason(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No call is answered with INTERNAL or stops anything, and the stack is well afterwards.

    Always the same calls; `make fuzz` makes others each time.
    """
    tally = await TARGETS[name].run(world, seed=SEED, seconds=SECONDS)
    with capsys.disabled():
        print(f"\n{name}: {tally}")  # noqa: T201
    tally.check(LONGEST_SCRIPT_MS)
