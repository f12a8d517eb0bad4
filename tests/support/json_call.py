"""A request as JSON over HTTP, by the annotation of its method."""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from google.api.annotations_pb2 import http
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.support.contracts import SERVICES

_VARIABLE = re.compile(r"\{([^}=]+)[^}]*\}")


class JsonCall(NamedTuple):
    """What a caller of JSON sends."""

    verb: str
    path: str
    body: bytes | None


def json_call(policy: MethodPolicy, request: Message) -> JsonCall | None:
    """How a request is sent as JSON; None where its method has no JSON."""
    method = SERVICES[policy.service].methods_by_name[policy.method]
    rule = method.GetOptions().Extensions[http]
    verb = rule.WhichOneof("pattern")
    if verb is None:
        return None
    fields: dict[str, Any] = MessageToDict(request, preserving_proto_field_name=True)
    path = _VARIABLE.sub(
        lambda found: quote(_taken(fields, found[1]), safe=""), getattr(rule, verb)
    )
    if rule.body == "*":
        return JsonCall(verb.upper(), path, json.dumps(fields).encode())
    body = json.dumps(fields.pop(rule.body, {})).encode() if rule.body else None
    query = urlencode(list(_leaves("", fields)), doseq=True)
    return JsonCall(verb.upper(), f"{path}?{query}" if query else path, body)


def _taken(fields: dict[str, Any], path: str) -> str:
    """The value of a field, which is said once and so taken out."""
    *outer, name = path.split(".")
    for each in outer:
        fields = fields[each]
    return str(fields.pop(name))


def _leaves(prefix: str, fields: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in fields.items():
        if isinstance(value, dict):
            found += _leaves(f"{prefix}{name}.", value)
        else:
            found.append((f"{prefix}{name}", value))
    return found
