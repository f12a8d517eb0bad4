"""Files of the Python client that are generated from its other files.

From the asynchronous client under `_async` comes the synchronous one under `_sync`, token by token;
from the conditions in `filters` come the keyword arguments that searches and listings share.
"""

import re
import subprocess
import sys
from pathlib import Path

from agent_memory_client.filters import FIELDS, Condition

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "clients/python/agent_memory_client"
CRITERIA = CLIENT / "models/_criteria.py"
SOURCE, TARGET = CLIENT / "_async", CLIENT / "_sync"

# Pattern in the asynchronous client -> what stands there in the synchronous one; in this order.
_TOKENS = (
    (r"  # noqa: ASYNC\d+[^\n]*", ""),
    (r"\n +close = aclose\n", "\n"),
    (r"from agent_memory_client._connection import AnyIterable\n", ""),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsyncGenerator\[(.+?), None\]:", r"Generator[\1, None, None]:"),
    (r"\bAwaitable\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1"),
    (r"\bAnyIterable\b", "Iterable"),
    (r"\bAsync(Iterator|Iterable|Generator|Connection)\b", r"\1"),
    (r"\bConnection\b", "SyncConnection"),
    (r"\baclosing\b", "closing"),
    (r"\baclose\b", "close"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\bimport asyncio\b", "import time"),
    (r"\bMemoryAPIClient\b", "MemoryClient"),
    (r"\bcreate_memory_client\b", "create_sync_memory_client"),
    (r"\bagent_memory_client\._async\b", "agent_memory_client._sync"),
    (r"\bfor asynchronous code\b", "for threads, scripts and notebooks"),
    (r"\bAsynchronous\b", "Synchronous"),
    (r"\bin an event loop\b", "in the calling thread"),
    (r"\bevent loops and threads\b", "threads"),
    (r", from any event loop,", ""),
)
_KINDS = {
    "TagCondition": "str | Operators | _conditions.TagCondition",
    "TypeCondition": "str | Operators | _conditions.TypeCondition",
    "StrategyCondition": "str | Operators | _conditions.StrategyCondition",
    "TimeCondition": "datetime | str | Operators | _conditions.TimeCondition",
    "NumberCondition": "int | Operators | _conditions.NumberCondition",
    "FlagCondition": "bool | Operators | _conditions.FlagCondition",
    "MetadataCondition": "Operators | _conditions.MetadataCondition",
}


def generate_client() -> None:
    """Write the generated files of the client."""
    TARGET.mkdir(exist_ok=True)
    sources = sorted(SOURCE.glob("*.py"))
    for stale in {path.name for path in TARGET.glob("*.py")} - {path.name for path in sources}:
        (TARGET / stale).unlink()
    for source in sources:
        header = f"# Generated from _async/{source.name} by scripts/generate.py; do not edit.\n"
        (TARGET / source.name).write_text(header + synchronous(source.read_text("utf-8")), "utf-8")
    CRITERIA.write_text(criteria(), "utf-8")
    targets = (TARGET, CRITERIA)
    # Imports that only the asynchronous client needs, and their order.
    _ruff("check", "--quiet", "--fix", "--unsafe-fixes", "--select", "I,F401,UP028", *targets)
    _ruff("format", "--quiet", *targets)


def synchronous(code: str) -> str:
    """Translate a module of the asynchronous client."""
    for pattern, replacement in _TOKENS:
        code = re.sub(pattern, replacement, code)
    return code


def criteria() -> str:
    """Spell the keyword arguments, and the model of the same fields."""
    kinds = {name: _kind(condition) for name, condition in FIELDS.items()}
    arguments = "\n".join(f"    {name}: {_KINDS[kind]} | None" for name, kind in kinds.items())
    fields = "\n".join(f"    {name}: Any = None" for name in kinds)
    return f'''# Generated from filters.py by scripts/generate.py; do not edit.
"""Conditions as keyword arguments, which searches and listings share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from pydantic import Field

from agent_memory_client import _conditions
from agent_memory_client._types import Model, Text

Operators = Mapping[str, Any]


class FilterArguments(TypedDict, total=False):
    """Conditions; a plain value means equality. See `agent_memory_client.filters`."""

    filters: Mapping[str, Any] | None
    time_zone: str | None
{arguments}


class FilterCriteria(Model):
    """Conditions on memories: the keyword arguments of a listing as one value.

    `filters` holds conditions by field (see `agent_memory_client.filters`); the other fields are
    conditions of their own. All of them must hold.
    """

    filters: dict[str, Any] | None = None
    time_zone: Text | None = Field(
        default=None,
        description="IANA zone in which days of the conditions, and times of a question, are "
        "meant; UTC when absent.",
    )
{fields}
'''


def _kind(condition: type[Condition]) -> str:
    return next(kind.__name__ for kind in condition.__mro__ if kind.__name__ in _KINDS)


def _ruff(*command: str | Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([str(ruff), *map(str, command)], cwd=ROOT, check=True)


if __name__ == "__main__":
    generate_client()
