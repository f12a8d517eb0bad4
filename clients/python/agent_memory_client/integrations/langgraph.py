"""LangGraph's long-term store on memories: `AgentMemoryStore`, a `BaseStore`.

An item is a memory: found by meaning, listed by namespace, exported and erased like any other.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    get_text_at_path,
    tokenize_path,
    validate_op_namespace,
)

from agent_memory_client import MemoryClientConfig
from agent_memory_client.errors import MemoryNotFoundError
from agent_memory_client.integrations._bridge import Clients, derived_id, run_now
from agent_memory_client.models import MemoryRecord

_OPAQUE: Final = "langgraph:opaque"
_UNINDEXED: Final = "langgraph:unindexed"
_LONGEST_TEXT: Final = 8_000
_LONGEST_WORD: Final = 512
_MOST_VALUES: Final = 200
_DEEPEST: Final = 8
_EXACT: Final = 2**53
_PAGE: Final = 100
_VALUES: Final = 1000
_OPERATORS: Final = {"$eq": "eq", "$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte"}


class AgentMemoryStore(BaseStore):
    """A store of LangGraph whose items are memories.

    Values are kept as they are. Filters take plain values, `$eq`, `$ne`, `$gt`, `$gte`, `$lt` and
    `$lte`, on any key. A time to live is in minutes, and begins anew with a read that refreshes it.
    A search with a query ranks by the words and the meaning of what is indexed: the whole value, or
    the paths that `fields` or `index=` name.

    ::

        store = AgentMemoryStore("http://localhost:8000", api_key="...")
        graph = builder.compile(store=store)
    """

    supports_ttl = True

    def __init__(
        self,
        base_url: str | MemoryClientConfig | None = None,
        *,
        root: str = "langgraph",
        user_id: str | None = None,
        ttl: TTLConfig | None = None,
        fields: Sequence[str] = ("$",),
        **options: Any,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        Args:
            base_url: Where the services are reached, or a whole configuration.
            root: First part of the memories' namespaces, apart from other stores.
            user_id: Owner of all items, by which they can be erased.
            ttl: Defaults of times to live.
            fields: Paths whose texts are searched, where an item names none.
            **options: Other options of `MemoryAPIClient`.
        """
        self._clients = Clients(base_url, **options)
        self._root = root
        self._user_id = user_id
        self._fields = list(fields)
        self.ttl_config = ttl

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Execute operations: reads first, then writes, of which the last for a key counts."""
        return run_now(self._batch(self._clients.now, list(ops)))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Execute operations; see `batch`."""
        return await self._batch(self._clients.waiting, list(ops))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    async def _batch(self, client: Any, ops: Sequence[Op]) -> list[Result]:
        for op in ops:
            validate_op_namespace(op)
        results: list[Result] = [None] * len(ops)
        puts: dict[tuple[tuple[str, ...], str], PutOp] = {}
        await self._get(client, ops, results)
        for number, op in enumerate(ops):
            if isinstance(op, SearchOp):
                results[number] = await self._search(client, op)
            elif isinstance(op, ListNamespacesOp):
                results[number] = await self._list_namespaces(client, op)
            elif isinstance(op, PutOp):
                puts[op.namespace, op.key] = op
        await self._put(client, puts.values())
        return results

    async def _get(self, client: Any, ops: Sequence[Op], results: list[Result]) -> None:
        gets = {number: op for number, op in enumerate(ops) if isinstance(op, GetOp)}
        asked = {number: self._id(op.namespace, op.key) for number, op in gets.items()}
        if not asked:
            return
        found = await client.batch_get_long_term_memories(list(dict.fromkeys(asked.values())))
        records = {record.id: record for record in found.memories if _is_there(record)}
        for error in found.errors.values():
            if not isinstance(error, MemoryNotFoundError):
                raise error
        refreshed = {asked[number] for number, op in gets.items() if op.refresh_ttl}
        await self._refresh(client, [records[each] for each in refreshed & records.keys()])
        for number, memory_id in asked.items():
            if memory_id in records:
                results[number] = _item(records[memory_id])

    async def _put(self, client: Any, ops: Iterable[PutOp]) -> None:
        kept = [op for op in ops if op.value is not None]
        gone = [self._id(op.namespace, op.key) for op in ops if op.value is None]
        if gone:
            await client.delete_long_term_memories(gone)
        if not kept:
            return
        ids = [self._id(op.namespace, op.key) for op in kept]
        there = {record.id for record in (await client.batch_get_long_term_memories(ids)).memories}
        new = []
        for memory_id, op in zip(ids, kept, strict=True):
            fields = self._fields_of(op)
            if memory_id not in there:
                new.append({"id": memory_id, "pinned": True, "user_id": self._user_id, **fields})
            else:
                await client.edit_long_term_memory(memory_id, fields)
        if new:
            created = await client.create_long_term_memories(new, "none")
            created.raise_for_rejected()

    def _fields_of(self, op: PutOp) -> dict[str, Any]:
        """Spell an item as fields of a memory."""
        value = dict(op.value or {})
        plain = _is_plain(value)
        topics = [] if plain else [_OPAQUE]
        topics += [_UNINDEXED] if op.index is False else []
        spelled = json.dumps(value)
        held = {"value": value} if plain else {"json": spelled}
        ttl = {} if op.ttl is None else {"ttl": op.ttl}
        return {
            "text": self._text(op, value, spelled),
            "namespace": self._namespace(op.namespace),
            "topics": topics,
            "metadata": {"key": op.key, "labels": list(op.namespace), **held, **ttl},
            "expires_at": None if op.ttl is None else _from_now(op.ttl),
        }

    def _text(self, op: PutOp, value: Mapping[str, Any], spelled: str) -> str:
        """Answer what a search looks at."""
        paths = op.index if isinstance(op.index, list | tuple) else self._fields
        texts = [
            text
            for path in paths
            for text in (
                [_words(value)] if path == "$" else get_text_at_path(value, tokenize_path(path))
            )
        ]
        return ("\n".join(filter(None, texts)) or spelled)[:_LONGEST_TEXT]

    async def _search(self, client: Any, op: SearchOp) -> list[SearchItem]:
        if not op.query:
            listed = self._listed(client, op, {})
            found = await _taken(listed, op.filter, op.offset + op.limit)
        else:
            asked = client.search_long_term_memory
            indexed = {"topics": {"none": [_UNINDEXED]}}
            ranked = self._pages(asked, op, indexed, text=op.query, untracked=True)
            found = await _taken(ranked, op.filter, op.offset + op.limit)
            if len(found) < op.offset + op.limit:
                # What is not indexed comes last, without a score.
                rest = self._listed(client, op, {"topics": {"any": [_UNINDEXED]}})
                found += await _taken(rest, op.filter, op.offset + op.limit - len(found))
        shown = found[op.offset :]
        if op.refresh_ttl:
            await self._refresh(client, shown)
        return [_search_item(record) for record in shown]

    def _listed(
        self, client: Any, op: SearchOp, condition: Mapping[str, Any]
    ) -> AsyncIterator[MemoryRecord]:
        return self._pages(client.list_long_term_memories, op, condition)

    async def _pages(
        self, asked: Any, op: SearchOp, condition: Mapping[str, Any], **named: Any
    ) -> AsyncIterator[MemoryRecord]:
        """Yield what a listing or a search finds below a namespace, from page to page."""
        groups = [self._below(op.namespace_prefix), *_conditions(op.filter)]
        filters: dict[str, Any] = {**condition}
        for group in groups:
            filters = {"any_of": [{**each, **filters} for each in group]}
        cursor: str | None = None
        while True:
            page = await asked(filters=filters, limit=_PAGE, cursor=cursor, **named)
            for record in page.memories:
                if _is_there(record):
                    yield record
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _list_namespaces(self, client: Any, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        below: tuple[str, ...] = ()
        for condition in op.match_conditions or ():
            if condition.match_type == "prefix":
                path = condition.path
                below = tuple(path[: path.index("*")] if "*" in path else path)
        found: list[tuple[str, ...]] = []
        cursor: str | None = None
        while True:
            page = await client.list_field_values(
                "namespace", filters={"any_of": self._below(below)}, limit=_VALUES, cursor=cursor
            )
            found += [_labels(each.value) for each in page.values]
            cursor = page.next_cursor
            if cursor is None:
                break
        matching = {
            labels[: op.max_depth]
            for labels in found
            if all(_fits(condition, labels) for condition in op.match_conditions or ())
        }
        return sorted(matching)[op.offset : op.offset + op.limit]

    async def _refresh(self, client: Any, records: Iterable[MemoryRecord]) -> None:
        """Let the time to live of items begin anew."""
        for record in records:
            if (minutes := record.metadata.get("ttl")) is None:
                continue
            try:
                await client.edit_long_term_memory(record.id, {"expires_at": _from_now(minutes)})
            except MemoryNotFoundError:
                # It was deleted meanwhile.
                continue

    def _id(self, namespace: tuple[str, ...], key: str) -> str:
        return derived_id(self._root, *namespace, key)

    def _namespace(self, labels: Sequence[str]) -> str:
        return "/".join(quote(each, safe="") for each in (self._root, *labels))

    def _below(self, labels: tuple[str, ...]) -> list[dict[str, Any]]:
        """Answer the conditions of which each item below a namespace fulfils one."""
        own = self._namespace(labels)
        return [{"namespace": {"eq": own}}, {"namespace": {"prefix": f"{own}/"}}]


def _labels(namespace: str) -> tuple[str, ...]:
    return tuple(unquote(label) for label in namespace.split("/")[1:])


def _is_there(record: MemoryRecord) -> bool:
    """Tell whether an item has not expired since it was read."""
    return record.expires_at is None or record.expires_at > datetime.now(UTC)


def _from_now(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def _value(record: MemoryRecord) -> dict[str, Any]:
    spelled = record.metadata.get("json")
    value: dict[str, Any] = (
        record.metadata.get("value", {}) if spelled is None else json.loads(spelled)
    )
    return value


def _named(record: MemoryRecord) -> dict[str, Any]:
    made = record.created_at or datetime.now(UTC)
    return {
        "value": _value(record),
        "key": record.metadata["key"],
        "namespace": tuple(record.metadata["labels"]),
        "created_at": made,
        "updated_at": record.updated_at or made,
    }


def _item(record: MemoryRecord) -> Item:
    return Item(**_named(record))


def _search_item(record: MemoryRecord) -> SearchItem:
    return SearchItem(**_named(record), score=getattr(record, "score", None))


async def _taken(
    records: AsyncIterator[MemoryRecord], wanted: Mapping[str, Any] | None, limit: int
) -> list[MemoryRecord]:
    """Take the first records whose values fulfil a filter."""
    taken: list[MemoryRecord] = []
    async for record in records:
        if len(taken) == limit:
            break
        value = _value(record)
        if all(_holds(value.get(key), each) for key, each in (wanted or {}).items()):
            taken.append(record)
    return taken


def _holds(value: Any, wanted: Any) -> bool:
    """Tell whether a value fulfils a condition of LangGraph."""
    if isinstance(wanted, dict):
        if any(key.startswith("$") for key in wanted):
            return all(_compare(value, operator, each) for operator, each in wanted.items())
        return isinstance(value, dict) and all(
            _holds(value.get(key), each) for key, each in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(value, list | tuple)
            and len(value) == len(wanted)
            and all(map(_holds, value, wanted))
        )
    return bool(value == wanted)


def _compare(value: Any, operator: str, wanted: Any) -> bool:
    if operator in {"$eq", "$ne"}:
        return bool(value == wanted) is (operator == "$eq")
    if operator not in _OPERATORS:
        raise ValueError(f"{operator} is none of $ne, {', '.join(_OPERATORS)}")
    if not _is_number(value) or not _is_number(wanted):
        return False
    holds = {
        "$gt": value > wanted,
        "$gte": value >= wanted,
        "$lt": value < wanted,
        "$lte": value <= wanted,
    }
    return bool(holds.get(operator, value == wanted))


def _conditions(wanted: Mapping[str, Any] | None) -> list[list[dict[str, Any]]]:
    """Spell as much of a filter as the services know; what is opaque to them always passes."""
    metadata: dict[str, Any] = {}
    for key, each in (wanted or {}).items():
        given = each if _is_operators(each) else {"$eq": each}
        known = {
            _OPERATORS[operator]: operand
            for operator, operand in given.items()
            if operator in _OPERATORS and _is_comparable(operand, operator)
        }
        if known:
            metadata["value." + key.replace("\\", "\\\\").replace(".", "\\.")] = known
    if not metadata:
        return []
    return [[{"metadata": metadata}, {"topics": {"any": [_OPAQUE]}}]]


def _is_operators(value: Any) -> bool:
    return isinstance(value, dict) and any(key.startswith("$") for key in value)


def _is_comparable(operand: Any, operator: str) -> bool:
    if isinstance(operand, str):
        return operator == "$eq" and 0 < len(operand.encode(errors="replace")) <= _LONGEST_WORD
    return _is_number(operand) and abs(operand) < _EXACT


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    """Tell whether the services keep a value as it is, and can filter by all that is in it."""
    left = [_MOST_VALUES]

    def fits(each: Any, depth: int) -> bool:
        left[0] -= 1
        if left[0] < 0 or depth > _DEEPEST:
            return False
        if isinstance(each, dict):
            return bool(each) and all(
                isinstance(key, str) and key.isidentifier() and fits(inner, depth + 1)
                for key, inner in each.items()
            )
        if isinstance(each, float):
            return abs(each) < _EXACT and not each.is_integer()
        if isinstance(each, str):
            return each.isprintable() and len(each) <= _LONGEST_WORD // 4
        return isinstance(each, bool) or (isinstance(each, int) and abs(each) < _EXACT)

    return fits(value, 0)


def _words(value: Any) -> str:
    """Spell a value as text, its keys as words beside what they hold."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return "" if value is None else str(value)


def _fits(condition: MatchCondition, labels: tuple[str, ...]) -> bool:
    """Tell whether a namespace begins, or ends, as a condition wants."""
    path = condition.path
    if len(labels) < len(path):
        return False
    own = (
        labels[: len(path)]
        if condition.match_type == "prefix"
        else labels[len(labels) - len(path) :]
    )
    return all(wanted in ("*", label) for wanted, label in zip(path, own, strict=True))
