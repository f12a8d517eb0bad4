"""The demonstration that `agent-memory demo` runs."""
