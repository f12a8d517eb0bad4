"""The overlays keep every policy, and each policy notices when one is broken."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from agent_memory_services.cli import load
from tests.integration.deploy.conftest import (
    BOOTSTRAP,
    KUBERNETES,
    OVERLAYS,
    TOOLBOX,
    WITH_TLS,
    Objects,
)
from tests.integration.deploy.manifests import (
    Container,
    Object,
    environment,
    gateway_config,
    name_of,
    named,
    of_kind,
    services,
)
from tests.integration.deploy.policies import (
    POLICIES,
    Policy,
    addresses_are_services,
    calls_outlive_connections,
    drains_end_before_the_kill,
    images_are_pinned,
    messages_fit,
    metrics_exist,
    nobody_is_root,
    pods_are_guarded,
    ports_agree,
    probes_ask_for_the_right_thing,
    replicas_are_spread,
    replicas_have_one_owner,
    resources_are_limited,
    rights_are_few,
    secrets_are_references,
    services_lead_somewhere,
    settings_exist,
    the_console_is_there,
    the_gateway_runs_as_tested,
)

Mistake = Callable[[Objects], object]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    # Settings are read from the manifests alone.
    monkeypatch.delenv("AGENT_MEMORY_AUTH", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.mark.parametrize("overlay", [*OVERLAYS, WITH_TLS])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_policy_is_kept(rendered: dict[str, Objects], policy: Policy, overlay: str) -> None:
    """Nothing is missed in any overlay."""
    assert list(policy(rendered[overlay])) == []


def test_with_tls_nothing_is_plain(rendered: dict[str, Objects]) -> None:
    """Every service has a certificate, asks for one, and is called over TLS by all."""
    objects = rendered[WITH_TLS]
    for container in services(objects):
        told = environment(objects, container)
        folder = "/etc/agent-memory/tls"
        assert told["AGENT_MEMORY_TLS_CLIENT_CA_FILE"] == f"{folder}/ca.crt"
        assert told["AGENT_MEMORY_SERVICES_TLS"] == "true"
        assert folder in {mount["mountPath"] for mount in container.spec["volumeMounts"]}
    for cluster in gateway_config(objects)["static_resources"]["clusters"]:
        assert cluster["transport_socket"]["name"] == "envoy.transport_sockets.tls"
    named_https = {
        port["appProtocol"]
        for service in of_kind(objects, "Service")
        for port in service["spec"]["ports"]
        if port["name"] == "grpc"
    }
    assert named_https == {"https"}


@pytest.mark.parametrize("folder", [TOOLBOX, BOOTSTRAP])
@pytest.mark.parametrize(
    "policy",
    [
        images_are_pinned,
        nobody_is_root,
        resources_are_limited,
        rights_are_few,
        secrets_are_references,
    ],
    ids=lambda policy: policy.__name__,
)
def test_what_is_applied_apart_keeps_what_concerns_a_pod(
    rendered: dict[str, Objects], policy: Policy, folder: str
) -> None:
    """A pod that somebody starts by hand is guarded like the others."""
    assert list(policy(rendered[folder])) == []


def test_the_bootstrap_may_touch_what_it_fills(rendered: dict[str, Objects]) -> None:
    """The two Secrets of its command, and no other; deleting it deletes none."""
    (role,) = of_kind(rendered[BOOTSTRAP], "Role")
    command: Any = load("bootstrap")
    filled = {one.default for one in command.params if one.name in {"service", "admin"}}
    assert set(role["rules"][0]["resourceNames"]) == filled
    (job,) = of_kind(rendered[BOOTSTRAP], "Job")
    variables = {one["name"] for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert variables <= {
        *(f"AGENT_MEMORY_BOOTSTRAP_{one.name.upper()}" for one in command.params),
        "AGENT_MEMORY_REDIS_URL_FILE",
        "AGENT_MEMORY_API_KEY_PEPPER_FILE",
    }


def test_whatever_uses_the_store_reaches_it_where_the_services_do(
    rendered: dict[str, Objects],
) -> None:
    """In the example: at a port and at addresses of one's own, from the Job and the toolbox too."""
    ways = {
        name_of(policy): policy["spec"]["egress"]
        for folder in ("example", BOOTSTRAP, TOOLBOX)
        for policy in of_kind(rendered[folder], "NetworkPolicy")
        if name_of(policy).endswith("-to-store")
    }
    assert set(ways) == {"services-to-store", "bootstrap-to-store", "toolbox-to-store"}
    (way,) = ways["services-to-store"]
    assert way["to"] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    assert all(each == [way] for each in ways.values())


