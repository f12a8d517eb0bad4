"""`agent-memory eval extraction`, as somebody types it."""

from pathlib import Path

from typer.testing import CliRunner

from agent_memory_services.cli import app


def test_the_command_prints_precision_and_recall(tmp_path: Path) -> None:
    """Without arguments the shipped messages are judged, with a file that one."""
    shipped = CliRunner().invoke(app, ["eval", "extraction"])
    assert shipped.exit_code == 0
    assert "precision" in shipped.stdout
    assert "417 messages" in shipped.stdout
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "o", "text": "I like tea.", "facts": ["User likes coffee"]}\n')
    judged = CliRunner().invoke(app, ["eval", "extraction", str(own)])
    assert "missed o: User likes coffee" in judged.stdout
    assert CliRunner().invoke(app, ["eval", "extraction", "--dataset", "locomo"]).exit_code != 0
