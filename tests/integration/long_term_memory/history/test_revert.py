"""Taking back edits, merges, supersessions, deletions and reverts."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.contract.errors import (
    AccessDenied,
    EtagMismatch,
    IdAlreadyExists,
    InvalidField,
    InvalidState,
    MemoryNotFound,
)
from agent_memory_services.long_term_memory.domain import conflicts
from agent_memory_services.long_term_memory.domain.memory import Change
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.history.revert import differing
from tests.integration.long_term_memory.conftest import (
    Inserting,
    Writing,
    changed,
    creation,
    deletion,
    memory,
    merge,
    update,
    vectors,
)
from tests.integration.long_term_memory.history.conftest import (
    TENANT,
    Reverting,
    supersession,
)


async def test_an_edit_is_taken_back(write: Writing, revert: Reverting) -> None:
    """The record is what it was but for etag and time, and the history says so."""
    before = memory("likes tea", topics=["drinks"])
    after = changed(before, text="likes coffee", slot="s", topics=["coffee"])
    await write(creation(before))
    await write(update(before, after, keep_vectors=False))
    [reverted] = await revert(before, reason="it was right")
    assert (reverted.text, reverted.slot, list(reverted.topics)) == ("likes tea", "", ["drinks"])
    assert reverted.content_hash == before.content_hash
    assert reverted.etag not in {before.etag, after.etag}
    assert await revert.store.get(TENANT, [before.id]) == [reverted]
    latest, *_ = await revert.history(before)
    assert (latest.cause, latest.actor, latest.reason) == (
        ltm.REVISION_CAUSE_REVERT,
        "reverter",
        "it was right",
    )


async def test_only_other_words_are_embedded(
    redis: Redis, write: Writing, revert: Reverting
) -> None:
    """Taking back a slot costs no embedding; taking back a text or a context costs one."""
    record = memory("tea")
    key = revert.store.shard(TENANT).memory(TENANT, record.id)
    await write(creation(record))
    await write(update(record, changed(record, slot="s")))
    vector = await redis.hget(key, "vector")
    await revert(record)
    assert (revert.embedder.asked, await redis.hget(key, "vector")) == ([], vector)
    [present] = await revert.store.get(TENANT, [record.id])
    assert present is not None
    await write(update(present, changed(present, text="coffee", context="said so")))
    await revert(record)
    assert revert.embedder.asked == ["tea"]
    assert await redis.hget(key, "vector") != vector


async def test_other_fields_keep_later_values(write: Writing, revert: Reverting) -> None:
    """An older edit is taken back under later edits of something else."""
    first = memory("a")
    second = changed(first, text="b", event_time={"start": to_timestamp(5)})
    third = changed(second, slot="s", pinned=True)
    await write(creation(first))
    await write(update(first, second))
    await write(update(second, third))
    [reverted] = await revert(first, "2")
    assert (reverted.text, reverted.slot, reverted.pinned) == ("a", "s", True)
    assert not reverted.HasField("event_time")


async def test_what_was_changed_again_is_not_overwritten(write: Writing, revert: Reverting) -> None:
    """An older edit whose field has another value now is refused by name of the field."""
    first = memory("a")
    second = changed(first, text="b", slot="s")
    third = changed(second, text="c")
    await write(creation(first))
    await write(update(first, second))
    await write(update(second, third))
    with pytest.raises(InvalidState, match="since that revision: text;") as refusal:
        await revert(first, "2")
    assert refusal.value.metadata == {"state": "changed"}
    assert await revert.texts(first) == ["c"]
    await revert(first, "3")
    await revert(first, "2")
    assert await revert.texts(first) == ["a"]


async def test_a_revert_can_be_reverted(write: Writing, revert: Reverting) -> None:
    """Each revert of the latest change turns the record over."""
    first = memory("a")
    await write(creation(first))
    await write(update(first, changed(first, text="b")))
    for text in ("a", "b", "a"):
        await revert(first)
        assert await revert.texts(first) == [text]
    causes = [revision.cause for revision in await revert.history(first)]
    assert causes == [*[ltm.REVISION_CAUSE_REVERT] * 3, 2, 1]


@pytest.mark.parametrize("asked", ["merged", "original"])
async def test_a_merge_is_taken_back_as_a_whole(
    insert: Inserting, write: Writing, revert: Reverting, asked: str
) -> None:
    """From the merged record or from an original: all originals are back, the merged one goes."""
    one, two, three, merged = memory("a"), memory("b"), memory("c"), memory("abc")
    await insert(one, two, three)
    assert await write(*merge(merged, one, two, three)) == "committed"
    assert await revert.texts(one, two, three, merged) == [None, None, None, "abc"]
    back = await revert(merged if asked == "merged" else two)
    assert await revert.texts(one, two, three, merged) == ["a", "b", "c", None]
    assert {each.id for each in back} == {one.id, two.id, three.id}
    assert asked == "merged" or back[0].id == two.id
    assert revert.embedder.asked == []
    causes = [(await revert.history(each))[0].cause for each in (one, merged)]
    assert causes == [ltm.REVISION_CAUSE_REVERT] * 2


async def test_a_merge_that_was_taken_back_can_be_made_again(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """Reverting the revert hides the originals and stores the merged record again."""
    one, two, merged = memory("a"), memory("b"), memory("ab")
    await insert(one, two)
    await write(*merge(merged, one, two))
    for asked in (merged, one, merged, two):
        await revert(asked)
    assert await revert.texts(one, two, merged) == [None, None, "ab"]
    assert revert.embedder.asked == ["ab", "ab"]
    await revert(merged)
    assert await revert.texts(one, two, merged) == ["a", "b", None]


async def test_originals_may_have_changed_behind_the_merge(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """What was edited or deleted while hidden stays edited or deleted."""
    one, two, merged = memory("a"), memory("b"), memory("ab")
    await insert(one, two)
    changes = merge(merged, one, two)
    await write(*changes)
    hidden_one, hidden_two = changes[1].after, changes[2].after
    assert hidden_one is not None
    assert hidden_two is not None
    await write(update(hidden_one, changed(hidden_one, slot="s")), deletion(hidden_two))
    [back] = await revert(merged)
    assert (back.id, back.slot) == (one.id, "s")
    assert await revert.texts(one, two, merged) == ["a", None, None]


async def test_a_merged_record_that_changed_is_not_lost(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """A merge is taken back after what was done to its result, and never without originals."""
    one, two, merged = memory("a"), memory("b"), memory("ab")
    await insert(one, two)
    changes = merge(merged, one, two)
    await write(*changes)
    edited = changed(merged, text="abc")
    await write(update(merged, edited))
    for asked, revision_id in ((merged, "1"), (one, "")):
        with pytest.raises(InvalidState, match="text"):
            await revert(asked, revision_id)
    await revert(merged)
    [present] = await revert.store.get(TENANT, [merged.id])
    await write(*(deletion(change.after) for change in changes[1:] if change.after))
    with pytest.raises(InvalidState) as refusal:
        await revert(merged, "1")
    assert refusal.value.metadata == {"state": "gone"}
    assert await revert.store.get(TENANT, [merged.id]) == [present]


async def test_a_merge_into_a_record_that_was_there(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """Where one of the records took the others in, it is what it was before."""
    one, two = memory("a"), memory("b")
    await insert(one, two)
    cause = ltm.REVISION_CAUSE_MERGE
    grown, hidden = changed(one, text="ab", proof_count=2), changed(two, merged_into=one.id)
    await write(
        Change(one, grown, cause, vectors(), related=(two.id,)),
        Change(two, hidden, cause, related=(one.id,)),
    )
    assert await revert.texts(one, two) == ["ab", None]
    await revert(two)
    assert await revert.texts(one, two) == ["a", "b"]


async def test_a_supersession_is_taken_back(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """The older fact is valid again and the newer one stays as it is."""
    older, newer = memory("works at Acme"), memory("joined Globex")
    await insert(older)
    await write(*supersession(older, newer))
    [back] = await revert(older)
    assert not back.HasField("validity")
    assert await revert.store.get(TENANT, [newer.id]) == [newer]
    with pytest.raises(InvalidState) as refusal:
        await revert(newer)
    assert refusal.value.metadata == {"state": "created"}
    await revert(older)
    [ended] = await revert.store.get(TENANT, [older.id])
    assert ended is not None
    assert ended.validity.superseded_by == newer.id


async def test_a_chain_of_supersessions_comes_apart_anywhere(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """The first fact is valid again whatever became of the second, which a third ended."""
    first, second, third = memory("a"), memory("b"), memory("c")
    await insert(first)
    await write(*supersession(first, second))
    await write(*supersession(second, third))
    [back] = await revert(first)
    assert not back.HasField("validity")
    [ended] = await revert.store.get(TENANT, [second.id])
    assert ended is not None
    assert ended.validity.superseded_by == third.id


async def test_a_deletion_is_taken_back(write: Writing, revert: Reverting) -> None:
    """The record comes back with new vectors, as old as it was, and can go again."""
    record = memory("tea", user_id="alice")
    await write(creation(record))
    await write(deletion(record))
    [back] = await revert(record)
    assert (back.text, back.create_time) == ("tea", record.create_time)
    assert revert.embedder.asked == ["tea"]
    assert back.embedding_model == revert.embedder.fingerprint.digest
    assert await revert(record) == []
    assert await revert.texts(record) == [None]


async def test_what_cannot_be_taken_back_says_what_to_do(write: Writing, revert: Reverting) -> None:
    """A creation, an edit of what is gone, a deletion of what is there, and no revision at all."""
    record = memory("a")
    await write(creation(record))
    await write(update(record, last := changed(record, slot="s")))
    with pytest.raises(InvalidState) as refusal:
        await revert(record, "1")
    assert refusal.value.metadata == {"state": "created"}
    for unknown in ("3", "0", "-1", "x", "٣", "9" * 30):
        with pytest.raises(InvalidField) as invalid:
            await revert(record, unknown)
        assert [each.field for each in invalid.value.violations] == ["revision_id"]
    await write(deletion(last))
    with pytest.raises(InvalidState) as refusal:
        await revert(record, "2")
    assert refusal.value.metadata == {"state": "gone"}
    await write(creation(memory("b", id=record.id)))
    with pytest.raises(InvalidState) as refusal:
        await revert(record, "3")
    assert refusal.value.metadata == {"state": "exists"}
    with pytest.raises(MemoryNotFound):
        await revert("never")


async def test_an_etag_guards_a_revert(write: Writing, revert: Reverting) -> None:
    """An etag of another state is refused, and one of a memory that is gone."""
    first = memory("a")
    second = changed(first, text="b")
    await write(creation(first))
    await write(update(first, second))
    with pytest.raises(EtagMismatch) as refusal:
        await revert(first, etag=first.etag)
    assert refusal.value.metadata == {"current_etag": second.etag}
    [back] = await revert(first, etag=second.etag)
    await write(deletion(back))
    with pytest.raises(EtagMismatch):
        await revert(first, etag=back.etag)


async def test_content_that_is_taken_does_not_come_back(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """A revert never makes two visible memories of one content."""
    first = memory("a")
    await insert(first)
    await write(update(first, changed(first, text="b")))
    other = memory("a")
    await insert(other)
    with pytest.raises(IdAlreadyExists) as refusal:
        await revert(first)
    assert refusal.value.metadata == {"id": other.id}
    assert await revert.texts(first) == ["b"]


async def test_a_confined_caller_reverts_its_own(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """Another user's memory does not exist, and nothing moves or is looked up there."""
    mine, theirs = memory("a", user_id="alice"), memory("b", user_id="bob")
    await insert(mine, theirs)
    moved = changed(mine, user_id="bob")
    await write(update(mine, moved), update(theirs, changed(theirs, slot="s")))
    alice, bob = (Scope(TENANT, users=frozenset({user})) for user in ("alice", "bob"))
    with pytest.raises(MemoryNotFound):
        await revert(theirs, scope=alice)
    with pytest.raises(InvalidField):
        await revert(mine, scope=bob)
    assert (await revert(theirs, scope=bob))[0].slot == ""
    one, two, merged = memory("c", user_id="alice"), memory("d", user_id="bob"), memory("cd")
    merged.user_id = "alice"
    await insert(one, two)
    await write(*merge(merged, one, two))
    with pytest.raises(AccessDenied):
        await revert(one, scope=alice)
    assert await revert.texts(one, two) == [None, None]


