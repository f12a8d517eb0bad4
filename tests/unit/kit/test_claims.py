"""Claims in the form of the contract and back."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1 import memory_pb2
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.language.claims import Claim, ClaimModality, Quantity
from agent_memory_services.shared.claims import (
    MOST_CLAIMS,
    from_contract,
    language_of,
    read_into,
    to_contract,
)

RULES = ContractRules()
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
QUANTITIES = st.builds(Quantity, WORDS.map(lambda text: text[:16]), WORDS.map(lambda s: s[:16]))
CLAIMS = st.builds(
    Claim,
    WORDS,
    WORDS,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    negated=st.booleans(),
    modality=st.sampled_from(ClaimModality),
    quantities=st.lists(QUANTITIES, max_size=3).map(tuple),
    limits=st.lists(WORDS, max_size=3).map(tuple),
    single=st.booleans(),
    ended=st.booleans(),
)
LARGE = st.text("é", min_size=129, max_size=1_100)


@given(st.lists(CLAIMS, max_size=MOST_CLAIMS))
def test_claims_survive_the_contract(claims: list[Claim]) -> None:
    """Every field comes back, in order."""
    assert from_contract(to_contract(claims)) == tuple(claims)


@given(
    st.lists(
        CLAIMS
        | st.builds(Claim, LARGE, WORDS, WORDS)
        | st.builds(Claim, WORDS, LARGE, WORDS)
        | st.builds(Claim, WORDS, WORDS, LARGE)
        | st.builds(Claim, WORDS, WORDS, WORDS, limits=st.tuples(LARGE))
        | st.builds(Claim, WORDS, WORDS, WORDS, limits=st.just(("a",) * 17))
        | st.builds(Claim, WORDS, WORDS, WORDS, quantities=st.just((Quantity(""),)))
        | st.builds(Claim, WORDS, WORDS, WORDS, quantities=st.just((Quantity("1", "é" * 33),)))
        | st.builds(Claim, st.just(""), WORDS, WORDS),
        max_size=30,
    )
)
def test_no_claims_break_the_contract(claims: list[Claim]) -> None:
    """What is too large, or too much, is left out."""
    assert not RULES.violations(Memory(claims=to_contract(claims)))


def test_a_modality_of_a_later_release_is_a_fact() -> None:
    """So is one that nobody named."""
    given_ = [memory_pb2.Claim(modality=number) for number in (0, 99)]  # type: ignore[arg-type]
    assert {claim.modality for claim in from_contract(given_)} == {ClaimModality.FACT}


def test_only_what_has_no_claims_is_read() -> None:
    """English and what is in no language that is known at once, others by their packs."""
    own = memory_pb2.Claim(holder="a", relation="b")
    memories = [
        Memory(text="User lives in Rome"),
        Memory(text="User likes tea", claims=[own]),
        Memory(text="Ich wohne in Rom"),
        Memory(text="uses vim"),
    ]
    asked: list[Sequence[str]] = []

    def read(texts: Sequence[str]) -> list[list[Claim]]:
        asked.append(texts)
        return [[Claim("user", "live", "in rome")], []]

    assert read_into(memories, read) == [memories[0], memories[2]]
    assert asked == [["User lives in Rome", "uses vim"]]
    assert [len(each.claims) for each in memories] == [1, 1, 1, 0]
    assert language_of(Memory(text="a" * 1_001)) == ""
