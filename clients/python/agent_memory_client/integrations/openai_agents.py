"""OpenAI Agents' conversation history in working memory: `AgentMemorySession`, a `Session`.

Items are kept whole, reasoning and calls of tools included, and facts are extracted from what is
said in them.
"""

from collections.abc import Callable
from typing import Any, cast

from agents import RunContextWrapper, TResponseInputItem
from agents.memory import SessionSettings

from agent_memory_client import MemoryClientConfig
from agent_memory_client.integrations._bridge import Clients, Conversation

UserOf = Callable[[Any], str | None]


def user_of_context(context: Any) -> str | None:
    """Find the user in the context of a run: its `user_id`, as an attribute or a key."""
    user = context.get("user_id") if isinstance(context, dict) else getattr(context, "user_id", "")
    return str(user) if user else None


class AgentMemorySession:
    """A conversation of OpenAI Agents, kept as a session of working memory.

    Its owner is `user_id`, or else the user in the context of the run. `clear_session` keeps what
    was learned; `pop_item` forgets what was learned from that item alone.

    ::

        session = AgentMemorySession("chat-1", "http://localhost:8000")
        await Runner.run(agent, "I prefer window seats", session=session, context=User("alice"))
    """

    def __init__(
        self,
        session_id: str,
        base_url: str | MemoryClientConfig | None = None,
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        user_of: UserOf = user_of_context,
        session_settings: SessionSettings | None = None,
        **options: Any,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        Args:
            session_id: The session.
            base_url: Where the services are reached, or a whole configuration.
            user_id: Its owner.
            namespace: Its namespace.
            user_of: Finds the owner in the context of a run, where `user_id` names none.
            session_settings: How many items a run takes.
            **options: Other options of `MemoryAPIClient`.
        """
        self.session_id = session_id
        self.session_settings = session_settings or SessionSettings()
        self._clients = Clients(base_url, **options)
        self._user_id = user_id
        self._namespace = namespace
        self._user_of = user_of

    async def get_items(
        self, limit: int | None = None, wrapper: RunContextWrapper[Any] | None = None
    ) -> list[TResponseInputItem]:
        """Answer the items, or the latest ones, the oldest first."""
        wanted = self.session_settings.limit if limit is None else limit
        messages = await self._conversation(wrapper).read(self._clients.waiting, wanted)
        return [cast("TResponseInputItem", message.as_given()) for message in messages]

    async def add_items(
        self, items: list[TResponseInputItem], wrapper: RunContextWrapper[Any] | None = None
    ) -> None:
        """Add items to the end."""
        if items:
            await self._conversation(wrapper).add(self._clients.waiting, items)

    async def pop_item(
        self, wrapper: RunContextWrapper[Any] | None = None
    ) -> TResponseInputItem | None:
        """Take the latest item back."""
        message = await self._conversation(wrapper).pop(self._clients.waiting)
        return None if message is None else cast("TResponseInputItem", message.as_given())

    async def clear_session(self, wrapper: RunContextWrapper[Any] | None = None) -> None:
        """Delete all items."""
        await self._conversation(wrapper).clear(self._clients.waiting)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    def _conversation(self, wrapper: RunContextWrapper[Any] | None) -> Conversation:
        user = self._user_id
        if user is None and wrapper is not None:
            user = self._user_of(wrapper.context)
        return Conversation(self.session_id, self._namespace, user)
