"""What must be true of every overlay. Each policy says what it misses, or nothing."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.resources import files
from typing import Any

from agent_memory_services.embedded.gateway.process import FLAGS
from agent_memory_services.kit.contract.environment import (
    PREFIX,
    SettingsError,
    refuse_unknown_keys,
)
from agent_memory_services.kit.contract.transport import (
    aging_options,
    max_answer_bytes,
    parse_address,
)
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.integration.deploy.manifests import (
    Container,
    Object,
    container_ports,
    containers,
    environment,
    gateway_config,
    name_of,
    named,
    of_kind,
    services,
    workloads,
)
from tests.support.contracts import POLICIES as METHODS

Policy = Callable[[list[Object]], Iterator[str]]


def images_are_pinned(objects: list[Object]) -> Iterator[str]:
    """Every image has a digest, or a tag that does not move."""
    for container in containers(objects):
        image, _, digest = container.spec["image"].partition("@")
        _, _, tag = image.rpartition("/")[2].partition(":")
        if not _DIGEST(digest) and tag in {"", "latest"}:
            yield f"{container} runs {container.spec['image']}"


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}").fullmatch


def nobody_is_root(objects: list[Object]) -> Iterator[str]:
    """Every pod fits the restricted Pod Security Standard, under a number of its own."""
    for container in containers(objects):
        pod, own = container.pod.get("securityContext", {}), container.spec["securityContext"]
        if not pod.get("runAsNonRoot") or not pod.get("runAsUser"):
            yield f"{container} may be root"
        if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{container} has no seccomp profile"
        if own.get("allowPrivilegeEscalation") is not False or not own.get(
            "readOnlyRootFilesystem"
        ):
            yield f"{container} may escalate or write"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{container} keeps capabilities"
        if container.pod.get("automountServiceAccountToken") is not False:
            yield f"{container} has the cluster's credential"


def probes_ask_for_the_right_thing(objects: list[Object]) -> Iterator[str]:
    """Every container has all three; a service's liveness is apart from its readiness."""
    for container in containers(objects):
        if container.prepares:
            continue
        probes: dict[str, Any] = {kind: container.spec.get(f"{kind}Probe") for kind in _PROBES}
        if missing := [kind for kind, probe in probes.items() if not probe]:
            yield f"{container} has no probe of {', '.join(missing)}"
        elif container.is_service:
            asked = {kind: probe["grpc"].get("service", "") for kind, probe in probes.items()}
            if asked != {"startup": "liveness", "readiness": "", "liveness": "liveness"}:
                yield f"{container} asks for {asked}"


_PROBES = ("startup", "readiness", "liveness")


def drains_end_before_the_kill(objects: list[Object]) -> Iterator[str]:
    """A pod is given more time than its process takes to stop."""
    for container in services(objects):
        settings = _settings(objects, container)
        takes = settings.lame_duck_seconds + settings.drain_seconds + settings.traces_flush_seconds
        given = container.pod["terminationGracePeriodSeconds"]
        if takes + _MARGIN_SECONDS > given:
            yield f"{container} takes {takes} s to stop and is given {given} s"


_MARGIN_SECONDS = 5


def settings_exist(objects: list[Object]) -> Iterator[str]:
    """Every variable is one that the process reads, and all of them fit together."""
    for container in services(objects):
        try:
            refuse_unknown_keys(_settings_type(container), environment(objects, container))
            _settings(objects, container)
        except (SettingsError, ValueError) as error:
            yield f"{container}: {error}"


def ports_agree(objects: list[Object]) -> Iterator[str]:
    """What a process listens on is what its container declares and its probes ask."""
    for container in services(objects):
        settings, declared = _settings(objects, container), container_ports(container)
        listens = {
            "grpc": parse_address(settings.listen).port,
            "health": parse_address(settings.health_listen).port,
            "metrics": parse_address(settings.metrics_listen).port,
        }
        if listens != declared:
            yield f"{container} listens on {listens} and declares {declared}"
        asked = {container.spec[f"{kind}Probe"]["grpc"]["port"] for kind in _PROBES}
        if asked != {declared["health"]}:
            yield f"{container} is probed at {asked}"
    for container in containers(objects):
        if container.spec["name"] == "gateway":
            listener = gateway_config(objects)["static_resources"]["listeners"][0]
            if _port(listener["address"]) != container_ports(container)["http"]:
                yield f"{container} listens elsewhere than it declares"


def services_lead_somewhere(objects: list[Object]) -> Iterator[str]:
    """Every Service, budget and autoscaler selects pods, and names ports that they have."""
    for service in of_kind(objects, "Service"):
        found = list(_selected(objects, service["spec"]["selector"]))
        if not found:
            yield f"Service {name_of(service)} selects nothing"
        known = {name for container in found for name in container_ports(container)}
        for port in service["spec"]["ports"]:
            if found and port["targetPort"] not in known:
                yield f"Service {name_of(service)} leads to no port {port['targetPort']}"
    for budget in of_kind(objects, "PodDisruptionBudget"):
        if not list(_selected(objects, budget["spec"]["selector"]["matchLabels"])):
            yield f"PodDisruptionBudget {name_of(budget)} selects nothing"
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        if named(objects, target["kind"], target["name"]) is None:
            yield f"HorizontalPodAutoscaler {name_of(scaler)} scales nothing"


