"""A name server whose one name stands for whatever it is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rdatatype
import dns.rrset

_NAME = "replicas.test"
_SECONDS_TO_LIVE = 5


class NameServer(asyncio.DatagramProtocol):
    """Answers for the name as the name server of a cluster does for a headless Service.

    Attributes:
        addresses: the replicas there are, which callers learn when they ask next.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        """Begin with some replicas."""
        self.addresses = addresses
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer with the addresses; there are none of the sixth version."""
        assert self._transport is not None
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        asked = query.question[0]
        if asked.rdtype == dns.rdatatype.A:
            records = dns.rrset.from_text_list(
                asked.name, _SECONDS_TO_LIVE, "IN", "A", list(self.addresses)
            )
            answer.answer.append(records)
        self._transport.sendto(answer.to_wire(), addr)

    def target(self, port: int) -> str:
        """What a caller connects to: the name, asked of this server and of no other."""
        assert self._transport is not None
        host, own_port = self._transport.get_extra_info("sockname")
        return f"dns://{host}:{own_port}/{_NAME}:{port}"


@asynccontextmanager
async def naming(addresses: Sequence[str]) -> AsyncIterator[NameServer]:
    """Run a name server on loopback until the block is left."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(addresses), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()
