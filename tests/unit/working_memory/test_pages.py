"""Page tokens and sizes."""

import pytest

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1.service_pb2 import ListSessionsRequest
from agent_memory_services.runtime.errors import InvalidToken
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.working_memory.listings import Position
from agent_memory_services.working_memory.pages import PageTokens, page_size


def of(tenant: str) -> Principal:
    """A caller of a tenant."""
    return Principal(tenant, "test", Access.ACCESS_READER)


def test_a_token_carries_a_position_through_every_page_size() -> None:
    """The size of pages may change on the way."""
    position = Position(17, b"chat:s1:x")
    token = PageTokens(ListSessionsRequest(page_size=1), of("acme")).for_position(position)
    later = ListSessionsRequest(page_size=9, page_token=token)
    assert PageTokens(later, of("acme")).to_position(token) == position


@pytest.mark.parametrize(
    ("request_", "tenant"),
    [
        (ListSessionsRequest(), "other"),
        (ListSessionsRequest(namespace="chat"), "acme"),
        (ListSessionsRequest(namespace=""), "acme"),
    ],
)
def test_a_token_holds_for_its_arguments_only(request_: ListSessionsRequest, tenant: str) -> None:
    """Another tenant or another filter is another list; set and empty is not unset."""
    token = PageTokens(ListSessionsRequest(), of("acme")).for_position(Position(1, b"m"))
    with pytest.raises(InvalidToken):
        PageTokens(request_, of(tenant)).to_position(token)


@pytest.mark.parametrize(("asked", "answered"), [(0, 20), (5, 5), (1000, 1000), (10**6, 1000)])
def test_page_sizes_have_a_default_and_an_end(asked: int, answered: int) -> None:
    """Nothing asked means the default, and too much is cut."""
    assert page_size(asked, 20) == answered
