"""What a model may pass to each tool; the schemas it sees are made from these."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_memory_client.models.times import UtcDatetime

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(min_length=1)]
StoredType = Literal["semantic", "episodic"]

_TYPE = "`semantic` for a fact or preference, `episodic` for something that happened at a time."
_EVENT_DATE = "When it happened or will happen, as ISO 8601; for episodic memories."


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

    text: Text = Field(description="One statement that can be understood without the conversation.")
    memory_type: StoredType = Field(description=_TYPE)
    topics: list[Text] | None = Field(default=None, description="Subjects it is about.")
    entities: list[Text] | None = Field(default=None, description="Names and things it mentions.")
    event_date: UtcDatetime | None = Field(default=None, description=_EVENT_DATE)


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

    memory_id: Id = Field(description="The memory's id, as a search answers it.")


class EditMemory(ToolArguments):
    """Arguments of `edit_long_term_memory`."""

    memory_id: Id = Field(description="The memory's id, as a search answers it.")
    text: Text | None = Field(default=None, description="The corrected statement.")
    memory_type: StoredType | None = Field(default=None, description=_TYPE)
    topics: list[Text] | None = Field(default=None, description="The new subjects, all of them.")
    entities: list[Text] | None = Field(
        default=None, description="The new names and things, all of them."
    )
    event_date: UtcDatetime | None = Field(default=None, description=_EVENT_DATE)


class DeleteMemories(ToolArguments):
    """Arguments of `delete_long_term_memories`."""

    memory_ids: Annotated[list[Id], Field(min_length=1, max_length=100)] = Field(
        description="Ids of the memories to delete, as a search answers them."
    )


class GetCurrentDatetime(ToolArguments):
    """Arguments of `get_current_datetime`."""