async def test_what_was_erased_meanwhile_does_not_come_back(
    redis: Redis, write: Writing, revert: Reverting
) -> None:
    """A reversal holds only while the revision that it takes back is kept."""
    record = memory("a")
    await write(creation(record))
    edited = changed(record, text="b")
    await write(update(record, edited))
    back = changed(edited, text="a")
    revisions = write.store.shard(TENANT).revisions(TENANT, record.id)
    await redis.hdel(revisions, "2", "2:before")
    assert await write(update(edited, back, reverts="2")) == "stale"
    with pytest.raises(InvalidField):
        await revert(record, "2")
    await write(deletion(edited))
    await redis.delete(revisions)
    assert await write(creation(memory("a", id=record.id), reverts="3")) == "stale"
    with pytest.raises(MemoryNotFound):
        await revert(record)


async def test_a_call_that_is_repeated_is_done_once(
    insert: Inserting, write: Writing, revert: Reverting
) -> None:
    """A call of one name answers what it did, and does not take its own revert back."""
    one, two, merged = memory("a"), memory("b"), memory("ab")
    await insert(one, two)
    await write(*merge(merged, one, two))
    first = await revert(merged, request_id="r1")
    assert {each.id for each in first} == {one.id, two.id}
    again = await revert(merged, request_id="r1")
    assert sorted(again, key=lambda each: each.id) == sorted(first, key=lambda each: each.id)
    assert len(await revert.history(one)) == 3


