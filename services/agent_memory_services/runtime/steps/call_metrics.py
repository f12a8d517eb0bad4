"""Counts calls and their messages, and times them."""

import time

from google.protobuf.message import Message

from agent_memory_services.runtime import round_trips
from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.metrics import CallMeters
from agent_memory_services.runtime.round_trips import RoundTrips
from agent_memory_services.runtime.steps.base import Step


class CallMetrics(Step):
    """Feeds the meters of the call's method."""

    name = "metrics"

    def __init__(self, meters: CallMeters) -> None:
        self._of = meters.of
        self._trips = meters.round_trips

    def enter(self, call: Call) -> None:
        """Count the start, and from here on the ways to the store; those of a watch have no end."""
        self._of[call.policy.full_name].started()
        if not call.policy.open_ended:
            call.round_trips = RoundTrips()
            round_trips.current.set(call.round_trips)

    def received(self, call: Call, message: Message) -> None:  # noqa: ARG002 - counted, not read
        """Count a request message."""
        self._of[call.policy.full_name].received()

    def sent(self, call: Call) -> None:
        """Count a response message."""
        self._of[call.policy.full_name].sent()

    def exit(self, call: Call) -> None:
        """Count the end by its code, and take the time."""
        meters = self._of[call.policy.full_name]
        meters.handled[call.code]()
        meters.seconds(time.monotonic() - call.started)
        if call.round_trips is not None:
            self._trips[call.policy.full_name](call.round_trips.made)
