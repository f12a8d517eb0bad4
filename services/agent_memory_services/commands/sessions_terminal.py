"""Calls and output of the commands over sessions, users and the caller."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from rich.text import Text

from agent_memory_client import MemoryClient
from agent_memory_client.models import (
    MemoryMessage,
    MemoryPromptResponse,
    SessionInfo,
    WorkingMemory,
)
from agent_memory_services.commands import terminal

_ROLES: Final = {"user": "green", "assistant": "cyan", "system": "magenta", "tool": "yellow"}
_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "facts": {"memory_type": "semantic"},
    "events": {"memory_type": "episodic"},
    "messages": {"memory_type": "message"},
    "standing": {"standing": True},
    "pinned": {"pinned": True},
}
_SHOWN: Final = 20
_COLUMNS: Final = ("session", "namespace", "user", "messages", "written", "expires")


def run(options: Mapping[str, Any], command: str, **named: Any) -> int:
    """Run one of the commands below with a client of these options; answers the exit code."""
    return terminal.run(options, _COMMANDS[command], **named)


def list_sessions(memory: MemoryClient, *, limit: int, cursor: str | None, as_json: bool) -> None:
    """Print a page of sessions."""
    page = memory.list_sessions(limit=limit, cursor=cursor)
    if as_json:
        terminal.print_json(page.details)
    else:
        terminal.print_rows(_COLUMNS, map(_row, page.details))
    terminal.end_page(f"{len(page.details)} of {page.total} sessions", page.next_cursor, as_json)


def _row(session: SessionInfo) -> Sequence[str]:
    return (
        session.session_id,
        session.namespace or "",
        session.user_id or "",
        str(session.last_sequence),
        terminal.moment(session.updated_at),
        terminal.moment(session.expires_at),
    )


def show(memory: MemoryClient, *, session_id: str, limit: int, as_json: bool) -> None:
    """Print a session as its readers see it."""
    session = memory.get_working_memory(session_id, recent_messages_limit=limit)
    if as_json:
        terminal.print_json([session])
        return
    terminal.print_fields(_described(session))
    _print_messages(session.messages)
    if session.memories:
        terminal.print_memories(session.memories, scoped=True)


def _described(session: WorkingMemory) -> Iterator[tuple[str, str]]:
    yield "session", session.session_id or ""
    yield "namespace", session.namespace or ""
    yield "user", session.user_id or ""
    yield "messages", f"{session.view_size} in view, {session.last_sequence} in the log"
    yield "tokens", str(session.tokens)
    yield "written", terminal.moment(session.updated_at)
    yield "expires", terminal.moment(session.expires_at)
    yield "summary", session.context or ""
    yield "data", str(session.data or "")


def show_log(memory: MemoryClient, *, session_id: str, limit: int, as_json: bool) -> None:
    """Print the latest messages of a session's log."""
    page = memory.list_messages(session_id, limit=limit, descending=True)
    messages = page.messages[::-1]
    if as_json:
        terminal.print_json(messages)
        return
    _print_messages(messages)
    terminal.say(f"{len(messages)} of {page.total} messages")


def append(
    memory: MemoryClient,
    *,
    session_id: str,
    texts: Sequence[str],
    role: str,
    as_json: bool,
) -> None:
    """Add messages to a session."""
    said = [{"role": role, "content": text} for text in terminal.lines(texts)]
    if not said:
        raise terminal.RefusedError("there is nothing to add: give a text")
    added = memory.append_messages_to_working_memory(session_id, said)
    if as_json:
        terminal.print_json(added.messages)
    else:
        terminal.say(f"{added.new_message_count} added, {added.last_sequence} in {session_id}")


def prompt(
    memory: MemoryClient,
    *,
    session_id: str,
    question: str,
    budget: int | None,
    memories: int,
    as_json: bool,
) -> None:
    """Print a prompt, and what went into it."""
    wanted = {"limit": memories} if memories else None
    built = memory.memory_prompt(
        question, session_id=session_id, long_term_search=wanted, token_budget=budget
    )
    if as_json:
        terminal.print_json([built])
    else:
        _print_prompt(built)


