"""The three services behind one port of this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

from agent_memory.extraction.v1.service_pb2_grpc import add_ExtractionServiceServicer_to_server
from agent_memory.long_term_memory.v1.service_pb2_grpc import (
    add_LongTermMemoryServiceServicer_to_server,
)
from agent_memory.working_memory.v1.service_pb2_grpc import (
    add_WorkingMemoryServiceServicer_to_server,
)
from tests.contract.client.services.extraction import Extraction
from tests.contract.client.services.long_term_memory import LongTermMemory
from tests.contract.client.services.recorder import Recorder
from tests.contract.client.services.working_memory import WorkingMemory


@dataclass
class Services:
    """What a test looks into; `url` is where a client connects."""

    long_term_memory: LongTermMemory = field(default_factory=LongTermMemory)
    extraction: Extraction = field(default_factory=Extraction)
    recorder: Recorder = field(default_factory=Recorder)
    url: str = ""

    def __post_init__(self) -> None:
        self.working_memory = WorkingMemory(self.long_term_memory)


@asynccontextmanager
async def running(secured: grpc.ServerCredentials | None = None) -> AsyncIterator[Services]:
    """Serve on a free port of loopback until the block is left; with TLS where it is given."""
    services = Services()
    server = grpc.aio.server(interceptors=[services.recorder], options=[("grpc.so_reuseport", 0)])
    add_WorkingMemoryServiceServicer_to_server(services.working_memory, server)
    add_LongTermMemoryServiceServicer_to_server(services.long_term_memory, server)
    add_ExtractionServiceServicer_to_server(services.extraction, server)
    if secured is None:
        services.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    else:
        services.url = f"https://localhost:{server.add_secure_port('127.0.0.1:0', secured)}"
    await server.start()
    try:
        yield services
    finally:
        await server.stop(None)
