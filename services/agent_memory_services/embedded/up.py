"""Stack in the foreground of a terminal."""

import asyncio
import signal
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.kit.contract.environment import SecretUrl

_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LABELS = {
    "working_memory": "working memory",
    "extraction": "extraction",
    "long_term_memory": "long-term memory",
}


def up(options: StackOptions, console: Console) -> None:
    """Run a stack until a signal ends it, and say on `console` where it listens.

    Raises:
        EmbeddedError: it could not start, or one of its processes ended unexpectedly.
    """
    if options.redis_url is not None:
        console.print(
            f"No store is started: {options.redis_url_from} names "
            f"{SecretUrl(options.redis_url).redacted}.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    with console.status("Starting ...") as status, asyncio.Runner() as runner:

        def ready(stack: Stack) -> None:
            status.stop()
            console.print(listing(stack, options))

        runner.run(_until_signal(options, ready))


async def _until_signal(options: StackOptions, ready: Callable[[Stack], None]) -> None:
    running = asyncio.create_task(_run(options, ready))
    for number in _ENDING_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        await running


async def _run(options: StackOptions, ready: Callable[[Stack], None]) -> None:
    async with Stack(options) as stack:
        ready(stack)
        await stack.watch()


def listing(stack: Stack, options: StackOptions) -> Table:
    """Return a table of the stack's addresses."""
    table = Table(title="Agent Memory is ready", title_justify="left", show_header=False)
    if options.gateway:
        table.add_row("gRPC, gRPC-Web, JSON", f"http://{stack.address}")
        if options.console:
            table.add_row("console", f"http://{stack.address}/console/")
    for name, label in _LABELS.items():
        table.add_row(label, f"{stack.services[name]} (gRPC)")
        table.add_row("  its metrics", f"http://{stack.metrics[name]}/metrics")
    store = SecretUrl(stack.redis_url).redacted
    given = "" if options.redis_url is None else f" (named by {options.redis_url_from})"
    table.add_row("store", f"{store}{given}")
    table.add_row("data and logs", str(options.state_dir))
    table.caption = "Ctrl-C stops everything; the data stays."
    return table
