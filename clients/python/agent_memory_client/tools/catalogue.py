"""The schemas, as methods of the client; none of them needs a connection."""

from agent_memory_client.tools import definitions as tools
from agent_memory_client.tools.schema import ToolSchema, ToolSchemaCollection

__all__ = ["ToolSchema", "ToolSchemaMethods"]


class ToolSchemaMethods:
    """Tool schemas, to be called on the class or on an instance; each answer is the caller's own.

    The names ending in `_anthropic` give Anthropic's form, the others OpenAI's.
    """

    @staticmethod
    def get_all_memory_tool_schemas() -> ToolSchemaCollection:
        """Every tool."""
        return ToolSchemaCollection(tool.for_openai() for tool in tools.TOOLS.values())

    @staticmethod
    def get_all_memory_tool_schemas_anthropic() -> ToolSchemaCollection:
        """Every tool."""
        return ToolSchemaCollection(tool.for_anthropic() for tool in tools.TOOLS.values())

    search_long_term_memory_tool_schema = staticmethod(tools.SEARCH_MEMORY.for_openai)
    search_long_term_memory_tool_schema_anthropic = staticmethod(tools.SEARCH_MEMORY.for_anthropic)
    create_long_term_memories_tool_schema = staticmethod(tools.EAGERLY_CREATE_MEMORY.for_openai)
    create_long_term_memories_tool_schema_anthropic = staticmethod(
        tools.EAGERLY_CREATE_MEMORY.for_anthropic
    )
    get_long_term_memory_tool_schema = staticmethod(tools.GET_MEMORY.for_openai)
    get_long_term_memory_tool_schema_anthropic = staticmethod(tools.GET_MEMORY.for_anthropic)
    edit_long_term_memory_tool_schema = staticmethod(tools.EDIT_MEMORY.for_openai)
    edit_long_term_memory_tool_schema_anthropic = staticmethod(tools.EDIT_MEMORY.for_anthropic)
    delete_long_term_memories_tool_schema = staticmethod(tools.DELETE_MEMORIES.for_openai)
    delete_long_term_memories_tool_schema_anthropic = staticmethod(
        tools.DELETE_MEMORIES.for_anthropic
    )
    get_working_memory_tool_schema = staticmethod(tools.GET_WORKING_MEMORY.for_openai)
    get_working_memory_tool_schema_anthropic = staticmethod(tools.GET_WORKING_MEMORY.for_anthropic)
    get_update_memory_data_tool_schema = staticmethod(tools.UPDATE_WORKING_MEMORY_DATA.for_openai)
    get_update_memory_data_tool_schema_anthropic = staticmethod(
        tools.UPDATE_WORKING_MEMORY_DATA.for_anthropic
    )
    get_lazily_create_long_term_memory_tool_schema = staticmethod(
        tools.LAZILY_CREATE_MEMORY.for_openai
    )
    get_lazily_create_long_term_memory_tool_schema_anthropic = staticmethod(
        tools.LAZILY_CREATE_MEMORY.for_anthropic
    )
    get_current_datetime_tool_schema = staticmethod(tools.GET_CURRENT_DATETIME.for_openai)
    get_current_datetime_tool_schema_anthropic = staticmethod(
        tools.GET_CURRENT_DATETIME.for_anthropic
    )

    # Names that clients of the predecessor call.
    get_memory_search_tool_schema = search_long_term_memory_tool_schema
    get_memory_search_tool_schema_anthropic = search_long_term_memory_tool_schema_anthropic
    get_eagerly_create_long_term_memory_tool_schema = create_long_term_memories_tool_schema
    get_eagerly_create_long_term_memory_tool_schema_anthropic = (
        create_long_term_memories_tool_schema_anthropic
    )
    get_create_long_term_memory_tool_schema = create_long_term_memories_tool_schema
    get_add_memory_tool_schema = get_lazily_create_long_term_memory_tool_schema
