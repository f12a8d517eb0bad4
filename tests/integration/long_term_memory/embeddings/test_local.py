import asyncio
import json
import re
import shutil
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    EmbeddingRejected,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
)
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.minilm import model
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    OnnxEncoder,
    Tokenizer,
)

FINGERPRINT = Fingerprint("all-MiniLM-L6-v2", "test", 384, normalized=True)


class WatchedEncoder:
    """The real encoder, remembering which thread asked and for how many texts."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.threads: set[int] = set()
        self.sizes: list[int] = []

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        self.threads.add(threading.get_ident())
        self.sizes.append(len(rows))
        return self._encoder.encode(rows)


@pytest.fixture
def watched(encoder: OnnxEncoder) -> WatchedEncoder:
    """An encoder of this test's own."""
    return WatchedEncoder(encoder)


@pytest.fixture
async def embedder(watched: WatchedEncoder, tokenizer: Tokenizer) -> AsyncIterator[LocalEmbedder]:
    """An embedder over the watched encoder."""
    embedder = LocalEmbedder(watched, tokenizer, FINGERPRINT)
    yield embedder
    await embedder.aclose()


@pytest.fixture
def substitute(tmp_path: Path, model_folder: Path) -> Path:
    """A model folder of one's own, sharing the package's weights."""
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(model_folder / name, tmp_path)
    (tmp_path / model.WEIGHTS).symlink_to(model_folder / model.WEIGHTS)
    return tmp_path


async def test_the_installed_model_opens_with_its_published_hash() -> None:
    """The fingerprint names the weights by their whole content."""
    embedder = await LocalEmbedder.open()
    vectors = await embedder.embed(["hello"])
    await embedder.aclose()

    assert vectors.shape == (1, 384)
    assert embedder.fingerprint == Fingerprint(
        "all-MiniLM-L6-v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        384,
        normalized=True,
    )


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("What does the user eat?", "The user is vegetarian.", "The user drives a red car."),
        ("when is the meeting", "They meet on Tuesday at nine.", "Her dog is called Rex."),
        ("a feline in the garden", "the cat sits outside", "stocks fell sharply"),
        ("Where does Alice work?", "Alice is employed by StartupCorp.", "Bob likes jazz."),
    ],
)
async def test_what_is_meant_alike_lies_near(
    embedder: LocalEmbedder, query: str, near: str, far: str
) -> None:
    """Similarity follows meaning, clearly and without a shared word."""
    vectors = await embedder.embed([query, near, far])
    to_near, to_far = vectors[1:] @ vectors[0]

    assert to_near > to_far + 0.2


async def test_a_known_similarity_holds(embedder: LocalEmbedder) -> None:
    """The vectors are this model's: the value is from the sentence-transformers documentation."""
    vectors = await embedder.embed(["The cat sits outside", "A man is playing guitar"])

    assert vectors[0] @ vectors[1] == pytest.approx(0.0363, abs=5e-4)


async def test_a_text_embeds_the_same_alone_and_in_a_batch(embedder: LocalEmbedder) -> None:
    """Neighbours in a batch leave no trace, so caches and thresholds hold."""
    texts = [f"Note {number}: " + "the user likes tea. " * (number % 23) for number in range(46)]
    together = await embedder.embed(texts)
    alone = np.concatenate([await embedder.embed([text]) for text in texts])

    assert (together * alone).sum(axis=1).min() > 0.99999


@pytest.mark.parametrize("filler", ["The weather was fine that day. ", "那天天气很好。"])
async def test_a_long_text_is_read_to_its_end(embedder: LocalEmbedder, filler: str) -> None:
    """What it says far behind the model's window makes it nearer to what it is about."""
    page, fact = filler * 200, "My grandmother was born in Trieste. " * 10
    without, whole, question = await embedder.embed(
        [page, page + fact, "Where was my grandmother born?"]
    )

    assert whole @ question > without @ question + 0.02
    assert whole @ whole == pytest.approx(1, abs=1e-5)


