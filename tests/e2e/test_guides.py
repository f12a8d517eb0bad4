"""Every Python block of the integration guides runs unchanged and does what its guide says.

The user's own guide is read where it is present; `docs/patterns.md` tells the same story anew. Both
have the same steps in the same order, so both are held to the same expectations. A test supplies
only what a block's prose leaves undefined; the model is a scripted server.
"""

import asyncio
import fcntl
import gc
import inspect
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord, MemoryRecordResults
from agent_memory_services.demo.scripted_model import Call, Reply, Request, Say, ScriptedModel
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import own_descriptors, own_openapi
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.stack import Stack
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.transport import Address
from tests.e2e.conftest import eventually
from tests.e2e.markdown import Block, python_blocks, run_block

REPOSITORY = Path(__file__).parents[2]
USERS_GUIDE = REPOSITORY.parent / "shared/seed/memory-patterns.md"
OUR_GUIDE = REPOSITORY / "docs/patterns.md"
# The guides' blocks name this address.
GATEWAY = "http://localhost:8000"
ADDRESS = Address("127.0.0.1", 8000)
CREATE, SEARCH = "create_long_term_memories", "search_long_term_memory"

# What the model stores when it is told something, by a word of what it is told.
STORES = {
    "Italian food": "User loves Italian food",
    "trip to Italy": "User is planning a trip to Italy",
    "opera": "User asked to be reminded of the opera",
}


def scripted(request: Request) -> Reply:
    """Store what is worth it, look up restaurants, and else just talk."""
    if request.messages[-1]["role"] == "user" and request.body.get("tools"):
        for word, memory in STORES.items():
            if word in request.last_text:
                record = {"text": memory, "memory_type": "semantic"}
                # Like a real model, it says nothing while it calls tools.
                return Call([(CREATE, {"memories": [record]})])
        if "restaurants" in request.last_text:
            return Call([(SEARCH, {"query": "Italy"})])
    return Say("I would say so.")


@dataclass
class Reading:
    """A guide being run: its interpreter's names, what it printed, and a look into the store."""

    names: dict[str, Any]
    memory: MemoryAPIClient
    model: ScriptedModel
    printed: str = ""
    block: Block | None = None

    async def texts(self, user: str, **filters: Any) -> list[str]:
        """What is known of a user."""
        scope = {"user_id": {"eq": user}, "memory_type": {"ne": "message"}, **filters}
        found = await self.memory.search_long_term_memory(text="", filters=scope, limit=100)
        return [record.text for record in found.memories]

    def own(self, *candidates: str) -> Any:
        """The first of these names that the guide has defined."""
        return next(self.names[name] for name in candidates if name in self.names)

    def newest_class(self) -> type:
        """The class that the present block defines."""
        source = self.block.source if self.block else ""
        return next(
            value
            for name, value in self.names.items()
            if inspect.isclass(value) and f"class {name}" in source
        )


async def model_stores_a_preference(reading: Reading) -> None:
    """The model's tool call ends up as a memory of the user."""
    assert "stored" in reading.printed
    assert "User loves Italian food" in await reading.texts("alice")


async def conversation_is_held_with_tools(reading: Reading) -> None:
    """Two turns are held, and what the model stored is there."""
    assert "User is planning a trip to Italy" in await reading.texts("alice")
    roles = [message["role"] for message in reading.model.requests[-1].messages]
    assert roles.count("user") >= 2


async def tools_can_be_picked(reading: Reading) -> None:
    """Three schemas are plain JSON, and a call reports whether it worked."""
    tools = reading.own("essential_tools", "tools")
    assert len(tools) == 3
    assert all(tool["type"] == "function" for tool in json.loads(json.dumps(tools)))
    assert reading.own("result", "outcome")["success"] is ("result" in reading.names)


async def stored_memories_are_found_at_once(reading: Reading) -> None:
    """The search right after the creation prints both memories."""
    assert "User Alice works in marketing at TechCorp" in reading.printed
    assert "email" in reading.printed


async def prompt_carries_what_is_known(reading: Reading) -> None:
    """The model is sent plain messages with the memory in them, the question last."""
    sent = reading.model.requests[-1].messages
    assert sent[-1]["content"] == "What's a good project management tool?"
    assert all(isinstance(message["content"], str) for message in sent)
    assert any("TechCorp" in message["content"] for message in sent)


