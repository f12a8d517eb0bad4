"""The call that forgets: from the request to the rules of forgetting, and back."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.duration_pb2 import Duration

from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from agent_memory_services.long_term_memory.filtering.filters import compile_filter
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgetting, Oblivion
from agent_memory_services.long_term_memory.lifecycle.policy import DEFAULT_MULTIPLIER, Policy
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.principal import current_principal

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_MICROS: Final = 1_000_000


class ForgettingCalls(LongTermMemoryServiceServicer):
    """Translates; the rules are elsewhere."""

    _forgetting: Forgetting

    async def ForgetMemories(
        self, request: rpc.ForgetMemoriesRequest, context: Context
    ) -> rpc.ForgetMemoriesResponse:
        caller = current_principal()
        asked = Oblivion(
            policy_of(request.policy),
            compile_filter(request.filter, "filter"),
            keep=frozenset(request.keep_ids),
            permanently=request.policy.permanently,
            execute=request.execute,
            actor=caller.subject,
        )
        forgotten = await self._forgetting.forget(Scope.of(caller), asked)
        return rpc.ForgetMemoriesResponse(
            forgotten=[
                ltm.ForgottenMemory(memory_id=memory_id, reason=reason.value)
                for memory_id, reason in forgotten.named.items()
            ],
            forgotten_count=forgotten.count,
            considered_count=forgotten.considered,
            executed=request.execute,
        )


def policy_of(given: ltm.ForgetPolicy) -> Policy:
    """The policy that a request states."""
    return Policy(
        max_age=_micros(given.max_age) if given.HasField("max_age") else None,
        max_inactive=_micros(given.max_inactive) if given.HasField("max_inactive") else None,
        keep_per_owner=given.keep_per_owner if given.HasField("keep_per_owner") else None,
        types=frozenset(given.types),
        hard_age_multiplier=given.hard_age_multiplier or DEFAULT_MULTIPLIER,
    )


def _micros(duration: Duration) -> int:
    return duration.seconds * _MICROS + duration.nanos // 1000
