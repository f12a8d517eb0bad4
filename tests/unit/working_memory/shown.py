"""Messages in view, for tests of what is done with them."""

from agent_memory.common.v1.message_pb2 import Message, ToolCall
from agent_memory_services.working_memory.domain.drafts import message_digest
from agent_memory_services.working_memory.domain.session import (
    Entry,
    Session,
    SessionKey,
    Shown,
    State,
)
from agent_memory_services.working_memory.domain.windows import count_message, is_answer

KEY = SessionKey("acme", "chat", "s1")


def show(*messages: Message, tokens: int | None = None) -> tuple[Shown, ...]:
    """A view; each message takes `tokens` where given."""
    shown = []
    for position, message in enumerate(messages, 1):
        message.sequence = position
        message.id = message.id or f"m{position}"
        cost = count_message(message) if tokens is None else tokens
        entry = Entry(position, cost, message_digest(message), is_answer(message))
        shown.append(Shown(entry, message))
    return tuple(shown)


def user(content: str) -> Message:
    """A user's words."""
    return Message(role="user", content=content)


def assistant(content: str) -> Message:
    """An assistant's words."""
    return Message(role="assistant", content=content)


def asks(*calls: str) -> Message:
    """An assistant that calls tools."""
    return Message(
        role="assistant", tool_calls=[ToolCall(id=c, name="look", arguments="{}") for c in calls]
    )


def answers(call: str) -> Message:
    """A tool's answer."""
    return Message(role="tool", content=f"answer to {call}", tool_call_id=call)


def session(*messages: Message, context: str = "", owner: str = "") -> Session:
    """A session that shows messages."""
    shown = show(*messages)
    return Session(
        key=KEY,
        uid="u1",
        version=1,
        user=owner,
        state=State(context=context),
        created=1,
        updated=1,
        expires=None,
        last_sequence=len(shown),
        view_size=len(shown),
        tokens=sum(item.entry.tokens for item in shown),
        shown=shown,
    )
