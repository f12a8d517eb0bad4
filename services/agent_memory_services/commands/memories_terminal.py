"""Calls and output of the commands over memories."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, Final

from rich.text import Text

from agent_memory_client import MemoryClient, MemoryClientError
from agent_memory_client.models import (
    CreateMemoryResult,
    FilterReport,
    ForgetResponse,
    MemoryChange,
    MemoryRecord,
    MemoryRevision,
    SessionChange,
)
from agent_memory_services.commands import terminal

_SHOWN_IDS: Final = 20
# Fields of a memory that people change, in the order in which they are shown.
_EDITED: Final = (
    *("text", "memory_type", "topics", "entities", "event_date", "standing", "pinned"),
    *("user_id", "namespace", "validity", "metadata", "merged_into", "archived_at"),
)
_COLOURS: Final = {
    "created": "green",
    "updated": "cyan",
    "merged": "yellow",
    "superseded": "yellow",
    "deleted": "red",
}


def run(options: Mapping[str, Any], command: str, **named: Any) -> int:
    """Run one of the commands below with a client of these options; answers the exit code."""
    return terminal.run(options, _COMMANDS[command], **named)


def search(
    memory: MemoryClient, *, question: str, limit: int, criteria: Mapping[str, Any], as_json: bool
) -> int | None:
    """Print what a search finds."""
    found = memory.search_long_term_memory(question, limit=limit, **_given(criteria))
    if as_json:
        terminal.print_json(found.memories)
    elif found.memories:
        _print(memory, found.memories)
    else:
        terminal.complain("nothing that is remembered matches")
    return None


def remember(
    memory: MemoryClient, *, statements: Sequence[str], fields: Mapping[str, Any], as_json: bool
) -> int:
    """Store statements, and print what became of each."""
    texts = list(terminal.lines(statements))
    if not texts:
        raise terminal.RefusedError("there is nothing to remember: give a statement")
    records = [{"text": text, **_given(fields)} for text in texts]
    results = memory.create_long_term_memories(records).results
    if as_json:
        terminal.print_json(results)
    else:
        for text, result in zip(texts, results, strict=True):
            terminal.say(_outcome(text, result))
    return int(any(result.error for result in results))


def list_memories(
    memory: MemoryClient,
    *,
    limit: int,
    cursor: str | None,
    hidden: bool,
    criteria: Mapping[str, Any],
    as_json: bool,
) -> None:
    """Print a page of memories."""
    page = memory.list_long_term_memories(
        limit=limit, cursor=cursor, include_hidden=hidden, **_given(criteria)
    )
    if as_json:
        terminal.print_json(page.memories)
    else:
        _print(memory, page.memories)
    terminal.end_page(f"{len(page.memories)} of {page.total} memories", page.next_cursor, as_json)


def get(memory: MemoryClient, *, memory_ids: Sequence[str], as_json: bool) -> int:
    """Print memories in full."""
    found = memory.batch_get_long_term_memories(memory_ids)
    if as_json:
        terminal.print_json(found.memories)
    else:
        for number, record in enumerate(found.memories):
            if number:
                terminal.say("")
            terminal.print_fields(_described(record))
    _complain(found.errors)
    return int(bool(found.errors))


def edit(
    memory: MemoryClient,
    *,
    memory_id: str,
    updates: Mapping[str, Any],
    reason: str | None,
    as_json: bool,
) -> None:
    """Change a memory, and print it."""
    if not (given := _given(updates)):
        raise terminal.RefusedError("there is nothing to change: give an option such as --text")
    _show([memory.edit_long_term_memory(memory_id, given, reason=reason)], as_json=as_json)


def history(memory: MemoryClient, *, memory_id: str, limit: int, as_json: bool) -> None:
    """Print the changes of a memory."""
    revisions = memory.list_memory_revisions(memory_id, limit=limit).revisions
    if as_json:
        terminal.print_json(revisions)
        return
    for revision in revisions:
        said = [revision.cause or "-", f"by {revision.actor}" if revision.actor else ""]
        said += [f"({revision.reason})"] if revision.reason else []
        head = Text(f"{terminal.moment(revision.created_at)}  {' '.join(filter(None, said))}")
        terminal.console().print(head, Text(revision.revision_id, "dim"))
        for line in _differences(revision):
            terminal.say(f"  {line}")


def revert(
    memory: MemoryClient,
    *,
    memory_id: str,
    revision: str | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """Take a change back, and print the memories that it concerned."""
    records = memory.revert_long_term_memory(memory_id, revision, reason=reason)
    _show(records, as_json=as_json)


def delete(
    memory: MemoryClient,
    *,
    memory_ids: Sequence[str],
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete memories, after showing them."""
    found = memory.batch_get_long_term_memories(memory_ids)
    _complain(found.errors)
    ids = [record.id for record in found.memories]
    if ids and not yes:
        _print(memory, found.memories)
        terminal.confirm(f"Delete {_counted(len(ids))}?", yes=yes)
    deleted = memory.delete_long_term_memories(ids, reason=reason).deleted_ids if ids else []
    terminal.tell_deleted(deleted, f"{_counted(len(deleted))} deleted", as_json)
    return int(bool(found.errors))


