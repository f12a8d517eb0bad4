"""What a node does for a Job: it runs its command with what its pod is given, and tells the end."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cluster.cluster import NAMESPACE, Cluster


def materialize(cluster: Cluster, secret: str, folder: Path, namespace: str = NAMESPACE) -> Path:
    """Write the fields of a Secret as files, as a node mounts it."""
    folder.mkdir(exist_ok=True)
    for name, value in (
        cluster.get("secret", secret, namespace=namespace).get("data") or {}
    ).items():
        (folder / name).write_bytes(base64.b64decode(value))
    return folder


def run_bootstrap(
    cluster: Cluster, folder: Path, namespace: str = NAMESPACE
) -> "subprocess.CompletedProcess[str]":
    """Run the Job `bootstrap` as its manifest says, under a token of its account."""
    job = cluster.get("job", "bootstrap", namespace=namespace)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    store = materialize(cluster, "agent-memory-store", folder / "store", namespace)
    token = cluster.run("--namespace", namespace, "create", "token", pod["serviceAccountName"])
    (folder / "token").write_text(token.strip())
    told = {
        one["name"]: one["value"].replace("/etc/agent-memory/secrets", str(store))
        for one in container["env"]
    }
    # In a pod these four are as they are by default.
    told |= {
        "AGENT_MEMORY_BOOTSTRAP_SERVER": cluster.url,
        "AGENT_MEMORY_BOOTSTRAP_NAMESPACE": namespace,
        "AGENT_MEMORY_BOOTSTRAP_TOKEN_FILE": str(folder / "token"),
        "AGENT_MEMORY_BOOTSTRAP_CA_FILE": str(cluster.folder / "authority.pem"),
    }
    done = agent_memory(*container["args"], **told)
    finish(cluster, job, succeeded=done.returncode == 0)
    return done


def agent_memory(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of ours with these variables and no other of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AGENT_MEMORY_") and name != "REDIS_URL"
    }
    return subprocess.run(
        [sys.executable, "-m", "agent_memory_services", *words],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def finish(cluster: Cluster, job: Any, *, succeeded: bool) -> None:
    """Say how a Job ended, as its controller does."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def condition(kind: str) -> dict[str, str]:
        return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": "Tested"}

    status: dict[str, Any] = {"startTime": now}
    if succeeded:
        status |= {
            "succeeded": 1,
            "completionTime": now,
            "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
        }
    else:
        status |= {"failed": 1, "conditions": [condition("FailureTarget"), condition("Failed")]}
    cluster.run(
        *("--namespace", job["metadata"]["namespace"], "patch", "job", job["metadata"]["name"]),
        *("--subresource=status", "--type=merge", "--patch", json.dumps({"status": status})),
    )


@contextmanager
def node(cluster: Cluster, folder: Path, namespace: str = NAMESPACE) -> Iterator[list[str]]:
    """Run the Job `bootstrap` whenever it appears; answers what the runs printed."""
    ended, told = threading.Event(), list[str]()

    def look() -> None:
        seen: set[str] = set()
        while not ended.wait(0.5):
            found = cluster.tried(
                *("--namespace", namespace, "get", "job", "bootstrap", "--output", "json")
            )
            if found.returncode == 0:
                uid = json.loads(found.stdout)["metadata"]["uid"]
                if uid not in seen:
                    seen.add(uid)
                    done = run_bootstrap(cluster, folder, namespace)
                    told.append(done.stdout + done.stderr)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()
