"""What an operator sees of the relay."""

from typing import Final

from prometheus_client import Counter, Gauge

OUTBOX_ENTRIES: Final = Gauge(
    "agent_memory_outbox_entries", "Outbox entries that wait in the partitions this relay holds."
)
OUTBOX_OLDEST_SECONDS: Final = Gauge(
    "agent_memory_outbox_oldest_seconds", "Age of the oldest of these entries."
)
DELIVERIES: Final = Counter(
    "agent_memory_outbox_deliveries",
    "Attempts to hand an outbox entry to extraction, by outcome.",
    ["outcome"],
)
DELIVERED: Final = DELIVERIES.labels("delivered")
FAILED: Final = DELIVERIES.labels("failed")
BURIED: Final = DELIVERIES.labels("buried")
