"""Claims of English statements, read from their parse.

A claim is read from a clause where its subject and verb are plain. Prepositions stay in its value,
so that "to" and "from" differ; words that only mark a change, such as "now", make it single.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory_services.language.claims import (
    CHANGE,
    END,
    MOVE,
    PAST,
    SINCE,
    SWITCH,
    Claim,
    ClaimModality,
    Quantity,
)
from agent_memory_services.language.en import clauses as reading
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.parser import Parser, Token, Tree, shared
from agent_memory_services.language.en.words import MONTHS, NUMBERS, stem

_UNITS: Final = {
    "kilo": "kg", "kilogram": "kg", "kilogramme": "kg", "kilometre": "km", "kilometer": "km",
    "lbs": "lb", "pound": "lb", "metre": "m", "meter": "m", "gram": "g", "euro": "eur",
    "€": "eur", "dollar": "usd", "$": "usd", "minute": "min", "mins": "min", "hour": "h",
    "hrs": "h", "milligram": "mg", "centimetre": "cm", "centimeter": "cm", "mile": "mi",
}  # fmt: skip
_SAME: Final = {
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
    "seldom": "rarely", "television": "tv", "automobile": "car", "email": "email",
}  # fmt: skip
_LEMMAS: Final = {
    "'s": "be", "become": "be", "hat": "hate", "married": "marry", "decide": "plan",
    "intend": "plan",
}  # fmt: skip
_HATE: Final = frozenset({"hate", "dislike", "detest", "loathe", "despise"})
_SELF: Final = frozenset({"user", "i", "me", "my", "we", "our"})
_EMPTY: Final = frozenset(
    """
    a an the 's ' just also very really quite actually basically their its my our
    always usually normally generally currently presently still already recently all again both
    """.split()  # noqa: SIM905 - a list would be a page long
)
_CHANGE: Final = frozenset({"now", "nowadays", "instead", "anymore", "actually", "henceforth"})
_CHANGES: Final = re.compile(
    r"\b(?:these days|from now on|at the moment|any ?more|any longer|after all|as of now)\b",
    re.IGNORECASE,
)
_TIMES: Final = frozenset(
    """
    summer winter spring autumn fall weekend week month year season holiday vacation morning evening
    night afternoon monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow
    mondays tuesdays wednesdays thursdays fridays saturdays sundays weekday moment january february
    march april may june july august september october november december while
    """.split()  # noqa: SIM905
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
_ENDING: Final = frozenset(
    """
    sell cancel quit leave stop drop close resign retire finish abandon ditch discontinue
    unsubscribe lose end
    """.split()  # noqa: SIM905
)
_MOVING: Final = frozenset({"move", "postpone", "reschedule", "delay", "push", "shift"})
_BEGINNING: Final = frozenset({"move", "relocate", "join", "marry"})
"""Verbs of what holds since it happened."""
_PAST_TIME: Final = re.compile(
    r"(?:last|this|earlier|past) |(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today)$"
)
"""Beginning of a time at which something happened, and not during which it holds."""
_WHEN: Final = re.compile(
    rf"(?:^| )(?:(?:on|in|back|early|late) )*(?:(?:{'|'.join(sorted(MONTHS))})(?: on)?"
    r"|(?:spring|summer|autumn|fall|winter)(?= \d)|(?:19|20)\d\d)(?: \d{1,4})*$"
    r"|(?:^| )(?:yesterday|today|tonight|ago)$"
)
"""Time at the end of a value."""
_CODE: Final = re.compile(r"[@\d]|\w\.\w")
"""Part of a number, an address or another value that is no adjective."""
_RISING: Final = frozenset({"go", "rise", "increase", "drop", "fall", "change", "grow", "shrink"})
_STARTING: Final = frozenset({"start", "begin", "resume"})
_ATTRIBUTES_OF_MANY: Final = frozenset(
    """
    friend colleague cousin son daughter brother sister child dog cat pet aunt uncle neighbor
    neighbour teacher hobby interest allergy skill language goal project book niece nephew
    """.split()  # noqa: SIM905
)
_ANSWERS: Final = frozenset(
    """
    tone answer example unit clock format style language emoji summary explanation date code
    """.split()  # noqa: SIM905
)
_ONE_AT_A_TIME: Final = frozenset({"weigh", "age", "spouse"})
_FEELING: Final = frozenset({"like", "love", "hate", "enjoy", "prefer", "start", "begin"})
_PARTICLES: Final = frozenset({"up", "off", "out", "through", "down", "away"})
_UNSAID: Final = (
    _SELF
    | _CHANGE
    | frozenset(
        """
        new his her be is are was were been being am 'm 're 've have has had do does did not n't no
        never longer more any these days from on at moment after used 's mr mrs ms dr mr. mrs. ms.
        dr. too then
        """.split()  # noqa: SIM905
    )
)
"""Words that a claim tells otherwise, by its tense, its singleness or its end."""
_DENIALS: Final = frozenset({"not", "n't", "no", "never", "longer"})
_IMPLIED: Final = {
    "live": "home back",
    "spouse": "marry married name called",
    "name": "called spelled",
    "work": "job",
    END: "interest job work part off out up through",
}
"""Words that are told by a relation alone."""
_GRAMMAR: Final = frozenset({"MD", "TO", "PRP", "CC", "IN", "EX", "WDT", "WP", "WRB"})
_LISTED: Final = frozenset({"NN", "NNS", "NNP", "NNPS", "JJ", "CD", "DT", "PRP$", "HYPH", "VBG"})
"""Tags of the words of a plain member of an enumeration."""
_SIGNS: Final = frozenset({"+", "-", "#", "++", "%", "&", "*"})
_TITLES: Final = frozenset({"dr.", "dr", "mr.", "mr", "mrs.", "mrs", "ms.", "ms", "prof."})
_WITHIN: Final = frozenset({"in", "on", "at", "during", "for", "over", "when", "while"})
_NOBODY: Final = frozenset(["it", "that", "this", "there", "what", "who", "he", "she", "they"])
_MOST: Final = 16


def read(texts: Sequence[str], parser: Parser | None = None) -> list[tuple[Claim, ...]]:
    """Return the claims of each of some statements; none where none can be read for certain.

    Args:
        texts: Statements about a user, in the third person or in the user's own words.
        parser: The parser; without one, the process's own.

    Raises:
        UnfitModelError: the model cannot be used.
    """
    reader = parser or shared()
    plain = [_plain(text) for text in texts]
    told = [text for text in plain if text and "?" not in text]
    found = {text: _claims_of(tree) for text, tree in zip(told, reader.parse(told), strict=True)}
    # A verb behind "User" is often taken for a noun, and behind a pronoun never.
    again = [text for text, claims in found.items() if not claims and text.startswith("User ")]
    for text, tree in zip(again, reader.parse([f"He{text[4:]}" for text in again]), strict=True):
        found[text] = _claims_of(Tree([replace(tree.tokens[0], text="User"), *tree.tokens[1:]]))
    return [found.get(text, ()) for text in plain]


_DIETS: Final = "vegan|vegetarian|pescatarian|kosher|halal|keto|ketogenic|paleo|glutenfree"
_DATED: Final = "|".join(sorted(MONTHS))
_HIRED: Final = r"(?:got|took|accepted|found|started|began) a(?: new)? job (?:at|with|for)\b"
_CHANGED: Final = (
    "moved|relocated|joined|married|quit|left|sold|stopped|resigned|retired|cancelled|canceled|"
    "finished|gave up|broke up|dropped|ended"
)
_REWORDED: Final = (
    (r"[\u2018\u2019]", "'"),
    (r"\b[Tt]he [Uu]ser\b", "User"),
    (r"^User studies\b", "User is studying"),
    (r"^User not (\w+ing)\b", r"User is not \1"),
    (r"^(User|I)(?: has|'ve| have)? renamed (?:their|my) ([\w ]+?) to ", r"\1's \2 is now called "),
    (r"^I's ", "My "),
    (rf"^((?:User|I)\b.* (?:{_CHANGED})\b.*) in the week(?:end)? of (?=\d|[A-Z])", r"\1 on "),
    # Groups of one number, and words of one meaning, which a parser takes apart.
    (r"(?<=\d) (?=\d)", ""),
    (r"(?<=[a-z])-(?=[a-z])", ""),
    (r"(?<=\d) ?([ap])\.?m\b\.?", r" \1m"),
    (rf"\b(?:on )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_DATED})\b", r"on \2 \1"),
    (rf"\b(?:on )?({_DATED}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b", r"on \1 \2"),
    (r"\bteam lead\b", "team leader"),
    (r"\bto call (?:User|them|him|her|me) (?=[A-Z])", "to be called "),
    (r"^(User|I) wants? the assistant to be called ", r"\1 wants to be called "),
    (r"^(?:Actually|It turn(?:s|ed) out(?: that)?|Turns out),? ", ""),
    (r"^((?:In|Since|On|During|Until|After|Before) [\w' ]{1,30}?),? (User|I)\b(.*)$", r"\2\3 \1"),
    (r",? always (?:have|has|did)$", ""),
    (r"\b(?:has|have|'s|'ve) got\b(?= (?:an?|the|no|\d|\w+ \w))", "has"),
    (r"\bI has\b", "I have"),
    (r"^(User|I) (?:has|have) a new ([\w ]+?): ", r"\1's new \2 is "),
    (r"^I's ", "My "),
    (r"\b(?:ca|could|can)(?:n't|not| not) (?:stand|bear)\b", "hate"),
    (r"\b(?:dislike|detest|loathe|despise)(s?)\b", r"hate\1"),
    (r"\bUser hate\b", "User hates"),
    (r"\bwould (?:like|love) (?=to\b)|'d (?:like|love) (?=to\b)", " want "),
    (r"\bUser  ?want ", "User wants "),
    (r"\bwork(s?|ing|ed) out\b", r"exercise\1"),
    (r"\bexerciseing\b", "exercising"),
    (r"\bI (?:have|keep) an? (\w+) allergy\b", r"I am allergic to \1"),
    (r"\b(?:has|have) an? (\w+) allergy\b", r"is allergic to \1"),
    (r"\bI have an allergy to\b", "I am allergic to"),
    (r"\b(?:has|have) an allergy to\b", "is allergic to"),
    (rf"\bI (?:follow|eat|keep|am on|'m on) an? ({_DIETS}) diet\b", r"I am \1"),
    (rf"\b(?:follows?|eats?|keeps?|is on) an? ({_DIETS}) diet\b", r"is \1"),
    (r"\bI(?: a|')m (?:fond of|keen on|into|a (?:big |huge |great )?fan of)\b", "I like"),
    (r"\bis (?:fond of|keen on|into|a (?:big |huge |great )?fan of)\b", "likes"),
    (r"\bI(?: a|')m (?:based|residing) in\b", "I live in"),
    (r"\bis (?:based|residing) in\b", "lives in"),
    (rf"\bI (?:have |'ve )?(?:just )?{_HIRED}", "I work at"),
    (rf"\b(?:has )?(?:just )?{_HIRED}", "works at"),
    (r"\bevery day\b", "daily"),
    (r"\bevery week\b", "weekly"),
    (r"\b(?:was|were|got|ha(?:s|ve) been) (?:laid off|fired|let go)(?: from| by| at)?\b", "quit"),
    (r"\blost (?:my|their|his|her) job (?=at\b)", "quit job "),
    (r"\bI(?: have|'ve)? (?:just )?got (?=(?:married|divorced|engaged)\b)", "I am "),
    (r"\b(?:has )?(?:just )?(?:got|gotten) (?=(?:married|divorced|engaged)\b)", "is "),
    (
        r"^([A-Z][\w.-]+(?: [A-Z][\w-]+)?) is (User's|[Mm]y) ((?!name)[\w ]+?)( now)?$",
        r"\2 \3 is\4 \1",
    ),
    (r"\bno longer has\b", "does not have any more"),
    (r"\bno longer (\w+(?:ch|sh|ss|x|z|o))es\b", r"does not \1 any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+)ies\b", r"does not \1y any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+[^s\W])s\b", r"does not \1 any more"),
)
_REWRITING: Final = tuple(
    (re.compile(pattern, re.IGNORECASE if pattern[:1] == "^" or _DATED in pattern else 0), to)
    for pattern, to in _REWORDED
)


def _plain(text: str) -> str:
    """Return a text without what its parser is known to stumble over."""
    plain = text.strip().rstrip(".!")
    for pattern, replacement in _REWRITING:
        plain = pattern.sub(replacement, plain)
    return plain


def _claims_of(tree: Tree) -> tuple[Claim, ...]:
    """Return the claims of a statement; none where a word that counts is in none of them."""
    found: dict[Claim, None] = {}
    verbs: set[int] = set()
    for clause in _clauses(tree):
        claims = tuple(clause.claims())
        found |= dict.fromkeys(claims)
        verbs |= {clause.verb} if claims else set()
    whole = 0 < len(found) <= _MOST and not any(_lost(tree, found, verbs))
    return tuple(found) if whole else ()


def _lost(tree: Tree, found: Iterable[Claim], verbs: set[int]) -> Iterator[str]:
    """Yield the words that count and are in no claim, in their normal form.

    The verb of a clause is told by the relation of its claim, whatever that is called.
    """
    told = {
        stem(word)
        for each in found
        for part in (each.holder.replace("/", " "), each.relation, each.value, *each.limits)
        for word in part.split()
    }
    for relation, words in _IMPLIED.items():
        if any(relation in each.relation.split() for each in found):
            told |= set(map(stem, words.split()))
    if any(each.relation.partition(" ")[0] == END for each in found):
        told |= {*MONTHS, *(token.lower for token in tree.tokens if token.lower.isdigit())}
    if any(token.lemma in _RISING for token in tree.tokens):
        told |= {"up", "down"}
    for token in tree.tokens:
        if token.index in verbs or token.tag in _GRAMMAR or token.lower in _UNSAID:
            continue
        for word in _normal(token).split() if _counts(token) else ():
            if stem(word) not in told and stem(token.lemma) not in told:
                yield word


def _clauses(tree: Tree) -> Iterator["_Clause"]:
    text = "".join(token.text + token.space for token in tree.tokens)
    changed = bool(_CHANGES.search(text)) or any(
        token.lower in _CHANGE or token.lower == "new" for token in tree.tokens
    )
    for clause in reading.clauses(tree):
        if clause.subject is not None and clause.source is not reading.Source.REPORTED:
            yield _Clause(clause, changed=changed)


@dataclass(frozen=True, slots=True)
class _Holder:
    """Subject of a clause: whose it is, and the words of what belongs to them."""

    root: str
    own: tuple[str, ...]

    @property
    def path(self) -> str:
        """Owner and what is theirs, separated by a slash."""
        return "/".join(filter(None, (self.root, " ".join(self.own))))


class _Clause:
    """Reading of one clause."""

    def __init__(self, clause: Clause, *, changed: bool) -> None:
        self._clause = clause
        self._tree = clause.tree
        self._changed = changed
        self._limits: list[str] = []
        self._quantities: list[Quantity] = []
        self._own = False

    @property
    def verb(self) -> int:
        """Place of the verb."""
        return self._clause.verb.index

    def claims(self) -> Iterator[Claim]:
        """Yield what the clause claims."""
        clause = self._clause
        holder = self._holder(clause.subject) if clause.subject is not None else None
        if holder is None or clause.verb.tag == "TO":
            return
        self._own = holder.root == "user"
        if holder.own == ("job",) and clause.verb.tag == "VBG":
            holder = _Holder(holder.root, ())
        lemma = self._lemma()
        particle = {token.lower for token in self._group_and_body()} & _PARTICLES
        body = self._body()
        negated = clause.negated or any(
            token.lower in {"never", "no"} for token in (*clause.group, *clause.body[:1])
        )
        over = any(token.lower == "longer" for token in self._group_and_body()) or (
            negated and bool(_CHANGES.search(self._text()))
        )
        words = self._words(body)
        self._limits += [
            one.lower
            for one in clause.group
            if one.tag in {"RB", "RBR", "RBS"}
            and one.dep not in {"neg", "prt"}
            and _counts(one)
            and one.lower not in _CHANGE | _DENIALS
        ]
        if (ending := self._ending(holder, lemma, particle, words)) is not None:
            yield ending
            if lemma not in {"bear", "graduate"}:
                return
        if lemma in {"move", "relocate"} and "from" in words and not negated:
            left, words = _without_origin(words)
            yield Claim(holder.path, "live", " ".join(left), negated=True, ended=True)
        if lemma in _BEGINNING and not negated and self._is_told():
            words = self._since(words)
        yield self._plain(holder, lemma, words, negated=negated, over=over)
        yield from self._denied(holder, lemma, body)

    def _is_told(self) -> bool:
        """Return true if the clause tells of what happened already."""
        clause = self._clause
        if clause.modality is not reading.Modality.REAL:
            return False
        return clause.tense in {Tense.PAST, Tense.PERFECT} or clause.verb.tag in {"VBD", "VBN"}

    def _since(self, words: list[str]) -> list[str]:
        """Return a value without the time since which it holds, which is kept aside as a limit."""
        value = " ".join(words)
        ago = " ago" in value
        times = [one for one in self._limits if _PAST_TIME.match(one) or ago]
        self._limits = [one for one in self._limits if one not in times]
        found = _WHEN.search(value)
        if found is not None:
            times.append(found.group().strip())
            value = value[: found.start()]
            said = found.group().split()
            self._quantities = [one for one in self._quantities if one.value not in said]
        if times:
            self._limits.append(f"{SINCE} {' '.join(times)}")
        return value.split()

    def _lemma(self) -> str:
        lemma = self._clause.lemma
        return _LEMMAS.get(lemma, lemma)

    def _text(self) -> str:
        return " ".join(token.text for token in self._tree.tokens)

    def _group_and_body(self) -> Iterable[Token]:
        return (*self._clause.group, *self._clause.body)

    def _body(self) -> list[Token]:
        """Return the words behind the verb, without what is denied or put in another's place."""
        found: list[Token] = []
        for token in self._clause.body:
            denied = token.lower == "but" and self._clause.negated
            if (token.lower in {"not", "instead"} and found) or denied:
                break
            if token.lower in {"and", "but"} and any(
                one.lower in {"no", "not"} for one in self._clause.body[len(found) :][1:2]
            ):
                break
            found.append(token)
        return found

    def _denied(self, holder: _Holder, lemma: str, body: Sequence[Token]) -> Iterator[Claim]:
        """Yield what "not ..." or "instead of ..." behind the value denies."""
        rest = [
            token
            for token in self._clause.body[len(body) :]
            if token.lower not in {"not", "instead", "of", "and", "but", "no", ",", "rather"}
        ]
        if not rest or len(rest) > 6:  # noqa: PLR2004 - what is longer is another statement
            return
        markers = {token.lower for token in self._clause.body[len(body) :]}
        if "but" in markers and self._clause.negated and not holder.own:
            said = _Said(holder.path, _SAME.get(lemma, lemma), self._words(rest), single=False)
            said = _reworded(lemma, said, own=False, passive=False, named=False)
            yield Claim(said.holder, said.relation, " ".join(said.words), single=said.single)
            return
        negating = markers & {"not", "instead", "no"}
        if negating and ("instead" not in markers or "of" in markers):
            words = self._words(rest)
            if words and lemma:
                yield Claim(holder.path, f"{END} instead", " ".join(words), ended=True)

    def _holder(self, subject: Token) -> _Holder | None:
        tokens = [
            token
            for token in self._tree.subtree(subject)
            if not (token.dep == "relcl" or token.tag in {"WP", "WDT"})
        ]
        words = [token.lower for token in tokens]
        if not words or words[0] in _NOBODY:
            return None
        rest = [token for token in tokens if token.lower not in _SELF]
        own = tuple(_normal(token) for token in rest if _counts(token) and token.lower != "new")
        if words[0] in _SELF or (words[0] == "the" and words[1:2] == ["user"]):
            return _Holder("user", own)
        if words[0] == "the":
            return _Holder("the " + " ".join(own), ())
        return _Holder(" ".join(own), ())

    def _words(self, tokens: Sequence[Token]) -> list[str]:
        """Return the words of a value; limits and quantities are kept aside."""
        limited = self._limited(tokens)
        found: list[str] = []
        tokens = self._ordered(tokens)
        text = " ".join(token.lower for token in tokens)
        marks = {word for mark in _CHANGES.findall(text) for word in mark.lower().split()}
        for place, token in enumerate(tokens):
            if token.index in limited or token.lower in _CHANGE or token.lower in marks:
                continue
            longer = token.lower == "longer" and place and tokens[place - 1].lower == "no"
            if not _counts(token) or longer or token.lower in _TITLES:
                continue
            word = _normal(token)
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
        year = before in {"in", "since", "until"} and re.fullmatch("[12]\\d{3}", word)
        if before in _NAMED_NUMBERS or month or year:
            return
        if place and tokens[place - 1].dep == "det" and before in {"a", "an", "the"}:
            return
        unit = _normal(after) if after is not None and after.tag[:2] in {"NN", "$"} else ""
        self._quantities.append(Quantity(word, unit))

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
            words = [_normal(one) for one in phrase if _counts(one) and one.lower not in _WITHIN]
            self._limits.append(" ".join(words))
        return limited

    def _ending(
        self, holder: _Holder, lemma: str, particles: set[str], words: Sequence[str]
    ) -> Claim | None:
        """Return the end that a verb such as "sold" or "gave up" tells of."""
        clause = self._clause
        if clause.modality is not reading.Modality.REAL or clause.negated:
            return None
        target = _left_behind(lemma, words)
        told = self._is_told()
        if told and lemma == "change" and "to" in words and len(self._quantities) == 1:
            return self._changed_number(holder, words)
        if target is None and told and holder.own:
            return self._fallen(holder, lemma, particles, words)
        if target is None and told and lemma in {"switch", "transfer"}:
            return Claim(holder.root, SWITCH, " ".join(words), single=True)
        if target is None and told:
            target = _given_up(lemma, words, particles)
        if not target:
            return None
        target = self._since(target)
        limits = tuple(one for one in self._limits if one.partition(" ")[0] == SINCE)
        return _end(holder, lemma, target, limits)

    def _changed_number(self, holder: _Holder, words: Sequence[str]) -> Claim | None:
        """Return the other number of what was changed: "changed my dose to 40 mg"."""
        root = "user" if words[0] in _SELF else holder.root
        name = [word for word in words[: words.index("to")] if word not in _SELF]
        number = self._quantities[0]
        if not name:
            return None
        limits = (" ".join(filter(None, (number.value, number.unit))),)
        return Claim(root, CHANGE, " ".join(name), quantities=(number,), limits=limits, single=True)

    def _fallen(
        self, holder: _Holder, lemma: str, particles: set[str], words: Sequence[str]
    ) -> Claim | None:
        """Return the end of the subject itself: "the trip was cancelled"."""
        passive = any(token.dep == "auxpass" for token in self._clause.group)
        subject = " ".join(holder.own)
        if lemma == "bear" and holder.own[:1] in {("baby",), ("twin",)}:
            return Claim(holder.root, END, "pregnant", ended=True)
        if lemma in _MOVING and passive:
            to = words.index("to") if "to" in words else len(words)
            limits = tuple(filter(None, (" ".join(words[to + 1 :]),)))
            return Claim(holder.root, MOVE, subject, limits=limits, ended=True)
        over = (lemma == "cancel" and passive) or (lemma == "fall" and "through" in particles)
        return Claim(holder.root, END, subject, ended=True) if over else None

    def _plain(
        self, holder: _Holder, lemma: str, words: list[str], *, negated: bool, over: bool
    ) -> Claim:
        clause = self._clause
        modality = _modality(clause, lemma, words)
        words = [word for word in words if word not in {"no", "never", "longer"}]
        if lemma in _FEELING and words[:1] == ["to"] and not clause.negated:
            words = words[1:]
        if (started := self._started(holder, lemma, words)) is not None:
            lemma, words = started
        disliked = lemma in _HATE or (lemma in {"stand", "bear"} and negated)
        said = _Said(
            holder.path,
            "like" if disliked else _SAME.get(lemma, lemma),
            words,
            self._changed and not negated and started is None,
        )
        said = self._owned(holder, lemma, said) if holder.own and words else said
        body = clause.body
        said = _reworded(
            lemma,
            said,
            own=bool(holder.own) and not _is_person(holder),
            passive=any(one.dep == "auxpass" for one in clause.group),
            named=bool(body) and body[0].tag in {"NNP", "NNPS"},
        )
        past = clause.tense in {Tense.PAST, Tense.PAST_PROGRESSIVE, Tense.USED_TO}
        settled = lemma in _RISING or started is not None or said.relation in _STATES
        settled = settled or self._clause.verb.lemma == "become"
        if lemma in {"live", "reside", "work", "employ"} and past:
            settled = False
        relation = said.relation
        if relation == _SAME.get(lemma, lemma) and relation not in _STATES:
            said = self._voiced(said, settled=settled or over)
            relation = said.relation
        if past and not over and not settled and modality is not ClaimModality.PLAN:
            relation = f"{PAST} {relation}"
        return Claim(
            said.holder,
            relation,
            " ".join(said.words),
            negated=negated or disliked,
            modality=modality,
            quantities=tuple(self._quantities),
            limits=tuple(self._limits),
            single=said.single or relation in _ONE_AT_A_TIME,
            ended=over,
        )

    def _voiced(self, said: "_Said", *, settled: bool) -> "_Said":
        """Return a verb with its particle, as what is done to somebody, and as done already."""
        group, clause = self._clause.group, self._clause
        particle = next((one.lower for one in group if one.dep == "prt"), "")
        relation, words = f"{said.relation} {particle}".rstrip(), said.words
        if any(one.dep == "auxpass" for one in group):
            # A parser takes many an adjective for a participle: both are told by their words.
            going_on = ["being"] * any(one.lower == "being" for one in group)
            relation, words = "be", [*going_on, *_normal(clause.verb).split(), *words]
        perfect = clause.tense is Tense.PERFECT and clause.verb.tag != "VBG"
        lasting = clause.verb.lemma in _LASTING or settled or said.relation in _MENTAL
        relation = f"have {relation}" if perfect and not lasting else relation
        return replace(said, relation=relation, words=words)

    def _started(
        self, holder: _Holder, lemma: str, words: Sequence[str]
    ) -> tuple[str, list[str]] | None:
        """Return verb and value of what somebody started to do."""
        if lemma not in _STARTING or holder.own:
            return None
        verb = next((one for one in self._clause.body if one.tag in {"VBG", "VB"}), None)
        if verb is None or _normal(verb) not in words:
            return None
        return verb.lemma, list(words[words.index(_normal(verb)) + 1 :])

    def _owned(self, holder: _Holder, lemma: str, said: "_Said") -> "_Said":
        """Read what is said of somebody's own: "X's Y is Z"."""
        own, words = holder.own, said.words
        if lemma == "be":
            return self._attribute(holder, words, single=said.single)
        called = any(token.dep == "auxpass" for token in self._clause.group)
        if lemma in {"call", "name", "spell"} and called:
            named = own[:-1] if own[-1] == "name" and len(own) > 1 else own
            where = _Holder(holder.root, named).path
            return _Said(where, "name", words, said.single or _one(own))
        if lemma in _RISING and "to" in words:
            return _Said(holder.root, " ".join(own), words[words.index("to") + 1 :], single=True)
        return said

    def _attribute(self, holder: _Holder, words: list[str], *, single: bool) -> "_Said":
        """Return holder, relation, value and singleness of "X's Y is Z"."""
        complement, own = self._clause.complement, holder.own
        if own == ("home",) and words[:1] == ["in"]:
            return _Said(holder.root, "live", words, single=True)
        if own[-1] == "name" and len(own) > 1 and own[-2] not in {"last", "first", "full"}:
            one = single or _one(own[:-1])
            return _Said(_Holder(holder.root, own[:-1]).path, "name", words, one)
        articled = complement is not None and self._tree.child(complement, "det") is not None
        if articled and _is_person(holder):
            # "The wife is a doctor" tells of her, and names nobody.
            return _Said(holder.path, "be", words, single)
        nominal = complement is not None and complement.dep in {"attr", "oprd"}
        nominal = nominal or own[0] == "favorite" or bool(_CODE.search(words[0]))
        if not nominal or not _ATTRIBUTES_OF_MANY.isdisjoint(own):
            return _Said(holder.path, "be", words, single)
        one = single or (_one(own) and not articled)
        return _Said(holder.root, " ".join(own), words, one)