def edit_matching(
    memory: MemoryClient,
    *,
    updates: Mapping[str, Any],
    reason: str | None,
    filters: Mapping[str, Any],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Change the memories that a filter matches, after showing them and a question."""
    if not (given := _given(updates)):
        raise terminal.RefusedError("there is nothing to change: give an option such as --topic")

    def change(*, dry: bool) -> FilterReport:
        return memory.update_long_term_memories_by_filter(
            given, dry_run=dry, reason=reason, filters=filters
        )

    return _on_matching(
        memory, change, ("Change", "changed"), dry_run=dry_run, yes=yes, as_json=as_json
    )


def delete_matching(
    memory: MemoryClient,
    *,
    reason: str | None,
    filters: Mapping[str, Any],
    hidden: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete the memories that a filter matches, after showing them and a question."""

    def remove(*, dry: bool) -> FilterReport:
        return memory.delete_long_term_memories_by_filter(
            dry_run=dry, include_hidden=hidden, reason=reason, filters=filters
        )

    return _on_matching(
        memory, remove, ("Delete", "deleted"), dry_run=dry_run, yes=yes, as_json=as_json
    )


def _on_matching(
    memory: MemoryClient,
    act: Callable[..., FilterReport],
    words: tuple[str, str],
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Do something to what a filter matches; say before what that is, unless it is agreed to."""
    report = act(dry=True) if dry_run or not yes else act(dry=False)
    if report.dry_run and report.matched and not (dry_run and as_json):
        _print(memory, memory.batch_get_long_term_memories(report.sample_ids).memories)
        if report.matched > len(report.sample_ids):
            terminal.say(f"and {report.matched - len(report.sample_ids)} more")
    if report.matched and not dry_run and not yes:
        terminal.confirm(f"{words[0]} {_counted(report.matched)}?", yes=yes)
        report = act(dry=False)
    if as_json:
        terminal.print_json([report])
    elif dry_run:
        terminal.say(f"{_counted(report.matched)} would be {words[1]}")
    else:
        terminal.say(f"{_counted(report.done)} {words[1]}")
    if report.skipped_ids:
        terminal.complain(f"others have that content already: {', '.join(report.skipped_ids)}")
    return int(bool(report.skipped_ids))


def forget(
    memory: MemoryClient,
    *,
    policy: Mapping[str, Any],
    criteria: Mapping[str, Any],
    yes: bool,
    as_json: bool,
) -> None:
    """Show what a policy would forget, and forget it after a question."""
    wanted, which = _given(policy), _given(criteria)
    done = memory.forget_long_term_memories(wanted, dry_run=not yes, **which)
    if done.dry_run and done.deleted:
        _show_planned(memory, done)
        terminal.confirm(f"Forget {_counted(done.deleted)} of {done.scanned}?", yes=yes)
        done = memory.forget_long_term_memories(wanted, dry_run=False, **which)
    told = f"{_counted(done.deleted)} of {done.scanned} forgotten"
    terminal.print_json([done]) if as_json else terminal.say(told)


def _show_planned(memory: MemoryClient, planned: ForgetResponse) -> None:
    shown = [each.memory_id for each in planned.forgotten[:_SHOWN_IDS]]
    _print(memory, memory.batch_get_long_term_memories(shown).memories)
    if planned.deleted > len(shown):
        terminal.say(f"and {planned.deleted - len(shown)} more")


def watch(memory: MemoryClient, *, session: str | None, count: int | None, as_json: bool) -> None:
    """Print changes as they come."""
    changes: Any = (
        memory.watch_long_term_memories()
        if session is None
        else memory.watch_working_memory(session)
    )
    with closing(changes):
        for change in islice(changes, count):
            if as_json:
                terminal.print_json([change])
                continue
            for line in _told(change):
                terminal.console().print(line)


_COMMANDS: Final[Mapping[str, terminal.Command]] = {
    command.__name__: command
    for command in (
        *(search, remember, list_memories, get, edit, edit_matching, history, revert),
        *(delete, delete_matching, forget, watch),
    )
}


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was not asked for."""
    return {name: value for name, value in options.items() if value not in (None, [])}


def _complain(missing: Mapping[str, MemoryClientError]) -> None:
    for memory_id, error in missing.items():
        terminal.complain(f"{memory_id}: {terminal.in_one_line(error)}")


def _print(memory: MemoryClient, memories: Sequence[MemoryRecord]) -> None:
    terminal.print_memories(memories, scoped=memory.config.default_user_id is not None)


def _show(records: Sequence[MemoryRecord], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(records)
    else:
        terminal.print_memories(records, scoped=False)


def _outcome(text: str, result: CreateMemoryResult) -> str:
    if result.error is not None:
        return f"not stored: {text} ({result.error.message})"
    return f"{result.outcome}  {result.memory_id}  {text}"


def _counted(number: int) -> str:
    return f"{number} {'memory' if number == 1 else 'memories'}"


def _described(record: MemoryRecord) -> Iterator[tuple[str, str]]:
    yield "id", record.id
    yield "text", record.text
    yield "type", str(record.memory_type)
    yield "user", record.user_id or ""
    yield "namespace", record.namespace or ""
    yield "session", record.session_id or ""
    yield "topics", ", ".join(record.topics)
    yield "entities", ", ".join(record.entities)
    yield "event", terminal.event_of(record)
    yield "state", ", ".join(terminal.states_of(record))
    yield "metadata", "".join(f"{key}={value!r} " for key, value in record.metadata.items())
    yield from _life_of(record)


def _life_of(record: MemoryRecord) -> Iterator[tuple[str, str]]:
    yield "said", terminal.moment(record.created_at)
    yield "changed", terminal.moment(record.updated_at)
    yield "expires", terminal.moment(record.expires_at)
    yield "found", f"{record.access_count} times" if record.access_count else ""
    yield "stated", f"{record.proof_count} times" if record.proof_count > 1 else ""
    yield "language", record.language or ""
    yield "learned from", ", ".join(record.extracted_from)
    yield "etag", record.etag or ""


def _differences(revision: MemoryRevision) -> Iterator[str]:
    """Yield what a change changed, a field a line."""
    before, after = revision.before, revision.after
    if before is None or after is None:
        record = before or after
        if record is not None:
            yield record.text
    else:
        for name in _EDITED:
            old, new = getattr(before, name), getattr(after, name)
            if old != new:
                yield f"{name}: {_value(old)} -> {_value(new)}"
    if revision.related_memory_ids:
        yield f"with {', '.join(revision.related_memory_ids)}"


def _value(value: Any) -> str:
    plain = terminal.as_plain(value)
    if isinstance(plain, list):
        return ", ".join(map(str, plain)) or "none"
    return "none" if plain in (None, "") else str(plain)


def _told(change: MemoryChange | SessionChange) -> Iterator[Text]:
    """Yield the lines that tell a change."""
    kind = change.kind or "-"
    when = change.changed_at
    head = Text(f"{when.astimezone():%H:%M:%S}  " if when else "")
    head.append(kind, _COLOURS.get(kind, "cyan"))
    if isinstance(change, MemoryChange):
        text = change.memory.text if change.memory else ""
        yield head.append(f"  {change.memory_id}  {text}".rstrip())
    elif change.messages:
        for message in change.messages:
            yield Text.assemble(head, f"  {message.role}: {message.content}")
    else:
        yield head
