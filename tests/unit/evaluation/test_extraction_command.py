"""`agent-memory eval extraction`, as somebody types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_memory_services.cli import app
from agent_memory_services.evaluation import extraction_command


def test_the_command_prints_precision_and_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments the shipped messages are judged, by file, language and style."""
    # What is found in them takes long, and is judged by tests of the extractor.
    monkeypatch.setattr(
        extraction_command, "found_locally", lambda all_: [(one, ()) for one in all_]
    )
    shipped = CliRunner().invoke(app, ["eval", "extraction"])
    assert shipped.exit_code == 0
    for part in ("precision", "extraction_golden.jsonl", "extraction_everyday.jsonl", "voice"):
        assert part in shipped.stdout


def test_the_command_lists_mistakes_of_the_files_that_it_is_given(tmp_path: Path) -> None:
    """False statements are always listed, missed facts when they are asked for."""
    own, other = tmp_path / "own.jsonl", tmp_path / "other.jsonl"
    own.write_text('{"id": "o", "text": "I like tea.", "facts": ["User likes coffee"]}\n')
    other.write_text('{"id": "p", "text": "I like tea.", "facts": [{"says": ["tea"]}]}\n')
    judged = CliRunner().invoke(app, ["eval", "extraction", str(own), str(other), "--missed"])
    assert "2 messages" in judged.stdout
    assert "missed o: User likes coffee" in judged.stdout
    assert "false o: User likes tea" in judged.stdout
    assert "false p" not in judged.stdout
    assert "missed" not in CliRunner().invoke(app, ["eval", "extraction", str(own)]).stdout


def test_conversations_are_named_by_their_files() -> None:
    """A data set of conversations without a file is refused."""
    assert CliRunner().invoke(app, ["eval", "extraction", "--dataset", "locomo"]).exit_code != 0
