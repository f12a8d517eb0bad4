"""Running one script many times in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from agent_memory_services.runtime.redis import Script


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """The keys and arguments of one run."""

    keys: Sequence[str]
    args: Sequence[str | bytes | int]


async def run_each(client: Redis, script: Script, calls: Sequence[ScriptCall]) -> list[Any]:
    """Run the script for each call, in order; others may run between two of them.

    Returns:
        The answer of each call, or the error that the store answered it with.

    Raises:
        RedisError: the store went away; what ran and what did not is unknown.
    """
    answers = await _pipelined(client, script, calls)
    unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        # The first run by itself hands the store the source.
        first, *rest = unknown
        answers[first] = await _alone(client, script, calls[first])
        again = await _pipelined(client, script, [calls[at] for at in rest])
        for at, answer in zip(rest, again, strict=True):
            answers[at] = answer
    return answers


async def _alone(client: Redis, script: Script, call: ScriptCall) -> Any:
    try:
        return await script(client, call.keys, call.args)
    except ResponseError as error:
        return error


async def _pipelined(client: Redis, script: Script, calls: Sequence[ScriptCall]) -> list[Any]:
    if not calls:
        return []
    async with client.pipeline(transaction=False) as pipeline:
        for call in calls:
            script.queue(pipeline, call.keys, call.args)
        return list(await pipeline.execute(raise_on_error=False))
