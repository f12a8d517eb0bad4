"""Alerting rules, evaluated as Prometheus does: pending for a while, then firing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as ast
import yaml

from tests.support.prometheus.queries import Query
from tests.support.prometheus.scrapes import Scrapes


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert.

    Attributes:
        name: what it is called.
        query: what it watches.
        wait: seconds for which the query has to return something before it fires.
        labels: how severe it is.
        annotations: what it tells whoever is called.
    """

    name: str
    query: Query
    wait: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def read_rules(path: Path) -> Sequence[Rule]:
    """All alerts of a file."""
    return [
        _rule(rule)
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


def _rule(rule: Mapping[str, Any]) -> Rule:
    wait = ast.parse_duration(rule["for"]).total_seconds() if "for" in rule else 0.0
    return Rule(rule["alert"], Query(rule["expr"]), wait, rule["labels"], rule["annotations"])


class Watchman:
    """Evaluates rules from time to time, and knows which fire."""

    def __init__(self, rules: Sequence[Rule], scrapes: Scrapes) -> None:
        self._rules = rules
        self._scrapes = scrapes
        self._since: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    def firing(self, moment: float) -> set[str]:
        """Evaluate all rules; the names of those that fire at a moment (seconds)."""
        pending, firing = {}, set()
        for rule in self._rules:
            for labels, _ in rule.query.at(moment, self._scrapes):
                key = rule.name, frozenset(labels.items())
                pending[key] = self._since.get(key, moment)
                if moment - pending[key] >= rule.wait:
                    firing.add(rule.name)
        self._since = pending
        return firing
