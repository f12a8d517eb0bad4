"""Settings of the query engine without which an answer could be incomplete and not say so."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ResponseError

from agent_memory_services.kit.contract.store_errors import UnusableStoreError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Requirement:
    name: str
    value: str
    suffices: Callable[[str], bool]
    why: str


_UNCUT: Final = 1_000_000_000
_REQUIREMENTS: Final = (
    _Requirement(
        "ON_TIMEOUT",
        "fail",
        lambda value: value.lower() == "fail",
        "a slow query would answer a part as if it were all",
    ),
    _Requirement(
        "MAXPREFIXEXPANSIONS",
        str(_UNCUT),
        lambda value: int(value) >= _UNCUT,
        "a prefix filter would see the first values only",
    ),
    _Requirement(
        "MINPREFIX",
        "1",
        lambda value: int(value) == 1,
        "a prefix filter of one letter would find nothing",
    ),
)


class _Node(Protocol):
    def execute_command(self, *args: Any) -> Awaitable[Any]: ...


class EngineSettingsError(UnusableStoreError):
    """The query engine is set to answer incompletely, and may not be set otherwise from here."""

    def __init__(self, name: str, value: str, why: str) -> None:
        super().__init__(
            f"the store's query engine needs {name} {value}, or {why}; "
            f"set it on the server (FT.CONFIG SET {name} {value})"
        )


async def require_complete_answers(client: Redis) -> None:
    """Check the engine's settings, and set what is amiss.

    Raises:
        EngineSettingsError: a setting is amiss and the store does not let us change it.
    """
    for node in await _nodes(client):
        for requirement in _REQUIREMENTS:
            if not await _holds(node, requirement):
                await _set(node, requirement)


async def _nodes(client: Redis) -> Sequence[_Node]:
    """Return the servers to ask: in a cluster, each that answers queries."""
    if isinstance(client, RedisCluster):
        await client.initialize()
        return client.get_primaries()
    return [client]


async def _holds(node: _Node, requirement: _Requirement) -> bool:
    answer = await node.execute_command("FT.CONFIG", "GET", requirement.name)
    value = _value(answer)
    return value is not None and requirement.suffices(value)


async def _set(node: _Node, requirement: _Requirement) -> None:
    try:
        await node.execute_command("FT.CONFIG", "SET", requirement.name, requirement.value)
    except ResponseError as error:
        raise EngineSettingsError(requirement.name, requirement.value, requirement.why) from error
    log.info("engine.set", name=requirement.name, value=requirement.value)


def _value(answer: Any) -> str | None:
    """Return the value in an answer of the form [[name, value]]."""
    return answer[0][1].decode() if answer and answer[0][1] is not None else None
