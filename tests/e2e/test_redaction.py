"""What callers say is nowhere but in the store and in the answers to it."""

import asyncio
import http.client
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from google.api.annotations_pb2 import http as http_rule
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.redis.client import connect
from tests.contract.kit.refusals import refused
from tests.support.any_call import attempt, call
from tests.support.canaries import Canaries
from tests.support.collector import Collector, collecting
from tests.support.contracts import POLICIES, SERVICES
from tests.support.echoing_provider import EchoingProvider
from tests.support.faulty_store import FAULTS

# What the catalogue of reasons lets an answer repeat to the one who said it.
REPEATED = frozenset({"session_id", "memory_id", "job_id", "view_id", "id", "path"})
_VARIABLE = re.compile(r"\{[^}]*\}")
_WATCH_SECONDS = 0.3
_ASK_PROVIDERS = frozenset({"ExtractMemories", "Summarize", "CreateMemories", "SearchMemories"})
_FAULTS_OF_EACH_KIND = 16


@dataclass
class Sweep:
    """Everything that was said, and where it was found."""

    canaries: Canaries = field(default_factory=Canaries)
    calls: int = 0
    refused: int = 0
    found: dict[str, list[str]] = field(default_factory=dict)

    def look(self, where: str, text: bytes | str) -> None:
        """Note every word in a text."""
        if places := self.canaries.found_in(text):
            self.found.setdefault(where, []).extend(places)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """Takes the spans."""
    async with collecting() as collector:
        yield collector


