"""Words that say nothing about what is asked."""

from typing import Final

STOP_WORDS: Final = frozenset(
    """
    a an and any are as at be been being but by can could d did do does doing for from had has
    have having he her hers him his how i if in into is it its ll m me might must my of on or our
    ours re s shall she should so some such t than that the their theirs them then there these
    they this those to us ve was we were what when where which who whom whose why will with would
    you your yours
    """.split()  # noqa: SIM905 - a list would be a page long
)
