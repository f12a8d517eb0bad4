"""From messages to memories: exactly once, whatever fails on the way."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import ForgetOutcome, JobState
from agent_memory.extraction.v1.service_pb2 import RetryJobRequest
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory_services.kit.contract.errors import (
    DependencyUnavailable,
    EmbeddingUnavailable,
    InvalidField,
    OwnerMismatch,
)
from tests.integration.extraction.queue import Queue
from tests.support.extraction_service import extracting
from tests.support.openai_server import (
    Garbage,
    Hang,
    Refuse,
    Say,
    ScriptedModel,
    conversation_of,
    facts,
)
from tests.support.recording_memory import RecordingMemory
from tests.support.sessions import message, submission
from tests.support.waiting import eventually

SUCCEEDED, FAILED, PENDING = (
    JobState.JOB_STATE_SUCCEEDED,
    JobState.JOB_STATE_FAILED,
    JobState.JOB_STATE_PENDING,
)


@pytest.fixture
def url(redis: Redis, redis_url: str) -> str:
    """The address of an empty store."""
    assert redis
    return redis_url


async def test_messages_become_memories_of_their_owner(url: str) -> None:
    """Facts reach long-term memory with scope, source and extractor, for the right tenant."""
    async with extracting(url) as extraction:
        answer = await extraction.submit(
            message(1, "I'm Alice and I'm vegetarian."), message(2, "Thanks!"), tenant="acme"
        )
        async with asyncio.timeout(120):
            while not extraction.memory.kept:
                await asyncio.sleep(0.01)
        assert answer.received_sequence == 2
        for (tenant, _), memory in extraction.memory.kept.items():
            assert tenant == "acme"
            assert (memory.user_id, memory.namespace, memory.session_id) == ("alice", "chat", "s1")
            assert memory.provenance.extractor == "local"
            assert list(memory.provenance.message_ids) == ["m1"]
        assert any("vegetarian" in text for text in extraction.memory.texts)


async def test_a_run_sees_new_messages_and_a_few_before(url: str) -> None:
    """The model is asked about new messages only, with those before for reference."""
    async with ScriptedModel() as model:
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, reference_messages=2, **settings) as extraction:
            for number in range(1, 6):
                answer = await extraction.submit(message(number, f"line {number}"))
                await extraction.ended(answer.job_id)
        asked = [conversation_of(request) for request in model.requests]
        assert [[m["text"] for m in data["messages"]] for data in asked] == [
            [f"line {number}"] for number in range(1, 6)
        ]
        assert [m["text"] for m in asked[-1]["before"]] == ["line 3", "line 4"]


async def test_the_model_sees_what_is_known(url: str) -> None:
    """Facts of the same owner are shown by number, and what repeats one is not stored."""
    memory = RecordingMemory()
    memory.kept[("default", "k")] = Memory(id="k", text="User likes tea", user_id="alice")
    memory.kept[("default", "o")] = Memory(id="o", text="not hers", user_id="bob")
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User likes tea", "repeats": 1}, {"text": "User likes rain"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1, "I like tea. And rain."))
            await extraction.ended(answer.job_id)
        assert conversation_of(model.requests[0])["known"] == [{"k": 1, "text": "User likes tea"}]
    assert memory.texts == ["User likes tea", "not hers", "User likes rain"]


async def test_one_call_finds_facts_and_says_what_they_end(url: str) -> None:
    """What is stored names the memories by their ids; a number that was not shown is counted."""
    memory = RecordingMemory()
    memory.kept[("default", "k")] = Memory(id="k", text="User works at Acme", user_id="alice")
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User works at Globex", "ends": [1, 4]}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1, "I left Acme for Globex."))
            job = await extraction.ended(answer.job_id)
        assert len(model.requests) == 1
    [stored] = [each for each in memory.kept.values() if each.id != "k"]
    assert list(stored.provenance.ended_memory_ids) == ["k"]
    assert list(stored.provenance.compared_memory_ids) == ["k"]
    assert job.dropped_items == {"unknown_memory": 1}


async def test_a_models_answer_may_ask_to_forget_something(url: str) -> None:
    """It is data: only what the user's own facts tell is forgotten, those by number included."""
    memory = RecordingMemory()
    for memory_id, text, user in (
        ("k", "Reach User at 555", "alice"),
        ("p", "User's phone number is 555", "alice"),
        ("b", "User's phone number is 777", "bob"),
        ("t", "User likes tea", "alice"),
    ):
        given = Memory(id=memory_id, text=text, user_id=user, namespace="chat")
        memory.kept[("default", memory_id)] = given
    async with ScriptedModel() as model:
        wish = {"text": "my phone number", "kind": "forget", "ends": [1]}
        model.queue(facts(wish, {"text": "User wants the phone number 555 forgotten"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1, "Vergiss bitte meine Nummer"))
            job = await extraction.ended(answer.job_id)
    [receipt] = job.forget_receipts
    assert receipt.outcome == ForgetOutcome.FORGET_OUTCOME_FORGOTTEN
    assert set(receipt.memory_ids) == {"k", "p"}
    assert {each.id for each in memory.kept.values()} == {"b", "t"}


async def test_a_crash_between_store_and_cursor_doubles_nothing(url: str) -> None:
    """When results are stored but the answer is lost, the next attempt stores the same again."""
    memory = RecordingMemory()
    memory.lost_answers.extend([DependencyUnavailable("x")] * 8)
    async with ScriptedModel() as model:
        # A model that words the fact differently each time it is asked.
        model.rule = lambda _: facts({"text": f"Wording {len(model.requests)}"})
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1))
            job = await extraction.ended(answer.job_id)
        assert job.state == SUCCEEDED
        assert job.attempt > 1
        assert len(model.requests) == 1
    assert memory.texts == ["Wording 1"]


