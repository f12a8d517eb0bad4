"""Looking at jobs, trying them again, cancelling them."""

import pytest
from google.rpc.status_pb2 import Status

from agent_memory.extraction.v1.extraction_pb2 import JobState, SummaryView
from agent_memory_services.extraction.domain.failures import LeaseLost
from agent_memory_services.extraction.domain.views import ViewName
from agent_memory_services.extraction.queue.jobs import JobFilter
from agent_memory_services.extraction.store.views import ViewStore
from agent_memory_services.kit.contract.errors import InvalidState, JobNotFound
from tests.integration.extraction.queue import Queue, principal
from tests.support.sessions import message, session, submission


async def page_through(queue: Queue, wanted: JobFilter, limit: int) -> list[str]:
    """The session ids of all jobs that match, page by page."""
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await queue.jobs.page(principal(), wanted, after=after, limit=limit)
        assert len(page.jobs) <= limit
        found += [job.session.session_id for job in page.jobs]
        after = page.after
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_visit_every_job_once_the_latest_first(queue: Queue, limit: int) -> None:
    """Pages over all partitions give every job once, in order of creation."""
    receipts = [
        await queue.submit(submission(message(1), to=session(f"s{number}"))) for number in range(7)
    ]
    in_order = sorted(receipts, key=lambda receipt: receipt.job_id, reverse=True)
    found = await page_through(queue, JobFilter(), limit)
    assert sorted(found) == [f"s{number}" for number in range(7)]
    first = await queue.jobs.page(principal(), JobFilter(), limit=100)
    assert [job.id for job in first.jobs] == [receipt.job_id for receipt in in_order]


async def test_filters_mean_what_they_say(queue: Queue) -> None:
    """Session, namespace and state narrow the list, together too."""
    for number in range(6):
        await queue.submit(submission(message(1), to=session(f"s{number % 3}", uid=f"u{number}")))
    cancelled = (await queue.all_jobs())[0]
    await queue.jobs.cancel(principal(), cancelled.id)
    one = JobFilter(namespace="chat", session_id="s1")
    assert await page_through(queue, one, 1) == ["s1", "s1"]
    assert len(await page_through(queue, JobFilter(session_id="s1"), 2)) == 2
    assert await page_through(queue, JobFilter(namespace="other"), 2) == []
    state = JobState.JOB_STATE_CANCELLED
    assert await page_through(queue, JobFilter(state=state), 2) == [cancelled.session.session_id]


async def test_a_tenant_sees_and_changes_its_own_jobs_only(queue: Queue) -> None:
    """Another tenant's job does not exist, whoever knows its id."""
    receipt = await queue.submit(submission(message(1)))
    stranger = principal("other")
    for call in (queue.jobs.get, queue.jobs.cancel, queue.jobs.retry):
        with pytest.raises(JobNotFound):
            await call(stranger, receipt.job_id)
    assert await queue.all_jobs("other") == []
    assert await queue.states() == ["PENDING"]


async def test_a_limited_caller_sees_the_jobs_of_its_users_only(queue: Queue) -> None:
    """A credential for one user and namespace finds nothing of another."""
    receipt = await queue.submit(submission(message(1), user_id="alice"))
    alice = principal(users=frozenset({"alice"}), namespaces=frozenset({"chat"}))
    bob = principal(users=frozenset({"bob"}))
    elsewhere = principal(namespaces=frozenset({"mail"}))
    assert (await queue.jobs.get(alice, receipt.job_id)).id == receipt.job_id
    for limited in (bob, elsewhere):
        assert list((await queue.jobs.page(limited, JobFilter(), limit=10)).jobs) == []
        with pytest.raises(JobNotFound):
            await queue.jobs.cancel(limited, receipt.job_id)


async def test_a_waiting_job_can_be_cancelled(queue: Queue) -> None:
    """A cancelled job is not taken any more, and its session moves on."""
    receipt = await queue.submit(submission(message(1)))
    assert (await queue.jobs.cancel(principal(), receipt.job_id)).state == 5
    assert (await queue.jobs.cancel(principal(), receipt.job_id)).state == 5
    assert await queue.claim() is None
    assert await queue.extracted() == (1, 1)
    await queue.submit(submission(message(2)))
    assert [new.sequence for new in (await queue.must_claim()).messages] == [2]


