"""Claims: what a statement holds of whom, in words that can be compared."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ClaimModality(StrEnum):
    """Reality of what a claim says."""

    FACT = "fact"
    PLAN = "plan"
    WISH = "wish"
    ABILITY = "ability"
    OBLIGATION = "obligation"
    POSSIBILITY = "possibility"
    INSTRUCTION = "instruction"
    """A wish about how an assistant behaves."""


END: Final = "end"
"""Relation of a claim that ends whatever else is said of its value."""
SWITCH: Final = "switch"
"""Relation of a claim that puts its value in the place of another of its kind."""
MOVE: Final = "move"
"""Relation of a claim that gives its value another time."""
CHANGE: Final = "change"
"""Relation of a claim that gives what its value names another number."""
OTHER: Final = "other"
"""Relation of a claim that holds the words of a statement which no other claim tells.

Its limit is `clause` where they say something for themselves."""
VERB: Final = "verb"
"""First word of a relation that is a verb as it was said, since its language lists no such."""
REASON: Final = "reason"
"""Limit of the words by which a statement gives the reason of what it says."""
NEVER: Final = "never"
"""Limit of a denial of what was once said to be so."""
CORRECTED: Final = "corrected"
"""Limit of what takes the place of something that was said by mistake."""
NAMED: Final = "named"
"""Limit of words that only name the user, and tell nothing of them."""
ONLY: Final = "only"
"""Limit of a claim beside which no other value holds."""
PAST: Final = "did"
"""First word of a relation that is over and done."""
SINCE: Final = "since"
"""First word of a limit that says when what holds now began, or when it ended."""
MANY_VALUED: Final = frozenset(
    """
    eat drink use play like read learn speak take have go drive ride visit see watch study buy want
    wear listen know meet fly sing cook teach make get
    """.split()  # noqa: SIM905 - a list would be a page long
)
"""Relations of which a holder has any number of values at a time."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it counts.

    Attributes:
        value: A decimal number without trailing zeros.
        unit: Its unit, or the noun that it counts; empty for a bare number.
    """

    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a statement holds.

    Attributes:
        holder: Of whom or what: "user", "user/sister", "anna".
        relation: Its kind, such as "live", "work", "like" or "phone number".
        value: The normalised content words in order, separated by blanks.
        negated: Whether it is denied.
        modality: How real it is.
        quantities: The numbers in the value.
        limits: Times and places to which it is limited.
        single: Whether its holder has one such value at a time.
        ended: Whether it says that the value holds no more.
    """

    holder: str
    relation: str
    value: str
    negated: bool = False
    modality: ClaimModality = ClaimModality.FACT
    quantities: tuple[Quantity, ...] = ()
    limits: tuple[str, ...] = ()
    single: bool = False
    ended: bool = False