async def test_a_worker_that_stops_hands_its_job_to_the_next(url: str) -> None:
    """A drained process gives its job back untried, and another one finishes it."""
    slow, quick = RecordingMemory(delay=60), RecordingMemory()
    async with extracting(url, slow) as first:
        answer = await first.submit(message(1, "I'm vegetarian."))
        await first.until(answer.job_id, lambda job: job.state == JobState.JOB_STATE_RUNNING)
    async with extracting(url, quick) as second:
        job = await second.ended(answer.job_id)
    assert (job.state, job.attempt) == (SUCCEEDED, 1)
    assert quick.texts


async def test_outages_are_waited_out(url: str) -> None:
    """Whatever is away, of the model or of long-term memory, the messages are extracted after."""
    memory = RecordingMemory()
    memory.faults.extend([EmbeddingUnavailable(retry_after=0.01)] * 3)
    async with ScriptedModel() as model:
        model.queue(Refuse(429, retry_after=0.01), Refuse(503), Refuse(503), Refuse(503))
        model.queue(Refuse(401), facts({"text": "User likes tea"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url, "max_strikes": 1}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1))
            job = await extraction.ended(answer.job_id, within=120)
    assert job.state == SUCCEEDED
    assert not job.HasField("error")
    assert memory.texts == ["User likes tea"]


async def test_a_job_that_cannot_succeed_is_kept_for_a_retry(url: str) -> None:
    """A model that answers nonsense ends in FAILED with the reason; RetryJob brings it back."""
    async with ScriptedModel() as model:
        model.rule = lambda _: Say("I would rather not.")
        settings: dict[str, Any] = {
            "extractor": "openai",
            "openai_base_url": model.base_url,
            "max_strikes": 3,
        }
        async with extracting(url, **settings) as extraction:
            answer = await extraction.submit(message(1))
            job = await extraction.ended(answer.job_id)
            assert (job.state, job.attempt) == (FAILED, 3)
            assert "bad_answer" in job.error.message
            later = await extraction.submit(message(2))
            model.rule = lambda _: facts({"text": "User likes tea"})
            await extraction.ended(later.job_id)
            await extraction.stub.RetryJob(RetryJobRequest(job_id=answer.job_id))
            assert (await extraction.ended(answer.job_id)).state == SUCCEEDED
            await extraction.extracted(2)


