"""Replies of the store and of streams, as tests know them to be."""

from typing import Any, TypeVar, cast

import grpc
from redis.asyncio import Redis

ResponseT = TypeVar("ResponseT")


def raw(client: Redis) -> Any:
    """The client, whose replies are bytes: its own types leave open what a reply is made of."""
    return client


async def next_of(call: grpc.aio.UnaryStreamCall[Any, ResponseT]) -> ResponseT:
    """The next message of a stream, which has one."""
    message = await call.read()
    assert message is not grpc.aio.EOF
    return cast("ResponseT", message)
