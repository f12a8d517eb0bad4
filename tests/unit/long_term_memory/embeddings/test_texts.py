import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import (
    MAX_CHARACTERS,
    EmbeddingRejected,
    prepare,
)


def test_long_text_is_cut_and_others_are_left_alone() -> None:
    """Only what a model could read reaches the tokenizer."""
    prepared = prepare(["", "short \N{GRINNING FACE}", "x" * (MAX_CHARACTERS + 1)])

    assert prepared == ["", "short \N{GRINNING FACE}", "x" * MAX_CHARACTERS]


def test_lone_surrogate_is_refused_by_position_without_its_text() -> None:
    """Text that no encoder accepts is named by its place, never quoted."""
    with pytest.raises(EmbeddingRejected, match=r"^text 1 is not valid Unicode$"):
        prepare(["fine", "broken \ud800"])
