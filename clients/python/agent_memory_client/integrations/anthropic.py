"""Anthropic's memory tool on memories: files below `/memories`, of which each is a memory.

So what a model writes down for itself is found by searches, exported and erased like the rest.
"""

import posixpath
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from anthropic.lib.tools import (
    BetaAbstractMemoryTool,
    BetaAsyncAbstractMemoryTool,
    ToolError,
)
from anthropic.types.beta import (
    BetaMemoryTool20250818CreateCommand,
    BetaMemoryTool20250818DeleteCommand,
    BetaMemoryTool20250818InsertCommand,
    BetaMemoryTool20250818RenameCommand,
    BetaMemoryTool20250818StrReplaceCommand,
    BetaMemoryTool20250818ViewCommand,
)

from agent_memory_client import MemoryClientConfig
from agent_memory_client.errors import (
    MemoryClientError,
    MemoryConflictError,
    MemoryNotFoundError,
)
from agent_memory_client.integrations._bridge import Clients, derived_id, run_now
from agent_memory_client.models import MemoryRecord

_ROOT: Final = "/memories"
_MOST_FILES: Final = 1000
_SEARCHED: Final = 8_000
_ATTEMPTS: Final = 20
_AROUND: Final = 2
_DEEPEST: Final = 2


class MemoryFiles:
    """Files of one owner, each kept as a memory."""

    def __init__(self, clients: Clients, user_id: str | None, namespace: str) -> None:
        self.clients = clients
        self._user_id = user_id
        self._namespace = namespace

    async def view(self, client: Any, path: str, lines: Sequence[int] | None) -> str:
        """Spell a file with numbers of its lines, or a folder."""
        path = _checked(path)
        if (record := await self._record(client, path)) is not None:
            return _numbered(path, _content(record), lines)
        below = await self._below(client, path)
        if not below and path != _ROOT:
            raise _absent(path)
        return _listing(path, below)

    async def create(self, client: Any, path: str, text: str) -> str:
        """Make a file."""
        path = _checked(path)
        if path == _ROOT or await self._record(client, path) or await self._below(client, path):
            raise ToolError(f"File {path} already exists")
        await self._store(client, path, text)
        return f"File created successfully at: {path}"

    async def replace(self, client: Any, path: str, old: str, new: str) -> str:
        """Replace a text that occurs once in a file."""
        path = _checked(path)

        def edit(content: str) -> str:
            places = _occurrences(content, old)
            if not places:
                raise ToolError(
                    f"No replacement was performed: `{old}` does not occur verbatim in {path}."
                )
            if len(places) > 1:
                numbers = ", ".join(str(content.count("\n", 0, at) + 1) for at in places)
                raise ToolError(
                    f"No replacement was performed: `{old}` occurs in lines {numbers}. "
                    "Give enough of its surroundings to make it unique."
                )
            return content.replace(old, new)

        before, after = await self._edit(client, path, edit)
        changed = before[: before.find(old)].count("\n")
        first = max(0, changed - _AROUND)
        shown = after.split("\n")[first : changed + _AROUND + 1]
        return "The memory file has been edited. Its lines around the change:\n" + _with_numbers(
            shown, first + 1
        )

    async def insert(self, client: Any, path: str, line: int, text: str) -> str:
        """Insert lines behind a line of a file; behind line 0 is its beginning."""
        path = _checked(path)

        def edit(content: str) -> str:
            lines = content.split("\n")
            if not lines[-1]:
                lines.pop()
            if not 0 <= line <= len(lines):
                raise ToolError(
                    f"`insert_line` is {line}, and has to be in the range [0, {len(lines)}]."
                )
            lines.insert(line, text.rstrip("\n"))
            return "\n".join(lines).removesuffix("\n") + "\n"

        await self._edit(client, path, edit)
        return f"The file {path} has been edited."

    async def delete(self, client: Any, path: str) -> str:
        """Delete a file, or a folder with all that is in it."""
        path = _checked(path)
        if path == _ROOT:
            raise ToolError(f"Cannot delete the {_ROOT} directory itself")
        record = await self._record(client, path)
        gone = [record] if record else await self._below(client, path)
        if not gone:
            raise _absent(path)
        await client.delete_long_term_memories([each.id for each in gone])
        return f"Successfully deleted {path}"

    async def rename(self, client: Any, old: str, new: str) -> str:
        """Move a file, or a folder with all that is in it."""
        old, new = _checked(old), _checked(new)
        if old == _ROOT:
            raise ToolError(f"Cannot rename the {_ROOT} directory itself")
        record = await self._record(client, old)
        moved = [record] if record else await self._below(client, old)
        if not moved:
            raise _absent(old)
        if new == _ROOT or await self._record(client, new) or await self._below(client, new):
            raise ToolError(f"The destination {new} already exists")
        if new.startswith(f"{old}/"):
            raise ToolError(f"{old} cannot be moved into itself")
        # First the new ones, so that nothing is lost where this is interrupted.
        for each in moved:
            await self._store(client, new + _path(each).removeprefix(old), _content(each))
        await client.delete_long_term_memories([each.id for each in moved])
        return f"Successfully renamed {old} to {new}"

    async def clear(self, client: Any) -> str:
        """Delete everything."""
        while below := await self._below(client, _ROOT):
            await client.delete_long_term_memories([each.id for each in below])
        return "All memory cleared"

    async def _record(self, client: Any, path: str) -> MemoryRecord | None:
        try:
            record: MemoryRecord = await client.get_long_term_memory(self._id(path))
        except MemoryNotFoundError:
            return None
        return record

    async def _below(self, client: Any, path: str) -> list[MemoryRecord]:
        """List the files below a folder, by their paths."""
        page = await client.list_long_term_memories(
            filters={
                "namespace": {"eq": self._namespace},
                "metadata": {"path": {"prefix": f"{path}/"}},
                **({} if self._user_id is None else {"user_id": {"eq": self._user_id}}),
            },
            limit=_MOST_FILES,
        )
        return sorted(page.memories, key=_path)

    async def _store(self, client: Any, path: str, text: str) -> None:
        await self._require_folder(client, posixpath.dirname(path))
        named = {"id": self._id(path), "user_id": self._user_id, "namespace": self._namespace}
        created = await client.create_long_term_memories(
            [{**named, "pinned": True, **_fields(path, text)}], "none"
        )
        created.raise_for_rejected()

    async def _require_folder(self, client: Any, path: str) -> None:
        while path != _ROOT:
            if await self._record(client, path):
                raise ToolError(f"{path} is a file, not a directory")
            path = posixpath.dirname(path)

    async def _edit(self, client: Any, path: str, edit: Callable[[str], str]) -> tuple[str, str]:
        """Change a file as long as nobody else does; answers its content before and after."""
        for _ in range(_ATTEMPTS):
            if (record := await self._record(client, path)) is None:
                folder = path == _ROOT or await self._below(client, path)
                raise ToolError(f"The path {path} is not a file.") if folder else _absent(path)
            before = _content(record)
            after = edit(before)
            try:
                await client.edit_long_term_memory(
                    record.id, _fields(path, after), etag=record.etag
                )
            except MemoryConflictError:
                # Somebody else changed it meanwhile.
                continue
            return before, after
        raise ToolError(f"Others keep changing {path}; try again later.")

    def _id(self, path: str) -> str:
        return derived_id(self._namespace, self._user_id or "", path)


