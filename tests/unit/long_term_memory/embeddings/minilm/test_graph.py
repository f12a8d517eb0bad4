import importlib.util
from pathlib import Path
from types import ModuleType

import onnx
import pytest

from agent_memory_services.long_term_memory.store.embeddings.minilm.model import WEIGHTS
from agent_memory_services.long_term_memory.store.embeddings.minilm.onnx_encoder import GRAPH_FILE

SCRIPT = Path(__file__).parents[5] / "scripts" / "build_embedding_graph.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The build script, as a module."""
    spec = importlib.util.spec_from_file_location("build_embedding_graph", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_graph_is_what_the_script_builds(script: ModuleType) -> None:
    """Nobody edited the binary, and nobody changed the script without running it."""
    assert GRAPH_FILE.read_bytes() == script.serialize()


def test_the_graph_is_valid_and_holds_no_weights(tmp_path: Path) -> None:
    """The graph is standard ONNX, and small enough to ship."""
    graph = tmp_path / GRAPH_FILE.name
    graph.write_bytes(GRAPH_FILE.read_bytes())
    # The checker wants the file of external data to be there; it does not read it.
    (tmp_path / WEIGHTS).touch()

    onnx.checker.check_model(graph, full_check=True)

    assert GRAPH_FILE.stat().st_size < 32_000
