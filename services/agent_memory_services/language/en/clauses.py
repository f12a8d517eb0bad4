"""Clauses of a parsed sentence: who, does what, to whom, and how real it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from agent_memory_services.language.en.parser import Token, Tree

_SUBJECTS: Final = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")
_AUXILIARIES: Final = frozenset({"aux", "auxpass", "neg"})
_LONGEST_ADVERB: Final = 3
_KEPT_MARKS: Final = frozenset({'"', "%", ")", "+", "#"})
# Their past looks like the present; said of oneself they are nearly always the past.
_PAST_ALIKE: Final = frozenset({"quit", "hit", "hurt", "cut", "shut", "put"})
FINITE_TAGS: Final = frozenset({"VBP", "VBZ", "VBD", "MD"})
"""Tags of a verb that agrees with a subject."""
_VERBS: Final = FINITE_TAGS | {"VB", "VBN", "VBG"}
_FLOW: Final = frozenset({"cc", "intj", "preconj", "mark"})
_REASONS: Final = frozenset({"because", "since", "as", "although", "though", "so", "cause"})
_CONTRASTS: Final = frozenset({"whereas", "although", "though", "but", "so"})
_DOUBTS: Final = frozenset({"if", "whether", "unless"})
# Nouns in form that a parser takes for nouns where a verb was left without its subject.
_VERB_NOUNS: Final = frozenset(
    {"work", "love", "hate", "like", "study", "play", "use", "live", "drink", "drive", "prefer"}
)
_VERBS_IN_S: Final = {
    "leaves": "leave", "works": "work", "loves": "love", "hates": "hate", "plays": "play",
    "runs": "run", "lives": "live", "drinks": "drink", "studies": "study", "starts": "start",
    "moves": "move", "plans": "plan", "drives": "drive", "turns": "turn", "needs": "need",
    "wants": "want", "goes": "go", "teaches": "teach", "speaks": "speak", "ends": "end",
    "arrives": "arrive", "snores": "snore", "barks": "bark", "smokes": "smoke", "cooks": "cook",
}  # fmt: skip
_UNCHANGED: Final = frozenset(
    {"come", "become", "run", "read", "let", "set", "reset", "overcome", "split", "beat", "cost"}
    | _PAST_ALIKE
)
_IN_LAW: Final = 5
"""Tokens of "father-in-law"."""
_REPORTS: Final = frozenset(
    """
    remember know mention note notice realize realise forget remind mean turn learn discover find
    tell inform confirm add see
    """.split()  # noqa: SIM905 - a list would be a page long
)
_GLAD: Final = frozenset({"glad", "happy", "excited", "thrilled", "proud", "sad", "lucky"})
_MODALS: Final = {
    "can": "can", "could": "may", "may": "may", "might": "may", "should": "may", "ought": "may",
    "must": "must", "would": "would", "will": "will", "shall": "will", "'d": "would",
    "'ll": "will", "ca": "can", "wo": "will", "need": "may",
}  # fmt: skip


class Tense(StrEnum):
    """Time and aspect of a verb group."""

    PRESENT = "present"
    PAST = "past"
    FUTURE = "future"
    PERFECT = "perfect"
    PROGRESSIVE = "progressive"
    PAST_PROGRESSIVE = "past_progressive"
    USED_TO = "used_to"

    @property
    def past(self) -> bool:
        """True if dates without a year look back."""
        return self in {Tense.PAST, Tense.PERFECT, Tense.PAST_PROGRESSIVE, Tense.USED_TO}

    @property
    def going_on(self) -> bool:
        """True if it tells of something under way."""
        return self in {Tense.PROGRESSIVE, Tense.PAST_PROGRESSIVE}


class Modality(StrEnum):
    """Reality of what a clause says."""

    REAL = "real"
    CAN = "can"
    WOULD = "would"
    MAY = "may"
    MUST = "must"


class Source(StrEnum):
    """Standing of a clause in its sentence."""

    SPEAKER = "speaker"
    """Said by the speaker in their own name."""
    REASON = "reason"
    """Given as the reason of something else."""
    REPORTED = "reported"
    """Thought or said by somebody, or asked about."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing said.

    Attributes:
        tree: The sentence.
        verb: The main verb, or the copula.
        subject: Head of the subject; None where there is none, as in a command.
        group: The verb group in order: auxiliaries, negation, adverbs, the verb and its particle.
        lead: An adverbial that stood before the subject.
        body: All that follows the verb group and belongs to the clause.
        tense: Its time.
        modality: How real it is.
        negated: Whether it is denied.
        source: Whose word it is.
        shared: Whether its subject stands in an earlier clause.
    """

    tree: Tree
    verb: Token
    subject: Token | None
    group: tuple[Token, ...]
    lead: tuple[Token, ...]
    body: tuple[Token, ...]
    tense: Tense
    modality: Modality
    negated: bool
    source: Source = Source.SPEAKER
    shared: bool = False

    @property
    def lemma(self) -> str:
        """Base form of the main verb."""
        return "be" if self.verb.lower in {"'m", "'re", "am", "is", "are"} else self.verb.lemma

    @property
    def complement(self) -> Token | None:
        """Head of the object, the predicate noun or adjective, or of the infinitive."""
        return self.tree.child(self.verb, "dobj", "attr", "acomp", "oprd", "xcomp", "dative")

    @property
    def finite(self) -> Token:
        """The word of the group that agrees with the subject."""
        return next((token for token in self.group if token.tag in FINITE_TAGS), self.verb)


def clauses(tree: Tree) -> Iterator[Clause]:
    """Yield the clauses of a sentence in the order in which they were said."""
    tree = _put_right(tree)
    found = [clause for root in tree.roots for clause in _read(tree, root, None, Source.SPEAKER)]
    yield from sorted(found, key=lambda clause: clause.verb.index)


def behind(clause: Clause) -> Iterator[Clause]:
    """Yield what a clause gives as its reason: "I am late because I had a flat tyre"."""
    for child in clause.tree.children(clause.verb, "advcl"):
        marker = clause.tree.child(child, "mark")
        given = marker is not None and marker.lower in {"because", "cause", "although", "though"}
        if given and child.index > clause.verb.index:
            yield from _read(clause.tree, child, None, Source.REASON)


def _put_right(tree: Tree) -> Tree:
    """Mend what a parser gets wrong with short sentences of everyday talk."""
    tokens = [_laying(tree, token) for token in tree.tokens]
    for token in tree.tokens:
        head = tokens[token.head]
        if token.dep == "aux" and token.index < head.index and _is_main_verb(token, head):
            # "I do not eat gluten", with "gluten" taken for the verb.
            for other in tree.children(head):
                if other.index < token.index or other.dep in {"punct", "conj", "cc", "advcl"}:
                    tokens[other.index] = replace(other, head=token.index)
            new_head = token.index if head.head == head.index else head.head
            tokens[token.index] = replace(token, dep=head.dep, head=new_head)
            tokens[head.index] = replace(head, dep="dobj", head=token.index, tag="NN")
        elif token.dep == "nsubj" and _is_mere_auxiliary(head, tokens):
            # "I am married": the subject is the participle's.
            tokens[token.index] = replace(token, head=head.head)
        elif (first := _one_of_two(tree, token)) is not None:
            # "My wife and I", taken for two subjects.
            tokens[token.index] = replace(token, dep="conj", head=first.index)
            tokens[token.index - 1] = replace(tokens[token.index - 1], dep="cc", head=first.index)
        elif (after := _put_before(tree, token)) is not None:
            # "My dad farmed beet", "our cat Tofu hates it", "my roommate she is from Lima".
            tokens[token.index] = replace(token, dep="nsubj")
            tokens[after.index] = _put_behind(token, after)
        elif _names_again(tree, token):
            # "My niece Lena", taken for two subjects.
            tokens[token.index] = replace(token, dep="appos", head=token.index - 1)
        elif token.dep == "nsubj" and token.lower in {"i", "we"} and head.tag not in _VERBS:
            tokens[token.index] = _before_verb(tree, token, tokens)
    return Tree(_in_law(tree, _with_participle(tree, _with_verb(tree, tokens))))


def _laying(tree: Tree, token: Token) -> Token:
    """Take "my hens lay six eggs a day" for the present that it is, not for the past of "lie"."""
    laid = token.lower == "lay" and tree.child(token, "dobj") is not None
    return replace(token, lemma="lay", tag="VBP") if laid else token


def _before_verb(tree: Tree, token: Token, tokens: Sequence[Token]) -> Token:
    verb = next((one for one in tokens[token.index + 1 :] if one.tag in FINITE_TAGS), None)
    free = verb is not None and tree.child(verb, *_SUBJECTS) is None
    return replace(token, head=verb.index) if verb is not None and free else token


def _put_before(tree: Tree, token: Token) -> Token | None:
    """Return what follows a subject that was taken for an adverbial: its verb, name or pronoun."""
    owner = tree.child(token, "poss", "det") if token.dep == "npadvmod" else None
    if owner is None or owner.lower not in {"my", "our", "the"} or token.head <= token.index:
        return None
    following = tree.tokens[tree.subtree(token)[-1].index + 1]
    verb, subject = tree.tokens[token.head], tree.child(tree.tokens[token.head], *_SUBJECTS)
    if subject is None:
        return verb if following == verb and owner.lower != "the" else None
    named = following.tag.startswith("NNP") or following.lower in {"he", "she", "they", "it"}
    return following if following == subject and named else None


def _put_behind(subject: Token, after: Token) -> Token:
    """Return a second subject as the name of the first, or as what is said for emphasis alone."""
    if after.dep != "nsubj":
        return after
    if after.tag.startswith("NNP"):
        return replace(after, dep="appos", head=subject.index)
    return replace(after, dep="intj")


def _one_of_two(tree: Tree, token: Token) -> Token | None:
    if token.lower != "i" or token.dep != "nsubj" or not token.index:
        return None
    if tree.tokens[token.index - 1].lower != "and":
        return None
    subjects = tree.children(tree.tokens[token.head], "nsubj")
    return next((one for one in subjects if one.index == token.index - 2), None)


def _names_again(tree: Tree, token: Token) -> bool:
    if not token.tag.startswith("NNP") or not 0 < token.index < token.head:
        return False
    if token.dep not in {"nsubj", "nsubjpass", "npadvmod", "dep", "appos"}:
        return False
    before = tree.tokens[token.index - 1]
    return before.dep in {"nsubj", "nsubjpass"} and before.head == token.head and before.tag == "NN"


def _in_law(tree: Tree, tokens: list[Token]) -> list[Token]:
    """Make one noun phrase of "father-in-law" where its parts were parsed apart."""
    for place in range(len(tokens) - _IN_LAW + 1):
        parts = tokens[place : place + _IN_LAW]
        if [part.lower for part in parts[1:4]] != ["-", "in", "-"] or parts[4].lower != "law":
            continue
        inside = range(place, place + _IN_LAW)
        outer = [part for part in parts if part.head not in inside or part.dep == "ROOT"]
        chosen = next((part for part in reversed(outer) if part.dep in _SUBJECTS), outer[0])
        head = place if chosen.dep == "ROOT" else chosen.head
        tokens[place] = replace(parts[0], dep=chosen.dep, head=head)
        for part in parts[1:]:
            tokens[part.index] = replace(part, dep="compound", head=place)
        for other in tree.tokens:
            if other.index not in inside and other.head in inside:
                tokens[other.index] = replace(tokens[other.index], head=place)
    return tokens


def _with_verb(tree: Tree, tokens: list[Token]) -> list[Token]:
    """Take a plural for the verb that it is: "my flight leaves at nine", "Sam works nights"."""
    if any(token.tag in FINITE_TAGS for token in tokens):
        return tokens
    verb = next((one for one in tokens[1:] if one.tag == "NNS" and one.lower in _VERBS_IN_S), None)
    if verb is None or not tokens[verb.index - 1].tag.startswith("NN"):
        return tokens
    at, root = verb.index, tree.roots[0]
    subject = root if root.index < at and root.tag.startswith("NN") else tokens[at - 1]
    found = list(tokens)
    for token in tokens:
        if token.index < at and (token.head >= at or token.dep == "ROOT"):
            dep = "appos" if token.tag.startswith("NNP") else token.dep
            found[token.index] = replace(token, dep=dep, head=subject.index)
        elif token.index > at and (token.head <= at or token.dep == "ROOT"):
            dep = "dobj" if token.tag.startswith("NN") else token.dep
            found[token.index] = replace(token, dep=dep, head=at)
    found[subject.index] = replace(found[subject.index], dep="nsubj", head=at)
    found[at] = replace(verb, tag="VBZ", lemma=_VERBS_IN_S[verb.lower], dep="ROOT", head=at)
    return found


def _with_participle(tree: Tree, tokens: list[Token]) -> list[Token]:
    """Take a participle for the verb that it is: "our book club folded after the war"."""
    if not tokens:
        return tokens
    root = tree.roots[0]
    verb, owner = tree.child(root, "acl"), tree.child(root, "det", "poss")
    if verb is None or owner is None or owner.lower not in {"the", "my", "our"}:
        return tokens
    if verb.tag != "VBN" or verb.index != root.index + 1 or not root.tag.startswith("NN"):
        return tokens
    found = list(tokens)
    found[verb.index] = replace(found[verb.index], tag="VBD", dep="ROOT", head=verb.index)
    found[root.index] = replace(found[root.index], dep="nsubj", head=verb.index)
    for token in tree.children(root):
        if token.index > verb.index:
            found[token.index] = replace(found[token.index], head=verb.index)
    return found


def _is_mere_auxiliary(token: Token, tokens: Sequence[Token]) -> bool:
    return token.dep in {"aux", "auxpass"} and not _is_main_verb(token, tokens[token.head])


def _is_main_verb(token: Token, head: Token) -> bool:
    if token.tag in {"MD", "TO"}:
        return False
    if token.lemma == "do" and head.tag.startswith("NN"):
        return True
    if token.lemma == "have":
        # "I cannot have gluten": a participle differs from its base form.
        alike = head.tag == "VBN" and head.lower == head.lemma and head.lower not in _UNCHANGED
        return alike or head.tag.startswith("NN")
    if token.tag in {"VBZ", "VBD"} and head.tag not in {"VBG", "NN", "NNS"}:
        return False
    return token.lemma not in {"be", "do", "get", "will", "would", "let", "have"} and token.tag in {
        "VB",
        "VBP",
        "VBZ",
        "VBD",
    }


def _read(
    tree: Tree, verb: Token, before: Clause | None, source: Source, more: Sequence[Token] = ()
) -> Iterator[Clause]:
    """Yield the clause of a verb, and those that stand beside it or explain it."""
    own = tree.child(verb, *_SUBJECTS)
    apart = [child for child in tree.children(verb) if _stands_apart(tree, verb, child)]
    clause = None
    left_over: tuple[Token, ...] = ()
    if verb.tag in _VERBS or own is not None or (before and verb.lower in _VERB_NOUNS):
        clause = _clause(tree, verb, own, apart, None if own else before)
        clause, left_over = _without_left_over(clause, apart)
        clause = replace(clause, source=source, body=clause.body + tuple(more))
        yield from _complements(clause)
        if own is not None:
            yield from _asides(clause, own)
    for child in tree.children(verb, "ccomp"):
        # "I said I was vegan but I am vegetarian": what stands beside a report is none.
        for other in tree.children(child, "conj") if child not in apart else ():
            if tree.child(other, *_SUBJECTS) is not None and _contrasts(tree, child):
                yield from _read(tree, other, None, source)
    for child in apart:
        shares = clause if child.dep == "conj" else None
        last = child is apart[-1]
        yield from _read(
            tree, child, shares, _source(tree, child, source), left_over if last else ()
        )


def _contrasts(tree: Tree, verb: Token) -> bool:
    return any(token.lower == "but" for token in tree.children(verb, "cc"))


def _without_left_over(clause: Clause, apart: Sequence[Token]) -> tuple[Clause, tuple[Token, ...]]:
    """Take what stands behind the last of the clauses beside it away: it belongs to that one."""
    if not apart or apart[-1].dep != "conj" or apart[-1].index < clause.verb.index:
        return clause, ()
    end = clause.tree.subtree(apart[-1])[-1].index
    behind = tuple(token for token in clause.body if token.index > end)
    if not behind:
        return clause, ()
    kept = tuple(token for token in clause.body if token.index <= end)
    return replace(clause, body=_trimmed(kept)), _trimmed(behind)


def _asides(clause: Clause, subject: Token) -> Iterator[Clause]:
    """Yield what "who ..." between commas says of the subject."""
    tree = clause.tree
    for child in tree.children(subject, "relcl"):
        who = tree.child(child, *_SUBJECTS)
        first = tree.subtree(child)[0].index
        if who is not None and who.lower == "who" and first and tree.tokens[first - 1].text == ",":
            aside = _clause(tree, child, who, [], None)
            yield replace(aside, subject=subject, source=clause.source, shared=True)


def _complements(clause: Clause) -> Iterator[Clause]:
    """Take a copula's list of complements apart: "vegan and allergic to nuts" says two things."""
    tree, verb = clause.tree, clause.verb
    head = tree.child(verb, "acomp", "attr") if verb.lemma == "be" or verb.lower == "'m" else None
    split: list[Token] = []
    while head is not None:
        following = next(
            (child for child in tree.children(head, "conj") if _is_new_complement(tree, child)),
            None,
        )
        if following is not None:
            split.append(following)
        head = following
    if not split:
        yield clause
        return
    starts = [min(token.index for token in tree.subtree(one)) for one in split]
    body = clause.body
    bounds = [-1, *starts, len(tree.tokens)]
    for low, high in pairwise(bounds):
        part = _trimmed(tuple(token for token in body if low <= token.index < high))
        if part:
            yield replace(clause, body=part)


