"""Lua scripts: files whose arguments are declared once, as the signature of a function.

    @script("agent_memory_services.working_memory.store", "lua/prelude", "lua/append")
    def _append(log: Key, *, messages: Sequence[bytes], now: int) -> Any: ...

    await _append(client, "am:log", messages=[b"..."], now=now_micros())

The Lua code finds each parameter under its name, as a local variable. `parameters` tells what
travels, and how; it renders the lines that read `KEYS` and `ARGV`, which stand in front of the
files. All keys of a call share a hash slot.
"""

import hashlib
import inspect
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Final, Generic, ParamSpec, TypeAlias, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from agent_memory_services.kit.redis.client import SCRIPT_NAMES
from agent_memory_services.kit.redis.parameters import KEY, Sent, parameters_of

P = ParamSpec("P")

Key: TypeAlias = Annotated[str, KEY]
"""Parameter that is one of a script's KEYS."""
Text: TypeAlias = str | bytes
"""Parameter that Lua takes as it is."""
Value: TypeAlias = str | bytes | int
"""Value of a mapping; a number travels as its digits."""


class Script(Generic[P]):
    """A Lua script that is called like the function that declares it, with a client in front."""

    def __init__(self, contract: Callable[P, Any], package: str, names: Sequence[str]) -> None:
        """Load `<name>.lua` of each name from the package, joined in order.

        Raises:
            TypeError: a parameter is of a type that does not travel.
        """
        self._signature = inspect.signature(contract)
        self._names = tuple(self._signature.parameters)
        self.parameters: Final = parameters_of(contract)
        self.files: Final = tuple(files(package).joinpath(f"{name}.lua") for name in names)
        parts = [self.parameters.lua(), *(file.read_text() for file in self.files)]
        self.source: Final = "\n".join(parts)
        self.name: Final = _name(package, names[-1])
        # The protocol names scripts by SHA-1; nothing rests on its strength.
        self._sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        SCRIPT_NAMES[self._sha] = SCRIPT_NAMES[self.source] = self.name

    def __call__(
        self, client: Redis, /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, Any]:
        """Run it in one round trip; a store that lost its scripts is given the source again."""
        return self.call(*args, **kwargs).run(client)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> "ScriptCall":
        """Return a run of it, to be made later or together with others."""
        given = dict(zip(self._names, args, strict=False))
        given.update(kwargs)
        if len(given) != len(self._names):
            self._signature.bind(*args, **kwargs)
        sent = Sent()
        self.parameters.write_items(given, sent)
        parts = (len(sent.keys), *sent.keys, *sent.args)
        return ScriptCall(self.source, self._sha, parts)


def script(package: str, *names: str) -> Callable[[Callable[P, Any]], Script[P]]:
    """Return the decorator of a function without a body, which declares what a script takes.

    Args:
        package: such as `agent_memory_services.working_memory.store`.
        names: files without `.lua`, joined in order, so that scripts can share local functions;
            the last one names the script.
    """

    def declare(contract: Callable[P, Any]) -> Script[P]:
        return Script(contract, package, names)

    return declare


def _name(package: str, name: str) -> str:
    """Return the name that operators know a script by, such as `working_memory/session/write`."""
    path = "/".join([*package.split(".")[1:], name])
    return path.replace("/store/lua/", "/").replace("/lua/", "/")


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """One run of a script, with its keys and arguments."""

    source: str
    sha: str
    parts: tuple[Any, ...]

    async def run(self, client: Redis) -> Any:
        """Run it in one round trip; a store that lost its scripts is given the source again."""
        try:
            return await cast("Any", client).execute_command("EVALSHA", self.sha, *self.parts)
        except NoScriptError:
            return await cast("Any", client.eval(self.source, *self.parts))

    def queue(self, pipeline: Redis) -> None:
        """Add it to a pipeline; it answers `NoScriptError` where the store lost its scripts."""
        # A pipeline of a cluster has no method for this, but takes the command.
        run: Any = pipeline.execute_command
        run("EVALSHA", self.sha, *self.parts)


async def run_each(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    """Run calls of one script in order; others may run between two of them.

    Returns:
        The answer of each call, or the error that the store answered it with.

    Raises:
        RedisError: the store went away; what ran and what did not is unknown.
    """
    answers = await _pipelined(client, calls)
    unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        # The first run by itself hands the store the source.
        first, *rest = unknown
        answers[first] = await _alone(client, calls[first])
        again = await _pipelined(client, [calls[at] for at in rest])
        for at, answer in zip(rest, again, strict=True):
            answers[at] = answer
    return answers


async def _alone(client: Redis, call: ScriptCall) -> Any:
    try:
        return await call.run(client)
    except ResponseError as error:
        return error


async def _pipelined(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    if not calls:
        return []
    async with client.pipeline(transaction=False) as pipeline:
        for call in calls:
            call.queue(pipeline)
        return list(await pipeline.execute(raise_on_error=False))


def mapping_of(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return an answer by name that alternates names and values, as HGETALL and FT.INFO do."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
