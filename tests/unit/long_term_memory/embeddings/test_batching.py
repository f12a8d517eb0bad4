import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from itertools import count

import numpy as np
import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import (
    ProviderUnavailable,
    Vectors,
)
from agent_memory_services.long_term_memory.store.embeddings.local import (
    MAX_GATHERED_PIECES,
    MicroBatcher,
)
from tests.support.interruption import Interruption, Moment

DEADLINE = 5.0


class Worker:
    """Computes the length of each text, one text per forward, when the test lets it."""

    def __init__(self) -> None:
        self.turns: list[list[str]] = []
        self.threads: set[int] = set()
        self.started = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def compute(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Vectors]]:
        self.threads.add(threading.get_ident())
        self.turns.append(list(texts))
        self.started.release()
        assert self.gate.wait(DEADLINE)
        for position, text in enumerate(texts):
            if text == "poison":
                raise ArithmeticError("poison")
            if text == "forgotten":
                continue
            yield [position], np.array([[len(text)]], dtype=np.float32)

    async def busy(self) -> None:
        """Wait until a turn has started."""
        assert await asyncio.to_thread(self.started.acquire, timeout=DEADLINE)


@pytest.fixture
def worker() -> Worker:
    """A worker of this test's own."""
    return Worker()


@pytest.fixture
async def batcher(worker: Worker) -> AsyncIterator[MicroBatcher[str]]:
    """A batcher over the worker."""
    batcher: MicroBatcher[str] = MicroBatcher(worker.compute, dimension=1)
    yield batcher
    worker.gate.set()
    await batcher.aclose()


async def test_vectors_come_back_in_the_order_of_the_texts(batcher: MicroBatcher[str]) -> None:
    """Sorting and sharing inside is invisible outside."""
    vectors = await batcher.embed(["ccc", "a", "bb", "a"])

    assert vectors.tolist() == [[3], [1], [2], [1]]


