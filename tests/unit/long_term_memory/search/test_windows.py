"""How deep the legs are read."""

from agent_memory_services.long_term_memory.search.windows import Windows


def test_windows_grow_up_to_the_last() -> None:
    """Each depth is a multiple of the one before, and the last one ends it."""
    windows = Windows(first=10, growth=4, last=500)
    assert list(windows.up_to(10)) == [10]
    assert list(windows.up_to(160)) == [10, 40, 160]
    assert (windows.after(10), windows.after(160), windows.after(500)) == (40, 500, 500)


def test_a_place_is_reached_without_reading_every_window() -> None:
    """A deep page starts at the first depth that can hold it."""
    windows = Windows(first=10, growth=4, last=500)
    assert [windows.reaching(place) for place in (0, 9, 10, 39, 40, 10_000)] == [
        *(10, 10, 40, 40, 160, 500)
    ]
