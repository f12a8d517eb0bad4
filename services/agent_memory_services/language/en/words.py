"""English words: stems, irregular forms and stop words.

The engine has stems of its own, which decide what it finds. These decide how what was found
compares, and they also know irregular forms. The endings are English; a word of another language
at worst loses the same ending on both sides.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered

_FAMILIES: Final = """
be been being am is are was were
become became
begin began begun
bite bit bitten
blow blew blown
break broke broken
bring brought
build built
burn burnt
buy bought
catch caught
child children
choose chose chosen
come came
deal dealt
dig dug
do did done does doing
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feel felt
fight fought
find found
fly flew flown
foot feet
forget forgot forgotten
forgive forgave forgiven
freeze froze frozen
get got gotten
give gave given
go goes went gone going
grow grew grown
hang hung
have had has
hear heard
hide hid hidden
hold held
keep kept
know knew known
lead led
learn learnt
leave left
lend lent
lose lost
make made
man men
mean meant
meet met
mouse mice
pay paid
person people
ride rode ridden
ring rang rung
rise rose risen
run ran
say said
see saw seen
seek sought
sell sold
send sent
shake shook shaken
shoot shot
show shown
sing sang sung
sink sank sunk
sit sat
sleep slept
speak spoke spoken
spend spent
stand stood
steal stole stolen
strike struck
swear swore sworn
swim swam swum
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
tooth teeth
understand understood
wake woke woken
wear wore worn
win won
woman women
write wrote written
"""

IRREGULAR: Final = {
    form: family[0] for family in map(str.split, _FAMILIES.split("\n")) for form in family[1:]
}
"""The plain word of each irregular form."""

_NO_VERBS: Final = frozenset({"be", "child", "foot", "man", "mouse", "person", "tooth", "woman"})
_PASTS: Final = (
    {
        family[0]: family[1]
        for family in map(str.split, _FAMILIES.split("\n"))
        if family and family[0] not in _NO_VERBS
    }
    | {"do": "did", "be": "was"}
    | {
        verb: verb
        for verb in (
            "put",
            "cut",
            "hit",
            "let",
            "set",
            "cost",
            "hurt",
            "read",
            "quit",
            "shut",
            "spread",
        )
    }
)


_VOWELS: Final = frozenset("aeiouy")
_SHORTEST: Final = 3
_LONGEST_WORD: Final = 64
_KEPT_DOUBLE: Final = frozenset("lsz")


@remembered(16_384, longest=_LONGEST_WORD)
def stem(word: str) -> str:
    """Return the stem that the forms of a case-folded word share."""
    word = IRREGULAR.get(word, word)
    if len(word) <= _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    return _final(_tense(_number(word)))


def _number(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST + 1:
        return f"{word[:-3]}y"
    if word.endswith(("ses", "xes", "zes", "hes")) and len(word) > _SHORTEST + 1:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _tense(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORTEST and not _VOWELS.isdisjoint(root):
            doubled = len(root) > _SHORTEST and root[-1] == root[-2]
            return root[:-1] if doubled and root[-1] not in _KEPT_DOUBLE else root
    return word


def _final(word: str) -> str:
    if len(word) > _SHORTEST and word.endswith("e"):
        word = word[:-1]
    if len(word) > _SHORTEST and word.endswith("y"):
        word = f"{word[:-1]}i"
    return word


_KIN: Final = {
    "flight": "fly", "wedding": "marry", "marriage": "marry", "subscription": "subscribe",
    "departure": "depart", "payment": "pay", "stay": "stay", "visit": "visit", "trial": "try",
    "thought": "think", "choice": "choose", "sale": "sell", "loss": "lose", "growth": "grow",
    "speech": "speak", "shot": "shoot", "gift": "give", "song": "sing", "belief": "believe",
    "fear": "afraid", "scared": "afraid", "diabetic": "diabetes", "pregnancy": "pregnant",
    "allergy": "allergic", "illness": "ill", "sickness": "ill", "injury": "injured",
    "conversion": "convert", "decision": "decide", "extension": "extend",
    "submission": "submit", "permission": "permit", "unemployment": "unemployed",
    "vegetarianism": "vegetarian", "veganism": "vegan",
}  # fmt: skip
"""Nouns, and the words that say the same otherwise and share no ending with them."""
_DERIVED: Final = re.compile(
    r"(?<=[a-z]{4})(?:ations?|ates?|ments?|ships?|ances?|ences?|ions?|ings?|ers?|ors?|als?|ees?"
    r"|ists?|ness)$"
)


@remembered(16_384, longest=_LONGEST_WORD)
def root(word: str) -> str:
    """Return what "renovate", "renovating" and "renovation" share."""
    plain = _KIN.get(word, word)
    while (shorter := _DERIVED.sub("", plain, count=1)) != plain:
        plain = shorter
    found = _DERIVED.sub("", stem(plain))
    # "Care" and "car" have one stem.
    return plain if len(found) < len(plain) <= _SHORTEST + 1 and plain.endswith("e") else found


def roots(words: Iterable[str]) -> set[str]:
    """Return the roots of some words."""
    return set(map(root, words))


@cache
def kinds() -> list[tuple[list[str], list[str]]]:
    """Return the kinds of things that are listed: the words for each, and its members."""
    text = files(__package__).joinpath("data", "kinds.txt").read_text(encoding="utf-8")
    lines = (line.partition(":") for line in text.splitlines())
    return [
        (list(map(str.strip, names.split(","))), members.split()) for names, _, members in lines
    ]


_PEOPLES: Final = re.compile(
    r"^[a-z]{3,}(?:ian|ean|ish|ese)$|^(?:french|dutch|german|greek|swiss|czech|welsh|icelandic|thai)$"
)


def are_of_one_kind(words: Iterable[str], others: Iterable[str]) -> bool:
    """Return true if a word of each is known to be of one kind: both colours, both peoples."""
    one, other = set(words), set(others)
    if all(any(_PEOPLES.match(word) for word in each) for each in (one, other)):
        return True
    known = (set(map(str.lower, members)) for _, members in kinds())
    return any(not members.isdisjoint(one) and not members.isdisjoint(other) for members in known)


def past_of(verb: str) -> str:
    """Return the simple past of a verb's base form."""
    if verb in _PASTS:
        return _PASTS[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return f"{verb[:-1]}ied"
    short = len(verb) <= _SHORTEST + 1 and verb[-1:] not in _VOWELS | {"w", "x", "y"}
    doubled = short and verb[-2:-1] in _VOWELS and verb[-3:-2] not in _VOWELS
    return f"{verb}{verb[-1] if doubled else ''}ed"


def is_past(word: str) -> bool:
    """Return true if a lower-case word has the form of a verb's past or of its participle."""
    if word in IRREGULAR:
        return IRREGULAR[word] not in _NO_VERBS and not word.endswith(("s", "ing"))
    return word in {"quit", "cut", "put"} or (word.endswith("ed") and len(word) > _SHORTEST + 1)


STOP_WORDS: Final = frozenset(
    """
    a an and any are as at be been being but by can could d did do does doing for from had has
    have having he her hers him his how i if in into is it its ll m me might must my of on or our
    ours re s shall she should so some such t than that the their theirs them then there these
    they this those to us ve was we were what when where which who whom whose why will with would
    you your yours
    """.split()  # noqa: SIM905 - a list would be a page long
)

WEEKDAY_NAMES: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
MONTH_NAMES: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
MONTHS: Final = frozenset(MONTH_NAMES)
ANY_WEEKDAY: Final = rf"(?:{'|'.join(WEEKDAY_NAMES)})"
"""Pattern of the name of a day of the week."""
ANY_MONTH: Final = rf"(?:{'|'.join(MONTH_NAMES)})"
"""Pattern of the name of a month."""
SHORT_MONTH: Final = rf"(?:{'|'.join(name[:3] for name in MONTH_NAMES)})"
"""Pattern of the first three letters of the name of a month."""

NEGATIONS: Final = frozenset({"not", "no", "never", "nor", "neither", "none", "nothing", "nobody"})

NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen twenty
        """.split()  # noqa: SIM905
    )
} | {
    word: str(10 * number)
    for number, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)  # noqa: SIM905
}
"""Numbers that are written as words, in digits."""
