"""Scores the local extractor on the shipped golden messages."""

from agent_memory_services.evaluation.extraction import Found, found_locally
from agent_memory_services.evaluation.golden import Golden, read_golden
from agent_memory_services.evaluation.judging import Judgement, judge

_FOUND: dict[str, Found] = {}


def golden(*, held_out: bool) -> list[Golden]:
    """The messages rules were made with, or those that were kept apart from them."""
    return [message for message in read_golden() if message.held_out is held_out]


def score(messages: list[Golden]) -> Judgement:
    """What the local extractor makes of messages, each of which it reads once."""
    unread = [message for message in messages if message.id not in _FOUND]
    for found in found_locally(unread):
        _FOUND[found[0].id] = found
    return judge(_FOUND[message.id] for message in messages)
