"""Finds the JSON in a model's answer, though it may be wrapped in words or slightly broken."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLACE = re.compile(r'"(\d+)"')
_MOST_STARTS: Final = 50
# Models put raw line breaks into strings.
_DECODER: Final = json.JSONDecoder(strict=False)


def json_values(text: str) -> Iterator[Any]:
    """Every object and list that can be read from `text`, the likeliest first.

    Looks at the text as it is, into fenced blocks, behind leading words, and past trailing
    commas; what is cut off in the middle is never completed.
    """
    texts = [*_FENCE.findall(text), text]
    for candidate in [*texts, *map(_without_trailing_commas, texts)]:
        for start in islice(re.finditer(r"[{\[]", candidate), _MOST_STARTS):
            try:
                yield _DECODER.raw_decode(candidate, start.start())[0]
            except (ValueError, RecursionError):
                continue


def _without_trailing_commas(text: str) -> str:
    strings: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        strings.append(match.group())
        return f'"{len(strings) - 1}"'

    bare = _TRAILING_COMMA.sub(r"\1", _STRING.sub(put_aside, text))
    return _PLACE.sub(lambda match: strings[int(match.group(1))], bare)
