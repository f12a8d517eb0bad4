"""Whose memories a prompt may hold: what a caller's filter says, and never more."""

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.working_memory.session import SessionKey


def names_users(conditions: MemoryFilter) -> bool:
    """Whether the filter says whose memories are meant; excluding somebody does not."""
    user = conditions.user_id
    if user.HasField("eq") or user.HasField("prefix") or user.any or user.all:
        return True
    return bool(conditions.any_of) and all(map(names_users, conditions.any_of))


def search_for(
    given: SearchQuery, question: str, *, owner: str, without: SessionKey | None
) -> SearchQuery:
    """The search that a prompt makes.

    Args:
        given: the caller's search; its filter holds as it stands.
        question: what to look for where the search has no text.
        owner: whose memories are meant where the filter does not say; empty for anybody's.
        without: a session whose memories are left out.
    """
    query = SearchQuery()
    query.CopyFrom(given)
    query.text = given.text or question
    if owner and not names_users(given.filter):
        query.filter.user_id.eq = owner
    if without is not None:
        query.filter.none_of.add(
            namespace=TagFilter(eq=without.namespace), session_id=TagFilter(eq=without.session_id)
        )
    return query


def standing_search(query: SearchQuery) -> SearchQuery | None:
    """The search for the standing shelf beside a search; None where no shelf is meant.

    A shelf is somebody's: without a user there is none, or everybody's would be taken.
    """
    conditions = query.filter
    refused = conditions.HasField("standing") and not conditions.standing
    if refused or not names_users(conditions):
        return None
    shelf = SearchQuery(include_superseded=query.include_superseded, untracked=True)
    shelf.filter.CopyFrom(conditions)
    shelf.filter.standing = True
    if query.HasField("as_of"):
        shelf.as_of.CopyFrom(query.as_of)
    return shelf