def _one(objects: Objects) -> Container:
    return services(objects)[0]


def _say(**variables: str) -> Mistake:
    def mistake(objects: Objects) -> None:
        for one in of_kind(objects, "ConfigMap"):
            if "AGENT_MEMORY_LISTEN" in one["data"]:
                one["data"] |= {f"AGENT_MEMORY_{key}": value for key, value in variables.items()}

    return mistake


def _role(kind: str = "Role", **rule: list[str]) -> Object:
    few = {"resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]}
    return {"kind": kind, "metadata": {"name": "some"}, "rules": [few | rule]}


def _in_gateway(old: str, new: str) -> Mistake:
    def mistake(objects: Objects) -> None:
        for one in of_kind(objects, "ConfigMap"):
            if "envoy.json" in one["data"]:
                assert old in one["data"]["envoy.json"]
                one["data"]["envoy.json"] = one["data"]["envoy.json"].replace(old, new)

    return mistake


def _of_pod(**changes: object) -> Mistake:
    return lambda objects: _one(objects).pod.update(changes)


def _of_container(**changes: object) -> Mistake:
    return lambda objects: _one(objects).spec.update(changes)


def _of_security(**changes: object) -> Mistake:
    return lambda objects: _one(objects).spec["securityContext"].update(changes)


def _without(kind: str, name: str) -> Mistake:
    return lambda objects: objects.remove(named(objects, kind, name) or {})


def _scale_by(metric: str) -> Mistake:
    def mistake(objects: Objects) -> None:
        scaler = named(objects, "HorizontalPodAutoscaler", "extraction") or {}
        scaler["spec"]["metrics"][0]["pods"]["metric"]["name"] = metric

    return mistake


def _select(name: str, label: str) -> Mistake:
    def mistake(objects: Objects) -> None:
        service = named(objects, "Service", name) or {}
        service["spec"]["selector"] = {"app.kubernetes.io/name": label}

    return mistake


def _target(name: str, port: str) -> Mistake:
    def mistake(objects: Objects) -> None:
        service = named(objects, "Service", name) or {}
        service["spec"]["ports"][0]["targetPort"] = port

    return mistake


def _ask_liveness_for_readiness(objects: Objects) -> None:
    _one(objects).spec["livenessProbe"]["grpc"].pop("service")


def _spread_by_node_alone(objects: Objects) -> None:
    _one(objects).pod["topologySpreadConstraints"].pop(0)


def _lose_a_replica_in_rollouts(objects: Objects) -> None:
    deployment = named(objects, "Deployment", "extraction") or {}
    deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = 1


def _count_replicas(objects: Objects) -> None:
    deployment = named(objects, "Deployment", "extraction") or {}
    deployment["spec"]["replicas"] = 2


def _log_paths(objects: Objects) -> None:
    deployment = named(objects, "Deployment", "gateway") or {}
    deployment["spec"]["template"]["spec"]["containers"][0]["args"][-1] = "http:info"


def _store_secret(objects: Objects) -> None:
    objects.append({"kind": "Secret", "metadata": {"name": "agent-memory-store"}, "data": {}})


MISTAKES: list[tuple[Policy, str, Mistake]] = [
    (images_are_pinned, "latest", _of_container(image="agent-memory:latest")),
    (images_are_pinned, "no tag", _of_container(image="registry.example.org:5000/agent-memory")),
    (nobody_is_root, "root", _of_pod(securityContext={"runAsUser": 0})),
    (nobody_is_root, "may escalate", _of_security(allowPrivilegeEscalation=True)),
    (nobody_is_root, "writable root", _of_security(readOnlyRootFilesystem=False)),
    (nobody_is_root, "a capability", _of_security(capabilities={"add": ["NET_ADMIN"]})),
    (nobody_is_root, "a token", _of_pod(automountServiceAccountToken=True)),
    (probes_ask_for_the_right_thing, "no probe", _of_container(startupProbe=None)),
    (probes_ask_for_the_right_thing, "ready is alive", _ask_liveness_for_readiness),
    (drains_end_before_the_kill, "short grace", _of_pod(terminationGracePeriodSeconds=30)),
    (drains_end_before_the_kill, "long drain", _say(DRAIN_SECONDS="90")),
    (settings_exist, "misspelt", _say(DRAIN_SECOND="40")),
    (settings_exist, "no number", _say(DRAIN_SECONDS="long")),
    (settings_exist, "no authentication", _say(AUTH="off")),
    (settings_exist, "do not fit", _say(TLS_KEY_FILE="/tls/tls.key")),
    (settings_exist, "no pepper", _say(AUTH="jwt")),
    (ports_agree, "listens elsewhere", _say(LISTEN="0.0.0.0:50055")),
    (ports_agree, "health elsewhere", _say(HEALTH_LISTEN="0.0.0.0:50055")),
    (ports_agree, "gateway elsewhere", _in_gateway('"port_value": 8000', '"port_value": 8001')),
    (services_lead_somewhere, "no pods", _select("extraction", "extractor")),
    (services_lead_somewhere, "no port", _target("extraction", "http")),
    (services_lead_somewhere, "no workload", _without("Deployment", "extraction")),
    (addresses_are_services, "no Service", _without("Service", "extraction-headless")),
    (
        addresses_are_services,
        "pinned to a pod",
        _say(EXTRACTION_ADDRESS="extraction:50051"),
    ),
    (
        addresses_are_services,
        "gateway astray",
        _in_gateway('"address": "extraction-headless"', '"address": "extractor"'),
    ),
    (messages_fit, "small services", _say(MAX_MESSAGE_BYTES="1048576")),
    (messages_fit, "large services", _say(MAX_MESSAGE_BYTES="134217728")),
    (
        calls_outlive_connections,
        "short grace",
        _say(MAX_DEADLINE_SECONDS="5"),
    ),
    (
        calls_outlive_connections,
        "no age",
        _say(MAX_CONNECTION_AGE_SECONDS="0"),
    ),
    (secrets_are_references, "in the manifests", _store_secret),
    (
        secrets_are_references,
        "in a variable",
        _say(REDIS_URL="redis://:secret@redis:6379"),
    ),
    (rights_are_few, "the whole cluster", lambda objects: objects.append(_role("ClusterRole"))),
    (rights_are_few, "every Secret", lambda objects: objects.append(_role(resourceNames=[]))),
    (rights_are_few, "to make", lambda objects: objects.append(_role(verbs=["create"]))),
    (resources_are_limited, "no limit", _of_container(resources={"requests": {"cpu": "1"}})),
    (
        resources_are_limited,
        "a whole disk",
        _of_container(
            resources={
                "requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"},
                "limits": {"memory": "1Gi"},
            }
        ),
    ),
    (replicas_have_one_owner, "two owners", _count_replicas),
    (metrics_exist, "misspelt", _scale_by("agent_memory_extraction_waiting_jobs")),
    (pods_are_guarded, "open", _without("NetworkPolicy", "default-deny")),
    (pods_are_guarded, "closed", _without("NetworkPolicy", "gateway")),
    (replicas_are_spread, "one zone", _spread_by_node_alone),
    (replicas_are_spread, "one missing", _lose_a_replica_in_rollouts),
    (the_gateway_runs_as_tested, "logs paths", _log_paths),
    (
        the_console_is_there,
        "elsewhere",
        _in_gateway("/srv/console/index.html", "/srv/pages/index.html"),
    ),
]


@pytest.mark.parametrize(
    ("policy", "mistake"),
    [pytest.param(p, m, id=f"{p.__name__}: {name}") for p, name, m in MISTAKES],
)
def test_mistake_is_noticed(rendered: dict[str, Objects], policy: Policy, mistake: Mistake) -> None:
    """An overlay with one thing wrong is not let through."""
    objects = copy.deepcopy(rendered["prod"])
    mistake(objects)
    assert list(policy(objects))


def test_the_adapter_serves_what_the_autoscalers_ask_for(rendered: dict[str, Objects]) -> None:
    """Its rules name every metric of ours, on the side on which it is asked for."""
    rules = yaml.safe_load((KUBERNETES / "prometheus-adapter.yaml").read_text())["rules"]
    for scaler in of_kind(rendered["prod"], "HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            if metric["type"] != "Resource":
                side = {"Pods": "custom", "External": "external"}[metric["type"]]
                name = metric[metric["type"].lower()]["metric"]["name"]
                assert any(name in rule["seriesQuery"] for rule in rules[side])


def test_every_policy_has_its_mistake() -> None:
    """No policy is believed to work."""
    assert {policy for policy, _, _ in MISTAKES} == set(POLICIES)
