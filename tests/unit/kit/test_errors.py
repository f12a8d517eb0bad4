"""The tree of refusals."""

import inspect
import re
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import ErrorInfo

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.errors import FieldViolation, ServiceError
from agent_memory_services.kit.contract.status import CODES

CLASSES = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, ServiceError)
]


def test_every_reason_has_one_class_and_one_code() -> None:
    """The catalogue, the tree and the table of codes name the same things."""
    reasons = [kind.reason for kind in CLASSES if "reason" in vars(kind)]
    assert sorted(reasons) == sorted(set(ErrorReason.values()) - {0})
    assert sorted(CODES) == sorted(reasons)


def test_the_drawing_shows_the_tree() -> None:
    """Every class stands in the docstring's drawing, below its base."""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^([ │├└─]*)([A-Z][A-Za-z]+)(?:  |$)", line):
            depth, name = len(found[1]), found[2]
            path = [entry for entry in path if entry[0] < depth]
            drawn[name] = path[-1][1] if path else ""
            path.append((depth, name))
    assert drawn == {
        kind.__name__: "" if kind is ServiceError else kind.__bases__[0].__name__
        for kind in CLASSES
    }


def test_the_message_of_several_violations_tells_the_first() -> None:
    """A developer sees one violation and how many more there are."""
    violations = [FieldViolation("a", "is empty"), FieldViolation("b", "is long")]
    assert str(errors.InvalidFields(violations)) == "a: is empty (and 1 more)"
    assert str(errors.InvalidField("", "nothing is set")) == "nothing is set"


CATALOGUE = Path(__file__).parents[3] / "protos/agent_memory/common/v1/error_reason.proto"


@pytest.mark.parametrize("reason", [name for name, number in ErrorReason.items() if number])
def test_every_reason_has_an_example_with_the_metadata_that_it_names(reason: str) -> None:
    """The example above an entry is an `ErrorInfo` in JSON, whole and of this entry."""
    above = re.split(r"^  ERROR_REASON_\w+ = \d+;\n", CATALOGUE.read_text(), flags=re.MULTILINE)
    at = [name for name, _ in ErrorReason.items()].index(reason)
    comment = "".join(line.strip().removeprefix("//") for line in above[at].splitlines())
    told = re.fullmatch(r"([^{]*)({.*})", comment)
    assert told is not None, comment
    prose, example = told.groups()
    info = json_format.Parse(example, ErrorInfo())
    assert (info.domain, f"ERROR_REASON_{info.reason}") == (errors.DOMAIN, reason)
    _, _, keys = prose.partition("Metadata")
    named = set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", keys)))
    assert set(info.metadata) == named
