"""Choose the weights by which messages tell something, on conversations with known evidence.

    python scripts/train_telling.py locomo10.json [--vectors FILE] [--write]

Material: the conversations that are shipped, English ones, and those of a LoCoMo file. The weights
make the evidence the likeliest of all candidates, on top of what else the ranking says of them
(softmax over the candidates of a question; every owner counts alike). Printed: evidence among the
first five, ten and twenty, of each owner by weights that were chosen on the others, beside the
ranking without them; and the weights of everything. `--write` keeps these.
"""

import argparse
import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import RecencyOptions, SearchQuery
from agent_memory_services.evaluation.adapters import locomo, written
from agent_memory_services.evaluation.corpus import Conversation, Question, SpeakerForm
from agent_memory_services.evaluation.retrieval import memories_of
from agent_memory_services.long_term_memory.domain import columns, traits
from agent_memory_services.long_term_memory.search import legs, telling
from agent_memory_services.long_term_memory.search.plan import DENSE, DENSE_CONTEXT, plan_of
from agent_memory_services.long_term_memory.search.ranking import Ranking
from agent_memory_services.long_term_memory.search.scores import Floats
from agent_memory_services.long_term_memory.search.weights import DEFAULTS
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import (
    with_speaker,
)

_FILE: Final = Path(telling.__file__).with_name("telling.json")
_DEPTHS: Final = (5, 10, 20)
_ENGLISH: Final = ("a", "b", "c", "d")
_NOW: Final = 1_800_000_000_000_000
_STEPS, _RATE, _RIDGE = 200, 0.05, 1e-4
_NEVER: Final = 1e3


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over the memories of its owner.

    Attributes:
        base: what the ranking says of each memory without its telling.
        features: what each memory tells: the features, and those that count for the question.
        evidence: true for each memory that answers.
    """

    base: Floats
    features: Floats
    evidence: Floats


class Vectors:
    """Vectors of texts, kept in a file between runs."""

    def __init__(self, embedder: LocalEmbedder, path: Path | None) -> None:
        self._embedder = embedder
        self._path = path
        self._known: dict[str, Floats] = {}
        if path is not None and path.exists():
            kept = np.load(path)
            self._known = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    async def of(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts, one row each."""
        keys = [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            made = await self._embedder.embed(list(new.values()))
            self._known.update(zip(new, made, strict=True))
            if self._path is not None:
                rows = np.stack(list(self._known.values()))
                np.savez(self._path, keys=np.array(list(self._known)), rows=rows)
        return np.stack([self._known[key] for key in keys])


async def read(conversation: Conversation, vectors: Vectors) -> list[Asked]:
    """Return the questions of a conversation that count."""
    memories = list(memories_of(conversation, "", SpeakerForm.ENTITY))
    for memory, turn in zip(memories, conversation.turns, strict=True):
        memory.id = turn.id
    alone = await vectors.of(list(map(with_speaker, memories)))
    told = np.array([columns.features(memory.text) for memory in memories])
    asked = [question for question in conversation.questions if question.counts]
    sought = await vectors.of([question.text for question in asked])
    return [
        await _asked(question, memories, told, (1 - alone @ vector, 1 - alone @ vector))
        for question, vector in zip(asked, sought, strict=True)
    ]


async def _asked(
    question: Question, memories: Sequence[Memory], told: Floats, distances: tuple[Floats, Floats]
) -> Asked:
    async def unused(text: str) -> bytes:  # noqa: ARG001 - distances are known
        return b""

    query = SearchQuery(text=question.text, recency=RecencyOptions(enabled=False))
    plan = await plan_of(query, DEFAULTS, unused, _NOW)
    plan = replace(plan, telling=None)
    ids = [memory.id for memory in memories]
    measured = {leg.name: dict[str, float]() for leg in plan.legs}
    for leg, values in zip((DENSE, DENSE_CONTEXT), distances, strict=True):
        measured[leg] = dict(zip(ids, np.maximum(values, 0).tolist(), strict=True))
    pool = legs.Pool(dict(zip(ids, memories, strict=True)), measured, len(memories))
    scores = {hit.memory.id: hit for hit in Ranking(plan, _NOW).hits(pool)}
    present = {signal.name for hit in scores.values() for signal in hit.signals}
    whole = 1 + sum(part.weight for part in plan.parts if part.name in present)
    asking = telling.ways(question.text)
    flags = [
        told[:, traits.FEATURES.index(feature)] * (way in asking) for way, feature in telling.ASKED
    ]
    return Asked(
        np.array([scores[name].score * whole for name in ids]),
        np.column_stack([told, *flags]),
        np.array([name in question.evidence for name in ids], dtype=float),
    )


def train(asked: Sequence[Sequence[Asked]]) -> Floats:
    """Return the weights of the features, in units of the match, chosen on some owners."""
    every = [each for own in asked for each in own]
    shares = np.concatenate([np.full(len(own), 1 / len(own) / len(asked)) for own in asked])
    most = max(len(each.base) for each in every)
    # One table for all questions; what an owner has fewer memories than another is no candidate.
    features = np.stack([_filled(each.features, most, 0.0) for each in every]).astype(np.float32)
    base = np.stack([_filled(each.base, most, -_NEVER) for each in every]).astype(np.float32)
    right = np.stack([_filled(each.evidence / each.evidence.sum(), most, 0.0) for each in every])
    spread = np.concatenate([each.features for each in every]).std(axis=0) + 1e-9
    features /= spread.astype(np.float32)
    weights, sharpness = np.zeros(len(spread)), 10.0
    first, second = np.zeros(len(spread) + 1), np.zeros(len(spread) + 1)
    for step in range(1, _STEPS + 1):
        likely = sharpness * base + features @ weights.astype(np.float32)
        likely = np.exp(likely - likely.max(axis=1, keepdims=True))
        wrong = (likely / likely.sum(axis=1, keepdims=True) - right) * shares[:, None]
        slope = np.append(
            np.einsum("qc,qcf->f", wrong, features) + _RIDGE * weights,
            (wrong * np.maximum(base, 0)).sum(),
        )
        # Adam (Kingma and Ba, ICLR 2015).
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        move = _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights, sharpness = weights - move[:-1], sharpness - move[-1]
    found: Floats = weights / spread / sharpness
    return found


def _filled(values: Floats, size: int, filler: float) -> Floats:
    empty = np.full((size - len(values), *values.shape[1:]), filler)
    return np.concatenate([values, empty])


def recall(asked: Sequence[Asked], weights: Floats) -> str:
    """Return the share of the evidence among the first hits, in percent at each depth."""
    found = []
    for each in asked:
        order = np.argsort(-(each.base + each.features @ weights), kind="stable")
        first = np.cumsum(each.evidence[order]) / each.evidence.sum()
        found.append([first[min(depth, len(first)) - 1] for depth in _DEPTHS])
    return "  ".join(f"{100 * share:5.1f}" for share in np.mean(found, axis=0))


def kept(asked: Sequence[Sequence[Asked]], weights: Floats) -> Mapping[str, object]:
    """Return the weights as `telling.json` holds them."""
    features, ways = np.split(weights.round(4), [len(traits.FEATURES)])
    evidence = np.concatenate([e.features[e.evidence > 0] for own in asked for e in own])
    plain = evidence[:, : len(features)] @ features
    return {
        "features": dict(zip(traits.FEATURES, features.tolist(), strict=True)),
        "asked": {way: value for (way, _), value in zip(telling.ASKED, ways.tolist(), strict=True)},
        "usual": round(float(plain.mean()), 4),
    }


async def main() -> None:
    """Choose, test and print the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locomo", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    conversations = [*locomo.read(arguments.locomo), *written.shipped()]
    embedder = await LocalEmbedder.open()
    vectors = Vectors(embedder, arguments.vectors)
    read_ = {each.id: await read(each, vectors) for each in conversations}
    await embedder.aclose()
    chosen_on = {
        name: own for name, own in read_.items() if name in _ENGLISH or name.startswith("conv")
    }
    every = train(list(chosen_on.values()))
    print("owner, questions, without and with: evidence among the first 5, 10, 20 in percent")
    for name, own in read_.items():
        others = [each for other, each in chosen_on.items() if other != name]
        weights = train(others) if name in chosen_on else every
        print(f"{name:>10} {len(own):4} ", recall(own, 0 * every), "  ", recall(own, weights))
    text = json.dumps(kept(list(chosen_on.values()), every), indent=2)
    print(text)
    if arguments.write:
        _FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
