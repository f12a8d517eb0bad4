"""The Helm chart makes what kustomize makes, and takes what an overlay would change as values."""

import copy
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from scripts import chart
from scripts.chart import CHART

from tests.integration.deploy.conftest import KUBERNETES, Objects
from tests.integration.deploy.manifests import (
    Object,
    containers,
    environment,
    gateway_config,
    name_of,
    of_kind,
    workloads,
)
from tests.integration.deploy.policies import (
    POLICIES,
    Policy,
    images_are_pinned,
    nobody_is_root,
    resources_are_limited,
)
from tests.support.kubectl import kustomize, parsed, unpack

ROOT = Path(__file__).parents[3]
DEFAULTS: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
# Each option, by the component that it stands for.
OPTIONS = {"tls": "tls", "monitoring": "monitoring", "gatewayApi": "gateway-api"}
DIGEST = f"sha256:{'0123456789abcdef' * 4}"

Render = Callable[..., Objects]


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An executable helm."""
    return unpack(tmp_path_factory.mktemp("helm"), "helm")


@pytest.fixture(scope="session")
def render(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """The objects of the chart with some values."""

    def rendering(**values: Any) -> Objects:
        file = tmp_path_factory.mktemp("values") / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        command = [helm, "template", "memory", CHART, "--namespace", "agent-memory", "-f", file]
        return parsed(subprocess.run(command, check=True, capture_output=True).stdout)

    return rendering


@pytest.fixture(scope="session")
def plain(render: Render) -> Objects:
    """The objects of the chart with its own values."""
    return render()


@pytest.fixture(scope="session")
def in_full(render: Render) -> Objects:
    """The objects of the chart with every option."""
    return render(**{name: {"enabled": True} for name in OPTIONS})


def _comparable(objects: Objects) -> dict[tuple[str, str], Any]:
    """What both make: without namespaces, marks of hooks, and digests of content."""
    found = {}
    for one in copy.deepcopy(objects):
        if one["kind"] == "Namespace" or _is_test(one):
            continue
        one["metadata"].pop("namespace", None)
        one["metadata"].pop("annotations", None)
        if one["kind"] == "Deployment":
            one["spec"]["template"]["metadata"].pop("annotations", None)
        data = one.get("data", {})
        if "envoy.json" in data:
            data["envoy.json"] = json.loads(data["envoy.json"])
        text = re.sub(r"(agent-memory-(?:settings|gateway))-[a-z0-9]{10}\b", r"\1", json.dumps(one))
        found[one["kind"], _undigested(name_of(one))] = json.loads(text)
    return found


def _is_test(one: Object) -> bool:
    """Whether `helm test` makes it, and nothing else does."""
    return bool(one["metadata"].get("annotations", {}).get("helm.sh/hook") == "test")


def _undigested(name: str) -> str:
    return re.sub(r"^(agent-memory-(?:settings|gateway))-[a-z0-9]{10}$", r"\1", name)


def test_the_chart_makes_what_the_overlay_makes(plain: Objects, kubectl: Path) -> None:
    """Without a value of one's own: that of `prod`, and the bootstrap before it."""
    folders = (KUBERNETES / "overlays" / "prod", KUBERNETES / "bootstrap")
    made = [one for folder in folders for one in kustomize(kubectl, folder)]
    assert _comparable(plain) == _comparable(made)


