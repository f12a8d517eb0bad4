"""Files of other memories and chats: what they say, as memories and conversations.

A file is told by what is in it. Conversations become sessions, from which memories are extracted
as from any other; memories become memories. Ids follow from the file, so that what is read twice
is stored once.
"""

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.transfer_cli.files import TransferError


class Source(StrEnum):
    """Makers of files."""

    AUTO = "auto"
    AGENT_MEMORY = "agent-memory"
    REDIS = "redis"
    MEM0 = "mem0"
    LANGGRAPH = "langgraph"
    CHATGPT = "chatgpt"
    CLAUDE = "claude"
    WHATSAPP = "whatsapp"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that becomes a session.

    Attributes:
        session_id: the session's id.
        messages: what was said, the oldest first.
        user_id: whose it is; None where nobody says so.
        namespace: where it belongs; None where nobody says so.
        data: the session's own data.
    """

    session_id: str
    messages: Sequence[MemoryMessage]
    user_id: str | None = None
    namespace: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Found = MemoryRecord | Conversation | Sequence[MemoryRecord | Conversation]


@dataclass(frozen=True, slots=True)
class Reader:
    """Wishes of whoever reads a file.

    Attributes:
        speaker: the name of the user, in chats among people; empty for whoever speaks first.
        zone: the zone of times that name none.
    """

    speaker: str = ""
    zone: tzinfo = UTC


@dataclass(slots=True)
class Contents:
    """Contents of a file: memories, conversations, and items that are neither, with the reason."""

    memories: list[MemoryRecord] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Add what an item says."""
        match found:
            case MemoryRecord():
                self.memories.append(found)
            case Conversation():
                self.conversations.append(found)
            case _:
                for each in found:
                    self.add(each)


_WHATSAPP: Final = re.compile(
    r"^\u200e?\[?(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),?\s+(?P<time>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)"
    r"(?:[\s\u202f\u00a0]*(?P<half>[APap])\.?\s?[Mm]\.?)?\]?\s*(?:-\s+)?(?P<rest>.*)$"
)
_SPOKEN: Final = re.compile(r"^\u200e?(?P<name>[^:]{1,80}):\s(?P<text>.*)$", re.DOTALL)
_OMITTED: Final = re.compile(
    r"^\u200e?(?:<(?:media|attached).*>|(?:image|video|audio|sticker|gif|document) omitted"
    r"|this message was deleted|you deleted this message)",
    re.IGNORECASE,
)
_CONVERSATIONS: Final = re.compile(r"conversations[^/]*\.json").fullmatch
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\.json").fullmatch
_SUFFIXES: Final = (".json", ".jsonl", ".txt")
_NOON: Final = 12
_LAST_DAY: Final = 31
_CENTURY: Final = 100
_CONTAINERS: Final = frozenset({"results", "memories", "items", "conversations"})
_MILLENNIUM: Final = 2000


def read_file(path: Path, source: Source, reader: Reader) -> Contents | None:
    """Read a file, a zipped export or its folder; None where it is one of our own exports.

    Raises:
        TransferError: it is not what it is said to be, or nothing that is known.
    """
    if source is Source.AGENT_MEMORY or (source is Source.AUTO and _is_ours(path)):
        return None
    return _read(_documents(path), path.stem, source, reader)


def read_bytes(data: bytes, source: Source, reader: Reader) -> Contents | None:
    """Read what another command writes; see `read_file`."""
    return _read({"-": data}, "-", source, reader)


def read_items(items: Iterable[Any], source: Source) -> Contents:
    """Read items of a source one by one."""
    return _collected(items, _READERS[source])


