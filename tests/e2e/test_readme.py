"""The README's claims about the running product."""

import re
from pathlib import Path

import grpc
import pytest

from agent_memory_services.embedded.stack import Stack
from tests.e2e.markdown import Block, python_blocks, run_block
from tests.support.any_call import attempt
from tests.support.contracts import POLICIES
from tests.support.example_requests import example

pytestmark = pytest.mark.asyncio(loop_scope="module")

README = Path(__file__).parents[2] / "README.md"
# A stream without an end is served if it is still open after this many seconds.
PATIENCE = 1.0


def promised() -> set[str]:
    """The RPCs of the README's table, as `Service/Method`."""
    rows = re.findall(r"^\| `(\w+Service)` \|(.*)\|$", README.read_text(), re.MULTILINE)
    return {f"{service}/{name}" for service, row in rows for name in re.findall(r"`(\w+)`", row)}


async def test_the_table_names_the_calls_and_all_are_served(stack: Stack) -> None:
    """Every RPC of the contracts stands in the table, and the gateway answers it."""
    refused = []
    async with grpc.aio.insecure_channel(str(stack.address)) as channel:
        for policy in POLICIES:
            _, error = await attempt(
                channel, policy, example(policy.request_type), timeout=PATIENCE
            )
            if error is not None and error.code() == grpc.StatusCode.UNIMPLEMENTED:
                refused.append(policy.full_name)
    assert not refused
    assert promised() == {policy.full_name.rpartition(".")[2] for policy in POLICIES}


async def test_the_first_program_runs(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """The ten-line program prints a prompt that knows what was said."""
    (block,) = python_blocks(README)
    source = block.source.replace("http://localhost:8000", f"http://{stack.address}")
    assert "asyncio.run(main())" in source
    # A loop is running here already, so the program's own is replaced by awaiting.
    source = source.replace("asyncio.run(main())", "await main()")
    await run_block(Block(block.guide, block.line, source), {"__name__": "program"}, {})
    assert "User is vegetarian" in capsys.readouterr().out
