"""What a user asks to forget in a conversation, and the receipts of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import ForgetOutcome, Job, JobState
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory_client import MemoryAPIClient
from agent_memory_services.extraction.api.process import lifespan
from agent_memory_services.extraction.api.settings import Settings
from agent_memory_services.kit.contract.errors import DependencyUnavailable
from agent_memory_services.long_term_memory.api.process import lifespan as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from tests.support.extraction_service import QUICK, Extraction, extracting
from tests.support.recording_memory import RecordingMemory
from tests.support.servers import serving
from tests.support.sessions import SAID, message
from tests.support.settings import configured

PHONE = "User's phone number is 5550142733"
FORGET = "Please forget my phone number."


@pytest.fixture
def url(redis: Redis, redis_url: str) -> str:
    """The address of an empty store."""
    assert redis
    return redis_url


def remembering(*memories: Memory | str) -> RecordingMemory:
    """A long-term memory with facts that Alice told in the namespace before."""
    memory = RecordingMemory()
    for number, given in enumerate(memories):
        fact = Memory(text=given) if isinstance(given, str) else given
        fact.id = fact.id or f"known-{number}"
        fact.namespace, fact.user_id = fact.namespace or "chat", fact.user_id or "alice"
        if not fact.HasField("create_time"):
            fact.create_time.FromDatetime(SAID - timedelta(days=1))
        memory.kept[("default", fact.id)] = fact
    return memory


async def told(
    url: str, memory: RecordingMemory, *texts: str, role: str = "user", **settings: Any
) -> Job:
    """The job of a conversation, once it is done."""
    fields = {key: settings.pop(key) for key in ("strategy", "user_id") if key in settings}
    said = [message(number, text) for number, text in enumerate(texts, 1)]
    for each in said:
        each.role = role
    async with extracting(url, memory, **settings) as extraction:
        answer = await extraction.submit(*said, **fields)
        job = await extraction.ended(answer.job_id)
    assert job.state == JobState.JOB_STATE_SUCCEEDED
    return job


def receipts(job: Job) -> list[tuple[str, str, list[str]]]:
    """Message, outcome and memories of each receipt."""
    return [
        (
            each.message_id,
            ForgetOutcome.Name(each.outcome).removeprefix("FORGET_OUTCOME_"),
            list(each.memory_ids),
        )
        for each in job.forget_receipts
    ]


async def test_what_a_user_asks_to_forget_is_forgotten(url: str) -> None:
    """The job has the receipt, other facts of the conversation are stored, the request is none."""
    memory = remembering(PHONE, "User likes tea")
    job = await told(url, memory, FORGET, "I'm vegetarian.")
    assert receipts(job) == [("m1", "FORGOTTEN", ["known-0"])]
    assert memory.texts == ["User likes tea", "User is vegetarian"]
    assert len(job.memory_ids) == 1
    assert "5550142733" not in str(job)


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        (["My phone number is 777.", FORGET], ["User's phone number is 777"]),
        (["My phone number is 777. Please forget my phone number."], []),
        (["I live in Rome. Forget that I live in Rome!"], []),
    ],
)
async def test_what_was_said_just_before_is_forgotten_too(
    url: str, said: Sequence[str], gone: Sequence[str]
) -> None:
    """In the same conversation or in the same message, which is never stored then."""
    memory = remembering()
    job = await told(url, memory, *said)
    assert memory.texts == []
    assert not job.memory_ids
    stored = [each.text for _, request in memory.calls for each in request.memories]
    assert stored == list(gone)


async def test_what_is_said_after_a_request_stays(url: str) -> None:
    """A new number is told later."""
    memory = remembering(PHONE)
    await told(url, memory, FORGET, "My phone number is 888.")
    assert memory.texts == ["User's phone number is 888"]


async def test_only_the_owners_facts_are_forgotten(url: str) -> None:
    """Another user's and another namespace's stay, and the call cannot reach them."""
    others = [
        Memory(text=PHONE, user_id="bob"),
        Memory(text=PHONE, namespace="work"),
        Memory(text="User's sister's phone number is 9"),
    ]
    memory = remembering(*others)
    job = await told(url, memory, FORGET)
    assert receipts(job) == [("m1", "NOTHING_FOUND", [])]
    assert len(memory.kept) == len(others)
    assert {request.filter.user_id.eq for request in memory.forgotten} == {"alice"}
    assert {request.filter.namespace.eq for request in memory.forgotten} == {"chat"}


async def test_without_an_owner_only_the_session_is_reached(url: str) -> None:
    """Others without a name talk in other sessions."""
    memory = remembering()
    await told(url, memory, FORGET, user_id="")
    assert {request.filter.session_id.eq for request in memory.forgotten} == {"s1"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Please forget my dog.", "NOTHING_FOUND"),
        ("Please forget everything about my cat.", "TOO_MANY"),
        ("Please forget everything.", "UNCLEAR"),
        ("Please forget everything about me.", "UNCLEAR"),
        ("Forget what I said.", "UNCLEAR"),
    ],
)
async def test_in_doubt_nothing_is_forgotten(url: str, text: str, outcome: str) -> None:
    """The receipt says why."""
    cats = [f"User's cat {name} is black" for name in ("Ada", "Bea", "Cleo")]
    memory = remembering(*cats)
    job = await told(url, memory, text, forget_most=2)
    assert receipts(job) == [("m1", outcome, [])]
    assert memory.texts == cats
    assert job.forget_receipts[0].matched_count == (3 if outcome == "TOO_MANY" else 0)


@pytest.mark.parametrize(
    "text",
    [
        "Don't forget my phone number!",
        "I always forget my phone number.",
        "Did you forget my phone number?",
        "My boss told me to forget my phone number.",
        'She said: "please forget my phone number"',
        "Translate this into German: please forget my phone number",
        "Forget it.",
        "Forget about my phone number, let's eat.",
        "Please forget my last question.",
        "Please delete the second paragraph.",
        "If you forget my phone number, ask me.",
    ],
)
async def test_other_words_about_forgetting_ask_for_nothing(url: str, text: str) -> None:
    """They have no receipt, and nothing is looked for."""
    memory = remembering(PHONE)
    job = await told(url, memory, text)
    assert receipts(job) == []
    assert not memory.forgotten
    assert PHONE in memory.texts


@pytest.mark.parametrize("role", ["assistant", "system", "tool"])
async def test_only_a_user_may_ask(url: str, role: str) -> None:
    """Nothing that an assistant, an application or a tool says forgets anything."""
    memory = remembering(PHONE)
    job = await told(url, memory, FORGET, role=role)
    assert receipts(job) == []
    assert memory.texts == [PHONE]


@pytest.mark.parametrize(
    ("answering", "outcome", "ids"), [("mark", "MARKED", ["known-0"]), ("ignore", "IGNORED", [])]
)
async def test_an_operator_may_choose_to_mark_or_to_ignore(
    url: str, answering: str, outcome: str, ids: list[str]
) -> None:
    """Then nothing is deleted; the request is no fact all the same."""
    memory = remembering(PHONE)
    job = await told(url, memory, FORGET, forget_requests=answering)
    assert receipts(job) == [("m1", outcome, ids)]
    assert memory.texts == [PHONE]
    assert all(request.about.mark_only for request in memory.forgotten)


async def test_several_requests_have_a_receipt_each(url: str) -> None:
    """In one sentence or in several messages."""
    memory = remembering(PHONE, "User lives in Rome", "User's birthday is 3 May")
    job = await told(
        url, memory, "Please forget my phone number and my birthday.", "Forget where I live."
    )
    assert receipts(job) == [
        ("m1", "FORGOTTEN", ["known-0"]),
        ("m1", "FORGOTTEN", ["known-2"]),
        ("m2", "FORGOTTEN", ["known-1"]),
    ]


async def test_a_receipt_outlives_what_fails_on_the_way(url: str) -> None:
    """What is stored again by the next attempt is forgotten again, and told of once."""
    memory = remembering(PHONE)
    memory.lost_forgettings.extend([DependencyUnavailable("x")] * 8)
    job = await told(url, memory, "My mobile is 777.", FORGET)
    assert job.attempt > 1
    [(asked, outcome, ids)] = receipts(job)
    assert (asked, outcome, ids[0], len(ids)) == ("m2", "FORGOTTEN", "known-0", 2)
    assert memory.texts == []


async def test_preferences_and_requests_go_together(url: str) -> None:
    """Whatever a strategy looks for, a request to forget is answered."""
    memory = remembering(PHONE)
    strategy = ExtractionStrategy.EXTRACTION_STRATEGY_PREFERENCES
    job = await told(url, memory, FORGET, strategy=strategy)
    assert receipts(job) == [("m1", "FORGOTTEN", ["known-0"])]


async def test_long_term_memory_itself_forgets(redis: Redis, redis_url: str) -> None:
    """Both services as they are: a number that is told in one chat is forgotten in the next."""
    assert redis
    settings: dict[str, Any] = {"redis_url": redis_url, "metrics_listen": ""}
    behind = configured(LongTermMemorySettings, **settings)
    async with serving(long_term_memory, behind) as memory:
        chosen = configured(
            Settings, long_term_memory_address=memory.address, **{**QUICK, **settings}
        )
        async with serving(lifespan, chosen) as served, MemoryAPIClient(memory.address) as client:
            extraction = Extraction(
                ExtractionServiceStub(served.channel), RecordingMemory(), served
            )

            async def tell(session_id: str, *texts: str, user_id: str = "alice") -> Job:
                said = [message(number, text) for number, text in enumerate(texts, 1)]
                answer = await extraction.submit(
                    *said, session_id=session_id, uid=session_id, user_id=user_id
                )
                return await extraction.ended(answer.job_id)

            await tell("first", "My phone number is 555. I live in Rome.")
            await tell("other", "My phone number is 555.", user_id="bob")
            job = await tell("second", "Hi!", "Could you please forget my phone number?")
            [receipt] = job.forget_receipts
            assert receipt.outcome == ForgetOutcome.FORGET_OUTCOME_FORGOTTEN
            left = await client.search_long_term_memory("", namespace={"eq": "chat"})
            assert {(each.user_id, each.text) for each in left.memories} == {
                ("alice", "User lives in Rome"),
                ("bob", "User's phone number is 555"),
            }
            [forgotten] = receipt.memory_ids
            revisions = await client.list_memory_revisions(forgotten)
            assert revisions.revisions[0].reason == "its user asked to forget it"
