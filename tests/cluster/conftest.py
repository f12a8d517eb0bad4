"""One API server for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import program
from tests.cluster.cluster import Cluster, running
from tests.support.kubectl import unpack

# Kinds of other makers, which the optional parts use: their fields are checked against the
# published definitions elsewhere (tests/integration/deploy/custom_resources.py).
KINDS = (
    ("monitoring.coreos.com", "ServiceMonitor", "servicemonitors"),
    ("gateway.networking.k8s.io", "GRPCRoute", "grpcroutes"),
    ("gateway.networking.k8s.io", "HTTPRoute", "httproutes"),
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running one that knows the kinds of the optional parts."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    tools = [unpack(folder, tool) for tool in ("kubectl", "helm")]
    with running(program.build(), folder, *tools) as cluster:
        definitions = [_definition(*kind) for kind in KINDS]
        cluster.run(
            "apply",
            "--filename",
            "-",
            given={"kind": "List", "apiVersion": "v1", "items": definitions},
        )
        for group, _, plural in KINDS:
            name = f"crd/{plural}.{group}"
            cluster.run("wait", "--for=condition=Established", name, "--timeout=60s")
        yield cluster


@pytest.fixture(autouse=True)
def clean_store() -> None:
    """Leave the store as it is: a story of several tests empties it, and goes on with it."""


def _definition(group: str, kind: str, plural: str) -> dict[str, object]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [version],
        },
    }
