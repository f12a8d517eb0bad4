"""The model's files: padded tokens, weights and the graph that names them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import EmbeddingMisconfigured
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    GRAPH_FILE,
    WEIGHTS,
    TensorFile,
    pad,
)


def test_rows_are_padded_on_the_right_and_masked() -> None:
    """The mask tells tokens from padding."""
    ids, mask = pad([[101, 7, 102], [101, 102]])

    assert ids.tolist() == [[101, 7, 102], [101, 102, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 1, 0]]


VALUES = np.arange(6, dtype="<f4").reshape(2, 3)


def entry(**changes: Any) -> dict[str, Any]:
    """A header entry that fits the file, or nearly."""
    return {"dtype": "F32", "shape": [2, 3], "data_offsets": [4, 28], **changes}


def write(path: Path, header: bytes, data: bytes = b"\0" * 4 + VALUES.tobytes()) -> Path:
    """Write a file with four bytes before the tensor."""
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the file under test goes."""
    return tmp_path / "model.safetensors"


def test_a_tensor_is_mapped_with_its_shape(file: Path) -> None:
    """Values come from the byte range the header gives, and cannot be written to."""
    write(file, json.dumps({"__metadata__": {}, "a": entry(), "other": {}}).encode())

    tensors = TensorFile(file, {"a": (2, 3)}).tensors

    np.testing.assert_array_equal(tensors["a"], VALUES)
    assert not tensors["a"].flags.writeable


def test_released_pages_are_read_again(file: Path) -> None:
    """Giving memory back changes no value."""
    write(file, json.dumps({"a": entry()}).encode())
    opened = TensorFile(file, {"a": (2, 3)})

    opened.release_pages()

    np.testing.assert_array_equal(opened.tensors["a"], VALUES)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"a": None},
        {"a": entry(dtype="F16")},
        {"a": entry(shape=[3, 2])},
        {"a": entry(data_offsets=[4, 24])},
        {"a": entry(data_offsets=[8, 32])},
        {"a": entry(data_offsets=[-4, 20])},
        {"a": entry(data_offsets="4-28")},
        [],
    ],
)
def test_a_header_that_does_not_fit_is_refused(file: Path, header: Any) -> None:
    """A missing, foreign or misplaced tensor is named before anything is computed."""
    write(file, json.dumps(header).encode())

    with pytest.raises(EmbeddingMisconfigured, match=str(file)):
        TensorFile(file, {"a": (2, 3)})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        b"\xff" * 64,
        b"\0" * 64,
        (100).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{]data",
    ],
)
def test_a_file_of_another_kind_is_refused(file: Path, content: bytes) -> None:
    """An empty, cut or foreign file is a clear error."""
    file.write_bytes(content)

    with pytest.raises(EmbeddingMisconfigured, match=str(file)):
        TensorFile(file, {"a": (2, 3)})


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
