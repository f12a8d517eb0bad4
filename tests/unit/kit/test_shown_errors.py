"""Errors as a log may show them."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from pydantic import BaseModel
from redis import exceptions as redis

from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.shown_errors import described, rendered, store_code

SECRET = "what the user" + " said"


class _Model(BaseModel):
    number: int


def _refused() -> openai.BadRequestError:
    response: Any = SimpleNamespace(status_code=400, headers={}, request=None)
    return openai.BadRequestError(SECRET, response=response, body={"message": SECRET})


def _raised_by(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return error
    raise AssertionError("it raised nothing")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (_refused(), "openai.BadRequestError: 400"),
        (redis.ResponseError(f"WRONGTYPE {SECRET}"), "redis.exceptions.ResponseError: WRONGTYPE"),
        (
            redis.ResponseError(f"Command # 1 (SET {SECRET}) of pipeline caused error: MISCONF x"),
            "redis.exceptions.ResponseError: MISCONF",
        ),
        (
            redis.ResponseError(f"ERR user_script:12: {SECRET} script: 0, on @user_script:12."),
            "redis.exceptions.ResponseError: ERR user_script:12",
        ),
        (redis.ResponseError(SECRET.upper()), "redis.exceptions.ResponseError"),
        (FileNotFoundError(2, SECRET, SECRET), "FileNotFoundError: ENOENT"),
        (KeyError(SECRET), "KeyError"),
        (errors.InvalidFieldMask(SECRET, "x"), "errors.InvalidFieldMask: INVALID_FIELD_MASK"),
        (_raised_by(lambda: _Model(number=SECRET)), "ValidationError"),  # type: ignore[arg-type] # what is shown
        (_raised_by(lambda: json.loads(f'{{"{SECRET}')), "json.decoder.JSONDecodeError"),
        (_raised_by(lambda: SECRET.encode() + SECRET), "TypeError"),  # type: ignore[operator] # what is shown
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_told_by_its_kind(error: BaseException, said: str) -> None:
    """With a code or a status where it has one, and none of its words."""
    assert described(error).endswith(said)
    assert SECRET not in described(error)
    assert SECRET not in rendered(error)


def test_words_that_stand_in_the_source_are_kept() -> None:
    """A text that nothing was put into says what went wrong and tells of nobody."""

    def fail() -> None:
        raise RuntimeError("the background work failed")

    error = _raised_by(fail)
    assert described(error) == "RuntimeError: the background work failed"
    assert "line" in rendered(error)


def test_what_led_to_an_error_is_shown_with_it() -> None:
    """Causes, contexts and members of groups, each once, even where they lead round in a circle."""

    def fail() -> None:
        try:
            _ = dict[str, str]()[SECRET]
        except KeyError as inner:
            outer = ExceptionGroup(SECRET, [ValueError(SECRET)])
            outer.add_note(SECRET)
            inner.__cause__ = outer
            raise outer from inner

    text = rendered(_raised_by(fail))
    assert SECRET not in text
    for kind in ("KeyError", "ExceptionGroup", "ValueError"):
        assert sum(line.endswith(kind) for line in text.splitlines()) == 1


def test_only_a_reply_has_a_code() -> None:
    """What a caller called something is not taken for one."""
    assert store_code(redis.ResponseError("MISCONF cannot persist")) == "MISCONF"
    assert store_code(redis.ResponseError("SECRET cannot persist")) == ""
    assert store_code(redis.ConnectionError()) == ""
