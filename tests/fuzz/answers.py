"""What models and providers answer."""

import json
from contextlib import suppress
from datetime import UTC
from typing import Any

import orjson
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.facts import ExtractionFailed
from agent_memory_services.extraction.extractors.openai.answer import Frame, read_facts
from agent_memory_services.long_term_memory.consolidation.model_judge import (
    NonsenseError,
    read_verdicts,
)
from agent_memory_services.long_term_memory.store.embeddings.answers import read_answer
from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    ProviderUnavailable,
)
from tests.fuzz.inputs import BYTES, JSON, TEXT
from tests.fuzz.target import Target

_FRAME = Frame(message_ids=["m1", "m2", "m3"], known=2, zone=UTC)
_MOMENTS = st.from_regex(
    r"[0-9]{0,5}-?(W|Q)?[0-9]{0,3}-?[0-9]{0,3}T?[0-9:.+Z-]{0,12}", fullmatch=True
)
_EVENTS = st.fixed_dictionaries(
    {"start": _MOMENTS | JSON},
    optional={"precision": st.sampled_from(["instant", "day", "week", "season", "year"]) | JSON},
)
_FACTS = st.fixed_dictionaries(
    {"text": TEXT, "messages": st.lists(st.integers(-1, 5), max_size=4)},
    optional={
        "kind": st.sampled_from(["semantic", "episodic"]) | JSON,
        "topics": st.lists(TEXT, max_size=3) | JSON,
        "entities": st.lists(TEXT, max_size=3) | JSON,
        "event": _EVENTS | JSON,
        "expires": _MOMENTS | JSON,
        "slot": TEXT,
        "repeats": st.integers(-1, 5) | JSON,
    },
)
_VERDICTS = st.fixed_dictionaries({"n": JSON | st.integers(-1, 5), "verdict": TEXT})
_ENTRIES = st.fixed_dictionaries(
    {"index": st.integers(-1, 3) | JSON, "embedding": st.lists(st.floats()) | TEXT | JSON}
)


def _wrapped(items: st.SearchStrategy[Any], name: str) -> st.SearchStrategy[str]:
    """An answer with items, as models give them: bare, fenced, among words, cut off."""
    lists = st.lists(items | JSON, max_size=3)
    spelled = (lists.map(lambda found: {name: found}) | lists | JSON).map(json.dumps)
    return st.one_of(
        spelled,
        st.tuples(TEXT, spelled, TEXT).map("".join),
        spelled.map(lambda text: f"```json\n{text}\n```"),
        st.tuples(spelled, st.integers(0, 60)).map(lambda cut: cut[0][: -cut[1] or None]),
        TEXT,
    )


def _feed_facts(text: str) -> None:
    with suppress(ExtractionFailed):
        for candidate in read_facts(text, _FRAME).candidates:
            assert candidate.text.strip()
            assert set(candidate.message_ids) <= set(_FRAME.message_ids)


def _feed_verdicts(text: str) -> None:
    with suppress(NonsenseError):
        assert len(read_verdicts(text, 3)) == 3


def _feed_vectors(body: bytes) -> None:
    with suppress(ProviderUnavailable, EmbeddingMisconfigured):
        assert read_answer(body, count=2, dimension=None).shape[0] == 2


def _spelled(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b""


TARGETS = (
    Target("model-facts", _wrapped(_FACTS, "facts"), _feed_facts),
    Target("model-verdicts", _wrapped(_VERDICTS, "verdicts"), _feed_verdicts),
    Target(
        "provider-vectors",
        st.lists(_ENTRIES, max_size=3).map(lambda data: _spelled({"data": data}))
        | JSON.map(_spelled)
        | BYTES,
        _feed_vectors,
    ),
)
