"""Gathering what goes into a prompt."""
# ruff: noqa: ARG002 - the arguments are those of the protocols

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TypeFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.kit.contract.errors import DependencyUnavailable
from agent_memory_services.kit.contract.ids import message_memory_id
from agent_memory_services.working_memory.domain.session import ANYBODY, Actor, Session, SessionKey
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.prompt.model import (
    MemoryPart,
    PromptRequest,
    SessionPart,
    Sources,
)
from agent_memory_services.working_memory.prompt.sources import SourceReader
from agent_memory_services.working_memory.store.neighbours import Found
from tests.unit.working_memory.prompt.memories import hits, memory
from tests.unit.working_memory.shown import KEY, session, user

SESSION = SessionPart(KEY, ANYBODY, Limits())


@dataclass(slots=True)
class Places:
    """A session and memories that are there, and a note of what was asked.

    Those of an `earlier` release do not know standing memories beside hits.
    """

    session: Session | None = None
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    searches: list[SearchQuery] = field(default_factory=list)
    fault: Exception | None = None
    marked: dict[str, list[str]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    earlier: bool = False

    async def find(self, key: SessionKey, actor: Actor, limits: Limits) -> Session | None:
        """The session, once it may be read."""
        await self.reading.wait()
        return self.session

    async def search(self, query: SearchQuery, limit: int, *, standing: int = 0) -> Found:
        """Something for each search."""
        if self.fault:
            raise self.fault
        self.searches.append(query)
        self.reading.set()
        text = "standing" if query.filter.standing else "found"
        found = hits(memory(text, conflicts_with=self.marked.get(text, ())))
        if self.earlier or not standing:
            return Found(found)
        shelf = memory("standing", conflicts_with=self.marked.get("standing", ()))
        return Found(found, [shelf])

    async def get(self, ids: Sequence[str]) -> Sequence[Memory]:
        """All but one of the memories."""
        self.read += ids
        return [memory(each) for each in ids if each != "out of reach"]


async def gather(places: Places, request: PromptRequest) -> Sources:
    """The sources of a request; parts that wait for each other run out of time."""
    async with asyncio.timeout(30):
        return await SourceReader(places, places).gather(request)


FACTS = MemoryFilter(type=TypeFilter(none=[MemoryType.MEMORY_TYPE_MESSAGE]))


@pytest.mark.parametrize(
    "part",
    [
        MemoryPart(SearchQuery(time_zone="Asia/Tokyo"), exclude_session=True),
        MemoryPart(SearchQuery(time_zone="Asia/Tokyo", filter=FACTS)),
    ],
)
async def test_the_search_does_not_wait_for_the_session(part: MemoryPart) -> None:
    """Where it needs nothing of it both run at the same time: here each waits for the other."""
    places = Places(session(user("hi")))
    request = PromptRequest("why?", session=replace(SESSION, actor=Actor("alice")), memories=part)
    sources = await gather(places, request)
    assert [hit.memory.text for hit in sources.hits] == ["found"]
    assert [m.text for m in sources.standing] == ["standing"]
    assert {query.filter.user_id.eq for query in places.searches} == {"alice"}


async def test_messages_that_are_shown_are_not_looked_for() -> None:
    """They would take the places of what the prompt does not show; the session is read before."""
    places = Places(session(user("hi")))
    places.reading.set()
    part = MemoryPart(SearchQuery(time_zone="UTC"))
    await gather(places, PromptRequest("why?", replace(SESSION, actor=Actor("alice")), part))
    shown = message_memory_id("u1", "m1")
    assert {tuple(query.filter.id.none) for query in places.searches} == {(shown,)}


async def test_the_sessions_owner_narrows_a_search_that_names_nobody() -> None:
    """Only then is the session read before the search."""
    places = Places(session(user("hi"), owner="alice"))
    places.reading.set()
    await gather(places, PromptRequest("why?", SESSION, MemoryPart(SearchQuery())))
    assert {query.filter.user_id.eq for query in places.searches} == {"alice"}


async def test_without_any_user_there_is_no_shelf() -> None:
    """A search for nobody in particular is made as it stands."""
    places = Places()
    sources = await gather(places, PromptRequest("why?", None, MemoryPart(SearchQuery())))
    assert places.searches == [SearchQuery(text="why?")]
    assert not sources.standing


@pytest.mark.parametrize("earlier", [False, True])
async def test_one_search_answers_hits_and_shelf(earlier: bool) -> None:
    """Only a service of the release before is asked for the shelf by itself."""
    places = Places(earlier=earlier)
    query = SearchQuery(filter=MemoryFilter(user_id=TagFilter(eq="alice")))
    sources = await gather(places, PromptRequest("why?", None, MemoryPart(query)))
    assert [hit.memory.text for hit in sources.hits] == ["found"]
    assert [m.text for m in sources.standing] == ["standing"]
    assert len(places.searches) == 1 + earlier


async def test_the_shelf_can_be_left_out() -> None:
    """With `exclude_standing` nobody looks for it."""
    places = Places()
    query = SearchQuery(filter=MemoryFilter(user_id=TagFilter(eq="alice")))
    part = MemoryPart(query, exclude_standing=True)
    assert not (await gather(places, PromptRequest("why?", None, part))).standing
    assert len(places.searches) == 1


async def test_a_fault_of_long_term_memory_is_the_prompts_fault() -> None:
    """It is raised as it is, not as a group and not as an empty answer."""
    places = Places(session(user("hi")), fault=DependencyUnavailable("long-term memory"))
    places.reading.set()
    with pytest.raises(DependencyUnavailable):
        await gather(places, PromptRequest("why?", SESSION, MemoryPart(SearchQuery())))


async def test_times_are_those_of_the_sessions_zone_unless_the_search_names_one() -> None:
    """The question's times are meant in it, and those of memories are told in it."""
    there = session(user("hi"))
    there = replace(there, state=replace(there.state, time_zone="Asia/Tokyo"))
    for named, zone in (("", "Asia/Tokyo"), ("Europe/Berlin", "Europe/Berlin")):
        places = Places(there)
        places.reading.set()
        part = MemoryPart(SearchQuery(time_zone=named), exclude_standing=True)
        sources = await gather(places, PromptRequest("yesterday?", SESSION, part))
        assert [query.time_zone for query in places.searches] == [zone]
        assert str(sources.zone) == zone


async def test_what_contradicts_is_read_where_no_search_found_it() -> None:
    """It is read once, and nothing is where both sides of every conflict were found."""
    request = PromptRequest(
        "why?",
        session=replace(SESSION, actor=Actor("alice")),
        memories=MemoryPart(SearchQuery(time_zone="UTC", filter=FACTS)),
    )
    marked = {"found": ["rival", "standing", "out of reach"], "standing": ["found", "rival"]}
    places = Places(session(user("hi")), marked=marked)
    sources = await gather(places, request)
    assert places.read == ["rival", "out of reach"]
    assert sources.rivals.keys() == {"found", "standing", "rival"}
    places = Places(session(user("hi")), marked={"found": ["standing"], "standing": ["found"]})
    assert (await gather(places, request)).rivals.keys() == {"found", "standing"}
    assert places.read == []
