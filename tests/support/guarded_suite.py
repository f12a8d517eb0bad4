"""The three services, each knowing its callers, on one store."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from redis.asyncio import Redis

from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings
from tests.support.callers import PEPPER, Callers
from tests.support.contracts import service_of
from tests.support.credentials import AUDIENCE, ISSUER, Issuer
from tests.support.servers import Served, serving


@dataclass(frozen=True)
class GuardedSuite:
    """Where the services listen, and who gives out credentials."""

    served: Mapping[str, Served]
    callers: Callers
    issuer: Issuer

    def channel(self, policy: MethodPolicy) -> grpc.aio.Channel:
        """A channel to the service of a method."""
        return self.served[policy.service].channel


@asynccontextmanager
async def guarded_suite(folder: Path, redis: Redis, redis_url: str) -> AsyncIterator[GuardedSuite]:
    """The services, with an API key of their own each, until the block is left."""
    issuer = Issuer(folder / "keys.json")
    issuer.publish(one="ES256")
    callers = Callers(redis, issuer)
    (folder / "pepper").write_bytes(PEPPER)
    common: dict[str, Any] = {
        "auth": "api-key,jwt",
        "redis_url": redis_url,
        "metrics_listen": "",
        "access_log": False,
        "api_key_pepper_file": folder / "pepper",
        "jwt_issuer": ISSUER,
        "jwt_audience": AUDIENCE,
        "jwt_key_set": issuer.location,
        "service_credential_file": folder / "credential",
    }
    (folder / "credential").write_text(await callers.key(Role.SERVICE))
    async with serving(long_term_memory.lifespan, LongTermMemorySettings(**common)) as remembering:
        common["long_term_memory_address"] = remembering.address
        async with serving(
            extraction.lifespan,
            ExtractionSettings(
                **common,
                partitions=4,
                debounce_seconds=0.0,
                max_wait_seconds=0.0,
                extractor="local",
                index_messages=True,
            ),
        ) as extracting:
            common["extraction_address"] = extracting.address
            async with serving(
                working_memory.lifespan,
                WorkingMemorySettings(**common, partitions=4, relay_poll_seconds=0.1),
            ) as working:
                yield GuardedSuite(
                    {
                        service_of("working_memory").full_name: working,
                        service_of("long_term_memory").full_name: remembering,
                        service_of("extraction").full_name: extracting,
                    },
                    callers,
                    issuer,
                )
