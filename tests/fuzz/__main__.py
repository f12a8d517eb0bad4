"""Feed parsers and a running stack with anything: `python -m tests.fuzz --seconds 120`.

    python -m tests.fuzz --list
    python -m tests.fuzz --seconds 600 filters masks
    python -m tests.fuzz --seconds 1800 --seed 7 typed-grpc typed-json wire-grpc wire-http

A finding is printed with the smallest input that shows it, and the exit code is 1. Calls follow
from the seed, and from the names and tokens that answers told before.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from tests.fuzz.calls import targets as calls
from tests.fuzz.calls.world import opened
from tests.fuzz.targets import TARGETS

_SCRIPT_MS = 100.0


def main() -> int:
    """Fuzz what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="all of them where none is named")
    parser.add_argument("--seconds", type=float, default=120.0, help="for each")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="of the calls")
    parser.add_argument("--list", action="store_true", help="tell the names and leave")
    asked = parser.parse_args()
    known = [*TARGETS, *calls.TARGETS]
    if unknown := set(asked.names) - set(known):
        parser.error(f"no target is called {min(unknown)}")
    names = asked.names or known
    if asked.list:
        print("\n".join(known))  # noqa: T201
        return 0
    for name in names:
        if name in TARGETS:
            count = TARGETS[name].run_for(asked.seconds)
            print(f"{name}: {count} inputs, nothing found", flush=True)  # noqa: T201
    found = asyncio.run(_call([n for n in names if n in calls.TARGETS], asked.seed, asked.seconds))
    return 1 if found else 0


async def _call(names: Sequence[str], seed: int, seconds: float) -> bool:
    """Call one stack in these ways; whether anything was found."""
    found = False
    if not names:
        return found
    async with opened() as world:
        for name in names:
            tally = await calls.TARGETS[name].run(world, seed, seconds=seconds)
            print(f"{name}: {tally}", flush=True)  # noqa: T201
            try:
                tally.check(_SCRIPT_MS)
            except AssertionError as finding:
                print(finding, flush=True)  # noqa: T201
                found = True
    return found


if __name__ == "__main__":
    sys.exit(main())
