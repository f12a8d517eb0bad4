"""English words that say the same, and words that may be left out.

Every entry here lets memories merge, so a pair that is only nearly the same does not belong here:
a paraphrase that is missed stays a second memory, a wrong one hides a fact.
"""

import re
from typing import Final

from agent_memory_services.language.en.words import stem

_SAME: Final = """
like enjoy love adore prefer
live reside dwell
have own possess
child kid
mother mom mum
father dad
begin start commence
finish complete
buy purchase
big large
movie film
photo picture photograph
bike bicycle
apartment flat
vacation holiday
color colour
favorite favourite
organize organise
difficult hard
afraid scared
ill sick
often frequently
rarely seldom
talk chat
job occupation profession
phone telephone
doctor physician
lawyer attorney
couch sofa
maybe perhaps
every each
"""

_DISLIKES: Final = "dislike hate detest loathe despise"

_EMPTY: Final = """
a an the am is are do does it its there just also very really quite actually basically currently
now presently still s m re ve ll d
"""

_NEUTRAL: Final = "at in of during"

_BINDING: Final = """
to from by with for on onto into about as over than before after until till since under above
below against instead except near behind between through around without unless if
"""

_JOINING: Final = ", ; and or"
_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)

_BEING: Final = "am are be been being get gets got is was were"
_HAVING: Final = "had has have"
_NOT_PAST: Final = """
children feet men mice people teeth women am are does has is goes being doing going scared
"""
_DAYS: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?"

_NUMBERS: Final = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS: Final = "first second third fourth fifth sixth seventh eighth ninth tenth"

SAME: Final = {
    stem(word): stem(family[0])
    for family in map(str.split, _SAME.strip().split("\n"))
    for word in family
}
"""The stem that stands for each stem of a family."""

DISLIKES: Final = frozenset(map(stem, _DISLIKES.split()))
"""Stems that mean not to like."""

EMPTY: Final = frozenset(_EMPTY.split())
"""Words without a part in what is said."""

NEUTRAL: Final = frozenset(_NEUTRAL.split())
"""Prepositions that may change their place, or give way to another of them."""

BINDING: Final = frozenset(_BINDING.split())
"""Words that give the next one its part: who is hired by whom, what comes before what."""

JOINING: Final = frozenset(_JOINING.split())
"""Words whose two sides may change places."""

NEGATIONS: Final = frozenset({"not", "no", "never", "nor", "neither", "none", "nothing", "nobody"})

PAST: Final = frozenset({"was", "were", "had", "did", "formerly", "previously"})
"""Words that tell of what is over."""

BEING: Final = frozenset(_BEING.split())
"""Words behind which a participle tells of what is done to somebody."""

AUXILIARIES: Final = BEING | frozenset(_HAVING.split())
"""Words behind which a participle does not tell of what is over."""

NOT_PAST: Final = frozenset(_NOT_PAST.split())
"""Forms that look like participles and tell no time."""

NUMBERS: Final = {
    **{word: number for number, word in enumerate(_NUMBERS.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), 2)},
}
"""Numbers that are written as words."""

ORDINALS: Final = {word: f"{number}th" for number, word in enumerate(_ORDINALS.split(), 1)}

REWORDED: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[\u2018\u2019]", "'"),
        (r"\bcan't stand\b|\bcannot stand\b", "dislikes"),
        (r"\bcan(?:'t|not)\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"\b(?:no longer|not (?=.*\bany ?more\b))", "no longer "),
        (r"\bany ?more\b", ""),
        (r"\bused to\b", "was"),
        (r"\bthe user\b", "user"),
        (r"\bi'm\b", "user is"),
        (r"\bi've\b", "user have"),
        (r"\bi'd (?:like|love)\b", "user would like"),
        (r"\bi'd\b", "user would"),
        (r"\bi'll\b", "user will"),
        (r"\b(?:i|me)\b", "user"),
        (r"^\W*my\b", "user"),
        (r"\bmy\b", "their"),
        (r"\bwould (?:like|love) to\b", "wants to"),
        (r"\bwork(?:s|ing)? out\b", "exercises"),
        (r"\b(?:works?|working|employed) as (?=an?\b)", "is "),
        (r"\b(?:is |am |are |be )?employed (?:at|by)\b", "works at"),
        (r"\bis working\b", "works"),
        (r"(?<!\bis )\b(?:working|who works) (?=(?:at|for)\b)", ""),
        (r"\bworks? for\b", "works at"),
        (r"\b(?:has|have) an? (\w+) allergy\b", r"is allergic to \1"),
        (r"\b(?:has|have) an allergy to\b", "is allergic to"),
        (r"\b(?:follows?|eats?|keeps?|is on) an? (\w+) diet\b", r"is \1"),
        (r"\b(?:is|are) (?:called|named)\b", "name is"),
        (r"\b(am|is|are|was|were|be|looks?|feels?|sounds?|seems?) like\b", r"\1 similar"),
        (r"\bevery day\b", "daily"),
        (r"\bevery week\b", "weekly"),
        (r"\b(?:is|am|are) based in\b", "lives in"),
        (r"\b(?:is|am|are) (?:fond of|keen on|into|a (?:big |huge |great )?fan of)\b", "likes"),
        (r"(?<=\d),(?=\d{3}\b)", ""),
        (r"(?<=\d)(?=[ap]\.?m\b)", " "),
        (r"\b(\d+)(?:st|nd|rd|th)\b", r"\1th"),
        (rf"\b({_MONTHS}) (?:the )?(\d+)th\b", r"\1 \2"),
        (rf"\b(?:the )?(\d+)th (?:of )?({_MONTHS})\b", r"\2 \1"),
        (rf"\b(\d+) (?:of )?({_MONTHS})\b", r"\2 \1"),
        (rf"\bon (?:the )?(?=\d|(?:{_MONTHS}|{_DAYS})\b)", ""),
        (r"\be-mail", "email"),
    )
)
"""Phrases and what they are read as, in order; the text is case-folded."""
