"""The fields of the search index."""

from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.index.index import (
    REVISION,
    VectorIndex,
    index_schema,
)

FIRST_REVISION = (
    *("tenant", "namespace", "user", "session", "type", "topics", "entities", "strategy"),
    *("extractor", "source", "slot", "pinned", "standing", "hidden", "id"),
    *("create", "update", "access", "access_count", "event", "valid_from", "invalid_from"),
    *("expire", "text", "context", "vector", "context_vector"),
)
"""But for `sequence`, which indexes of 0.1 have as well: no release asks for it."""


def test_the_fields_are_those_of_the_revision() -> None:
    """A field that goes or moves needs a new revision, which other builds notice.

    So does one that comes, unless indexes that exist get it at a start.
    """
    schema = index_schema(Shard(0), VectorIndex(), 384, 1)
    added = tuple(name for name, field in fields.TAGS.items() if field.added)
    settled = tuple(name for name in schema.field_names if name not in added)
    assert (REVISION, settled) == (1, FIRST_REVISION)
    assert added == ("claims", "claim_words", "metadata", "other_sessions")


def test_listings_are_ordered_by_time_and_id() -> None:
    """The engine sorts by these two alone."""
    declared = index_schema(Shard(0), VectorIndex(), 384, 1).redis_fields
    ordered = {field.name for field in declared if "SORTABLE" in field.redis_args()}
    assert ordered == {"create", "id"}
