"""Memories and sessions of redis/agent-memory-server, read from where it keeps or serves them.

Its store is read by `redis://host:port`, and the server itself by `http://host:port`. Both are
only read. Each item is what the REST API would answer for it, or the fields of its hash.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from redis.exceptions import RedisError

from agent_memory_services.kit.contract.environment import SecretUrl
from agent_memory_services.kit.redis.client import StoreAddressError, connect
from agent_memory_services.transfer_cli.files import TransferError

Item = dict[str, Any]

_MEMORIES: Final = "memory_idx:*"
_SESSIONS: Final = "working_memory:*"
_JSON: Final = b"ReJSON-RL"
_PAGE: Final = 100
_SECONDS: Final = 60.0
_SCHEMES: Final = ("http", "https")


async def items_of(address: str, token: str | None) -> list[Item]:
    """Read all sessions and memories at an address.

    Args:
        address: URL of the store, or of the server.
        token: Credential that the server asks for; sent as a bearer token.

    Raises:
        TransferError: It cannot be reached, or answers something else; the text never holds a
            credential.
    """
    if urllib.parse.urlsplit(address).scheme in _SCHEMES:
        return list(_served(address.rstrip("/"), token))
    try:
        async with connect(address) as client:
            return [item async for item in _stored(client)]
    except StoreAddressError as error:
        raise TransferError(str(error)) from None
    except RedisError as error:
        shown = SecretUrl(address).redacted
        raise TransferError(f"the store at {shown} cannot be read: {error}") from None


# The library's types know neither documents nor that nothing is decoded.
async def _stored(client: Any) -> AsyncIterator[Item]:
    """Yield the documents of sessions and the hashes of memories."""
    async for key in client.scan_iter(match=_SESSIONS, count=1000):
        if (session := await _session(client, key)) is not None:
            yield session
    async for key in client.scan_iter(match=_MEMORIES, count=1000):
        if await client.type(key) == b"hash":
            fields = await client.hgetall(key)
            yield {
                name.decode(): value.decode(errors="replace")
                for name, value in fields.items()
                if name != b"vector"
            }


async def _session(client: Any, key: bytes) -> Item | None:
    """Read a session; earlier releases kept it as a text, and their notes beside it."""
    kind = await client.type(key)
    if kind == _JSON:
        text = await client.execute_command("JSON.GET", key)
    elif kind == b"string":
        text = await client.get(key)
    else:
        return None
    found = json.loads(text or b"null")
    if not isinstance(found, dict):
        return None
    return {"session_id": key.decode(errors="replace").rpartition(":")[2], **found}


def _served(base: str, token: str | None) -> Iterator[Item]:
    """Yield what the REST API lists; its pages may overlap."""
    seen: set[str] = set()
    for page in _pages(
        lambda at: _get(f"{base}/v1/working-memory/", token, limit=_PAGE, offset=at)
    ):
        fresh = [name for name in page.get("sessions", ()) if name not in seen]
        seen.update(fresh)
        for name in fresh:
            quoted = urllib.parse.quote(name, safe="")
            yield {"session_id": name, **_get(f"{base}/v1/working-memory/{quoted}", token)}
        if not fresh:
            break
    seen.clear()
    search = f"{base}/v1/long-term-memory/search"
    for page in _pages(lambda at: _post(search, token, {"text": "", "limit": _PAGE, "offset": at})):
        new = [each for each in page.get("memories", ()) if each.get("id") not in seen]
        seen.update(str(each.get("id")) for each in new)
        yield from new
        if not new:
            break


def _pages(read: Any) -> Iterator[Mapping[str, Any]]:
    at = 0
    while True:
        yield read(at)
        at += _PAGE


def _get(url: str, token: str | None, **query: int) -> Any:
    asked = f"?{urllib.parse.urlencode(query)}" if query else ""
    return _answer(urllib.request.Request(url + asked), token)  # noqa: S310 - its scheme is known


def _post(url: str, token: str | None, body: Item) -> Any:
    data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return _answer(urllib.request.Request(url, data, headers), token)  # noqa: S310 - likewise


def _answer(request: urllib.request.Request, token: str | None) -> Any:
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - likewise
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        hint = "; give --source-token" if error.code in {401, 403} else ""
        raise TransferError(
            f"{request.full_url} answers {error.code} {error.reason}{hint}"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise TransferError(f"{request.full_url} cannot be read: {why}") from None
    if not isinstance(answer, dict):
        raise TransferError(f"{request.full_url} answers something else than it should")
    return answer
