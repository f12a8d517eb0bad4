"""Judging what is believed after a history, and telling it by kind."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent_memory_services.evaluation.corpus import UnreadableCorpusError
from agent_memory_services.evaluation.histories import History, Way, read_histories
from agent_memory_services.evaluation.truth import Fault, Remembered, Verdict, judge_history
from agent_memory_services.evaluation.truth_command import failed, truth_tables

BEFORE = datetime(2024, 3, 2, 9, tzinfo=UTC)
STATEMENTS = [
    {"at": "2024-03-01T09:00:00Z", "text": "I live in Turku."},
    {"at": "2024-09-01T09:00:00Z", "text": "I moved to Oulu."},
]
OLD = {"says": ["live|home", "Turku"], "lacks": ["NOT"]}
NEW = {"says": ["Oulu"]}
MOVED = {
    "current": [NEW],
    "not_current": [OLD],
    "past": [OLD],
    "as_of": [{"at": "2024-03-02T09:00:00Z", "current": [OLD], "not_current": [NEW]}],
}
TURKU, OULU = "User lives in Turku", "User moved to Oulu"


def history(folder: Path, **row: object) -> History:
    """A history out of a file."""
    path = folder / "histories.jsonl"
    whole = {"id": "h", "kind": "home", "statements": STATEMENTS, "expects": MOVED, **row}
    path.write_text(json.dumps(whole) + "\n\n")
    (read,) = read_histories(path)
    return read


def memories(
    current: Sequence[str], over: Sequence[str] = (), *, before: Sequence[str] = (TURKU,)
) -> Remembered:
    """What is remembered of an owner, with what was true at the earlier moment."""
    every = [*current, *over]
    return Remembered(current, every, every, earlier={BEFORE: before})


def faults(told: History, remembered: Remembered | Mapping[str, Remembered]) -> list[Fault]:
    """The faults of what is remembered."""
    owners = remembered if isinstance(remembered, Mapping) else {"": remembered}
    return [fault for fault, _ in judge_history(told, Way.CHAT, owners).faults]


@pytest.mark.parametrize(
    ("remembered", "expected"),
    [
        (memories([OULU], [TURKU]), []),
        (memories([OULU, "User does not live in Turku"], [TURKU]), []),
        (memories([OULU, TURKU]), [Fault.CURRENT]),
        (memories([], [OULU, TURKU]), [Fault.ENDED]),
        (memories([], [TURKU]), [Fault.LOST]),
        (memories([OULU]), [Fault.LOST]),
        (memories([OULU], [TURKU], before=[]), [Fault.AS_OF]),
        (memories([OULU], [TURKU], before=[OULU, TURKU]), [Fault.AS_OF]),
        (
            Remembered([], [TURKU], [TURKU, OULU], merged=[OULU], earlier={BEFORE: [TURKU]}),
            [Fault.MERGED],
        ),
    ],
)
def test_each_wrong_belief_is_a_fault_of_its_sort(
    tmp_path: Path, remembered: Remembered, expected: Sequence[Fault]
) -> None:
    """What holds must be current, what is over must be findable, and each at its time."""
    assert faults(history(tmp_path), remembered) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["User climbed", "User climbed"], []),
        (["User climbed"], [Fault.MERGED]),
        (["User climbed"] * 3, [Fault.APART]),
        ([], [Fault.LOST]),
    ],
)
def test_memories_of_one_content_are_counted(
    tmp_path: Path, texts: Sequence[str], expected: Sequence[Fault]
) -> None:
    """Fewer than expected were merged, more were kept apart; none was lost."""
    counted = {"says": ["climb"], "count": 2, "ended": True}
    told = history(tmp_path, expects={"distinct": [counted]})
    assert faults(told, Remembered([], texts)) == expected


def test_what_was_to_be_forgotten_is_not_even_kept_hidden(tmp_path: Path) -> None:
    """A hidden memory that states it is one too many."""
    told = history(tmp_path, expects={"gone": [{"says": ["Turku"]}]})
    assert faults(told, Remembered([], [], ["User moved to Oulu"])) == []
    assert faults(told, Remembered([], [], [TURKU])) == [Fault.CURRENT]


def test_owners_are_judged_by_their_own_memories(tmp_path: Path) -> None:
    """What one owner says is nothing that the other believes."""
    statements = [{**STATEMENTS[0], "owner": "ann"}, {**STATEMENTS[1], "owner": "bo"}]
    expects = {"current": [{**OLD, "owner": "ann"}, {**NEW, "owner": "bo"}]}
    told = history(tmp_path, statements=statements, expects=expects)
    assert told.owners == ["ann", "bo"]
    assert faults(told, {"ann": Remembered([TURKU]), "bo": Remembered([OULU])}) == []
    swapped = {"ann": Remembered([OULU]), "bo": Remembered([TURKU])}
    assert faults(told, swapped) == [Fault.LOST, Fault.LOST]


def test_a_statement_is_told_only_in_the_ways_that_it_names(tmp_path: Path) -> None:
    """Both ways are the default."""
    told = history(tmp_path, statements=[STATEMENTS[0], {**STATEMENTS[1], "via": "create"}])
    assert [len(told.told(way)) for way in (Way.CHAT, Way.CREATE)] == [1, 2]


def test_beliefs_are_compared_a_day_after_the_last_statement(tmp_path: Path) -> None:
    """Another moment can be given."""
    assert history(tmp_path).last.at == datetime(2024, 9, 2, 9, tzinfo=UTC)
    asked = history(tmp_path, asked="2025-01-01T00:00:00Z")
    assert asked.last.at == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "row",
    [
        {"statements": []},
        {"statements": [{"text": "I live in Turku."}]},
        {"statements": [{**STATEMENTS[0], "via": "post"}]},
        {"statements": [{**STATEMENTS[0], "at": "in March"}]},
        {"expects": {}},
        {"expects": {"current": [{"says": []}]}},
        {"expects": {"current": [{"says": [""]}]}},
        {"expects": {"current": [{"says": ["Turku"], "owner": "bo"}]}},
    ],
)
def test_a_line_that_is_no_history_is_named(tmp_path: Path, row: dict[str, Any]) -> None:
    """The error says where it stands."""
    with pytest.raises(UnreadableCorpusError, match=r"histories\.jsonl:1 is no history"):
        history(tmp_path, **row)


def test_the_shipped_histories_expect_what_their_statements_say() -> None:
    """Everything expected is said by a statement of its owner, in each way of telling it."""
    histories = read_histories()
    assert len({each.id for each in histories}) == len(histories)
    for each in histories:
        assert [one.said for one in each.statements] == sorted(one.said for one in each.statements)
        assert all(one.at > each.statements[0].said for one in (each.last, *each.earlier))
        assert each.last.at - each.statements[-1].said >= timedelta(days=1)
        for way in filter(each.told, Way):
            for belief in (*each.last.current, *each.past, *each.distinct):
                said = [one.text for one in each.told(way) if one.owner == belief.owner]
                assert any(map(belief.content.is_in, said)), (each.id, str(belief))


def test_the_table_counts_histories_and_faults_by_kind(tmp_path: Path) -> None:
    """Each way has a table of its own; failures come with what was said and remembered."""
    told = history(tmp_path)
    wrong = {"": memories([OULU, TURKU], before=[])}
    verdicts = [
        judge_history(told, Way.CREATE, wrong),
        judge_history(told, Way.CREATE, {"": memories([OULU], [TURKU])}),
    ]
    assert rows(verdicts) == [
        ["home", "2", "1", "1", "0", "0", "0", "0", "1"],
        ["all", "2", "1", "1", "0", "0", "0", "0", "1"],
    ]
    assert list(failed(verdicts)) == [
        "\nh, create",
        "  said 2024-03-01 I live in Turku.",
        "  said 2024-09-01 I moved to Oulu.",
        f"  current {OULU} | {TURKU}",
        "  over -",
        "  wrongly current: live|home + Turku",
        "  as_of wrong: live|home + Turku (missing at 2024-03-02)",
    ]


def rows(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """The rows of the only table that is shown."""
    console = Console(width=110, record=True, force_terminal=False)
    (table,) = truth_tables(verdicts)
    console.print(table)
    lines = [line.split() for line in console.export_text().splitlines()]
    return [line for line in lines if line and line[0] in {"home", "all"}]
