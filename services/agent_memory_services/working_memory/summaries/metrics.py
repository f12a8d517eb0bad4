"""What an operator sees of summaries."""

from typing import Final

from prometheus_client import Counter

SUMMARIES: Final = Counter(
    "agent_memory_session_summaries", "Attempts to summarize a session, by outcome.", ["outcome"]
)
RECORDED: Final = SUMMARIES.labels("recorded")
OVERTAKEN: Final = SUMMARIES.labels("overtaken")
FAILED: Final = SUMMARIES.labels("failed")
