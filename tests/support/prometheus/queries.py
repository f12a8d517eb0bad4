"""Evaluates PromQL over scrapes, as much of it as dashboards and alerts of this suite use.

It asks for no Prometheus, which is no package of Python; the grammar is that of a parser which is
kept up with it. Whatever is not supported is an error and never a guess. `make test-alerts` runs
the alerts in Prometheus' own tool.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence

import promql_parser as ast

from tests.support.prometheus.functions import Element, histogram_quantile, increase
from tests.support.prometheus.scrapes import Labels, Scrapes, Series

Value = float | list[Element]
_LOOKBACK = 300.0

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.copysign(math.inf, a) if a else math.nan,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "max": lambda values: max((v for v in values if not math.isnan(v)), default=math.nan),
    "min": lambda values: min((v for v in values if not math.isnan(v)), default=math.nan),
    "avg": lambda values: sum(values) / len(values),
    "count": len,
}


def _matches(matcher: ast.Matcher, value: str) -> bool:
    match matcher.op:
        case ast.MatchOp.Equal:
            return value == matcher.value
        case ast.MatchOp.NotEqual:
            return value != matcher.value
        case ast.MatchOp.Re:
            return re.fullmatch(matcher.value, value) is not None
    return re.fullmatch(matcher.value, value) is None


class Query:
    """One query."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)

    def at(self, moment: float, scrapes: Scrapes) -> list[Element]:
        """What it returns at a moment (seconds); a number comes without labels."""
        value = _Evaluation(moment, scrapes).of(self.tree)
        return [({}, value)] if isinstance(value, float) else value


class _Evaluation:
    """At one moment."""

    def __init__(self, moment: float, scrapes: Scrapes) -> None:
        self._now = moment
        self._scrapes = scrapes

    def of(self, node: ast.Expr) -> Value:
        match node:
            case ast.NumberLiteral():
                return float(node.val)
            case ast.ParenExpr():
                return self.of(node.expr)
            case ast.VectorSelector():
                return self._selected(node)
            case ast.AggregateExpr():
                return self._aggregated(node)
            case ast.Call():
                return self._called(node)
            case ast.BinaryExpr():
                return self._combined(node)
        raise NotImplementedError(node.prettify())

    def _vector(self, node: ast.Expr) -> list[Element]:
        value = self.of(node)
        assert isinstance(value, list), node.prettify()
        return value

    def _series(self, node: ast.VectorSelector) -> list[Series]:
        if node.offset or node.at or node.matchers.or_matchers:
            raise NotImplementedError(node.prettify())
        assert node.name is not None
        return [
            series
            for series in self._scrapes.named(node.name)
            if all(
                _matches(matcher, series.labels.get(matcher.name, ""))
                for matcher in node.matchers.matchers
            )
        ]

    def _selected(self, node: ast.VectorSelector) -> list[Element]:
        found = [(s.labels, s.at(self._now, _LOOKBACK)) for s in self._series(node)]
        return [(labels, value) for labels, value in found if value is not None]

    def _called(self, node: ast.Call) -> Value:
        match node.func.name:
            case "rate":
                return self._grown(node.args[0], per_second=True)
            case "increase":
                return self._grown(node.args[0], per_second=False)
            case "histogram_quantile":
                q = self.of(node.args[0])
                assert isinstance(q, float)
                return histogram_quantile(q, self._vector(node.args[1]))
            case "time":
                return self._now
        raise NotImplementedError(node.prettify())

    def _grown(self, node: ast.Expr, *, per_second: bool) -> list[Element]:
        assert isinstance(node, ast.MatrixSelector)
        seconds = node.range.total_seconds()
        grown = []
        for series in self._series(node.vector_selector):
            points = series.between(self._now - seconds, self._now)
            if (value := increase(points, self._now - seconds, self._now)) is not None:
                grown.append((_unnamed(series.labels), value / seconds if per_second else value))
        return grown

    def _aggregated(self, node: ast.AggregateExpr) -> list[Element]:
        groups: dict[frozenset[tuple[str, str]], list[float]] = {}
        for labels, value in self._vector(node.expr):
            groups.setdefault(frozenset(_kept(node.modifier, labels).items()), []).append(value)
        aggregate = _AGGREGATES[str(node.op)]
        return [(dict(group), float(aggregate(values))) for group, values in groups.items()]

    def _combined(self, node: ast.BinaryExpr) -> Value:
        left, right, name = self.of(node.lhs), self.of(node.rhs), str(node.op)
        if isinstance(left, float) and isinstance(right, float):
            return _ARITHMETIC[name](left, right)
        if isinstance(right, float):
            assert isinstance(left, list)
            return _with_number(name, left, right)
        if isinstance(left, float):
            return [(_unnamed(labels), _ARITHMETIC[name](left, v)) for labels, v in right]
        return _joined(name, left, right, node.modifier)


def _with_number(name: str, vector: list[Element], number: float) -> list[Element]:
    if name in _COMPARISONS:
        return [(labels, v) for labels, v in vector if _COMPARISONS[name](v, number)]
    return [(_unnamed(labels), _ARITHMETIC[name](v, number)) for labels, v in vector]


def _joined(
    name: str, left: list[Element], right: list[Element], modifier: ast.BinModifier | None
) -> list[Element]:
    def key(labels: Labels) -> frozenset[tuple[str, str]]:
        return frozenset(_matched(modifier, labels).items())

    there = {key(labels): value for labels, value in right}
    if name == "and":
        return [(labels, v) for labels, v in left if key(labels) in there]
    if name == "unless":
        return [(labels, v) for labels, v in left if key(labels) not in there]
    if name == "or":
        here = {key(labels) for labels, _ in left}
        return [*left, *((labels, v) for labels, v in right if key(labels) not in here)]
    pairs = [(labels, v, there[key(labels)]) for labels, v in left if key(labels) in there]
    if name in _COMPARISONS:
        return [(labels, v) for labels, v, other in pairs if _COMPARISONS[name](v, other)]
    return [(_matched(modifier, labels), _ARITHMETIC[name](v, other)) for labels, v, other in pairs]


def _matched(modifier: ast.BinModifier | None, labels: Labels) -> Labels:
    """The labels that decide which elements of both sides belong together."""
    matching = modifier.matching if modifier else None
    if matching is None:
        return _unnamed(labels)
    if matching.type == ast.LabelModifierType.Include:
        return {name: labels[name] for name in matching.labels if name in labels}
    return {k: v for k, v in _unnamed(labels).items() if k not in matching.labels}


def _kept(modifier: ast.AggModifier | None, labels: Labels) -> Labels:
    if modifier is None:
        return {}
    if modifier.type == ast.AggModifierType.By:
        return {name: labels[name] for name in modifier.labels if name in labels}
    return {k: v for k, v in _unnamed(labels).items() if k not in modifier.labels}


def _unnamed(labels: Labels) -> Labels:
    return {name: value for name, value in labels.items() if name != "__name__"}
