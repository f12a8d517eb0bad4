"""Number of partitions of a store, which the first process fixes for good."""

from redis.asyncio import Redis


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
