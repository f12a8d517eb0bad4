"""Runs the Python blocks of a guide, as a reader would paste them into one interpreter."""

import ast
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: where it starts in the guide, and its code as it stands."""

    guide: Path
    line: int
    source: str

    def compile(self) -> CodeType:
        """Compile it with `await` allowed at the top level, like a notebook does."""
        padding = "\n" * self.line
        return compile(
            padding + self.source,
            str(self.guide),
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )


def python_blocks(guide: Path) -> list[Block]:
    """The guide's Python blocks in order."""
    text = guide.read_text(encoding="utf-8")
    return [
        Block(guide, text.count("\n", 0, match.start()) + 1, match.group(1))
        for match in _FENCE.finditer(text)
    ]


async def run_block(block: Block, names: dict[str, Any], supplied: Mapping[str, Any]) -> None:
    """Run a block in `names`, after adding what its prose leaves undefined."""
    names.update(supplied)
    result = eval(block.compile(), names)
    if inspect.isawaitable(result):
        await result
