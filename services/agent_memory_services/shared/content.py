"""Content of messages: the text of their parts, and answers of tools that are too long to be shown.

The text of a message is what its speaker says: the texts of its parts, and the words in which a
model refuses. What a tool answered stands in a part of its own, and is the text only of a message
that says nothing else and that the tool sends itself.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from agent_memory.common.v1.message_pb2 import ContentPart, Media, Message
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.kit.contract.messages import copied

LARGEST_TEXT: Final = 262_144
"""Bytes of text beyond which the answer of a tool is not shown whole, and nothing else is taken."""
SHOWN_TEXT: Final = 16_384
"""Bytes that are shown of a longer answer: a few thousand tokens, which leave a usual window its
room for what was said besides."""
_HEAD_SHARE: Final = 2 / 3
_NO_SPACE_BEFORE: Final = tuple(".,;:!?)]}%'\"")
_ROLE: Final = "tool"
_MEDIA: Final = ("image", "audio", "file")
_CAPTIONS: Final = frozenset(
    {"alt", "alt_text", "altText", "caption", "description", "title", "transcript"}
)
"""Keys under which providers and exports of chats say what can be seen or heard in media."""
_LONGEST_NAME: Final = 1024
_DEEPEST: Final = 32
_LONG_PIECE: Final = 1024
"""Characters of a piece of an answer that is shortened with it."""
# An address that ends in words and the ending of a file, unlike "/v1/9f86d081884c.jpg".
_FILE: Final = re.compile(r"(?=.*[^\W\d_]{3})(?![0-9a-f-]+\.)[^/]+\.[A-Za-z0-9]{2,5}")


def text_of(message: Message) -> str:
    """Return the text of a message: that of its parts, where it has some."""
    if not message.parts:
        return message.content
    said = list(_said(message.parts))
    if not said and _answers_itself(message):
        said = [part.tool_result.content for part in message.parts if _is_result(part)]
    return "".join(_joined(said))


def _said(parts: Iterable[ContentPart]) -> Iterator[str]:
    for part in parts:
        kind = part.WhichOneof("kind")
        if kind in ("text", "refusal"):
            yield getattr(part, kind)


def _joined(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts with a line end between two of them, unless one sentence goes on."""
    before = ""
    for text in filter(None, texts):
        goes_on = before[-1:].isspace() or text[0].isspace() or text.startswith(_NO_SPACE_BEFORE)
        if before and not goes_on:
            yield "\n"
        yield text
        before = text


def told(message: Message) -> str:
    """Return the text of a plain message, with a line for each of its media that has a name.

    So `[image: harbour at night.jpg]` is found by what it is called.
    """
    named = [f"[{kind}: {media.name}]" for kind, media in _media(message) if media.name]
    return "\n".join(filter(None, (message.content, *named)))


def _media(message: Message) -> Iterator[tuple[str, Media]]:
    for part in message.parts:
        kind = part.WhichOneof("kind")
        if kind in _MEDIA:
            yield kind, getattr(part, kind)


def _named(message: Message) -> Iterator[ContentPart]:
    """Yield the media of a message that have a name or a caption, without their bytes."""
    captions = _captions(message)
    for kind, media in _media(message):
        names = dict.fromkeys((media.name or _file_of(media.uri), *captions))
        name = ", ".join(filter(None, (" ".join(each.split()) for each in names)))
        # Captions stand somewhere in the message, and are said once.
        captions = ()
        if name:
            name = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
            # Media are somewhere; what came as bytes is in the session's log.
            part = ContentPart()
            getattr(part, kind).MergeFrom(Media(uri=media.uri or "attachment:", name=name))
            yield part


def _captions(message: Message) -> tuple[str, ...]:
    if not message.original or not any(_media(message)):
        return ()
    try:
        return tuple(_captions_in(json.loads(message.original), _DEEPEST))
    except (ValueError, RecursionError):
        return ()


