"""The secret that all servers of a deployment share, under which keys are digested."""

from pathlib import Path

_MIN_BYTES = 32


class PepperError(Exception):
    """The pepper cannot be used; the message says why and never holds it."""


def read_pepper(path: Path) -> bytes:
    """Read the pepper from its file; blanks and line ends around it do not count.

    Raises:
        PepperError: there is no such file, or it holds fewer than 32 bytes.
    """
    try:
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise PepperError(f"cannot read the pepper from {path}: {error.strerror}") from None
    if len(pepper) < _MIN_BYTES:
        raise PepperError(
            f"the pepper in {path} is shorter than {_MIN_BYTES} bytes; "
            "`openssl rand -hex 32` writes a good one"
        )
    return pepper
