from dataclasses import replace

import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import Fingerprint

FINGERPRINT = Fingerprint("model", "version", 384, normalized=True)


def test_digest_is_stable_across_processes() -> None:
    """An index written by one process is recognised by the next."""
    assert FINGERPRINT.digest == "0cb2c46c754c3490"


@pytest.mark.parametrize(
    "other",
    [
        replace(FINGERPRINT, model="other"),
        replace(FINGERPRINT, version="other"),
        replace(FINGERPRINT, dimension=385),
        replace(FINGERPRINT, normalized=False),
        Fingerprint("modelversion", "", 384, normalized=True),
    ],
)
def test_digest_tells_fingerprints_apart(other: Fingerprint) -> None:
    """Any attribute that differs gives another digest."""
    assert other.digest != FINGERPRINT.digest
