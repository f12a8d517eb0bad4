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
    CORRECTED,
    END,
    MOVE,
    NAMED,
    NEVER,
    OTHER,
    PAST,
    REASON,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en import clauses as reading
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.corrections import (
    Correcting,
    contrasted,
    correcting,
    unclefted,
    unnamed,
)
from agent_memory_services.language.en.endings import Endings, without_origin
from agent_memory_services.language.en.parser import Parser, Token, Tree, shared
from agent_memory_services.language.en.values import (
    MARKED,
    MARKERS,
    SAME,
    SELF,
    Holder,
    Values,
    counts,
    marked,
    normal,
)
from agent_memory_services.language.en.wordings import (
    LASTING,
    STATES,
    Said,
    attribute,
    is_person,
    one_only,
    reworded,
    unified,
    unquoted,
)
from agent_memory_services.language.en.words import IRREGULAR, MONTHS, is_past, stem

_LEMMAS: Final = {
    "'s": "be", "become": "be", "hat": "hate", "married": "marry", "decide": "plan",
    "intend": "plan", "rid": "ride",
}  # fmt: skip
_HATE: Final = frozenset({"hate", "dislike", "detest", "loathe", "despise"})
_BEGINNING: Final = frozenset({"move", "relocate", "join", "marry"})
"""Verbs of what holds since it happened."""
_RISING: Final = frozenset(
    """
    rise increase drop fall change grow shrink climb jump decrease decline sink soar expand
    dwindle improve
    """.split()  # noqa: SIM905
)
_CHANGING: Final = _RISING | frozenset(
    {"reset", "update", "come", "raise", "lower", "cut", "set", "move"}
)
_STARTING: Final = frozenset({"start", "begin", "resume"})
_ANSWERS: Final = frozenset(
    """
    tone answer example unit clock format style language emoji summary explanation date code
    spelling temperature measurement currency distance price source citation link bullet table list
    heading prose paragraph sentence word reminder notification digest newsletter joke greeting
    signature title pronoun report comment step detail jargon recap alert update message subject
    abbreviation acronym metaphor analogy headline timestamp footnote caption
    """.split()  # noqa: SIM905
)
_ONE_AT_A_TIME: Final = frozenset({"weigh", "age", "spouse"})
_FEELING: Final = frozenset({"like", "love", "hate", "enjoy", "prefer", "start", "begin"})
_UNSAID: Final = (
    SELF
    | MARKERS
    | frozenset(
        """
        new his her be is are was were been being am 'm 're 've have has had do does did not n't no
        never longer more any these days from on at moment after used 's mr mrs ms dr mr. mrs. ms.
        dr. too then there here
        """.split()  # noqa: SIM905
    )
)
"""Words that a claim tells otherwise, by its tense, its singleness or its end."""
_DENIALS: Final = frozenset({"not", "n't", "no", "never", "longer"})
_IMPLIED: Final = {
    "live": "home back",
    "spouse": "marry married name called get getting",
    "name": "called spelled",
    "live with": "alone move out",
    "birthday": "bear born",
    "commute": "work",
    "want": "assistant give show use provide include display keep",
    "go to bed": "bed",
    "age": "old year age turn",
    "work": "job title role position",
    END: "interest job work part off out up through down away back one",
    MOVE: "back up forward off",
    CHANGE: "down up back get",
}
"""Words that are told by a relation alone."""
_GRAMMAR: Final = frozenset({"MD", "TO", "PRP", "CC", "IN", "EX", "WDT", "WP", "WRB"})
_GIVING: Final = frozenset({"give", "show", "use", "provide", "include", "display", "keep"})
_RENEWED: Final = frozenset({"new", "again"})
"""Words of a change that say something else besides."""
_KIN: Final = frozenset(
    "mum mom dad mother father gran granny grandma grandpa grandad nan".split()  # noqa: SIM905
)
"""Words for one's own relatives that stand alone, as names do."""
_NOBODY: Final = frozenset(["it", "that", "this", "there", "what", "who", "he", "she", "they"])
_EMPHASISED: Final = frozenset(
    """
    like love want need work live enjoy smoke cook care help hope agree believe care use try worry
    exercise walk talk play travel garden volunteer look listen dance clean shop paint move
    """.split()  # noqa: SIM905
)
"""Regular verbs that people put "do" before, to say that they really do."""
_ONESELF: Final = frozenset({"i", "me", "user"})
_NO_ONE: Final = frozenset({"no one", "nobody", "none", "noone"})
_THERE: Final = frozenset({"there", "here"})
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
    plain = [_plain_of(text) for text in texts]
    denied = [f"User gave up {each.beside}" for each in plain if each.beside]
    told = [each.text for each in plain if each.text and "?" not in each.text]
    trees = reader.parse([*told, *denied])
    found = {text: _claims_of(tree) for text, tree in zip([*told, *denied], trees, strict=True)}
    # A verb behind "User" is often taken for a noun, and behind a pronoun never; nor is it known
    # to be one where nobody stands before it.
    again = {
        text: retold for text, claims in found.items() if not claims and (retold := _retold(text))
    }
    for text, tree in zip(again, reader.parse(list(again.values())), strict=True):
        found[text] = _claims_of(Tree([replace(tree.tokens[0], text="User"), *tree.tokens[1:]]))
    return [
        each.framed(
            _with_denied(found.get(each.text, ()), found.get(f"User gave up {each.beside}", ()))
        )
        for each in plain
    ]


