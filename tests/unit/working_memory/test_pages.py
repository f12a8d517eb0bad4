"""Places in this service's lists, as tokens spell them."""

from agent_memory_services.working_memory.api.translate import (
    read_position,
    read_sequence,
    spell_position,
    spell_sequence,
)
from agent_memory_services.working_memory.store.listings import ListingPosition


def test_places_are_read_as_they_were_spelt() -> None:
    """Whatever the names in them hold."""
    position = ListingPosition(17, b"chat:s1:x")
    assert read_position(spell_position(position)) == position
    assert read_sequence(spell_sequence("uid", 9)) == ("uid", 9)
