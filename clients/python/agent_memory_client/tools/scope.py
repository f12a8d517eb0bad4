"""The bounds that the application sets for a model's tool calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_memory_client.errors import MemoryValidationError
from agent_memory_client.models.memories import MemoryRecord


@dataclass(frozen=True, slots=True)
class ToolScope:
    """Whose memories a call may touch; what the model says can only narrow it.

    Attributes:
        session_id: The conversation: what is created is marked with it, and its working memory
            is the only one within reach. It does not bound long-term memory, which is there to
            be found from other conversations.
        namespace: The only namespace within reach; none for all.
        user_id: The only owner within reach; none for all.
    """

    session_id: str | None
    namespace: str | None
    user_id: str | None

    def filters(self, narrowing: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The scope as a filter, and what narrows it further."""
        bounds: dict[str, Any] = {}
        if self.user_id is not None:
            bounds["user_id"] = {"eq": self.user_id}
        if self.namespace is not None:
            bounds["namespace"] = {"eq": self.namespace}
        if narrowing:
            # A group of its own, so that no key of it can take the place of a bound.
            bounds["any_of"] = [dict(narrowing)]
        return bounds

    def admits(self, record: MemoryRecord) -> bool:
        """Whether a memory is within reach."""
        return (self.user_id is None or (record.user_id or "") == self.user_id) and (
            self.namespace is None or (record.namespace or "") == self.namespace
        )

    def own(self, **fields: Any) -> MemoryRecord:
        """A new memory of this user, namespace and conversation."""
        return MemoryRecord.model_validate(
            fields
            | {
                "user_id": self.user_id,
                "namespace": self.namespace,
                "session_id": self.session_id,
            }
        )

    def session(self) -> str:
        """The conversation.

        Raises:
            MemoryValidationError: The application named none.
        """
        if not self.session_id:
            raise MemoryValidationError("this tool needs a session, and the application named none")
        return self.session_id
