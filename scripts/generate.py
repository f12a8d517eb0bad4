"""Regenerate every file that comes from another: `make generate`; compare only: `--check`.

`--release` makes the last commit the release that later ones are compared with, and regenerates
nothing.

From the protos come the Python stubs, the service config (deadlines and retries) that every
client loads, in each language, the descriptor set that the gateway transcodes with and the
OpenAPI document that it serves; from these the gateway's configurations under `deploy`. From the
settings' models comes `docs/configuration.md`, from the asynchronous Python client the synchronous
one, and from `pyproject.toml` the version in every file that states it. Needs no network.
`scripts/generate_clients.py` makes the other clients' code.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import baseline
import versions
from openapi import Document

ROOT = Path(__file__).resolve().parent.parent
STUBS = ROOT / "clients/python/agent_memory"
CLIENT = ROOT / "clients/python/agent_memory_client"
SERVICE_CONFIG = STUBS / "service_config.json"
# The same for the other clients, which read it with what their languages have.
SERVICE_CONFIG_COPIES = (
    ROOT / "clients/typescript/src/gen/service_config.ts",
    ROOT / "clients/go/service_config.json",
    ROOT / "clients/java/src/main/resources/io/agentmemory/service_config.json",
)
GATEWAY_DESCRIPTORS = ROOT / "services/agent_memory_services/kit/contract/descriptors.binpb"
OPENAPI = GATEWAY_DESCRIPTORS.with_name("openapi.json")
VALIDATION_RULES = "buf/validate/validate.proto"
GATEWAY_EXTRAS = ("google/rpc/status.proto", "google/rpc/error_details.proto")
CONFIGURATION = ROOT / "docs/configuration.md"
# Configuration of a gateway -> how it is asked for.
_COMPOSE = (
    *("--working-memory", "working-memory:50051"),
    *("--long-term-memory", "long-term-memory:50051"),
    *("--extraction", "extraction:50051"),
    *("--console", "/srv/console"),
)
_KUBERNETES = (
    *("--working-memory", "working-memory-headless:50051"),
    *("--long-term-memory", "long-term-memory-headless:50051"),
    *("--extraction", "extraction-headless:50051"),
    *("--console", "/srv/console"),
)
_TLS = (
    *("--ca", "/etc/agent-memory/tls/ca.crt"),
    *("--certificate", "/etc/agent-memory/tls/tls.crt"),
    *("--key", "/etc/agent-memory/tls/tls.key"),
)
GATEWAYS = {
    "deploy/compose/envoy.json": _COMPOSE,
    "deploy/kubernetes/base/envoy.json": _KUBERNETES,
    "deploy/kubernetes/components/tls/envoy.json": (*_KUBERNETES, *_TLS),
}
POLICY_EXTENSION = "agent_memory.common.v1.policy"
REQUEST_ID = "request_id"
_GENERATED = "Generated from the protos by scripts/generate.py; do not edit."

# A repetition after UNAVAILABLE finds another replica. CANCELLED is what a caller sees of a server
# that ended with the call on its hands, and of other things: only where nothing can happen twice.
_UNAVAILABLE = ("UNAVAILABLE",)
_OR_CANCELLED = ("UNAVAILABLE", "CANCELLED")


def run(*command: str | Path) -> None:
    """Run a tool of this interpreter's environment."""
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=True)


def build_image(folder: Path) -> descriptor_pb2.FileDescriptorSet:
    """Compile the protos with buf, comments included."""
    path = folder / "image.binpb"
    run("buf", "build", "--as-file-descriptor-set", "-o", path)
    return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())


def own_files(image: descriptor_pb2.FileDescriptorSet) -> list[descriptor_pb2.FileDescriptorProto]:
    """The files of this product, without the vendored ones."""
    return [file for file in image.file if file.name.startswith("agent_memory/")]


def drop_import(image: descriptor_pb2.FileDescriptorSet, dropped: str = VALIDATION_RULES) -> None:
    """Remove the import of a file of options, of the validation rules where none is named.

    What they say stays in the options' bytes. The validator reads the rules from there, while
    generated code stays free of a top-level `buf` package that other distributions may also
    install.
    """
    for file in own_files(image):
        if dropped in file.dependency:
            position = list(file.dependency).index(dropped)
            if file.public_dependency or file.weak_dependency:
                raise SystemExit(f"{file.name}: public or weak imports would be renumbered")
            del file.dependency[position]


def generate_stubs(image: descriptor_pb2.FileDescriptorSet, folder: Path) -> None:
    """Write the Python stubs, with an `__init__.py` in every package."""
    for package in STUBS.iterdir():
        if package.is_dir():
            shutil.rmtree(package)
    path = folder / "stripped.binpb"
    path.write_bytes(image.SerializeToString())
    paths = [option for file in own_files(image) for option in ("--path", file.name)]
    run("buf", "generate", path, *paths)
    for stub in STUBS.rglob("*_pb2_grpc.pyi"):
        if not stub.with_suffix(".py").exists():
            stub.unlink()
    for directory in sorted({p.parent for p in STUBS.rglob("*_pb2.py")}):
        for package in (directory, directory.parent):
            (package / "__init__.py").touch()


