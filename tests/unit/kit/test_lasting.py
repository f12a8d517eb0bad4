"""What lasts as long as the process costs no garbage collection."""

import gc

import pytest

from agent_memory_services.kit.contract.lasting import lasting


def test_what_a_block_makes_is_looked_at_no_more() -> None:
    """Nothing is collected within, and what is there at its end never."""
    with lasting():
        assert not gc.isenabled()
        made: list[object] = []
        made.append(made)
        before = gc.get_freeze_count()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
        assert not any(each is made for each in gc.get_objects())
    finally:
        made.clear()


def test_blocks_within_blocks_leave_collection_as_it_was() -> None:
    """Also where one fails; only the outermost collects again."""
    with lasting():
        with pytest.raises(RuntimeError), lasting():
            raise RuntimeError
        assert not gc.isenabled()
    assert gc.isenabled()
