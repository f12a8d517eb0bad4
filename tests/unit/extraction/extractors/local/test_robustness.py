"""Any text may come in; the extractor stays quick and well-behaved."""

import string
import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.facts import Conversation, Kind
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.extraction.extractors.local.summary import summarize
from agent_memory_services.language.en.sentences import pieces
from tests.unit.extraction.extractors.local.talk import said, user

# Long, and of functions that other tests reach.
pytestmark = pytest.mark.no_cover

EXTRACTOR = LocalExtractor()
VOCABULARY = """
I my we she he it they you am is was have had do not never like love prefer live work at in on the a
sister Anna Rome yesterday next month and but because , . ? ! - " ' ( ) 2019 5 if when named going
to would 's 'm n't always call me :
"""
WORDS = st.sampled_from(VOCABULARY.split())


@given(st.text(max_size=300) | st.lists(WORDS, max_size=40).map(" ".join))
def test_any_text_is_read(text: str) -> None:
    """Whatever is said, candidates are well-formed and cite their message."""
    for candidate in EXTRACTOR.find(Conversation([user(text)])):
        assert candidate.text.strip() == candidate.text != ""
        assert candidate.message_ids == ("m1",)
        assert (candidate.kind is Kind.EPISODIC) is (candidate.event_time is not None)
        assert all(topic == topic.lower() for topic in candidate.topics)


@pytest.mark.parametrize("mark", [*string.punctuation, "|;", ",,", "\n", "\u2013", "·"])
def test_message_of_marks_alone_says_nothing(mark: str) -> None:
    """A separator with nothing on either side of it is no list."""
    assert EXTRACTOR.find(Conversation([user(mark)])) == []


@given(st.lists(st.lists(WORDS, max_size=30).map(" ".join), max_size=6), st.integers(0, 80))
def test_any_conversation_is_summed_up(texts: list[str], limit: int) -> None:
    """A summary of anything keeps to its length."""
    turns = [said("Ben", text, message_id=str(index)) for index, text in enumerate(texts)]
    assert len(summarize(turns, "", limit).split()) <= limit


@pytest.mark.parametrize(
    "piece",
    ["word ", "I ", "I, ", "I like it and ", "my ", "'a ", '"', "`", "<a ", "hi, ", "- ", "Abc "],
)
def test_work_grows_with_length_only(piece: str) -> None:
    """A message twice as long takes about twice as many calls of Python, whatever it repeats."""
    once, twice = (_calls_to_read(piece * (length // len(piece))) for length in (8_000, 16_000))
    assert twice < 2.5 * once + 1000


@pytest.mark.parametrize("piece", ["\n", "\r\n", "\n \n", ".", "no ", "```\n"])
def test_a_pattern_looks_back_over_one_piece_only(piece: str) -> None:
    """A message that repeats what patterns look back over is read, though they take the square."""
    told = "I live in Rome.\n" + piece * (100_000 // len(piece))
    assert [found.text for found in EXTRACTOR.find(Conversation([user(told)]))] == [
        "User lives in Rome"
    ]


@given(st.text(alphabet="ab .\n", max_size=5000) | st.integers(0, 5000).map("a".__mul__))
def test_pieces_make_up_their_text(text: str) -> None:
    """Nothing is lost between pieces, and none is longer than 1,000 characters."""
    cut = list(pieces(text))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= 1000


def _calls_to_read(text: str) -> int:
    """Count the calls, of Python and of C, that one message takes, once the parser is loaded."""
    EXTRACTOR.find(Conversation([user("I live in Rome.")]))
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        EXTRACTOR.find(Conversation([user(text)]))
    finally:
        sys.setprofile(before)
    return calls
