"""Claims in the form of the contract and in that of the language house, which has no messages."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from agent_memory.common.v1 import memory_pb2
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language import foreign_claims
from agent_memory_services.language.claims import Claim, ClaimModality, Quantity
from agent_memory_services.language.recognition import ENGLISH, UNKNOWN, recognised

Reader: TypeAlias = Callable[[Sequence[str]], Sequence[Iterable[Claim]]]
"""Reads the claims of each of some English statements, all at once."""

MOST_CLAIMS: Final = 16
_REMEMBERED: Final = 1024
"""Claims, of up to ten kilobytes, that were compared last; each is compared with many."""
LONGEST_STATEMENT: Final = 1_000
"""Characters of a text that says one thing; what is longer says many."""
# What the contract allows, in bytes and in items.
_MAX_NAME: Final = 256
_MAX_VALUE: Final = 1024
_MAX_NUMBER: Final = 64
_MAX_ITEMS: Final = 16

_MODALITIES: Final = {
    each: memory_pb2.ClaimModality.Value(f"CLAIM_MODALITY_{each.name}") for each in ClaimModality
}
_NAMED: Final = {number: each for each, number in _MODALITIES.items()}


def to_contract(claims: Iterable[Claim]) -> list[memory_pb2.Claim]:
    """Return claims for a memory, but for those that are too large for the contract."""
    return [_to_message(claim) for claim in claims if _fits(claim)][:MOST_CLAIMS]


def from_contract(claims: Iterable[memory_pb2.Claim]) -> tuple[Claim, ...]:
    """Return the claims of a memory; a modality that this release does not know is a fact."""
    return tuple(_from_packed(claim.SerializeToString(deterministic=True)) for claim in claims)


@lru_cache(_REMEMBERED)
def _from_packed(packed: bytes) -> Claim:
    claim = memory_pb2.Claim.FromString(packed)
    return Claim(
        claim.holder,
        claim.relation,
        claim.value,
        negated=claim.negated,
        modality=_NAMED.get(claim.modality, ClaimModality.FACT),
        quantities=tuple(Quantity(each.value, each.unit) for each in claim.quantities),
        limits=tuple(claim.limits),
        single=claim.single,
        ended=claim.ended,
    )


def in_words(claims: Iterable[memory_pb2.Claim]) -> list[str]:
    """Return claims as a model reads them: whom, what kind, what, and what limits it."""
    return [" | ".join(filter(None, _words_of(claim))) for claim in from_contract(claims)]


def _words_of(claim: Claim) -> tuple[str, ...]:
    real = claim.modality is ClaimModality.FACT
    return (
        claim.holder,
        f"not {claim.relation}" if claim.negated else claim.relation,
        claim.value,
        "" if real else claim.modality.value,
        " and ".join(claim.limits),
        "over" if claim.ended else "",
    )


_ENGLISH_USER: Final = re.compile(
    r"(?:The )?[Uu]ser(?:['\u2019]s | (?:is|has|was|did|had|can|will|no longer|now|\w+s)\b)"
)
"""Beginning of an English statement, whatever names of other languages follow."""


def language_of(memory: memory_pb2.Memory) -> str:
    """Return the language in which a memory's claims are read; empty where none is read."""
    if len(memory.text) > LONGEST_STATEMENT:
        return ""
    return memory.language.partition("-")[0].lower() or _language_told(memory.text)


# A fact is compared many times.
@remembered(4096, longest=LONGEST_STATEMENT)
def _language_told(text: str) -> str:
    if _ENGLISH_USER.match(text):
        return ENGLISH
    language = foreign_claims.told_in(text) or recognised(text)
    # Too short a text is recognised as none; English is what most of those are.
    return ENGLISH if language == UNKNOWN else language


def read_foreign(memory: memory_pb2.Memory) -> tuple[Claim, ...]:
    """Return what a memory in another language than English claims; nothing for English."""
    language = language_of(memory)
    return foreign_claims.read(memory.text, language) if language != ENGLISH else ()


def read_into(memories: Iterable[memory_pb2.Memory], read: Reader) -> list[memory_pb2.Memory]:
    """Read the claims of the memories that have none and may have some; those that got any.

    It waits for the reader of English, so it belongs in a thread.
    """
    unread = [each for each in memories if not each.claims]
    english = [each for each in unread if language_of(each) == ENGLISH]
    found = read([each.text for each in english]) if english else []
    for memory, claims in zip(english, found, strict=True):
        memory.claims.extend(to_contract(claims))
    for memory in unread:
        if not memory.claims:
            memory.claims.extend(to_contract(read_foreign(memory)))
    return [each for each in unread if each.claims]


def _to_message(claim: Claim) -> memory_pb2.Claim:
    return memory_pb2.Claim(
        holder=claim.holder,
        relation=claim.relation,
        value=claim.value,
        negated=claim.negated,
        modality=_MODALITIES[claim.modality],
        quantities=[
            memory_pb2.Quantity(value=each.value, unit=each.unit) for each in claim.quantities
        ],
        limits=claim.limits,
        single=claim.single,
        ended=claim.ended,
    )


def _fits(claim: Claim) -> bool:
    names = (claim.holder, claim.relation, *claim.limits)
    numbers = [each.value for each in claim.quantities]
    units = [each.unit for each in claim.quantities]
    return (
        all(0 < len(each.encode()) <= _MAX_NAME for each in names)
        and all(0 < len(each.encode()) <= _MAX_NUMBER for each in numbers)
        and all(len(each.encode()) <= _MAX_NUMBER for each in units)
        and len(claim.value.encode()) <= _MAX_VALUE
        and max(len(claim.limits), len(numbers)) <= _MAX_ITEMS
    )
