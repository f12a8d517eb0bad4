"""What an operator sees of the relay."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_ENTRIES: Final = Gauge(
    "agent_memory_outbox_entries", "Outbox entries that wait in the partitions this relay holds."
)
OUTBOX_OLDEST_SECONDS: Final = Gauge(
    "agent_memory_outbox_oldest_seconds", "Age of the oldest of these entries."
)
DELIVERY_SECONDS: Final = Histogram(
    "agent_memory_outbox_delivery_seconds",
    "From the write of an outbox entry to the attempt by which extraction took it.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200),
)
DELIVERIES: Final = Counter(
    "agent_memory_outbox_deliveries",
    "Attempts to hand an outbox entry to extraction, by outcome.",
    ["outcome"],
)
DELIVERED: Final = DELIVERIES.labels("delivered")
FAILED: Final = DELIVERIES.labels("failed")
BURIED: Final = DELIVERIES.labels("buried")
