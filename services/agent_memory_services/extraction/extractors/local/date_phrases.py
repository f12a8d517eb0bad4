"""Grammar of English date phrases: what may be read as a date, and nothing else.

The grammar is conservative on purpose. Words that are usually something else ("may", "march",
"sat", a bare number) count only next to what makes a date of them.
"""

import re
from typing import Final

from agent_memory_services.language.en.words import ANY_MONTH, ANY_WEEKDAY, SHORT_MONTH

_COUNT = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty"
    r"|a couple(?: of)?|a few|few|several)"
)
_UNIT = r"(?:day|week|weekend|fortnight|month|year|decade)"
_WEEKDAY = rf"(?:{ANY_WEEKDAY}|(?-i:Mon|Tues?|Weds?|Thurs?|Thu|Fri|Sat|Sun)\b\.?)"
_FULL_MONTH = (
    r"(?:january|february|april|june|july|august|september|october|november|december"
    r"|(?-i:May|March))(?!\w)"
)
_MONTH = rf"(?:{ANY_MONTH}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)(?!\w)"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_PART = r"(?: (?:morning|afternoon|evening|night))"
_YEAR = r"(?:19[3-9]\d|20[0-6]\d)(?![\w:%/-]|\.\d)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?![\w:%]|[.,]\d)"
_CLOCK_TIME = r"(?:\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\d{1,2}:\d\d|noon|midnight)"
_PREPOSITIONS = (
    r"(?:on|in|at|to|since|until|till|by|before|after|from|of|for|around|about|during|through"
    r"|back in)"
)


def _only_after_preposition(pattern: str) -> str:
    return rf"(?(preposition){pattern}|(?!))"


# "Sunday school": a weekday without a preposition before a noun is part of its name.
_NO_COMPOUND = (
    r"(?! (?!(?:at|in|on|with|and|or|but|for|to|from|by|because|when|after|before|until|till|if"
    r"|so|as|then"
    r"|next|last|this|week|the|a|an|I|we|he|she|it|they|you|my|our|your|his|her|their|not|of"
    r"|about|around"
    r"|lunchtime|noon|midday|midnight|early|late|first|again|instead|afternoon|evening|night"
    r"|morning"
    r"|via|around|through|since|only|too|already|sharp|please|thanks|is|was|are|were|will|works"
    r"|has|have|had"
    r"|came|went|am|do|did|does|would|can|could|should|must|while|where|between|w"
    r"|\w+ly)\b)[a-z]{3,})"
)
_FORMS = {
    "iso": r"\d{4}-\d\d-\d\d",
    "slashed": r"\d{1,2}/\d{1,2}/(?:\d\d)?\d\d",
    "before_last": r"(?P<before_last_unit>week|weekend|month|year) before last",
    "relative": (
        rf"(?:(?:day before )?yesterday|(?:day after )?tomorrow){_PART}?|today"
        r"|tonight|last night|this (?:very )?(?:morning|afternoon|evening)"
    ),
    "ago": (
        r"(?:about |around |almost |over |exactly )?"
        rf"(?P<ago_count>{_COUNT}) (?P<ago_unit>{_UNIT})s? (?P<ago_side>ago|from now)"
    ),
    "ahead": _only_after_preposition(
        rf"(?P<ahead_count>{_COUNT}) (?P<ahead_unit>{_UNIT})s?(?!['\w-]|'? (?:time|of)\b)"
    ),
    "dated": (
        rf"(?:{_WEEKDAY},? (?:the )?)?(?:{_DAY} (?:of )?{_MONTH}"
        rf"|{_MONTH} (?:the )?{_DAY}(?:-(?P<until>\d\d?))?(?!-?\d))"
        rf"(?:,? {_YEAR})?"
    ),
    "nth": _only_after_preposition(
        r"(?P<nth_day>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)(?=$|[,.;!?]| (?:at|and|but|so|because)\b)"
    ),
    "month_year": rf"(?:early |mid-? ?|late )?{_MONTH},? (?:of )?{_YEAR}",
    "season_year": rf"(?P<season_name>{_SEASON}) (?:of )?(?P<season_in>{_YEAR})",
    "which": (
        r"(?P<which_side>last|next|this(?: past| coming)?|past|coming) "
        rf"(?P<which_what>{_UNIT}|{_SEASON}|{_WEEKDAY}|{_MONTH})(?!['\w]s\b){_PART}?"
    ),
    "weekday": (
        rf"(?<!every )(?<!each )(?<!other )(?<!first )(?<!second )(?<!third )"
        rf"(?<!fourth ){ANY_WEEKDAY}(?!s?['\w-]|(?: (?:morning|afternoon|evening"
        rf"|night)s\b)){_PART}?(?(preposition)|{_NO_COMPOUND})"
    ),
    "month": _only_after_preposition(rf"(?:early |mid-? ?|late )?{_FULL_MONTH}(?! \d)"),
    "year": _only_after_preposition(rf"{_YEAR}(?! [a-z]+s\b)"),
}

DATE_PHRASE: Final = re.compile(
    rf"(?<![\w$€£#./-])(?:(?P<preposition>{_PREPOSITIONS}) )?(?:the )?(?:"
    + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _FORMS.items())
    + rf")(?!\w)(?P<clock>,? (?:at|around|@) (?P<time>{_CLOCK_TIME}))?",
    re.IGNORECASE,
)
"""A date with its preposition and its time of day; the form's name is the group that matched."""

CLOCK_FIRST: Final = re.compile(
    rf"\b(?P<clock>at {_CLOCK_TIME}) (?P<day>(?:on |this |next )?(?:tomorrow|today|{_WEEKDAY}))\b",
    re.IGNORECASE,
)
"""A time said before its day ("at 3pm tomorrow")."""

QUICK: Final = re.compile(
    r"\d|yesterday|today|to(?:night|morrow)|\b(?:last|next|this|past|coming) |\bago\b|\bfrom now\b"
    r"|\bin an? |\bin (?:two|three|four|five|six|seven|eight|nine|ten|twelve|several)\b"
    rf"|{ANY_WEEKDAY}|before last|\b{SHORT_MONTH}",
    re.IGNORECASE,
)
"""Cheap test that rules most sentences out."""

FORMS: Final = tuple(_FORMS)
"""The names of the forms, in the order in which they are tried."""
