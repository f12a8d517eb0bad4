"""Views that refresh themselves, and what they leave alone."""

import asyncio

from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import JobState, SummaryPartition, SummaryView
from tests.integration.extraction.views.conftest import World, Worlds
from tests.integration.extraction.views.test_running import tell
from tests.support.openai_server import ScriptedModel, conversation_of


async def jobs(world: World) -> int:
    """How many jobs the tenant has."""
    page = await world.call(world.extraction, "ListJobs", pb.ListJobsRequest(page_size=1000))
    assert all(job.state != JobState.JOB_STATE_FAILED for job in page.jobs)
    return len(page.jobs)


async def settled(world: World) -> int:
    """How many jobs the tenant has, once none of them is under way and no other one comes."""
    quiet, before = 0, -1
    async with asyncio.timeout(120):
        while quiet < 5:
            page = await world.call(world.extraction, "ListJobs", pb.ListJobsRequest())
            done = all(job.state == JobState.JOB_STATE_SUCCEEDED for job in page.jobs)
            quiet = quiet + 1 if done and len(page.jobs) == before else 0
            before = len(page.jobs)
            await asyncio.sleep(0.1)
    return before


async def says(world: World, view: SummaryView, *expected: str) -> list[SummaryPartition]:
    """The partitions, once their summaries are as expected."""
    async with asyncio.timeout(120):
        while True:
            found = await world.partitions(view)
            if [each.summary for each in found] == list(expected):
                return found
            await asyncio.sleep(0.02)


async def test_a_continuous_view_follows_its_memories(worlds: Worlds) -> None:
    """New, changed and deleted memories reach the summaries by themselves, group by group."""
    async with (
        ScriptedModel(tell) as model,
        worlds(
            extractor="openai", openai_base_url=model.base_url, view_refresh_seconds=0.1
        ) as world,
    ):
        await world.remember("User likes tea")
        view = await world.view("user_id", continuous=True)
        await says(world, view, "User likes tea")
        (rain,) = await world.remember("User likes rain", user_id="bob")
        await says(world, view, "User likes tea", "User likes rain")
        await world.forget(rain)
        await says(world, view, "User likes tea", "")
        asked = [conversation_of(request)["memories"][0]["of"] for request in model.requests]
        assert asked == ["alice", "bob"]


async def test_unchanged_memories_cost_nothing(worlds: Worlds) -> None:
    """While nothing changes there is no job and no call of the model, however often it is due."""
    async with (
        ScriptedModel(tell) as model,
        worlds(
            extractor="openai", openai_base_url=model.base_url, view_refresh_seconds=0.05
        ) as world,
        worlds(
            world.tenant,
            extractor="openai",
            openai_base_url=model.base_url,
            view_refresh_seconds=0.05,
        ),
    ):
        await world.remember("User likes tea")
        view = await world.view("user_id", continuous=True)
        (partition,) = await says(world, view, "User likes tea")
        before = await settled(world)
        await asyncio.sleep(0.5)
        assert await jobs(world) == before
        assert len(model.requests) == 1
        assert await world.partitions(view) == [partition]
        asked_for = await world.run(view)
        assert asked_for.state == JobState.JOB_STATE_SUCCEEDED
        assert len(model.requests) == 2


async def test_other_words_are_followed_too(worlds: Worlds) -> None:
    """Another prompt makes a continuous view write its summaries again; ending it ends that."""
    async with (
        ScriptedModel(tell) as model,
        worlds(
            extractor="openai", openai_base_url=model.base_url, view_refresh_seconds=0.1
        ) as world,
    ):
        await world.remember("User likes tea")
        view = await world.view("user_id", continuous=True)
        await says(world, view, "User likes tea")
        await world.update(SummaryView(id=view.id, prompt="Be brief."))
        async with asyncio.timeout(120):
            while len(model.requests) < 2:
                await asyncio.sleep(0.02)
        await world.update(SummaryView(id=view.id), "continuous")
        await world.remember("User likes rain")
        before = await settled(world)
        await asyncio.sleep(0.5)
        assert await jobs(world) == before
