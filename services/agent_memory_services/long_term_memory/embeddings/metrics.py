"""What an operator sees of embeddings."""

from typing import Final

from prometheus_client import Counter, Histogram

LOOKUPS: Final = Counter(
    "agent_memory_embedding_cache_lookups",
    "Texts looked up in the memory of recent vectors, by outcome.",
    ["outcome"],
)
HITS: Final = LOOKUPS.labels("hit")
MISSES: Final = LOOKUPS.labels("miss")
SECONDS: Final = Histogram(
    "agent_memory_embedding_seconds",
    "Seconds that embedding the texts of one call took, by model.",
    ["model"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TEXTS: Final = Counter("agent_memory_embedding_texts", "Texts embedded, by model.", ["model"])
FAILURES: Final = Counter(
    "agent_memory_embedding_failures", "Calls that embedded nothing, by model.", ["model"]
)
