"""The image and the compose file, with every command of theirs run outside a container."""

import asyncio
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.ports import free_port
from tests.e2e.conftest import eventually
from tests.support import dockerfile

# Installing everything takes its time, most of all from a registry far away.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose"
IMAGE = ROOT / "deploy" / "docker" / "Dockerfile"
SERVICES = ("long-term-memory", "extraction", "working-memory")
SECRETS = "/run/secrets"
# Whatever asked the network for something would be refused.
NO_NETWORK = {
    **dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
    ),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> dockerfile.Stage:
    """The image's last stage, built by its own steps in an empty folder."""
    return dockerfile.build(IMAGE, ROOT, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    loaded: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return loaded


def test_the_dockerfile_has_no_known_mistakes() -> None:
    """The usual linter finds nothing."""
    hadolint = Path(sys.executable).with_name("hadolint")
    subprocess.run([hadolint, IMAGE], check=True)


def test_the_image_is_built_on_a_digest_that_is_given(compose: dict[str, Any]) -> None:
    """It has no default, so no build is on what a tag means at the moment."""
    lines = [line.split() for line in IMAGE.read_text().splitlines() if line]
    given = {words[1] for words in lines if words[0] == "ARG" and "=" not in words[1]}
    bases = [words[1] for words in lines if words[0] == "FROM"]
    assert bases
    for base in bases:
        _, _, digest = base.partition("@")
        assert digest.removeprefix("${").removesuffix("}") in given, base
    for name in SERVICES:
        arguments = compose["services"][name]["build"]["args"]
        assert arguments.keys() == given
        assert all(value.startswith(f"${{{name}:?") for name, value in arguments.items())
    page = (ROOT / "docs/operations/install.md").read_text()
    assert all(f'--build-arg "{name}=' in page for name in given)


def test_the_compose_file_fits_its_schema() -> None:
    """Every key of it is one that compose knows."""
    check = Path(sys.executable).with_name("check-jsonschema")
    command: list[str | Path] = [
        check,
        "--builtin-schema",
        "vendor.compose-spec",
        COMPOSE / "compose.yaml",
    ]
    subprocess.run(command, check=True)


@pytest.mark.long
def test_the_image_is_nobodys_and_signals_arrive(image: dockerfile.Stage) -> None:
    """It runs under a number that is not root, and its process is the service itself."""
    assert int(image.user.partition(":")[0]) > 0
    assert image.entrypoint == ["agent-memory"]
    told = subprocess.run(
        [image.inside("/opt/agent-memory/venv/bin/agent-memory"), *image.command],
        env=image.variables(),
        capture_output=True,
        check=True,
        text=True,
    )
    assert "working-memory" in told.stdout


def test_containers_wait_for_the_drain(compose: dict[str, Any]) -> None:
    """No service is killed before it has had the time that its settings give it."""
    for name in SERVICES:
        service = compose["services"][name]
        assert int(service["stop_grace_period"].removesuffix("s")) > 5 + 20
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_the_gateway_is_the_one_that_is_tested(compose: dict[str, Any]) -> None:
    """Its image has the version of the Envoy that the tests run."""
    told = subprocess.run(
        [binaries.envoy(), "--version"], capture_output=True, check=True, text=True
    )
    version = compose["services"]["gateway"]["image"].partition(":v")[2]
    assert f"/{version}/" in told.stdout


@pytest.mark.long
async def test_what_compose_starts_serves(
    image: dockerfile.Stage, compose: dict[str, Any], tmp_path: Path
) -> None:
    """Built by the image's steps and started by compose's commands, it remembers, and ends well."""
    before = _files(image.root)
    async with _started(image, compose, tmp_path) as suite:
        key = suite.agent_memory("keys", "create", "--tenant", "acme", "--role", "writer")
        async with MemoryAPIClient(base_url=f"http://{suite.gateway}", api_key=key) as memory:
            said = {"role": "user", "content": "I prefer window seats, and I'm vegetarian."}
            await memory.append_messages_to_working_memory("trip", [said], user_id="alice")
            await memory.wait_for_extraction("trip", timeout=60)
            found = await memory.search_long_term_memory("What may I eat?")
        assert any("vegetarian" in hit.text for hit in found.memories)
        assert await suite.ended() == dict.fromkeys(SERVICES, 0)
    assert _files(image.root) == before


def _files(root: Path) -> set[Path]:
    """Everything in the image; its root is read-only, so nothing may be added at run time."""
    return set(root.rglob("*"))


class _Suite:
    """What compose would run, on ports of this machine."""

    def __init__(self, image: dockerfile.Stage, compose: dict[str, Any], folder: Path) -> None:
        self.folder = folder
        self.gateway = f"127.0.0.1:{free_port()}"
        self._services = compose["services"]
        self._image = image
        (mount,) = (each.split(":") for each in self._services["gateway"]["volumes"])
        assert mount[1:] == ["/srv/console", "ro"]
        self._console = (COMPOSE / mount[0]).resolve()
        self._addresses = {
            **{f"{name}:50051": f"127.0.0.1:{free_port()}" for name in SERVICES},
            "redis:6379": f"127.0.0.1:{free_port()}",
        }
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    def agent_memory(self, *arguments: str) -> str:
        """Run a command in the image, as `docker compose run working-memory` does."""
        command = [self._program("agent-memory"), *arguments]
        environment = self._environment("working-memory")
        ran = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        return ran.stdout.strip()

    async def start(self, name: str) -> None:
        """Start a service of the image and wait until its health check passes."""
        command = [*self._image.entrypoint, *self._services[name]["command"]]
        await self._spawn(
            name, self._program(command[0]), *command[1:], env=self._environment(name)
        )
        _, program, *rest = self._services[name]["healthcheck"]["test"]
        address = self._addresses[f"{name}:50051"]
        rest = [address if word == "127.0.0.1:50051" else word for word in rest]
        await self._healthy(name, self._program(program), *rest)

    async def start_redis(self) -> None:
        """Start the store under compose's settings."""
        address = self._addresses["redis:6379"]
        path = self.folder / "redis.conf"
        engine = [line for line in path.read_text().splitlines() if line.startswith("search-")]
        assert engine == [
            "search-on-timeout fail",
            "search-min-prefix 1",
            "search-max-prefix-expansions 1000000000",
        ]
        # The store here takes the engine's settings from its command line.
        own = [self._here(line) for line in path.read_text().splitlines() if line not in engine]
        path.write_text("\n".join(own).replace("dir /data", f"dir {self.folder}"))
        program, *_ = self._services["redis"]["command"]
        assert program == "redis-server"
        await self._spawn(
            "redis",
            *(str(binaries.valkey_server()), str(path)),
            *("--bind", "127.0.0.1", "--port", address.partition(":")[2]),
            *("--loadmodule", str(binaries.search_module()), "ON_TIMEOUT", "FAIL"),
            *("MINPREFIX", "1", "MAXPREFIXEXPANSIONS", "1000000000"),
        )

    async def start_gateway(self) -> None:
        """Start the gateway with compose's configuration, apart from addresses."""
        program, *arguments = self._services["gateway"]["command"]
        assert program == "envoy"
        path = self.folder / "envoy.json"
        config = json.loads(path.read_text())
        for cluster in config["static_resources"]["clusters"]:
            for endpoint in cluster["load_assignment"]["endpoints"]:
                self._move(endpoint["lb_endpoints"][0]["endpoint"]["address"])
        listener = config["static_resources"]["listeners"][0]
        port = int(self.gateway.partition(":")[2])
        listener["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
        path.write_text(json.dumps(config).replace("/srv/console", str(self._console)))
        arguments = [str(path) if word == "/etc/envoy/envoy.json" else word for word in arguments]
        await self._spawn("gateway", str(binaries.envoy()), *arguments)
        _, shell, *rest = self._services["gateway"]["healthcheck"]["test"]
        rest = [
            word.replace("127.0.0.1/8000", f"127.0.0.1/{port}").replace("$$", "$") for word in rest
        ]
        await self._healthy("gateway", shell, *rest)

    async def ended(self) -> dict[str, int]:
        """Exit codes of the services, told to stop as an engine tells them."""
        codes = {}
        for name in reversed(SERVICES):
            process = self._processes.pop(name)
            process.terminate()
            codes[name] = await asyncio.wait_for(process.wait(), 40)
        return codes

    async def stop(self) -> None:
        """End whatever still runs."""
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _program(self, name: str) -> str:
        return str(self._image.inside(f"/opt/agent-memory/venv/bin/{name}"))

    def _environment(self, name: str) -> dict[str, str]:
        told = {
            key: self._here(value) for key, value in self._services[name]["environment"].items()
        }
        told["AGENT_MEMORY_LISTEN"] = self._addresses[f"{name}:50051"]
        told["AGENT_MEMORY_METRICS_LISTEN"] = "127.0.0.1:0"
        # Its collector is not ours to run.
        assert told.pop("AGENT_MEMORY_TRACES_ENDPOINT") == "http://collector:4317"
        told["AGENT_MEMORY_LAME_DUCK_SECONDS"] = "0"
        return self._image.variables({**told, **NO_NETWORK})

    def _here(self, value: str) -> str:
        value = value.replace(SECRETS, str(self.folder / "secrets"))
        if value.startswith("${") and value.endswith(":-}"):
            return ""
        return self._addresses.get(value, value)

    def _move(self, address: dict[str, Any]) -> None:
        socket = address["socket_address"]
        host, port = self._addresses[f"{socket['address']}:{socket['port_value']}"].split(":")
        address["socket_address"] = {"address": host, "port_value": int(port)}

    async def _spawn(self, name: str, *command: str, env: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("w") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *command, env=env, stdout=log, stderr=log, cwd=self.folder
            )

    async def _healthy(self, name: str, *check: str) -> None:
        async def holds() -> bool:
            log = (self.folder / f"{name}.log").read_text()
            assert self._processes[name].returncode is None, log
            return await asyncio.to_thread(subprocess.call, check, stderr=subprocess.DEVNULL) == 0

        await eventually(holds, within=90)

    def put_store_address_into_its_url(self) -> None:
        """Where the store is on this machine, with the password that was made for it."""
        path = self.folder / "secrets" / "redis_url"
        path.write_text(path.read_text().replace("redis:6379", self._addresses["redis:6379"]))


@asynccontextmanager
async def _started(
    image: dockerfile.Stage, compose: dict[str, Any], folder: Path
) -> AsyncIterator[_Suite]:
    """Follow README.md: prepare, the store, the services' key, everything else."""
    here = _prepared(folder)
    suite = _Suite(image, compose, here)
    async with AsyncExitStack() as running:
        running.push_async_callback(suite.stop)
        suite.put_store_address_into_its_url()
        await suite.start_redis()
        for arguments, target in _key_commands():
            (here / target).write_text(suite.agent_memory(*arguments))
        for name in SERVICES:
            await suite.start(name)
        await suite.start_gateway()
        yield suite


def _prepared(folder: Path) -> Path:
    """A copy of compose's folder with secrets of its own."""
    here = folder / "compose"
    shutil.copytree(COMPOSE, here, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([here / "prepare.sh"], check=True)
    return here


def _key_commands() -> Iterator[tuple[list[str], str]]:
    """What README.md runs in the image to fill a file of secrets."""
    start = "docker compose run --rm --no-TTY working-memory "
    for line in (COMPOSE / "README.md").read_text().splitlines():
        if line.startswith(start) and " > " in line:
            command, target = line.removeprefix(start).split(" > ")
            yield shlex.split(command), target
