"""Scores the local extractor on the shipped golden messages."""

from agent_memory_services.evaluation.extraction import found_locally
from agent_memory_services.evaluation.golden import Golden, read_golden
from agent_memory_services.evaluation.judging import Judgement, judge


def golden(*, held_out: bool) -> list[Golden]:
    """The messages rules were made with, or those that were kept apart from them."""
    return [message for message in read_golden() if message.held_out is held_out]


def score(messages: list[Golden]) -> Judgement:
    """What the local extractor makes of messages."""
    return judge(found_locally(messages))
