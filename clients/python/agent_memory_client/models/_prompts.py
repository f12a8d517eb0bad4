"""Prompts as the next call to a model takes them, by provider.

A message that came in a provider's own form is given to that provider as it came. For any other it
is put together from what it says: texts, media, calls and their answers; reasoning, which providers
take back from themselves alone, is left out.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pydantic import Field

from agent_memory_client import _types
from agent_memory_client.models._content import ContentPart, Media
from agent_memory_client.models._memories import MemoryRecord
from agent_memory_client.models._search import MemoryRecordResult
from agent_memory_client.models._sessions import MemoryMessage

Chat: TypeAlias = dict[str, Any]

_INSTRUCTIONS: Final = frozenset({"system", "developer"})
_PARAGRAPH: Final = "\n\n"
_BEFORE: Final = "(The conversation goes on.)"
"""Words of a user before a history that begins with the assistant; not all take such a one."""


def for_openai(messages: Sequence[Chat]) -> dict[str, Any]:
    """Convert a prompt to arguments of OpenAI's chat completions; one system message, first."""
    instructions, rest = _parted(messages)
    made = [each for message in rest for each in _to_openai(message)]
    first = [{"role": "system", "content": instructions}] if instructions else []
    return {"messages": [*first, *made]}


def for_anthropic(messages: Sequence[Chat]) -> dict[str, Any]:
    """Convert a prompt to arguments of Anthropic's messages, with `system` apart."""
    instructions, rest = _parted(messages)
    turns = _turns(rest, _anthropic_blocks, "assistant")
    if turns and turns[0][0] == "assistant":
        turns.insert(0, ("user", [{"type": "text", "text": _BEFORE}]))
    made = [{"role": role, "content": _plain(blocks)} for role, blocks in turns]
    return {**({"system": instructions} if instructions else {}), "messages": made}


def for_gemini(messages: Sequence[Chat]) -> dict[str, Any]:
    """Convert a prompt to `contents` of Gemini, with `system_instruction` apart."""
    instructions, rest = _parted(messages)
    called = {
        part.tool_use.id: part.tool_use.name
        for message in rest
        for part in _parts_of(_read(message))
        if part.tool_use
    }
    turns = _turns(rest, lambda message: list(_gemini_parts(message, called)), "model")
    made = [{"role": role, "parts": parts} for role, parts in turns]
    return {**({"system_instruction": instructions} if instructions else {}), "contents": made}


def _read(message: Chat) -> MemoryMessage:
    return MemoryMessage.model_validate(message)


def _parted(messages: Sequence[Chat]) -> tuple[str, list[Chat]]:
    """Part instructions, wherever they stand, from what was said."""
    instructions = [each for each in messages if each.get("role") in _INSTRUCTIONS]
    texts = (_read(each).content for each in instructions)
    rest = [each for each in messages if each.get("role") not in _INSTRUCTIONS]
    return _PARAGRAPH.join(filter(None, texts)), rest


def _parts_of(message: MemoryMessage) -> list[ContentPart]:
    """List all that a message consists of as parts, its calls and what it answers included."""
    parts = message.parts or (
        [ContentPart(kind="text", text=message.content)] if message.content else []
    )
    if message.role == "tool" and not any(part.kind == "tool_result" for part in parts):
        result = {"tool_call_id": message.tool_call_id or "", "content": message.content}
        return [ContentPart.model_validate({"kind": "tool_result", "tool_result": result})]
    calls = (ContentPart(kind="tool_use", tool_use=call) for call in message.tool_calls)
    return [*parts, *calls]


def _turns(
    messages: Iterable[Chat], blocks_of: Callable[[Chat], list[Chat]], model: str
) -> list[tuple[str, list[Chat]]]:
    """Put what one side says in a row into one turn; several answers of tools belong together."""
    turns: list[tuple[str, list[Chat]]] = []
    for message in messages:
        blocks = blocks_of(message)
        role = model if _read(message).role == "assistant" else "user"
        if not blocks:
            continue
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, list(blocks)))
    return turns


_OPENAI_PARTS: Final = frozenset({"text", "image_url", "input_audio", "file", "refusal"})
_ANTHROPIC_BLOCKS: Final = frozenset(
    {"text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"}
    | {"search_result", "server_tool_use", "web_search_tool_result", "container_upload"}
)