def _is_new_complement(tree: Tree, child: Token) -> bool:
    if child.tag in {"JJ", "VBN"}:
        return bool(tree.children(child, "prep", "npadvmod"))
    if child.tag in {"NN", "NNP"}:
        determiner = tree.child(child, "det")
        return determiner is not None and determiner.lower in {"a", "an", "the"}
    return False


def _stands_apart(tree: Tree, verb: Token, child: Token) -> bool:
    """Return true if a dependent of a verb is a statement of its own."""
    subject = tree.child(child, *_SUBJECTS)
    fronted = child.index < verb.index
    if child.dep == "conj":
        return _is_predicate(tree, child, subject)
    if subject is None:
        # "Never suggest shrimp, I am allergic": a command stands first.
        return child.dep in {"advcl", "ccomp"} and fronted and _is_command(tree, child)
    marker = tree.child(child, "mark")
    mark = marker.lower if marker else ""
    if child.dep == "advcl":
        return mark in _CONTRASTS or (mark in _REASONS and fronted)
    if child.dep == "ccomp":
        return mark not in _DOUBTS and (fronted or _is_reported(tree, verb))
    verbal = child.dep in {"dep", "appos"} and child.tag in _VERBS
    return verbal or (child.dep == "parataxis" and subject.lower != "you")


