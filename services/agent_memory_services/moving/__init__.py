"""`agent-memory export` and `agent-memory import`: memories to a file and back."""
