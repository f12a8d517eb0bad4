"""Learning of the form that a model understands."""

from collections.abc import Callable

import pytest

from agent_memory_services.shared.model_api.dialects import (
    RETRY_SECONDS,
    STRUCTURED,
    ChatForm,
    Dialect,
    Output,
)
from agent_memory_services.shared.model_api.failures import Blame, ModelFailed, blame

SCHEMA, JSON, TEXT = STRUCTURED[0], STRUCTURED[3], STRUCTURED[4]


class Asked:
    """A dialect that questions are asked in, and a clock that stands."""

    def __init__(self) -> None:
        self.now = 0.0
        self.dialect = Dialect(STRUCTURED, clock=lambda: self.now)

    def ask(self, understood: Callable[[ChatForm], bool], refusal: Blame) -> list[ChatForm]:
        """Ask one question, and answer the forms that it was asked in."""
        asked = []
        trial = self.dialect.trial()
        for form in trial.forms():
            asked.append(form)
            if understood(form):
                trial.answered()
                break
            trial.refused(refusal)
        return asked


def refusal(status: int, words: str = "") -> Blame:
    """A refusal without a hint, unless words give one."""
    return blame(status, words)


def without_schema(form: ChatForm) -> bool:
    """Whether an endpoint without schemas understands a form."""
    return form.output is not Output.SCHEMA


def test_an_endpoint_that_never_understands_is_asked_ever_more_rarely() -> None:
    """The strictest form costs calls that grow with the logarithm of the questions."""
    asked = Asked()
    tries = sum(SCHEMA in asked.ask(without_schema, refusal(400)) for _ in range(1000))
    assert 2 <= tries <= 7
    assert asked.ask(without_schema, refusal(400))[-1] == JSON


def test_the_strictest_form_is_tried_again_after_a_while() -> None:
    """However many questions came between."""
    asked = Asked()
    for _ in range(200):
        asked.ask(without_schema, refusal(400))
    assert asked.ask(lambda _: True, refusal(400)) == [JSON]
    asked.now += RETRY_SECONDS
    assert asked.ask(lambda _: True, refusal(400)) == [SCHEMA]
    assert asked.ask(lambda _: True, refusal(400)) == [SCHEMA]


def test_one_refusal_does_not_outweigh_answers() -> None:
    """The second in a row does."""
    asked = Asked()
    asked.ask(lambda _: True, refusal(400))
    assert asked.ask(without_schema, refusal(400))[-1] == JSON
    assert asked.ask(lambda _: True, refusal(400)) == [SCHEMA]
    asked.ask(without_schema, refusal(400))
    asked.ask(without_schema, refusal(400))
    assert asked.ask(without_schema, refusal(400)) == [JSON]


@pytest.mark.parametrize("status", [404, 405, 415, 500, 501])
def test_what_may_be_an_outage_is_asked_twice_at_most(status: int) -> None:
    """In the usual form and in the plainest; nothing is learned of it."""
    asked = Asked()
    for _ in range(3):
        assert asked.ask(lambda _: False, refusal(status)) == [SCHEMA, STRUCTURED[-1]]
    assert asked.ask(lambda _: True, refusal(status)) == [SCHEMA]


@pytest.mark.parametrize(
    ("words", "next_form"),
    [
        ("Unsupported value: 'temperature'", STRUCTURED[1]),
        ("System role not supported", STRUCTURED[2]),
        ("roles must be user or assistant, not system", STRUCTURED[2]),
        ("Developer instruction is not enabled", STRUCTURED[2]),
        ("This response_format type is unavailable now", JSON),
        ("json_schema is not implemented", JSON),
        ("something else", STRUCTURED[1]),
    ],
)
def test_what_an_endpoint_names_is_left_out_first(words: str, next_form: ChatForm) -> None:
    """Its words choose the next form, and go no further."""
    judged = refusal(400, words)
    assert Asked().ask(lambda form: form == next_form, judged)[1] == next_form
    assert words not in repr(judged)


@pytest.mark.parametrize(
    ("status", "words", "reason", "form"),
    [
        (400, "bad", "rejected", True),
        (400, "maximum context length is 512 tokens", "rejected", False),
        (400, {"code": "content_filter"}, "rejected", False),
        (403, "flagged by moderation", "rejected", False),
        (403, "no", "model_denied", False),
        (401, "no", "model_denied", False),
        (307, "", "model_denied", False),
        (404, "no such model", "model_denied", True),
        (413, "", "rejected", False),
        (429, "", "rate_limited", False),
        (500, "", "model_unavailable", True),
        (501, "", "model_unavailable", True),
        (503, "", "model_unavailable", False),
        (None, {"message": "?"}, "bad_answer", False),
    ],
)
def test_a_refusal_is_judged(status: int | None, words: object, reason: str, form: bool) -> None:
    """By its status, and by what it names."""
    judged = blame(status, words)
    assert isinstance(judged.meaning, ModelFailed)
    assert (judged.meaning.reason, judged.form) == (reason, form)