async def batches_are_stored_and_searched(reading: Reading) -> None:
    """Three searches at once each answer, the best first."""
    results = reading.own("results", "answers")
    assert len(results) == 3
    assert all(len(result.memories) == 3 for result in results)
    assert any("Thai" in record.text for record in results[0].memories)


async def failures_are_ordinary_exceptions(reading: Reading) -> None:
    """A refused search can be caught and go on as an empty result."""
    if "get_enriched_context" in reading.names:
        context = await reading.names["get_enriched_context"]("Where do I work?", "alice", "fresh")
        assert context.messages[-1] == {"role": "user", "content": "Where do I work?"}
        # Nothing of hers is in the namespace that the guide's filter names.
        assert not any("TechCorp" in message["content"] for message in context.messages)
        nothing = await reading.names["safe_memory_search"]("x", filters={"bogus": {"eq": "x"}})
    else:
        assert "MemoryValidationError" in reading.printed
        nothing = reading.names["nothing"]
    assert nothing == MemoryRecordResults(memories=[], total=0)


async def a_turn_becomes_three_facts(reading: Reading) -> None:
    """The onboarding turn becomes exactly the three facts that the guide lists."""
    session = "alice_onboarding" if "client" in reading.names else "alice-onboarding"
    await reading.memory.wait_for_extraction(session)
    assert sorted(await reading.texts("alice", session_id={"eq": session})) == [
        "User Alice works as Product Manager at StartupCorp",
        "User is vegetarian",
        "User prefers morning meetings",
    ]


async def structured_memories_are_promoted(reading: Reading) -> None:
    """Both structured memories arrive, with their type and date."""

    async def both_are_there() -> bool:
        found = await reading.memory.search_long_term_memory(
            text="", filters={"user_id": {"eq": "alice"}, "event_date": {"exists": True}}
        )
        return [
            (record.text, str(record.memory_type), f"{record.event_date:%Y-%m-%d}")
            for record in found.memories
            if "MBA" in record.text
        ] == [("User completed MBA at Stanford in 2019", "episodic", "2019-06-15")]

    await eventually(both_are_there)
    assert "User has 5 years experience in product management" in await reading.texts("alice")


async def turns_are_learned_from(reading: Reading) -> None:
    """Both turns of the learning agent become facts."""

    async def learned() -> bool:
        return {
            "User is working on a React project with TypeScript",
            "User prefers functional components over class components",
        } <= set(await reading.texts("dev_alice"))

    await eventually(learned)
    assert "learned" in reading.printed.casefold()


async def a_memory_is_corrected(reading: Reading) -> None:
    """The edited memory has its new text."""
    if "check_extracted_memories" in reading.names:
        corrected = "Corrected version of the memory"
        assert corrected in await reading.texts("bertha")
        await reading.names["check_extracted_memories"]("alice", "alice_onboarding")
    else:
        corrected = "User prefers meetings before noon"
        assert corrected in await reading.texts("alice")


async def code_and_background_go_together(reading: Reading) -> None:
    """The agent of the block learns from the turn it handles."""
    agent = reading.newest_class()(GATEWAY)
    await agent.chat("I prefer tea over coffee", user_id="hugo", session_id="hybrid")
    await reading.memory.wait_for_extraction("hybrid")
    assert await reading.texts("hugo") == ["User prefers tea over coffee"]


async def tools_and_background_go_together(reading: Reading) -> None:
    """What the tool stores and what the background learns are both there."""
    kind = reading.newest_class()
    agent = kind(GATEWAY) if "__init__" in vars(kind) else kind()
    agent.memory_client = reading.memory
    agent.openai_client = reading.own("openai_client", "model")
    await agent.chat("I love opera", user_id="ivy", session_id="smart")
    await reading.memory.wait_for_extraction("smart")
    assert sorted(await reading.texts("ivy")) == [
        "User asked to be reminded of the opera",
        "User loves opera",
    ]


