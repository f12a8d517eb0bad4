"""What is installed, and that it stands alone."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import agent_memory_client


def test_the_version_is_that_of_the_distribution() -> None:
    """`__version__` never drifts from the metadata."""
    assert agent_memory_client.__version__ == version("agent-memory-suite-client")


def test_everything_public_is_there() -> None:
    """`__all__` names nothing that does not exist."""
    for name in agent_memory_client.__all__:
        assert hasattr(agent_memory_client, name)


def test_another_distribution_of_the_same_package_is_named(tmp_path: Path) -> None:
    """Importing beside it says what to do instead of failing in the middle."""
    other = tmp_path / "agent_memory_client-0.14.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Name: agent-memory-client\nVersion: 0.14.1\n")
    result = run_python("import agent_memory_client", path=tmp_path)
    assert "ImportError" in result.stderr
    assert "agent-memory-client 0.14.1" in result.stderr
    assert "pip uninstall" in result.stderr


def test_the_client_needs_nothing_of_the_services() -> None:
    """Importing it loads neither the services nor a package they alone depend on."""
    code = """
import sys, agent_memory_client
foreign = ("agent_memory_services", "redis", "protovalidate", "buf", "openai")
print([name for name in foreign if name in sys.modules])
"""
    assert run_python(code).stdout.strip() == "[]"


def run_python(code: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own."""
    environment = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
