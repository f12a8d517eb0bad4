"""Counting a question's words in memories."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.question import Wording

_MEMORIES = [
    Memory(text="We went hiking.", context="Where did you go?"),
    Memory(text="Tea, tea and more tea!"),
]


def test_forms_count_as_their_word() -> None:
    """A word is found in any of its forms, in the text and in the words around it."""
    wording = Wording(["go", "hike", "tea"], _MEMORIES)
    assert wording.text.counts.tolist() == [[1, 0], [1, 0], [0, 3]]
    assert wording.around.counts.tolist() == [[2, 0], [1, 0], [0, 3]]


def test_lengths_are_in_words() -> None:
    """Every word counts for the length, whatever it is."""
    wording = Wording(["go"], _MEMORIES)
    assert wording.text.lengths.tolist() == [3, 5]
    assert wording.around.lengths.tolist() == [7, 5]


def test_two_forms_of_a_question_are_one_term() -> None:
    """Asking twice for the same counts once."""
    assert len(Wording(["hike", "hiking"], _MEMORIES).text.counts) == 1
