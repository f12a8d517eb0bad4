"""The bytes of a request, damaged."""

import random
from collections.abc import Callable, Iterator, Sequence

_VARINTS = (0, 1, 127, 128, 2**31, 2**32 - 1, 2**53, 2**63, 2**64 - 1)
_TYPES = range(8)
_NUMBERS = (0, 1, 2, 3, 7, 15, 16, 30, 31, 99, 1000, 19_000, 2**29 - 1, 2**29)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A request's bytes after one to three kinds of damage."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(_DAMAGES)(data, chance)
    return data


def smaller(data: bytes) -> Iterator[bytes]:
    """The same bytes without a part, big parts first."""
    size = len(data) // 2
    while size:
        for start in range(0, len(data), size):
            yield data[:start] + data[start + size :]
        size //= 2


def varint(number: int) -> bytes:
    """A whole number as the wire has it."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def _tag(number: int, kind: int) -> bytes:
    return varint(number << 3 | kind)


def _truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 3)) if made else 0):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _garbage(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((1, 2, 5, 50, len(data))))


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.choice((0, len(data), chance.randrange(len(data) + 1)))
    return data[:at] + _field(chance) + data[at:]


def _field(chance: random.Random) -> bytes:
    """Any field with any wire type, known or not."""
    number, kind = chance.choice(_NUMBERS), chance.choice(_TYPES)
    payload = {
        0: varint(chance.choice(_VARINTS)),
        1: chance.randbytes(8),
        2: varint(3) + b"abc",
        3: _tag(number, 4),
        5: chance.randbytes(4),
    }.get(kind, b"")
    return _tag(number, kind) + payload


def _retagged(data: bytes, chance: random.Random) -> bytes:
    """The first tag with another wire type, or as another field."""
    if not data:
        return data
    changed = data[0] & ~7 | chance.choice(_TYPES)
    return bytes([changed if chance.random() < 0.5 else chance.randrange(256)]) + data[1:]


def _lying(data: bytes, chance: random.Random) -> bytes:
    """A length that says more than there is, or more than there can be."""
    said = chance.choice((len(data) + 1, 2**20, 2**31 - 1, 2**32, 2**63, 2**64 - 1))
    return data + _tag(chance.choice(_NUMBERS[1:8]), 2) + varint(said) + b"abc"


def _overlong(data: bytes, chance: random.Random) -> bytes:
    return data + _tag(chance.randrange(1, 20), 0) + b"\x80" * chance.choice((5, 9, 10, 11)) + b"\0"


def _not_a_text(data: bytes, chance: random.Random) -> bytes:
    """A string that is no UTF-8: lone surrogates, cut characters, overlong forms."""
    said = chance.choice((b"\xff", b"\xed\xa0\x80", b"\xc3", b"\xc0\x80", b"\xf4\x90\x80\x80"))
    return data + _tag(chance.randrange(1, 20), 2) + varint(len(said)) + said


def _nested(data: bytes, chance: random.Random) -> bytes:
    """Messages in messages of one number, or groups, deeper than parsers go."""
    number, depth = chance.choice((1, 2, 3, 4, 5, 6, 8, 30, 31, 99)), chance.choice((60, 99, 3000))
    if chance.random() < 0.3:
        return data + _tag(number, 3) * depth + _tag(number, 4) * depth
    inner = b""
    for _ in range(depth):
        inner = _tag(number, 2) + varint(len(inner)) + inner
    return data + inner


def _repeated(data: bytes, chance: random.Random) -> bytes:
    return data * chance.choice((2, 3, 50))


def _many_unknown(data: bytes, chance: random.Random) -> bytes:
    return data + _tag(chance.choice((99, 19_001)), 0) * 1 + b"\1" + (_tag(98, 0) + b"\1") * 20_000


_DAMAGES: Sequence[Callable[[bytes, random.Random], bytes]] = (
    *(_truncated, _flipped, _flipped, _garbage, _inserted, _inserted, _retagged, _lying),
    *(_overlong, _not_a_text, _not_a_text, _nested, _repeated, _many_unknown),
)
