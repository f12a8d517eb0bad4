"""Keys that may stay in the store without a time to live, and what removes each."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from redis import Redis

_PARTS: Final = {
    # A name that `kit.redis.keys.encode` spells: it holds no colon.
    "name": r"[A-Za-z0-9_]+",
    "id": r"[A-Za-z0-9_-]+",
    # A thread or one incarnation of it: a session's has a namespace, a summary view's has none.
    "thread": r"[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)+",
    # Values by which a summary view groups.
    "group": r"[^{}]+",
    "wm": r"am:wm:\{p\d\d\}",
    "ex": r"am:ex:\{p\d\d\}",
    "lt": r"am:lt:\{s\d\d\}",
}


@dataclass(frozen=True, slots=True)
class Family:
    """Keys of one form.

    Attributes:
        form: regular expression, with `<name>` and the like for the parts above.
        remover: code that removes such a key, or bounds what it holds.
        owner: key that exists as long as this one, with groups of the form; empty for none.
    """

    form: str
    remover: str
    owner: str = ""

    def match(self, key: str) -> re.Match[str] | None:
        """Match a whole key."""
        return _pattern(self.form).fullmatch(key)


@cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"<(\w+)>", lambda part: _PARTS[part[1]], form))


FAMILIES: Final = (
    # Working memory.
    Family(r"<wm>:s:<name>:<name>:<name>:meta", "the session's deletion or its lifetime"),
    Family(
        r"(<wm>:s:<name>:<name>:<name>):(?:log|ids|view|memories|placed)",
        "the session's deletion or its lifetime",
        owner=r"\1:meta",
    ),
    Family(r"<wm>:sessions:<name>(?::[nu]:<name>)*", "the last listed session's deletion"),
    Family(r"<wm>:(?:expiring|expiry|summaries)", "the last waiting session's deletion"),
    Family(r"(<wm>:summaries):(?:failed|traces)", "as the sessions that wait", owner=r"\1"),
    Family(r"<wm>:outbox(?::dead)?", "the relay, or an operator"),
    Family(r"<wm>:changes", "its length is bounded"),
    Family(r"am:wm:(?:partitions|relays)", "one per store"),
    # Extraction.
    Family(r"<ex>:(?:tenants|waiting|leases|finished|refresh|ended|erased)", "the queue's steps"),
    Family(r"<ex>:changes", "its length is bounded"),
    Family(r"<ex>:due:<name>", "the tenant's last claim"),
    Family(r"<ex>:jobs:<name>(?::\d)?", "the last job's end of retention"),
    Family(r"<ex>:jobs-of:<thread>", "the last job's end of retention"),
    Family(r"<ex>:job:<id>", "the job's end of retention"),
    Family(
        r"(<ex>):(?:messages|before|memories|results):(<id>)",
        "the job's end of retention",
        owner=r"\1:job:\2",
    ),
    Family(r"<ex>:open:<thread>", "the session's last job"),
    Family(
        r"(<ex>):(?:session|ahead|recent):(<thread>)",
        "its time to live, which begins with the session's last job",
        owner=r"\1:open:\2",
    ),
    Family(r"<ex>:latest:<thread>", "its time to live, as the session's"),
    Family(r"<ex>:owned:<name>:<name>", "its time to live, as the last session's"),
    Family(r"<ex>:blocked:<name>:<thread>", "the end of the job that runs"),
    Family(r"<ex>:views:<name>", "the last view's deletion"),
    Family(r"<ex>:view:<thread>", "the view's deletion"),
    Family(r"<ex>:summaries:<id>", "the edition's end"),
    Family(r"(<ex>):summary:(<id>):<group>", "the edition's end", owner=r"\1:summaries:\2"),
    Family(r"<ex>:about:<name>:<name>", "the last summary's end"),
    Family(r"am:ex:partitions", "one per store"),
    # Long-term memory.
    Family(r"<lt>:m:<name>:<name>", "the memory's deletion"),
    Family(r"<lt>:h:<name>:.*", "the memory's deletion"),
    Family(r"(<lt>):r:(<name>:<name>)", "its time to live after deletion", owner=r"\1:m:\2"),
    Family(r"<lt>:left:<name>:<name>", "its time to live, as the last revision's"),
    Family(r"<lt>:c:<name>", "its length is bounded"),
    Family(r"<lt>:d:<name>", "consolidation"),
    Family(r"<lt>:own:<name>:<name>", "the deletion of the owner's last memory"),
    Family(r"<lt>:ledger:<name>", "one per tenant"),
    Family(r"<lt>:tenants(?::sizes)?", "one member per tenant"),
    Family(r"<lt>:(?:layout|readers|words)", "one per shard"),
    # API keys.
    Family(r"am:auth:keys?(?::<id>)?", "the record of a key is kept after its end"),
)


def keys_of_product(redis: Redis) -> set[str]:
    """Return the names of all keys of the product."""
    return {key.decode() for key in redis.scan_iter(match="am:*", count=10_000)}


def stray_keys(redis: Redis, known: Collection[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Return keys of the product that nothing removes, each with the reason.

    Args:
        redis: Client of the store.
        known: Keys that were looked at before, and are not looked at again.
    """
    keys = sorted(keys_of_product(redis).difference(known))
    if not keys:
        return
    forms = [next(((f, m) for f in FAMILIES if (m := f.match(key))), None) for key in keys]
    owners = [found[1].expand(found[0].owner) if found else "" for found in forms]
    # At one moment: a server that still runs may remove a key and its owner meanwhile.
    with redis.pipeline(transaction=True) as pipeline:
        for key, owner in zip(keys, owners, strict=True):
            pipeline.ttl(key)
            pipeline.exists(owner)
        answers: Sequence[int] = pipeline.execute()
    states = zip(keys, forms, owners, answers[::2], answers[1::2], strict=True)
    for key, found, owner, ttl, owned in states:
        if ttl != -1:
            continue
        if found is None:
            yield key, "has no time to live, and no family of keys names what removes it"
        elif owner and not owned:
            yield key, f"has no time to live and outlived {owner}"
