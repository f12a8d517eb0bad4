"""Program of the command line: `python -m agent_memory_services`, installed as `agent-memory`."""

import importlib

from agent_memory_services.kit.contract.lasting import lasting


def main() -> None:
    """Run the command that the arguments name."""
    with lasting():
        commands = importlib.import_module("agent_memory_services.cli")
    commands.app()


if __name__ == "__main__":
    main()
