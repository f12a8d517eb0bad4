"""The few names that calls use, and what answers told: tokens, ids, etags."""

import random
from collections import deque
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_SESSIONS = ("one", "two", "three")
_USERS = ("bob", "eve", "")
_NAMESPACES = ("", "lobby")
# What a field of an answer is called in the requests that name it.
_CALLED = {
    ("Job", "id"): "job_id",
    ("Memory", "id"): "memory_id",
    ("SummaryView", "id"): "view_id",
    (None, "next_page_token"): "page_token",
}
_KEPT = frozenset(
    {"etag", "job_id", "memory_id", "page_token", "resume_token", "session_uid", "view_id"}
)


class Known:
    """Few names, so that calls meet each other's things and those stay few."""

    def __init__(self) -> None:
        self._told: dict[str, deque[str]] = {name: deque(maxlen=12) for name in _KEPT}

    def words(self, chance: random.Random) -> Mapping[str, Any]:
        """What fields of a valid request say."""
        return {
            "session_id": chance.choice(_SESSIONS),
            "user_id": chance.choice(_USERS),
            "namespace": chance.choice(_NAMESPACES),
        }

    def use(self, request: Message, chance: random.Random) -> None:
        """Put what answers told into fields of such a name."""
        for field in request.DESCRIPTOR.fields:
            name = "memory_id" if field.name == "memory_ids" else field.name
            told = self._told.get(name)
            likely = 0.2 if name in {"etag", "page_token", "session_uid"} else 0.8
            if told and field.message_type is None and chance.random() < likely:
                held = chance.choice(told)
                if field.is_repeated:
                    getattr(request, field.name).append(held)
                else:
                    setattr(request, field.name, held)

    def learn(self, answer: Message, depth: int = 2) -> None:
        """Remember what an answer tells."""
        for field, held in answer.ListFields():
            if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                children = list(held)[:2] if field.is_repeated else [held]
                for child in children:
                    if depth and isinstance(child, Message):
                        self.learn(child, depth - 1)
            elif isinstance(held, str):
                kind = answer.DESCRIPTOR.name
                name = _CALLED.get((kind, field.name)) or _CALLED.get((None, field.name))
                name = name or field.name
                if name in self._told and held not in self._told[name]:
                    self._told[name].append(held)
