"""Facts with dates, and what readers see of them."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory, Validity
from tests.contract.long_term_memory.conftest import Tenant


def year(number: int) -> Timestamp:
    """The first moment of a year."""
    moment = Timestamp()
    moment.FromDatetime(datetime(number, 1, 1, tzinfo=UTC))
    return moment


def said(text: str, in_year: int, **fields: Any) -> Memory:
    """A fact that was said in a year."""
    return Memory(text=text, validity=Validity(valid_from=year(in_year)), **fields)


async def one(tenant: Tenant, *memories: Memory | str, **fields: Any) -> Any:
    """The result of the last of memories that are created one call each."""
    for memory in memories:
        [result] = await tenant.create(memory, **fields)
    return result


async def shown(tenant: Tenant) -> set[str]:
    """The texts that readers see."""
    return {memory.text for memory in (await tenant.list(page_size=1000)).memories}
