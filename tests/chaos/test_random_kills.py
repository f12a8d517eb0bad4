"""A short run of the program that kills everything at random; `tests.chaos.run` plays long ones."""

from pathlib import Path

from tests.chaos.run import play

SEED, SECONDS = 11, 8.0


async def test_what_was_acknowledged_survives_random_kills(tmp_path: Path) -> None:
    """Whatever dies, every message is in the log and every fact is known, once."""
    tally = await play(tmp_path, SEED, SECONDS)
    assert all(tally.kills.values())
    assert tally.messages.once > 50
    assert tally.perfect, tally
