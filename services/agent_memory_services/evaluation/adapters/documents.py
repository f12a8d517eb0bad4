"""Reading of published files as Python values, with one error for every fault in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from agent_memory_services.evaluation.corpus import UnreadableCorpusError


@contextmanager
def document(path: Path, what: str) -> Iterator[Any]:
    """Provide the JSON document at a path, to be read as `what` while the block runs.

    Raises:
        UnreadableCorpusError: the file is no JSON, or the block misses something in it.
        OSError: the file cannot be read.
    """
    try:
        yield orjson.loads(path.read_bytes())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableCorpusError(f"{path} does not hold {what}: {error!r}") from error
