"""The outcome as tables."""

from rich.console import Console

from agent_memory_services.evaluation.report import Outcome, tables


def test_tables_fit_a_terminal_and_leave_out_what_does_not_count() -> None:
    """Recall and latency side by side, then each class; trick questions stand in theirs alone."""
    outcomes = {
        "words (BM25)": [
            Outcome("1 multi-hop", frozenset("a"), ["a"], 0.010),
            Outcome("5 adversarial", frozenset("b"), ["x"], 0.030, counts=False),
        ]
    }
    console = Console(width=80, record=True, force_terminal=False)
    for table in tables(outcomes):
        console.print(table)
    shown = console.export_text()
    overall, *_ = [line.split() for line in shown.splitlines() if "words (BM25)" in line]
    assert overall == ["words", "(BM25)", "1", *["100.0"] * 9]
    assert "10.0" in shown
    assert "30.0" in shown
    assert ["5", "adversarial", "1", *["0.0"] * 9] in [line.split() for line in shown.splitlines()]
    assert "…" not in shown
