"""What each text of a request names, for tests that name what is somebody else's.

A field that is added to a contract has to be added here, so that it is tried too.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message


class Thing(Enum):
    """What can be named and belong to somebody."""

    CALL = "the id of a call"
    ETAG = "a state of a thing"
    INCARNATION = "an incarnation of a session"
    JOB = "a job"
    MEMORY = "a memory"
    MESSAGE = "a message"
    NAMESPACE = "a namespace"
    REVISION = "a revision of a memory"
    SESSION = "a session"
    TOKEN = "a place in a list or a stream"
    USER = "a user"
    VIEW = "a summary view"


NAMES: Final = {
    "compared_memory_ids": Thing.MEMORY,
    "conflicts_with": Thing.MEMORY,
    "ended_memory_ids": Thing.MEMORY,
    "etag": Thing.ETAG,
    "job_id": Thing.JOB,
    "keep_ids": Thing.MEMORY,
    "memory_id": Thing.MEMORY,
    "memory_ids": Thing.MEMORY,
    "merged_into": Thing.MEMORY,
    "message_ids": Thing.MESSAGE,
    "message_id": Thing.MESSAGE,
    "namespace": Thing.NAMESPACE,
    "new_session_id": Thing.SESSION,
    "page_token": Thing.TOKEN,
    "request_id": Thing.CALL,
    "resume_token": Thing.TOKEN,
    "revision_id": Thing.REVISION,
    "session_id": Thing.SESSION,
    "session_uid": Thing.INCARNATION,
    "session_uids": Thing.INCARNATION,
    "other_session_uids": Thing.INCARNATION,
    "superseded_by": Thing.MEMORY,
    "user_id": Thing.USER,
    "view_id": Thing.VIEW,
}
"""What a field of such a name holds, in whatever message it stands."""
IDS: Final = {"Memory": Thing.MEMORY, "Message": Thing.MESSAGE, "SummaryView": Thing.VIEW}
"""What the field `id` of a message names."""
SAYS: Final = {
    *("arguments", "content", "content_hash", "context", "custom_prompt", "embedding_model"),
    *("entities", "extractor", "extractor_version", "language", "metadata_path", "model_name"),
    *(
        "name",
        "original",
        "prefix",
        "previous_summary",
        "prompt",
        "query",
        "reason",
        "role",
        "slot",
        "speaker",
        "text",
    ),
    *("time_zone", "tool_call_id", "topics"),
}
"""Fields that name nothing: they say something of their own."""
APART: Final = {
    *("ToolCall", "ToolResult", "ContentPart", "Media", "TagFilter", "MetadataFilter"),
    *("Claim", "Quantity"),
}
"""Messages whose texts mean something within the request alone, or narrow what is found."""

Path = tuple[FieldDescriptor, ...]


def text_fields(kind: Descriptor, above: tuple[Descriptor, ...] = ()) -> Iterator[Path]:
    """The ways to every text of a request; a message within itself is looked into once."""
    for field in kind.fields:
        inner = field.message_type
        if inner is None:
            if field.type == FieldDescriptor.TYPE_STRING:
                yield (field,)
        elif inner not in above and not inner.full_name.startswith("google."):
            for path in text_fields(inner, (*above, kind)):
                yield (field, *path)


def thing_named(path: Path) -> Thing | None:
    """What a text names; None where it names nothing.

    Raises:
        LookupError: nobody has said what such a field is.
    """
    field = path[-1]
    assert field.containing_type is not None
    message = field.containing_type.name
    if message in APART or field.name in SAYS:
        return None
    if field.name == "id" and message in IDS:
        return IDS[message]
    if field.name in NAMES:
        return NAMES[field.name]
    raise LookupError(f"{field.full_name} may name a thing of somebody's; say so in NAMES or SAYS")


def put(request: Message, path: Path, value: str) -> None:
    """Say a text at a place of a request, with the messages around it."""
    *around, field = path
    inner: Any = request
    for step in around:
        inner = getattr(inner, step.name)
        if step.is_repeated:
            inner = inner[0] if inner else inner.add()
        else:
            inner.SetInParent()
    if field.is_repeated:
        getattr(inner, field.name)[:] = [value]
    else:
        setattr(inner, field.name, value)
