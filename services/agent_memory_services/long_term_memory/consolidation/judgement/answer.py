"""Reads a model's verdicts: data that is judged item by item, never trusted."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent_memory_services.long_term_memory.consolidation.judgement.base import Verdict
from agent_memory_services.runtime.model_api.json_answers import json_values


class NonsenseError(Exception):
    """The answer holds no list of verdicts, or none that says anything of the facts shown."""


class _Item(BaseModel):
    model_config = ConfigDict(strict=True)

    n: int
    verdict: str


def read_verdicts(text: str, count: int) -> list[Verdict]:
    """One verdict for each fact that was shown; `OTHER` where the answer gives two, or none.

    Args:
        text: the model's answer.
        count: how many facts it was shown, numbered from 1.

    Raises:
        NonsenseError: the answer cannot be read at all, or gives no verdict on any fact shown.
    """
    found: dict[int, set[Verdict]] = {}
    for item in _items(text):
        verdict = _verdict(item)
        if verdict is not None and 1 <= verdict[0] <= count:
            found.setdefault(verdict[0], set()).add(verdict[1])
    if count and not found:
        raise NonsenseError
    given = [found.get(number, {Verdict.OTHER}) for number in range(1, count + 1)]
    return [min(each) if len(each) == 1 else Verdict.OTHER for each in given]


def _items(text: str) -> list[Any]:
    for value in json_values(text):
        items = value.get("verdicts") if isinstance(value, dict) else value
        if isinstance(items, list):
            return items
    raise NonsenseError


def _verdict(item: Any) -> tuple[int, Verdict] | None:
    try:
        read = _Item.model_validate(item)
        return read.n, Verdict(read.verdict)
    except (ValidationError, ValueError):
        return None