@dataclass(frozen=True, slots=True)
class _Said:
    """Holder, relation, value and singleness of a claim in the making."""

    holder: str
    relation: str
    words: list[str]
    single: bool


def _reworded(lemma: str, said: _Said, *, own: bool, passive: bool, named: bool) -> _Said:
    """Return what is said with the relation that stands for all of its wordings."""
    words, relation = said.words, said.relation
    first = words[0] if words else ""
    if lemma == "marry" or (lemma == "be" and words[:2] in (["marry", "to"], ["married", "to"])):
        spouse = words[words.index("to") + 1 :] if "to" in words else words
        return replace(said, relation="spouse", words=spouse, single=True)
    if relation in {"work", "employ"}:
        words = ["for", *words[1:]] if first in {"at", "by", "for"} else words
        one = said.single or words[:1] in _EMPLOYED
        return replace(said, relation="work", words=words, single=one)
    if own:
        return said
    if lemma in {"move", "relocate"} and "to" in words:
        place = ["in", *words[words.index("to") + 1 :]]
        return replace(said, relation="live", words=place, single=True)
    if lemma in {"call", "name"} and relation != "name" and passive:
        said = replace(said, relation="name", single=True)
    elif lemma == "join" and named and words and not _AMONG & set(words):
        said = replace(said, relation="work", words=["for", *words], single=True)
    elif lemma in {"engage", "divorce", "widow"}:
        said = replace(said, relation="be", words=[lemma, *words])
    elif lemma == "be" and first in _BEING:
        said = replace(said, relation=_BEING[first], words=words[1:])
    return said


