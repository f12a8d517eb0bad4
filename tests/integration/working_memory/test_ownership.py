"""The scripts and the rules agree about who may touch a session."""

import json
import re
from importlib.resources import files
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from agent_memory_services.working_memory.domain.scope import Actor

_owners = st.sampled_from(["", "ann", "Ann", "bob", "*"])
_actors = st.builds(
    Actor,
    user=_owners,
    users=st.none() | st.frozensets(_owners.filter(bool), max_size=3),
)

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


def _may_touch() -> str:
    prelude = files("agent_memory_services.working_memory.store") / "lua/session/prelude.lua"
    found = re.search(
        r"^local function may_touch\(.*?^end$", prelude.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found.group()


@settings(
    max_examples=50,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cases=st.lists(st.tuples(_actors, _owners), min_size=20, max_size=20))
async def test_a_script_lets_an_actor_touch_exactly_the_sessions_that_it_sees(
    redis: Redis, cases: list[tuple[Actor, str]]
) -> None:
    """Whatever user a call names, whomever its credential is bound to, and whoever owns it."""
    arguments = [
        {
            "user": actor.user,
            "bound": actor.users is not None,
            "users": sorted(actor.users or ()),
            "owner": owner,
        }
        for actor, owner in cases
    ]
    answers: Any = await redis.eval(f"{_may_touch()}\n{_CALL}", 0, json.dumps(arguments))
    for (actor, owner), answer in zip(cases, answers, strict=True):
        assert bool(answer) is actor.sees(owner), (actor, owner)
