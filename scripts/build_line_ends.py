"""Build the WebAssembly module by which the gateway refuses lines that end with LF alone.

The compiler is Zig's, which is needed for nothing else and so stands in no lock:

    pip install ziglang==0.17.0
    python scripts/build_line_ends.py

The module holds the digest of its source, so that a test knows whether the two belong together.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("line_ends.c")
MODULE: Final = SOURCE.parents[1] / "services/agent_memory_services/embedded/gateway/line_ends.wasm"
_FLAGS: Final = (
    *("-target", "wasm32-freestanding", "-Os", "-nostdlib", "-fno-builtin"),
    *("-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=16384"),
)
_SECTION: Final = b"source"


def digest_section(source: bytes) -> bytes:
    """Return a custom section of a module that holds the digest of its source."""
    content = bytes([len(_SECTION)]) + _SECTION + hashlib.sha256(source).digest()
    return bytes([0, len(content)]) + content


def main() -> None:
    """Compile the source and write the module."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, MODULE.name)
        compiler = [sys.executable, "-m", "ziglang", "cc"]
        subprocess.run([*compiler, *_FLAGS, "-o", built, SOURCE], check=True)
        MODULE.write_bytes(built.read_bytes() + digest_section(SOURCE.read_bytes()))


if __name__ == "__main__":
    main()