def _print_prompt(built: MemoryPromptResponse) -> None:
    for message in built.messages:
        _print_message(str(message.get("role", "")), str(message.get("content", "")))
    parts = [f"{each.section} {each.included}" for each in built.report if each.included]
    terminal.complain(f"{built.tokens} tokens: {', '.join(parts)}")


def fork(
    memory: MemoryClient, *, session_id: str, new_session_id: str, at: str | None, as_json: bool
) -> None:
    """Copy a session, and print what the copy holds."""
    copy = memory.fork_working_memory(session_id, new_session_id, message_id=at)
    if as_json:
        terminal.print_json([copy])
    else:
        terminal.say(f"{new_session_id} holds {copy.last_sequence} messages of {session_id}")


def delete(
    memory: MemoryClient,
    *,
    session_ids: Sequence[str],
    keep_memories: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete sessions after a question."""
    learned = "" if keep_memories else " and what was learned from it alone"
    terminal.confirm(f"Delete {', '.join(session_ids)}{learned}?", yes=yes)
    erased = partial(memory.delete_working_memory, keep_memories=keep_memories)
    deleted = list(filter(erased, session_ids))
    for missing in sorted(set(session_ids) - set(deleted)):
        terminal.complain(f"there is no session {missing}")
    told = f"{len(deleted)} of {len(session_ids)} sessions deleted"
    terminal.tell_deleted(deleted, told, as_json)
    return int(len(deleted) < len(session_ids))


def show_user(memory: MemoryClient, *, user_id: str, as_json: bool) -> None:
    """Print how much there is of a user, and the standing facts."""
    counts = {
        name: memory.count_long_term_memories(user_id=user_id, **condition)
        for name, condition in _KINDS.items()
    }
    sessions = memory.list_sessions(user_id=user_id, limit=1).total
    standing = memory.list_long_term_memories(user_id=user_id, standing=True, limit=_SHOWN).memories
    if as_json:
        shown = {"user_id": user_id, "sessions": sessions, "memories": counts}
        terminal.print_json([{**shown, "standing": standing}])
        return
    numbers = {"sessions": sessions, **counts}
    terminal.print_fields((name, str(number)) for name, number in numbers.items())
    terminal.print_memories(standing, scoped=True)


def erase(memory: MemoryClient, *, user_id: str, yes: bool, as_json: bool) -> None:
    """Erase a user after a question, and print the receipts."""
    terminal.confirm(f"Erase everything of {user_id}, for good and from every namespace?", yes=yes)
    receipt = memory.erase_user(user_id)
    if as_json:
        terminal.print_json([receipt])
        return
    for each in receipt.receipts:
        erased = sorted((kind, count) for kind, count in each.erased.items() if count)
        gone = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in erased)
        service = each.service.rpartition(".")[2]
        terminal.say(f"{service}: {gone or 'nothing'} erased (receipt {each.receipt_id})")


def whoami(memory: MemoryClient, *, as_json: bool) -> None:
    """Print who calls, and what the credential allows."""
    found = memory.get_principal()
    if as_json:
        terminal.print_json([found])
        return
    fields = {
        "tenant": found.tenant,
        "credential": found.subject,
        "role": found.access or "",
        "users": _confined(found.users),
        "namespaces": _confined(found.namespaces),
    }
    terminal.print_fields(fields.items())


def _confined(names: Sequence[str] | None) -> str:
    return "all" if names is None else ", ".join(names) or "none"


_COMMANDS: Final[Mapping[str, terminal.Command]] = {
    command.__name__: command
    for command in (
        *(list_sessions, show, show_log, append, prompt, fork, delete),
        *(show_user, erase, whoami),
    )
}


def _print_messages(messages: Iterable[MemoryMessage]) -> None:
    for message in messages:
        _print_message(message.role, message.content)


def _print_message(role: str, content: str) -> None:
    terminal.console().print(Text(f"{role}: ", _ROLES.get(role, "")) + Text(content))
