"""The scripts and the rules agree about who may touch a session."""

import json
import re
from importlib.resources import files
from itertools import combinations, product
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory_services.working_memory.domain.session import Actor

_USERS = ("ann", "Ann", "bob", "*")
_LIMITS = [frozenset(some) for size in range(4) for some in combinations(_USERS, size)]
# Every actor, whatever it names and whatever it is bound to, before every owner.
_CASES = [
    (Actor(user=user, users=users), owner)
    for user, users, owner in product(("", *_USERS), (None, *_LIMITS), ("", *_USERS))
]

# The arguments are the cases as JSON: a script's own way to take arguments does not matter here.
_CALL = """
local answers = {}
for at, case in ipairs(cjson.decode(ARGV[1])) do
  local caller = { user = case.user }
  if case.bound then
    caller.users = case.users
  end
  answers[at] = may_touch(caller, case.owner) and 1 or 0
end
return answers
"""
_MISTAKES = {
    "limits are not looked at": ("allowed = not caller.users", "allowed = true"),
    "an owner within the limits is refused": ("allowed or user == owner", "allowed"),
    "what is nobody's is everybody's": (
        "allowed = not caller.users",
        "allowed = not caller.users or owner == ''",
    ),
    "nobody named is nobody": ("caller.user == '' or ", ""),
    "what is nobody's is nobody's": ("owner == '' or ", ""),
    "the user named is not compared": (" or caller.user == owner", ""),
}


def _may_touch() -> str:
    prelude = files("agent_memory_services.working_memory.store") / "lua/session/prelude.lua"
    found = re.search(
        r"^local function may_touch\(.*?^end$", prelude.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found.group()


async def _disagreements(redis: Redis, may_touch: str) -> list[tuple[Actor, str]]:
    """The cases in which a script decides otherwise than the rule."""
    arguments = [
        {
            "user": actor.user,
            "bound": actor.users is not None,
            "users": sorted(actor.users or ()),
            "owner": owner,
        }
        for actor, owner in _CASES
    ]
    answers: Any = await redis.eval(f"{may_touch}\n{_CALL}", 0, json.dumps(arguments))
    pairs = zip(_CASES, answers, strict=True)
    return [(actor, owner) for (actor, owner), may in pairs if bool(may) is not actor.sees(owner)]


async def test_a_script_lets_an_actor_touch_exactly_the_sessions_that_it_sees(
    redis: Redis,
) -> None:
    """Whatever user a call names, whomever its credential is bound to, and whoever owns it."""
    assert await _disagreements(redis, _may_touch()) == []


@pytest.mark.parametrize("mistake", _MISTAKES)
async def test_a_mistake_in_the_script_is_noticed(redis: Redis, mistake: str) -> None:
    """No part of its condition could be left out."""
    part, instead = _MISTAKES[mistake]
    right = _may_touch()
    assert part in right
    assert await _disagreements(redis, right.replace(part, instead))
