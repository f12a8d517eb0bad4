"""Calls of one kind that wait for a place."""

import pytest

from agent_memory_services.kit.contract.errors import Overloaded
from agent_memory_services.kit.server.steps.admission import WaitingLine

TAKES = 0.01


class Served:
    """A line before a server that answers one call after the other."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.line = WaitingLine(now)
        self.refused = 0

    def arrive(self, calls: int) -> None:
        """Let so many come, who wait if they may."""
        for _ in range(calls):
            self.line.arrived(self.now)
            if self.line.closed:
                self.line.refused()
                self.refused += 1
            else:
                self.line.join(object(), 1, self.now)

    def answer(self, calls: int) -> None:
        """Answer so many, and let in those that wait."""
        for _ in range(calls):
            self.now += TAKES
            self.line.ended(self.now)
            if self.line:
                self.line.let_in()


async def test_the_first_to_come_is_the_first_to_be_let_in() -> None:
    """Whoever left the line in between."""
    line = WaitingLine(0.0)
    places = [line.join(number, 1, 0.0) for number in range(4)]
    line.leave(places[1])
    for number, place in ((0, places[0]), (2, places[2]), (3, places[3])):
        assert line.first == number
        line.let_in()
        assert place.done()
    assert not places[1].done()
    assert (line.first, len(line)) == (None, 0)


async def test_who_is_about_to_leave_is_passed_over() -> None:
    """A place given to nobody would never come back."""
    line = WaitingLine(0.0)
    places = [line.join(number, 1, 0.0) for number in range(3)]
    places[0].cancel()
    places[1].set_result(None)
    assert (line.first, len(line)) == (2, 1)
    places[2].cancel()
    assert (line.first, len(line)) == (None, 0)


async def test_a_burst_may_wait_as_long_as_it_takes() -> None:
    """However long the line is that it makes."""
    served = Served()
    served.arrive(2000)
    while served.line:
        served.answer(1)
        assert not served.line.closed
    assert served.now > 19


async def test_callers_who_wait_for_their_answers_are_no_crowd() -> None:
    """However many: for each that is answered one comes."""
    served = Served()
    served.arrive(200)
    for _ in range(6000):
        served.answer(1)
        served.arrive(1)
    assert served.refused == 0


async def test_bursts_that_have_time_to_end_are_no_crowd() -> None:
    """Though one comes before the last is answered."""
    served = Served()
    for _ in range(20):
        served.arrive(150)
        served.answer(200)
    assert served.refused == 0


async def test_a_lasting_crowd_closes_the_line_until_it_is_gone() -> None:
    """After some seconds, so that accepted calls are quick again."""
    served = Served()
    for _ in range(1000):
        served.answer(1)
        served.arrive(4)
    assert served.line.closed
    assert len(served.line) < 1500
    served.answer(500)
    assert not served.line.closed


async def test_a_crowd_that_comes_in_fits_and_starts_is_one() -> None:
    """A busy process looks at hundreds in one second and at few in the next."""
    served = Served()
    for second in range(20):
        served.arrive(400 if second % 3 else 50)
        served.answer(100)
    assert served.line.closed
    served.refused = 0
    for second in range(20):
        served.arrive(400 if second % 3 else 50)
        served.answer(100)
        assert served.line.closed
    assert served.refused > 5000


async def test_a_closed_line_is_open_again_after_a_pause() -> None:
    """Whoever comes when the crowd has gone hears nothing of it."""
    served = Served()
    for _ in range(1000):
        served.answer(1)
        served.arrive(4)
    assert served.line.closed
    served.now += 10
    served.arrive(1)
    assert not served.line.closed


async def test_who_is_sent_away_is_told_so() -> None:
    """All but the first of each holder, each by an error of its own."""
    line = WaitingLine(0.0)
    kept, *places = [line.join(number, 1, 0.0) for number in range(4)]
    other = line.join(4, 1, 0.0, "other")
    line.send_away(Overloaded)
    assert len(line) == 2
    assert not kept.done()
    assert not other.done()
    for place in places:
        with pytest.raises(Overloaded):
            await place
    assert len({id(place.exception()) for place in places}) == 3


async def test_holders_take_turns() -> None:
    """Who asks for little does not wait for who asks for much, and expects as much."""
    line = WaitingLine(0.0)
    for number in range(100):
        line.join(("much", number), 1, 0.0, "much")
    line.ended(2.0)
    assert line.expected_seconds("much") == pytest.approx(101 * 2.0)
    assert line.expected_seconds("little") == pytest.approx(2 * 2.0)
    for number in range(2):
        line.join(("little", number), 1, 0.0, "little")
    order = []
    while line:
        order.append(line.first)
        line.let_in()
    assert order[:5] == [("much", 0), ("little", 0), ("much", 1), ("little", 1), ("much", 2)]
    assert order[5:] == [("much", number) for number in range(3, 100)]


async def test_a_closed_line_has_a_place_for_each_holder() -> None:
    """A crowd of one locks out nobody else."""
    served = Served()
    for _ in range(1000):
        served.answer(1)
        served.arrive(4)
    line = served.line
    assert line.closed
    line.send_away(Overloaded)
    assert not line.admits("")
    assert line.admits("other")
    line.join("other", 1, served.now, "other")
    assert not line.admits("other")


async def test_the_wait_is_known_by_what_was_measured() -> None:
    """Once all that ran when the line began are over: the first end tells of all of them."""
    line = WaitingLine(0.0)
    for number in range(100):
        line.join(number, 10, 0.0)
    for end in range(1, 10):
        line.ended(1.0 + 0.001 * end)
        line.let_in()
        assert line.expected_seconds() == 0
    line.ended(2.0)
    assert line.expected_seconds() == pytest.approx(92 * 2.0 / 10, rel=0.05)


async def test_the_first_second_tells_nothing_about_the_wait() -> None:
    """A process that is busy with the arrival of a burst answers slowly."""
    line = WaitingLine(0.0)
    for number in range(100):
        line.join(number, 1, 0.0)
    line.ended(0.5)
    assert line.expected_seconds() == 0
    line.ended(1.0)
    assert line.expected_seconds() == pytest.approx(101 * 0.5)


async def test_a_new_line_is_measured_anew() -> None:
    """What was slow may be quick now."""
    line = WaitingLine(0.0)
    line.join(0, 1, 0.0)
    line.ended(9.0)
    assert line.expected_seconds() == pytest.approx(18.0)
    line.let_in()
    line.join(1, 1, 10.0)
    assert line.expected_seconds() == 0