def _is_command(tree: Tree, verb: Token) -> bool:
    if verb.tag != "VB" or tree.child(verb, "mark", "advmod") is not None:
        return False
    return not any(token.tag == "TO" for token in tree.children(verb, "aux"))


def _is_predicate(tree: Tree, child: Token, subject: Token | None) -> bool:
    if subject is not None:
        return True
    if child.tag in FINITE_TAGS or child.lower in _VERB_NOUNS:
        return True
    if child.tag in {"VB", "VBG", "VBN"}:
        # "I am vegan and living in Rome"; but "I like to swim and dance" is one wish.
        head = tree.tokens[child.head]
        return head.dep != "xcomp" and not (head.tag == "VBG" and head.dep in {"pcomp", "dobj"})
    return False


def _is_reported(tree: Tree, verb: Token) -> bool:
    """Return true if what follows a verb is taken for true by whoever says it."""
    subject = tree.child(verb, *_SUBJECTS)
    if verb.lemma in _REPORTS:
        own = subject is None or subject.lower in {"i", "it", "you"}
        return own and not (subject is not None and subject.lower == "you" and verb.lemma != "know")
    adjective = tree.child(verb, "acomp")
    return adjective is not None and adjective.lower in _GLAD


def _source(tree: Tree, child: Token, outer: Source) -> Source:
    if outer is Source.REPORTED:
        return outer
    marker = tree.child(child, "mark")
    return Source.REASON if marker and marker.lower in _REASONS else outer


