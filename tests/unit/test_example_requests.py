"""The requests that tests of every method are made of."""

import protovalidate
import pytest

from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.support.contracts import POLICIES
from tests.support.example_requests import example


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.full_name)
def test_every_method_has_a_valid_example(policy: MethodPolicy) -> None:
    """A method added later is covered as soon as its fields have known names."""
    protovalidate.validate(example(policy.request_type))