def addresses_are_services(objects: list[Object]) -> Iterator[str]:
    """Whom a process or the gateway calls is a headless Service with that port."""
    called = {
        (str(container), parse_address(getattr(_settings(objects, container), field)))
        for container in services(objects)
        for field in ("working_memory_address", "long_term_memory_address", "extraction_address")
    }
    for cluster in gateway_config(objects)["static_resources"]["clusters"]:
        endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        socket = endpoint["address"]["socket_address"]
        called.add(("the gateway", parse_address(f"{socket['address']}:{socket['port_value']}")))
    for caller, address in sorted(called):
        service = named(objects, "Service", address.host)
        if service is None or service["spec"].get("clusterIP") != "None":
            yield f"{caller} calls {address}, which is no headless Service"
        elif address.port not in {port["port"] for port in service["spec"]["ports"]}:
            yield f"{caller} calls {address}, a port that the Service has not"


def messages_fit(objects: list[Object]) -> Iterator[str]:
    """What the gateway lets through, the services take; what they answer, it can pass on."""
    filters = _manager(objects)["http_filters"]
    (transcoder,) = (one["typed_config"] for one in filters if one["name"].endswith("transcoder"))
    for container in services(objects):
        cap = _settings(objects, container).max_message_bytes
        if transcoder["max_request_body_size"] > cap:
            yield f"{container} takes {cap} bytes, less than the gateway sends"
        if transcoder["max_response_body_size"] < max_answer_bytes(cap):
            yield f"{container} answers up to {max_answer_bytes(cap)} bytes, more than it takes"


def calls_outlive_connections(objects: list[Object]) -> Iterator[str]:
    """Connections age, so that new pods get work, and no call is cut off by that."""
    longest = max(method.deadline or 0 for method in METHODS)
    for container in services(objects):
        settings = _settings(objects, container)
        ages = dict(
            aging_options(settings.max_connection_age_seconds, settings.max_deadline_seconds)
        )
        if not ages:
            yield f"{container} keeps connections for ever"
        elif int(ages["grpc.max_connection_age_grace_ms"]) / 1000 <= longest:
            yield f"{container} cuts calls off before their deadline"


def secrets_are_references(objects: list[Object]) -> Iterator[str]:
    """No secret stands in a manifest, nor in a variable."""
    for secret in of_kind(objects, "Secret"):
        yield f"Secret {name_of(secret)} stands in the manifests"
    for container in services(objects):
        for key, value in environment(objects, container).items():
            if key.endswith(("_URL", "_KEY", "_TOKEN", "_PASSWORD")) or (
                "://" in value and "@" in value
            ):
                yield f"{container} has {key} in plain text"


def rights_are_few(objects: list[Object]) -> Iterator[str]:
    """Who talks to the cluster reads and changes what is named, in its own namespace."""
    for role in of_kind(objects, "ClusterRole", "ClusterRoleBinding"):
        yield f"{role['kind']} {name_of(role)} reaches beyond the namespace"
    for role in of_kind(objects, "Role"):
        for rule in role["rules"]:
            if not rule.get("resourceNames"):
                yield f"Role {name_of(role)} may touch every one of {rule['resources']}"
            if not set(rule["verbs"]) <= {"get", "patch"}:
                yield f"Role {name_of(role)} may {rule['verbs']}"


def resources_are_limited(objects: list[Object]) -> Iterator[str]:
    """The scheduler knows what a pod needs, and no pod takes its node's memory or disk."""
    for container in containers(objects):
        resources = container.spec.get("resources", {})
        if not {"cpu", "memory", "ephemeral-storage"} <= resources.get("requests", {}).keys():
            yield f"{container} requests too little"
        if not {"memory", "ephemeral-storage"} <= resources.get("limits", {}).keys():
            yield f"{container} has no limit of memory or disk"


def replicas_have_one_owner(objects: list[Object]) -> Iterator[str]:
    """Where an autoscaler counts replicas, the manifests do not.

    Server-side apply is refused once the autoscaler owns the field; a plain one sets it back.
    """
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        workload = named(objects, target["kind"], target["name"])
        if workload and "replicas" in workload["spec"]:
            yield f"{name_of(workload)} has replicas of its own beside an autoscaler"


def metrics_exist(objects: list[Object]) -> Iterator[str]:
    """Autoscalers go by metrics that the process they scale exposes."""
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            kind = metric["type"].lower()
            name = metric[kind].get("metric", {}).get("name")
            if name and not _exposes(scaler["spec"]["scaleTargetRef"]["name"], name):
                yield f"HorizontalPodAutoscaler {name_of(scaler)}: nobody exposes {name}"


