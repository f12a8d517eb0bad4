"""Operations on API keys: make, show, rotate, revoke."""

from collections.abc import AsyncIterator, Callable

from agent_memory_services.kit.auth.api_keys.key import ApiKey, Token, is_key_id
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.clock import now_micros

_MICROS = 1_000_000


class UnknownKeyError(Exception):
    """There is no key of this id."""

    def __init__(self) -> None:
        super().__init__("there is no key of this id; `agent-memory keys list` shows all")


class EndedKeyError(Exception):
    """The key is expired or revoked, so it can get no new token."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the key is {state}; create another one")


class Keyring:
    """The keys of a deployment. A token is shown once, when it is made."""

    def __init__(self, store: ApiKeyStore, *, clock: Callable[[], int] = now_micros) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self,
        pepper: bytes,
        *,
        role: Role,
        tenant: str = "",
        name: str = "",
        users: frozenset[str] | None = None,
        namespaces: frozenset[str] | None = None,
        lifetime: float | None = None,
    ) -> tuple[ApiKey, Token]:
        """Make a key that works for `lifetime` seconds, or until it is revoked.

        Raises:
            ValueError: role, tenant and limits do not fit together.
        """
        token, now = Token.new(), self._clock()
        key = ApiKey(
            key_id=token.key_id,
            name=name,
            role=role,
            tenant=tenant,
            users=users,
            namespaces=namespaces,
            digest=token.digest(pepper),
            create_time=now,
            expire_time=None if lifetime is None else now + int(lifetime * _MICROS),
        )
        await self._store.add(key)
        return key, token

    async def keep(
        self, pepper: bytes, token: Token, *, role: Role, tenant: str = "", name: str = ""
    ) -> ApiKey:
        """Make the key of a token that is kept elsewhere; one of its id stays as it is.

        Raises:
            ValueError: role and tenant do not fit together.
        """
        if (found := await self._store.get(token.key_id)) is not None:
            return found
        key = ApiKey(
            key_id=token.key_id,
            name=name,
            role=role,
            tenant=tenant,
            digest=token.digest(pepper),
            create_time=self._clock(),
        )
        await self._store.add(key)
        return key

    async def get(self, key_id: str) -> ApiKey:
        """The key of an id.

        Raises:
            UnknownKeyError: there is none.
        """
        key = await self._store.get(key_id) if is_key_id(key_id) else None
        if key is None:
            raise UnknownKeyError
        return key

    async def all(self, tenant: str | None = None) -> AsyncIterator[ApiKey]:
        """Every key, the oldest first, or those of one tenant."""
        async for key in self._store.all():
            if tenant is None or key.tenant == tenant:
                yield key

    async def rotate(self, pepper: bytes, key_id: str, *, overlap: float) -> Token:
        """Give a key another token; the one before works for `overlap` seconds more.

        Raises:
            UnknownKeyError: there is no such key.
            EndedKeyError: it is expired or revoked.
        """
        key, now = await self.get(key_id), self._clock()
        if (state := key.state(now)) != "active":
            raise EndedKeyError(state)
        token = Token.new(key_id)
        await self._store.change(
            key_id,
            {
                "digest": token.digest(pepper),
                "previous_digest": key.digest,
                "previous_until": now + int(overlap * _MICROS),
            },
        )
        return token

    async def revoke(self, key_id: str) -> None:
        """End a key; repeating it keeps the first moment.

        Raises:
            UnknownKeyError: there is no such key.
        """
        key = await self.get(key_id)
        if key.revoke_time is None:
            await self._store.change(key_id, {"revoke_time": self._clock()})