@pytest.mark.long
async def test_what_is_said_is_in_no_log_metric_trace_or_error(
    tmp_path: Path, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word of its own in every text of every RPC, by gRPC and by JSON, allowed and not.

    Also while providers repeat the prompt in their errors, and while the store fails in every way.
    """
    sweep = Sweep()
    async with EchoingProvider() as provider:
        await _use_everything(sweep, tmp_path, collector, provider)
    log_bytes = _look_at_logs(sweep, tmp_path)
    for span in collector.spans:
        sweep.look(f"span {span.name}", span.wire)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{sweep.calls} calls ({sweep.refused} refused), {len(collector.spans)} spans, "
            f"{provider.faults} faults of the provider, {log_bytes} bytes of logs"
        )
    assert sweep.calls > 3 * len(POLICIES)
    assert len(collector.spans) > sweep.calls
    assert not sweep.found, sweep.found


async def _use_everything(
    sweep: Sweep, tmp_path: Path, collector: Collector, provider: EchoingProvider
) -> None:
    """Call every RPC in peace, with a provider that fails, and with a store that fails."""
    options = StackOptions(
        state_dir=tmp_path,
        environment={
            "AGENT_MEMORY_TRACES_ENDPOINT": collector.endpoint,
            "AGENT_MEMORY_LOG_LEVEL": "debug",
            "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0",
            "AGENT_MEMORY_EXTRACTION_RETRY_FIRST_SECONDS": "0.05",
            "AGENT_MEMORY_EXTRACTION_RETRY_LONGEST_SECONDS": "0.1",
            "AGENT_MEMORY_EXTRACTION_EXTRACTOR": "openai",
            "AGENT_MEMORY_EXTRACTION_OPENAI_BASE_URL": provider.base_url,
            "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING_BASE_URL": provider.base_url,
            "AGENT_MEMORY_LONG_TERM_MEMORY_CONSOLIDATION_OPENAI_BASE_URL": provider.base_url,
            # The libraries of providers print whole requests, if they are let.
            "OPENAI_LOG": "debug",
        },
    )
    async with Stack(options) as stack:
        async with grpc.aio.insecure_channel(str(stack.address)) as channel:
            for policy in POLICIES:
                await _call(sweep, channel, policy)
                await asyncio.to_thread(_call_json, sweep, stack, policy)
            await _call_too_large(sweep, channel)
            assert sweep.calls - sweep.refused > len(POLICIES) / 2, "hardly anything was said"
            provider.faulty = True
            await _call_all(sweep, channel, "provider")
            asking = [policy for policy in POLICIES if policy.method in _ASK_PROVIDERS]
            while min(provider.faults.values()) < _FAULTS_OF_EACH_KIND:
                await _call_all(sweep, channel, "provider", asking * 4)
            provider.faulty = False
            async with connect(stack.redis_url or "") as store:
                for fault in FAULTS:
                    async with fault(store):
                        await _call_all(sweep, channel, fault.__name__)
        for name, address in stack.metrics.items():
            url = f"http://{address}/metrics"
            sweep.look(f"metrics of {name}", await asyncio.to_thread(_page, url))


async def _call_all(
    sweep: Sweep,
    channel: grpc.aio.Channel,
    when: str,
    policies: Sequence[MethodPolicy] = POLICIES,
) -> None:
    """Call all methods at once, as they should be called."""
    await asyncio.gather(
        *(
            _ask(sweep, channel, policy, sweep.canaries.allowed(policy.request_type, when))
            for policy in policies
        )
    )


async def _call(sweep: Sweep, channel: grpc.aio.Channel, policy: MethodPolicy) -> None:
    """By gRPC: as it should be, again by somebody else, and with a word in every text."""
    name, kind = policy.method, policy.request_type
    metadata = [(key, sweep.canaries.word(f"{name} {key}")) for key in ("authorization", "x-mine")]
    allowed = sweep.canaries.allowed(kind, f"{name} (allowed)")
    foreign = kind.FromString(allowed.SerializeToString())
    if "user_id" in kind.DESCRIPTOR.fields_by_name:
        foreign.user_id = sweep.canaries.word(f"{name} (foreign) user_id")  # type: ignore[attr-defined]
    stuffed = sweep.canaries.stuffed(kind, f"{name} (stuffed)")
    for request in (allowed, foreign, stuffed):
        await _ask(sweep, channel, policy, request, metadata)


async def _ask(
    sweep: Sweep,
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    request: Message,
    metadata: Sequence[tuple[str, str]] = (),
) -> None:
    """Make a call and look at its error, and at the errors in its answers."""
    waits = policy.server_streaming and policy.deadline is None
    responses, error = await attempt(
        channel, policy, request, metadata, timeout=_WATCH_SECONDS if waits else 30
    )
    sweep.calls += 1
    for response in responses:
        for status in _statuses(response):
            _look_at_status(sweep, f"item of {policy.method}", status)
    if error is not None:
        sweep.refused += 1
        status = rpc_status.from_call(error) or Status(message=str(error.details()))
        _look_at_status(sweep, f"error of {policy.method}", status)


async def _call_too_large(sweep: Sweep, channel: grpc.aio.Channel) -> None:
    """A request that is too large is refused in words, through the gateway as well."""
    (policy,) = (policy for policy in POLICIES if policy.method == "AppendMessages")
    said = sweep.canaries.word("too large") * 2_000_000
    request = policy.request_type(session_id="s", messages=[{"role": "user", "content": said}])
    with refused() as refusal:
        await call(channel, policy, request, timeout=120)
    assert refusal.reason == "MESSAGE_TOO_LARGE"
    _look_at_status(sweep, "too large", refusal.status)


def _call_json(sweep: Sweep, stack: Stack, policy: MethodPolicy) -> None:
    """By JSON: with a word in the path, in the query, and in the body."""
    method = SERVICES[policy.service].methods_by_name[policy.method]
    rule = method.GetOptions().Extensions[http_rule]
    verb = rule.WhichOneof("pattern")
    if verb is None or policy.streaming:
        return
    in_path, in_query, unknown, misfit = (
        sweep.canaries.word(f"{policy.method} by JSON, in the {part}")
        for part in ("path", "query", "body", "body of another kind")
    )
    path = _VARIABLE.sub(in_path, getattr(rule, verb))
    allowed = sweep.canaries.allowed(policy.request_type, f"{policy.method} by JSON")
    bodies = [
        json_format.MessageToJson(allowed),
        json.dumps({"unknown": unknown}),
        json.dumps({_no_text(method.input_type, rule.body): misfit}),
    ]
    for query in ("", f"?unknown={in_query}"):
        for body in bodies:
            connection = http.client.HTTPConnection(*stack.address, timeout=120)
            connection.request(verb.upper(), path + query, body if rule.body else None)
            with connection.getresponse() as response:
                answer = response.read()
                sweep.calls += 1
                if response.status >= 400:
                    sweep.refused += 1
                    _look_at_json(sweep, f"JSON error of {policy.method}", answer)
                    sweep.look(f"headers of {policy.method}", str(response.getheaders()))
            connection.close()


def _no_text(kind: Descriptor, body: str) -> str:
    """Name a field of a body that holds no text, if it has one."""
    within = kind if body in ("", "*") else kind.fields_by_name[body].message_type or kind
    others = [field for field in within.fields if field.type != FieldDescriptor.TYPE_STRING]
    return others[0].name if others else "unknown"


def _look_at_json(sweep: Sweep, where: str, answer: bytes) -> None:
    """Look at an error as a service tells it, or at the whole of what the gateway says."""
    try:
        status = json_format.Parse(answer, Status())
    except json_format.ParseError:
        sweep.look(where, answer)
    else:
        _look_at_status(sweep, where, status)


def _page(url: str) -> bytes:
    """Read a page."""
    with urllib.request.urlopen(url) as answer:
        page: bytes = answer.read()
    return page


def _look_at_logs(sweep: Sweep, folder: Path) -> int:
    """How many bytes of logs there were."""
    logs = [log.read_bytes() for log in folder.glob("*.log")]
    for log in logs:
        sweep.look("logs", log)
    return sum(map(len, logs))


def _look_at_status(sweep: Sweep, where: str, status: Status) -> None:
    sweep.look(where, status.message)
    for detail in status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            for key, value in info.metadata.items():
                if key not in REPEATED:
                    sweep.look(where, f"{key}={value}")
        else:
            sweep.look(where, detail.value)


def _statuses(message: Message) -> Iterator[Status]:
    """Every status in a message, however deep."""
    for described, value in message.ListFields():
        if described.message_type is None or described.message_type.GetOptions().map_entry:
            continue
        for child in value if described.is_repeated else [value]:
            if isinstance(child, Status):
                yield child
            else:
                yield from _statuses(child)
