"""Between the contract's prompt messages and the domain's values."""

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.runtime.scope import require_namespace
from agent_memory_services.working_memory.prompt.model import (
    Line,
    MemoryPart,
    Prompt,
    PromptRequest,
    Section,
    SectionKind,
    SessionPart,
)
from agent_memory_services.working_memory.scope import Actor
from agent_memory_services.working_memory.session import SessionKey
from agent_memory_services.working_memory.translate import window_tokens
from agent_memory_services.working_memory.windows import Limits

_SECTIONS = {
    SectionKind.STANDING: wm.PROMPT_SECTION_STANDING,
    SectionKind.SUMMARY: wm.PROMPT_SECTION_SUMMARY,
    SectionKind.MEMORIES: wm.PROMPT_SECTION_MEMORIES,
    SectionKind.HISTORY: wm.PROMPT_SECTION_HISTORY,
    SectionKind.QUERY: wm.PROMPT_SECTION_QUERY,
}


def prompt_request(request: rpc.BuildMemoryPromptRequest, principal: Principal) -> PromptRequest:
    """What the caller asks for.

    Raises:
        AccessDenied: the credential does not reach the session's namespace or user.
    """
    return PromptRequest(
        query=request.query,
        session=_session_part(request.session, principal) if request.HasField("session") else None,
        memories=_memory_part(request.long_term_search)
        if request.HasField("long_term_search")
        else None,
        budget=request.token_budget if request.HasField("token_budget") else None,
        omit_query=request.omit_query,
    )


def prompt_response(prompt: Prompt) -> rpc.BuildMemoryPromptResponse:
    """The answer."""
    ordered = sorted(prompt.sections, key=lambda section: _SECTIONS[section.kind])
    return rpc.BuildMemoryPromptResponse(
        messages=map(_message, prompt.lines),
        hits=prompt.sources.hits,
        standing=prompt.sources.standing,
        sections=map(_report, ordered),
        tokens=prompt.tokens,
    )


def _session_part(part: rpc.PromptSession, principal: Principal) -> SessionPart:
    require_namespace(principal, part.namespace)
    return SessionPart(
        key=SessionKey(principal.tenant, part.namespace, part.session_id),
        actor=Actor.of(principal, part.user_id),
        limits=Limits(part.recent_messages_limit or None, window_tokens(part.window)),
    )


def _memory_part(part: rpc.LongTermSearch) -> MemoryPart:
    return MemoryPart(
        query=part.query,
        limit=part.limit,
        exclude_session=part.exclude_session,
        exclude_standing=part.exclude_standing,
    )


def _message(line: Line) -> wm.PromptMessage:
    return wm.PromptMessage(
        role=line.role,
        content=line.content,
        tool_calls=line.tool_calls,
        tool_call_id=line.tool_call_id,
        name=line.name,
    )


def _report(section: Section) -> wm.PromptSectionReport:
    return wm.PromptSectionReport(
        section=_SECTIONS[section.kind],
        tokens=section.tokens,
        cap=section.cap,
        included=section.included,
        left_out_ids=section.left_out,
        duplicate_ids=section.duplicates,
    )
