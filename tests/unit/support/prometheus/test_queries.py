"""The evaluator of queries agrees with Prometheus: every expected value is what promtool says."""

import math

import pytest

from tests.support.prometheus.queries import Query
from tests.support.prometheus.rules import Rule, Watchman
from tests.support.prometheus.scrapes import Scrapes

# Samples come each minute from the start on; queries are asked half a minute after the last.
SERIES = {
    'calls_total{job="a",code="OK"}': [0, 10, 20, 30, 40, 50, 60],
    'calls_total{job="a",code="Bad"}': [0, 0, 0, 0, 1, 1, 3],
    'calls_total{job="b",code="OK"}': [100, 160, 10, 70, 130, 190, 250],
    'seconds_bucket{job="a",le="0.1"}': [0, 1, 2, 3, 4, 5, 6],
    'seconds_bucket{job="a",le="1"}': [0, 2, 6, 9, 12, 15, 18],
    'seconds_bucket{job="a",le="+Inf"}': [0, 4, 8, 12, 16, 20, 24],
    'waiting{job="a"}': [5, 4, 3, 2, 1, 0, 7],
    'waiting{job="b"}': [1, 1, 1, 1, 1, 1, 1],
}
EXPECTED = {
    "waiting": {'waiting{job="a"}': 7, 'waiting{job="b"}': 1},
    "sum(waiting)": {"{}": 8},
    "max by (job) (waiting) > 3": {'{job="a"}': 7},
    "sum without (code) (calls_total)": {'{job="a"}': 63, '{job="b"}': 250},
    "count(calls_total)": {"{}": 3},
    'rate(calls_total{code="OK"}[5m])': {
        '{code="OK",job="a"}': 1 / 6,
        '{code="OK",job="b"}': 14 / 15,
    },
    'increase(calls_total{code="Bad"}[3m])': {'{code="Bad",job="a"}': 3},
    'sum by (job) (rate(calls_total{code="Bad"}[5m])) / sum by (job) (rate(calls_total[5m]))': {
        '{job="a"}': 0.06323185
    },
    "histogram_quantile(0.5, sum by (le) (rate(seconds_bucket[5m])))": {"{}": 0.55},
    "histogram_quantile(0.99, rate(seconds_bucket[5m]))": {'{job="a"}': 1.0},
    "waiting / 0": {'{job="a"}': math.inf, '{job="b"}': math.inf},
    'waiting unless on (job) calls_total{job="b"}': {'waiting{job="a"}': 7},
    'sum(waiting) > 0 unless sum(increase(calls_total{code="Bad"}[5m])) > 100': {"{}": 8},
    'waiting and on (job) calls_total{code="Bad"} == 3': {'waiting{job="a"}': 7},
    "absent_metric or sum(waiting)": {"{}": 8},
    "10 - waiting": {'{job="a"}': 3, '{job="b"}': 9},
}


def _scrapes() -> Scrapes:
    scrapes = Scrapes()
    for minute in range(7):
        lines = [f"{series} {values[minute]}" for series, values in SERIES.items()]
        scrapes.add(minute * 60.0, {}, "\n".join(lines) + "\n")
    return scrapes


def _written(labels: dict[str, str]) -> str:
    name = labels.get("__name__", "")
    rest = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != "__name__")
    return f"{name}{{{rest}}}"


@pytest.mark.parametrize("text", EXPECTED)
def test_a_query_returns_what_prometheus_returns(text: str) -> None:
    """Labels and values both."""
    returned = {_written(dict(labels)): v for labels, v in Query(text).at(390, _scrapes())}
    assert returned == pytest.approx(EXPECTED[text])


def test_what_is_not_supported_is_said() -> None:
    """A guess would prove nothing."""
    with pytest.raises(NotImplementedError):
        Query("deriv(waiting[5m])").at(390, _scrapes())


def test_series_of_a_target_that_is_gone_end() -> None:
    """At once, and `up` tells why."""
    scrapes = _scrapes()
    scrapes.add(420, {}, None)
    assert Query("waiting").at(420, scrapes) == []
    assert Query("up").at(420, scrapes) == [({"__name__": "up"}, 0.0)]


def test_an_alert_waits_before_it_fires_and_forgets_when_its_cause_is_gone() -> None:
    """As long as its rule says, without a break."""
    scrapes = Scrapes()
    rule = Rule("Waiting", Query("waiting > 5"), 120, {}, {})
    watchman = Watchman([rule], scrapes)
    fired = []
    for minute, value in enumerate([9, 9, 1, 9, 9, 9, 1]):
        scrapes.add(minute * 60.0, {}, f"waiting {value}\n")
        fired.append(watchman.firing(minute * 60.0))
    assert fired == [set(), set(), set(), set(), set(), {"Waiting"}, set()]
