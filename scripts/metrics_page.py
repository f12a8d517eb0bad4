"""Write the table of metrics into the operators' guide: `python scripts/metrics_page.py`.

The metrics are those of a stack that is started for the purpose, with a model, so that whatever a
process can tell is there. A test compares the page with a stack of its own.
"""

import asyncio
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from agent_memory_services.demo.scripted_model import ScriptedModel
from agent_memory_services.embedded.stack import Stack, StackOptions

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations" / "metrics.md"
BEGIN, END = "<!-- metrics -->", "<!-- end of metrics -->"
_SUFFIXES = {"counter": "_total"}
# What every Python process tells about itself.
_FOREIGN = ("process_", "python_")
# What the format adds to the labels of a histogram.
_BOUND = "le"


@dataclass
class Family:
    """One metric of the suite.

    Attributes:
        name: as it is queried, without what a histogram appends.
        kind: counter, gauge or histogram.
        text: what it tells.
        labels: what its series are told apart by.
        services: who has it.
    """

    name: str
    kind: str
    text: str
    labels: set[str] = field(default_factory=set)
    services: list[str] = field(default_factory=list)


def families(expositions: Mapping[str, str]) -> Mapping[str, Family]:
    """The metrics that services expose, by name, in alphabetical order."""
    found: dict[str, Family] = {}
    for service, exposition in sorted(expositions.items()):
        for metric in text_string_to_metric_families(exposition):
            if metric.name.startswith(_FOREIGN):
                continue
            name = metric.name + _SUFFIXES.get(metric.type, "")
            family = found.setdefault(name, Family(name, metric.type, metric.documentation))
            family.services.append(service)
            family.labels |= {label for s in metric.samples for label in s.labels} - {_BOUND}
    return dict(sorted(found.items()))


def table(expositions: Mapping[str, str]) -> str:
    """The metrics as a table of Markdown."""
    return "\n".join(_rows(families(expositions)))


def _rows(found: Mapping[str, Family]) -> Iterator[str]:
    yield "| Metric | Kind | Labels | Of | Meaning |"
    yield "| --- | --- | --- | --- | --- |"
    everybody = {service for family in found.values() for service in family.services}
    for family in found.values():
        labels = ", ".join(f"`{label}`" for label in sorted(family.labels)) or "none"
        services = "all" if set(family.services) == everybody else ", ".join(family.services)
        yield f"| `{family.name}` | {family.kind} | {labels} | {services} | {family.text} |"


def written() -> str:
    """The table as it stands on the page."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()


async def expositions_of(stack: Stack) -> Mapping[str, str]:
    """What the processes of a stack expose, by service."""
    return {
        name.replace("_", "-"): await asyncio.to_thread(_read, f"http://{address}/metrics")
        for name, address in stack.metrics.items()
    }


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a process of ours
        text: str = answer.read().decode()
    return text


async def _of_a_stack() -> str:
    with tempfile.TemporaryDirectory(prefix="agent-memory-metrics-") as folder:
        async with ScriptedModel() as model:
            environment = {"AGENT_MEMORY_EXTRACTION_OPENAI_BASE_URL": model.base_url}
            options = StackOptions(state_dir=Path(folder), gateway=False, environment=environment)
            async with Stack(options) as stack:
                return table(await expositions_of(stack))


def main() -> None:
    """Replace what stands between the marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{asyncio.run(_of_a_stack())}\n{END}{after}")


if __name__ == "__main__":
    main()
