"""The global names that a Lua script reads or writes, told by its compiled form."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_GETGLOBAL, _SETGLOBAL = 5, 7
_HEADER = 12


@dataclass(slots=True)
class _Reader:
    """Bytes of a compiled chunk of Lua 5.1, on a machine of 64 bits, read from the start on."""

    data: bytes
    at: int = _HEADER

    def number(self, kind: str) -> int:
        """The next number of a format of `struct`."""
        size = struct.calcsize(f"<{kind}")
        (value,) = struct.unpack_from(f"<{kind}", self.data, self.at)
        self.at += size
        return int(value)

    def text(self) -> str:
        """The next string, which ends with a zero byte."""
        size = self.number("Q")
        self.at += size
        return self.data[self.at - size : self.at - 1].decode(errors="replace") if size else ""

    def constant(self) -> str:
        """The next constant; empty where it is no string."""
        kind = self.number("B")
        if kind == 4:
            return self.text()
        self.at += {0: 0, 1: 1, 3: 8}[kind]
        return ""


def global_names(compiled: bytes) -> set[str]:
    """Name the globals of a compiled script and of all functions in it."""
    return set(_names(_Reader(compiled)))


def _names(reader: _Reader) -> Iterator[str]:
    reader.text()
    reader.at += 4 + 4 + 4
    code = [reader.number("I") for _ in range(reader.number("I"))]
    constants = [reader.constant() for _ in range(reader.number("I"))]
    for instruction in code:
        if instruction & 0x3F in (_GETGLOBAL, _SETGLOBAL):
            yield constants[instruction >> 14]
    for _ in range(reader.number("I")):
        yield from _names(reader)
    lines = reader.number("I")
    reader.at += 4 * lines
    for _ in range(reader.number("I")):
        reader.text()
        reader.at += 8
    for _ in range(reader.number("I")):
        reader.text()
