"""Definitions of the tools: their names, what a model reads about them, and what they take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from agent_memory_client._types import When, build
from agent_memory_client.errors import MemoryValidationError
from agent_memory_client.tools._arguments import in_words, read_arguments, understood
from agent_memory_client.tools._schema import ToolSchema, ToolSchemaCollection, parameters_of

Words = Annotated[str, Field(min_length=1)]
StoredType = Literal["semantic", "episodic"]

_TYPE = "`semantic` for a fact or preference, `episodic` for something that happened at a time."
_EVENT_DATE = (
    "When it happened or will happen, as ISO 8601 in the user's time zone; for episodic memories. "
    "A date alone where the time of day is not known."
)


# One type, without a format: providers' schemas know no choice of types, and a date alone is none
# of the format that times have.
Written = Annotated[When, WithJsonSchema({"type": "string"})]


class ToolArguments(BaseModel):
    """Arguments of a tool; unknown ones are refused, so that the model can correct itself."""

    model_config = ConfigDict(extra="forbid")


class SearchMemory(ToolArguments):
    """Arguments of `search_memory`."""

    query: str = Field(description="What to look for, in words. Empty lists the newest memories.")
    search_mode: Literal["semantic", "keyword", "hybrid"] | None = Field(
        default=None, description="By meaning, by words, or by both, which is the default."
    )
    topics: list[str] | None = Field(default=None, description="Only memories about one of these.")
    entities: list[str] | None = Field(
        default=None, description="Only memories that mention one of these."
    )
    memory_type: Literal["semantic", "episodic", "message"] | None = Field(
        default=None, description="Only facts, only events, or only raw messages."
    )
    max_results: int = Field(default=5, ge=1, le=20, description="How many memories to answer.")
    offset: int = Field(
        default=0, ge=0, description="How many to skip, to see more of the same search."
    )
    min_relevance: float | None = Field(
        default=None, ge=0, le=1, description="Leaves out memories that score lower; 0 to 1."
    )
    user_id: str | None = Field(
        default=None, description="Only memories of this user, among those the application allows."
    )


class GetWorkingMemory(ToolArguments):
    """Arguments of `get_or_create_working_memory`."""


class NewMemory(ToolArguments):
    """One memory."""

    text: Words = Field(
        description="One statement that can be understood without the conversation."
    )
    memory_type: StoredType = Field(default="semantic", description=_TYPE)
    topics: list[Words] | None = Field(default=None, description="Subjects it is about.")
    entities: list[Words] | None = Field(default=None, description="Names and things it mentions.")
    event_date: Written | None = Field(default=None, description=_EVENT_DATE)


class CreateMemories(ToolArguments):
    """Arguments of `eagerly_create_long_term_memory`."""

    memories: Annotated[list[NewMemory], Field(min_length=1, max_length=50)] = Field(
        description="The memories to store."
    )


class UpdateWorkingMemoryData(ToolArguments):
    """Arguments of `update_working_memory_data`."""

    data: dict[str, Any] = Field(description="The fields to store, as a JSON object.")
    merge_strategy: Literal["replace", "merge", "deep_merge"] = Field(
        default="merge",
        description="Replace everything, replace the fields given, or merge objects at any depth.",
    )


class GetMemory(ToolArguments):
    """Arguments of `get_long_term_memory`."""

    memory_id: Words = Field(description="The memory's id, as a search answers it.")


class EditMemory(ToolArguments):
    """Arguments of `edit_long_term_memory`."""

    memory_id: Words = Field(description="The memory's id, as a search answers it.")
    text: Words | None = Field(default=None, description="The corrected statement.")
    memory_type: StoredType | None = Field(default=None, description=_TYPE)
    topics: list[Words] | None = Field(default=None, description="The new subjects, all of them.")
    entities: list[Words] | None = Field(
        default=None, description="The new names and things, all of them."
    )
    event_date: Written | None = Field(default=None, description=_EVENT_DATE)

    @model_validator(mode="after")
    def _require_a_change(self) -> Self:
        if self.model_dump(exclude_defaults=True).keys() == {"memory_id"}:
            raise ValueError("it names nothing to change")
        return self


class DeleteMemories(ToolArguments):
    """Arguments of `delete_long_term_memories`."""

    memory_ids: Annotated[list[Words], Field(min_length=1, max_length=100)] = Field(
        description="Ids of the memories to delete, as a search answers them."
    )


class GetCurrentDatetime(ToolArguments):
    """Arguments of `get_current_datetime`."""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """One tool."""

    name: str
    description: str
    arguments: type[ToolArguments]

    def read(self, given: Any) -> ToolArguments:
        """Read arguments as a model writes them.

        Raises:
            MemoryValidationError: They cannot be understood; says what the tool takes.
        """
        schema = parameters_of(self.arguments)
        try:
            return build(self.arguments, understood(read_arguments(given, schema), schema))
        except MemoryValidationError as error:
            message = f"{error.message}. {in_words(self.name, schema)}"
            raise MemoryValidationError(message, error.info) from error

    def for_openai(self) -> ToolSchema:
        """Spell the tool in OpenAI's form."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": parameters_of(self.arguments),
        }
        return ToolSchema(type="function", function=function)

    def for_anthropic(self) -> ToolSchema:
        """Spell the tool in Anthropic's form."""
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
    SearchMemory,
)
GET_WORKING_MEMORY = ToolDefinition(
    "get_or_create_working_memory",
    "Read the state of this conversation: its latest messages, its summary, its data and the "
    "memories noted in it.",
    GetWorkingMemory,
)
LAZILY_CREATE_MEMORY = ToolDefinition(
    "lazily_create_long_term_memory",
    "Note something worth remembering; it is stored in the background and can be found a little "
    "later. Write it so that it can be understood without this conversation.",
    NewMemory,
)
UPDATE_WORKING_MEMORY_DATA = ToolDefinition(
    "update_working_memory_data",
    "Keep structured state of this conversation, such as a plan, a form or a task list. It is "
    "not searched and ends with the conversation.",
    UpdateWorkingMemoryData,
)
GET_MEMORY = ToolDefinition(
    "get_long_term_memory",
    "Read one memory by its id.",
    GetMemory,
)
EAGERLY_CREATE_MEMORY = ToolDefinition(
    "eagerly_create_long_term_memory",
    "Store memories that must be found from now on: preferences, facts about the user, events, "
    "decisions. Write each so that it can be understood without this conversation, with names "
    "instead of pronouns and dates instead of words like `tomorrow`.",
    CreateMemories,
)
EDIT_MEMORY = ToolDefinition(
    "edit_long_term_memory",
    "Correct a memory that is wrong or out of date. Search for it first to learn its id; only "
    "the fields given change.",
    EditMemory,
)
DELETE_MEMORIES = ToolDefinition(
    "delete_long_term_memories",
    "Delete memories for good, when the user asks to forget something. Search for them first to "
    "learn their ids.",
    DeleteMemories,
)
GET_CURRENT_DATETIME = ToolDefinition(
    "get_current_datetime",
    "Tell the current date and time in the user's time zone. Use it to turn words like `tomorrow` "
    "into dates before storing a memory.",
    GetCurrentDatetime,
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
    "search_memories": SEARCH_MEMORY.name,
    "memory_search": SEARCH_MEMORY.name,
    "search": SEARCH_MEMORY.name,
    "get_memory": GET_MEMORY.name,
    "create_memory": EAGERLY_CREATE_MEMORY.name,
    "create_memories": EAGERLY_CREATE_MEMORY.name,
    "add_memory": EAGERLY_CREATE_MEMORY.name,
    "add_memories": EAGERLY_CREATE_MEMORY.name,
    "edit_memory": EDIT_MEMORY.name,
    "update_memory": EDIT_MEMORY.name,
    "update_long_term_memory": EDIT_MEMORY.name,
    "delete_memory": DELETE_MEMORIES.name,
    "delete_memories": DELETE_MEMORIES.name,
    "delete_long_term_memory": DELETE_MEMORIES.name,
    "get_current_time": GET_CURRENT_DATETIME.name,
}
"""Names that older schemas, or a model that guesses, call."""