def _has_types(message: Chat, types: frozenset[str]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and all(
        isinstance(each, Mapping) and each.get("type") in types for each in content
    )


def _to_openai(message: Chat) -> Iterator[Chat]:
    content = message.get("content")
    known = content is None or isinstance(content, str) or _has_types(message, _OPENAI_PARTS)
    if known and "role" in message and not {"parts", "stop_reason"} & message.keys():
        yield message
        return
    read = _read(message)
    parts = _parts_of(read)
    for part in parts:
        if result := part.tool_result:
            yield {"role": "tool", "tool_call_id": result.tool_call_id, "content": result.content}
    said = [block for part in parts if (block := _openai_part(part))]
    if read.role == "assistant":
        # Of a model, texts are all it takes back.
        said = [block for block in said if block["type"] == "text"]
    calls = [part.tool_use.as_openai() for part in parts if part.tool_use]
    if not said and not calls:
        return
    plain = len(said) == 1 and said[0]["type"] == "text"
    made: Chat = {"role": "assistant" if read.role == "assistant" else "user"}
    made["content"] = (said[0]["text"] if plain else said) if said else None
    yield {**made, **({"tool_calls": calls} if calls else {})}


def _openai_part(part: ContentPart) -> Chat | None:
    media = part.media or Media()
    match part.kind:
        case "text" | "refusal":
            return {"type": "text", "text": part.text}
        case "image":
            return {"type": "image_url", "image_url": {"url": media.uri or _data_url(media)}}
        case "audio" if media.data:
            audio = {"data": _base64(media), "format": media.media_type.rpartition("/")[2]}
            return {"type": "input_audio", "input_audio": audio}
        case "file" if media.data:
            file = {"filename": media.name or "file", "file_data": _data_url(media)}
            return {"type": "file", "file": file}
        case "file" | "audio":
            return {"type": "text", "text": media.uri}
    return None


def _anthropic_blocks(message: Chat) -> list[Chat]:
    if "tool_calls" not in message and _has_types(message, _ANTHROPIC_BLOCKS):
        return list(message["content"])
    return [block for part in _parts_of(_read(message)) if (block := _anthropic_block(part))]


def _anthropic_block(part: ContentPart) -> Chat | None:
    media = part.media or Media()
    match part.kind:
        case "text" | "refusal" if part.text:
            return {"type": "text", "text": part.text}
        case "image" | "file":
            source = (
                {"type": "base64", "media_type": media.media_type, "data": _base64(media)}
                if media.data
                else {"type": "url", "url": media.uri}
            )
            return {"type": "image" if part.kind == "image" else "document", "source": source}
        case "tool_use" if part.tool_use:
            call = part.tool_use
            given = _object(call.arguments)
            return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}
        case "tool_result" if part.tool_result:
            result = part.tool_result
            block = {"type": "tool_result", "tool_use_id": result.tool_call_id}
            failed = {"is_error": True} if result.is_error else {}
            return {**block, "content": result.content, **failed}
    return None


def _plain(blocks: list[Chat]) -> str | list[Chat]:
    """Return the text of a turn that is one text alone."""
    alone = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    return str(blocks[0]["text"]) if alone else blocks


def _gemini_parts(message: Chat, called: Mapping[str, str]) -> Iterator[Chat]:
    if "parts" in message and "content" not in message:
        yield from message["parts"]
        return
    for part in _parts_of(_read(message)):
        media = part.media or Media()
        match part.kind:
            case "text" | "refusal" if part.text:
                yield {"text": part.text}
            case "image" | "audio" | "file" if media.data:
                # Its SDK takes bytes as they are.
                yield {"inline_data": {"mime_type": media.media_type, "data": media.data}}
            case "image" | "audio" | "file":
                known = {"mime_type": media.media_type} if media.media_type else {}
                yield {"file_data": {"file_uri": media.uri, **known}}
            case "tool_use" if part.tool_use:
                call = part.tool_use
                yield {"function_call": {"name": call.name, "args": _object(call.arguments)}}
            case "tool_result" if part.tool_result:
                result = part.tool_result
                name = result.name or called.get(result.tool_call_id) or result.tool_call_id
                answer = {"error" if result.is_error else "result": result.content}
                yield {"function_response": {"name": name, "response": answer}}


def _object(arguments: str) -> Chat:
    """Read arguments; what is no object is one argument."""
    try:
        read = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        read = arguments
    return read if isinstance(read, dict) else {"input": read}


def _base64(media: Media) -> str:
    return base64.b64encode(media.data).decode()


def _data_url(media: Media) -> str:
    return f"data:{media.media_type};base64,{_base64(media)}"


class PromptSectionReport(_types.Model):
    """Report on a section of a prompt and on what did not fit."""

    section: _types.Text = Field(
        description="`standing`, `summary`, `memories`, `history` or `query`."
    )
    tokens: int
    cap: int = Field(description="Tokens the section was allowed.")
    included: int = Field(description="How many items it holds.")
    left_out_ids: list[_types.Text] = Field(description="What did not fit.")
    duplicate_ids: list[_types.Text] = Field(description="What another section says too.")


class MemoryPromptResponse(_types.Model):
    """A prompt; `response["messages"]` reads like `response.messages`."""

    messages: list[dict[str, Any]] = Field(
        description="Summary, history, memories, and the query last, each as it was given; "
        "`for_openai`, `for_anthropic` and `for_gemini` answer what the next call takes."
    )
    long_term_memories: list[MemoryRecordResult] = Field(description="What the search found.")
    standing: list[MemoryRecord] = Field(description="Standing memories that were considered.")
    report: list[PromptSectionReport]
    tokens: int = Field(description="Tokens of the whole prompt.")

    def for_openai(self) -> dict[str, Any]:
        """Answer `messages` for OpenAI's chat completions: one system message, first."""
        return for_openai(self.messages)

    def for_anthropic(self) -> dict[str, Any]:
        """Answer `system` and `messages` for Anthropic."""
        return for_anthropic(self.messages)

    def for_gemini(self) -> dict[str, Any]:
        """Answer `system_instruction` and `contents` for Gemini."""
        return for_gemini(self.messages)

    @property
    def hits(self) -> list[MemoryRecordResult]:
        """List what the search found."""
        return self.long_term_memories

    def __getitem__(self, name: str) -> Any:
        if name in type(self).model_fields:
            return getattr(self, name)
        raise KeyError(name)
