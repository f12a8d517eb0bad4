"""Judging what was found in golden messages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_memory_services.evaluation.corpus import UnreadableCorpusError
from agent_memory_services.evaluation.golden import Golden, read_golden, shipped
from agent_memory_services.evaluation.judging import groups, judge
from agent_memory_services.extraction.domain.facts import Candidate, EventTime, Kind, Precision


def golden(folder: Path, **row: object) -> Golden:
    """A golden message out of a file."""
    path = folder / "golden.jsonl"
    path.write_text(json.dumps({"id": "g", "text": "Hi", **row}) + "\n\n")
    (message,) = read_golden(path)
    return message


def found(text: str, **fields: object) -> Candidate:
    """Something that was found."""
    return Candidate(text, Kind.SEMANTIC, ("0",), **fields)  # type: ignore[arg-type]


def test_words_decide_and_each_wording_is_as_good(tmp_path: Path) -> None:
    """Case and marks do not count, alternatives do, and nothing is matched twice."""
    message = golden(tmp_path, facts=["User likes tea|User loves tea", "User is Al"])
    judgement = judge([(message, [found("user LOVES tea!"), found("User likes tea")])])
    assert judgement.matched == 1
    assert judgement.missed == ["g: User is Al"]
    assert judgement.invented == ["g: User likes tea"]
    assert (judgement.precision, judgement.recall) == (0.5, 0.5)


def test_details_are_told_apart(tmp_path: Path) -> None:
    """A right statement with a wrong date, slot or entity is matched, and its mistakes told."""
    fact = {"text": "User ran", "event": "2023-05-07", "precision": "day", "entities": ["Rome"]}
    message = golden(tmp_path, facts=[{**fact, "slot": "user/x"}])
    when = EventTime(datetime(2023, 5, 8, tzinfo=UTC), Precision.DAY)
    judgement = judge([(message, [found("User ran", event_time=when)])])
    assert judgement.matched == 1
    assert judgement.wrong == [
        "g: event 2023-05-08T00:00:00+00:00",
        "g: no entity Rome",
        "g: slot ''",
    ]


def test_nothing_is_a_claim_too(tmp_path: Path) -> None:
    """A message without facts from which something is taken counts as talkative."""
    message = golden(tmp_path, facts=[])
    assert judge([(message, [])]).talkative == 0
    judgement = judge([(message, [found("User is Al")])])
    assert (judgement.silent, judgement.talkative, judgement.precision) == (1, 1, 0.0)
    assert judgement.recall == 1.0


def test_content_decides_where_wordings_are_free(tmp_path: Path) -> None:
    """One text may state two facts and two texts one fact; what need not be found is no mistake."""
    message = golden(
        tmp_path,
        facts=[{"says": ["cat", "Olive"]}, {"says": ["dog"], "lacks": ["NOT"]}, {"says": ["tea"]}],
        also=[{"says": ["two", "pets"]}],
    )
    said = ["Olive is User's cat", "User has two pets", "User has a cat, Olive, and a dog"]
    judgement = judge([(message, [found(text) for text in (*said, "User has no dog")])])
    assert judgement.matched == 2
    assert judgement.missed == ["g: tea"]
    assert judgement.invented == ["g: User has no dog"]
    assert (judgement.precision, judgement.recall) == (3 / 4, 2 / 3)


def test_the_best_statement_of_a_fact_gives_its_details(tmp_path: Path) -> None:
    """Where two texts state a fact, the one whose properties are right speaks for it."""
    message = golden(tmp_path, facts=[{"says": ["emojis", "NOT"], "standing": True}])
    said = [found("No emojis"), found("User wants no emojis", standing=True)]
    assert judge([(message, said)]).wrong == []
    assert judge([(message, said[:1])]).wrong == ["g: standing False"]


def test_groups_share_out_every_message(tmp_path: Path) -> None:
    """Each message is judged in the group of its name, and the groups come by name."""
    fact = {"facts": [{"says": ["Bonn"]}]}
    messages = [golden(tmp_path, language=one, **fact) for one in ("fr", "de", "fr")]
    said = [(message, [found("Bonn")]) for message in messages]
    judged = groups(said, lambda message: message.language)
    assert {name: one.matched for name, one in judged.items()} == {"de": 1, "fr": 2}
    assert list(judged) == ["de", "fr"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": "x"}',
        '{"id": "x", "text": "y", "facts": 5}',
        '{"id": "x", "text": "y", "facts": [{"says": []}]}',
    ],
)
def test_another_file_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    """What is no golden message is named by file and line."""
    path = tmp_path / "other.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(UnreadableCorpusError, match=r"other\.jsonl:2"):
        read_golden(path)


def test_everyday_messages_state_their_facts_themselves() -> None:
    """Every fact told by content is in its own message, and a quarter of the messages have none."""
    messages = [one for source in shipped() for one in read_golden(source) if one.style]
    assert len(messages) > 400
    assert len({message.language for message in messages}) == 15
    assert sum(not message.facts for message in messages) > 0.25 * len(messages)
    for message in messages:
        said = " ".join(turn.text for turn in message.turns)
        for fact in (*message.facts, *message.also):
            assert fact.content is not None
            assert replace(fact.content, lacks=()).is_in(said), (message.id, str(fact))


def test_the_shipped_messages_are_large_and_hard() -> None:
    """There are more than 150, many of them kept apart, and many without anything to find."""
    messages = read_golden()
    assert len(messages) > 400
    assert len({message.id for message in messages}) == len(messages)
    assert sum(not message.facts for message in messages) > 150
    assert sum(message.held_out for message in messages) >= 130
