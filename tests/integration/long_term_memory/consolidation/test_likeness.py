"""The table of statements, with the vectors of the real model."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_memory_services.long_term_memory.consolidation.rules.likeness import Likeness, likeness
from agent_memory_services.long_term_memory.consolidation.rules.statement import read
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder

PAIRS = tomllib.loads(Path("tests/data/consolidation_pairs.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("same", "apart", "least"),
    [(("agree",), ("apart",), 1.0), (("unseen_agree",), ("unseen_apart",), 0.8)],
    ids=["chosen", "unseen"],
)
async def test_nothing_merges_that_should_not(
    record_property: Callable[[str, object], None],
    same: tuple[str, ...],
    apart: tuple[str, ...],
    least: float,
) -> None:
    """No two facts become one, and most paraphrases do; the numbers are printed."""
    embedder = await LocalEmbedder.open()
    found = {}
    for name in (*same, *apart):
        texts = [text for pair in PAIRS[name] for text in pair]
        vectors = await embedder.embed(texts)
        for at, (one, other) in enumerate(PAIRS[name]):
            cosine = float(vectors[2 * at] @ vectors[2 * at + 1])
            found[name, one, other] = likeness(read(one), read(other), cosine, one_slot=False)
    await embedder.aclose()
    merged = {pair for pair, how in found.items() if how is Likeness.SAME}
    right = {pair for pair in merged if pair[0] in same}
    recall = len(right) / sum(len(PAIRS[name]) for name in same)
    record_property("precision", len(right) / len(merged))
    record_property("recall", recall)
    missed = [pair for pair in found if pair[0] in same and pair not in right]
    print(f"{len(found)} pairs, recall {recall:.2f}, missed {missed}")  # noqa: T201 - its result
    assert merged == right
    assert recall >= least
