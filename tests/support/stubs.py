"""Types of the stubs that call over a channel of asyncio.

The generated modules declare them for type checkers alone: at run time one class serves both kinds
of channel.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_memory.extraction.v1.service_pb2_grpc import (
        ExtractionServiceAsyncStub as ExtractionStub,
    )
    from agent_memory.long_term_memory.v1.service_pb2_grpc import (
        LongTermMemoryServiceAsyncStub as LongTermMemoryStub,
    )
    from agent_memory.working_memory.v1.service_pb2_grpc import (
        WorkingMemoryServiceAsyncStub as WorkingMemoryStub,
    )
else:
    from agent_memory.extraction.v1.service_pb2_grpc import (
        ExtractionServiceStub as ExtractionStub,
    )
    from agent_memory.long_term_memory.v1.service_pb2_grpc import (
        LongTermMemoryServiceStub as LongTermMemoryStub,
    )
    from agent_memory.working_memory.v1.service_pb2_grpc import (
        WorkingMemoryServiceStub as WorkingMemoryStub,
    )

__all__ = ["ExtractionStub", "LongTermMemoryStub", "WorkingMemoryStub"]
