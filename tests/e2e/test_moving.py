"""The commands `export` and `import`, through the gateway of a running stack."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")


def command(
    *arguments: str, stack: Stack, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `agent-memory` against the stack."""
    return subprocess.run(
        [sys.executable, "-m", "agent_memory_services", *arguments],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "AGENT_MEMORY_CLIENT_BASE_URL": f"http://{stack.address}"},
    )


async def test_memories_move_from_one_tenant_to_another(stack: Stack, tmp_path: Path) -> None:
    """Into a file and through a pipe, and search finds them on the other side."""
    url = f"http://{stack.address}"
    async with MemoryAPIClient(url, tenant="here") as here:
        await here.create_long_term_memories(
            [{"text": f"Guest {n} likes oolong", "user_id": "tess"} for n in range(120)],
            deduplicate=False,
        )
    file = tmp_path / "memories.jsonl"
    done = command("export", str(file), "--tenant", "here", stack=stack)
    assert (done.returncode, done.stderr.decode().splitlines()[-1:]) == (
        0,
        ["120 memories exported"],
    )
    piped = command("export", "-", "--tenant", "here", "--user", "tess", stack=stack)
    assert piped.stdout == file.read_bytes()
    assert len({json.loads(line)["id"] for line in piped.stdout.splitlines()}) == 120
    done = command("import", "-", "--tenant", "there", stack=stack, given=piped.stdout)
    assert done.returncode == 0, done.stderr
    async with MemoryAPIClient(url, tenant="there") as there:
        found = await there.search_long_term_memory("oolong", filters={"user_id": {"eq": "tess"}})
        assert found.total == 120
        assert found.memories
