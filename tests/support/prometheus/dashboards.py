"""The dashboards, as far as a test can judge them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"
# What Grafana puts in the place of its own variable at the scrape interval that is deployed.
_RATE_INTERVAL = "1m"


def dashboards() -> Mapping[str, Mapping[str, Any]]:
    """All of them, by file name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(GRAFANA.glob("*.json"))}


def queries_of(panel: Mapping[str, Any]) -> Sequence[str]:
    """What a panel asks for, as Grafana would send it."""
    return [
        target["expr"].replace("$__rate_interval", _RATE_INTERVAL) for target in panel["targets"]
    ]


def all_queries() -> Iterator[tuple[str, str]]:
    """Every query of every panel, with where it stands."""
    for dashboard in dashboards().values():
        for panel in dashboard["panels"]:
            for query in queries_of(panel):
                yield f"{dashboard['title']}: {panel['title']}", query