Expectation = Callable[[Reading], Awaitable[None]]
STEPS: tuple[Expectation, ...] = (
    model_stores_a_preference,
    conversation_is_held_with_tools,
    tools_can_be_picked,
    stored_memories_are_found_at_once,
    prompt_carries_what_is_known,
    batches_are_stored_and_searched,
    failures_are_ordinary_exceptions,
    a_turn_becomes_three_facts,
    structured_memories_are_promoted,
    turns_are_learned_from,
    a_memory_is_corrected,
    code_and_background_go_together,
    tools_and_background_go_together,
)


def user_profile(_user: str) -> SimpleNamespace:
    """Preferences that an application of the user's might hold."""
    chosen = {"cuisine": "Thai", "seat": "window", "meetings": "mornings"}
    return SimpleNamespace(
        preferences=[SimpleNamespace(category=key, value=value) for key, value in chosen.items()]
    )


async def undefined_names(reading: Reading) -> Mapping[str, Mapping[str, Any]]:
    """What the user's guide leaves undefined, by the step that first needs it."""
    wrong = MemoryRecord(text="User dislikes everything", user_id="bertha")
    await reading.memory.create_long_term_memories([wrong])
    return {
        "model_stores_a_preference": {"json": json},
        "tools_can_be_picked": {
            "session_id": "chat_alice",
            "user_id": "alice",
            "logger": logging.getLogger("guide"),
        },
        "batches_are_stored_and_searched": {"asyncio": asyncio, "get_user_profile": user_profile},
        "failures_are_ordinary_exceptions": {"MemoryRecordResults": MemoryRecordResults},
        "a_memory_is_corrected": {"extracted_memory_needs_correction": True, "memory": wrong},
    }


@asynccontextmanager
async def gateway(stack: Stack, folder: Path) -> AsyncIterator[None]:
    """A way to the services at the guides' address, to a tenant that nobody used before."""
    config = bootstrap(
        own_descriptors(),
        listen=ADDRESS,
        backends=stack.services,
        hosts=LOOPBACK_HOSTS,
        openapi=own_openapi(),
    )
    (chain,) = config["static_resources"]["listeners"][0]["filter_chains"]
    (manager,) = [each for each in chain["filters"] if "route_config" in each["typed_config"]]
    header = {"key": "x-agent-memory-tenant", "value": new_id()}
    manager["typed_config"]["route_config"]["request_headers_to_add"] = [{"header": header}]
    async with EmbeddedGateway(folder, ADDRESS, config):
        yield


@asynccontextmanager
async def reading(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Reading]:
    """A stack at the guides' address, with a model at the address that OpenAI's client reads."""
    # The services of the stack run without a model.
    async with (
        ScriptedModel(scripted) as model,
        gateway(stack, folder),
        MemoryAPIClient(base_url=GATEWAY) as memory,
    ):
        monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none-needed")
        yield Reading({"__name__": "guide"}, memory, model)


@pytest.fixture
def port_8000() -> Iterator[None]:
    """The guides' port, which all test processes of this machine take in turns."""
    with Path(tempfile.gettempdir(), "agent-memory-port-8000.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


# The user's blocks leave OpenAI's clients open.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("port_8000")
@pytest.mark.parametrize(
    "guide",
    [
        pytest.param(path, id=path.stem)
        for path in (OUR_GUIDE, USERS_GUIDE)
        if path == OUR_GUIDE or path.exists()
    ],
)
async def test_every_block_does_what_it_says(
    guide: Path,
    stack: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The blocks run one after the other in one interpreter; after each its claim holds."""
    blocks = python_blocks(guide)
    assert len(blocks) == len(STEPS)
    async with reading(stack, tmp_path, monkeypatch) as running:
        supplied = await undefined_names(running) if guide == USERS_GUIDE else {}
        for block, step in zip(blocks, STEPS, strict=True):
            running.block = block
            await run_block(block, running.names, supplied.get(step.__name__, {}))
            running.printed = capsys.readouterr().out
            await step(running)
        running.names.clear()
        await _close_what_is_left()


async def _close_what_is_left() -> None:
    """Collect the clients that a guide's blocks leave open, which close in tasks of this loop."""
    before = asyncio.all_tasks()
    gc.collect()
    if closing := asyncio.all_tasks() - before:
        await asyncio.wait(closing)
    gc.collect()