def service_config(image: descriptor_pb2.FileDescriptorSet) -> dict[str, object]:
    """Two gRPC service configs, with our deadlines and the methods that take a name beside them.

    `service_config` is for any client: it repeats what may be repeated as it is.
    `named_calls_service_config` is for a client that gives every call of the methods in
    `named_by_request_id` an id of its own, by the field or by metadata: it repeats these too.

    Deadlines are kept apart from the config's own `timeout`, which fires early under load: a
    client sets them on each call.
    """
    pool = descriptor_pool.DescriptorPool()
    for file in image.file:
        pool.Add(file)
    extension: Any = pool.FindExtensionByName(POLICY_EXTENSION)
    options_type = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("google.protobuf.MethodOptions")
    )
    deadlines: dict[str, float] = {}
    reading: list[str] = []
    by_nature: list[str] = []
    by_name: list[str] = []
    for file in own_files(image):
        for service in file.service:
            name = f"{file.package}.{service.name}"
            for method in service.method:
                path = f"/{name}/{method.name}"
                options = options_type.FromString(method.options.SerializeToString())
                deadline = options.Extensions[extension].default_deadline
                if deadline.seconds or deadline.nanos:
                    deadlines[path] = deadline.seconds + deadline.nanos / 1e9
                if method.client_streaming or method.server_streaming:
                    continue
                level = method.options.idempotency_level
                if level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS:
                    reading.append(path)
                elif level == descriptor_pb2.MethodOptions.IDEMPOTENT:
                    by_nature.append(path)
                elif REQUEST_ID in pool.FindMessageTypeByName(method.input_type[1:]).fields_by_name:
                    by_name.append(path)
    return {
        "deadlines_seconds": deadlines,
        "named_by_request_id": by_name,
        "service_config": _config(
            _retried(reading, _OR_CANCELLED), _retried(by_nature, _UNAVAILABLE)
        ),
        "named_calls_service_config": _config(
            _retried([*reading, *by_nature, *by_name], _OR_CANCELLED)
        ),
    }


def _config(*methods: dict[str, object]) -> dict[str, object]:
    return {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": list(methods)}


def _retried(paths: list[str], codes: tuple[str, ...]) -> dict[str, object]:
    """How often the calls of some methods are made again after these codes."""
    names = [path.removeprefix("/").split("/") for path in paths]
    return {
        "name": [{"service": service, "method": method} for service, method in names],
        "retryPolicy": {
            "maxAttempts": 4,
            "initialBackoff": "0.1s",
            "maxBackoff": "2s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": list(codes),
        },
    }


def write_service_config(content: str) -> None:
    """Write the service config of every client."""
    SERVICE_CONFIG.write_text(f"{content}\n")
    for path in SERVICE_CONFIG_COPIES:
        path.parent.mkdir(parents=True, exist_ok=True)
        module = f"// {_GENERATED}\nexport const serviceConfig = {content};"
        path.write_text(f"{module if path.suffix == '.ts' else content}\n")


def gateway_descriptors(image: descriptor_pb2.FileDescriptorSet) -> bytes:
    """The descriptor set for JSON transcoding, without comments, error types included."""
    wanted: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    by_name = {file.name: file for file in image.file}

    def add(name: str) -> None:
        if name in wanted:
            return
        for dependency in by_name[name].dependency:
            add(dependency)
        wanted[name] = descriptor_pb2.FileDescriptorProto()
        wanted[name].CopyFrom(by_name[name])
        wanted[name].ClearField("source_code_info")

    for name in (*GATEWAY_EXTRAS, *(file.name for file in own_files(image))):
        add(name)
    return descriptor_pb2.FileDescriptorSet(file=wanted.values()).SerializeToString(
        deterministic=True
    )


def regenerate() -> None:
    """Write every generated file anew."""
    versions.stamp()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = build_image(folder)
        drop_import(image)
        generate_stubs(image, folder)
        write_service_config(json.dumps(service_config(image), indent=2))
        GATEWAY_DESCRIPTORS.write_bytes(gateway_descriptors(image))
        OPENAPI.write_text(json.dumps(Document(image).build(versions.version()), indent=1) + "\n")
    for path, options in GATEWAYS.items():
        write(ROOT / path, "-m", "agent_memory_services", "gateway", "config", *options)
    write(CONFIGURATION, "scripts/configuration_page.py")
    # In a process of its own, which imports the stubs as they are now.
    subprocess.run((sys.executable, "scripts/client.py"), cwd=ROOT, check=True)


def write(path: Path, *command: str) -> None:
    """Write what a command of this interpreter prints."""
    # In a process of its own, which imports the stubs as they are now.
    with path.open("w") as file:
        subprocess.run((sys.executable, *command), cwd=ROOT, stdout=file, check=True)


def generated_files() -> dict[Path, bytes]:
    """The generated files as they are on disk."""
    stubs = [path for path in STUBS.rglob("*_pb2*") if path.suffix in {".py", ".pyi"}]
    gateways = [ROOT / path for path in GATEWAYS]
    client = [*(CLIENT / "_sync").glob("*.py"), CLIENT / "models/_criteria.py"]
    outputs = [SERVICE_CONFIG, *SERVICE_CONFIG_COPIES, GATEWAY_DESCRIPTORS, OPENAPI, CONFIGURATION]
    outputs += [*stubs, *client, *gateways, *(ROOT / name for name in versions.STAMPED)]
    return {path: path.read_bytes() for path in outputs if path.exists()}


def main() -> None:
    """Regenerate, and with `--check` fail when that changed a file; or renew the release."""
    if "--release" in sys.argv[1:]:
        baseline.renew()
        return
    before = generated_files()
    regenerate()
    after = generated_files()
    if "--check" in sys.argv[1:]:
        changed = {path for path, _ in before.items() ^ after.items()}
        if changed:
            names = ", ".join(sorted(str(path.relative_to(ROOT)) for path in changed))
            sys.exit(f"generated files differed from their sources: {names}")


if __name__ == "__main__":
    main()