def pods_are_guarded(objects: list[Object]) -> Iterator[str]:
    """Nothing reaches a pod, and a pod reaches nothing, unless a policy says so."""
    policies = of_kind(objects, "NetworkPolicy")
    closed = [one for one in policies if one["spec"]["podSelector"] == {}]
    if not any({"Ingress", "Egress"} <= set(one["spec"]["policyTypes"]) for one in closed):
        yield "no NetworkPolicy closes everything first"
    for workload in workloads(objects):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        opened = [one for one in policies if one["spec"].get("ingress") and _matches(one, labels)]
        if not opened:
            yield f"nobody may call {name_of(workload)}"


def replicas_are_spread(objects: list[Object]) -> Iterator[str]:
    """Replicas are on different nodes and zones, and none is missing during a rollout."""
    for deployment in of_kind(objects, "Deployment"):
        spec = deployment["spec"]
        keys = {one["topologyKey"] for one in spec["template"]["spec"]["topologySpreadConstraints"]}
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{name_of(deployment)} is spread by {sorted(keys)}"
        if spec["strategy"]["rollingUpdate"]["maxUnavailable"] != 0:
            yield f"{name_of(deployment)} misses replicas during a rollout"


def the_gateway_runs_as_tested(objects: list[Object]) -> Iterator[str]:
    """Its flags are those of the tests, among them the one that keeps paths out of its log."""
    for container in containers(objects):
        if container.spec["name"] == "gateway":
            expected = ["envoy", "--config-path", "/etc/envoy/envoy.json", *FLAGS]
            if container.spec["args"] != expected:
                yield f"{container} runs {container.spec['args']}"


def the_console_is_there(objects: list[Object]) -> Iterator[str]:
    """The folder that the gateway serves is one that a container before it fills."""
    manager = gateway_config(objects)["static_resources"]["listeners"][0]["filter_chains"][0]
    routes = manager["filters"][-1]["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    bodies = [route.get("direct_response", {}).get("body", {}) for route in routes]
    (page,) = (body["filename"] for body in bodies if "filename" in body)
    filled = {one.spec["args"][-1] for one in containers(objects) if one.prepares}
    for container in containers(objects):
        if container.spec["name"] == "gateway":
            mounted = {mount["mountPath"] for mount in container.spec["volumeMounts"]}
            if page.rpartition("/")[0] not in mounted & filled:
                yield f"{container} serves {page}, which nobody puts there"


POLICIES: tuple[Policy, ...] = (
    images_are_pinned,
    nobody_is_root,
    probes_ask_for_the_right_thing,
    drains_end_before_the_kill,
    settings_exist,
    ports_agree,
    services_lead_somewhere,
    addresses_are_services,
    messages_fit,
    calls_outlive_connections,
    secrets_are_references,
    rights_are_few,
    resources_are_limited,
    replicas_have_one_owner,
    metrics_exist,
    pods_are_guarded,
    replicas_are_spread,
    the_gateway_runs_as_tested,
    the_console_is_there,
)


def _settings_type(container: Container) -> type[ProcessSettings]:
    module = f"agent_memory_services.{container.service.replace('-', '_')}.api.settings"
    kind: type[ProcessSettings] = import_module(module).Settings
    return kind


def _settings(objects: list[Object], container: Container) -> ProcessSettings:
    """The container's settings as its process would read them, without the secrets."""
    kind = _settings_type(container)
    section = f"{PREFIX}{kind.section}_"
    told: dict[str, Any] = {}
    # A service's own variable wins over one for all.
    for key, value in sorted(environment(objects, container).items(), key=lambda one: len(one[0])):
        for prefix in (section, PREFIX):
            name = key.removeprefix(prefix).lower()
            if key.startswith(prefix) and name in kind.model_fields:
                told[name] = value
                break
    return kind(**told)


def _selected(objects: list[Object], selector: dict[str, str]) -> Iterator[Container]:
    for workload in workloads(objects):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        if selector.items() <= labels.items():
            chosen = [workload]
            yield from containers(chosen)


def _matches(policy: Object, labels: dict[str, str]) -> bool:
    selector = policy["spec"]["podSelector"].get("matchLabels", {})
    return bool(selector) and selector.items() <= labels.items()


def _manager(objects: list[Object]) -> Object:
    listener = gateway_config(objects)["static_resources"]["listeners"][0]
    manager: Object = listener["filter_chains"][0]["filters"][-1]["typed_config"]
    return manager


def _port(address: Object) -> int:
    return int(address["socket_address"]["port_value"])


def _exposes(service: str, metric: str) -> bool:
    packages = ("kit", service.replace("-", "_"))
    sources = (
        path.read_text()
        for package in packages
        for path in _sources(files("agent_memory_services").joinpath(package))
    )
    return any(f'"{metric}"' in source for source in sources)


def _sources(folder: Any) -> Iterator[Any]:
    return iter(folder.rglob("*.py"))
