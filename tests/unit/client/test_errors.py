"""The tree of errors."""

import grpc
import pytest
from google.rpc.status_pb2 import Status

import agent_memory_client
from agent_memory_client import errors, exceptions
from agent_memory_client._status import from_status
from agent_memory_client.errors import ERROR_BY_CODE, MemoryClientError, MemoryValidationError


def test_every_code_but_ok_has_a_class() -> None:
    """The table leaves no status without an error."""
    assert set(ERROR_BY_CODE) == set(grpc.StatusCode) - {grpc.StatusCode.OK}


def test_the_drawn_tree_is_the_tree() -> None:
    """Each class is drawn in the docstring, exported, and a child of the root."""
    classes = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    for kind in classes:
        assert f" {kind.__name__} " in (errors.__doc__ or "").replace("\n", " ")
        assert kind.__name__ in agent_memory_client.__all__
        assert getattr(exceptions, kind.__name__) is kind
        assert kind is MemoryClientError or kind.__bases__[0] is MemoryClientError


@pytest.mark.parametrize(
    ("name", "builtin"),
    [("MemoryValidationError", ValueError), ("MemoryTimeoutError", TimeoutError)],
)
def test_some_are_pythons_own_too(name: str, builtin: type[Exception]) -> None:
    """Code that knows only the built-in error catches them."""
    assert issubclass(getattr(errors, name), builtin)


def test_an_error_of_the_client_names_the_path() -> None:
    """What the client refuses itself looks like what the server refuses."""
    error = errors.invalid("filters.x", "unknown")
    assert (str(error), error.code, error.reason) == ("filters.x: unknown", None, "")
    assert error.field_violations == (("filters.x", "unknown"),)
    assert isinstance(error, MemoryValidationError)


def test_a_status_of_an_unknown_code_is_an_error_of_the_server() -> None:
    """A newer server's code does not break the client."""
    assert isinstance(from_status(Status(code=99, message="?")), errors.MemoryServerError)
