"""Keys of sessions and jobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.records import (
    Session,
    Thread,
    new_job_id,
    partition_of_job,
)

PARTS = st.tuples(
    st.text(max_size=6), st.text(max_size=6), st.text(max_size=6), st.text(max_size=6)
)


@given(PARTS, PARTS)
def test_two_sessions_never_share_a_key(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Whatever the parts contain, keys are equal only for equal identities."""
    keys = [Session(Thread(*parts[:3]), parts[3]).key for parts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_a_job_id_tells_its_partition() -> None:
    """A job is found without knowing its session."""
    assert partition_of_job(new_job_id(12), 16) == 12


@pytest.mark.parametrize("job_id", ["", "x", "x-", "x-16", "x-1.5", "x-\u0663"])
def test_what_is_no_job_id_has_no_partition(job_id: str) -> None:
    """Ids that were never given out are nobody's."""
    assert partition_of_job(job_id, 16) is None