async def test_a_refused_memory_does_not_hinder_the_rest(url: str) -> None:
    """What long-term memory refuses for good is left out; the job succeeds."""
    memory = RecordingMemory(refused={"bad": OwnerMismatch("memory")})
    async with ScriptedModel() as model:
        model.queue(facts({"text": "good"}, {"text": "bad"}, {"text": "fine"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            job = await extraction.ended((await extraction.submit(message(1))).job_id)
    assert job.state == SUCCEEDED
    assert memory.texts == ["good", "fine"]
    assert len(job.memory_ids) == 2


async def test_a_memory_refused_for_now_is_tried_again(url: str) -> None:
    """One item's passing trouble is not taken for its rejection."""
    memory = RecordingMemory(refused={"User likes tea": EmbeddingUnavailable(retry_after=0.01)})
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User likes tea"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            answer = await extraction.submit(message(1))
            await extraction.until(answer.job_id, lambda job: job.HasField("error"))
            memory.refused.clear()
            assert (await extraction.ended(answer.job_id)).state == SUCCEEDED
    assert memory.texts == ["User likes tea"]


async def test_a_call_refused_for_one_memory_is_split(url: str, redis: Redis) -> None:
    """When a malformed memory refuses a whole call, the others are stored all the same."""
    given = [Memory(id=f"g{number}", text=f"fact {number}") for number in range(5)]
    given[2].topics.append("x" * 300)
    async with extracting(url) as extraction:
        # The contract refuses such a memory at the door; one that is already inside must not
        # block the rest.
        receipt = await Queue.on(redis).submit(submission(memories=given))
        job = await extraction.ended(receipt.job_id)
        assert job.state == SUCCEEDED
        assert extraction.memory.texts == ["fact 0", "fact 1", "fact 3", "fact 4"]


async def test_given_memories_are_stored_as_they_are(url: str) -> None:
    """Structured memories keep their ids and take their session's scope, whatever the strategy."""
    async with extracting(url, debounce_seconds=60, max_wait_seconds=60) as extraction:
        answer = await extraction.submit(
            memories=[Memory(id="x", text="User likes tea")],
            strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE,
        )
        job = await extraction.ended(answer.job_id)
        memory = extraction.memory.kept[("default", "x")]
    assert list(job.memory_ids) == ["x"]
    assert (memory.user_id, memory.namespace, memory.session_id) == ("alice", "chat", "s1")


async def test_indexed_messages_are_searchable_before_the_debounce(url: str) -> None:
    """Indexed messages do not wait for the debounce, carry the turn before, and come once each."""
    settings: dict[str, Any] = {
        "index_messages": True,
        "debounce_seconds": 60,
        "max_wait_seconds": 60,
    }
    async with extracting(url, **settings) as extraction:
        for number in range(1, 4):
            await extraction.submit(message(number, f"line {number}", recalled=number == 2))
        async with asyncio.timeout(120):
            while len(extraction.memory.kept) < 2:
                await asyncio.sleep(0.01)
        kept = extraction.memory.of_type(MemoryType.MEMORY_TYPE_MESSAGE)
        assert [(memory.text, memory.sequence, memory.context) for memory in kept] == [
            ("line 1", 1, ""),
            ("line 3", 3, "user: line 1"),
        ]
        policies = {request.deduplication for _, request in extraction.memory.calls}
        assert policies == {DeduplicationPolicy.DEDUPLICATION_POLICY_NONE}


async def test_the_messages_of_a_deleted_session_are_found_no_more(url: str) -> None:
    """Neither those that were stored, nor those that wait; its facts stay, and so do others'."""
    memory = RecordingMemory()
    async with extracting(url, memory, index_messages=True) as extraction:
        other = await extraction.submit(message(1, "I love chess."), uid="u0")
        await extraction.ended(other.job_id)
        await extraction.extracted(1)
        first = await extraction.submit(message(1, "I love tea."))
        await extraction.ended(first.job_id)
        await extraction.extracted(1)
        memory.held = True
        await extraction.submit(message(2, "I love figs."))
        await extraction.submit(session_deleted=True)
        memory.let_go()
        await extraction.extracted(2)
        await eventually(lambda: not {"I love tea.", "I love figs."} & set(memory.texts))
        kept = memory.of_type(MemoryType.MEMORY_TYPE_MESSAGE)
    assert [each.text for each in kept] == ["I love chess."]
    assert {"User loves tea", "User loves figs"} <= set(memory.texts)


async def test_a_summary_is_one_record_that_grows(url: str) -> None:
    """The summary strategy keeps one memory for the session and continues it."""
    summary = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY
    async with ScriptedModel() as model:
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, **settings) as extraction:
            model.queue(Say("They met."), Say("They met and talked."))
            for number in (1, 2):
                answer = await extraction.submit(message(number), strategy=summary)
                assert (await extraction.ended(answer.job_id)).state == SUCCEEDED
        assert conversation_of(model.requests[1])["summary"] == "They met."
    assert extraction.memory.texts == ["They met and talked."]
    (memory,) = extraction.memory.kept.values()
    assert memory.provenance.strategy == summary


async def test_an_empty_summary_replaces_nothing(url: str) -> None:
    """A model that answers NONE fails the attempt and leaves the summary as it was."""
    summary = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY
    async with ScriptedModel() as model:
        settings: dict[str, Any] = {
            "extractor": "openai",
            "openai_base_url": model.base_url,
            "max_strikes": 1,
        }
        async with extracting(url, **settings) as extraction:
            model.queue(Say("They met."), Say("NONE"))
            for number in (1, 2):
                answer = await extraction.submit(message(number), strategy=summary)
                job = await extraction.ended(answer.job_id)
    assert job.state == FAILED
    assert extraction.memory.texts == ["They met."]


async def test_custom_instructions_reach_the_model(url: str) -> None:
    """The custom strategy asks for what the application wants, and says so in the provenance."""
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User cooks soup"}))
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, **settings) as extraction:
            answer = await extraction.submit(
                message(1),
                strategy=ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM,
                custom_prompt='Find recipes like {"of": "soup"}.',
            )
            await extraction.ended(answer.job_id)
        assert (
            model.requests[0].messages[0]["content"].endswith('Find recipes like {"of": "soup"}.')
        )
    (memory,) = extraction.memory.kept.values()
    assert memory.provenance.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM
    assert memory.provenance.extractor_version == "gpt-4o-mini"


async def test_tenants_share_the_worker(url: str) -> None:
    """A tenant with a long backlog does not keep another one waiting for its end."""
    memory = RecordingMemory(held=True)
    async with extracting(url, memory, concurrency=1) as extraction:
        await asyncio.gather(
            *(
                extraction.submit(
                    message(1, "I like tea."),
                    session_id=f"s{number}",
                    uid=f"b{number}",
                    tenant="big",
                )
                for number in range(20)
            )
        )
        await extraction.submit(message(1, "I like rain."), uid="small", tenant="small")
        memory.let_go()
        await eventually(lambda: len(memory.calls) == 21)
        tenants = [tenant for tenant, _ in memory.calls]
        assert tenants.index("small") < 3
    assert Counter(tenants)["small"] == 1


async def test_the_model_is_asked_by_few_at_a_time(url: str) -> None:
    """However much waits, a process has no more calls under way than it was allowed."""
    async with ScriptedModel() as model:
        model.rule = lambda _: Hang()
        settings: dict[str, Any] = {
            "extractor": "openai",
            "openai_base_url": model.base_url,
            "concurrency": 3,
        }
        async with extracting(url, **settings) as extraction:
            jobs = [
                (await extraction.submit(message(1), session_id=f"s{n}", uid=f"u{n}")).job_id
                for n in range(8)
            ]
            await eventually(lambda: len(model.requests) == 3)
            with pytest.raises(TimeoutError):
                await eventually(lambda: len(model.requests) > 3, within=0.3)
            states = Counter([(await extraction.job(job_id)).state for job_id in jobs])
    assert states == {JobState.JOB_STATE_RUNNING: 3, PENDING: 5}


async def test_several_processes_share_the_work_without_overlap(url: str) -> None:
    """With two services on one store, every message is extracted once."""
    memory = RecordingMemory()
    async with extracting(url, memory) as one, extracting(url, memory) as other:
        answers = [
            await (one if number % 2 else other).submit(
                message(1, "I'm vegetarian."), session_id=f"s{number}", uid=f"u{number}"
            )
            for number in range(12)
        ]
        for answer in answers:
            assert (await one.ended(answer.job_id)).attempt == 1
    assert len(memory.calls) == 12


async def test_garbage_from_the_endpoint_is_an_outage_or_a_bad_answer(url: str) -> None:
    """An endpoint that answers HTML fails the attempt and not the worker."""
    async with ScriptedModel() as model:
        model.queue(Garbage(), facts({"text": "User likes tea"}))
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, **settings) as extraction:
            job = await extraction.ended((await extraction.submit(message(1))).job_id)
    assert (job.state, job.attempt) == (SUCCEEDED, 2)


async def test_invalid_fields_are_final(url: str) -> None:
    """A lone memory that the contract refuses ends rejected instead of being retried."""
    memory = RecordingMemory(refused={"User likes tea": InvalidField("text", "no")})
    async with ScriptedModel() as model:
        model.queue(facts({"text": "User likes tea"}))
        settings = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(url, memory, **settings) as extraction:
            job = await extraction.ended((await extraction.submit(message(1))).job_id)
    assert (job.state, list(job.memory_ids)) == (SUCCEEDED, [])
