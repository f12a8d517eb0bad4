"""Keys of the store: names in them, and the partitions that they are spread over."""

import re
import zlib

from redis.asyncio import Redis

_PLAIN = re.compile(r"[A-Za-z0-9]+").fullmatch
_ESCAPED = re.compile(rb"_([0-9a-f]{2})")
_EMPTY = "__"
_BYTES = tuple(
    chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"_{byte:02x}"
    for byte in range(256)
)


def encode(part: str) -> str:
    """Spell `part` in `[A-Za-z0-9_]`, so that it is special to no key, hash tag or query.

    ASCII letters and digits stay; every other byte of the UTF-8 form becomes `_` and two hex
    digits; the empty part is `__`. Two parts never share a spelling, and a non-empty part is a
    prefix of another exactly where its spelling is.
    """
    if not part:
        return _EMPTY
    if _PLAIN(part):
        return part
    return "".join([_BYTES[byte] for byte in part.encode()])


def decode(spelled: str) -> str:
    """The inverse of `encode`."""
    if spelled == _EMPTY:
        return ""
    return _ESCAPED.sub(_unescape, spelled.encode()).decode()


def _unescape(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())


def partition_of(count: int, *parts: str) -> int:
    """The partition, 0 to `count` - 1, of an identity; the same in every process and release."""
    checksum = 0
    for part in parts:
        data = part.encode()
        checksum = zlib.crc32(data, zlib.crc32(len(data).to_bytes(4, "big"), checksum))
    return checksum % count


class PartitionsMismatchError(Exception):
    """The store was created with another number of partitions, and sessions cannot move."""

    def __init__(self, stored: int, wanted: int, setting: str) -> None:
        super().__init__(
            f"the store has {stored} partitions, the settings say {wanted}: set {setting}={stored}"
        )


async def claim_partitions(client: Redis, key: str, wanted: int, *, setting: str) -> None:
    """Store the number of partitions under `key`, or check the one that is stored.

    Args:
        client: the store.
        key: key of the number.
        wanted: number that the settings say.
        setting: variable of the number, named in the error.

    Raises:
        PartitionsMismatchError: another number is in use.
    """
    await client.set(key, wanted, nx=True)
    stored = int(await client.get(key) or wanted)
    if stored != wanted:
        raise PartitionsMismatchError(stored, wanted, setting)
