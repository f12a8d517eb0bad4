"""The operators' pages, line by line, as far as a cluster without a node can follow them."""

import asyncio
import base64
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import NAMESPACE, Cluster
from tests.cluster.person import environment
from tests.integration.deploy.conftest import KUBERNETES
from tests.support.stores import empty

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900), pytest.mark.in_order]
DEV = "agent-memory-dev"
PAGES = Path(__file__).parents[2] / "docs" / "operations"
# A terminal for the reader, a page of another repository, and what the test of the chart does.
_UNPLAYED = ("| less", "git revert", "helm rollback")


def _part(text: str, heading: str) -> str:
    # A comment in a block of shell lines begins like a heading of the first rank.
    pattern = rf"^#+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)"
    (part,) = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    return str(part)


def _lines(text: str) -> Iterator[str]:
    """Yield the commands of the blocks of shell lines that can be played."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not any(word in line for word in _UNPLAYED):
                yield line.strip()


class Operator:
    """Somebody with an overlay of their own, who follows a page."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.overlay = folder / "overlay"
        self.own_overlay("0.1.0")

    def own_overlay(self, tag: str) -> None:
        """Write it, with the image of a version."""
        example = KUBERNETES / "overlays" / "example"
        for part in ("", "bootstrap", "toolbox"):
            folder = self.overlay / part
            folder.mkdir(parents=True, exist_ok=True)
            there = os.path.relpath((example / part).resolve(), folder.resolve())
            (folder / "kustomization.yaml").write_text(
                f"resources: [{there}]\nimages:\n"
                f"  - {{name: registry.example.org/agent-memory, newTag: {tag}}}\n"
            )

    def follows(self, page: str, *headings: str, **variables: str) -> str:
        """Run every line of the shell under some headings; what they print."""
        text = (PAGES / page).read_text()
        printed = [
            self.runs(line, **variables) for name in headings for line in _lines(_part(text, name))
        ]
        assert printed
        return "\n".join(printed)

    def inline(self, page: str, heading: str) -> list[str]:
        """What the sentences under a heading tell to run."""
        return re.findall(r"`(kubectl [^`]+)`", _part((PAGES / page).read_text(), heading))

    def runs(self, line: str, **variables: str) -> str:
        """Run one line, which may say that there is a difference."""
        kept = {name: (self.folder / f".{name}").read_text() for name in self._kept()}
        # What a line sets is there for the next.
        keep = "".join(f'\nprintf %s "${{{n}:-}}" > .{n}' for n in ("KEY_ID",))
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail\n{line}\ncode=$?{keep}\nexit $code"],
            cwd=self.folder,
            env=environment(self.cluster) | {"OVERLAY": str(self.overlay)} | kept | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        fine = {0, 1} if line.startswith("kubectl diff") else {0}
        assert done.returncode in fine, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _kept(self) -> list[str]:
        return [name for name in ("KEY_ID",) if (self.folder / f".{name}").exists()]

    def field(self, secret: str, name: str) -> str:
        """A field of a Secret."""
        return base64.b64decode(self.cluster.get("secret", secret)["data"][name]).decode().strip()

    def images(self) -> set[str]:
        """The images of the services."""
        return {
            container["image"]
            for one in self.cluster.get("deployments")["items"]
            for container in one["spec"]["template"]["spec"]["containers"]
            if container["name"] == "service"
        }

    def revise(self, number: int) -> None:
        """Keep what each Deployment has now as a revision, which is a controller's work."""
        for one in self.cluster.get("deployments")["items"]:
            name, spec = one["metadata"]["name"], one["spec"]
            told = {"pod-template-hash": str(number)}
            owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            owner |= {"uid": one["metadata"]["uid"], "controller": True}
            template = spec["template"]
            labels = template["metadata"]["labels"] | told
            kept = {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{name}-{number}",
                    "namespace": NAMESPACE,
                    "labels": labels,
                    "annotations": {"deployment.kubernetes.io/revision": str(number)},
                    "ownerReferences": [
                        owner | {"uid": one["metadata"]["uid"], "controller": True}
                    ],
                },
                "spec": {
                    "replicas": 0,
                    "selector": {"matchLabels": spec["selector"]["matchLabels"] | told},
                    "template": template | {"metadata": template["metadata"] | {"labels": labels}},
                },
            }
            self.cluster.run("create", "--filename", "-", given=kept)

    def replicas(self, namespace: str = NAMESPACE) -> set[int]:
        """How many each Deployment is to have."""
        found = self.cluster.get("deployments", namespace=namespace)["items"]
        return {one["spec"]["replicas"] for one in found}