def _clause(
    tree: Tree,
    verb: Token,
    own: Token | None,
    apart: Sequence[Token],
    before: Clause | None,
) -> Clause:
    gone: set[int] = set()
    for child in apart:
        gone |= {token.index for token in tree.subtree(child)}
    left = [token for token in tree.subtree(verb) if token.index not in gone]
    named = {token.index for token in tree.subtree(own)} if own is not None else set()
    begin = max((index for index in named if index < verb.index), default=-1)
    group = _group(tree, verb, begin, gone)
    if before is not None and verb.tag in {"VB", "VBN", "VBG", "NN"}:
        inherited = _inherited(before, group, verb)
        group = [*inherited, *group]
    grouped = {token.index for token in group} | named
    children = {child.index for child in tree.children(verb)}
    rest = [
        token
        for token in left
        if token.index not in grouped
        and token.dep != "intj"
        and not (token.dep in _FLOW and token.index in children and _joins(token, gone))
    ]
    first = min(named) if named else min(token.index for token in group if token.index not in gone)
    lead = [token for token in rest if token.index < first]
    after = [token for token in rest if token.index > verb.index]
    between = [token for token in rest if first < token.index < verb.index]
    tense, modality = _time(tree, verb, group)
    return Clause(
        tree=tree,
        verb=verb,
        subject=own if own is not None else (before.subject if before else None),
        group=tuple(group),
        lead=_trimmed(tuple(lead)),
        body=(*_trimmed(tuple(after)), *_trimmed(tuple(between))),
        tense=tense,
        modality=modality,
        negated=any(token.dep == "neg" and token.lower in {"not", "n't"} for token in group),
        shared=own is None and before is not None,
    )


