"""Prompts."""

from typing import Any

from agent_memory.working_memory.v1 import service_pb2, working_memory_pb2
from agent_memory_client.conversions.enums import PROMPT_SECTIONS
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.conversions.messages import from_tool_call
from agent_memory_client.conversions.search import from_hit
from agent_memory_client.models.prompts import MemoryPromptResponse, PromptSectionReport


def from_prompt(response: service_pb2.BuildMemoryPromptResponse) -> MemoryPromptResponse:
    """A prompt from the server."""
    return MemoryPromptResponse(
        messages=[_as_chat_message(message) for message in response.messages],
        long_term_memories=[from_hit(hit) for hit in response.hits],
        standing=[from_memory(memory) for memory in response.standing],
        report=[_from_section(section) for section in response.sections],
        tokens=response.tokens,
    )


def _as_chat_message(message: working_memory_pb2.PromptMessage) -> dict[str, Any]:
    """The message as chat APIs take it: what it does not have is no key of it."""
    chat: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name:
        chat["name"] = message.name
    if message.tool_calls:
        chat["tool_calls"] = [from_tool_call(call).as_openai() for call in message.tool_calls]
    if message.tool_call_id:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def _from_section(report: working_memory_pb2.PromptSectionReport) -> PromptSectionReport:
    return PromptSectionReport(
        section=PROMPT_SECTIONS.name(report.section) or "",
        tokens=report.tokens,
        cap=report.cap,
        included=report.included,
        left_out_ids=list(report.left_out_ids),
        duplicate_ids=list(report.duplicate_ids),
    )
