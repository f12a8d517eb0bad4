"""Dashboards and alerts as files: complete, consistent, and without a dead link."""

import re
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from tests.support.prometheus.dashboards import dashboards, queries_of
from tests.support.prometheus.queries import Query
from tests.support.prometheus.rules import Rule, read_rules

ROOT = Path(__file__).parents[2]
RULES = read_rules(ROOT / "deploy/prometheus/agent-memory.yaml")
DASHBOARDS = dashboards()
WIDTH = 24


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_named_after_what_links_to_it(name: str) -> None:
    """The file, the id in addresses and the link of the others agree."""
    dashboard = DASHBOARDS[name]
    assert name == f"{dashboard['uid']}.json"
    assert dashboard["title"]
    assert dashboard["description"]
    assert dashboard["tags"] == ["agent-memory"]
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_panel_says_what_it_shows(name: str) -> None:
    """A title, a sentence, a unit, and queries that can be parsed, of the chosen source."""
    panels = DASHBOARDS[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"], panel["id"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for text in queries_of(panel):
            assert Query(text).text


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    """Grafana would move them about."""
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    assert all(place["x"] + place["w"] <= WIDTH for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)


def test_alerts_are_named_once() -> None:
    """By one family of names."""
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"AgentMemory[A-Z]\w+", name) for name in names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_alert_says_what_to_do(rule: Rule) -> None:
    """How bad it is, what is wrong, and the section of the runbook that helps."""
    assert rule.labels["severity"] in {"critical", "warning"}
    assert rule.annotations["summary"]
    assert rule.annotations["description"].endswith(".")
    page, _, anchor = rule.annotations["runbook_url"].partition("#")
    assert anchor == rule.name.lower()
    headings = re.findall(r"^#+ (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert rule.name in headings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_promtool_sees_an_alert_fire_and_clear(rule: Rule) -> None:
    """Its tests, which `make test-alerts` runs, tell of quiet, then of the alert, then of quiet."""
    tests = yaml.safe_load((ROOT / "tests/alerts/agent-memory.yaml").read_text())["tests"]
    (moments,) = (one["alert_rule_test"] for one in tests if one["name"] == rule.name)
    assert {moment["alertname"] for moment in moments} == {rule.name}
    fires = [bool(moment["exp_alerts"]) for moment in moments]
    assert (fires[0], any(fires), fires[-1]) == (False, True, False)


def test_the_runbook_knows_no_alert_that_is_gone() -> None:
    """A section is deleted with its alert."""
    text = (ROOT / "docs/operations/alerts.md").read_text()
    assert set(re.findall(r"^## (AgentMemory\w+)$", text, re.MULTILINE)) == {r.name for r in RULES}
