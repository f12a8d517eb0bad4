"""The calls that the tools are made of."""

from agent_memory_client.creation import CreationMethods
from agent_memory_client.long_term_memory import LongTermMemoryMethods
from agent_memory_client.search import SearchMethods
from agent_memory_client.working_memory import WorkingMemoryMethods


class MemoryCalls(WorkingMemoryMethods, CreationMethods, LongTermMemoryMethods, SearchMethods):
    """Sessions and memories: read, written and found."""
