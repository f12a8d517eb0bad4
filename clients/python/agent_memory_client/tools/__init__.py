"""Memory as tools: schemas for a model, and answers to the calls it makes."""

from agent_memory_client.tools._calls import ToolCallResult
from agent_memory_client.tools._schema import ToolSchema, ToolSchemaCollection

__all__ = ["ToolCallResult", "ToolSchema", "ToolSchemaCollection"]
