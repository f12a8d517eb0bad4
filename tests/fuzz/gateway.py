"""JSON bodies at the gateway, whose check is Lua and runs here in the store's interpreter."""

import asyncio
import atexit
import json
import re
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import redis
from hypothesis import strategies as st

from agent_memory.long_term_memory.v1.service_pb2 import SearchMemoriesRequest
from agent_memory_services.embedded.gateway.json_bodies import strict_json_script
from agent_memory_services.embedded.store import EmbeddedStore
from tests.fuzz.inputs import JSON, TEXT
from tests.fuzz.target import Target

_FIELDS = frozenset(
    name
    for field in SearchMemoriesRequest.DESCRIPTOR.fields
    for name in (field.name, field.json_name)
)
_PATH = "/v1/memories:search"
_REFUSAL = re.compile("^unknown field|^the body is |(^|: )must be (Unicode text|a finite number)$")
# A request as Envoy hands it over, and the answer it is given, if any.
_AROUND = """
local answered = "passed"
local request = {}
function request:streamInfo()
  local notes = {get = function() return {json = true} end}
  return {dynamicMetadata = function() return notes end}
end
function request:headers()
  return {get = function(_, name) return name == ":method" and "POST" or ARGV[1] end}
end
function request:body()
  return {length = function() return #ARGV[2] end, getBytes = function() return ARGV[2] end}
end
function request:respond(_, message) answered = message:match("[^\\n]*$") end
envoy_on_request(request)
return answered
"""


class _Check:
    """The check, in a store that is started when first needed."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._script = ""

    def __call__(self, body: str) -> None:
        """Anything is passed on or refused in words; JSON passes as far as its fields are known."""
        answer = self._asked(body.encode(errors="surrogatepass"))
        assert answer == "passed" or _REFUSAL.search(answer)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return
        if value == {}:
            assert answer == "passed"
        elif isinstance(value, dict) and not set(value) <= _FIELDS:
            assert answer != "passed"

    def _asked(self, body: bytes) -> str:
        client = self._client = self._client or self._started()
        return client.eval(self._script, 0, _PATH, body).decode()

    def _started(self) -> redis.Redis:
        descriptors = resources.files("agent_memory_services.kit.contract") / "descriptors.binpb"
        code = strict_json_script(descriptors.read_bytes())
        # The store lets no script define a name for all.
        code = code.replace("function envoy_on", "local function envoy_on")
        self._script = f"{code}\n{_AROUND}"
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        store = EmbeddedStore(Path(tempfile.mkdtemp(prefix="agent-memory-fuzz-")), fsync="no")
        runner.run(store.start())
        atexit.register(lambda: runner.run(store.stop()))
        return redis.Redis.from_url(store.url)


_QUERY = st.fixed_dictionaries({}, optional={"text": TEXT, "filter": JSON, "limit": JSON})
_KNOWN: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {}, optional={"query": _QUERY | JSON, "pageSize": JSON, "page_token": JSON}
)
_SPELLED = (_KNOWN | JSON).map(json.dumps) | JSON.map(
    lambda value: json.dumps(value, ensure_ascii=False, indent=1)
)

TARGETS = (
    Target(
        "gateway-json",
        _SPELLED
        | st.tuples(_SPELLED, st.integers(0, 40)).map(lambda cut: cut[0][: -cut[1] or None])
        | st.text(alphabet='{}[]",:\\ 019.e+-truefalsn', max_size=60)
        | TEXT,
        _Check(),
    ),
)
