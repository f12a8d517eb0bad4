"""The ways in which the index is asked; each leg finds memories and measures them its own way."""

from dataclasses import dataclass
from typing import Final, Protocol

from redis.commands.search.query import Query
from redisvl.index.index import SearchParams
from redisvl.query import VectorQuery

from agent_memory_services.long_term_memory.filtering.expression import Tag
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.answers import Row
from agent_memory_services.long_term_memory.records.documents import READ
from agent_memory_services.long_term_memory.scope import Selection
from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.normalise import similarities
from agent_memory_services.long_term_memory.search.question import Question
from agent_memory_services.long_term_memory.search.wording import Wording

_DISTANCE: Final = VectorQuery.DISTANCE_ID.encode()


class Leg(Protocol):
    """One way of asking."""

    @property
    def name(self) -> str:
        """Its name in explanations."""
        ...

    @property
    def weight(self) -> float:
        """Its share of the match; the shares of all legs of a search add up to 1."""
        ...

    def query(self, selection: Selection, depth: int) -> SearchParams | None:
        """Ask for the `depth` best memories of a selection; None where another leg finds them."""
        ...

    def value(self, found: Row) -> float:
        """What the engine measured of a memory."""
        ...

    def measure(self, found: Floats, wording: Wording) -> Floats:
        """What it measures of every candidate, in its own unit; NaN where it cannot tell.

        Args:
            found: `value` of each candidate, NaN for those that another leg found.
            wording: where the question's words occur in the candidates.
        """
        ...

    def scaled(self, values: Floats) -> Floats:
        """What it measured on the scale of 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class DenseLeg:
    """Nearness of vectors; measures the cosine distance, 0 to 2.

    Attributes:
        name: its name in explanations.
        weight: its share of the match.
        field: the vector field that is compared.
        vector: the question's vector, as bytes of float32.
        must: text that has to occur, in the engine's words; may be empty.
    """

    name: str
    weight: float
    field: str
    vector: bytes
    must: str = ""

    def query(self, selection: Selection, depth: int) -> SearchParams:
        """The nearest neighbours in the selection."""
        query = VectorQuery(
            self.vector,
            self.field,
            filter_expression=f"{selection.condition} {self.must}".rstrip(),
            num_results=depth,
        )
        return _reading(query), query.params

    def value(self, found: Row) -> float:
        """The cosine distance; rounding may leave the engine's a hair below zero."""
        return max(0.0, float(found.fields[_DISTANCE]))

    def measure(self, found: Floats, wording: Wording) -> Floats:  # noqa: ARG002 - words do not matter here
        """The distances that the engine measured."""
        return found

    def scaled(self, values: Floats) -> Floats:
        """The distances as similarities."""
        return similarities(values)


@dataclass(frozen=True, slots=True)
class WordLeg:
    """Words in common; measures the share of what the question's words are worth, 0 to 1.

    The engine's own scores decide what is found; see `bm25.py` for why they do not rank it.

    Attributes:
        name: its name in explanations.
        weight: its share of the match.
        question: the words.
        around: whether the words around a memory count as its own.
        finds: whether it looks for candidates, besides measuring those of others.
    """

    name: str
    weight: float
    question: Question
    around: bool = False
    finds: bool = True

    def query(self, selection: Selection, depth: int) -> SearchParams | None:
        """The best matches in the selection."""
        if not self.finds:
            return None
        match = self.question.match(around=self.around)
        query = (
            Query(f"{match} {_unscored(selection, match)}")
            .scorer("BM25STD")
            .with_scores()
            .paging(0, depth)
            .dialect(2)
        )
        return _reading(query), None

    def value(self, found: Row) -> float:
        """The engine's BM25 score."""
        return found.score or 0.0

    def measure(self, found: Floats, wording: Wording) -> Floats:  # noqa: ARG002 - see above
        """The match of the words in each candidate, whichever leg found it."""
        return (wording.around if self.around else wording.text).match()

    def scaled(self, values: Floats) -> Floats:
        """The match, which is on the scale."""
        return values


def _unscored(selection: Selection, match: str) -> str:
    """A selection in the engine's words, to stand behind the words that are looked for.

    The engine counts the tags of a condition as matched words. A weight of zero forbids that, but
    only on an intersection, hence the repeated tenant, and only on one that does not come first.

    Beside a condition the engine also loses most words of a memory that the condition did not
    lead it to. Stating the words in the condition once more leads it there; without that, the
    first hundred hold 64 % of LoCoMo's evidence instead of 76 %.
    """
    tenant = Tag(schema.TENANT, (selection.tenant,))
    return f"(({selection.condition} {tenant} {match})=>{{$weight:0}})"


def _reading(query: Query) -> Query:
    for field in READ:
        query.return_field(field, decode_field=False)
    return query
