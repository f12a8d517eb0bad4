"""Tables of the results of an evaluation of extraction."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Final

from rich.box import SIMPLE
from rich.table import Table

from agent_memory_services.evaluation.coverage import BOTH, MESSAGES, WORDS, Coverage
from agent_memory_services.evaluation.judging import Judgement
from agent_memory_services.evaluation.report import DEPTHS, recall, recall_table, shares

_MEASURES: Final = ("any", "all", "fraction")


def judged(title: str, judgements: Mapping[str, Judgement]) -> Table:
    """Precision and recall of groups of golden messages."""
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("messages", no_wrap=True)
    for name in ("facts", "found", "precision", "recall", "details\nwrong", "from\nnothing"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, judgement in judgements.items():
        table.add_row(
            name,
            str(judgement.matched + len(judgement.missed)),
            str(judgement.right + len(judgement.invented)),
            f"{judgement.precision:.3f}",
            f"{judgement.recall:.3f}",
            str(len(judgement.wrong)),
            f"{judgement.talkative}/{judgement.silent}",
        )
    return table


def mistakes(judgement: Judgement, *, missed: bool) -> Iterator[str]:
    """Yield every false statement and every wrong property, and on demand every missed fact."""
    kinds = {"missed": judgement.missed if missed else ()}
    kinds |= {"false": judgement.invented, "wrong": judgement.wrong}
    for kind, lines in kinds.items():
        for line in lines:
            yield f"{kind:>8} {line}"


def searched(coverage: Coverage) -> Table:
    """Return a table of the turns that the two searches led to."""
    table = recall_table("Evidence among the first turns that hits lead to, %", "searching")
    for name, every in coverage.outcomes.items():
        asked = [outcome for outcome in every if outcome.counts]
        table.add_row(name, str(len(asked)), *shares(asked))
    return table


def told_in_words(coverage: Coverage) -> Table:
    """Return a table of the turns that the two searches covered within a number of words."""
    table = Table(
        title="Evidence among the first words of hits, mean share, %",
        title_justify="left",
        box=SIMPLE,
    )
    table.add_column("searching", no_wrap=True)
    for words in WORDS:
        table.add_column(f"{words} words", justify="right", no_wrap=True)
    for name, by_words in coverage.read.items():
        table.add_row(name, *(f"{100 * fmean(shares or [0]):.1f}" for shares in by_words.values()))
    return table


def verdict(coverage: Coverage) -> str:
    """Coverage, and whether facts beside messages find at least what messages alone find."""
    cited = f"{coverage.covered} of {coverage.evidence} evidence turns are cited by a fact"
    facts = f"{coverage.facts} facts, {coverage.uncited} without a source"
    lines = [f"coverage: {cited} ({coverage.share:.1%}); {facts}"]
    lines.append(_compared("words read", _fewer_in_words(coverage)))
    lines.append(_compared("turns led to", _fewer_in_turns(coverage)))
    return "\n".join(lines)


def _compared(by: str, less: Sequence[str]) -> str:
    found = f"less at {', '.join(less)}" if less else "at least as much everywhere"
    return f"search, by {by}: with facts beside the messages it finds {found}"


def _fewer_in_words(coverage: Coverage) -> list[str]:
    alone, both = coverage.read[MESSAGES], coverage.read[BOTH]
    return [f"{words} words" for words in WORDS if sum(both[words]) < sum(alone[words])]


def _fewer_in_turns(coverage: Coverage) -> list[str]:
    alone, both = ([o for o in coverage.outcomes[name] if o.counts] for name in (MESSAGES, BOTH))
    return [
        f"{measure}@{depth}"
        for depth in DEPTHS
        for measure in _MEASURES
        if alone and getattr(recall(both, depth), measure) < getattr(recall(alone, depth), measure)
    ]
