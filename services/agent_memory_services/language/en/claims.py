"""Claims of English statements, read from their parse.

A claim is read from a clause where its subject and verb are plain. Prepositions stay in its value,
so that "to" and "from" differ; words that only mark a change, such as "now", make it single.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory_services.language.claims import PAST, Claim, ClaimModality, Quantity
from agent_memory_services.language.en import clauses as reading
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.parser import Parser, Token, Tree, shared
from agent_memory_services.language.en.words import MONTHS, NUMBERS

END: Final = "end"
"""Relation of a claim that ends whatever else is said of its value."""
SWITCH: Final = "switch"
"""Relation of a claim that puts its value in the place of another of its kind."""
MOVE: Final = "move"
"""Relation of a claim that gives its value another time."""

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
}  # fmt: skip
_LEMMAS: Final = {
    "'s": "be", "become": "be", "hat": "hate", "married": "marry", "decide": "plan",
    "intend": "plan",
}  # fmt: skip
_HATE: Final = frozenset({"hate", "dislike", "detest", "loathe", "despise"})
_SELF: Final = frozenset({"user", "i", "me", "my", "we", "our"})
_EMPTY: Final = frozenset(
    """
    a an the this that 's ' just also very really quite actually basically their his her its my our
    always usually normally generally currently presently still only already recently all again
    both
    """.split()  # noqa: SIM905 - a list would be a page long
)
_CHANGE: Final = frozenset({"now", "nowadays", "instead", "anymore", "actually", "henceforth"})
_CHANGES: Final = re.compile(
    r"\b(?:these days|from now on|at the moment|any ?more|after all|as of now)\b", re.IGNORECASE
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
_ONE_AT_A_TIME: Final = frozenset({"live", "weigh", "age", "spouse"})
_PARTICLES: Final = frozenset({"up", "off", "out", "through", "down", "away"})
_TITLES: Final = frozenset({"dr.", "dr", "mr.", "mr", "mrs.", "mrs", "ms.", "ms", "prof."})
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
    trees = (parser or shared()).parse([_plain(text) for text in texts])
    return [
        tuple(dict.fromkeys(_claims(tree)))[:_MOST] if "?" not in text else ()
        for text, tree in zip(texts, trees, strict=True)
    ]


_REWORDED: Final = (
    (re.compile(r"[\u2018\u2019]"), "'"),
    # Groups of one number, and words of one meaning, which a parser takes apart.
    (re.compile(r"(?<=\d) (?=\d)"), ""),
    (re.compile(r"(?<=[a-z])-(?=[a-z])"), ""),
    (re.compile(r"\bteam lead\b"), "team leader"),
    (re.compile(r"\bno longer has\b"), "does not have any more"),
    (re.compile(r"\bno longer (\w+(?:ch|sh|ss|x|z|o))es\b"), r"does not \1 any more"),
    (re.compile(r"\bno longer (?!(?:is|was|has)\b)(\w+)ies\b"), r"does not \1y any more"),
    (re.compile(r"\bno longer (?!(?:is|was|has)\b)(\w+[^s\W])s\b"), r"does not \1 any more"),
    (
        re.compile(
            r"^(Actually|It turns out(?: that)?|Turns out|It turned out(?: that)?),? ",
            re.IGNORECASE,
        ),
        "",
    ),
)


def _plain(text: str) -> str:
    """Return a text without what its parser is known to stumble over."""
    plain = text.strip().rstrip(".!")
    for pattern, replacement in _REWORDED:
        plain = pattern.sub(replacement, plain)
    return plain


def _claims(tree: Tree) -> Iterator[Claim]:
    text = "".join(token.text + token.space for token in tree.tokens)
    changed = bool(_CHANGES.search(text)) or any(
        token.lower in _CHANGE or token.lower == "new" for token in tree.tokens
    )
    for clause in reading.clauses(tree):
        if clause.subject is not None and clause.source is not reading.Source.REPORTED:
            yield from _Clause(clause, changed=changed).claims()


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

    def claims(self) -> Iterator[Claim]:
        """Yield what the clause claims."""
        clause = self._clause
        holder = self._holder(clause.subject) if clause.subject is not None else None
        if holder is None or clause.verb.tag == "TO":
            return
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
        if (ending := self._ending(holder, lemma, particle, words)) is not None:
            yield ending
            return
        yield self._plain(holder, lemma, words, negated=negated, over=over)
        yield from self._denied(holder, lemma, body)

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
        text = " ".join(token.lower for token in tokens)
        marks = {word for mark in _CHANGES.findall(text) for word in mark.lower().split()}
        for place, token in enumerate(tokens):
            if token.index in limited or token.lower in _CHANGE or token.lower in marks:
                continue
            longer = token.lower == "longer" and place and tokens[place - 1].lower == "no"
            if not _counts(token) or longer or token.lower in _TITLES:
                continue
            word = _normal(token)
            if word:
                found.append(word)
            if re.fullmatch(r"[+-]?\d[\d.]*", word):
                self._count(word, tokens, place)
        return found

    def _count(self, word: str, tokens: Sequence[Token], place: int) -> None:
        before = tokens[place - 1].lower if place else ""
        after = next((one for one in tokens[place + 1 : place + 2]), None)
        month = {before, after.lower if after else ""} & MONTHS
        if before in _NAMED_NUMBERS or month:
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
            words = [_normal(one) for one in phrase if _counts(one) and one.dep != "prep"]
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
        told = clause.tense in {Tense.PAST, Tense.PERFECT} or clause.verb.tag in {"VBD", "VBN"}
        if target is None and told and holder.own:
            return self._fallen(holder, lemma, particles)
        if target is None and told and lemma in {"switch", "transfer"}:
            return Claim(holder.root, SWITCH, " ".join(words), single=True)
        if target is None and told:
            target = _given_up(lemma, words, particles)
        return _end(holder, lemma, target) if target else None

    def _fallen(self, holder: _Holder, lemma: str, particles: set[str]) -> Claim | None:
        """Return the end of the subject itself: "the trip was cancelled"."""
        passive = any(token.dep == "auxpass" for token in self._clause.group)
        subject = " ".join(holder.own)
        if lemma == "bear" and holder.own[:1] in {("baby",), ("twin",)}:
            return Claim(holder.root, END, "pregnant", ended=True)
        if lemma in _MOVING and passive:
            return Claim(holder.root, MOVE, subject, ended=True)
        over = (lemma == "cancel" and passive) or (lemma == "fall" and "through" in particles)
        return Claim(holder.root, END, subject, ended=True) if over else None

    def _plain(
        self, holder: _Holder, lemma: str, words: list[str], *, negated: bool, over: bool
    ) -> Claim:
        clause = self._clause
        modality = _modality(clause, lemma, words)
        words = [word for word in words if word not in {"no", "never", "longer"}]
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
        said = _reworded(lemma, said, own=bool(holder.own))
        past = clause.tense in {Tense.PAST, Tense.PAST_PROGRESSIVE, Tense.USED_TO}
        settled = lemma in _RISING or started is not None or said.relation == "live"
        if lemma in {"live", "reside"} and past:
            settled = False
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
        nominal = complement is not None and complement.dep in {"attr", "oprd"}
        nominal = nominal or own[0] == "favorite" or words[0].isdigit()
        if not nominal or not _ATTRIBUTES_OF_MANY.isdisjoint(own):
            return _Said(holder.path, "be", words, single)
        articled = complement is not None and self._tree.child(complement, "det") is not None
        one = single or (_one(own) and not articled)
        return _Said(holder.root, " ".join(own), words, one)


@dataclass(frozen=True, slots=True)
class _Said:
    """Holder, relation, value and singleness of a claim in the making."""

    holder: str
    relation: str
    words: list[str]
    single: bool


def _reworded(lemma: str, said: _Said, *, own: bool) -> _Said:
    """Return what is said with the relation that stands for all of its wordings."""
    words, relation = said.words, said.relation
    first = words[0] if words else ""
    if lemma in {"move", "relocate"} and "to" in words and not own:
        place = ["in", *words[words.index("to") + 1 :]]
        return replace(said, relation="live", words=place, single=True)
    if lemma == "marry" or (lemma == "be" and words[:2] in (["marry", "to"], ["married", "to"])):
        named = words[words.index("to") + 1 :] if "to" in words else words
        return replace(said, relation="spouse", words=named, single=True)
    if lemma in {"engage", "divorce", "widow"} and not own:
        return replace(said, relation="be", words=[lemma, *words])
    if lemma == "be" and not own and first in _BEING:
        return replace(said, relation=_BEING[first], words=words[1:])
    if relation in {"work", "employ"}:
        if first in {"at", "by", "for"}:
            words = ["for", *words[1:]]
        return replace(
            said, relation="work", words=words, single=said.single or words[:1] in _EMPLOYED
        )
    return said


_BEING: Final = {"base": "live", "into": "like"}
_EMPLOYED: Final = (["for"], ["as"])


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
    if lemma == "get":
        return [word for word in rest if word != "have"] if "off" in particles else None
    if lemma == "drop" and "out" not in particles:
        return None
    gave_up = lemma == "give" and "up" in particles
    return rest if gave_up or lemma in _ENDING else None


def _end(holder: _Holder, lemma: str, target: list[str]) -> Claim | None:
    while target and target[0] in {"to", "of", "with", "in", "for"}:
        target = target[1:]
    value = " ".join(word for word in target if word != "job")
    if "job" in target or lemma in {"resign", "retire"}:
        return Claim(holder.path, f"{END} job", value, ended=True)
    relation = f"{END} {lemma}" if lemma in {"sell", "leave", "cancel"} else END
    return Claim(holder.path, relation, value, ended=True) if value else None


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
    if token.dep == "punct" or token.lower in _EMPTY:
        # "A" as a grade or a vitamin is a name.
        return token.text == "A" and token.index > 0 and token.dep != "det"
    return token.tag not in {"POS", "HYPH", ",", ":", ".", "``", "''"} or token.text in "+-#"


def _normal(token: Token) -> str:
    """Return the form of a word by which it is compared."""
    lower = token.lower
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", lower):
        lower = lower.replace(",", "")
    if lower in NUMBERS and token.tag == "CD":
        return NUMBERS[lower]
    if token.tag in {"NNP", "NNPS", "CD"} and lower not in _UNITS:
        return lower
    lemma = token.lemma or lower
    return _UNITS.get(lemma, _UNITS.get(lower, _SAME.get(lemma, lemma)))
