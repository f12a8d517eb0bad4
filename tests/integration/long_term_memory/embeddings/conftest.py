"""The local model, loaded once for all tests of this folder."""

from pathlib import Path

import pytest

from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    WEIGHTS,
    OnnxEncoder,
    Tokenizer,
    find_model_folder,
)


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Folder of the installed weights package."""
    return find_model_folder()


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> OnnxEncoder:
    """The model on onnxruntime."""
    return OnnxEncoder(model_folder / WEIGHTS)


@pytest.fixture(scope="session")
def tokenizer(model_folder: Path) -> Tokenizer:
    """The model's tokenizer."""
    return Tokenizer(model_folder)
