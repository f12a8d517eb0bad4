"""What earlier pages showed."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.cursors import encode_cursor
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.search import SearchCursor

HITS = [Candidate(Memory(id=f"memory {at}")) for at in range(2000)]


def read(size: int, orders: list[list[Candidate]]) -> list[str]:
    """Page through rankings of which each page sees the next one."""
    place, shown = SearchCursor(asked_at=5), []
    for at in range(len(orders[0]) // size + 1):
        page = place.following(orders[at % len(orders)])[:size]
        shown += [hit.memory.id for hit in page]
        place = SearchCursor.unpack(place.after(page, len(orders[0])).pack())
    return shown


@given(st.integers(1, 50), st.randoms(use_true_random=False))
def test_each_hit_once_whatever_the_order(size: int, random: Random) -> None:
    """Rankings that are shuffled between two pages still show every hit exactly once."""
    few = HITS[:50]
    orders = [random.sample(few, len(few)) for _ in range(7)]
    assert sorted(read(size, orders)) == sorted(hit.memory.id for hit in few)


def test_deep_pages_go_on() -> None:
    """Past what is remembered one by one, a stable ranking still shows every hit once."""
    swapped = [*HITS[1::-1], *HITS[2:]]
    assert sorted(read(100, [HITS, swapped])) == sorted(hit.memory.id for hit in HITS)


def test_a_token_stays_within_its_limit() -> None:
    """However far a reader went, the token is one that the contract takes."""
    place = SearchCursor(2**53 - 1).after(HITS, 2**40)
    assert place.shown == 2000
    assert len(encode_cursor(place.pack(), b"binding")) <= 4096
    assert SearchCursor.unpack(place.pack()) == place
