"""Objects that a process keeps from its start to its end, and that are no garbage until then."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Spare the collection of garbage all that is there when the block is left.

    In the block nothing is collected. Imports and models make some hundred thousand objects: to
    look through them, again and again while there are more of them and once more at the end of the
    process, took a third of the start of a service. A cycle that is garbage by then stays.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
