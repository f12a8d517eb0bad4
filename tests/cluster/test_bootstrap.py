"""The Job that makes the secrets, against a real API server, with the rights of its account."""

import base64
from pathlib import Path

import pytest

from tests.cluster.cluster import NAMESPACE, Cluster
from tests.cluster.jobs import run_bootstrap
from tests.cluster.test_apply import prepare
from tests.integration.deploy.conftest import KUBERNETES

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600), pytest.mark.in_order]
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:agent-memory-bootstrap"


@pytest.fixture(scope="module", autouse=True)
def prepared(cluster: Cluster, redis_url: str) -> None:
    """The namespace with the Secrets that the install page makes, and the Job."""
    cluster.remove_namespace(NAMESPACE)
    cluster.make_namespace(NAMESPACE)
    prepare(cluster, redis_url)
    cluster.run("apply", "--kustomize", KUBERNETES / "bootstrap")


def _may(cluster: Cluster, *words: str) -> bool:
    asked = cluster.tried("--namespace", NAMESPACE, "auth", "can-i", *words, "--as", ACCOUNT)
    return asked.stdout.strip() == "yes"


def test_its_account_may_read_and_change_two_secrets(cluster: Cluster) -> None:
    """By their names, and nothing else of the cluster."""
    for name in ("agent-memory-service", "agent-memory-admin"):
        assert _may(cluster, "get", f"secret/{name}")
        assert _may(cluster, "patch", f"secret/{name}")
        for verb in ("delete", "update", "watch"):
            assert not _may(cluster, verb, f"secret/{name}")
    for verb in ("create", "list", "get", "watch", "patch", "deletecollection"):
        assert not _may(cluster, verb, "secrets")
    for thing in ("secret/agent-memory-store", "pods", "configmaps", "serviceaccounts", "roles"):
        assert not _may(cluster, "get", thing)
    assert not _may(cluster, "create", "serviceaccounts", "--subresource=token")


def _start_again(cluster: Cluster) -> None:
    cluster.run("delete", "--kustomize", KUBERNETES / "bootstrap")
    cluster.run("apply", "--kustomize", KUBERNETES / "bootstrap")


def test_it_fills_the_secrets_and_keeps_them(cluster: Cluster, tmp_path: Path) -> None:
    """The second run, after the first has made all, changes nothing."""
    first = run_bootstrap(cluster, tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    before = cluster.get("secret", "agent-memory-service")
    assert before["data"].keys() == {"api-key-pepper", "service-credential"}
    admin = cluster.get("secret", "agent-memory-admin")["data"]["admin-key"]
    assert base64.b64decode(admin).startswith(b"am_")
    managers = {one["manager"] for one in before["metadata"]["managedFields"]}
    assert "agent-memory-bootstrap" in managers
    _start_again(cluster)
    second = run_bootstrap(cluster, tmp_path)
    assert second.returncode == 0
    after = cluster.get("secret", "agent-memory-service")
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_what_is_missing_is_named(cluster: Cluster, tmp_path: Path) -> None:
    """A Secret that nobody made, and one that it may not touch, are told apart."""
    _start_again(cluster)
    cluster.run("--namespace", NAMESPACE, "delete", "secret", "agent-memory-admin")
    missing = run_bootstrap(cluster, tmp_path)
    assert missing.returncode == 1
    assert "create secret generic agent-memory-admin" in missing.stderr
    _start_again(cluster)
    cluster.run("--namespace", NAMESPACE, "delete", "role", "agent-memory-bootstrap")
    forbidden = run_bootstrap(cluster, tmp_path)
    assert "cannot be read (403)" in forbidden.stderr
    assert forbidden.stderr.count("\n") == 1


def test_without_its_account_the_token_is_nobodys(cluster: Cluster) -> None:
    """Deleting the folder's objects takes the rights away, and leaves every Secret."""
    cluster.run("delete", "--kustomize", KUBERNETES / "bootstrap", "--ignore-not-found")
    names = {one["metadata"]["name"] for one in cluster.get("secrets")["items"]}
    assert {"agent-memory-store", "agent-memory-service"} <= names
    cluster.run("apply", "--kustomize", KUBERNETES / "bootstrap")
    token = cluster.run("--namespace", NAMESPACE, "create", "token", "agent-memory-bootstrap")
    reading = ("get", "secret", "agent-memory-service", "--output", "name")
    asking = ("--namespace", NAMESPACE, "--token", token.strip(), *reading)
    assert cluster.run(*asking).strip() == "secret/agent-memory-service"
    cluster.run("delete", "--kustomize", KUBERNETES / "bootstrap")
    # A token that was just verified is remembered for some seconds, without any right.
    refused = cluster.tried(*asking).stderr
    assert "Unauthorized" in refused or "Forbidden" in refused