def _fields(path: str, text: str) -> dict[str, Any]:
    return {
        "text": text.strip()[:_SEARCHED] or path,
        "metadata": {"path": path, "content": text},
    }


def _content(record: MemoryRecord) -> str:
    return str(record.metadata.get("content", record.text))


def _path(record: MemoryRecord) -> str:
    return str(record.metadata.get("path", ""))


def _checked(path: str) -> str:
    """Spell a path in one way.

    Raises:
        ToolError: It leads out of the folder of memories.
    """
    plain = posixpath.normpath(path) if path.startswith(_ROOT) else ""
    if plain != _ROOT and not plain.startswith(f"{_ROOT}/"):
        raise ToolError(f"Path must be {_ROOT} or below it, got: {path}")
    if len(plain.encode(errors="replace")) > _LONGEST_PATH:
        raise ToolError(f"Path is longer than {_LONGEST_PATH} bytes")
    return plain


_LONGEST_PATH: Final = 500


def _absent(path: str) -> ToolError:
    return ToolError(f"The path {path} does not exist. Please provide a valid path.")


def _occurrences(content: str, old: str) -> list[int]:
    """Find where a text begins, also where it overlaps itself."""
    places = []
    at = content.find(old) if old else -1
    while at >= 0:
        places.append(at)
        at = content.find(old, at + 1)
    return places


def _numbered(path: str, content: str, lines: Sequence[int] | None) -> str:
    shown, first = content.split("\n"), 1
    if lines is not None and len(lines) == 2:  # noqa: PLR2004 - first and last
        first = max(1, lines[0])
        shown = shown[first - 1 : None if lines[1] == -1 else lines[1]]
    return f"Here's the content of {path} with line numbers:\n{_with_numbers(shown, first)}"


