"""Reads a safetensors file by memory map.

The format: eight bytes of little-endian header length, a JSON header that gives each tensor's
type, shape and byte range, then the tensors' bytes. Source: the format section of
https://github.com/huggingface/safetensors.
"""

import json
import math
import mmap
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from agent_memory_services.long_term_memory.store.embeddings.base import EmbeddingMisconfigured

LENGTH_BYTES: Final = 8
MAX_HEADER_BYTES: Final = 100_000_000
"""The format's own limit."""


class TensorFile:
    """Float32 tensors of a file, mapped into memory read-only.

    Attributes:
        tensors: Each tensor by name, as long as this object lives or longer.
    """

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Map the file; its pages are read when they are first used.

        Args:
            path: The safetensors file.
            shapes: Name and shape of each tensor wanted; the file may hold more.

        Raises:
            EmbeddingMisconfigured: the file is cut short or malformed, or a tensor is missing or
                of another type or shape.
        """
        header, start = _read_header(path)
        with path.open("rb") as file:
            self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        data = np.frombuffer(self._mapping, dtype=np.uint8, offset=start)
        self.tensors = {
            name: _view(data, header.get(name), shape, f"{path}: {name}")
            for name, shape in shapes.items()
        }

    def release_pages(self) -> None:
        """Give back the memory of pages read so far; what is used again is read again."""
        if sys.platform != "win32":
            self._mapping.madvise(mmap.MADV_DONTNEED)


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        start = LENGTH_BYTES + length
        if not 0 < length <= MAX_HEADER_BYTES or path.stat().st_size <= start:
            raise EmbeddingMisconfigured(f"{path} is not a safetensors file")
        try:
            header = json.loads(file.read(length))
        except ValueError:
            raise EmbeddingMisconfigured(f"{path} has a malformed header") from None
    if not isinstance(header, dict):
        raise EmbeddingMisconfigured(f"{path} has a malformed header")
    return header, start


def _view(
    data: npt.NDArray[np.uint8], entry: Any, shape: tuple[int, ...], what: str
) -> npt.NDArray[np.float32]:
    match entry:
        case {"dtype": "F32", "shape": list(found), "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise EmbeddingMisconfigured(f"{what} is missing or not float32")
    if tuple(found) != shape or end - begin != 4 * math.prod(shape):
        raise EmbeddingMisconfigured(f"{what} has shape {found}, not {list(shape)}")
    if not 0 <= begin < end <= data.size:
        raise EmbeddingMisconfigured(f"{what} lies outside the file")
    return data[begin:end].view("<f4").reshape(shape)
