"""Messages of more than one plain text, and what extraction gets of them."""

import json

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import ContentPart, Media, Message, ToolCall, ToolResult
from agent_memory_services.kit.contract.errors import IdAlreadyExists, InvalidField
from agent_memory_services.shared.content import SHOWN_TEXT
from agent_memory_services.working_memory.domain.session import ANYBODY, LogSlice, SessionKey
from agent_memory_services.working_memory.sessions.sessions import Sessions
from tests.integration.working_memory.speech import ALL, contents, said, submissions, wanted
from tests.integration.working_memory.test_append import append

PICTURE = ContentPart(image=Media(data=b"\x89PNG" * 100, media_type="image/png"))
LOOK = ContentPart(tool_use=ToolCall(id="c", name="look", arguments="{}"))
LONG = "".join(f"line {n}\n" for n in range(50_000))


def answer(text: str, original: str = "") -> Message:
    """A message in which a user's application answers a call, as Anthropic has it."""
    return Message(
        role="user",
        parts=[ContentPart(tool_result=ToolResult(tool_call_id="c", content=text))],
        original=original,
    )


async def test_parts_are_kept_and_extraction_reads_their_text(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """What a caller says of the text of a message with parts counts for nothing."""
    thought = ContentPart(reasoning="They want the cat.")
    message = said(
        "ignored",
        parts=[thought, ContentPart(text="This is my cat."), PICTURE, LOOK],
        original='{"role":"user"}',
    )
    (stored,), _ = await append(sessions, key, message)
    session = await sessions.get(key, ANYBODY, ALL)
    assert contents(session) == ["This is my cat."]
    assert session.shown[0].message == stored
    assert list(stored.parts) == list(message.parts)
    assert stored.original == message.original
    assert session.tokens > 1000
    (request,) = await submissions(redis)
    (read,) = request.messages
    assert (read.content, read.sequence) == ("This is my cat.", 1)
    assert not read.parts
    assert not read.original


async def test_what_says_nothing_is_told_to_extraction_as_missing(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Pictures without a name, answers of tools in a user's name, empty ones, and the private."""
    spoken = [
        said("", "user", parts=[PICTURE]),
        said("I live in Rome"),
        answer("I live in Oslo"),
        said("", "tool", tool_call_id="c"),
        said("Not for you: I live in Bonn", skip_extraction=True),
        said("I am vegan"),
        said("private", skip_extraction=True),
    ]
    await append(sessions, key, *spoken)
    assert len((await sessions.get(key, ANYBODY, ALL)).shown) == len(spoken)
    told = await submissions(redis)
    assert [m.content for r in told for m in r.messages] == ["I live in Rome", "I am vegan"]
    spans = [(r.first_withheld_sequence, r.last_withheld_sequence) for r in told]
    assert spans == [(1, 1), (3, 5), (7, 7)]


async def test_a_picture_with_a_name_says_something(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Extraction gets the name, to find the message by, and not the bytes."""
    named = ContentPart(image=Media(data=b"\x89PNG" * 100, name="boat.png"))
    await append(sessions, key, said("", "user", parts=[named]))
    (request,) = await submissions(redis)
    ((part,),) = (message.parts for message in request.messages)
    assert (part.image.name, part.image.data) == ("boat.png", b"")


@pytest.mark.parametrize(
    "long",
    [
        said(LONG, "tool", tool_call_id="c"),
        Message(role="tool", tool_call_id="c", parts=[PICTURE, ContentPart(text=LONG)]),
        answer(LONG),
        answer(LONG, original=json.dumps([LONG[: len(LONG) // 2], LONG[len(LONG) // 2 :]])),
    ],
    ids=["plain", "parts", "result", "result in pieces"],
)
async def test_a_long_answer_of_a_tool_is_short_in_view_and_whole_in_the_log(
    sessions: Sessions, key: SessionKey, redis: Redis, long: Message
) -> None:
    """Its turn is kept, and what is shown of it is the same message when it is given back."""
    question = said("", "assistant", tool_calls=[ToolCall(id="c", name="read", arguments="{}")])
    await append(sessions, key, question, long, said("It is long.", "assistant"))
    shown = (await sessions.get(key, ANYBODY, ALL)).shown
    short = shown[1].message
    assert short.whole_bytes == len(LONG)
    assert short.ByteSize() < 2 * SHOWN_TEXT + 2000
    text = f"{short.content}{''.join(part.tool_result.content for part in short.parts)}"
    assert text.startswith(LONG[:1000])
    assert text.rstrip().endswith(LONG[-1000:].rstrip())
    assert "bytes are not shown" in text
    assert all(
        len(m.content) < SHOWN_TEXT + 200 for r in await submissions(redis) for m in r.messages
    )

    page = await sessions.log(key, ANYBODY, LogSlice(start=1, count=10, most_bytes=1 << 30))
    whole = page.messages[1]
    assert not whole.whole_bytes
    assert whole.original == long.original
    assert list(whole.parts) == list(long.parts)
    assert LONG in (whole.content, *(part.tool_result.content for part in whole.parts))

    again = [item.message for item in shown]
    for message in again:
        message.ClearField("id")
    await sessions.set(key, *wanted(*again), etag="", request_id="")
    assert (await sessions.get(key, ANYBODY, ALL)).last_sequence == 3


async def test_a_page_of_the_log_ends_where_it_grows_too_large(
    sessions: Sessions, key: SessionKey
) -> None:
    """In both directions, after a message at least, and the next page goes on there."""
    await append(sessions, key, *(said("x" * 1000, id=str(n)) for n in range(1, 8)))
    for descending in (False, True):
        seen: list[int] = []
        start: int | None = None if descending else 1
        while True:
            stretch = LogSlice(start, 100, descending=descending, most_bytes=2500)
            page = await sessions.log(key, ANYBODY, stretch)
            assert len(page.messages) <= 3
            seen += [message.sequence for message in page.messages]
            if (start := page.next_start(stretch)) is None:
                break
        assert seen == sorted(range(1, 8), reverse=descending)


async def test_other_parts_make_another_message(sessions: Sessions, key: SessionKey) -> None:
    """The same parts are the same message, whatever is said of their text."""
    message = said("", id="1", parts=[ContentPart(text="Hi"), PICTURE])
    await append(sessions, key, message)
    _, written = await append(sessions, key, said("Hi", id="1", parts=message.parts))
    assert written.new_messages == 0
    other = ContentPart(image=Media(uri="https://example.org/cat.png"))
    for changed in ([message.parts[0]], [message.parts[0], other]):
        with pytest.raises(IdAlreadyExists):
            await append(sessions, key, said("Hi", id="1", parts=changed))
    with pytest.raises(IdAlreadyExists):
        await append(sessions, key, said("", id="1", parts=message.parts, original="{}"))


async def test_parts_that_say_too_much_are_refused(sessions: Sessions, key: SessionKey) -> None:
    """Only answers of tools may be longer than any other text."""
    with pytest.raises(InvalidField) as refused:
        await append(sessions, key, said(""), said("", parts=[ContentPart(text=LONG)]))
    assert refused.value.violations[0].field == "messages[1].parts"
