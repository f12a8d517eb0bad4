"""A real API server takes the manifests and the chart, and takes them again."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts.chart import CHART

import baseline
from tests.cluster.cluster import NAMESPACE, Cluster
from tests.cluster.jobs import node
from tests.integration.deploy.conftest import KUBERNETES
from tests.integration.deploy.manifests import name_of
from tests.support.kubectl import kustomize
from tests.support.stores import empty

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
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


def _step(heading: str) -> list[str]:
    """The words of the first command under a heading of the page about upgrades."""
    text = (ROOT / "docs/operations/upgrade.md").read_text()
    _, _, below = text.partition(f"### {heading}\n")
    (line, *_) = re.findall(r"^kubectl (.*)$", below, re.MULTILINE)
    return shlex.split(line, comments=True)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The overlay `prod` of the last release, whose manifests have `replicas`."""
    baseline.extract(baseline.last_release().commit, tmp_path, "deploy")
    return tmp_path / "deploy" / "kubernetes" / "overlays" / "prod"


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize(("prepared", "fewest"), [(True, 2), (False, 1)])
def test_the_number_of_pods_outlives_the_manifest_that_stated_it(
    cluster: Cluster, released: Path, prepared: bool, fewest: int
) -> None:
    """With the step of the page; without it an untouched number falls to one."""
    cluster.run("apply", "--server-side", "--kustomize", released)
    assert set(_replicas(cluster).values()) == {2}
    _scale(cluster, "extraction", 5)
    if prepared:
        cluster.run(*_step("Release 0.1 stated `replicas`"))
    before = _replicas(cluster)
    _apply(cluster, "prod")
    after = _replicas(cluster)
    assert after["extraction"] == before["extraction"] > 2
    assert min(after.values()) >= fewest
    assert (after == before) is prepared
    # From then on the autoscaler alone says the number.
    _scale(cluster, "gateway", 4)
    _apply(cluster, "prod")
    assert _replicas(cluster) == after | {"gateway": 4}
    # The way back: its manifests claim the number again.
    back = ("apply", "--server-side", "--kustomize", released)
    assert ".spec.replicas" in cluster.tried(*back).stderr
    cluster.run(*back, "--force-conflicts")
    assert set(_replicas(cluster).values()) == {2}


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


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize(("prepared", "fewest"), [(True, 3), (False, 1)])
def test_a_chart_hands_the_number_of_pods_to_autoscalers(
    cluster: Cluster, prepared: bool, fewest: int
) -> None:
    """Switched on later, with the step of the page; without it there is one of each at first."""
    install = ("upgrade", "--install", "memory", str(CHART), "--set", "bootstrap.enabled=false")
    _helm(cluster, *install, "--set", "autoscaling.enabled=false")
    assert set(_replicas(cluster).values()) == {2}
    if prepared:
        cluster.run(*_step("Release 0.1 stated `replicas`"))
    _helm(cluster, *install)
    assert min(_replicas(cluster).values()) == fewest
    _scale(cluster, "extraction", 5)
    _helm(cluster, *install, "--set", "image.tag=0.1.1")
    assert _replicas(cluster)["extraction"] == 5


def _images(cluster: Cluster) -> set[str]:
    return {
        container["image"]
        for one in cluster.get("deployments")["items"]
        for container in one["spec"]["template"]["spec"]["containers"]
        if container["name"] == "service"
    }
