"""The generated code of the clients: when it is stale, and what Java gets."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet, MethodOptions

import generate_clients
import protoc_gen_grpc_java

ROOT = Path(__file__).parents[2]
LANGUAGE = generate_clients.Language(tools=(), output=ROOT, plugins=())


def contract() -> FileDescriptorSet:
    """A contract of one service."""
    file = FileDescriptorProto(name="agent_memory/x/v1/x.proto", package="agent_memory.x.v1")
    file.options.java_package = "io.agentmemory.x.v1"
    for name in ("GetRequest", "GetResponse"):
        file.message_type.add(name=name)
    service = file.service.add(name="XService")
    method = service.method.add(
        name="GetXy",
        input_type=".agent_memory.x.v1.GetRequest",
        output_type=".agent_memory.x.v1.GetResponse",
    )
    method.options.idempotency_level = MethodOptions.NO_SIDE_EFFECTS
    watch = service.method.add()
    watch.CopyFrom(method)
    watch.name, watch.server_streaming = "WatchXy", True
    return FileDescriptorSet(file=[file])


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Code of two languages, one of them without its toolchain, made of the contract as it is."""
    digests = {}
    languages = {}
    for name, tools in (("here", ()), ("away", ("no-such-program",))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.txt").write_text("code")
        languages[name] = replace(LANGUAGE, tools=tools, output=tmp_path / name)
        digests[name] = generate_clients.digests(contract(), languages[name])
    (tmp_path / "generated.json").write_text(json.dumps(digests))
    monkeypatch.setattr(generate_clients, "LANGUAGES", languages)
    monkeypatch.setattr(generate_clients, "DIGESTS", tmp_path / "generated.json")
    return tmp_path


@pytest.mark.usefixtures("generated")
def test_code_that_was_made_of_the_contract_is_not_stale() -> None:
    """It passes, with a toolchain and without."""
    assert generate_clients.stale(contract()) == []
    generate_clients.check(contract())


@pytest.mark.parametrize("change", ["contract", "code", "more code"])
def test_a_change_of_the_contract_or_of_the_code_is_noticed(
    generated: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is an error where the toolchain is there, and a line where it is not."""
    image = contract()
    for name in ("here", "away"):
        if change == "contract":
            image.file[0].message_type[0].field.add(name="more", number=1)
        elif change == "code":
            (generated / name / "code.txt").write_text("changed")
        else:
            (generated / name / "more.txt").write_text("more")
    assert generate_clients.stale(image) == ["here", "away"]
    with pytest.raises(SystemExit, match="generated code of here differs"):
        generate_clients.check(image)
    assert "the away code differs from the protos; no no-such-program" in capsys.readouterr().out


def test_java_gets_stubs_and_a_client_of_each_service() -> None:
    """Named as grpc-java names them, with what the contract says of repetitions."""
    image = contract()
    asked = CodeGeneratorRequest(file_to_generate=[image.file[0].name], proto_file=image.file)
    files = {file.name: file.content for file in protoc_gen_grpc_java.answer(asked).file}
    assert set(files) == {
        "io/agentmemory/x/v1/XServiceGrpc.java",
        "io/agentmemory/x/v1/XServiceClient.java",
    }
    stubs = files["io/agentmemory/x/v1/XServiceGrpc.java"]
    for name in (
        "GET_XY",
        "getGetXyMethod()",
        ".setSafe(true)",
        "newBlockingStub",
        "newFutureStub",
    ):
        assert name in stubs
    client = files["io/agentmemory/x/v1/XServiceClient.java"]
    assert "public io.agentmemory.x.v1.GetResponse getXy(" in client
    assert "public AnswerStream<io.agentmemory.x.v1.GetResponse> watchXy(" in client


def test_all_clients_have_the_version_of_the_product() -> None:
    """In the words of each package registry."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    package = json.loads((ROOT / "clients/typescript/package.json").read_text())
    lock = json.loads((ROOT / "clients/typescript/package-lock.json").read_text())
    pom = ET.parse(ROOT / "clients/java/pom.xml")
    of_pom = pom.findtext("{http://maven.apache.org/POM/4.0.0}version")
    assert {package["version"], lock["version"], of_pom} == {version}


def test_locks_name_no_registry() -> None:
    """An installation asks the registry that its machine is set to."""
    lock = json.loads((ROOT / "clients/typescript/package-lock.json").read_text())
    assert [name for name, each in lock["packages"].items() if "resolved" in each] == []
