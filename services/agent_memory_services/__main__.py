"""Program of the command line: `python -m agent_memory_services`, installed as `agent-memory`."""

import importlib
import io
import os
import sys

from agent_memory_services.kit.contract.lasting import lasting


def main() -> None:
    """Run the command that the arguments name."""
    # Products of an owner's vectors take a fraction of a millisecond. Threads of the library for
    # them wait for each other, busily, for longer than that where the machine has other work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # What people wrote may hold letters that the encoding of a terminal or a pipe has not.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with lasting():
        commands = importlib.import_module("agent_memory_services.cli")
    commands.app()


if __name__ == "__main__":
    main()
