"""The defaults of ranking, in one place, with what they rest on."""

from dataclasses import dataclass
from typing import Final

from agent_memory_services.long_term_memory.domain.recency import Recency


@dataclass(frozen=True, slots=True)
class RecencyWeights(Recency):
    """Weights of recency beside the match, for a ranking.

    All but `found` are the caller's to set. `found` is the worth of being found by a search, where
    being stored is worth 1: asking the questions of LoCoMo one after the other, over memories of
    years ago, full worth brings the evidence among the first ten from 80 % down to 55 %, and an
    eighth costs nothing that could be measured.

    Attributes:
        semantic: share of the match in the score.
        recency: share of recency in the score.
        found: worth of an access as such.
    """

    semantic: float = 0.8
    recency: float = 0.2
    found: float = 0.125


@dataclass(frozen=True, slots=True)
class PartWeights:
    """Greatest worth of each part of a hybrid search, where a full match is worth 1.

    Chosen by coordinate search on halves of three conversations of LoCoMo and the shipped ones of
    four styles and ten languages together, tested on the other half, and rounded. The optimum is
    flat: halving or doubling any one of them costs at most two points of the evidence among the
    first ten.

    Attributes:
        neighbours: messages before and after that match.
        passage: the best match of a message nearby.
        session_best: the best match of the session.
        session_coverage: the question's words in the session.
        entities: the question's names as speaker or entity.
        time_nearness: the time that the question speaks of.
        told_time: telling a time where the question asks for one.
        kind: instances of the kinds that the question names.
    """

    neighbours: float = 0.3
    passage: float = 0.3
    session_best: float = 0.6
    session_coverage: float = 0.15
    entities: float = 0.3
    time_nearness: float = 0.2
    told_time: float = 0.3
    kind: float = 0.15


@dataclass(frozen=True, slots=True)
class Weights:
    """Defaults of everything a question may leave open.

    Attributes:
        dense: share of meaning against words, where both are on their absolute scales.
        dense_context: share in meaning of a memory together with the words around it.
        words_context: the same in words; a turn is often found by the question it answers.
        parts: worth of what speaks for a memory besides its own match.
        neighbour_reach: how many messages to each side speak for one.
        neighbour_decay: how much less each further one counts.
        other_speaker: worth of a speaker whom a question names besides the first one. Of LoCoMo's
            evidence among the first five, 77.1 % with 1, 77.3 with a half, 78.0 with a tenth and
            77.9 with 0.
        passage_reach: how many messages to each side count as nearby.
        passage_decay: what part of its worth a match nearby keeps for each message further away.
        neighbour_lone: what part of its own match a memory without neighbours has for them.
            With 1, facts beside the messages of LoCoMo push more answers out of the first five
            (`agent-memory eval extraction`); below 0.7 fewer words of facts are read in time.
        fact_lead: what part of its lead over the message that it was taken from a fact keeps. All
            that surrounds a message speaks for it or against it, and a fact has its own words
            alone. Of the evidence among the first five turns that messages and facts lead to, for
            LoCoMo and for the shipped conversations, 76.8 and 69.1 % with 1, 77.9 and 71.1 with a
            quarter, 77.7 and 69.9 with 0, and 77.3 and 69.3 among messages alone.
        reciprocal_rank_constant: the `k` of reciprocal rank fusion; 60 is the value of
            Cormack, Clarke and Buettcher (SIGIR 2009).
        recency: weights of recency.
        depth: how many memories each leg contributes at least, so that what ranks below the
            page on one leg can still be lifted onto it by the others.
        overfetch: the same as a multiple of the page.
        growth: by how much deeper the legs are read when they did not fill a page.
        max_depth: the most that a leg contributes.
        max_words: distinct words of a question that take part; a page of prose as a question
            says what it is about with its first words.
    """

    dense: float = 0.6
    dense_context: float = 0.5
    words_context: float = 0.7
    parts: PartWeights = PartWeights()
    neighbour_reach: int = 2
    neighbour_decay: float = 0.5
    other_speaker: float = 0.1
    passage_reach: int = 6
    passage_decay: float = 0.9
    neighbour_lone: float = 0.7
    fact_lead: float = 0.25
    reciprocal_rank_constant: int = 60
    recency: RecencyWeights = RecencyWeights()
    depth: int = 100
    overfetch: int = 3
    growth: int = 4
    max_depth: int = 10_000
    max_words: int = 96


DEFAULTS: Final = Weights()
