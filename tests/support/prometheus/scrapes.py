"""What a Prometheus would know of some processes: every sample of every scrape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Labels = Mapping[str, str]
_Target = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at a moment (seconds); None where the series had ended by then."""

    at: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """A name with labels, and its samples in the order of time."""

    labels: Labels
    samples: list[Sample]

    def between(self, after: float, until: float) -> list[tuple[float, float]]:
        """Moments and values of an open-closed span of time."""
        return [
            (sample.at, sample.value)
            for sample in self.samples
            if after < sample.at <= until and sample.value is not None
        ]

    def at(self, moment: float, lookback: float) -> float | None:
        """The value that holds at a moment."""
        last = next((s for s in reversed(self.samples) if s.at <= moment), None)
        return last.value if last is not None and last.at > moment - lookback else None


class Scrapes:
    """All series; `up` tells whether a target answered, as with the real one."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Series]] = {}
        # By target and the text that stands before the value, which is parsed once.
        self._by_text: dict[tuple[_Target, str], Series] = {}
        self._latest: dict[_Target, set[str]] = {}

    def named(self, name: str) -> Sequence[Series]:
        """The series of a name."""
        return self._by_name.get(name, ())

    def add(self, at: float, target: Labels, exposition: str | None) -> None:
        """Note a scrape of a target; None where it did not answer."""
        owner = frozenset(target.items())
        lines = [*(exposition or "").splitlines(), f"up {0 if exposition is None else 1}"]
        present = set()
        for line in lines:
            if line and not line.startswith("#"):
                text, _, value = line.rpartition(" ")
                self._of(owner, text).samples.append(Sample(at, float(value)))
                present.add(text)
        for gone in self._latest.get(owner, set()) - present:
            self._of(owner, gone).samples.append(Sample(at, None))
        self._latest[owner] = present

    def _of(self, owner: _Target, text: str) -> Series:
        if (series := self._by_text.get((owner, text))) is None:
            series = self._by_text[owner, text] = Series(_labels(text) | dict(owner), [])
            self._by_name.setdefault(series.labels["__name__"], []).append(series)
        return series


def _labels(text: str) -> dict[str, str]:
    (family,) = text_string_to_metric_families(f"{text} 0\n")
    (sample,) = family.samples
    return {"__name__": sample.name, **sample.labels}