def test_the_options_make_what_the_components_make(
    in_full: Objects, kubectl: Path, tmp_path: Path
) -> None:
    """All at once."""
    here = Path(os.path.relpath(KUBERNETES.resolve(), tmp_path.resolve()))
    components = ", ".join(f"{here}/components/{name}" for name in OPTIONS.values())
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{here}/overlays/prod, {here}/bootstrap]\ncomponents: [{components}]\n"
    )
    assert _comparable(in_full) == _comparable(kustomize(kubectl, tmp_path))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_the_chart_keeps_every_policy(
    in_full: Objects, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What must be true of every overlay is true of it; its Jobs are not workloads."""
    monkeypatch.delenv("AGENT_MEMORY_AUTH", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    objects = [one for one in in_full if "helm.sh/hook" not in str(one["metadata"])]
    assert list(policy(objects)) == []


def test_what_makes_the_secrets_runs_first_and_leaves_nothing(plain: Objects) -> None:
    """No right is left when the Job is done, and no Secret is the chart's to delete."""
    hooks = {
        one["kind"]: one["metadata"]["annotations"]
        for one in plain
        if "annotations" in one["metadata"] and not _is_test(one)
    }
    assert set(hooks) == {"ServiceAccount", "Role", "RoleBinding", "NetworkPolicy", "Job"}
    for annotations in hooks.values():
        assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
    weights = {kind: int(one["helm.sh/hook-weight"]) for kind, one in hooks.items()}
    assert all(weights[kind] < weights["Job"] for kind in weights if kind != "Job")
    assert not of_kind(plain, "Secret")


def test_what_helm_test_runs_is_guarded_like_the_others(plain: Objects) -> None:
    """Its pod is of our image, without rights, and reaches the gateway alone."""
    objects = [one for one in plain if _is_test(one)]
    assert [one["kind"] for one in objects] == ["NetworkPolicy", "Pod"]
    for policy in (images_are_pinned, nobody_is_root, resources_are_limited):
        assert list(policy(objects)) == []


def test_values_reach_their_places(render: Render) -> None:
    """One's own image, number, settings, ports and names are in every object that has them."""
    size = {"requests": {"cpu": 2, "memory": "1Gi", "ephemeral-storage": "1Gi"}}
    objects = render(
        image={"repository": "registry.example.org/memory", "digest": DIGEST},
        imagePullSecrets=[{"name": "registry"}],
        settings={"AGENT_MEMORY_LOG_LEVEL": "warning", "AGENT_MEMORY_DRAIN_SECONDS": "30"},
        workloads={"extraction": {"minReplicas": 3, "resources": size}},
        autoscaling={"enabled": False},
        networkPolicy={
            "storePorts": [{"port": 16379, "protocol": "TCP"}],
            "storeAddresses": ["192.0.2.0/24", "2001:db8::/64"],
            "modelPorts": [],
        },
        bootstrap={"tenant": "acme"},
        gatewayConfig='{"own": true}',
    )
    assert not of_kind(objects, "HorizontalPodAutoscaler")
    replicas = {name_of(one): one["spec"].get("replicas") for one in workloads(objects)}
    assert replicas == dict.fromkeys(DEFAULTS["workloads"], 2) | {"extraction": 3}
    for container in containers(objects):
        assert container.pod["imagePullSecrets"] == [{"name": "registry"}]
        if not container.spec["image"].startswith("envoyproxy/"):
            assert container.spec["image"] == f"registry.example.org/memory@{DIGEST}"
        if container.is_service:
            told = environment(objects, container)
            assert told["AGENT_MEMORY_LOG_LEVEL"] == "warning"
            assert told["AGENT_MEMORY_DRAIN_SECONDS"] == "30"
            assert told["AGENT_MEMORY_AUTH"] == "api-key"
        if container.workload == "extraction":
            assert container.spec["resources"]["requests"] == size["requests"]
        if container.workload == "bootstrap":
            assert {"name": "AGENT_MEMORY_BOOTSTRAP_TENANT", "value": "acme"} in container.spec[
                "env"
            ]
    ways_out = {
        name_of(one): one["spec"]["egress"]
        for one in of_kind(objects, "NetworkPolicy")
        if "-to-" in name_of(one)
    }
    blocks = [{"ipBlock": {"cidr": cidr}} for cidr in ("192.0.2.0/24", "2001:db8::/64")]
    store = [{"ports": [{"port": 16379, "protocol": "TCP"}], "to": blocks}]
    assert ways_out == {
        "services-to-store": store,
        "bootstrap-to-store": store,
        "services-to-traces": [{"ports": [{"port": 4317, "protocol": "TCP"}]}],
    }
    assert gateway_config(objects) == {"own": True}


def _with(path: str, value: object) -> dict[str, Any]:
    values = copy.deepcopy(DEFAULTS)
    *way, last = path.split("/")
    at = values
    for step in way:
        at = at[step]
    at[last] = value
    return values


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("replicas", 3),
        ("image/tag", "latest"),
        ("image/tag", ""),
        ("image/digest", "sha256:abc"),
        ("image/pullPolicy", "Sometimes"),
        ("workloads/extraction/minReplicas", 0),
        ("workloads/extraction/replicas", 2),
        ("workloads/extraction/resources", {"requests": {"cpu": 1}, "limits": {}}),
        ("workloads/another", {}),
        ("settings/agent_memory_auth", "api-key"),
        ("settings/AGENT_MEMORY_AUTH", "off"),
        ("settings/AGENT_MEMORY_REDIS_URL", "redis://:secret@redis"),
        ("settings/OPENAI_API_KEY", "sk-secret"),
        ("settings/AGENT_MEMORY_DRAIN_SECONDS", 40),
        ("networkPolicy/storePorts", [{"port": 0, "protocol": "TCP"}]),
        ("networkPolicy/storePorts", [6379]),
        ("networkPolicy/storeAddresses", ["redis.example.org"]),
        ("networkPolicy/storeAddresses", ["192.0.2.1"]),
        ("networkPolicy/modelAddresses", ["192.0.2.0/33"]),
        ("bootstrap/tenant", ""),
        ("tls/secret", "mine"),
        ("gatewayApi/grpcHostnames", []),
        ("gatewayApi/httpHostnames", ["https://memory.example.org"]),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: object) -> None:
    """It is misspelt, of another type, out of bounds, or a secret."""
    validator = Draft7Validator(SCHEMA)
    validator.validate(DEFAULTS)
    assert not validator.is_valid(_with(path, value))


def test_helm_heeds_the_schema_and_finds_nothing_to_complain_of(helm: Path, tmp_path: Path) -> None:
    """Of the chart as one file; a misspelt value ends it before anything is sent."""
    packed = chart.pack(tmp_path)
    subprocess.run([helm, "lint", "--strict", packed], check=True, capture_output=True)
    assert chart.pack(tmp_path / "again").read_bytes() == packed.read_bytes()
    misspelt = [helm, "template", "memory", CHART, "--set", "autoscalling.enabled=false"]
    refused = subprocess.run(misspelt, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "autoscalling" in refused.stderr


def test_the_chart_has_the_version_of_what_it_installs() -> None:
    """Of the distribution, and of the manifests' images."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    told = yaml.safe_load((CHART / "Chart.yaml").read_text())
    tags = set(_tags(KUBERNETES))
    assert {told["version"], str(told["appVersion"]), *tags} == {version}


def _tags(folder: Path) -> Iterator[str]:
    for path in folder.rglob("kustomization.yaml"):
        for image in yaml.safe_load(path.read_text()).get("images", []):
            yield str(image["newTag"])
