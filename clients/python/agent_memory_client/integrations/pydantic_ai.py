"""Pydantic AI on memory: a toolset for a model, and a capability that also recalls by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai import FunctionToolset, ModelRetry, RunContext, Tool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import InstructionPart, ModelRequest, UserPromptPart
from pydantic_ai.models import ModelRequestContext

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client.tools._definitions import TOOLS, ToolDefinition
from agent_memory_client.tools._schema import parameters_of

UserOf = Callable[[Any], str | None]


def user_of_deps(deps: Any) -> str | None:
    """Find the user in the dependencies of a run: its `user_id`, as an attribute or a key."""
    user = deps.get("user_id") if isinstance(deps, dict) else getattr(deps, "user_id", "")
    return str(user) if user else None


def memory_toolset(
    client: MemoryAPIClient,
    *,
    user_id: str | None = None,
    namespace: str | None = None,
    session_id: str | None = None,
    user_of: UserOf = user_of_deps,
    names: Sequence[str] = ("search_memory", "eagerly_create_long_term_memory"),
) -> FunctionToolset[Any]:
    """Make tools for a model, which cannot leave the user and the namespace.

    Arguments are read as models write them; what goes wrong is told to the model, which may try
    again.

    Args:
        client: Reaches the services; its defaults hold where nothing is named.
        user_id: The only owner within reach.
        namespace: The only namespace within reach.
        session_id: The conversation, for tools over working memory.
        user_of: Finds the owner in the dependencies of a run, where `user_id` names none.
        names: Which tools, by the names of `MemoryAPIClient.get_all_memory_tool_schemas`.

    Raises:
        KeyError: There is no tool of a name.
    """

    def tool(definition: ToolDefinition) -> Tool[Any]:
        async def call(context: RunContext[Any], **arguments: Any) -> str:
            result = await client.resolve_function_call(
                definition.name,
                arguments,
                session_id,
                namespace=namespace,
                user_id=user_of(context.deps) if user_id is None else user_id,
            )
            if not result.success:
                raise ModelRetry(result.formatted_response)
            return result.formatted_response

        return Tool.from_schema(
            call,
            definition.name,
            definition.description,
            parameters_of(definition.arguments),
            takes_ctx=True,
        )

    return FunctionToolset([tool(TOOLS[name]) for name in names], id="agent-memory")


@dataclass
class AgentMemory(AbstractCapability[Any]):
    """Memory for an agent: tools, and what matters for a question before the model is asked.

    A memory that cannot be reached takes nothing from an answer but what is remembered.

    Attributes:
        client: Reaches the services.
        user_id: The only owner within reach.
        namespace: The only namespace within reach.
        user_of: Finds the owner in the dependencies of a run, where `user_id` names none.
        recalled: How many memories a question brings along; none for 0.
        names: Which tools the model has.
    """

    client: MemoryAPIClient
    user_id: str | None = None
    namespace: str | None = None
    user_of: UserOf = user_of_deps
    recalled: int = 5
    names: Sequence[str] = field(
        default=("search_memory", "eagerly_create_long_term_memory"), kw_only=True
    )

    def get_toolset(self) -> FunctionToolset[Any]:
        """Make the tools."""
        return memory_toolset(
            self.client,
            user_id=self.user_id,
            namespace=self.namespace,
            user_of=self.user_of,
            names=self.names,
        )

    async def before_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Add what is known for the question to the instructions of a request."""
        question = _question(request_context)
        if not question or not self.recalled:
            return request_context
        user = self.user_of(ctx.deps) if self.user_id is None else self.user_id
        bounds = {"user_id": user, "namespace": self.namespace}
        try:
            found = await self.client.search_long_term_memory(
                question,
                limit=self.recalled,
                filters={name: {"eq": value} for name, value in bounds.items() if value},
            )
        except MemoryClientError:
            return request_context
        if found.memories:
            lines = "\n".join(f"- {memory.text}" for memory in found.memories)
            part = InstructionPart(f"What is remembered of the user:\n{lines}", dynamic=True)
            parameters = request_context.model_request_parameters
            parts = [*(parameters.instruction_parts or []), part]
            request_context.model_request_parameters = replace(parameters, instruction_parts=parts)
        return request_context


def _question(context: ModelRequestContext) -> str:
    """Find what the user said last, where that is what the model is asked about now."""
    latest = context.messages[-1] if context.messages else None
    if not isinstance(latest, ModelRequest):
        return ""
    texts = [part.content for part in latest.parts if isinstance(part, UserPromptPart)]
    return "\n".join(text for text in texts if isinstance(text, str))
