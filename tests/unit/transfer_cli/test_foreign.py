"""Files of other memories and chats."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent_memory_services.transfer_cli.files import TransferError
from agent_memory_services.transfer_cli.foreign import (
    Contents,
    Reader,
    Source,
    read_bytes,
    read_file,
)

TEN: Any = datetime(2024, 6, 1, 10, tzinfo=UTC)


def said(text: str, role: str = "user") -> dict[str, Any]:
    """A message of ChatGPT."""
    content = {"content_type": "text", "parts": [text]}
    return {"author": {"role": role}, "create_time": TEN.timestamp(), "content": content}


CHATGPT = {
    "conversation_id": "c1",
    "current_node": "shown",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["asked"]},
        "asked": {
            "id": "asked",
            "parent": "root",
            "children": ["gone", "shown"],
            "message": said("I live in Ghent."),
        },
        "gone": {"id": "gone", "parent": "asked", "message": said("?", "assistant")},
        "shown": {"id": "shown", "parent": "asked", "message": said("Nice.", "assistant")},
    },
}
CLAUDE = {
    "uuid": "u1",
    "chat_messages": [
        {
            "uuid": "m1",
            "text": "I live in Ghent.",
            "content": [{"type": "text", "text": "I live in Ghent."}],
            "sender": "human",
            "created_at": "2024-06-01T10:00:00Z",
        },
        {"uuid": "m2", "text": "Nice.", "content": [], "sender": "assistant"},
    ],
}
MEM0 = {
    "id": "a1",
    "memory": "Lives in Ghent",
    "user_id": "ann",
    "metadata": {"k": "v"},
    "created_at": "2024-06-01T03:00:00-07:00",
}
REDIS = {
    "id": "01J",
    "text": "User lives in Ghent",
    "memory_type": "semantic",
    "topics": ["home"],
    "user_id": "ann",
    "created_at": "2024-06-01T10:00:00Z",
    "last_accessed": "2024-06-01T10:00:00Z",
    "pinned": False,
    "access_count": 3,
    "memory_hash": "x",
}
LANGGRAPH = {
    "namespace": ["ann", "facts"],
    "key": "home",
    "value": {"text": "Lives in Ghent", "n": 1},
    "created_at": "2024-06-01T10:00:00Z",
}
WHATSAPP = (
    "[01/06/2024, 09:59:00] Messages are end-to-end encrypted.\n"
    "[01/06/2024, 10:00:00] Ann: I live in Ghent.\nIn the old town: by the river.\n"
    "[01/06/2024, 10:01:00] Bob: Nice.\n"
    "[01/06/2024, 10:02:00] Ann: <Media omitted>\n"
)
AMERICAN = "6/1/24, 10:00 AM - Ann: I live in Ghent.\n6/15/24, 10:01\u202fPM - Bob: Nice.\n"


def read(folder: Path, name: str, words: str, **wishes: Any) -> Contents:
    """Read a file that holds these words."""
    path = folder / name
    path.write_text(words)
    contents = read_file(path, wishes.pop("source", Source.AUTO), Reader(**wishes))
    assert contents is not None
    return contents


@pytest.mark.parametrize(
    ("words", "source"),
    [
        (json.dumps([CHATGPT]), Source.CHATGPT),
        (json.dumps([CLAUDE], indent=1), Source.CLAUDE),
        (WHATSAPP, Source.WHATSAPP),
        (AMERICAN, Source.WHATSAPP),
    ],
    ids=["chatgpt", "claude", "whatsapp", "whatsapp-american"],
)
def test_a_chat_becomes_a_conversation(tmp_path: Path, words: str, source: Source) -> None:
    """Told by what is in the file or by name; what was not shown, or only omitted, is left out."""
    contents = read(tmp_path, "chat.txt", words)
    assert read(tmp_path, "chat.txt", words, source=source) == contents
    (conversation,) = contents.conversations
    first, second = conversation.messages
    assert first.role == "user"
    assert first.content.startswith("I live in Ghent.")
    assert first.created_at == TEN
    assert (second.content, second.role != "user") == ("Nice.", True)
    assert first.id != second.id


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (json.dumps({"results": [MEM0]}), "Lives in Ghent"),
        (json.dumps([MEM0]), "Lives in Ghent"),
        (json.dumps(REDIS) + "\n", "User lives in Ghent"),
        (json.dumps({"memories": [REDIS], "total": 1}), "User lives in Ghent"),
        (json.dumps([LANGGRAPH]), "Lives in Ghent"),
    ],
    ids=["mem0", "mem0-list", "redis-lines", "redis-api", "langgraph"],
)
def test_a_memory_becomes_a_memory(tmp_path: Path, words: str, text: str) -> None:
    """With its time and place, under an id that is the same whenever it is read."""
    contents = read(tmp_path, "memories.json", words)
    (memory,) = contents.memories
    assert (memory.text, memory.created_at) == (text, TEN)
    assert read(tmp_path, "memories.json", words).memories[0].id == memory.id
    assert not contents.rejected


def test_fields_of_others_find_their_place(tmp_path: Path) -> None:
    """What has no field of its own is metadata, or was only theirs."""
    (redis,) = read(tmp_path, "a", json.dumps(REDIS)).memories
    (mem0,) = read(tmp_path, "b", json.dumps([{**MEM0, "agent_id": "chef"}])).memories
    (item,) = read(tmp_path, "c", json.dumps([LANGGRAPH])).memories
    assert (redis.user_id, redis.topics, redis.access_count) == ("ann", ["home"], 3)
    assert mem0.metadata == {"k": "v", "agent_id": "chef"}
    assert (item.namespace, item.metadata["key"]) == ("ann/facts", "home")


def test_people_keep_their_names_and_one_is_the_user(tmp_path: Path) -> None:
    """Whoever is named, or else who speaks first."""
    (conversation,) = read(tmp_path, "c.txt", WHATSAPP, speaker="Bob").conversations
    assert [(m.role, m.name) for m in conversation.messages] == [
        ("participant", "Ann"),
        ("user", None),
    ]


def test_an_export_of_slack_is_read_by_channel(tmp_path: Path) -> None:
    """From its zipped folder, with names in the place of ids."""
    archive = tmp_path / "slack.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("users.json", json.dumps([{"id": "U1", "name": "ann"}]))
        spoken = [
            {"type": "message", "user": "U1", "text": "Hi <@U1>", "ts": "1717236000.0001"},
            {"type": "message", "subtype": "channel_join", "user": "U1", "text": "x", "ts": "1"},
        ]
        file.writestr("general/2024-06-01.json", json.dumps(spoken))
    contents = read_file(archive, Source.AUTO, Reader())
    assert contents is not None
    (conversation,) = contents.conversations
    assert [message.content for message in conversation.messages] == ["Hi ann"]
    assert conversation.session_id == "slack-general"


def test_a_session_of_redis_is_a_conversation_with_its_memories(tmp_path: Path) -> None:
    """As its API answers it, alone or in a list, with whose it is."""
    session = {
        "session_id": "s1",
        "user_id": "ann",
        "messages": [
            {"role": "user", "content": "I live in Ghent.", "created_at": TEN.timestamp()}
        ],
        "memories": [REDIS],
        "data": {"step": 2},
    }
    for words in (json.dumps(session), json.dumps([session])):
        contents = read(tmp_path, "session.json", words)
        (conversation,) = contents.conversations
        assert (conversation.user_id, conversation.data) == ("ann", {"step": 2})
        assert conversation.messages[0].created_at == TEN
        assert [each.session_id for each in contents.memories] == ["s1"]


def test_what_another_command_writes_is_read(tmp_path: Path) -> None:
    """As the same words in a file."""
    contents = read_bytes(json.dumps([MEM0]).encode(), Source.MEM0, Reader())
    assert contents == read(tmp_path, "m.json", json.dumps([MEM0]))


def test_an_export_may_be_a_folder_or_a_zip_with_folders_in_it(tmp_path: Path) -> None:
    """With several files of conversations, and others that are not looked at."""
    files = {
        "export/conversations-000.json": [CHATGPT],
        "export/conversations-001.json": [{**CHATGPT, "conversation_id": "c2"}],
        "export/user.json": {"id": "u"},
    }
    with zipfile.ZipFile(tmp_path / "account.zip", "w") as archive:
        for name, value in files.items():
            archive.writestr(name, json.dumps(value))
    with zipfile.ZipFile(tmp_path / "account.zip") as archive:
        archive.extractall(tmp_path / "account")
    (tmp_path / "account" / "gone.json").symlink_to(tmp_path / "nowhere")
    for place in ("account.zip", "account"):
        contents = read_file(tmp_path / place, Source.AUTO, Reader())
        assert contents is not None
        assert [each.session_id for each in contents.conversations] == ["c1", "c2"]
    other = tmp_path / "other"
    other.mkdir()
    for name in ("a.json", "b.json"):
        (other / name).write_text("[]")
    with pytest.raises(TransferError, match="no export that is known"):
        read_file(other, Source.AUTO, Reader())


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The rest is read."""
    contents = read(
        tmp_path, "m.json", json.dumps([MEM0, {"id": "x"}, 3, {**MEM0, "created_at": "soon"}])
    )
    assert len(contents.memories) == 1
    assert [place for place, _ in contents.rejected] == ["item 2", "item 3", "item 4"]
    assert contents.rejected[0][1] == "has no 'text'"
    with pytest.raises(TransferError):
        read(tmp_path, "c.txt", "[01/06/2024, 10:00:00] Nobody speaks\n")


def test_our_own_exports_are_left_to_their_reader(tmp_path: Path) -> None:
    """They may be too large to be held, and damaged ones are told line by line."""
    for words in (
        '{"id": "m", "text": "x", "createTime": "2024-06-01T10:00:00Z"}\n',
        "",
        "nothing",
    ):
        path = tmp_path / "memories.jsonl"
        path.write_text(words)
        assert read_file(path, Source.AUTO, Reader()) is None
