"""Pack the protos with all that they import: `make protos-archive`.

`protoc -I` needs nothing beside the unpacked folder. `clients.binpb` in it holds the same protos,
compiled, without the imports of validation rules and HTTP forms, for code that needs no package for
them. Two runs over the same files make the same bytes.
"""

import argparse
import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from generate import ROOT
from generate_clients import contract
from versions import version

PROTOS = ROOT / "protos"
THIRD_PARTY = PROTOS / "third_party"
WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"


def contents() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file, in the order of their names in each part."""
    yield "clients.binpb", clients_image()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    for root, pattern in (
        (PROTOS, "agent_memory/**/*.proto"),
        (THIRD_PARTY, "**/*.proto"),
        (THIRD_PARTY, "**/LICENSE"),
        (WELL_KNOWN, "google/protobuf/*.proto"),
    ):
        for path in sorted(root.glob(pattern)):
            yield path.relative_to(root).as_posix(), path.read_bytes()


def clients_image() -> bytes:
    """Compile the protos as clients generate their code from them."""
    files = contract().file
    kept = [file for file in files if not file.name.startswith(("buf/", "google/api/"))]
    return FileDescriptorSet(file=kept).SerializeToString(deterministic=True)


def write(folder: Path) -> Path:
    """Write the archive into a folder; answers its path."""
    name = f"agent-memory-protos-{version()}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in contents():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.tar.gz"
    target.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return target


def main() -> None:
    """Write the archive and tell where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist")
    print(write(parser.parse_args().output))


if __name__ == "__main__":
    main()