def _with_numbers(lines: Sequence[str], first: int) -> str:
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, first))


def _listing(path: str, below: Sequence[MemoryRecord]) -> str:
    """Spell the files and folders below a folder, down to the second level."""
    sizes: dict[str, int] = {path: 0}
    for record in below:
        size = len(_content(record).encode(errors="replace"))
        parts = _path(record).removeprefix(f"{path}/").split("/")
        if any(part.startswith(".") for part in parts):
            continue
        sizes[path] += size
        for depth in range(1, min(len(parts), _DEEPEST) + 1):
            name = "/".join([path, *parts[:depth]]) + "/" * (depth < len(parts))
            sizes[name] = sizes.get(name, 0) + size
    lines = "\n".join(f"{_size(size)}\t{name}" for name, size in sizes.items())
    return (
        f"Here're the files and directories up to {_DEEPEST} levels deep in {path}, excluding "
        f"hidden items:\n{lines}"
    )


def _size(size: float) -> str:
    for unit in ("B", "K", "M"):
        if size < 1024 or unit == "M":  # noqa: PLR2004 - bytes of a K
            return f"{size:.1f}".removesuffix(".0") + unit
        size /= 1024
    raise AssertionError(size)


async def _told(answer: Awaitable[str]) -> str:
    """Tell a model what went wrong in the services."""
    try:
        return await answer
    except MemoryClientError as error:
        raise ToolError(f"The memory cannot do this now: {error.message}") from error


class AgentMemoryTool(BetaAbstractMemoryTool):
    """Anthropic's memory tool, for `client.beta.messages.tool_runner` of the synchronous client.

    ::

        memory = AgentMemoryTool("http://localhost:8000", user_id="alice")
        runner = client.beta.messages.tool_runner(model=..., messages=[...], tools=[memory])
    """

    def __init__(
        self,
        base_url: str | MemoryClientConfig | None = None,
        *,
        user_id: str | None = None,
        namespace: str = "anthropic",
        **options: Any,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        Args:
            base_url: Where the services are reached, or a whole configuration.
            user_id: Whose files they are; a model cannot see those of others.
            namespace: Namespace of the memories, apart from others.
            **options: Other options of `MemoryAPIClient`.
        """
        super().__init__()
        self._files = MemoryFiles(Clients(base_url, **options), user_id, namespace)

    def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Show a file or a folder."""
        return self._do(self._files.view, command.path, command.view_range)

    def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Make a file."""
        return self._do(self._files.create, command.path, command.file_text)

    def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace a text in a file."""
        return self._do(self._files.replace, command.path, command.old_str, command.new_str)

    def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert lines into a file."""
        return self._do(self._files.insert, command.path, command.insert_line, command.insert_text)

    def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Delete a file or a folder."""
        return self._do(self._files.delete, command.path)

    def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Move a file or a folder."""
        return self._do(self._files.rename, command.old_path, command.new_path)

    def clear_all_memory(self) -> str:
        """Delete everything."""
        return self._do(self._files.clear)

    def _do(self, command: Callable[..., Awaitable[str]], *arguments: Any) -> str:
        return run_now(_told(command(self._files.clients.now, *arguments)))


class AsyncAgentMemoryTool(BetaAsyncAbstractMemoryTool):
    """Anthropic's memory tool, for the asynchronous client; see `AgentMemoryTool`."""

    def __init__(
        self,
        base_url: str | MemoryClientConfig | None = None,
        *,
        user_id: str | None = None,
        namespace: str = "anthropic",
        **options: Any,
    ) -> None:
        """Keep the settings; see `AgentMemoryTool`."""
        super().__init__()
        self._files = MemoryFiles(Clients(base_url, **options), user_id, namespace)

    async def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Show a file or a folder."""
        return await self._do(self._files.view, command.path, command.view_range)

    async def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Make a file."""
        return await self._do(self._files.create, command.path, command.file_text)

    async def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace a text in a file."""
        return await self._do(self._files.replace, command.path, command.old_str, command.new_str)

    async def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert lines into a file."""
        return await self._do(
            self._files.insert, command.path, command.insert_line, command.insert_text
        )

    async def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Delete a file or a folder."""
        return await self._do(self._files.delete, command.path)

    async def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Move a file or a folder."""
        return await self._do(self._files.rename, command.old_path, command.new_path)

    async def clear_all_memory(self) -> str:
        """Delete everything."""
        return await self._do(self._files.clear)

    async def _do(self, command: Callable[..., Awaitable[str]], *arguments: Any) -> str:
        return await _told(command(self._files.clients.waiting, *arguments))