def _captions_in(value: Any, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(value, list):
        for each in value:
            yield from _captions_in(each, depth - 1)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in _CAPTIONS and isinstance(each, str):
                yield each
            else:
                yield from _captions_in(each, depth - 1)


def _file_of(uri: str) -> str:
    try:
        name = unquote(urlsplit(uri).path).rpartition("/")[2]
    except ValueError:
        return ""
    return name if _FILE.fullmatch(name) else ""


def answers_of(message: Message) -> list[str]:
    """Return the ids of the calls that a message answers; empty ones where they have none."""
    answered = [part.tool_result.tool_call_id for part in message.parts if _is_result(part)]
    if not answered and _answers_itself(message):
        answered = [message.tool_call_id]
    return answered


def calls_of(message: Message) -> list[str]:
    """Return the ids of the calls that a message asks for."""
    asked = [part.tool_use.id for part in message.parts if part.WhichOneof("kind") == "tool_use"]
    return [*(call.id for call in message.tool_calls), *asked]


def _is_result(part: ContentPart) -> bool:
    return part.WhichOneof("kind") == "tool_result"


def _answers_itself(message: Message) -> bool:
    return message.role == _ROLE or bool(message.tool_call_id)


def completed(message: Message, field: str) -> Message:
    """Return a copy of a caller's message whose text is that of its parts.

    Raises:
        InvalidField: its parts say more than a message may.
    """
    complete = copied(message)
    complete.ClearField("sequence")
    complete.ClearField("whole_bytes")
    complete.content = text_of(message)
    if message.parts and not _answers_itself(message):
        size = len(complete.content.encode())
        if size > LARGEST_TEXT:
            raise InvalidField(f"{field}.parts", f"must say at most {LARGEST_TEXT} bytes in all")
    return complete


def plain(message: Message) -> Message:
    """Return a message as its readers for facts and summaries get it: its text, not too long.

    Of its parts it has the media that have a name, without their bytes.
    """
    if not message.parts and not message.original and not message.whole_bytes:
        return shortened(message)
    text = copied(message)
    text.content = text_of(message)
    named = list(_named(message))
    for name in ("parts", "original", "whole_bytes"):
        text.ClearField(name)
    if named:
        # The text of a message with parts is that of its parts, for whoever reads it again.
        said = [ContentPart(text=text.content)] if text.content else []
        text.parts.extend([*said, *named])
    text = shortened(text)
    text.ClearField("whole_bytes")
    return text


def shortened(message: Message) -> Message:
    """Return the message, or a copy with shorter texts where it is an answer that is too long.

    The copy says in each text how much is missing, and names it by a digest: two answers that
    differ at all differ in short too.
    """
    if not message.parts and len(message.content) <= LARGEST_TEXT // 4:
        return message
    holders = list(_long_holders(message))
    whole = sum(len(getattr(holder, name).encode()) for holder, name in holders)
    if whole <= LARGEST_TEXT:
        return message
    short = copied(message)
    left = SHOWN_TEXT
    for holder, name in _long_holders(short):
        text: str = getattr(holder, name)
        size = len(text.encode())
        if size > left:
            setattr(holder, name, _cut(text.encode(), max(0, left)))
        left -= size
    short.content = text_of(short)
    short.original = _shortened_original(short.original)
    short.whole_bytes = whole
    return short


def _shortened_original(original: str) -> str:
    """Return the message as its provider writes it, without the texts that no field has.

    An answer in several pieces is one text in its field, and stands here in pieces.
    """
    if len(original) <= SHOWN_TEXT:
        return original
    try:
        cut = _with_short_texts(json.loads(original), [SHOWN_TEXT], _DEEPEST)
    except (ValueError, RecursionError):
        return original
    return json.dumps(cut, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _with_short_texts(value: Any, room: list[int], depth: int) -> Any:
    """Return a value whose long texts take no more than there is `room`, a number in a list."""
    if isinstance(value, list) and depth:
        return [_with_short_texts(each, room, depth - 1) for each in value]
    if isinstance(value, dict) and depth:
        return {key: _with_short_texts(each, room, depth - 1) for key, each in value.items()}
    if not isinstance(value, str) or len(value) < _LONG_PIECE:
        return value
    text, left = value.encode(), room[0]
    room[0] = max(0, left - len(text))
    return value if len(text) <= left else _cut(text, left)


def _long_holders(message: Message) -> Iterator[tuple[Any, str]]:
    """Yield the texts of a tool's answer, each as the message that holds it and its field."""
    own = _answers_itself(message)
    for part in message.parts:
        if _is_result(part):
            yield part.tool_result, "content"
        elif own and part.WhichOneof("kind") == "text":
            yield part, "text"
    if own and not message.parts:
        yield message, "content"


def _cut(text: bytes, room: int) -> str:
    """Return the beginning and the end of a text, `room` bytes in all, and what is missing."""
    head = int(room * _HEAD_SHARE)
    tail = room - head
    digest = hashlib.blake2b(text, digest_size=6).hexdigest()
    mark = f"\n[... {len(text) - room} of {len(text)} bytes are not shown ({digest}) ...]\n"
    start = text[:head].decode(errors="ignore")
    end = text[len(text) - tail :].decode(errors="ignore") if tail else ""
    return f"{start}{mark}{end}"