def tool_of(name: str) -> ToolDefinition:
    """Answer the tool that a model calls, behind the prefix that some put before a name.

    Raises:
        MemoryValidationError: There is none; says which there are.
    """
    last = re.split(r"__|[./:]", name.strip())[-1]
    for each in (name, last, re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", last).lower()):
        if found := TOOLS.get(OTHER_NAMES.get(each, each)):
            return found
    raise MemoryValidationError(f"there is no tool {name}; there are {', '.join(TOOLS)}")


class ToolSchemaMethods:
    """Tool schemas, to be called on the class or on an instance; each answer is the caller's own.

    The names ending in `_anthropic` give Anthropic's form, the others OpenAI's.
    """

    @staticmethod
    def get_all_memory_tool_schemas() -> ToolSchemaCollection:
        """Spell every tool."""
        return ToolSchemaCollection(tool.for_openai() for tool in TOOLS.values())

    @staticmethod
    def get_all_memory_tool_schemas_anthropic() -> ToolSchemaCollection:
        """Spell every tool."""
        return ToolSchemaCollection(tool.for_anthropic() for tool in TOOLS.values())

    search_long_term_memory_tool_schema = staticmethod(SEARCH_MEMORY.for_openai)
    search_long_term_memory_tool_schema_anthropic = staticmethod(SEARCH_MEMORY.for_anthropic)
    create_long_term_memories_tool_schema = staticmethod(EAGERLY_CREATE_MEMORY.for_openai)
    create_long_term_memories_tool_schema_anthropic = staticmethod(
        EAGERLY_CREATE_MEMORY.for_anthropic
    )
    get_long_term_memory_tool_schema = staticmethod(GET_MEMORY.for_openai)
    get_long_term_memory_tool_schema_anthropic = staticmethod(GET_MEMORY.for_anthropic)
    edit_long_term_memory_tool_schema = staticmethod(EDIT_MEMORY.for_openai)
    edit_long_term_memory_tool_schema_anthropic = staticmethod(EDIT_MEMORY.for_anthropic)
    delete_long_term_memories_tool_schema = staticmethod(DELETE_MEMORIES.for_openai)
    delete_long_term_memories_tool_schema_anthropic = staticmethod(DELETE_MEMORIES.for_anthropic)
    get_working_memory_tool_schema = staticmethod(GET_WORKING_MEMORY.for_openai)
    get_working_memory_tool_schema_anthropic = staticmethod(GET_WORKING_MEMORY.for_anthropic)
    get_update_memory_data_tool_schema = staticmethod(UPDATE_WORKING_MEMORY_DATA.for_openai)
    get_update_memory_data_tool_schema_anthropic = staticmethod(
        UPDATE_WORKING_MEMORY_DATA.for_anthropic
    )
    get_lazily_create_long_term_memory_tool_schema = staticmethod(LAZILY_CREATE_MEMORY.for_openai)
    get_lazily_create_long_term_memory_tool_schema_anthropic = staticmethod(
        LAZILY_CREATE_MEMORY.for_anthropic
    )
    get_current_datetime_tool_schema = staticmethod(GET_CURRENT_DATETIME.for_openai)
    get_current_datetime_tool_schema_anthropic = staticmethod(GET_CURRENT_DATETIME.for_anthropic)

    # Names that clients of the predecessor call.
    get_memory_search_tool_schema = search_long_term_memory_tool_schema
    get_memory_search_tool_schema_anthropic = search_long_term_memory_tool_schema_anthropic
    get_eagerly_create_long_term_memory_tool_schema = create_long_term_memories_tool_schema
    get_eagerly_create_long_term_memory_tool_schema_anthropic = (
        create_long_term_memories_tool_schema_anthropic
    )
    get_create_long_term_memory_tool_schema = create_long_term_memories_tool_schema
    get_add_memory_tool_schema = get_lazily_create_long_term_memory_tool_schema