def _retold(text: str) -> str:
    """Return a statement about the user with a pronoun for them; empty where it is about others."""
    if text.startswith("User "):
        return f"He{text[4:]}"
    verb = text.partition(" ")[0]
    bare = verb[1:].islower() and is_past(verb.lower()) and not verb.lower().endswith("ing")
    return f"He {verb.lower()}{text[len(verb) :]}" if bare else ""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A statement in plain words.

    Attributes:
        text: the words.
        beside: what it says is not so behind them.
        name: the user's name, where it is put beside the word for them.
        corrects: how surely it puts something right.
    """

    text: str
    beside: str
    name: str
    corrects: Correcting

    def framed(self, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Return claims with what the statement says around them."""
        if not claims:
            return ()
        said = tuple(self._put_right(each) for each in claims)
        named = Claim("user", OTHER, self.name.casefold(), limits=(NAMED,))
        return (*said, named) if self.name else said

    def _put_right(self, claim: Claim) -> Claim:
        sure = self.corrects is Correcting.SURELY
        past = claim.relation.partition(" ")[0] == PAST
        plain = not (claim.negated or claim.ended or claim.relation == OTHER)
        if self.corrects is Correcting.NO or not plain or (past and not sure):
            return claim
        return replace(claim, single=True, limits=(*claim.limits, CORRECTED))


def _plain_of(text: str) -> _Plain:
    said = unquoted(text)
    if _FRAMED.search(said) is None:
        return _Plain(reworded(said), "", "", Correcting.NO)
    rest, corrects = correcting(said)
    rest, name = unnamed(rest)
    plain, beside = contrasted(reworded(unclefted(rest)))
    return _Plain(plain, beside, name, corrects)


_FRAMED: Final = re.compile(
    r"[,.:;!\u2026-]|\b(?:[Ii]t|[Tt]hat|not|never|rather|instead|as opposed)\b"
    r"|^(?:The )?[Uu]ser [A-Z]|^[Aa]ctually "
)
"""Signs of most that may stand around what a statement says."""