@pytest.fixture(scope="module")
def operator(
    cluster: Cluster, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Operator:
    """One before the first step, with an address of a store."""
    folder = tmp_path_factory.mktemp("operator")
    cluster.remove_namespace(NAMESPACE)
    asyncio.run(empty(redis_url))
    cluster.tried("create", "namespace", "monitoring")
    (folder / "redis-url").write_text(redis_url)
    return Operator(cluster, folder)


def test_the_suite_is_installed(operator: Operator) -> None:
    """Its secrets are made, everything is applied, and a caller gets a key that holds."""
    printed = operator.follows("install.md", "3. Secrets")
    assert "service credential: made" in printed
    assert operator.field("agent-memory-service", "api-key-pepper") in printed
    assert operator.field("agent-memory-admin", "admin-key") in printed
    operator.runs("kubectl -n agent-memory create serviceaccount default")
    operator.follows("install.md", "4. Everything else", "5. See that it works")
    assert (operator.folder / "first-key").read_text().startswith("am_")
    assert operator.images() == {"registry.example.org/agent-memory:0.1.0"}


def test_a_key_and_a_credential_are_rotated(operator: Operator) -> None:
    """Each in its way; what the services know one another by is another one in the end."""
    operator.follows("keys.md", "Rotate keys")
    in_toolbox = "kubectl -n agent-memory exec toolbox -- agent-memory"
    made = operator.runs(f"{in_toolbox} keys create --tenant acme --role writer")
    (key,) = re.findall(r"am_([a-z2-7]{16})_", made)
    operator.follows("keys.md", "A caller's key", KEY_ID=key)
    assert (operator.folder / "new-key").read_text().startswith(f"am_{key}_")
    first = operator.field("agent-memory-service", "service-credential")
    printed = operator.follows("keys.md", "The services' own key")
    rotated = (operator.folder / "service-credential").read_text().strip()
    last = operator.field("agent-memory-service", "service-credential")
    assert rotated.split("_")[1] == first.split("_")[1] != last.split("_")[1]
    assert len({first, rotated, last}) == 3
    assert "service credential: made" in printed
    operator.follows("keys.md", "The store's password", "What is not rotated")


def test_a_version_is_taken_up_and_taken_back(operator: Operator) -> None:
    """By its number in the overlay, or one service by itself; autoscalers keep what they set."""
    operator.runs("kubectl -n agent-memory scale deployment/extraction --replicas 7")
    operator.revise(1)
    operator.own_overlay("0.1.1")
    assert "agent-memory:0.1.1" in operator.follows("upgrade.md", "Upgrade")
    assert operator.images() == {"registry.example.org/agent-memory:0.1.1"}
    operator.revise(2)
    operator.follows("upgrade.md", "Roll back")
    both = {f"registry.example.org/agent-memory:{tag}" for tag in ("0.1.0", "0.1.1")}
    assert operator.images() == both
    operator.own_overlay("0.1.0")
    operator.runs('kubectl apply --server-side -k "$OVERLAY"')
    assert operator.images() == {"registry.example.org/agent-memory:0.1.0"}
    assert 7 in operator.replicas()


def test_a_restored_suite_serves_again(operator: Operator) -> None:
    """Nobody writes while the store is away, and everybody is back afterwards."""
    first, *between, last = operator.inline("backup.md", "Restore")
    operator.runs(first)
    assert operator.replicas() == {0}
    for line in [*between, last]:
        operator.runs(line)
    assert operator.replicas() == {2}


def test_it_is_installed_where_no_pod_may_talk_to_the_api_server(
    operator: Operator, redis_url: str
) -> None:
    """The pepper is one's own, and the toolbox makes the credential."""
    operator.cluster.remove_namespace(NAMESPACE)
    asyncio.run(empty(redis_url))
    operator.cluster.make_namespace(NAMESPACE)
    operator.runs("openssl rand -hex 32 > api-key-pepper")
    files = "--from-file=redis-url --from-file=api-key-pepper"
    operator.runs(f"kubectl -n agent-memory create secret generic agent-memory-store {files}")
    operator.follows("install.md", "Where no pod may talk to the API server")
    assert operator.field("agent-memory-service", "service-credential").startswith("am_")
    operator.follows("install.md", "4. Everything else", "5. See that it works")
    assert (operator.folder / "first-key").read_text().startswith("am_")


def test_the_overlay_to_try_it_is_installed(operator: Operator, redis_url: str) -> None:
    """With a store of its own, whose password is made on the way."""
    operator.cluster.remove_namespace(DEV)
    asyncio.run(empty(redis_url))
    page = (PAGES / "install.md").read_text()
    printed = ""
    for line in _lines(_part(page, "To try it: the overlay `dev`")):
        printed += operator.runs(line.replace("deploy/kubernetes", str(KUBERNETES)))
        if line.endswith("> redis-url"):
            assert "@redis:6379" in (operator.folder / "redis-url").read_text()
            # No node runs the store of the overlay, so the Job finds another one.
            (operator.folder / "redis-url").write_text(redis_url)
    assert "service credential: made" in printed
    assert operator.replicas(DEV) == {1}
