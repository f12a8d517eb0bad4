"""Between the contract's changes and the domain's."""

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.working_memory.session import etag_of
from agent_memory_services.working_memory.watching.notes import Kind
from agent_memory_services.working_memory.watching.watch import Sighting

_KINDS = {
    Kind.CREATED: wm.SESSION_CHANGE_KIND_CREATED,
    Kind.UPDATED: wm.SESSION_CHANGE_KIND_UPDATED,
    Kind.MESSAGES: wm.SESSION_CHANGE_KIND_MESSAGES,
    Kind.SUMMARIZED: wm.SESSION_CHANGE_KIND_SUMMARIZED,
    Kind.DELETED: wm.SESSION_CHANGE_KIND_DELETED,
}


def watch_response(sighting: Sighting) -> rpc.WatchWorkingMemoryResponse:
    """What a watcher is told."""
    response = rpc.WatchWorkingMemoryResponse(resume_token=sighting.token)
    if (note := sighting.note) is not None:
        response.change.kind = _KINDS[note.kind]
        response.change.etag = etag_of(note.version)
        response.change.messages.extend(sighting.messages)
        response.change.change_time.CopyFrom(to_timestamp(note.at))
    return response
