"""Values of English statements: their words in the form in which they are compared.

Times and conditions to which a value is limited, and the numbers in it, are kept aside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory_services.language.claims import ONLY, SINCE, Quantity
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.en.words import ANY_WEEKDAY, MONTHS, NUMBERS, WEEKDAY_NAMES

_UNITS: Final = {
    "kilo": "kg", "kilogram": "kg", "kilogramme": "kg", "kilometre": "km", "kilometer": "km",
    "lbs": "lb", "pound": "lb", "metre": "m", "meter": "m", "gram": "g", "euro": "eur",
    "€": "eur", "dollar": "usd", "$": "usd", "minute": "min", "mins": "min", "hour": "h",
    "hrs": "h", "milligram": "mg", "centimetre": "cm", "centimeter": "cm", "mile": "mi",
}  # fmt: skip
SAME: Final = {
    "reside": "live", "dwell": "live", "possess": "have", "own": "have", "kid": "child",
    "mom": "mother", "mum": "mother", "dad": "father", "flat": "apartment", "colour": "color",
    "favourite": "favorite", "enjoy": "like", "love": "like", "adore": "like",
    "brief": "short", "reply": "answer", "response": "answer", "surname": "last name",
    "physician": "doctor", "attorney": "lawyer", "maths": "math", "job": "job",
    "occupation": "job", "profession": "job", "telephone": "phone", "mobile": "phone",
    "husband": "spouse", "wife": "spouse", "wed": "marry", "anymore": "",
    "movie": "film", "photograph": "photo", "picture": "photo", "bicycle": "bike",
    "holiday": "vacation", "scared": "afraid", "begin": "start", "commence": "start",
    "purchase": "buy", "large": "big", "sick": "ill", "frequently": "often", "couch": "sofa",
    "gran": "grandmother", "granny": "grandmother", "nan": "grandmother", "nana": "grandmother",
    "grandma": "grandmother", "gramps": "grandfather", "grandad": "grandfather",
    "granddad": "grandfather", "grandpa": "grandfather", "gp": "family doctor",
    "seldom": "rarely", "television": "tv", "automobile": "car", "email": "email",
}  # fmt: skip
SELF: Final = frozenset({"user", "i", "me", "my", "we", "our"})
_EMPTY: Final = frozenset(
    """
    a an the 's ' just also very really quite actually basically their its my our
    always usually normally generally currently presently still already recently all again both such
    """.split()  # noqa: SIM905 - a list would be a page long
)
MARKERS: Final = frozenset({"now", "nowadays", "instead", "anymore", "actually", "henceforth"})
MARKED: Final = re.compile(
    r"\b(?:these days|right now|"
    r"from (?:now|here|today) on|at the moment|any ?more|any longer|after all"
    r"|as of now|going forward|in the end|for good)\b",
    re.IGNORECASE,
)
_TIMES: Final = MONTHS.union(
    WEEKDAY_NAMES,
    (f"{name}s" for name in WEEKDAY_NAMES),
    """
    summer winter spring autumn fall weekend week month year season holiday vacation morning evening
    night afternoon today tonight tomorrow weekday moment while
    """.split(),  # noqa: SIM905
)
_NAMED_NUMBERS: Final = frozenset(
    [
        "type",
        "version",
        "room",
        "row",
        "seat",
        "number",
        "vitamin",
        "gate",
        "grade",
        "level",
        "line",
        "floor",
        "chapter",
    ]
)
_PAST_TIME: Final = re.compile(rf"(?:last|this|earlier|past) |(?:{ANY_WEEKDAY}|today)$")
"""Beginning of a time at which something happened, and not during which it holds."""
_WHEN: Final = re.compile(
    rf"(?:^| )(?:(?:on|in|back|early|late) )*(?:(?:{'|'.join(sorted(MONTHS))})(?: on)?"
    r"|(?:spring|summer|autumn|fall|winter)(?= \d)|(?:19|20)\d\d)(?: \d{1,4})*$"
    r"|(?:^| )(?:(?:\d+|few|couple|several|long|while|age|year|month|week|day|time) )*"
    r"(?:yesterday|today|tonight|ago)$"
)
"""Time at the end of a value."""
_LISTED: Final = frozenset({"NN", "NNS", "NNP", "NNPS", "JJ", "CD", "DT", "PRP$", "HYPH", "VBG"})
"""Tags of the words of a plain member of an enumeration."""
_SIGNS: Final = frozenset({"+", "-", "#", "++", "%", "&", "*"})
_TITLES: Final = frozenset({"dr.", "dr", "mr.", "mr", "mrs.", "mrs", "ms.", "ms", "prof."})
_WITHIN: Final = frozenset({"in", "on", "at", "during", "for", "over", "when", "while"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Subject of a clause: whose it is, and the words of what belongs to them.

    Attributes:
        root: the person, or "the ..." of what nobody is said to have.
        own: the words of what is theirs; empty for themselves.
    """

    root: str
    own: tuple[str, ...]

    @property
    def path(self) -> str:
        """Owner and what is theirs, separated by a slash."""
        return "/".join(filter(None, (self.root, " ".join(self.own))))


