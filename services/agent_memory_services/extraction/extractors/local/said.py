"""A clause as it is judged, the kinds of fact, and what all judgements share."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Company,
    Subject,
    joined,
)
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.en.words import ANY_WEEKDAY

OVER: Final = frozenset({Tense.PAST, Tense.USED_TO})

_LASTING: Final = re.compile(r"\b(?:since|for|always)\b")
_LIMITS: Final = frozenset(
    {"not", "never", "rarely", "seldom", "hardly", "barely", "no", "only", "longer"}
)
_OFTEN: Final = re.compile(
    r"\b(?:every|each|most) (?:other |single |second |first |last |third )?(?:day|morning"
    r"|afternoon|evening|night|week|weekend|month|year|summer|winter|spring|autumn|fall|hour|few"
    rf"|two|three|{ANY_WEEKDAY})s?\b"
    r"|\b(?:on|in the|at the|at) (?:weekends|weekdays|mornings?|evenings?|afternoons?|nights"
    rf"|summers?|winters?|weekend|{ANY_WEEKDAY}s)\b|\b{ANY_WEEKDAY}s\b"
    rf"|\b{ANY_WEEKDAY} (?:morning|afternoon|evening|night)s\b"
    r"|\b(?:once|twice|three times|\w+ times) (?:a|per|each|every) (?:day|week|month|year)\b"
    r"|\ba (?:day|week|month)$|\b(?:daily|weekly|monthly|nightly)\b"
    r"|\bbefore (?:work|bed|school|breakfast)\b|\bafter (?:work|school|dinner)\b"
    r"|\bin (?:my|the|their) (?:free|spare|evenings?|mornings?) ?(?:time)?\b|\bfor a living\b"
    r"|\ball the time\b",
    re.IGNORECASE,
)
# Things of the conversation itself; liking or having them says nothing about a person.
_CHAT_OBJECT: Final = re.compile(
    r"^(?:(?:that|this|these|those|your|it|them"
    r"|one(?! (?!(?:of|with|in|on|from|that|you|is|for|more)\b)[a-z])"
    r"|ones|both|either|neither"
    r"|everything|nothing"
    r"|which|what|all of|some of|any of|none of)\b"
    r"(?! (?:restaurant|city|town|country|job|team|place|cafe|gym|music|season)\b)"
    r"|(?:the |an? )?(?:first|second|third|last|latter|former|next|previous|other|original"
    r"|shorter|longer|simpler) (?:one|ones|two|option|version|draft|idea|approach|suggestion"
    r"|answer|design|choice|sentence|paragraph|title|example|solution|method|plan|recipe)\b"
    r"|the (?:one|idea|sound|way|answer|suggestion|option|version|draft|explanation|response"
    r"|result|output|help|advice|concept|thought)\b|option \w+\b|(?:how|why|when|where)\b"
    r"|the fact\b|to (?:know|see|ask|hear|say|think|believe|get|find|understand|thank|point|add"
    r"|check|confirm|schedule|use|try)\b|(?:you|him|her|me)\b)",
    re.IGNORECASE,
)
_THIS_TASK: Final = re.compile(
    r"\b(?:this|that|the) (?:error|bug|problem|question|issue|assignment|homework|exercise"
    r"|sentence|email|code|script|task|thing|one|step|chat|file|function|page|answer|list|part)\b",
    re.IGNORECASE,
)


class Family(StrEnum):
    """Kind of fact."""

    NAME = "name"
    PROFILE = "profile"
    RELATION = "relation"
    PREFERENCE = "preference"
    INSTRUCTION = "instruction"
    PLAN = "plan"
    COMMITMENT = "commitment"
    EVENT = "event"
    HABIT = "habit"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Said:
    """A clause with what is needed to judge it.

    Attributes:
        clause: The clause.
        subject: Whom it is about.
        rest: What follows the verb, in the first person, with references and dates written out.
        dated: Whether it tells when.
        upcoming: Whether that is still to come.
        company: Who talks.
    """

    clause: Clause
    subject: Subject
    rest: str
    dated: bool
    upcoming: bool
    company: Company

    @property
    def lemma(self) -> str:
        """Base form of the verb."""
        return self.clause.lemma

    @property
    def tense(self) -> Tense:
        """Tense of the verb group."""
        return self.clause.tense

    @property
    def own(self) -> bool:
        """True if it is about the speaker."""
        return self.subject.about is About.SELF

    @property
    def adverbs(self) -> frozenset[str]:
        """The words of the verb group."""
        return frozenset(token.lower for token in self.clause.group)

    @property
    def limited(self) -> bool:
        """True if it is denied or restricted."""
        return bool(self.adverbs & _LIMITS)

    @property
    def habitual(self) -> bool:
        """True if it tells how often."""
        return bool(self.adverbs & words("frequencies")) or has_often(self.rest)

    @property
    def nouns(self) -> frozenset[str]:
        """Base forms of the nouns that follow the verb."""
        return frozenset(token.lemma for token in self.clause.body if token.tag.startswith("NN"))

    @property
    def infinitive(self) -> Token | None:
        """Verb of an infinitive that follows: "visit" in "want to visit Rome"."""
        found = self.clause.tree.child(self.clause.verb, "xcomp")
        return found if found is not None and found.tag in {"VB", "VBG"} else None

    @property
    def deed(self) -> Token:
        """Verb that tells of the deed: "sell" in "am going to sell", "try to sell", "must sell"."""
        verb, infinitive = self.clause.verb, self.infinitive
        leads = infinitive is not None and verb.lemma in words("leads_on")
        return infinitive if infinitive is not None and leads else verb

    @property
    def going_to(self) -> bool:
        """True if it is a future of the form "am going to move"."""
        going = self.lemma == "go" and self.tense in {Tense.PROGRESSIVE, Tense.PAST_PROGRESSIVE}
        return going and self.deed is not self.clause.verb

    @property
    def about_chat(self) -> bool:
        """True if its object is a thing of the conversation: "that idea", "the second option"."""
        return _CHAT_OBJECT.match(self.rest) is not None

    @property
    def content(self) -> bool:
        """True if what follows the verb holds something that a reader could look for."""
        found = re.findall(r"[\w'+#./-]+", self.rest.lower())
        return any(word not in words("empty") for word in found)

    def begins(self, pattern: str) -> bool:
        """Return true if what follows the verb begins so; case counts for nothing."""
        return re.match(pattern, self.rest, re.IGNORECASE) is not None

    def holds(self, pattern: str) -> bool:
        """Return true if what follows the verb holds this; case counts."""
        return re.search(pattern, self.rest) is not None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A fact's kind and what follows from it.

    Attributes:
        family: Kind of fact.
        slot: The attribute it fills, one value at a time; empty where there is none.
        topics: Topics that are known from the kind.
        standing: Whether every prompt should consider it.
        expires: Whether it is over with its day.
        recurring: Whether its date has no year.
        name: The speaker's name, where that is what it tells.
        text: The statement's own words, where they are fixed: `{subject}` is filled in.
        listener: Whether "you" in it is the assistant.
    """

    family: Family
    slot: str = ""
    topics: tuple[str, ...] = ()
    standing: bool = False
    expires: bool = False
    recurring: bool = False
    name: str = ""
    text: str = ""
    listener: bool = False


