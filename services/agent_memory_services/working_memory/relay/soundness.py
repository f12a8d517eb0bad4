"""What is left of a hand-over without the messages and memories that break their rules."""

from functools import cache
from typing import Any

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.runtime.contract_rules import ContractRules


@cache
def _rules() -> ContractRules:
    return ContractRules()


def sound_parts(request: SubmitMessagesRequest) -> list[SubmitMessagesRequest]:
    """Requests that hand over what is sound, and tell which messages never come.

    None where all of it is sound, since the fault is then not in a message or a memory.
    """
    messages = [item for item in request.messages if _is_sound(request, messages=[item])]
    memories = [item for item in request.memories if _is_sound(request, memories=[item])]
    if len(messages) == len(request.messages) and len(memories) == len(request.memories):
        return []
    kept = {message.sequence for message in messages}
    rest = _holding(request, messages=messages, memories=memories)
    rest.first_withheld_sequence = request.first_withheld_sequence
    rest.last_withheld_sequence = request.last_withheld_sequence
    never = [
        _holding(request, first_withheld_sequence=sequence, last_withheld_sequence=sequence)
        for sequence in (message.sequence for message in request.messages)
        if sequence > 0 and sequence not in kept
    ]
    return [rest, *never]


def _is_sound(request: SubmitMessagesRequest, **item: Any) -> bool:
    return not _rules().violations(_holding(request, **item))


def _holding(request: SubmitMessagesRequest, **contents: Any) -> SubmitMessagesRequest:
    """A request for the same session, with other contents."""
    return SubmitMessagesRequest(
        session=request.session,
        session_uid=request.session_uid,
        user_id=request.user_id,
        extraction=request.extraction,
        time_zone=request.time_zone,
        **contents,
    )
