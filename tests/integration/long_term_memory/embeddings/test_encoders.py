import numpy as np
import pytest

from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    HIDDEN,
    MAX_TOKENS,
    OnnxEncoder,
    Piece,
    Tokenizer,
)

TEXTS = [
    "",
    " \t\n",
    "I prefer morning meetings.",
    "Der Nutzer wohnt in München und isst kein Fleisch.",
    "用户喜欢绿茶 住在上海",
    "会議は午後三時からです",
    "العميل يفضل الاجتماعات الصباحية",
    "\N{GRINNING FACE}\N{ROCKET} emoji \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
    "def add(a: int, b: int) -> int:\n    return a + b",
    "control \x00\x07 characters \x7f",
    "[SEP] [MASK] [CLS]",
    "word " * 3000,
]


@pytest.fixture(scope="module")
def tokens(tokenizer: Tokenizer) -> list[Piece]:
    """Token ids of the first piece of every text."""
    return [tokenizer.pieces(text)[0] for text in TEXTS]


def test_the_tokenizer_cuts_where_the_model_was_trained_to(tokens: list[Piece]) -> None:
    """The packaged file's own limit and padding, both wrong for this model, are not used."""
    assert len(tokens[-1]) == MAX_TOKENS
    assert tokens[0] == (101, 102)


def test_a_long_text_is_cut_into_pieces_that_hold_all_of_it(tokenizer: Tokenizer) -> None:
    """Every token is in one piece, whatever the script."""
    for word in ("word ", "茶"):
        pieces = tokenizer.pieces(word * 3000)
        assert sum(len(piece) - 2 for piece in pieces) == 3000
        assert {len(piece) for piece in pieces[:-1]} == {MAX_TOKENS}


def test_padding_does_not_show(encoder: OnnxEncoder, tokens: list[Piece]) -> None:
    """A text beside one of 256 tokens has the vector it has alone."""
    together = encoder.encode(tokens)
    alone = np.concatenate([encoder.encode([row]) for row in tokens])

    assert (together * alone).sum(axis=1).min() > 0.99999


def test_vectors_are_float32_of_unit_length(encoder: OnnxEncoder, tokens: list[Piece]) -> None:
    """Any text, the empty one too, has a direction."""
    vectors = encoder.encode(tokens)

    assert vectors.shape == (len(TEXTS), HIDDEN)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