@pytest.mark.parametrize("settling", ["an end", "a merge", "a deletion", "another text"])
async def test_taking_back_what_settled_a_conflict_marks_both_again(
    write: Writing, revert: Reverting, settling: str
) -> None:
    """Everything is as it was: each of the two names the other."""
    one, two = memory("User lives in Rome"), memory("User lives in Oslo")
    third, merged = memory("The user lives in Rome"), memory("User lives in Rome, merged")
    assert conflicts.mark(one, two)
    await write(*(creation(each) for each in (one, two, third)))
    await write(
        *{
            "an end": supersession(one, memory("User left Rome")),
            "a merge": merge(merged, one, third),
            "a deletion": [deletion(one)],
            "another text": [update(one, changed(one, text="User likes tea"), keep_vectors=False)],
        }[settling]
    )
    assert one.id not in (await present(revert, two)).conflicts_with
    await revert(one)
    ids = (one.id, two.id)
    assert [list((await present(revert, each)).conflicts_with) for each in (one, two)] == [
        [ids[1]],
        [ids[0]],
    ]
    for each in (one, two):
        assert not differing(each, await present(revert, each))


async def test_a_conflict_with_what_is_gone_does_not_come_back(
    write: Writing, revert: Reverting
) -> None:
    """A mark names only what is there."""
    one, two = memory("User lives in Rome"), memory("User lives in Oslo")
    assert conflicts.mark(one, two)
    await write(creation(one), creation(two))
    await write(deletion(one))
    await write(deletion(await present(revert, two)))
    await revert(one)
    assert not (await present(revert, one)).conflicts_with


async def present(revert: Reverting, record: Memory) -> Memory:
    """Return a memory as it is stored."""
    [found] = await revert.store.get(TENANT, [record.id])
    assert found is not None
    return found
