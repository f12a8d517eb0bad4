"""Where the demonstration happens: a terminal, a client and a list of what was checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from agent_memory_client import MemoryAPIClient

_ROLE_WIDTH = 10


@dataclass(slots=True)
class Stage:
    """Shows what happens and remembers whether it was what it should be."""

    console: Console
    memory: MemoryAPIClient
    failures: list[str] = field(default_factory=list)

    def act(self, title: str, text: str) -> None:
        """Open a new part of the demonstration."""
        self.console.print()
        self.console.print(Rule(f"[bold]{title}", align="left"))
        self.console.print(text, style="dim")
        self.console.print()

    def say(self, role: str, content: str) -> None:
        """Show a line of a conversation."""
        colour = {"user": "cyan", "assistant": "green"}.get(role, "yellow")
        line = Table.grid(padding=(0, 2))
        line.add_column(style=f"bold {colour}", justify="right", width=_ROLE_WIDTH)
        line.add_row(role, Text(content))
        self.console.print(line)

    def show(self, title: str, lines: Iterable[str]) -> None:
        """Show something that was stored, found or built."""
        self.console.print(Panel(Text("\n".join(lines)), title=title, title_align="left"))

    def check(self, claim: str, *, holds: bool) -> None:
        """Show whether a claim holds; one that does not fails the demonstration."""
        self.console.print(
            Text("  ✓ " if holds else "  ✗ ", "green" if holds else "bold red"), end=""
        )
        self.console.print(Text(claim))
        if not holds:
            self.failures.append(claim)


def mentions(text: str, words: Iterable[str]) -> bool:
    """Whether `text` holds every one of `words`, in any case."""
    folded = text.casefold()
    return all(word.casefold() in folded for word in words)