async def test_unusual_texts_have_unit_vectors(embedder: LocalEmbedder) -> None:
    """Empty, long, Chinese, emoji and control characters are all embedded."""
    vectors = await embedder.embed(
        ["", "x" * 10_000, "long words " * 900, "绿茶" * 5000, "\N{ROCKET}" * 100, "\x00"]
    )

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_nothing_runs_on_the_event_loop(
    embedder: LocalEmbedder, watched: WatchedEncoder
) -> None:
    """Every forward runs on the one worker thread, whoever asks."""
    await asyncio.gather(*(embedder.embed([f"text {number}"]) for number in range(40)))

    assert len(watched.threads) == 1
    assert threading.get_ident() not in watched.threads
    assert len(watched.sizes) < 40


async def test_the_loop_turns_while_a_batch_is_embedded(embedder: LocalEmbedder) -> None:
    """Other work goes on between the start and the end of a long batch."""
    turns = 0
    work = asyncio.create_task(embedder.embed([f"some words {n}" * 20 for n in range(64)]))
    while not work.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10


async def test_broken_text_is_rejected_before_it_reaches_others(embedder: LocalEmbedder) -> None:
    """One caller's bad text does not fail the batch it would have shared."""
    outcomes = await asyncio.gather(
        embedder.embed(["\udfff"]), embedder.embed(["fine"]), return_exceptions=True
    )

    assert isinstance(outcomes[0], EmbeddingRejected)
    assert isinstance(outcomes[1], np.ndarray)


async def test_a_closed_embedder_says_so(watched: WatchedEncoder, tokenizer: Tokenizer) -> None:
    """A call after the end is unavailable, not a crash of the pool."""
    embedder = LocalEmbedder(watched, tokenizer, FINGERPRINT)
    await embedder.aclose()

    with pytest.raises(ProviderUnavailable):
        await embedder.embed(["late"])


async def test_a_substitute_folder_is_used(substitute: Path) -> None:
    """An operator may bring the model; its fingerprint is its content's."""
    embedder = await LocalEmbedder.open(model_dir=substitute, threads=1)
    await embedder.aclose()

    assert embedder.fingerprint.version == model.WEIGHTS_SHA256


async def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is the way out."""
    monkeypatch.setattr(model, "PACKAGES", ("no_such_weights_package",))

    with pytest.raises(EmbeddingMisconfigured, match=re.escape(model.INSTALL_COMMAND)):
        await LocalEmbedder.open()


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", model.WEIGHTS])
async def test_a_missing_file_is_named(substitute: Path, name: str) -> None:
    """A half-copied folder is refused with the file that is missing."""
    (substitute / name).unlink()

    with pytest.raises(EmbeddingMisconfigured, match=name):
        await LocalEmbedder.open(model_dir=substitute)


async def test_a_model_of_another_shape_is_refused(substitute: Path) -> None:
    """Weights that the graph cannot run never reach it."""
    config = substitute / "config.json"
    other = json.loads(config.read_text()) | {"num_hidden_layers": 12}
    config.write_text(json.dumps(other))

    with pytest.raises(EmbeddingMisconfigured, match="num_hidden_layers 12"):
        await LocalEmbedder.open(model_dir=substitute)


async def test_damaged_weights_are_refused(substitute: Path) -> None:
    """A download that was cut short is a clear error, not a crash."""
    weights = substitute / model.WEIGHTS
    start = weights.read_bytes()[:1_000_000]
    weights.unlink()
    weights.write_bytes(start)

    with pytest.raises(EmbeddingMisconfigured, match="outside the file"):
        await LocalEmbedder.open(model_dir=substitute)


def test_pinned_weights_must_be_the_published_ones(substitute: Path) -> None:
    """One flipped bit in the package is found."""
    weights = substitute / model.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.unlink()
    weights.write_bytes(content)

    assert model.weights_digest(substitute, pinned=False) != model.WEIGHTS_SHA256
    with pytest.raises(EmbeddingMisconfigured, match="damaged"):
        model.weights_digest(substitute, pinned=True)
