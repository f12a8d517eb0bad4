"""Page tokens and sizes."""

import pytest

from agent_memory.working_memory.v1.service_pb2 import ListSessionsRequest
from agent_memory_services.kit.contract.cursors import PageTokens, page_size, unpaged
from agent_memory_services.kit.contract.errors import InvalidToken


def tokens_of(request: ListSessionsRequest, tenant: str = "acme", kind: str = "s") -> PageTokens:
    """The tokens of a call."""
    return PageTokens(kind, tenant, unpaged(request))


def test_a_token_carries_a_place_through_every_page_size() -> None:
    """The size of pages may change on the way, and the first page needs no token."""
    token = tokens_of(ListSessionsRequest(page_size=1)).token(b"17")
    later = ListSessionsRequest(page_size=9, page_token=token)
    assert tokens_of(later).position(token, int) == 17
    assert tokens_of(later).position("", int) is None
    assert tokens_of(later).token(None) == ""


@pytest.mark.parametrize(
    ("request_", "tenant", "kind"),
    [
        (ListSessionsRequest(), "other", "s"),
        (ListSessionsRequest(), "acme", "t"),
        (ListSessionsRequest(namespace="chat"), "acme", "s"),
        (ListSessionsRequest(namespace=""), "acme", "s"),
    ],
)
def test_a_token_holds_for_its_arguments_only(
    request_: ListSessionsRequest, tenant: str, kind: str
) -> None:
    """Another tenant, list or filter is another query; set and empty is not unset."""
    token = tokens_of(ListSessionsRequest()).token(b"1")
    with pytest.raises(InvalidToken):
        tokens_of(request_, tenant, kind).position(token, int)


@pytest.mark.parametrize(("asked", "answered"), [(0, 20), (5, 5), (1000, 1000), (10**6, 1000)])
def test_page_sizes_have_a_default_and_an_end(asked: int, answered: int) -> None:
    """Nothing asked means the default, and too much is cut."""
    assert page_size(asked, default=20) == answered
