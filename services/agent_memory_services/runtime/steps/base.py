"""The hooks by which a step takes part in a call."""

from collections.abc import Awaitable
from typing import ClassVar

from google.protobuf.message import Message

from agent_memory_services.runtime.call import Call

# A hook that needs no I/O returns None and so costs no await.
Pending = Awaitable[None] | None


class Step:
    """One concern of every call; a hook that raises ends the call.

    Steps are entered in order and left in reverse order, each exactly once if it was entered
    without an error. One object serves all calls, so what belongs to a call is kept in it.
    """

    name: ClassVar[str]

    def enter(self, call: Call) -> Pending:
        """Take part from here on; nothing of the request has been looked at."""

    def received(self, call: Call, message: Message) -> Pending:
        """Look at a request message before the handler does."""

    def sent(self, call: Call) -> None:
        """Take note of a response message."""

    def exit(self, call: Call) -> Pending:
        """Conclude; `call.error` tells how the call ended, and may be set."""
