"""How many calls of one kind may run at a time."""

from collections.abc import Callable

import pytest

from agent_memory_services.kit.server.steps.congestion import CongestionLimit

ALONE = 0.01
FEWEST = 16
MOST = 256
CROWD = 300


class Clocked:
    """A limit whose calls take as long as a server makes them take."""

    def __init__(self) -> None:
        self.now = 0.0
        self.limit = CongestionLimit(FEWEST, MOST, 3.0, self.now)

    def begin(self, offered: int) -> list[object]:
        """Let in what may run of so many calls, and refuse the others."""
        calls: list[object] = [object() for _ in range(offered)]
        begun = [call for call in calls if self.limit.begin(call, self.now)]
        for _ in range(offered - len(begun)):
            self.limit.refuse()
        return begun

    def run(
        self,
        seconds: float,
        *,
        offered: int,
        takes: Callable[[int], float] = lambda running: ALONE * running,
    ) -> None:
        """Offer so many calls at a time for so long; each takes what `takes` says of them all."""
        ends = self.now + seconds
        while self.now < ends:
            calls = self.begin(offered)
            took = takes(len(calls))
            self.now += took
            for call in calls:
                self.limit.learn(self.limit.end(call, self.now), self.now)


@pytest.mark.no_cover  # thousands of calls through the lines of the others
def test_calls_that_wait_for_each_other_are_let_in_sparingly() -> None:
    """Down to a number at which they are quick again."""
    clocked = Clocked()
    clocked.run(2, offered=1)
    assert clocked.limit.limit == FEWEST
    clocked.run(20, offered=CROWD)
    assert 4 <= clocked.limit.limit <= 8


def test_the_fewest_are_never_refused() -> None:
    """As many callers as that wait for each other rather than for a second attempt."""
    clocked = Clocked()
    clocked.run(2, offered=1)
    clocked.run(20, offered=16)
    assert len(clocked.begin(17)) == 16


def test_where_few_are_refused_the_fewest_stay_what_they_are() -> None:
    """A crowd that is a little too large is not made to pay for it."""
    clocked = Clocked()
    clocked.run(2, offered=1)
    clocked.run(20, offered=24)
    assert 16 <= clocked.limit.limit <= 18


@pytest.mark.no_cover  # thousands of calls through the lines of the others
def test_overdue_calls_keep_others_out_before_any_of_them_ends() -> None:
    """As many as a burst may be come in; half a second later nobody more until they end."""
    clocked = Clocked()
    clocked.run(5, offered=MOST, takes=lambda _: ALONE)
    calls = clocked.begin(30)
    clocked.now += 0.2
    calls += clocked.begin(5)
    assert len(calls) == 35
    clocked.now += 0.3
    assert clocked.begin(5) == []
    for call in calls[:20]:
        clocked.limit.end(call, clocked.now)
    assert len(clocked.begin(5)) == 1
    assert clocked.limit.running == 16


def test_calls_that_wait_for_somebody_else_are_not() -> None:
    """A slow model is no reason to ask it less often at a time."""
    clocked = Clocked()
    clocked.run(20, offered=CROWD, takes=lambda _: 2.0)
    assert clocked.limit.limit == MOST


def test_calls_that_do_not_wait_for_each_other_soon_run_together() -> None:
    """The number doubles as long as nothing speaks against it."""
    clocked = Clocked()
    clocked.run(1, offered=CROWD, takes=lambda _: ALONE)
    assert clocked.limit.limit == MOST


def test_what_is_not_used_does_not_grow() -> None:
    """Few quick calls say nothing about many."""
    clocked = Clocked()
    clocked.run(60, offered=2, takes=lambda _: ALONE)
    assert clocked.limit.limit == FEWEST


@pytest.mark.no_cover  # thousands of calls through the lines of the others
def test_the_limit_is_forgotten_when_calls_are_quick_again() -> None:
    """Within a few seconds."""
    clocked = Clocked()
    clocked.run(2, offered=1)
    clocked.run(20, offered=CROWD)
    clocked.run(10, offered=CROWD, takes=lambda _: ALONE)
    assert clocked.limit.limit == MOST


def test_calls_that_have_become_slower_for_good_are_no_crowd() -> None:
    """More data makes a search slower at any number; that is learnt in time."""
    clocked = Clocked()
    clocked.run(2, offered=1)
    clocked.run(120, offered=40, takes=lambda _: 20 * ALONE)
    assert clocked.limit.limit > 40


def test_a_limit_below_the_fewest_stands() -> None:
    """Who allows ten calls at a time gets no more."""
    limit = CongestionLimit(16, 10, 3.0, 0.0)
    assert limit.limit == 10
    assert all(limit.begin(call, 0.0) for call in range(10))
    assert not limit.begin(10, 0.0)
