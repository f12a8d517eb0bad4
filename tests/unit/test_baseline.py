"""Comparing the protos with the contract of the last release."""

import dataclasses
import shutil
from pathlib import Path

import pytest

import baseline


def tree_with(folder: Path, proto: str, old: str, new: str) -> Path:
    """Copy the protos, with one text replaced by another."""
    shutil.copytree(baseline.ROOT / "protos", folder / "protos")
    shutil.copy(baseline.ROOT / "buf.yaml", folder)
    changed = folder / baseline.OWN_PROTOS / proto
    text = changed.read_text(encoding="utf-8")
    assert text.count(old) == 1
    changed.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("proto", "old", "new", "complaint"),
    [
        ("common/v1/memory.proto", " last_access_time = 20;", " last_access_time = 2000;", '"20"'),
        ("common/v1/memory.proto", " content_hash = 23;", " digest = 23;", "content_hash"),
        ("common/v1/memory.proto", "string content_hash = 23;", "bytes content_hash = 23;", "type"),
    ],
    ids=["a field's number", "a field's name", "a field's type"],
)
def test_a_change_that_breaks_callers_is_refused(
    tmp_path: Path, proto: str, old: str, new: str, complaint: str
) -> None:
    """The comparison names the field that an older caller would misread."""
    assert complaint in baseline.breaking_changes(
        baseline.build(tree_with(tmp_path, proto, old, new))
    )


def test_a_new_field_breaks_nothing(tmp_path: Path) -> None:
    """A field with a new number passes."""
    new = "string content_hash = 23;\n  // New.\n  string new_field = 2000;"
    tree = tree_with(tmp_path, "common/v1/memory.proto", "string content_hash = 23;", new)
    assert baseline.breaking_changes(baseline.build(tree)) == ""


def test_the_baseline_is_the_contract_of_the_last_release(tmp_path: Path) -> None:
    """The committed image is built from the commit that `release.toml` names."""
    baseline.extract(baseline.last_release().commit, tmp_path, "protos", "buf.yaml")
    assert baseline.build(tmp_path) == baseline.BASELINE.read_bytes()


def test_a_commit_that_the_history_lacks_is_said_to_be_missing(tmp_path: Path) -> None:
    """The error says what is needed to compare."""
    with pytest.raises(LookupError, match="a full clone is needed"):
        baseline.extract("0" * 40, tmp_path, "protos")


def test_what_is_broken_on_purpose_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A break that `release.toml` names passes; one that it names and nobody makes does not."""
    image = baseline.build(baseline.ROOT)
    release = baseline.last_release()
    assert baseline.breaking_changes(image) == ""
    monkeypatch.setattr(
        baseline, "last_release", lambda: dataclasses.replace(release, breaks=["no break"])
    )
    told = baseline.breaking_changes(image).splitlines()
    assert len(told) == len(release.breaks) + 1
    assert told[-1] == "release.toml: nothing breaks: no break"
