"""What the parts of the client share: the connection, and the defaults of every call."""

import inspect
from typing import Any

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.working_memory.v1.working_memory_pb2 import ContextWindow
from agent_memory_client.config import MemoryClientConfig
from agent_memory_client.connection import Connection
from agent_memory_client.conversions.search import to_filter
from agent_memory_client.models.criteria import FilterArguments
from agent_memory_client.models.search import FilterCriteria
from agent_memory_client.unsendable import telling
from agent_memory_client.validation import build


class ClientBase:
    """A part of the client; the connection is made when the first call needs it."""

    _connection: Connection

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let every call tell by `MemoryValidationError` what cannot be sent."""
        super().__init_subclass__(**kwargs)
        # A method with two names stays one.
        told: dict[object, object] = {}
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and not name.startswith("_"):
                setattr(cls, name, told.setdefault(method, telling(method)))

    @property
    def config(self) -> MemoryClientConfig:
        """The settings of this client."""
        return self._connection.config

    def _namespace(self, namespace: str | None) -> str:
        return (self.config.default_namespace or "") if namespace is None else namespace

    def _user(self, user_id: str | None) -> str:
        return (self.config.default_user_id or "") if user_id is None else user_id

    def _window(
        self, model_name: str | None, context_window_max: int | None
    ) -> ContextWindow | None:
        """The window of a call; a size or a model of the call itself beats the defaults."""
        if model_name is None and context_window_max is None:
            model_name = self.config.default_model_name
            context_window_max = self.config.default_context_window_max
        if model_name is None and context_window_max is None:
            return None
        return ContextWindow(model_name=model_name or "", max_tokens=context_window_max)

    def _filter(self, criteria: FilterArguments) -> MemoryFilter:
        """The filter of a listing; defaults hold where no condition names the field."""
        return to_filter(
            build(FilterCriteria, criteria),
            namespace=self.config.default_namespace,
            user_id=self.config.default_user_id,
        )