class Values:
    """Values of one clause.

    Attributes:
        limits: The times, places and conditions that were kept aside.
        quantities: The numbers that were in a value.
    """

    def __init__(self, tree: Tree, *, own: bool) -> None:
        """Take the sentence.

        Args:
            tree: its parse.
            own: whether "their" and "my" mean the holder of the clause.
        """
        self._tree = tree
        self._own = own
        self.limits: list[str] = []
        self.quantities: list[Quantity] = []

    def since(self, words: list[str]) -> list[str]:
        """Return a value without the time since which it holds, which is kept aside as a limit."""
        value = " ".join(words)
        ago = " ago" in value
        times = [one for one in self.limits if _PAST_TIME.match(one) or ago]
        self.limits = [one for one in self.limits if one not in times]
        found = _WHEN.search(value)
        if found is not None:
            times.append(found.group().strip())
            value = value[: found.start()]
            said = found.group().split()
            self.quantities = [one for one in self.quantities if one.value not in said]
        if times:
            self.limits.append(f"{SINCE} {' '.join(times)}")
        return value.split()

    def words(self, tokens: Sequence[Token]) -> list[str]:
        """Return the words of a value; limits and quantities are kept aside."""
        limited = self._limited(tokens)
        found: list[str] = []
        tokens = self._ordered(tokens)
        text = " ".join(token.lower for token in tokens)
        marks = marked(text)
        for place, token in enumerate(tokens):
            if token.index in limited or token.lower in MARKERS or place in marks:
                continue
            if token.lower == "only" and token.tag == "RB":
                # Before a number it says no more than the number does.
                if not any(one.tag == "CD" for one in tokens[place + 1 : place + 2]):
                    self.limits.append(ONLY)
                continue
            longer = token.lower == "longer" and place and tokens[place - 1].lower == "no"
            if not counts(token) or longer or token.lower in _TITLES:
                continue
            word = normal(token)
            if word and not (token.tag == "PRP$" and self._own):
                found.append(word)
            if re.fullmatch(r"[+-]?\d[\d.]*", word):
                self._count(word, tokens, place)
        return found

    def _ordered(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """Return words with the members of an enumeration in alphabetical order."""
        first = next((one for one in tokens if self._tree.child(one, "conj") is not None), None)
        if first is None or any(one.dep == "neg" for one in tokens):
            return tokens
        heads = [first]
        while (following := self._tree.child(heads[-1], "conj")) is not None:
            heads.append(following)
        inside = {token.index for token in tokens}
        spans: list[list[Token]] = []
        for head in heads:
            gone = {
                one.index
                for child in self._tree.children(head, "conj", "cc", "punct")
                for one in self._tree.subtree(child)
            }
            span = [one for one in self._tree.subtree(head) if one.index not in gone]
            plain = all(one.tag in _LISTED for one in span)
            whole = len(span) == span[-1].index - span[0].index + 1
            if not plain or not whole or not inside.issuperset(one.index for one in span):
                return tokens
            spans.append(span)
        places = range(spans[0][0].index, spans[-1][-1].index + 1)
        joins = [one for one in tokens if one.index in places and one.tag == "CC"]
        if not joins:
            return tokens
        spans.sort(key=lambda span: [one.lower for one in span])
        return [
            *(one for one in tokens if one.index < places.start),
            *(one for span in spans for one in span),
            joins[0],
            *(one for one in tokens if one.index >= places.stop),
        ]

    def _count(self, word: str, tokens: Sequence[Token], place: int) -> None:
        before = tokens[place - 1].lower if place else ""
        after = next((one for one in tokens[place + 1 : place + 2]), None)
        month = {before, after.lower if after else ""} & MONTHS
        dated = before in {"in", "since", "until"} or re.fullmatch(r"\d{1,2}", before)
        year = dated and re.fullmatch("[12]\\d{3}", word)
        if before in _NAMED_NUMBERS or month or year:
            return
        if place and tokens[place - 1].dep == "det" and before in {"a", "an", "the"}:
            return
        unit = normal(after) if after is not None and after.tag[:2] in {"NN", "$"} else ""
        self.quantities.append(Quantity(word, unit))

    def _limited(self, tokens: Sequence[Token]) -> set[int]:
        """Return the places of times and conditions, and remember them as limits."""
        limited: set[int] = set()
        inside = {token.index for token in tokens}
        for token in tokens:
            conditional = token.dep == "advcl" and any(
                child.lower in {"when", "if", "while", "unless"}
                for child in self._tree.children(token, "mark", "advmod")
            )
            if token.lower in _TIMES or token.lemma in _TIMES:
                top = token
                head = self._tree.tokens[token.head]
                if head.dep == "prep" and head.index in inside:
                    top = head
                elif token.dep not in {"npadvmod", "tmod"} or head.tag.startswith("NN"):
                    continue
            elif conditional:
                top = token
            else:
                continue
            phrase = [one for one in self._tree.subtree(top) if one.index in inside]
            if any(one.lower.isdigit() for one in phrase):
                continue
            limited |= {one.index for one in phrase}
            words = [normal(one) for one in phrase if counts(one) and one.lower not in _WITHIN]
            self.limits.append(" ".join(words))
        return limited


def marked(text: str) -> set[int]:
    """Return the places of the words of a text that only mark a change, such as "these days"."""
    return {
        place
        for mark in MARKED.finditer(text)
        for place in range(text.count(" ", 0, mark.start()), text.count(" ", 0, mark.end()) + 1)
    }


def counts(token: Token) -> bool:
    """Return true if a word says something and is no mere article, sign of place or mark."""
    if token.text in _SIGNS:
        return True
    if (token.dep == "punct" and not token.text[:1].isalnum()) or token.lower in _EMPTY:
        # "A" as a grade or a vitamin is a name.
        return token.text == "A" and token.index > 0 and token.dep != "det"
    return token.tag not in {"POS", "HYPH", ",", ":", ".", "``", "''"}


def normal(token: Token) -> str:
    """Return the form of a word by which it is compared."""
    lower = token.lower
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", lower):
        lower = lower.replace(",", "")
    if lower in NUMBERS and token.tag == "CD":
        return NUMBERS[lower]
    if token.tag in {"NNP", "NNPS", "CD"} and lower not in _UNITS:
        return lower
    lemma = "call" if token.tag == "VBN" and lower == "named" else token.lemma or lower
    return _UNITS.get(lemma, _UNITS.get(lower, SAME.get(lemma, lemma)))
