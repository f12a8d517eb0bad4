"""A channel that is opened again when what it was opened with has changed."""

import asyncio

import grpc

from agent_memory_services.runtime.auth.own_identity import OwnIdentity
from agent_memory_services.runtime.transport import Options

# Calls that began on the channel before may take this long, which is more than most have.
_RETIRE_SECONDS = 120.0


class Connection:
    """The channel to one target, under this process's identity.

    A plain TLS channel keeps the certificate it was opened with for good; a server would refuse
    its next connection once that certificate has expired.
    """

    def __init__(self, target: str, options: Options, identity: OwnIdentity) -> None:
        self._target = target
        self._options = options
        self._identity = identity
        self._credentials = identity.transport
        self._channel = self._opened()
        self._retired: dict[grpc.aio.Channel, asyncio.Task[None]] = {}

    def current(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        credentials = self._identity.transport
        if credentials is not self._credentials:
            self._credentials = credentials
            self._retire(self._channel)
            self._channel = self._opened()
        return self._channel

    async def close(self, grace: float | None = None) -> None:
        """Close every channel that is still open; running calls have `grace` seconds to end."""
        for task in self._retired.values():
            task.cancel()
        channels = [*self._retired, self._channel]
        await asyncio.gather(*(channel.close(grace) for channel in channels))

    def _opened(self) -> grpc.aio.Channel:
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._target, self._options)
        return grpc.aio.secure_channel(self._target, self._credentials, self._options)

    def _retire(self, channel: grpc.aio.Channel) -> None:
        task = self._retired[channel] = asyncio.create_task(channel.close(_RETIRE_SECONDS))
        task.add_done_callback(lambda _: self._retired.pop(channel, None))
