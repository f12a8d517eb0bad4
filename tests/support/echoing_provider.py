"""A provider of models that repeats what it was asked in everything that goes wrong."""

import itertools
import json
from collections.abc import Iterator
from http import HTTPStatus

from agent_memory_services.demo.scripted_model import (
    Request,
    Say,
    ScriptedModel,
    _packet,
    _response,
    completion,
)

_RETRY = {"retry-after": "0.05"}


class EchoingProvider(ScriptedModel):
    """Answers well until it is `faulty`, then in each wrong way in turn.

    Attributes:
        faulty: whether it goes wrong.
        faults: how many answers went wrong, by the call's path.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faulty = False
        self.faults = {"/v1/chat/completions": 0, "/v1/embeddings": 0}
        self._turns = {path: itertools.count() for path in self.faults}

    async def _answer(self, request: Request) -> tuple[bytes | None, float]:
        if not self.faulty:
            return await super()._answer(request)
        ways = list(_ways(request))
        turn = next(self._turns[request.path]) % len(ways)
        self.faults[request.path] += 1
        return ways[turn], 0.0


def _ways(request: Request) -> Iterator[bytes | None]:
    """Everything that may go wrong, with the whole question in it."""
    said = json.dumps(request.body)
    for status in (400, 401, 413, 429, 500, 503):
        error = {"message": said, "type": said, "code": said.split()[-1], "param": said}
        yield _response(HTTPStatus(status), {"error": error}, _RETRY)
    yield _packet(HTTPStatus.OK, f"<html>{said}".encode(), {})
    yield _packet(HTTPStatus.OK, said.encode()[:-1], {})
    yield _response(HTTPStatus.OK, {"error": said, "choices": said, "data": said})
    yield None
    fact = {"text": said[:900], "messages": [99], "n": 99, "verdict": said}
    for text, reason in (
        (said, "stop"),
        (said, "length"),
        (said, "content_filter"),
        (json.dumps({"facts": [fact], "verdicts": [fact]}), "stop"),
    ):
        yield _response(HTTPStatus.OK, completion(request, Say(text, reason)))
    refusal = completion(request, Say(said))
    refusal["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": said}
    yield _response(HTTPStatus.OK, refusal)