_AMONG: Final = frozenset(
    """
    for at in on with facebook instagram tiktok twitter linkedin reddit discord slack telegram
    whatsapp snapchat mastodon bluesky threads pinterest tinder bumble hinge netflix spotify
    duolingo strava zoom teams patreon costco
    """.split()  # noqa: SIM905
)
"""Words by which somebody who joined something does not work there."""
_BEING: Final = {"base": "live", "into": "like"}
_EMPLOYED: Final = (["for"], ["as"])
_STATES: Final = frozenset({"live", "work", "spouse", "name"})
_LASTING: Final = frozenset(
    {"live", "work", "know", "own", "have", "like", "love", "hate", "want", "prefer", "become"}
)
"""Verbs whose perfect tells of what still is so."""


def _without_origin(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return where somebody moved from, and the other words."""
    start = words.index("from")
    end = next((at for at in range(start, len(words)) if words[at] == "to"), len(words))
    return ["in", *words[start + 1 : end]], [*words[:start], *words[end:]]


def _left_behind(lemma: str, words: Sequence[str]) -> list[str] | None:
    """Return what somebody is done with or out of."""
    if lemma == "do" and words[:1] == ["with"]:
        return list(words[1:])
    return list(words[2:]) if lemma == "be" and words[:2] == ["out", "of"] else None


def _given_up(lemma: str, words: Sequence[str], particles: set[str]) -> list[str] | None:
    """Return what somebody sold, left, stopped or gave up."""
    rest = [word for word in words if word not in particles]
    if lemma == "graduate":
        return ["study"]
    if lemma == "lose":
        return rest[2:] if rest[:2] == ["interest", "in"] else None
    if lemma == "break":
        return rest[1:] if "up" in particles and rest[:1] == ["with"] else None
    if lemma == "get":
        return [word for word in rest if word != "have"] if "off" in particles else None
    if lemma == "drop" and "out" not in particles:
        return None
    gave_up = lemma == "give" and "up" in particles
    return rest if gave_up or lemma in _ENDING else None


def _end(holder: _Holder, lemma: str, target: list[str], limits: tuple[str, ...]) -> Claim | None:
    while target and target[0] in {"to", "of", "with", "in", "for"}:
        target = target[1:]
    dated = next((at for at in range(len(target)) if _is_dated(target[at:])), len(target))
    target = target[:dated] or target
    value = " ".join(word for word in target if word != "job")
    if "job" in target or lemma in {"resign", "retire"}:
        return Claim(holder.path, f"{END} job", value, limits=limits, ended=True)
    relation = f"{END} {lemma}" if lemma in {"sell", "leave", "cancel"} else END
    return Claim(holder.path, relation, value, limits=limits, ended=True) if value else None


def _is_person(holder: _Holder) -> bool:
    """Return true if what somebody has is a person, who lives and works as they do."""
    return not _PEOPLE.isdisjoint(holder.own)


_PEOPLE: Final = frozenset(
    """
    mother father parent sister brother son daughter child spouse partner girlfriend boyfriend aunt
    uncle cousin niece nephew grandmother grandfather friend colleague boss manager neighbor
    neighbour roommate flatmate ex grandma grandpa fiance fiancee
    """.split()  # noqa: SIM905
)


def _is_dated(words: Sequence[str]) -> bool:
    """Return true if words are a date alone, such as "in March 2025"."""
    said = words[1:] if words[0] in {"in", "on"} else ()
    return bool(said) and all(word in MONTHS or word.isdigit() or word == "on" for word in said)


def _one(own: Sequence[str]) -> bool:
    """Return true if nobody has two of what these words name."""
    return not own or (own[-1] not in _ATTRIBUTES_OF_MANY and not own[-1].endswith("s"))


def _modality(clause: Clause, lemma: str, words: Sequence[str]) -> ClaimModality:
    if (meant := _MODALITIES.get(clause.modality)) is not None:
        return meant
    if lemma == "want":
        asked = words[:2] in (["to", "be"], ["be", "call"]) or "assistant" in words
        told = asked or not _ANSWERS.isdisjoint(words)
        return ClaimModality.INSTRUCTION if told else ClaimModality.WISH
    planned = ClaimModality.PLAN if clause.tense is Tense.FUTURE else ClaimModality.FACT
    return _MENTAL.get(lemma, planned)


_MODALITIES: Final = {
    reading.Modality.CAN: ClaimModality.ABILITY,
    reading.Modality.MUST: ClaimModality.OBLIGATION,
    reading.Modality.MAY: ClaimModality.POSSIBILITY,
    reading.Modality.WOULD: ClaimModality.POSSIBILITY,
}
_MENTAL: Final = {
    "wish": ClaimModality.WISH,
    "hope": ClaimModality.WISH,
    "dream": ClaimModality.WISH,
    "wonder": ClaimModality.POSSIBILITY,
    "consider": ClaimModality.POSSIBILITY,
    "think": ClaimModality.POSSIBILITY,
    "plan": ClaimModality.PLAN,
}


def _counts(token: Token) -> bool:
    if token.text in _SIGNS:
        return True
    if token.dep == "punct" or token.lower in _EMPTY:
        # "A" as a grade or a vitamin is a name.
        return token.text == "A" and token.index > 0 and token.dep != "det"
    return token.tag not in {"POS", "HYPH", ",", ":", ".", "``", "''"}


def _normal(token: Token) -> str:
    """Return the form of a word by which it is compared."""
    lower = token.lower
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", lower):
        lower = lower.replace(",", "")
    if lower in NUMBERS and token.tag == "CD":
        return NUMBERS[lower]
    if token.tag in {"NNP", "NNPS", "CD"} and lower not in _UNITS:
        return lower
    lemma = "call" if token.tag == "VBN" and lower == "named" else token.lemma or lower
    return _UNITS.get(lemma, _UNITS.get(lower, _SAME.get(lemma, lemma)))