def _group(tree: Tree, verb: Token, begin: int, gone: set[int]) -> list[Token]:
    """Return the words of a verb group: what stands between the subject and the verb, mostly."""
    found = [verb]
    for child in tree.children(verb):
        between = begin < child.index < verb.index
        particle = child.dep == "prt" and child.index == verb.index + 1
        if child.index in gone:
            continue
        if child.dep == "neg" and child.index > verb.index + 1:
            # "We are taking the train, not the car": it denies what stands behind it.
            continue
        if child.dep in _AUXILIARIES or particle or (between and child.lower in {"both", "all"}):
            found.append(child)
        elif child.dep in {"advmod", "npadvmod"} and between:
            phrase = tree.subtree(child)
            if len(phrase) <= _LONGEST_ADVERB and (begin >= 0 or child.index >= verb.index - 2):
                found += phrase
    return sorted(found, key=lambda token: token.index)


def _inherited(before: Clause, group: Sequence[Token], verb: Token) -> list[Token]:
    """Return the auxiliaries that a second verb leaves out: "do not drink or smoke"."""
    if any(token.dep in {"aux", "auxpass"} for token in group):
        return []
    if before.verb.tag != verb.tag and not (before.verb.tag == "VB" and verb.tag == "NN"):
        return []
    return [token for token in before.group if token.dep in _AUXILIARIES]


