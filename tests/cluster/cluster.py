"""A cluster without a node: an API server, its store, and who is admin of it."""

import asyncio
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.ports import free_port
from tests.support.credentials import Authority

TOKEN = "the-admin-of-the-cluster"
NAMESPACE = "agent-memory"
_IN_NAMESPACES = (
    "deployments,statefulsets,jobs,pods,services,hpa,pdb,networkpolicies,configmaps,secrets,"
    "serviceaccounts,roles,rolebindings,servicemonitors,grpcroutes,httproutes,"
    "controllerrevisions,replicasets"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running API server.

    Attributes:
        url: where it listens.
        folder: holds `authority.pem` and `kubeconfig`.
        kubectl: the program.
        helm: the program.
    """

    url: str
    folder: Path
    kubectl: Path
    helm: Path

    @property
    def environment(self) -> dict[str, str]:
        """That of a person who is admin of it."""
        own = {
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "HOME": str(self.folder),
            # What nobody is asked for.
            "KUBECTL_EXTERNAL_DIFF": "diff -u",
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HELM_", "KUBE"))}
        return kept | own

    def run(self, *words: str | Path, given: object = None) -> str:
        """What `kubectl` prints.

        Raises:
            AssertionError: it fails.
        """
        done = self.tried(*words, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, *words: str | Path, given: object = None) -> "subprocess.CompletedProcess[str]":
        """How `kubectl` ends; `given` are objects for its standard input."""
        return subprocess.run(
            [self.kubectl, *words],
            input=None if given is None else json.dumps(given),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def chart(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        """How `helm` ends."""
        return subprocess.run(
            [self.helm, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def get(self, *words: str, namespace: str = NAMESPACE) -> Any:
        """An object, or a list of them, as it is."""
        whole = ("--output", "json", "--show-managed-fields")
        return json.loads(self.run("--namespace", namespace, "get", *words, *whole))

    def make_namespace(self, name: str) -> None:
        """Make one, with the account that a controller puts there."""
        self.run("create", "namespace", name)
        self.run("--namespace", name, "create", "serviceaccount", "default")

    def remove_namespace(self, name: str) -> None:
        """Delete one and all that is in it, which is a controller's work."""
        if self.tried("get", "namespace", name).returncode:
            return
        self.run("--namespace", name, "delete", _IN_NAMESPACES, "--all")
        self.run("delete", "namespace", name, "--wait=false")
        empty = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}}
        path = f"/api/v1/namespaces/{name}/finalize"
        self.run("replace", "--raw", path, "--filename", "-", given=empty)


@contextmanager
def running(program: Path, folder: Path, kubectl: Path, helm: Path) -> Iterator[Cluster]:
    """Start a cluster, and end it."""
    with asyncio.Runner() as runner:
        store, api, cluster = _described(program, folder, kubectl, helm)
        try:
            runner.run(store.start())
            runner.run(api.start())
            runner.run(api.ready(lambda: _answers(cluster), within=300))
            yield cluster
        finally:
            for child in (api, store):
                runner.run(child.stop())


def _described(
    program: Path, folder: Path, kubectl: Path, helm: Path
) -> tuple[Child, Child, Cluster]:
    clients, peers, port = (free_port() for _ in range(3))
    etcd = f"http://127.0.0.1:{clients}"
    peer = f"http://127.0.0.1:{peers}"
    store = Child(
        "etcd",
        [
            *(program, "etcd", "--data-dir", folder / "etcd", "--log-level", "error"),
            *("--listen-client-urls", etcd, "--advertise-client-urls", etcd),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}", "--unsafe-no-fsync"),
        ],
        log=folder / "etcd.log",
    )
    authority = Authority(folder)
    authority.issue("api")
    _account_key(folder)
    (folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
    api = Child(
        "the API server",
        [
            *(program, "api", f"--etcd-servers={etcd}", f"--secure-port={port}"),
            *("--bind-address=127.0.0.1", "--advertise-address=192.0.2.1"),
            *("--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24"),
            f"--tls-cert-file={folder / 'api.pem'}",
            f"--tls-private-key-file={folder / 'api.key'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder / 'account.pem'}",
            f"--service-account-signing-key-file={folder / 'account.key'}",
        ],
        log=folder / "api.log",
    )
    url = f"https://localhost:{port}"
    (folder / "kubeconfig").write_text(_kubeconfig(url, authority.certificate, TOKEN))
    return store, api, Cluster(url, folder, kubectl, helm)


def _account_key(folder: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    (folder / "account.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    (folder / "account.pem").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _kubeconfig(url: str, authority: Path, token: str) -> str:
    here = {"server": url, "certificate-authority": str(authority)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": here}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
    )


async def _answers(cluster: Cluster) -> bool:
    def ask() -> bool:
        trust = ssl.create_default_context(cafile=str(cluster.folder / "authority.pem"))
        request = urllib.request.Request(
            f"{cluster.url}/readyz", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return await asyncio.to_thread(ask)
