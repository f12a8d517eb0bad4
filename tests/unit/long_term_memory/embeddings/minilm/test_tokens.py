from agent_memory_services.long_term_memory.store.embeddings.minilm.model import pad


def test_rows_are_padded_on_the_right_and_masked() -> None:
    """The mask tells tokens from padding."""
    ids, mask = pad([[101, 7, 102], [101, 102]])

    assert ids.tolist() == [[101, 7, 102], [101, 102, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 1, 0]]
