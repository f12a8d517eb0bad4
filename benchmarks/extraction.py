"""Messages that the local extractor reads in a second, and the memory that its parser takes.

    python benchmarks/extraction.py [--rounds 3] [--threads 2]

The golden messages are read in windows of twenty, as the service reads a busy session, by as many
threads as there are cores. Goal: 100 messages a second on two cores.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent_memory_services.evaluation.golden import read_golden
from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor

GOAL = 100.0
WINDOW = 20


def resident() -> float:
    """Megabytes of memory that this process holds."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def windows(rounds: int) -> list[Conversation]:
    """The golden messages, several times over, in windows."""
    golden = [each for _ in range(rounds) for each in read_golden()]
    turns = [
        Turn(str(number), turn.role, turn.text, each.said, turn.name)
        for number, (each, turn) in enumerate((one, turn) for one in golden for turn in one.turns)
    ]
    return [Conversation(turns[at : at + WINDOW]) for at in range(0, len(turns), WINDOW)]


def main() -> None:
    """Measure, print, and exit with 1 below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    extractor, before = LocalExtractor(), resident()
    work = windows(arguments.rounds)
    extractor.find(work[0])
    loaded, started, spent = resident(), time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(arguments.threads) as pool:
        facts = sum(len(found) for found in pool.map(extractor.find, work))
    seconds = time.perf_counter() - started
    messages = sum(len(window.turns) for window in work)
    rate = messages / seconds
    print(f"{messages} messages, {facts} facts")
    each_ms = 1000 * (time.process_time() - spent) / messages
    print(f"{rate:.0f} messages/s; {each_ms:.2f} ms of processor each")
    print(f"resident: {before:.0f} MB before the parser, {loaded:.0f} MB with it")
    print(f"resident: {resident():.0f} MB at the end")
    sys.exit(rate < GOAL)


if __name__ == "__main__":
    main()
