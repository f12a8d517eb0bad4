"""What hits lead to, and how much of it is read."""

from agent_memory_services.evaluation.coverage import BOTH, MESSAGES, Coverage, Lead, leads, read
from agent_memory_services.evaluation.extraction_report import verdict
from agent_memory_services.evaluation.report import Outcome


def test_a_hit_that_leads_to_nothing_new_is_passed_over() -> None:
    """Turns count once, in the order in which they are reached; a merged fact leads to several."""
    hits = [(["a"], "one two"), (["a"], "again"), ((), "of nowhere"), (["b", "a", "c"], "x")]
    assert leads(hits) == [Lead(("a",), 2), Lead(("b", "c"), 1)]


def test_reading_ends_where_a_hit_no_longer_fits() -> None:
    """Hits are read in order, whole, as long as there is room."""
    hits = [Lead(("a",), 2), Lead(("b",), 5), Lead(("c",), 1)]
    assert list(read(hits, 2)) == hits[:1]
    assert list(read(hits, 6)) == hits[:1]
    assert list(read(hits, 8)) == hits


def test_the_verdict_names_where_less_is_found() -> None:
    """A single measure that falls behind is said, and so is that none does."""
    coverage = Coverage(evidence=4, covered=3, facts=9)
    for name, found in ((MESSAGES, ["a"]), (BOTH, [])):
        coverage.outcomes[name].append(Outcome("k", frozenset("a"), found, 0.1))
        coverage.read[name][100].append(float(bool(found)))
    told = verdict(coverage)
    assert "3 of 4 evidence turns are cited by a fact (75.0%); 9 facts" in told
    assert "less at 100 words" in told
    assert "less at any@5" in told
    coverage.outcomes[MESSAGES] = coverage.outcomes[BOTH]
    coverage.read[MESSAGES] = coverage.read[BOTH]
    assert verdict(coverage).count("at least as much everywhere") == 2
