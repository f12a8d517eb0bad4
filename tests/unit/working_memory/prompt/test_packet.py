"""Prompts within a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import MemoryType, Provenance
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.working_memory.domain.windows import MESSAGE_TOKENS, count_tokens
from agent_memory_services.working_memory.prompt.model import (
    Prompt,
    PromptRequest,
    Section,
    SectionKind,
    Sources,
)
from agent_memory_services.working_memory.prompt.packet import build_packet
from tests.unit.working_memory.prompt.memories import hits, memory
from tests.unit.working_memory.shown import answers, asks, assistant, session, user

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
REQUEST = PromptRequest(query="And now?")


def section(prompt: Prompt, kind: SectionKind) -> Section:
    """A section of a prompt."""
    (found,) = [section for section in prompt.sections if section.kind is kind]
    return found


texts = st.lists(st.sampled_from(WORDS), min_size=3, max_size=12).map(" ".join)


@given(
    st.integers(12, 600),
    st.lists(texts, max_size=8),
    st.lists(texts, max_size=6),
    st.lists(texts, max_size=8),
    st.text(alphabet="ab .\n", max_size=300),
)
def test_a_packet_never_exceeds_its_budget_and_accounts_for_everything(
    budget: int, said: list[str], standing: list[str], found: list[str], summary: str
) -> None:
    """Tokens stay below the budget; each item is in, left out, or a duplicate; caps hold."""
    shelf = [memory(text, f"s{i}") for i, text in enumerate(standing)]
    known = [memory(text, f"h{i}") for i, text in enumerate(found)]
    sources = Sources(session(*map(user, said), context=summary), hits(*known), shelf)
    prompt = build_packet(REQUEST, sources, budget)
    assert prompt.tokens == sum(line.tokens for line in prompt.lines) <= budget
    assert prompt.lines[-1].content == "And now?"
    for line in prompt.lines:
        assert line.tokens >= MESSAGE_TOKENS + count_tokens(line.content)
    for part in prompt.sections:
        assert part.tokens <= part.cap
    for kind, size in (
        (SectionKind.STANDING, len(shelf)),
        (SectionKind.MEMORIES, len(known)),
        (SectionKind.HISTORY, len(said)),
    ):
        part = section(prompt, kind)
        assert part.included + len(part.left_out) + len(part.duplicates) == size


def test_what_changes_least_comes_first() -> None:
    """Shelf, summary, history, memories, question: the beginning can be reused."""
    sources = Sources(
        session(user("hi"), context="They greeted."),
        hits(memory("User likes tea")),
        [memory("User prefers short answers")],
    )
    lines = build_packet(REQUEST, sources, 1000).lines
    assert ["prefers" in lines[0].content, "greeted" in lines[1].content] == [True, True]
    assert lines[2].content == "hi"
    assert "tea" in lines[3].content
    assert lines[4].content == "And now?"


def test_a_new_preference_does_not_move_the_others() -> None:
    """The shelf is ordered by age, whatever order it was found in."""
    old = [memory("User prefers tea", "1"), memory("User prefers cats", "2")]
    for seconds, item in enumerate(old):
        item.create_time.seconds = seconds + 1
    new = memory("User prefers rain", "3")
    new.create_time.seconds = 9
    before = build_packet(REQUEST, Sources(standing=old[::-1]), 1000).lines[0].content
    after = build_packet(REQUEST, Sources(standing=[new, *old]), 1000).lines[0].content
    assert after.startswith(before)


def test_a_long_history_leaves_memories_their_share() -> None:
    """A history that could fill everything does not push all memories out."""
    said = [user("many words " * 20) for _ in range(50)]
    found = hits(*(memory(f"fact number {i} is true", f"h{i}") for i in range(5)))
    prompt = build_packet(REQUEST, Sources(session(*said), found), 1000)
    assert section(prompt, SectionKind.MEMORIES).included == 5
    history = section(prompt, SectionKind.HISTORY)
    assert history.tokens > 500
    assert list(history.left_out)[:2] == ["m1", "m2"]


def test_a_short_history_leaves_its_room_to_memories() -> None:
    """Room that nobody else needs goes to memories, beyond their share."""
    found = hits(*(memory(f"fact number {i} is certainly true", f"h{i}") for i in range(20)))
    prompt = build_packet(REQUEST, Sources(session(user("hi")), found), 250)
    memories = section(prompt, SectionKind.MEMORIES)
    assert memories.tokens > 0.3 * 250


def test_a_tool_exchange_is_in_the_packet_whole_or_not_at_all() -> None:
    """A budget never separates a call from its answer."""
    sources = Sources(session(user("look"), asks("c1"), answers("c1"), assistant("done")))
    for budget in range(12, 80):
        lines = build_packet(REQUEST, sources, budget).lines
        assert any(line.tool_calls for line in lines) == any(line.tool_call_id for line in lines)


def test_what_is_said_already_is_not_said_again() -> None:
    """Repetitions of the shelf, of a message and of another memory are reported as such."""
    shown = memory("I am allergic to nuts", "4", type=MemoryType.MEMORY_TYPE_MESSAGE)
    shown.provenance.CopyFrom(Provenance(message_ids=["m1"]))
    sources = Sources(
        session(user("You know that I'm 30. I am allergic to nuts!")),
        hits(
            memory("user prefers tea.", "1"),
            memory("User has two cats", "2"),
            memory("User  has two CATS", "3"),
            shown,
            memory("I am allergic to nuts", "5"),
            memory("User is old", "6"),
        ),
        [memory("User prefers tea", "0")],
    )
    memories = section(build_packet(REQUEST, sources, 1000), SectionKind.MEMORIES)
    assert list(memories.duplicates) == ["1", "3", "4", "5"]
    assert memories.included == 2


def test_a_summary_that_does_not_fit_keeps_its_first_sentences() -> None:
    """A cut summary ends with a sentence."""
    context = " ".join(f"Sentence number {i} says something." for i in range(40))
    prompt = build_packet(REQUEST, Sources(session(context=context)), 300)
    summary = section(prompt, SectionKind.SUMMARY)
    assert 0 < summary.included < 40
    assert prompt.lines[0].content.endswith("something.")


def test_a_question_beyond_the_budget_is_refused() -> None:
    """A prompt that cannot fit is not built."""
    with pytest.raises(InvalidField) as refused:
        build_packet(PromptRequest(query="why " * 50), Sources(), 10)
    assert refused.value.violations[0].field == "token_budget"
