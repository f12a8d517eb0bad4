"""The tool that tells the time; it needs no server."""

from datetime import UTC, datetime

from agent_memory_client.calls import MemoryCalls
from agent_memory_client.tools import arguments
from agent_memory_client.tools.answer import ToolAnswer
from agent_memory_client.tools.scope import ToolScope


async def get_current_datetime(
    _client: MemoryCalls, _scope: ToolScope, _asked: arguments.GetCurrentDatetime
) -> ToolAnswer:
    """The time of this machine."""
    now = datetime.now(UTC)
    result = {"iso_utc": now.isoformat(timespec="seconds"), "unix_ts": int(now.timestamp())}
    return ToolAnswer(result, f"It is {now:%A, %Y-%m-%d %H:%M} UTC.")
