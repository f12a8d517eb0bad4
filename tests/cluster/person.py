"""`kubectl` of a person whose cluster has no node: what a node would do is done here.

Run as `python -m tests.cluster.person ARGUMENT...`, with the cluster in `PERSON_CLUSTER`. A command
in a pod runs on this machine with what the pod is given; a Job that is waited for is run first;
whether pods run is not asked. Everything else goes to the real program.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.jobs import agent_memory, materialize, run_bootstrap

VARIABLE = "PERSON_CLUSTER"
_SECRETS = "/etc/agent-memory/secrets"


def environment(cluster: Cluster) -> dict[str, str]:
    """What a shell needs, so that `kubectl` is this one and `helm` the real one."""
    folder = cluster.folder / "person"
    folder.mkdir(exist_ok=True)
    kubectl = folder / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.cluster.person "$@"\n')
    kubectl.chmod(0o755)
    # Neither has anybody to talk to.
    for name in ("curl", "docker"):
        silent = folder / name
        silent.write_text("#!/bin/sh\n")
        silent.chmod(0o755)
    described = json.dumps({name: str(value) for name, value in asdict(cluster).items()})
    return cluster.environment | {
        "PATH": f"{folder}:{cluster.folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        VARIABLE: described,
    }


def main(words: list[str]) -> int:
    """Do what the words say; answers the exit code."""
    told: dict[str, str] = json.loads(os.environ[VARIABLE])
    cluster = Cluster(told["url"], *(Path(told[name]) for name in ("folder", "kubectl", "helm")))
    namespace, rest = _namespace(words)
    match rest:
        case ["exec", "toolbox", "--", "agent-memory", *arguments]:
            return _in_toolbox(cluster, namespace, arguments)
        case ["wait", "--for=condition=Ready", pod]:
            return cluster.tried("--namespace", namespace, "get", pod).returncode
        case ["wait", "--for=condition=Complete", "job/bootstrap", *_]:
            done = run_bootstrap(cluster, _folder(cluster, "job"), namespace)
            sys.stderr.write(done.stdout + done.stderr)
        case ["rollout", "status", *_] | ["port-forward", *_]:
            return 0
    return subprocess.run([cluster.kubectl, *words], check=False).returncode


def _namespace(words: list[str]) -> tuple[str, list[str]]:
    if words[0] == "-n":
        return words[1], words[2:]
    return "default", words


def _folder(cluster: Cluster, name: str) -> Path:
    folder = cluster.folder / name
    folder.mkdir(exist_ok=True)
    return folder


def _in_toolbox(cluster: Cluster, namespace: str, words: list[str]) -> int:
    pod = cluster.get("pod", "toolbox", namespace=namespace)["spec"]
    mounted = _folder(cluster, "toolbox")
    for volume in pod["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            _mount(cluster, namespace, source["secret"], mounted)
    told = {
        one["name"]: one["value"].replace(_SECRETS, str(mounted))
        for one in pod["containers"][0]["env"]
        if "value" in one
    }
    done = agent_memory(*words, **told)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


def _mount(cluster: Cluster, namespace: str, source: Mapping[str, Any], folder: Path) -> None:
    if (
        source.get("optional")
        and cluster.tried("--namespace", namespace, "get", "secret", source["name"]).returncode
    ):
        return
    every = materialize(cluster, source["name"], _folder(cluster, source["name"]), namespace)
    items = {item["key"]: item["path"] for item in source.get("items", [])}
    for path in every.iterdir():
        if not items or path.name in items:
            (folder / items.get(path.name, path.name)).write_bytes(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
