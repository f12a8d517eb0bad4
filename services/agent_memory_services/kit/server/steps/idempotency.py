"""Step that executes a named call once, and repeats its first answer to repetitions."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from google.protobuf.message import Message
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract import clock, context, errors, ids
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.redis import keys, replay_cache
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.kit.server.call import Call, Pending, Step

log = structlog.get_logger()

_RETRY_SECONDS = 0.25
_PACKAGE: Final = "agent_memory_services.kit.server.steps"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer to be remembered, and for how many milliseconds."""

    body: bytes
    life: int


@script(_PACKAGE, "idempotency_begin")
def _begin(call: Key, *, digest: bytes, attempt: bytes, lease: int) -> Any:
    """Claim a call for so many milliseconds, or find what became of it."""


@script(_PACKAGE, "idempotency_renew")
def _renew(call: Key, *, attempt: bytes, lease: int) -> Any:
    """Keep a claim for so many more milliseconds."""


@script(_PACKAGE, "idempotency_finish")
def _finish(call: Key, *, attempt: bytes, digest: bytes, answer: _Answer | None) -> Any:
    """Conclude a claim, with the answer to remember or none."""


@dataclass(slots=True)
class _Claim:
    """The right of one attempt to execute a call, for as long as it renews its lease."""

    key: str
    life_ms: int
    digest: bytes
    attempt: bytes
    tenant: str
    concerned: replay_cache.Concerned
    begun: int
    renewal: asyncio.TimerHandle | None = None


class Idempotency(Step):
    """Remembers the answers of changing calls by their `request_id`, or by what stands for it.

    While a call runs its mark is a short lease, renewed by the process that runs it; when that
    process dies, a retry may execute again as soon as the lease is over. What a call changes is
    therefore idempotent by itself too, by ids that derive from the request id.
    """

    name = "idempotency"

    def __init__(
        self, policies: Iterable[MethodPolicy], store: Redis, *, lease_seconds: float = 10.0
    ) -> None:
        """Remember in `store`; a dead process blocks a retry for `lease_seconds` at most."""
        self._store = store
        self._lease_seconds = lease_seconds
        self._lease_ms = int(lease_seconds * 1000)
        self._methods = frozenset(p.full_name for p in policies if _names_itself(p))
        self._claims: dict[Call, _Claim] = {}
        self._renewals: set[asyncio.Task[None]] = set()

    def received(self, call: Call, message: Message) -> Pending:
        """Claim the call, or answer it from memory."""
        if call.policy.full_name not in self._methods:
            return None
        name = context.name_of(message.request_id, call.metadata)  # type: ignore[attr-defined] # see `_names_itself`
        return None if name is None else self._claim(call, message, name)

    def exit(self, call: Call) -> Pending:
        """Remember the answer; forget the claim of a call that failed."""
        claim = self._claims.pop(call, None)
        if claim is None:
            return None
        if claim.renewal is not None:
            claim.renewal.cancel()
        return self._conclude(claim, call.answer if call.error is None else None)

    async def _claim(self, call: Call, message: Message, name: context.CallName) -> None:
        caller = call.principal
        if caller is None:
            raise RuntimeError("idempotency stands after auth")
        # The handler derives ids from it, whichever way it came.
        message.request_id = name.request_id  # type: ignore[attr-defined] # see `_names_itself`
        claim = _Claim(
            key=_key(caller, call.policy, name.request_id),
            life_ms=name.life_ms,
            digest=_digest(message),
            attempt=secrets.token_bytes(8),
            tenant=caller.tenant,
            concerned=replay_cache.begin(),
            begun=clock.now_micros(),
        )
        # The key names the credential, which may well be a user's own.
        replay_cache.mark_subjects(*(caller.users or ()))
        # Noted first: a call that is cancelled while it waits here gives its claim back too.
        self._claims[call] = claim
        found, answer = await _begin(
            self._store,
            claim.key,
            digest=claim.digest,
            attempt=claim.attempt,
            lease=self._lease_ms,
        )
        if found == b"claimed":
            self._renew_later(claim)
            return
        del self._claims[call]
        if found == b"reused":
            raise errors.RequestIdReused
        if found == b"running":
            raise errors.RequestInProgress(_RETRY_SECONDS)
        call.answer = answer

    async def _conclude(self, claim: _Claim, answer: bytes | None) -> None:
        longest = claim.concerned.life_ms
        life_ms = claim.life_ms if longest is None else max(1, min(claim.life_ms, longest))
        remembered = None if answer is None else _Answer(answer, life_ms)
        try:
            if remembered:
                # First: an answer that nobody could find again could not be erased.
                await replay_cache.index_answer(
                    self._store, claim.tenant, claim.concerned, claim.key, life_ms
                )
            await _finish(
                self._store,
                claim.key,
                attempt=claim.attempt,
                digest=claim.digest,
                answer=remembered,
            )
            if remembered:
                await replay_cache.withdraw_if_erased(
                    self._store, claim.tenant, claim.concerned, claim.key, claim.begun
                )
        except RedisError as error:
            # What the call did is done and its answer is known; a lost mark only lets a retry
            # execute again, which its derived ids make harmless.
            log.warning("idempotency.unrecorded", error=type(error).__name__)

    def _renew_later(self, claim: _Claim) -> None:
        loop = asyncio.get_running_loop()
        claim.renewal = loop.call_later(self._lease_seconds / 3, self._renew_now, claim)

    def _renew_now(self, claim: _Claim) -> None:
        task = asyncio.get_running_loop().create_task(self._renewed(claim))
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)
        self._renew_later(claim)

    async def _renewed(self, claim: _Claim) -> None:
        try:
            await _renew(self._store, claim.key, attempt=claim.attempt, lease=self._lease_ms)
        except RedisError as error:
            log.warning("idempotency.not_renewed", error=type(error).__name__)


def _names_itself(policy: MethodPolicy) -> bool:
    fields = policy.request_type.DESCRIPTOR.fields_by_name
    return policy.mutating and not policy.streaming and "request_id" in fields


def _key(caller: context.Principal, policy: MethodPolicy, request_id: str) -> str:
    """Two credentials never share an answer, even inside one tenant.

    One subject may act for many, each time within other limits: none of them is answered for
    another, and none is in another's way. A caller may put anything into a request id, the id of
    a user too, who may be erased: neither it nor the limits can be read from the key.
    """
    limits = (caller.users, caller.namespaces)
    scope = repr([None if limit is None else sorted(limit) for limit in limits])
    call = ids.derived_id("call", caller.subject, policy.full_name, scope, request_id)
    return f"am:id:call:{keys.encode(caller.tenant)}:{call}"


def _digest(message: Message) -> bytes:
    """Return the digest of what a repetition must equal: the body, whose maps have no order."""
    return hashlib.sha256(message.SerializeToString(deterministic=True)).digest()
