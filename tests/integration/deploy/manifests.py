"""Looking at rendered Kubernetes objects."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """A container and the pod it is in."""

    workload: str
    pod: Object
    spec: Object
    # It ends before the others begin.
    prepares: bool = False

    @property
    def is_service(self) -> bool:
        """Whether it runs one of the three services."""
        return bool(self.spec["name"] == "service")

    @property
    def service(self) -> str:
        """Which one."""
        return str(self.spec["args"][0])

    def __str__(self) -> str:
        return f"{self.workload}/{self.spec['name']}"


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """The objects of some kinds."""
    return [one for one in objects if one["kind"] in kinds]


def named(objects: list[Object], kind: str, name: str) -> Object | None:
    """One object."""
    return next((one for one in of_kind(objects, kind) if name_of(one) == name), None)


def name_of(one: Object) -> str:
    """An object's name."""
    return str(one["metadata"]["name"])


def workloads(objects: list[Object]) -> list[Object]:
    """What makes pods."""
    return of_kind(objects, "Deployment", "StatefulSet")


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Every kind of pod, by the name of what makes it."""
    for one in of_kind(objects, "Deployment", "StatefulSet", "Job"):
        yield name_of(one), one["spec"]["template"]["spec"]
    for one in of_kind(objects, "Pod"):
        yield name_of(one), one["spec"]


def containers(objects: list[Object]) -> Iterator[Container]:
    """Every container of every pod."""
    for name, pod in pods(objects):
        for spec in pod.get("initContainers", []):
            yield Container(name, pod, spec, prepares=True)
        for spec in pod["containers"]:
            yield Container(name, pod, spec)


def services(objects: list[Object]) -> list[Container]:
    """The containers that run our services."""
    return [one for one in containers(objects) if one.is_service]


def environment(objects: list[Object], container: Container) -> dict[str, str]:
    """The variables that a container is given as they are."""
    variables: dict[str, str] = {}
    for source in container.spec.get("envFrom", []):
        config = named(objects, "ConfigMap", source["configMapRef"]["name"])
        variables |= (config or {}).get("data", {})
    return variables | {
        one["name"]: one["value"] for one in container.spec.get("env", []) if "value" in one
    }


def gateway_config(objects: list[Object]) -> Object:
    """The gateway's own configuration."""
    maps = of_kind(objects, "ConfigMap")
    (text,) = (one["data"]["envoy.json"] for one in maps if "envoy.json" in one["data"])
    loaded: Object = json.loads(text)
    return loaded


def container_ports(container: Container) -> dict[str, int]:
    """A container's ports by name."""
    return {port["name"]: port["containerPort"] for port in container.spec.get("ports", [])}
