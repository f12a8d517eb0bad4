"""The OpenAPI document says what the gateway takes and answers."""

import json
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from google.api.annotations_pb2 import http
from google.api.http_pb2 import HttpRule
from google.protobuf import descriptor_pool
from google.protobuf.json_format import MessageToDict
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from agent_memory_services.embedded.gateway.descriptors import own_openapi
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.support.contracts import POLICIES
from tests.support.example_requests import example

DOCUMENT: dict[str, Any] = json.loads(own_openapi())
# A stream of requests has no JSON form.
IN_JSON = [policy for policy in POLICIES if not policy.client_streaming]
OPERATIONS = {
    operation["operationId"]: operation
    for verbs in DOCUMENT["paths"].values()
    for operation in verbs.values()
}


def _operation_id(policy: MethodPolicy) -> str:
    return f"{policy.service.rpartition('.')[2]}_{policy.method}"


def test_the_page_on_moving_in_names_calls_that_are_served() -> None:
    """The right side of its table, and every call that it explains there."""
    page = (Path(__file__).parents[2] / "docs/moving.md").read_text()
    rows = [row.split("|")[2:] for row in page.splitlines() if row.startswith(("| `", "| `/"))]
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/v1/[^`]+)`", "".join(map("|".join, rows)))
    served = {(verb.upper(), path) for path, verbs in DOCUMENT["paths"].items() for verb in verbs}
    assert len(named) > len(rows) / 2
    assert set(named) <= served


@pytest.mark.no_cover  # the work of a library, which is not ours to measure
def test_the_document_is_valid() -> None:
    """It is OpenAPI, and no path stands in it under two spellings."""
    validate(DOCUMENT)
    shapes = [re.sub(r"\{[^}]+\}", "{}", path) for path in DOCUMENT["paths"]]
    assert len(shapes) == len(set(shapes))


def test_every_method_is_in_it() -> None:
    """An RPC that is added later is in the document when it is generated anew."""
    methods = {re.sub(r"_[0-9]+$", "", name) for name in OPERATIONS}
    assert methods == {_operation_id(policy) for policy in IN_JSON}
    assert (
        OPERATIONS["LongTermMemoryService_ListMemories_2"]
        is DOCUMENT["paths"]["/v1/memories"]["get"]
    )


def test_everything_is_described() -> None:
    """A reader needs no proto beside it."""
    assert all(operation["description"] for operation in OPERATIONS.values())
    parameters = [one for operation in OPERATIONS.values() for one in operation["parameters"]]
    assert all(parameter["description"] for parameter in parameters)


@pytest.mark.parametrize("policy", IN_JSON, ids=_operation_id)
def test_a_valid_request_fits(policy: MethodPolicy) -> None:
    """What the contract calls valid is valid by the document, as path, query and body."""
    operation = OPERATIONS[_operation_id(policy)]
    rule = _rule(policy)
    said = MessageToDict(example(policy.request_type), preserving_proto_field_name=True)
    for variable in re.findall(r"\{([^}]+)\}", getattr(rule, rule.WhichOneof("pattern"))):
        *outer, name = variable.split(".")
        del reduce(dict.__getitem__, outer, said)[name]
    if rule.body:
        body = said if rule.body == "*" else said.pop(rule.body)
        _fits(operation["requestBody"]["content"]["application/json"]["schema"], body)
    if rule.body != "*":
        assert said.keys() <= {p["name"].partition(".")[0] for p in operation["parameters"]}


def _rule(policy: MethodPolicy) -> HttpRule:
    service = descriptor_pool.Default().FindServiceByName(policy.service)
    rule: HttpRule = service.methods_by_name[policy.method].GetOptions().Extensions[http]
    return rule


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _fits(schema: dict[str, Any], value: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)
    assert value.keys() <= _resolved(schema)["properties"].keys()
