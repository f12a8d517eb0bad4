"""Calls of any method, whatever its shape."""

from collections.abc import Sequence

import grpc
from google.protobuf.message import Message

from agent_memory_services.runtime.methods import MethodPolicy


async def call(
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    request: Message,
    metadata: Sequence[tuple[str, str | bytes]] = (),
    *,
    timeout: float = 10.0,  # noqa: ASYNC109 - the deadline of the call
    at_most: int = 100,
) -> list[Message]:
    """The responses of one call; of a stream, the first `at_most`."""
    multicallable = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[policy.client_streaming, policy.server_streaming](
        policy.full_name, policy.request_type.SerializeToString, policy.response_type.FromString
    )
    sent = iter([request]) if policy.client_streaming else request
    open_call = multicallable(sent, timeout=timeout, metadata=tuple(metadata))
    if not policy.server_streaming:
        return [await open_call]
    responses: list[Message] = []
    async for response in open_call:
        responses.append(response)
        if len(responses) == at_most:
            break
    open_call.cancel()
    return responses
