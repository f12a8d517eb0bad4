"""Lock that gives a state directory one live owner."""

import fcntl
import os
from pathlib import Path

from agent_memory_services.embedded.errors import StateInUseError


def own(folder: Path) -> int:
    """Make `folder` private and ours, until the returned descriptor is closed everywhere.

    A child that inherits the descriptor keeps the folder owned as long as it lives.

    Raises:
        StateInUseError: another process owns it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateInUseError(folder) from None
    return descriptor
