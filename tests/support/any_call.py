"""Calls of any method, whatever its shape."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy


async def call(
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    request: Message,
    metadata: Sequence[tuple[str, str | bytes]] = (),
    *,
    timeout: float = 10.0,  # noqa: ASYNC109 - the deadline of the call
) -> list[Message]:
    """The responses of one call; an error is raised."""
    responses, error = await attempt(channel, policy, request, metadata, timeout=timeout)
    if error is not None:
        raise error
    return responses


async def attempt(
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    request: Message,
    metadata: Sequence[tuple[str, str | bytes]] = (),
    *,
    timeout: float = 10.0,  # noqa: ASYNC109 - the deadline of the call
) -> tuple[list[Message], grpc.aio.AioRpcError | None]:
    """The responses of one call, and how it failed if it did."""
    opener: Callable[..., Any] = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[policy.client_streaming, policy.server_streaming]
    multicallable = opener(
        policy.full_name, policy.request_type.SerializeToString, policy.response_type.FromString
    )
    sent = iter([request]) if policy.client_streaming else request
    open_call = multicallable(sent, timeout=timeout, metadata=tuple(metadata))
    responses: list[Message] = []
    try:
        if policy.server_streaming:
            async for response in open_call:
                responses.append(response)  # noqa: PERF401 - kept up to a failure
        else:
            responses.append(await open_call)
    except grpc.aio.AioRpcError as error:
        return responses, error
    return responses, None