async def test_a_running_job_can_be_cancelled(queue: Queue) -> None:
    """Its worker cannot settle it, and what waited behind it goes on."""
    await queue.submit(submission(message(1)))
    lease = await queue.must_claim()
    await queue.submit(submission(message(2)))
    assert await queue.claim() is None
    await queue.jobs.cancel(principal(), lease.job_id)
    with pytest.raises(LeaseLost):
        await queue.leases.complete(lease, [])
    assert [new.sequence for new in (await queue.must_claim()).messages] == [2]


async def test_a_cancelled_job_can_be_tried_again(queue: Queue) -> None:
    """Its messages are kept as long as its record."""
    receipt = await queue.submit(submission(message(1)))
    await queue.jobs.cancel(principal(), receipt.job_id)
    job = await queue.jobs.retry(principal(), receipt.job_id)
    assert job.state == JobState.JOB_STATE_PENDING
    assert not job.HasField("end_time")
    assert await queue.extracted() == (1, 0)
    assert [new.sequence for new in (await queue.must_claim()).messages] == [1]


async def test_states_that_do_not_fit_are_refused(queue: Queue) -> None:
    """What ended cannot be cancelled, and what goes well cannot be retried."""
    receipt = await queue.submit(submission(message(1)))
    with pytest.raises(InvalidState) as refused:
        await queue.jobs.retry(principal(), receipt.job_id)
    assert refused.value.metadata == {"state": "PENDING"}
    lease = await queue.must_claim()
    with pytest.raises(InvalidState):
        await queue.jobs.retry(principal(), receipt.job_id)
    await queue.leases.give_up(lease, Status(), strike=False)
    with pytest.raises(InvalidState):
        await queue.jobs.cancel(principal(), receipt.job_id)


@pytest.mark.parametrize("job_id", ["nothing", "nothing-3", "01J0000000000000000000000-99"])
async def test_an_unknown_job_is_not_found(queue: Queue, job_id: str) -> None:
    """Ids that were never given out are nobody's, in every call."""
    for call in (queue.jobs.get, queue.jobs.cancel, queue.jobs.retry):
        with pytest.raises(JobNotFound):
            await call(principal(), job_id)


@pytest.mark.parametrize("cancelled", [0, 60])
async def test_any_number_of_jobs_gets_its_turn_behind_another(
    queue: Queue, cancelled: int
) -> None:
    """They are let go some at a time, also where those that were let go are cancelled."""
    ids = []
    for number in range(70):
        await queue.submit(submission(message(number + 1)))
        lease = await queue.must_claim()
        await queue.leases.give_up(lease, Status(), strike=False)
        ids.append(lease.job_id)
    await queue.submit(submission(message(71)))
    active = await queue.must_claim()
    for job_id in ids:
        await queue.jobs.retry(principal(), job_id)
    while await queue.poll():
        assert await queue.claim() is None
    await queue.leases.complete(active, [])
    for job_id in ids[:cancelled]:
        await queue.jobs.cancel(principal(), job_id)
    settled = 0
    while claimed := await queue.claim():
        await queue.leases.complete(claimed, [])
        settled += 1
    assert settled == 70 - cancelled


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_view_is_deleted_with_any_number_of_jobs(queue: Queue, forgotten: bool) -> None:
    """Its jobs are cancelled or forgotten some at a time, and it goes last."""
    views = ViewStore(queue.store)
    name = ViewName("default", "v")
    await views.create(name, SummaryView(id="v", etag="e"))
    kept = await views.find(name)
    assert kept is not None
    for _ in range(120):
        await views.schedule(kept, only_changed=False)
        lease = await queue.leases.claim(name.partition(queue.store.partitions), "default")
        assert lease is not None
        await queue.leases.give_up(lease, Status(), strike=False)
    assert await views.delete(kept, forget_jobs=forgotten)
    assert await views.find(name) is None
    assert await queue.states() == ([] if forgotten else ["CANCELLED"] * 120)
    assert not await views.delete(kept)
