"""Tools over the conversation's working memory."""

from typing import Any

from agent_memory_client.calls import MemoryCalls
from agent_memory_client.models.sessions import WorkingMemory
from agent_memory_client.tools import arguments
from agent_memory_client.tools.answer import ToolAnswer, as_json, in_words
from agent_memory_client.tools.scope import ToolScope

_MESSAGES_SHOWN = 20


async def get_working_memory(
    client: MemoryCalls, scope: ToolScope, _: arguments.GetWorkingMemory
) -> ToolAnswer:
    """Read the conversation's state."""
    created, session = await client.get_or_create_working_memory(
        scope.session(),
        namespace=scope.namespace,
        user_id=scope.user_id,
        recent_messages_limit=_MESSAGES_SHOWN,
    )
    messages = [{"role": m.role, "content": m.content} for m in session.messages]
    result: dict[str, Any] = {
        "session_id": session.session_id,
        "created": created,
        "context": session.context,
        "messages": messages,
        "memories": [as_json(memory) for memory in session.memories],
        "data": session.data,
    }
    return ToolAnswer(result, _in_words(session))


async def note_memory(
    client: MemoryCalls, scope: ToolScope, asked: arguments.NewMemory
) -> ToolAnswer:
    """Place a memory in the conversation, from where it is stored in the background."""
    record = scope.own(**asked.model_dump(exclude_none=True))
    added = await client.add_memories_to_working_memory(
        scope.session(), [record], namespace=scope.namespace, user_id=scope.user_id
    )
    (noted,) = added.memories
    return ToolAnswer({"memory": as_json(noted)}, f"Noted:\n{in_words(noted)}")


async def update_data(
    client: MemoryCalls, scope: ToolScope, asked: arguments.UpdateWorkingMemoryData
) -> ToolAnswer:
    """Change the conversation's data."""
    session = await client.update_working_memory_data(
        scope.session(),
        asked.data,
        namespace=scope.namespace,
        user_id=scope.user_id,
        merge_strategy=asked.merge_strategy,
    )
    return ToolAnswer({"data": session.data}, f"The data is now: {session.data}")


def _in_words(session: WorkingMemory) -> str:
    parts = [
        f"Summary: {session.context}" if session.context else "",
        *(f"{message.role}: {message.content}" for message in session.messages),
        *(in_words(memory) for memory in session.memories),
        f"Data: {session.data}" if session.data else "",
    ]
    return "\n".join(part for part in parts if part) or "This conversation is empty so far."
