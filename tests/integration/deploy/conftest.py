"""The rendered overlays."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubectl import kustomize, unpack

KUBERNETES = Path(__file__).parents[3] / "deploy" / "kubernetes"
OVERLAYS = ("dev", "prod", "prod-cluster", "example")
# What is applied apart, and deleted when it is done.
TOOLBOX = "overlays/example/toolbox"
BOOTSTRAP = "overlays/example/bootstrap"
# The option that an operator switches on in prod.
WITH_TLS = "prod with tls"

Objects = list[dict[str, Any]]


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An executable kubectl."""
    return unpack(tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="session")
def rendered(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Objects]:
    """The objects of every overlay, of one with TLS, of the toolbox and of the bootstrap."""
    objects = {name: kustomize(kubectl, KUBERNETES / "overlays" / name) for name in OVERLAYS}
    folder = tmp_path_factory.mktemp("tls")
    relative = Path(os.path.relpath(KUBERNETES.resolve(), folder.resolve()))
    (folder / "kustomization.yaml").write_text(
        f"resources: [{relative}/overlays/prod]\ncomponents: [{relative}/components/tls]\n"
        "namespace: agent-memory\n"
    )
    return {
        **objects,
        WITH_TLS: kustomize(kubectl, folder),
        TOOLBOX: kustomize(kubectl, KUBERNETES / TOOLBOX),
        BOOTSTRAP: kustomize(kubectl, KUBERNETES / BOOTSTRAP),
    }
