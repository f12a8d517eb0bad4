"""The archive of the protos, which users of other languages compile."""

import tarfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

import baseline
import protos_archive


def test_protoc_needs_nothing_beside_the_archive(tmp_path: Path) -> None:
    """Every proto of the product compiles, with all that it imports from the one folder."""
    with tarfile.open(protos_archive.write(tmp_path)) as archive:
        baseline.unpack(archive, tmp_path)
    (root,) = (path for path in tmp_path.iterdir() if path.is_dir())
    own = sorted(path.relative_to(root).as_posix() for path in root.glob("agent_memory/**/*.proto"))
    compiled = tmp_path / "compiled.binpb"
    options = [f"-I{root}", f"--descriptor_set_out={compiled}", "--include_imports"]
    assert protoc.main(["protoc", *options, *own]) == 0
    files = {file.name for file in FileDescriptorSet.FromString(compiled.read_bytes()).file}
    assert set(own) < files
    assert {name for name in files if not (root / name).exists()} == set()
    assert (root / "LICENSE").exists()


def test_compiled_protos_need_neither_rules_nor_http_forms(tmp_path: Path) -> None:
    """What generated code imports is of the product, of google.rpc, or well known."""
    with tarfile.open(protos_archive.write(tmp_path)) as archive:
        baseline.unpack(archive, tmp_path)
    (compiled,) = tmp_path.glob("*/clients.binpb")
    files = FileDescriptorSet.FromString(compiled.read_bytes()).file
    names = {file.name for file in files}
    assert {each for file in files for each in file.dependency} <= names
    packages = {"/".join(name.split("/")[:2]) for name in names}
    products = {"common", "extraction", "long_term_memory", "working_memory"}
    assert packages == {
        *(f"agent_memory/{each}" for each in products),
        *("google/protobuf", "google/rpc"),
    }


def test_the_archive_is_the_same_each_time(tmp_path: Path) -> None:
    """Nothing of it depends on when or where it is made."""
    first = protos_archive.write(tmp_path / "a").read_bytes()
    assert protos_archive.write(tmp_path / "b").read_bytes() == first