def _trimmed(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return tokens without punctuation and conjunctions at either end."""
    first, last = 0, len(tokens)
    while first < last and _is_border(tokens[first]):
        first += 1
    while last > first and _is_border(tokens[last - 1]):
        last -= 1
    return tokens[first:last]


def _joins(token: Token, gone: set[int]) -> bool:
    """Return true if a conjunction leads to a clause of its own: not that of "chess but not go"."""
    return token.dep != "cc" or token.index + 1 in gone


def _is_border(token: Token) -> bool:
    if token.dep == "cc":
        return True
    return token.dep == "punct" and token.text not in _KEPT_MARKS and not token.text[-1:].isalnum()


def _time(tree: Tree, verb: Token, group: Sequence[Token]) -> tuple[Tense, Modality]:
    auxiliaries = [token for token in group if token.dep in {"aux", "auxpass"}]
    meant = [_MODALS.get(token.lower, "may") for token in auxiliaries if token.tag == "MD"]
    if "will" in meant:
        return Tense.FUTURE, Modality.REAL
    return _tense(tree, verb, group, auxiliaries), Modality(meant[-1]) if meant else Modality.REAL


def _tense(tree: Tree, verb: Token, group: Sequence[Token], auxiliaries: Sequence[Token]) -> Tense:
    lemmas = {token.lemma for token in auxiliaries} | {
        "be" for token in auxiliaries if token.lower in {"'m", "'re", "'s"}
    }
    finite = next((token for token in group if token.tag in FINITE_TAGS), verb)
    complement = tree.child(verb, "xcomp")
    if verb.lower == "used" and complement is not None and complement.tag == "VB":
        return Tense.USED_TO
    if "have" in lemmas and verb.tag in {"VBN", "VBD", "VBG"}:
        return Tense.PERFECT
    if verb.tag == "VBG" and "be" in lemmas:
        past = finite.lower in {"was", "were"}
        return Tense.PAST_PROGRESSIVE if past else Tense.PROGRESSIVE
    told = finite.tag == "VBD" or finite.lower in {"was", "were", "did", "had"}
    alone = not auxiliaries and (verb.tag == "VBN" or verb.lower in _PAST_ALIKE)
    return Tense.PAST if told or alone else Tense.PRESENT
