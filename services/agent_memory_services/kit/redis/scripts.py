"""Lua scripts kept as files, run alone or many in one round trip."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError
from redis.typing import EncodableT, KeyT

from agent_memory_services.kit.redis.observed import SCRIPT_NAMES


class Script:
    """A Lua script that is kept as a file beside the module that calls it."""

    def __init__(self, package: str, *names: str) -> None:
        """Load `<name>.lua` from the package, such as `agent_memory_services.working_memory`.

        Several names are joined in order, so that scripts can share local functions.
        """
        folder = files(package)
        self._source = "\n".join(folder.joinpath(f"{name}.lua").read_text() for name in names)
        # The protocol names scripts by SHA-1; nothing rests on its strength.
        self._sha = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()
        SCRIPT_NAMES[self._sha] = SCRIPT_NAMES[self._source] = _name(package, names[-1])

    async def __call__(
        self, client: Redis, keys: Sequence[KeyT] = (), args: Sequence[EncodableT] = ()
    ) -> Any:
        """Run it in one round trip; a store that lost its scripts is given the source again."""
        parts: tuple[Any, ...] = (len(keys), *keys, *args)
        try:
            return await cast("Any", client.evalsha(self._sha, *parts))
        except NoScriptError:
            return await cast("Any", client.eval(self._source, *parts))

    def queue(
        self, pipeline: Redis, keys: Sequence[KeyT] = (), args: Sequence[EncodableT] = ()
    ) -> None:
        """Add a run to a pipeline; it answers `NoScriptError` where the store lost its scripts."""
        # A pipeline of a cluster has no method for this, but takes the command.
        run: Any = pipeline.execute_command
        run("EVALSHA", self._sha, len(keys), *keys, *args)


def _name(package: str, name: str) -> str:
    """Return the name that operators know a script by, such as `working_memory/session/write`."""
    path = "/".join([*package.split(".")[1:], name])
    return path.replace("/store/lua/", "/").replace("/lua/", "/")


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
