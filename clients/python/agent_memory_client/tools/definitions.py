"""The tools: their names, what a model reads about them, and what they take."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory_client.tools import arguments
from agent_memory_client.tools.json_schema import parameters_of
from agent_memory_client.tools.schema import ToolSchema


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """One tool."""

    name: str
    description: str
    arguments: type[arguments.ToolArguments]

    def for_openai(self) -> ToolSchema:
        """The tool in OpenAI's form."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": parameters_of(self.arguments),
        }
        return ToolSchema(type="function", function=function)

    def for_anthropic(self) -> ToolSchema:
        """The tool in Anthropic's form."""
        return ToolSchema(
            name=self.name,
            description=self.description,
            input_schema=parameters_of(self.arguments),
        )


SEARCH_MEMORY = ToolDefinition(
    "search_memory",
    "Search what is remembered from earlier conversations. Use it before answering anything that "
    "may depend on the user's preferences, history or plans, and when the user refers to "
    "something said before.",
    arguments.SearchMemory,
)
GET_WORKING_MEMORY = ToolDefinition(
    "get_or_create_working_memory",
    "Read the state of this conversation: its latest messages, its summary, its data and the "
    "memories noted in it.",
    arguments.GetWorkingMemory,
)
LAZILY_CREATE_MEMORY = ToolDefinition(
    "lazily_create_long_term_memory",
    "Note something worth remembering; it is stored in the background and can be found a little "
    "later. Write it so that it can be understood without this conversation.",
    arguments.NewMemory,
)
UPDATE_WORKING_MEMORY_DATA = ToolDefinition(
    "update_working_memory_data",
    "Keep structured state of this conversation, such as a plan, a form or a task list. It is "
    "not searched and ends with the conversation.",
    arguments.UpdateWorkingMemoryData,
)
GET_MEMORY = ToolDefinition(
    "get_long_term_memory",
    "Read one memory by its id.",
    arguments.GetMemory,
)
EAGERLY_CREATE_MEMORY = ToolDefinition(
    "eagerly_create_long_term_memory",
    "Store memories that must be found from now on: preferences, facts about the user, events, "
    "decisions. Write each so that it can be understood without this conversation, with names "
    "instead of pronouns and dates instead of words like `tomorrow`.",
    arguments.CreateMemories,
)
EDIT_MEMORY = ToolDefinition(
    "edit_long_term_memory",
    "Correct a memory that is wrong or out of date. Search for it first to learn its id; only "
    "the fields given change.",
    arguments.EditMemory,
)
DELETE_MEMORIES = ToolDefinition(
    "delete_long_term_memories",
    "Delete memories for good, when the user asks to forget something. Search for them first to "
    "learn their ids.",
    arguments.DeleteMemories,
)
GET_CURRENT_DATETIME = ToolDefinition(
    "get_current_datetime",
    "Tell the current date and time in UTC. Use it to turn words like `tomorrow` into dates "
    "before storing a memory.",
    arguments.GetCurrentDatetime,
)

TOOLS: Mapping[str, ToolDefinition] = {
    tool.name: tool
    for tool in (
        SEARCH_MEMORY,
        GET_WORKING_MEMORY,
        LAZILY_CREATE_MEMORY,
        UPDATE_WORKING_MEMORY_DATA,
        GET_MEMORY,
        EAGERLY_CREATE_MEMORY,
        EDIT_MEMORY,
        DELETE_MEMORIES,
        GET_CURRENT_DATETIME,
    )
}

OTHER_NAMES: Mapping[str, str] = {
    "search_long_term_memory": SEARCH_MEMORY.name,
    "get_working_memory": GET_WORKING_MEMORY.name,
    "add_memory_to_working_memory": LAZILY_CREATE_MEMORY.name,
    "create_long_term_memory": EAGERLY_CREATE_MEMORY.name,
    "create_long_term_memories": EAGERLY_CREATE_MEMORY.name,
}
"""Names that older schemas, or a model that guesses, call."""
