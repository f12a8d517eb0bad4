"""Feed parsers with anything until the time is up: `python -m tests.fuzz --seconds 120`.

    python -m tests.fuzz --list
    python -m tests.fuzz --seconds 600 filters masks

A finding is printed with the smallest input that shows it, and the exit code is 1.
"""

import argparse
import sys

from tests.fuzz.targets import TARGETS


def main() -> int:
    """Fuzz what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="all of them where none is named")
    parser.add_argument("--seconds", type=float, default=120.0, help="for each")
    parser.add_argument("--list", action="store_true", help="tell the names and leave")
    asked = parser.parse_args()
    if unknown := set(asked.names) - TARGETS.keys():
        parser.error(f"no target is called {min(unknown)}")
    names = asked.names or list(TARGETS)
    if asked.list:
        print("\n".join(TARGETS))  # noqa: T201
        return 0
    for name in names:
        count = TARGETS[name].run_for(asked.seconds)
        print(f"{name}: {count} inputs, nothing found", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
