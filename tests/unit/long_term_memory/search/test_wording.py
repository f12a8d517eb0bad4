"""Counting a question's words in memories."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.terms import asked
from agent_memory_services.long_term_memory.search.question import Wording

_MEMORIES = [
    Memory(text="We went hiking.", context="Where did you go?"),
    Memory(text="Tea, tea and more tea!"),
]


def test_forms_count_as_their_word() -> None:
    """A word is found in any of its forms, in the text and in the words around it."""
    wording = Wording(asked("go hike tea"), _MEMORIES)
    assert wording.text.counts.tolist() == [[1, 0], [1, 0], [0, 3]]
    assert wording.around.counts.tolist() == [[2, 0], [1, 0], [0, 3]]


def test_lengths_are_in_words() -> None:
    """Every word counts for the length, whatever it is."""
    wording = Wording(asked("go"), _MEMORIES)
    assert wording.text.lengths.tolist() == [3, 5]
    assert wording.around.lengths.tolist() == [7, 5]


def test_two_forms_of_a_question_are_one_term() -> None:
    """Asking twice for the same counts once."""
    assert len(Wording(asked("hike hiking"), _MEMORIES).text.counts) == 1


def test_another_spelling_counts_less_than_the_word_itself() -> None:
    """Each place counts once, however many of its forms are asked for."""
    texts = ("Jürgen Müller", "Juergen Mueller", "Jurgen Muller", "Jan Moller")
    memories = [Memory(text=text) for text in texts]
    counts = Wording(asked("Jürgen Müller"), memories).text.counts
    assert counts.tolist() == [[1, 0.5, 0.5, 0], [1, 0.5, 0.5, 0]]
    assert Wording(asked("Muller"), memories).text.counts.tolist() == [[0.5, 0, 1, 0]]


def test_a_part_counts_less_than_the_word_itself() -> None:
    """A part of a name, and a character of a pair, is found in it."""
    memories = [Memory(text=text) for text in ("getUserProfile", "a user", "喜欢喝茶", "user茶")]
    counts = Wording(asked("user 茶"), memories).text.counts
    assert counts.tolist() == [[0.5, 1, 0, 1], [0, 0, 0.5, 1]]


def test_groups_count_as_what_they_are_together() -> None:
    """A number is the same in groups of any length."""
    memories = [Memory(text=text) for text in ("+49 170 1234567", "0170-123 45 67", "1701234568")]
    counts = Wording(asked("+491701234567"), memories).text.counts
    assert counts.tolist() == [[0.5, 0.5, 0]]