def _with_denied(claims: tuple[Claim, ...], denied: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Return claims, and that what stands behind them as "not ..." is not so."""
    if not claims:
        return ()
    over = [
        replace(
            each,
            holder=claims[0].holder,
            relation=_INSTEAD,
            value=each.value or " ".join(each.limits),
            limits=each.limits if each.value else (),
        )
        for each in denied[:1]
    ]
    return (*claims, *over)


_INSTEAD: Final = f"{END} instead"


def _claims_of(tree: Tree) -> tuple[Claim, ...]:
    """Return the claims of a statement, and what counts and is in none of them as one of its own.

    Without a claim for certain, or with an adverb that may turn it round, there are none.
    """
    found: dict[Claim, None] = {}
    verbs: set[int] = set()
    for clause in _clauses(tree):
        claims = tuple(clause.claims())
        found |= dict.fromkeys(claims)
        verbs |= {clause.verb} if claims else set()
    if not 0 < len(found) < _MOST:
        return ()
    given = reasons(tree)
    lost = list(_lost(tree, found, verbs))
    aside = [one for one in lost if one.index in given and given[one.index] in _TELLING]
    behind = [one for one in lost if one.index in given and one not in aside]
    lost = [one for one in lost if one.index not in given]
    if any(one.tag in _TURNING and one.lower not in _HARMLESS for one in lost):
        return ()
    told = any(one.tag.startswith("VB") or one.dep in _SUBJECTS for one in lost)
    for words, limit in ((lost, "clause" if told else ""), (behind, REASON), (aside, "")):
        if words:
            rest = " ".join(word for one in words for word in normal(one).split())
            found[Claim("user", OTHER, rest, limits=(limit,) if limit else ())] = None
    return tuple(found)


_TURNING: Final = frozenset({"RB", "RBR", "RBS", "WRB", "UH", "FW"})
"""Tags of words that may turn round what a claim says, such as "almost"."""
_HARMLESS: Final = frozenset(
    """
    finally recently lately together suddenly happily officially completely totally fully already
    meanwhile eventually yesterday ago home back away well anyway luckily sadly unfortunately
    permanently ever since straight forward
    """.split()  # noqa: SIM905
)
_SUBJECTS: Final = frozenset({"nsubj", "nsubjpass", "csubj"})


def _lost(tree: Tree, found: Iterable[Claim], verbs: set[int]) -> Iterator[Token]:
    """Yield the words that count and are in no claim.

    The verb of a clause is told by the relation of its claim, whatever that is called.
    """
    told = {
        stem(word)
        for each in found
        for part in (each.holder.replace("/", " "), each.relation, each.value, *each.limits)
        for word in part.split()
    }
    for relation, words in _IMPLIED.items():
        if any(relation in {each.relation, *each.relation.split()} for each in found):
            told |= set(map(stem, words.split()))
    if any(each.relation.partition(" ")[0] == END for each in found):
        told |= {*MONTHS, *(token.lower for token in tree.tokens if token.lower.isdigit())}
    if any(token.lemma in _CHANGING for token in tree.tokens) or any(
        each.relation == CHANGE for each in found
    ):
        told |= {"up", "down"}
    marks = marked(" ".join(token.text for token in tree.tokens))
    for token in tree.tokens:
        counted = token.lower == "only" and _is_number(tree.tokens[token.index + 1 :][:1])
        if (
            token.index in marks
            or counted
            or token.index in verbs
            or token.tag in _GRAMMAR
            or token.lower in _UNSAID
        ):
            continue
        said = normal(token).split() if counts(token) else []
        if any(stem(word) not in told for word in said) and stem(token.lemma) not in told:
            yield token


def _is_number(tokens: Sequence[Token]) -> bool:
    return any(token.tag == "CD" for token in tokens)


def _clauses(tree: Tree) -> Iterator["_Clause"]:
    text = "".join(token.text + token.space for token in tree.tokens)
    changed = bool(MARKED.search(text)) or any(
        token.lower in MARKERS or token.lower in _RENEWED for token in tree.tokens
    )
    for clause in reading.clauses(tree):
        if clause.subject is not None and clause.source is not reading.Source.REPORTED:
            yield _Clause(clause, changed=changed)


def reasons(tree: Tree) -> dict[int, str]:
    """Return the places of what a statement gives as its reason, each with the verb of that.

    Where that is a verb of saying, it is no reason: "as noted on day 3".
    """
    found: dict[int, str] = {}
    for token in tree.tokens:
        mark = tree.child(token, "mark")
        if token.dep == "advcl" and mark is not None and mark.lower in _BECAUSE:
            said = token.lemma if mark.lower == "as" else ""
            found |= {one.index: said for one in tree.subtree(token)}
        if token.dep in {"prep", "acomp"} and token.lower == "because":
            found |= {one.index: "" for one in tree.subtree(token)}
    return found


_TELLING: Final = frozenset(
    """
    note say mention agree plan discuss expect promise tell describe write ask report explain know
    advise recommend suggest state arrange order
    """.split()  # noqa: SIM905
)


_BECAUSE: Final = frozenset({"because", "as", "since", "cause"})


def _reasons(clause: Clause) -> frozenset[int]:
    """Return the places of what a clause gives as its reason: "because of ...", "as ..."."""
    tree, found = clause.tree, set[int]()
    for token in clause.body:
        marks = {one.lower for one in tree.children(token, "mark", "advmod")}
        because = token.dep == "advcl" and bool(marks & _WHY)
        given = token.lower in {"because", "thanks"} and token.dep in {"prep", "acomp"}
        given = given or (
            token.lower == "due" and any(c.lower == "to" for c in tree.children(token))
        )
        if because or given:
            found |= {one.index for one in tree.subtree(token)}
    return frozenset(found)


_SO_FAR: Final = frozenset({"since", "for"})
_WHY: Final = frozenset({"because", "as", "since", "that", "so", "though", "although"})


class _Clause:
    """Reading of one clause."""

    def __init__(self, clause: Clause, *, changed: bool) -> None:
        self._clause = clause
        self._tree = clause.tree
        self._changed = changed
        self._values = Values(clause.tree, own=False)
        self._reasons = _reasons(clause)

    @property
    def verb(self) -> int:
        """Place of the verb."""
        return self._clause.verb.index

    def claims(self) -> Iterator[Claim]:
        """Yield what the clause claims."""
        clause = self._clause
        holder = self._holder(clause.subject) if clause.subject is not None else None
        if holder is not None and holder.path in _NO_ONE:
            yield from self._given_up(holder)
            return
        if holder is None or clause.verb.tag == "TO":
            return
        self._values = Values(clause.tree, own=holder.root == "user")
        if holder.own == ("job",) and clause.verb.tag == "VBG":
            holder = Holder(holder.root, ())
        lemma = self._lemma()
        body = self._body()
        negated = clause.negated or any(
            token.lower in {"never", "no"} for token in (*clause.group, *clause.body[:1])
        )
        over = any(token.lower == "longer" for token in self._group_and_body()) or (
            negated and bool(MARKED.search(self._text()))
        )
        words = self._values.words(body)
        self._values.limits += [
            one.lower
            for one in clause.group
            if one.tag in {"RB", "RBR", "RBS"}
            and one.dep not in {"neg", "prt"}
            and counts(one)
            and one.lower not in MARKERS | _DENIALS
        ]
        endings = Endings(clause, holder, self._values, lemma, words)
        if ended := endings.claims():
            yield from ended
            if lemma not in {"bear", "graduate"}:
                return
        if lemma in {"move", "relocate"} and "from" in words and not negated:
            left, words = without_origin(words)
            yield Claim(holder.path, "live", " ".join(left), negated=True, ended=True)
        if lemma in _BEGINNING and not negated and endings.is_told:
            words = self._values.since(words)
        yield self._plain(holder, lemma, words, negated=negated, over=over)
        if holder.own and (counted := endings.counted()) is not None:
            yield counted
        yield from self._denied(holder, lemma, body)

    def _given_up(self, holder: Holder) -> Iterator[Claim]:
        """Yield what nobody does any more."""
        words = [word for word in self._values.words(self._body()) if word not in _THERE]
        while words and words[0] in {"to", "at", "in", "on", "with"}:
            words = words[1:]
        if MARKED.search(self._text()) and words:
            yield Claim("user", END, " ".join(words), ended=True)
        elif words:
            yield self._plain(holder, self._lemma(), words, negated=True, over=False)

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
            if token.index in self._reasons or token.index in self._asides:
                continue
            denied = token.lower == "but" and self._clause.negated
            if (token.lower in {"not", "instead"} and found) or denied:
                break
            if token.lower in {"and", "but"} and any(
                one.lower in {"no", "not"} for one in self._clause.body[len(found) :][1:2]
            ):
                break
            found.append(token)
        return found

    @property
    def _asides(self) -> set[int]:
        """Places of what "who ..." or "which ..." behind a comma adds."""
        tokens = self._tree.tokens
        return {
            one.index
            for token in self._clause.body
            if token.dep == "relcl"
            for one in self._tree.subtree(token)
            if tokens[self._tree.subtree(token)[0].index - 1].text == ","
        }

    def _denied(self, holder: Holder, lemma: str, body: Sequence[Token]) -> Iterator[Claim]:
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
            said = Said(holder.path, SAME.get(lemma, lemma), self._values.words(rest), single=False)
            said = unified(lemma, said, own=False, passive=False, named=False)
            yield Claim(said.holder, said.relation, " ".join(said.words), single=said.single)
            return
        negating = markers & {"not", "instead", "no"}
        if negating and ("instead" not in markers or "of" in markers):
            words = self._values.words(rest)
            if words and lemma:
                yield Claim(holder.path, f"{END} instead", " ".join(words), ended=True)

    def _holder(self, subject: Token) -> Holder | None:
        tokens = [
            token
            for token in self._tree.subtree(subject)
            if not (token.dep == "relcl" or token.tag in {"WP", "WDT"})
        ]
        words = [token.lower for token in tokens]
        if not words or words[0] in _NOBODY:
            return None
        rest = [token for token in tokens if token.lower not in SELF]
        own = tuple(normal(token) for token in rest if counts(token) and token.lower != "new")
        together = any(one.lower in _ONESELF for one in self._tree.children(subject, "conj"))
        if words[0] in SELF or words[:2] == ["the", "user"] or together:
            # "Sofia and I": what is said of both is said of the user.
            return Holder("user", () if together and words[0] not in SELF else own)
        if words[0] == "the":
            return Holder("the " + " ".join(own), ())
        if words[0] in _KIN and {*words[1:]} <= {"'s"}:
            return Holder("user", (SAME.get(words[0], words[0]),))
        if subject.tag in {"NN", "NNS"} and tokens[0].tag in {"NN", "NNS"} and not is_person(own):
            # "Dinner with Aoife", "rent": the one that is known.
            return Holder("the " + " ".join(own), ())
        return Holder(" ".join(own), ())

    def _plain(
        self, holder: Holder, lemma: str, words: list[str], *, negated: bool, over: bool
    ) -> Claim:
        clause = self._clause
        modality = _modality(clause, lemma, words, self._values.limits)
        if modality is ClaimModality.INSTRUCTION and words[:2] == ["assistant", "to"]:
            # "Wants the assistant to give temperatures in Celsius".
            words = words[2:]
            given = not _GIVING.isdisjoint(words[:1])
            words = words[1 + (words[1:2] == ["user"]) :] if given else words
        words = [word for word in words if word not in {"no", "never", "longer"}]
        if lemma in _FEELING and words[:1] == ["to"] and not clause.negated:
            words = words[1:]
        if (started := self._started(holder, lemma, words)) is not None:
            lemma, words = started
        disliked = lemma in _HATE or (lemma in {"stand", "bear"} and negated)
        said = Said(
            holder.path,
            "like" if disliked else SAME.get(lemma, lemma),
            words,
            self._changed and not negated and started is None,
        )
        said = self._owned(holder, lemma, said) if holder.own and words else said
        body = clause.body
        said = unified(
            lemma,
            said,
            own=bool(holder.own) and not is_person(holder.own),
            passive=any(one.dep == "auxpass" for one in clause.group),
            named=bool(body) and body[0].tag in {"NNP", "NNPS"},
        )
        past = clause.tense in {Tense.PAST, Tense.PAST_PROGRESSIVE, Tense.USED_TO}
        settled = lemma in _CHANGING or started is not None or said.relation in STATES
        settled = settled or self._clause.verb.lemma in {"become", "reach", "hit", "turn"}
        settled = settled or (lemma == "go" and said.relation != "go")
        if lemma in {"live", "reside", "work", "employ"} and past:
            settled = False
        if self._is_deed and not said.words and not holder.own:
            said = replace(said, relation="do", words=[lemma])
        relation = said.relation
        if relation == SAME.get(lemma, lemma) and relation not in STATES:
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
            quantities=tuple(self._values.quantities),
            limits=(
                *self._values.limits,
                *([NEVER] if past and negated and self._is_never else []),
            ),
            single=said.single or relation in _ONE_AT_A_TIME,
            ended=over,
        )

    @property
    def _is_deed(self) -> bool:
        """True if what is taken for a verb behind "do" is rather what is done: "I do karate"."""
        clause = self._clause
        helped = any(one.dep == "aux" and one.lemma == "do" for one in clause.group)
        verbal = clause.lemma in _EMPHASISED or clause.lemma in IRREGULAR.values()
        return helped and not clause.negated and not verbal

    @property
    def _is_never(self) -> bool:
        return any(token.lower == "never" for token in self._group_and_body())

    def _voiced(self, said: "Said", *, settled: bool) -> "Said":
        """Return a verb with its particle, as what is done to somebody, and as done already."""
        group, clause = self._clause.group, self._clause
        particle = next((one.lower for one in group if one.dep == "prt"), "")
        relation, words = f"{said.relation} {particle}".rstrip(), said.words
        if any(one.dep == "auxpass" for one in group):
            # A parser takes many an adjective for a participle: both are told by their words.
            going_on = ["being"] * any(one.lower == "being" for one in group)
            relation, words = "be", [*going_on, *normal(clause.verb).split(), *words]
        perfect = clause.tense is Tense.PERFECT and clause.verb.tag != "VBG"
        lasting = clause.verb.lemma in LASTING or settled or said.relation in _MENTAL
        if relation == "be" and perfect and _SO_FAR & {token.lower for token in clause.body}:
            # "Has been on leave since May" tells of what is so.
            return replace(said, words=words[words[:1] == ["back"] :])
        relation = f"have {relation}" if perfect and not lasting else relation
        return replace(said, relation=relation, words=words)

    def _started(
        self, holder: Holder, lemma: str, words: Sequence[str]
    ) -> tuple[str, list[str]] | None:
        """Return verb and value of what somebody started to do."""
        if lemma not in _STARTING or holder.own:
            return None
        verb = next((one for one in self._clause.body if one.tag in {"VBG", "VB"}), None)
        if verb is None or normal(verb) not in words:
            return None
        return verb.lemma, list(words[words.index(normal(verb)) + 1 :])

    def _owned(self, holder: Holder, lemma: str, said: "Said") -> "Said":
        """Read what is said of somebody's own: "X's Y is Z"."""
        own, words = holder.own, said.words
        if lemma == "be":
            complement = self._clause.complement
            articled = complement is not None and self._tree.child(complement, "det") is not None
            nominal = complement is not None and (
                complement.dep in {"attr", "oprd"} or _is_name(complement)
            )
            return attribute(holder, words, single=said.single, articled=articled, nominal=nominal)
        called = any(token.dep == "auxpass" for token in self._clause.group)
        if lemma in {"call", "name", "spell"} and called:
            named = own[:-1] if own[-1] == "name" and len(own) > 1 else own
            where = Holder(holder.root, named).path
            return Said(where, "name", words, said.single or one_only(own))
        said_of = {token.lower for token in self._group_and_body()}
        risen = lemma == "go" and not {"up", "down"}.isdisjoint(said_of)
        if (lemma in _CHANGING or risen) and "to" in words and words[-1] != "to":
            if lemma == "move" and is_person(holder.own):
                return said
            if lemma == "move" and not words[-1][:1].isdigit():
                return Said(holder.path, "be", ["at", *words[words.index("to") + 1 :]], single=True)
            return Said(holder.root, " ".join(own), words[words.index("to") + 1 :], single=True)
        return said


_PEOPLES: Final = re.compile(
    r"(?:an|ish|ese|ic|i)$|^(?:french|dutch|czech|greek|swiss|welsh|thai|jewish|hindu|sikh)$"
)


def _is_name(token: Token) -> bool:
    """Return true if a word with a capital, behind the first one, names no people or religion."""
    return token.index > 0 and token.text[:1].isupper() and not _PEOPLES.search(token.lower)


def _modality(
    clause: Clause, lemma: str, words: Sequence[str], limits: Sequence[str]
) -> ClaimModality:
    if (meant := _MODALITIES.get(clause.modality)) is not None:
        return meant
    if lemma == "want":
        asked = words[:2] in (["to", "be"], ["be", "call"]) or "assistant" in words
        asked = asked or _is_done_to_something(clause)
        often = any(
            one.partition(" ")[0] in {"every", "once", "twice", "daily", "weekly"} for one in limits
        )
        told = asked or often or not _ANSWERS.isdisjoint(words)
        return ClaimModality.INSTRUCTION if told else ClaimModality.WISH
    moving = lemma in {"move", "relocate"} and clause.tense is Tense.PROGRESSIVE
    ahead = clause.tense is Tense.FUTURE or moving
    planned = ClaimModality.PLAN if ahead else ClaimModality.FACT
    return _MENTAL.get(lemma, planned)


def _is_done_to_something(clause: Clause) -> bool:
    """Return true if a participle follows what somebody wants: "wants recipes scaled"."""
    things = [at for at, one in enumerate(clause.body) if one.tag in {"NNS", "NNP", "NNPS", "NN"}]
    behind = clause.body[things[0] + 1 :][:2] if things else ()
    return any(one.tag in {"VBN", "VBD"} for one in behind) and clause.body[0].tag != "TO"


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
