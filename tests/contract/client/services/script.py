"""A watch that does what a test tells it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from tests.contract.client.services.refusal import refuse

Request = TypeVar("Request", bound=Message)


class Script(Generic[Request]):
    """Each watch plays the next part, and the last one stays open.

    Attributes:
        parts: what each watch answers, events that it waits for in between, and the status it ends
            with where one is last.
        asked: the requests of the watches so far.
    """

    def __init__(self) -> None:
        self.parts: deque[list[Any]] = deque()
        self.asked: list[Request] = []

    async def play(
        self, request: Request, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Any]:
        """The answers of one watch."""
        self.asked.append(request)
        for step in self.parts.popleft() if self.parts else ():
            if isinstance(step, Status):
                await refuse(context, step)
            if isinstance(step, asyncio.Event):
                await step.wait()
            else:
                yield step
        if not self.parts:
            await asyncio.Event().wait()
