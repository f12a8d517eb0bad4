"""Errors under the name older clients used; see `agent_memory_client.errors` for the tree."""

from agent_memory_client.errors import *  # noqa: F403
