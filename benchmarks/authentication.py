"""What it costs to recognise a caller: with credentials seen lately, and with new ones.

Usage: python benchmarks/authentication.py [--checks N]

Fails where a check of a known credential takes 100 microseconds or more, or where the number of
keys makes either kind of check slower.
"""

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.auth.api_keys.key import Token
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.authenticator import Authenticator, open_authenticator
from agent_memory_services.kit.auth.credentials import CallCredentials
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.auth.settings import AuthSettings
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.redis.client import connect

PEPPER = b"p" * 32
NUMBERS_OF_KEYS = (10, 1_000, 20_000)
BOUND_MICROSECONDS = 100.0
# Above the noise of a shared machine; a check that looked at every key would grow a thousandfold.
GROWTH_BOUND = 5.0


def presented(token: str) -> CallCredentials:
    """A call with a bearer token."""
    return CallCredentials({"authorization": f"Bearer {token}"}, dict)


async def recognise(authenticator: Authenticator, call: CallCredentials) -> Principal:
    """The whole check, whether or not it needs a look-up."""
    found = authenticator.recognise(call)
    return found if isinstance(found, Principal) else await found


def cached(authenticator: Authenticator, call: CallCredentials, checks: int) -> float:
    """Microseconds of a check of a known credential, the best of ten rounds."""
    rounds = []
    for _ in range(10):
        start = time.perf_counter()
        for _ in range(checks):
            authenticator.recognise(call)
        rounds.append((time.perf_counter() - start) / checks)
    return min(rounds) * 1e6


async def first(check: Callable[[str], Awaitable[object]], tokens: list[str]) -> float:
    """Microseconds of the first check of a credential, the fastest tenth over `tokens`."""
    durations = []
    for token in tokens:
        start = time.perf_counter()
        await check(token)
        durations.append(time.perf_counter() - start)
    return statistics.quantiles(durations, n=10)[0] * 1e6


async def add_keys(store: Any, keyring: Keyring, count: int) -> list[str]:
    """Make so many keys, and answer the tokens of up to 200 of them."""
    key, token = await keyring.create(PEPPER, role=Role.READER, tenant="acme")
    tokens = [token]
    async with store.pipeline(transaction=False) as pipeline:
        for _ in range(count - 1):
            token = Token.new()
            like = replace(key, key_id=token.key_id, digest=token.digest(PEPPER))
            pipeline.zadd("am:auth:keys", {like.key_id: like.create_time})
            pipeline.hset(f"am:auth:key:{like.key_id}", mapping=like.to_hash())
            tokens.append(token)
        await pipeline.execute()
    return [token.text for token in tokens[:200]]


def issue(folder: Path, count: int) -> list[str]:
    """Publish a key set, and sign so many tokens by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    (folder / "keys.json").write_text(json.dumps({"keys": [{**public, "kid": "one"}]}))
    claims = {
        "iss": "issuer",
        "aud": "agent-memory",
        "exp": int(time.time()) + 3600,
        "tenant": "acme",
        "role": "reader",
    }
    return [
        jwt.encode({**claims, "sub": f"{n}"}, key, algorithm="ES256", headers={"kid": "one"})
        for n in range(count)
    ]


async def measure(folder: Path, checks: int) -> bool:
    """Print everything; whether it is within the bounds."""
    (folder / "pepper").write_bytes(PEPPER)
    tokens = issue(folder, 200)
    settings = AuthSettings.model_validate(
        {
            "auth": "api-key,jwt",
            "auth_recheck_seconds": 300,
            "api_key_pepper_file": folder / "pepper",
            "jwt_issuer": "issuer",
            "jwt_audience": "agent-memory",
            "jwt_key_set": (folder / "keys.json").as_uri(),
        }
    )
    known, new = [], []
    async with EmbeddedStore(folder / "store", fsync="no") as server, connect(server.url) as store:
        for count in NUMBERS_OF_KEYS:
            await store.flushall()
            keys = await add_keys(store, Keyring(ApiKeyStore(store)), count)
            async with open_authenticator(settings, store) as authenticator:

                async def check(token: str, by: Authenticator = authenticator) -> Principal:
                    return await recognise(by, presented(token))

                new.append(await first(check, keys))
                known.append(cached(authenticator, presented(keys[0]), checks))
            print(f"{count:>6} API keys: known {known[-1]:6.1f} us, new {new[-1]:7.1f} us")
        async with open_authenticator(settings, store) as authenticator:

            async def check_token(token: str) -> Principal:
                return await recognise(authenticator, presented(token))

            fresh = await first(check_token, tokens)
            token = cached(authenticator, presented(tokens[0]), checks)
        print(f"   ES256 token: known {token:6.1f} us, new {fresh:7.1f} us")
    growth = max(known[-1] / known[0], new[-1] / new[0])
    print(f"with {NUMBERS_OF_KEYS[-1] // NUMBERS_OF_KEYS[0]} times the keys: {growth:.2f} times")
    return max(*known, token) < BOUND_MICROSECONDS and growth < GROWTH_BOUND


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=20_000, help="checks in each round")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        within = asyncio.run(measure(Path(folder), arguments.checks))
    sys.exit(not within)


if __name__ == "__main__":
    main()