REFUSED: Final = Ruling(Family.STATEMENT, text="refused")
"""Ruling that ends the search: the clause states nothing worth keeping."""

PERSONAL: Final = Ruling(Family.PROFILE, topics=("personal",))

Rule = Callable[[Said], Ruling | None]
"""A judgement of one kind of clause; None leaves the clause to the next rule."""


def first(said: Said, rules: Iterable[Rule]) -> Ruling | None:
    """Return the verdict of the first rule that has one."""
    return next((verdict for rule in rules if (verdict := rule(said)) is not None), None)


def if_kept(verdict: Ruling, *, kept: object) -> Ruling:
    """Return a verdict, or the refusal of a clause that has its form without its content."""
    return verdict if kept else REFUSED


def preference(said: Said, *, listener: bool = False, slot: str = "") -> Ruling:
    """Return the verdict on a preference; one's own that still holds is standing."""
    own = said.subject.about is not About.KIN and said.tense not in OVER
    return Ruling(Family.PREFERENCE, slot, ("preferences",), standing=own, listener=listener)


def is_chore(said: Said) -> bool:
    """Return true if a clause is about the conversation or about software."""
    if said.company is Company.PEOPLE or said.lemma in {"eat", "drink", "swallow", "chew"}:
        return False
    tree, verb = said.clause.tree, said.clause.verb
    if any(is_chat_noun(tree, one) for one in tree.children(verb, "dobj", "attr")):
        return True
    return is_inner_chore(said)


def is_inner_chore(said: Said) -> bool:
    """Return true if the object of an infinitive is a thing of the conversation."""
    tree, infinitive = said.clause.tree, said.infinitive
    if infinitive is None:
        return False
    return any(is_chat_noun(tree, one) for one in tree.children(infinitive, "dobj"))


def is_chat_noun(tree: Tree, noun: Token) -> bool:
    """Return true if a noun is a thing of the conversation; a "driving test" is one of life."""
    if noun.lemma not in words("chores") and noun.lower not in words("chores"):
        return False
    if noun.text[:1].isupper() and noun.tag.startswith("NNP"):
        return False
    if noun.lemma == "sense" and tree.child(noun, "prep") is not None:
        return False
    of = tree.child(noun, "prep") if noun.lemma in words("measures") else None
    inner = tree.child(of, "pobj", "pcomp") if of is not None and of.lower == "of" else None
    if inner is not None:
        return is_chat_noun(tree, inner)
    before = tree.children(noun, "compound", "amod", "nmod")
    return not any(one.lower in words("life_compounds") for one in before)


def is_this_task(said: Said) -> bool:
    """Return true if a clause points at what the conversation is about."""
    if said.company is not Company.ASSISTANT:
        return False
    # As it was said: in `rest` "this function" has become "a function".
    return names_task(f"{joined(said.clause.body)} {said.rest}")


def names_task(text: str) -> bool:
    """Return true if a text points at what is worked on in the conversation: "this error"."""
    return _THIS_TASK.search(text) is not None


def has_often(text: str) -> bool:
    """Return true if a text tells how often."""
    return _OFTEN.search(text) is not None


def past_state(said: Said) -> bool:
    """Return true if a state is over, or one of several ("I have lived in Goa and Rome")."""
    if said.lemma not in words("states"):
        # What one did once holds since then: "I have moved to Rome".
        return said.tense is Tense.USED_TO
    if said.tense is Tense.PERFECT:
        return _LASTING.search(said.rest) is None
    return said.tense in OVER


def names_employer(words_: str) -> bool:
    """Return true if words begin with the name of an organisation that people work for."""
    named = re.match(
        r"(?:the )?[A-Z][\w&.'-]*(?: (?:(?:of|and|&) )?[A-Z0-9][\w&.'-]*)*"
        r"(?=$|[.,]| (?:as|in|since|on|last|this|back)\b)",
        words_,
    )
    if named is None or re.match(rf"(?:the )?{any_of('not_employers')}\b", words_, re.IGNORECASE):
        return False
    return re.search(rf"\b{any_of('not_firms')}\b", words_, re.IGNORECASE) is None
