"""The vectors of all clients: each makes the same calls and gets the same answers and errors."""

import json
import os
import re
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory_client import MemoryAPIClient, MemoryClientError, errors
from agent_memory_client._channels import service_config
from agent_memory_client._operations.operation import Operation, Watch, as_it_is
from agent_memory_services.embedded.stack import Stack
from tests.clients.conftest import (
    API_KEY,
    VECTORS,
    attempted_as_said,
    built,
    refuse,
    refused_calls,
    secured,
)
from tests.contract.client.services.running import running
from tests.support.credentials import Authority

pytestmark = pytest.mark.clients

SCENARIOS = json.loads(VECTORS.read_text())["scenarios"]


class Run:
    """One run of a scenario by the Python client."""

    def __init__(self, memory: MemoryAPIClient) -> None:
        self._memory = memory
        self._saved = {"run": f"python-{uuid4().hex[:12]}"}
        self._told: dict[str, AsyncGenerator[Any, None]] = {}

    async def step(self, step: dict[str, Any]) -> None:
        """Make a call, or look at what a watch was told, and compare."""
        if "watch" in step:
            await self._open(step)
        elif "told" in step:
            await self._tell(step)
        elif "error" in step:
            expected = step["error"]
            name = f"Memory{expected['kind'].title().replace('_', '')}Error"
            with pytest.raises(getattr(errors, name)) as raised:
                await self._answer(step)
            self._compare(expected, raised.value)
        else:
            answer = await self._answer(step)
            self._match(step["answer"], answer, "answer")
            for saved, path in step.get("save", {}).items():
                found = answer
                for key in path.split("."):
                    found = found[key]
                self._saved[saved] = str(found)

    async def end(self) -> None:
        """End the watches."""
        for told in self._told.values():
            await told.aclose()

    def _compare(self, expected: dict[str, Any], error: MemoryClientError) -> None:
        assert error.code is not None
        assert (error.code.name, error.reason) == (expected["code"], expected["reason"])
        self._match(expected.get("metadata", {}), dict(error.metadata), "metadata")
        if "fields" in expected:
            assert sorted(each.field for each in error.field_violations) == expected["fields"]

    async def _answer(self, step: dict[str, Any]) -> Any:
        request = self._filled(step["request"])
        match step["call"]:
            case "WaitForExtraction":
                progress = await self._memory.wait_for_extraction(request["sessionId"])
                return {"extractedSequence": str(progress.extracted_sequence)}
            case "EraseUser":
                receipt = await self._memory.erase_user(request["userId"])
                return {
                    "services": [each.service for each in receipt.receipts],
                    "erased": {kind: str(count) for kind, count in receipt.erased.items()},
                }
            case "SearchAll":
                return await self._pages(ParseDict(request, long_term.SearchMemoriesRequest()))
            case "ListAll":
                return await self._pages(ParseDict(request, long_term.ListMemoriesRequest()))
            case method:
                asked = ParseDict(request, request_of(method)())
                return MessageToDict(await self._call(asked))

    async def _call(self, request: Message) -> Any:
        operation: Operation[Any, Any] = Operation(request, as_it_is)
        return await self._memory._send(operation, None)

    async def _pages(self, request: Any) -> dict[str, list[Any]]:
        gathered: dict[str, list[Any]] = {"hits": [], "memories": []}
        while True:
            answer = MessageToDict(await self._call(request))
            for name, found in gathered.items():
                found.extend(answer.get(name, ()))
            request.page_token = answer.get("nextPageToken", "")
            if not request.page_token:
                return gathered

    async def _open(self, step: dict[str, Any]) -> None:
        """Open a watch, and wait until the service has begun it: its first answer says so."""
        request = ParseDict(self._filled(step["request"]), request_of(step["watch"])())
        watch: Watch[Any, Any] = Watch(request, as_it_is, 60.0)
        self._told[step["as"]] = told = self._memory._follow(watch, 60.0)
        await anext(told)

    async def _tell(self, step: dict[str, Any]) -> None:
        told = self._told[step["told"]]
        for expected in step["answers"]:
            while not (answer := await anext(told)).HasField("change"):
                continue
            self._match(expected, MessageToDict(answer), "change")

    def _filled(self, value: Any) -> Any:
        return json.loads(json.dumps(value), object_hook=self._object) if value else {}

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        return {key: self._text(each) for key, each in value.items()}

    def _text(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._text(each) for each in value]
        if not isinstance(value, str):
            return value
        return re.sub(r"\$([a-z_]+)", lambda found: self._saved.get(found[1], found[0]), value)

    def _match(self, expected: Any, actual: Any, path: str) -> None:
        if expected == "$some":
            assert actual not in (None, "", "0"), path
        elif isinstance(expected, dict) and "$holds" in expected:
            for each in expected["$holds"]:
                assert any(self._matches(each, item) for item in actual), (path, each, actual)
        elif isinstance(expected, dict):
            for key, each in expected.items():
                self._match(each, (actual or {}).get(key), f"{path}.{key}")
        elif isinstance(expected, list):
            assert len(actual or ()) == len(expected), (path, actual)
            for number, each in enumerate(expected):
                self._match(each, actual[number], f"{path}[{number}]")
        else:
            wanted = self._text(expected)
            # What has its default is left out of an answer in JSON.
            default = "0" if str(wanted).isdigit() else type(wanted)()
            assert (default if actual is None else actual) == wanted, path

    def _matches(self, expected: Any, actual: Any) -> bool:
        try:
            self._match(expected, actual, "")
        except AssertionError:
            return False
        return True


def request_of(name: str) -> type[Message]:
    """Type of the requests of a method."""
    path = f"/agent_memory.{name}"
    return next(m.request for m in service_config().methods.values() if m.path == path)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"])
async def test_python_gets_what_the_vectors_say(stack: Stack, scenario: dict[str, Any]) -> None:
    """Through the gateway, with the contracts' own messages."""
    async with MemoryAPIClient(base_url=f"http://{stack.address}") as memory:
        of_scenario = Run(memory)
        for step in scenario["steps"]:
            await of_scenario.step(step)
        await of_scenario.end()


async def test_python_is_refused_as_the_vectors_say(vectors: Any, authority: Authority) -> None:
    """Over TLS, calls are made again where that may help, changes under one name."""
    async with running(secured(authority)) as services:
        async with MemoryAPIClient(
            base_url=services.url,
            ca_certificate_file=authority.certificate,
            api_key=API_KEY,
        ) as memory:
            for each in vectors["refusals"]:
                refuse(services, each["refuse"])
                await Run(memory).step(each)
        assert attempted_as_said(services, vectors)


# How the client of a language runs the vectors, in its folder.
COMMANDS = {
    "typescript": [
        *("node", "--test"),
        *(f"build/{name}.test.js" for name in ("vectors", "client", "aiSdk")),
    ],
    "go": ["go", "test", "-count=1", "./..."],
    "java": ["mvn", "--batch-mode", "--quiet", "test"],
}


@pytest.mark.parametrize("language", COMMANDS)
async def test_a_client_gets_what_the_vectors_say(
    stack: Stack, vectors: Any, authority: Authority, language: str
) -> None:
    """A client of another language, with the test runner of that language."""
    folder = built(language)
    environment = os.environ | {
        "AGENT_MEMORY_VECTORS": str(VECTORS),
        "AGENT_MEMORY_ADDRESS": str(stack.address),
    }
    services = await refused_calls(
        vectors, authority, COMMANDS[language], cwd=folder, env=environment
    )
    assert attempted_as_said(services, vectors)
