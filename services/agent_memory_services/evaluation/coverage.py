"""Share of the evidence that facts cover, and effect of facts on search.

The conversations live in a running system that keeps every message as it was said and extracts
facts beside it. Two things are asked of each question:

coverage   of the turns that answer it, how many are cited by a fact
search     of these turns, how many the first hits lead to: among the messages alone, and among
           messages and facts together

A hit on a message leads to that turn, one on a fact to the turns that it cites: whoever reads the
fact has what they say. A hit that leads to nothing new, such as a fact beside its own message, is
passed over, as a prompt leaves it out. The searches are compared twice, because a fact takes fewer
words than a message: at the same number of turns led to, and at the same number of words read,
which is what a prompt has room for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1.service_pb2 import SearchMemoriesRequest
from agent_memory_services.evaluation.corpus import Conversation, Question
from agent_memory_services.evaluation.live_system import System
from agent_memory_services.evaluation.report import Outcome

MESSAGES: Final = "messages"
BOTH: Final = "messages and facts"
# Deep enough that hits which lead to nothing new are made up for.
_HITS: Final = 60
_DEPTH: Final = 20
WORDS: Final = (100, 200, 400, 800)
"""Words that are read, for the second comparison."""


@dataclass(slots=True)
class Coverage:
    """Result of an evaluation.

    Attributes:
        evidence: how many turns answer some question.
        covered: those of them that a fact cites.
        facts: how many facts there are.
        uncited: facts that cite no turn of their conversation.
        outcomes: results of each search, by its name.
        read: shares of evidence among the first words read, by search and number of words.
    """

    evidence: int = 0
    covered: int = 0
    facts: int = 0
    uncited: int = 0
    outcomes: dict[str, list[Outcome]] = field(default_factory=lambda: {MESSAGES: [], BOTH: []})
    read: dict[str, dict[int, list[float]]] = field(
        default_factory=lambda: {name: {words: [] for words in WORDS} for name in (MESSAGES, BOTH)}
    )

    @property
    def share(self) -> float:
        """The share of evidence turns that a fact cites; 0 where there is no evidence."""
        return self.covered / self.evidence if self.evidence else 0.0


@dataclass(frozen=True, slots=True)
class Lead:
    """Hit that leads to turns, with its number of words."""

    turns: tuple[str, ...]
    words: int


async def cover(
    system: System,
    conversations: Sequence[Conversation],
    progress: Callable[[int, int], None],
) -> Coverage:
    """Store conversations in a system, search it for the questions, and delete them again.

    Raises:
        grpc.aio.AioRpcError: the system refused a call, or is unavailable.
        TimeoutError: extraction takes too long.
    """
    coverage = Coverage()
    try:
        for conversation in conversations:
            await system.append(conversation)
        for done, conversation in enumerate(conversations, 1):
            await system.wait_until_extracted(conversation)
            await _measure(system, conversation, coverage)
            progress(done, len(conversations))
    finally:
        for conversation in conversations:
            await system.delete(conversation)
    return coverage


async def _measure(system: System, conversation: Conversation, coverage: Coverage) -> None:
    memories = await system.memories(conversation)
    told = {turn.id for turn in conversation.turns}
    turns_of = {
        memory.id: [cited for cited in _cited(memory) if cited in told] for memory in memories
    }
    facts = [memory for memory in memories if memory.type != MemoryType.MEMORY_TYPE_MESSAGE]
    cited = {turn for fact in facts for turn in turns_of[fact.id]}
    evidence = {turn for question in conversation.questions for turn in question.evidence}
    coverage.evidence += len(evidence)
    coverage.covered += len(evidence & cited)
    coverage.facts += len(facts)
    coverage.uncited += sum(not turns_of[fact.id] for fact in facts)
    for name in coverage.outcomes:
        for question in conversation.questions:
            hits, seconds = await _search(system, conversation, question, name, turns_of)
            found = [turn for hit in hits for turn in hit.turns][:_DEPTH]
            coverage.outcomes[name].append(
                Outcome(question.kind, question.evidence, found, seconds, question.counts)
            )
            for words, shares in coverage.read[name].items():
                if question.counts:
                    told = {turn for hit in read(hits, words) for turn in hit.turns}
                    shares.append(len(told & question.evidence) / len(question.evidence))


async def _search(
    system: System,
    conversation: Conversation,
    question: Question,
    name: str,
    turns_of: Mapping[str, Sequence[str]],
) -> tuple[list[Lead], float]:
    """Return the leads that a question brings, and the seconds that it took."""
    query = SearchQuery(
        text=question.text, filter=system.conversation_filter(conversation), untracked=True
    )
    if name == MESSAGES:
        query.filter.type.any.append(MemoryType.MEMORY_TYPE_MESSAGE)
    if question.asked is not None:
        query.as_of.FromDatetime(question.asked)
    began = perf_counter()
    response = await system.search(SearchMemoriesRequest(query=query, page_size=_HITS))
    seconds = perf_counter() - began
    found = ((turns_of.get(hit.memory.id, ()), hit.memory.text) for hit in response.hits)
    return leads(found), seconds


def leads(hits: Iterable[tuple[Sequence[str], str]]) -> list[Lead]:
    """Return the hits that lead to turns which none before led to, each with these."""
    known: set[str] = set()
    found = []
    for turns, text in hits:
        if new := tuple(dict.fromkeys(turn for turn in turns if turn not in known)):
            known.update(new)
            found.append(Lead(new, len(text.split())))
    return found


def read(hits: Iterable[Lead], words: int) -> Iterator[Lead]:
    """Yield the first hits that fit into a number of words."""
    for hit in hits:
        words -= hit.words
        if words < 0:
            return
        yield hit


def _cited(memory: Memory) -> Sequence[str]:
    return memory.provenance.message_ids
