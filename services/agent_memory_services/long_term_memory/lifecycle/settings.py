"""What an operator says about forgetting by schedule."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_memory.common.v1.memory_pb2 import MemoryType
from agent_memory_services.long_term_memory.lifecycle.policy import (
    DEFAULT_MULTIPLIER,
    MICROS_PER_DAY,
    Policy,
)
from agent_memory_services.long_term_memory.lifecycle.schedule import Plan


class ForgettingPlan(BaseModel):
    """What a tenant forgets by schedule, in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_days: float | None = Field(default=None, gt=0)
    max_inactive_days: float | None = Field(default=None, gt=0)
    keep_per_owner: int | None = Field(default=None, ge=0)
    types: frozenset[Literal["semantic", "episodic", "message"]] = frozenset()
    hard_age_multiplier: float = Field(default=DEFAULT_MULTIPLIER, gt=0)
    permanently: bool = False

    @property
    def plan(self) -> Plan:
        """The same in the terms of the rules."""
        policy = Policy(
            max_age=_micros(self.max_age_days),
            max_inactive=_micros(self.max_inactive_days),
            keep_per_owner=self.keep_per_owner,
            types=frozenset(MemoryType.Value(f"MEMORY_TYPE_{t.upper()}") for t in self.types),
            hard_age_multiplier=self.hard_age_multiplier,
        )
        return Plan(policy, permanently=self.permanently)


def _micros(days: float | None) -> int | None:
    return None if days is None else round(days * MICROS_PER_DAY)