def _read(
    documents: Mapping[str, bytes], name: str, source: Source, reader: Reader
) -> Contents | None:
    if source is Source.SLACK or {"users.json", "channels.json"} & set(map(_base, documents)):
        return _slack(documents, reader)
    texts = [_text(data) for data in _chosen(documents).values()]
    if source is Source.WHATSAPP or (source is Source.AUTO and _is_whatsapp(texts[0])):
        return _whatsapp(name, texts[0], reader)
    items = [item for text in texts for item in _items(text)]
    found = _told(items) if source is Source.AUTO else source
    if found is None or found is Source.AGENT_MEMORY:
        return None
    return _collected(items, _READERS[found])


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _chosen(documents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files that hold conversations, of which a large export has several.

    Raises:
        TransferError: it cannot be told which they are.
    """
    if len(documents) == 1:
        return documents
    named = {name: data for name, data in documents.items() if _CONVERSATIONS(_base(name))}
    if not named:
        raise TransferError(
            "no export that is known: neither conversations.json of an account, nor users.json of"
            " a workspace, nor one file alone"
        )
    return named


def _is_ours(path: Path) -> bool:
    """Return true if a file begins as our exports do, which may be too large to be held."""
    if path.is_dir() or zipfile.is_zipfile(path):
        return False
    with path.open("rb") as file:
        lines = (line.strip() for line in file)
        first = next(filter(None, lines), b"")
    try:
        item = json.loads(first)
    except (ValueError, RecursionError):
        return first[:1] not in (b"{", b"[") and not _is_whatsapp(first.decode(errors="replace"))
    return isinstance(item, dict) and _told([item]) is None and not _CONTAINERS & item.keys()


def _documents(path: Path) -> dict[str, bytes]:
    """Return the files of an export by their names."""
    if path.is_dir():
        return {
            each.relative_to(path).as_posix(): each.read_bytes()
            for each in sorted(path.rglob("*"))
            if each.suffix in _SUFFIXES and each.is_file()
        }
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(_SUFFIXES)]
            return {name: archive.read(name) for name in sorted(names)}
    return {path.name: path.read_bytes()}


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TransferError("the file is not UTF-8") from None


def _items(text: str) -> list[Any]:
    """Return the objects of a JSON document, or of JSON lines; empty for anything else."""
    try:
        given = json.loads(text)
    except ValueError:
        return list(_lines(text))
    # A session of redis/agent-memory-server has memories of its own.
    wrapped = isinstance(given, dict) and "messages" not in given
    for name in _CONTAINERS:
        if wrapped and isinstance(given, dict) and isinstance(given.get(name), list):
            given = given[name]
    return given if isinstance(given, list) else [given]


def _lines(text: str) -> Iterator[Any]:
    for line in filter(str.strip, text.splitlines()):
        try:
            yield json.loads(line)
        except ValueError:
            yield None


def _told(items: Sequence[Any]) -> Source | None:
    """Return who made a file, by the first object in it."""
    first = next((item for item in items if isinstance(item, dict)), {})
    for source, marks in _MARKS.items():
        if any(mark <= first.keys() for mark in marks):
            return source
    return None


_MARKS: Final[Mapping[Source, Sequence[set[str]]]] = {
    Source.CHATGPT: ({"mapping"},),
    Source.CLAUDE: ({"chat_messages"},),
    Source.LANGGRAPH: ({"namespace", "key", "value"}, {"prefix", "key", "value"}),
    Source.MEM0: ({"memory"}, {"data", "hash"}),
    Source.REDIS: (
        *({"text", "memory_type"}, {"text", "created_at"}, {"text", "last_accessed"}),
        {"session_id", "messages"},
    ),
}


def _collected(items: Iterable[Any], read: Callable[[Mapping[str, Any]], Found]) -> Contents:
    contents = Contents()
    for number, item in enumerate(items, 1):
        try:
            found = read(dict(item))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            said = first["msg"].removeprefix("Value error, ")
            contents.rejected.append((f"item {number}", f"{place}: {said}"))
        except KeyError as error:
            contents.rejected.append((f"item {number}", f"has no {error.args[0]!r}"))
        except (TypeError, ValueError, AttributeError) as error:
            contents.rejected.append((f"item {number}", f"{type(error).__name__}: {error}"))
        else:
            contents.add(found)
    return contents


def _identity(*parts: object) -> str:
    """Return an id that follows from what is named."""
    return blake2b("\0".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def _given(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: item[name] for name in names if item.get(name) not in (None, "")}


def _redis(item: Mapping[str, Any]) -> Found:
    """Read a memory or a session of redis/agent-memory-server, as its API and its keys have it."""
    return _redis_session(item) if "messages" in item else _redis_memory(item)


def _redis_session(item: Mapping[str, Any]) -> Sequence[MemoryRecord | Conversation]:
    """Read a session, and the memories that were put into it."""
    place = _given(item, ("user_id", "namespace"))
    messages = [
        MemoryMessage(
            id=str(each.get("id") or _identity(item["session_id"], number, each["content"])),
            role=each["role"],
            content=each["content"],
            created_at=each.get("created_at"),
        )
        for number, each in enumerate(item["messages"] or ())
    ]
    session_id = str(item["session_id"])
    conversation = Conversation(session_id, messages, **place, data=item.get("data") or {})
    own = {**place, "session_id": session_id}
    kept = [_redis_memory({**own, **_given(each, each)}) for each in item.get("memories") or ()]
    return [conversation, *kept]


def _redis_memory(item: Mapping[str, Any]) -> MemoryRecord:
    """Read a memory; a hash has numbers as text, and lists with commas."""
    fields = _given(item, ("user_id", "session_id", "namespace", "memory_type"))
    for name in ("created_at", "updated_at", "last_accessed", "event_date"):
        if (moment := _number(item.get(name))) not in (None, "", 0):
            fields[name] = moment
    fields["access_count"] = int(_number(item.get("access_count")) or 0)
    for name in ("topics", "entities", "extracted_from"):
        value = item.get(name)
        fields[name] = value.split(",") if isinstance(value, str) and value else value or []
    if sources := fields.pop("extracted_from"):
        fields["provenance"] = {"message_ids": sources}
    own = item.get("metadata") or {}
    own = json.loads(own) if isinstance(own, str) else own
    fields["metadata"] = own | _given(item, ("extraction_strategy", "discrete_memory_extracted"))
    fields["pinned"] = str(item.get("pinned", "")).lower() in {"1", "true"}
    return MemoryRecord.model_validate(
        {
            **fields,
            "id": str(item.get("id") or item.get("id_") or _identity("redis", item["text"])),
            "text": item["text"],
        }
    )


def _number(value: Any) -> Any:
    """Read a number that is written as a text; anything else is answered as it is."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _mem0(item: Mapping[str, Any]) -> MemoryRecord:
    """Read a memory of mem0, as its API and its exports have it."""
    text = item.get("memory") or item.get("data") or item["text"]
    metadata = dict(item.get("metadata") or {}) | _given(item, ("agent_id", "app_id", "actor_id"))
    return MemoryRecord.model_validate(
        {
            "id": str(item.get("id") or _identity("mem0", item.get("user_id"), text)),
            "text": text,
            "topics": item.get("categories") or [],
            "metadata": metadata,
            "session_id": item.get("run_id"),
            **_given(item, ("user_id", "created_at", "updated_at")),
        }
    )


def _langgraph(item: Mapping[str, Any]) -> MemoryRecord:
    """Read an item of a LangGraph store: its text, or its value as JSON."""
    namespace = item.get("namespace", item.get("prefix"))
    parts = namespace.split(".") if isinstance(namespace, str) else list(namespace or ())
    value = item["value"]
    held = value if isinstance(value, dict) else {"value": value}
    text = next(
        (held[k] for k in ("text", "content", "memory", "data") if isinstance(held.get(k), str)),
        json.dumps(value, ensure_ascii=False, sort_keys=True),
    )
    return MemoryRecord.model_validate(
        {
            "id": _identity("langgraph", *parts, item["key"]),
            "text": text,
            "namespace": "/".join(map(str, parts)) or None,
            "metadata": {"key": str(item["key"]), "value": value},
            **_given(item, ("created_at", "updated_at")),
        }
    )


def _chatgpt(item: Mapping[str, Any]) -> Conversation:
    """Read the branch of a conversation that was shown last."""
    nodes: Mapping[str, Any] = item["mapping"]
    at = item.get("current_node") or _last_leaf(nodes)
    chain: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(at, str) and at in nodes and at not in seen:
        seen.add(at)
        chain.append(nodes[at])
        at = nodes[at].get("parent")
    session_id = str(item.get("conversation_id") or item.get("id") or _identity("chatgpt", *nodes))
    messages: list[MemoryMessage] = []
    for node in reversed(chain):
        message = node.get("message") or {}
        text = _chatgpt_text(message.get("content") or {})
        hidden = (message.get("metadata") or {}).get("is_visually_hidden_from_conversation")
        if not text or hidden:
            continue
        role = (message.get("author") or {}).get("role") or "user"
        said = message.get("create_time") or (messages[-1].created_at if messages else None)
        said = said or item.get("create_time")
        messages.append(MemoryMessage(id=str(node["id"]), role=role, content=text, created_at=said))
    return Conversation(session_id, messages)


def _last_leaf(nodes: Mapping[str, Any]) -> str | None:
    leaves = [(name, node) for name, node in nodes.items() if not node.get("children")]
    times = [((node.get("message") or {}).get("create_time") or 0, name) for name, node in leaves]
    return max(times)[1] if times else None


def _chatgpt_text(content: Mapping[str, Any]) -> str:
    parts = content.get("parts") or [content.get("text")]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "\n".join(text for text in texts if isinstance(text, str) and text)


def _claude(item: Mapping[str, Any]) -> Conversation:
    """Read a conversation of Claude's export."""
    messages = []
    for number, message in enumerate(item["chat_messages"]):
        blocks = [block for block in message.get("content") or () if isinstance(block, dict)]
        texts = [block.get("text") for block in blocks if block.get("type") == "text"]
        text = "\n".join(filter(None, texts)) or message.get("text") or ""
        if text:
            messages.append(
                MemoryMessage(
                    id=str(message.get("uuid") or number),
                    role="user" if message.get("sender") == "human" else "assistant",
                    content=text,
                    created_at=message.get("created_at"),
                )
            )
    return Conversation(str(item.get("uuid") or _identity("claude", item.get("name"))), messages)


def _is_whatsapp(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()][:20]
    return text.lstrip()[:1] != "{" and any(map(_WHATSAPP.match, lines))


def _whatsapp(name: str, text: str, reader: Reader) -> Contents:
    """Read a chat that WhatsApp wrote as a text."""
    entries: list[tuple[re.Match[str], list[str]]] = []
    for line in text.splitlines():
        if begun := _WHATSAPP.match(line):
            entries.append((begun, [begun["rest"]]))
        elif entries:
            entries[-1][1].append(line)
    contents = Contents()
    moments = _moments([begun for begun, _ in entries], reader.zone)
    spoken: list[tuple[str, str, datetime | None]] = []
    for (_, lines), moment in zip(entries, moments, strict=True):
        if (said := _SPOKEN.match("\n".join(lines))) and not _OMITTED.match(said["text"]):
            spoken.append((said["name"].strip(), said["text"].strip(), moment))
    if not spoken:
        raise TransferError("nobody says anything in this file")
    session_id = f"whatsapp-{_identity(name, spoken[0])[:16]}"
    contents.conversations.append(Conversation(session_id, list(_among(spoken, reader))))
    return contents


def _moments(found: Sequence[re.Match[str]], zone: tzinfo) -> list[datetime | None]:
    """Read the times of a chat; the day stands before the month unless some date denies it."""
    dates = [list(map(int, re.split(r"[./-]", each["date"]))) for each in found]
    month_first = any(first <= _NOON < second for first, second, _ in dates)
    return [_moment(each, date, zone, month_first) for each, date in zip(found, dates, strict=True)]


def _moment(
    found: re.Match[str], date: Sequence[int], zone: tzinfo, month_first: bool
) -> datetime | None:
    one, two, three = date
    year, month, day = (three, one, two) if month_first else (three, two, one)
    if one > _LAST_DAY:
        year, month, day = one, two, three
    hour, minute, second = (*map(int, re.split(r"[:.]", found["time"])), 0)[:3]
    if half := found["half"]:
        hour = hour % _NOON + (_NOON if half in "Pp" else 0)
    year += _MILLENNIUM if year < _CENTURY else 0
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _among(
    spoken: Sequence[tuple[str, str, datetime | None]], reader: Reader
) -> Iterator[MemoryMessage]:
    """Yield what people say to each other; one of them is the user."""
    user = reader.speaker or spoken[0][0]
    for number, (name, text, moment) in enumerate(spoken):
        mine = name == user
        yield MemoryMessage(
            id=_identity(number, name, moment, text),
            role="user" if mine else "participant",
            name=None if mine else name,
            content=text,
            created_at=moment,
        )


def _slack(documents: Mapping[str, bytes], reader: Reader) -> Contents:
    """Read an export of Slack: a folder of days for each channel."""
    lists = {_base(name): data for name, data in documents.items()}
    users = json.loads(lists.get("users.json", b"[]"))
    names = {each["id"]: each.get("real_name") or each.get("name") or each["id"] for each in users}
    channels: dict[str, list[tuple[str, str, datetime | None]]] = {}
    for name, data in documents.items():
        channel, slash, _ = name.rpartition("/")
        if not slash or not _DAY(_base(name)):
            continue
        for entry in json.loads(data):
            text = entry.get("text") if entry.get("type") == "message" else None
            if not text or entry.get("subtype") in {"channel_join", "channel_leave", "bot_message"}:
                continue
            who = names.get(entry.get("user"), entry.get("user") or "somebody")
            said = re.sub(r"<@(\w+)>", lambda at: str(names.get(at[1], at[1])), text)
            moment = datetime.fromtimestamp(float(entry["ts"]), UTC)
            channels.setdefault(channel, []).append((who, said, moment))
    contents = Contents()
    for channel, spoken in channels.items():
        spoken.sort(key=lambda each: each[2] or datetime.min.replace(tzinfo=UTC))
        session_id = f"slack-{_base(channel)}"
        contents.conversations.append(Conversation(session_id, list(_among(spoken, reader))))
    return contents


_READERS: Final[Mapping[Source, Callable[[Mapping[str, Any]], Found]]] = {
    Source.REDIS: _redis,
    Source.MEM0: _mem0,
    Source.LANGGRAPH: _langgraph,
    Source.CHATGPT: _chatgpt,
    Source.CLAUDE: _claude,
}