async def test_work_runs_on_one_thread_that_is_not_the_loops(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """The event loop never computes."""
    await asyncio.gather(*(batcher.embed([str(number)]) for number in range(20)))

    assert len(worker.threads) == 1
    assert threading.get_ident() not in worker.threads


async def test_texts_gather_while_the_worker_is_busy(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """What arrives during a turn is the next turn, with equal texts computed once."""
    worker.gate.clear()
    first = asyncio.create_task(batcher.embed(["first"]))
    await worker.busy()
    others = [asyncio.create_task(batcher.embed([text])) for text in ("a", "bb", "a", "ccc")]
    await asyncio.sleep(0)
    worker.gate.set()
    answers = await asyncio.gather(first, *others)

    assert worker.turns == [["first"], ["a", "bb", "ccc"]]
    assert [answer.tolist() for answer in answers] == [[[5]], [[1]], [[2]], [[1]], [[3]]]


async def test_a_bulk_load_does_not_hold_up_a_query(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """Each turn takes from every caller, so a query is in the very next one."""
    worker.gate.clear()
    bulk = asyncio.create_task(batcher.embed([f"text {n}" for n in range(3 * MAX_GATHERED_PIECES)]))
    await worker.busy()
    query = asyncio.create_task(batcher.embed(["query"]))
    await asyncio.sleep(0)
    worker.gate.set()
    await query
    await bulk

    assert "query" in worker.turns[1]
    assert len(worker.turns) == 4


async def test_one_turn_is_bounded(batcher: MicroBatcher[str], worker: Worker) -> None:
    """Long texts fill a turn sooner than short ones."""
    await batcher.embed([f"{n:>256}" for n in range(20)])

    assert {len(turn) for turn in worker.turns} == {4}


async def test_a_cancelled_caller_is_skipped(batcher: MicroBatcher[str], worker: Worker) -> None:
    """Nobody computes for a caller that has left, and the others are served."""
    worker.gate.clear()
    first = asyncio.create_task(batcher.embed(["first"]))
    await worker.busy()
    leaving = asyncio.create_task(batcher.embed(["leaving"]))
    staying = asyncio.create_task(batcher.embed(["staying"]))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    worker.gate.set()
    await asyncio.gather(first, staying)

    assert worker.turns == [["first"], ["staying"]]
    assert leaving.cancelled()


async def test_cancelling_a_caller_in_a_turn_leaves_its_neighbours(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """A vector that nobody waits for any more is dropped."""
    worker.gate.clear()
    callers = [asyncio.create_task(batcher.embed([text])) for text in ("shared", "shared", "own")]
    await worker.busy()
    callers[0].cancel()
    worker.gate.set()

    assert (await callers[1]).tolist() == [[6]]
    assert (await callers[2]).tolist() == [[3]]


async def test_a_failed_turn_fails_all_its_callers_and_no_others(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """Everyone in the turn hears of it at once; the next turn is unharmed."""
    worker.gate.clear()
    failing = [asyncio.create_task(batcher.embed([text])) for text in ("poison", "after")]
    await worker.busy()
    later = asyncio.create_task(batcher.embed(["later"]))
    await asyncio.sleep(0)
    worker.gate.set()
    outcomes = await asyncio.gather(*failing, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [ArithmeticError, ArithmeticError]
    assert (await later).tolist() == [[5]]


async def test_vectors_made_before_a_failure_are_delivered(batcher: MicroBatcher[str]) -> None:
    """A forward that succeeded is not undone by the next."""
    outcomes = await asyncio.gather(
        *(batcher.embed([text]) for text in ("before", "poison")), return_exceptions=True
    )

    assert isinstance(outcomes[0], np.ndarray)
    assert isinstance(outcomes[1], ArithmeticError)


async def test_a_text_that_was_left_out_is_waited_for_by_nobody(batcher: MicroBatcher[str]) -> None:
    """Its callers hear of it, the others have their vectors, and the next turn is unharmed."""
    outcomes = await asyncio.gather(
        *(batcher.embed(texts) for texts in (["forgotten"], ["a", "forgotten"], ["bb"])),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes[:2]] == [ProviderUnavailable] * 2
    assert isinstance(outcomes[2], np.ndarray)
    assert (await batcher.embed(["later"])).tolist() == [[5]]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("place", ["begins a turn", "is in a turn", "waits for the next turn"])
async def test_a_cancellation_at_any_await_keeps_nobody_waiting(
    batcher: MicroBatcher[str], worker: Worker, place: str, moment: Moment
) -> None:
    """Wherever the caller is who leaves, the others are answered, and so are those who come."""
    before = [] if place == "begins a turn" else [["before"]]
    for at in count():
        worker.gate.clear()
        worker.started = threading.Semaphore(0)
        interruption = Interruption(at, moment)
        victim = interruption.around(batcher.embed(["bb", "shared"]))
        callers = [asyncio.ensure_future(batcher.embed(texts)) for texts in before]
        busy = place == "waits for the next turn"
        if busy:
            await worker.busy()
        callers.append(asyncio.ensure_future(_awaited(victim)))
        callers += [asyncio.ensure_future(batcher.embed(["shared", "ccc"])) for _ in range(2)]
        await (asyncio.sleep(0) if busy else worker.busy())
        worker.gate.set()
        async with asyncio.timeout(DEADLINE):
            await asyncio.wait(callers)
            *_, left, one, other = callers
            assert one.result().tolist() == other.result().tolist() == [[6], [3]]
            assert (await batcher.embed(["later"])).tolist() == [[5]]
        assert left.cancelled() == interruption.done
        if not interruption.done:
            assert at
            return


async def _awaited(what: Awaitable[Vectors]) -> Vectors:
    return await what


async def test_closing_fails_who_waits_and_finishes_who_runs(
    batcher: MicroBatcher[str], worker: Worker
) -> None:
    """No caller is left hanging."""
    worker.gate.clear()
    running = asyncio.create_task(batcher.embed(["running"]))
    await worker.busy()
    waiting = asyncio.create_task(batcher.embed(["waiting"]))
    await asyncio.sleep(0)
    closing = asyncio.create_task(batcher.aclose())
    with pytest.raises(ProviderUnavailable):
        await waiting
    worker.gate.set()
    await closing

    assert (await running).tolist() == [[7]]
    with pytest.raises(ProviderUnavailable):
        await batcher.embed(["late"])


async def test_no_texts_need_no_turn(batcher: MicroBatcher[str], worker: Worker) -> None:
    """An empty batch has the right width and wakes nobody."""
    assert (await batcher.embed([])).shape == (0, 1)
    assert worker.turns == []
