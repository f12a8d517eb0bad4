"""A real API server takes the manifests and the chart, and takes them again."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts.chart import CHART

from tests.cluster.cluster import NAMESPACE, Cluster
from tests.cluster.jobs import node
from tests.integration.deploy.conftest import KUBERNETES
from tests.integration.deploy.manifests import name_of
from tests.support.kubectl import kustomize
from tests.support.stores import empty

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
OVERLAYS = {
    "dev": "agent-memory-dev",
    **dict.fromkeys(("prod", "prod-cluster", "example"), NAMESPACE),
}
AUTOSCALER = "kube-controller-manager"


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace with nothing in it but what controllers put there."""
    name: str = getattr(request, "param", NAMESPACE)
    cluster.remove_namespace(name)
    cluster.make_namespace(name)
    return name


def _apply(cluster: Cluster, overlay: str) -> str:
    folder = KUBERNETES / "overlays" / overlay
    done = cluster.tried("apply", "--server-side", "--kustomize", folder)
    # Nor does the server warn of anything.
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _scale(cluster: Cluster, name: str, replicas: int) -> None:
    """Do what an autoscaler does, under its name."""
    cluster.run(
        *("--namespace", NAMESPACE, "patch", "deployment", name, "--subresource=scale"),
        *("--field-manager", AUTOSCALER, "--type=merge"),
        *("--patch", json.dumps({"spec": {"replicas": replicas}})),
    )


def _replicas(cluster: Cluster) -> dict[str, int]:
    found = cluster.get("deployments")["items"]
    return {name_of(one): one["spec"]["replicas"] for one in found}


@pytest.mark.parametrize(("overlay", "namespace"), OVERLAYS.items(), indirect=["namespace"])
def test_an_overlay_is_taken_twice(cluster: Cluster, overlay: str, namespace: str) -> None:
    """Whatever the autoscalers have done in between, which stays; nothing is in conflict."""
    first = _apply(cluster, overlay)
    scaled = [name_of(one) for one in cluster.get("hpa", namespace=namespace)["items"]]
    for name in scaled:
        _scale(cluster, name, 5)
    second = _apply(cluster, overlay)
    assert len(second.splitlines()) == len(first.splitlines())
    found = cluster.get("deployments", namespace=namespace)["items"]
    replicas = {name_of(one): one["spec"]["replicas"] for one in found}
    assert replicas == dict.fromkeys(replicas, 5 if scaled else 1)


@pytest.mark.usefixtures("namespace")
def test_a_misspelt_field_is_refused(cluster: Cluster) -> None:
    """By the server's own schema."""
    found = kustomize(cluster.kubectl, KUBERNETES / "overlays" / "prod")
    (one,) = (o for o in found if (o["kind"], name_of(o)) == ("Deployment", "extraction"))
    one["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    refused = cluster.tried("apply", "--server-side", "--filename", "-", given=one)
    assert "readynessProbe" in refused.stderr


def _pods(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in objects:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            pod = one["spec"]["template"]["spec"] | {"restartPolicy": "Never"}
            # A volume of a claim comes from the StatefulSet.
            mounted = {volume["name"] for volume in pod.get("volumes", [])}
            claimed = [
                {"name": claim["metadata"]["name"], "emptyDir": {}}
                for claim in one["spec"].get("volumeClaimTemplates", [])
                if claim["metadata"]["name"] not in mounted
            ]
            pod["volumes"] = [*pod.get("volumes", []), *claimed]
            yield _pod(name_of(one), pod)
        elif one["kind"] == "Pod":
            yield _pod(name_of(one), one["spec"])


def _pod(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"a-{name}"}, "spec": spec}


@pytest.mark.usefixtures("namespace")
def test_every_pod_is_admitted_where_the_restricted_standard_is_enforced(cluster: Cluster) -> None:
    """Those of all overlays, of the toolbox and of the bootstrap; one that is root is not."""
    _apply(cluster, "prod")
    folders = [f"overlays/{name}" for name in ("dev", "prod", "example")]
    folders += ["toolbox", "bootstrap"]
    pods = [
        pod for folder in folders for pod in _pods(kustomize(cluster.kubectl, KUBERNETES / folder))
    ]
    cluster.run("apply", "--server-side", "--kustomize", KUBERNETES / "bootstrap")
    admit = ("--namespace", NAMESPACE, "create", "--dry-run=server", "--filename", "-")
    for pod in pods:
        cluster.run(*admit, given=pod)
    root = pods[0]
    root["spec"]["securityContext"] |= {"runAsNonRoot": False, "runAsUser": 0}
    assert "restricted" in cluster.tried(*admit, given=root).stderr


def prepare(cluster: Cluster, redis_url: str) -> None:
    """Make the Secrets of the install page, for an empty store."""
    asyncio.run(empty(redis_url))
    secret = ("--namespace", NAMESPACE, "create", "secret", "generic")
    cluster.run(*secret, "agent-memory-store", f"--from-literal=redis-url={redis_url}")
    for name in ("agent-memory-service", "agent-memory-admin"):
        cluster.run(*secret, name)


def _helm(cluster: Cluster, *words: str) -> None:
    done = cluster.chart(*words, "--namespace", NAMESPACE, "--timeout", "4m")
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("namespace")
def test_the_chart_is_installed_upgraded_and_taken_back(
    cluster: Cluster, redis_url: str, tmp_path: Path
) -> None:
    """Its Job fills the Secrets; autoscalers keep their numbers; nothing of the Job is left."""
    prepare(cluster, redis_url)
    install = ("upgrade", "--install", "memory", str(CHART), "--set")
    with node(cluster, tmp_path) as told:
        _helm(cluster, *install, "image.tag=0.1.0")
        _scale(cluster, "extraction", 5)
        service = cluster.get("secret", "agent-memory-service")["data"]
        assert service.keys() == {"api-key-pepper", "service-credential"}
        _helm(cluster, *install, "image.tag=0.1.1")
        assert _replicas(cluster)["extraction"] == 5
        assert _images(cluster) == {"agent-memory:0.1.1"}
    _helm(cluster, "rollback", "memory", "--no-hooks")
    assert _images(cluster) == {"agent-memory:0.1.0"}
    assert _replicas(cluster)["extraction"] == 5
    assert cluster.get("secret", "agent-memory-service")["data"] == service
    assert len(told) == 2, told
    assert "pepper: made" in told[0]
    assert "pepper: kept" in told[1]
    for kind in ("jobs", "roles", "rolebindings"):
        assert cluster.get(kind)["items"] == []


def _images(cluster: Cluster) -> set[str]:
    return {
        container["image"]
        for one in cluster.get("deployments")["items"]
        for container in one["spec"]["template"]["spec"]["containers"]
        if container["name"] == "service"
    }
