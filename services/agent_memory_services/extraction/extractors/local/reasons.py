"""Reasons to leave out what people say of themselves and theirs; whatever has none is kept.

A reason is a kind of verb, of object or of tense: thinking and saying, the conversation and its
things, what is over within the hour, an offer made on the spot. None tells what is worth keeping.
"""

from typing import Final

from agent_memory_services.extraction.extractors.local.references import pronouns_for
from agent_memory_services.extraction.extractors.local.said import Said, is_chore
from agent_memory_services.extraction.extractors.local.subjects import Company
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Tense
from agent_memory_services.language.en.parser import Token

_CHAT_THING: Final = (
    r"(?:it|that|this|them|these|those|so"
    r"|the (?:code|script|file|function|command|following|first|second|last|same|above|error))\b"
)
_POINTS: Final = r"\b(?:it|this|that|you|your|them|these|those)\b"
_INDEFINITE: Final = frozenset({"a", "an", "some", "another", "my", "our", "his", "her", "their"})
_GOING_ON: Final = frozenset({Tense.PROGRESSIVE, Tense.PAST_PROGRESSIVE})


def is_left_out(said: Said) -> bool:
    """Return true if there is a reason to leave a clause about the speaker out."""
    return any(reason(said) for reason in _REASONS)


def has_weight(said: Said) -> bool:
    """Return true if it tells when, how often, how many, by name, or of one's own people."""
    return (
        said.dated
        or said.habitual
        or any(
            token.tag in {"NNP", "NNPS", "CD"} or pronouns_for(token.lower)
            for token in said.clause.body
        )
    )


def is_of_chat(said: Said) -> bool:
    """Return true if it is about the conversation, its things, or software."""
    if said.habitual and not said.tense.past:
        return False
    things = said.clause.tree.children(said.deed, "dobj")
    following = {one.index: said.clause.tree.tokens[one.index + 1 :][:1] for one in things}
    if any(
        one.lower in {"this", "that", "these", "those"}
        and not (
            following[one.index]
            and following[one.index][0].head == one.head
            and following[one.index][0].tag == "NNP"
        )
        for one in things
    ):
        return True
    aside = said.company is Company.PEOPLE or said.deed is not said.clause.verb
    pointed = said.about_chat and not aside
    return pointed or (said.tense.past and said.begins(_CHAT_THING)) or is_chore(said)


def is_of_mind(said: Said) -> bool:
    """Return true if it only tells that somebody thinks, says or perceives something."""
    deed, tree = said.deed, said.clause.tree
    if deed.lemma not in words("opinions"):
        return False
    if deed.lemma not in words("outward") or tree.child(deed, "ccomp") is not None:
        return True
    lasting = said.tense is Tense.PRESENT and tree.child(deed, "dobj", "prep") is not None
    return not (said.content and (lasting or has_weight(said)))


def is_of_moment(said: Said) -> bool:
    """Return true if it is over within the hour: "I am having lunch", "I just got home"."""
    if said.dated or said.habitual or said.company is Company.PEOPLE:
        return False
    verb = said.deed.lemma
    if said.tense.going_on and _ends(said) & words("moods"):
        return True
    moving = verb in words("moments")
    if (moving or verb in words("light_verbs")) and _ends(said) & words("momentary"):
        return said.tense is not Tense.PRESENT or said.deed is not said.clause.verb
    if said.tense is Tense.PRESENT and said.deed is said.clause.verb:
        return moving and not said.content
    return moving and not has_weight(said)


def _ends(said: Said) -> frozenset[str]:
    """Return the things that a verb is about or leads to."""
    tree, deed = said.clause.tree, said.deed
    behind = tree.children(deed, "dobj", "attr", "advmod", "npadvmod")
    of = [one for prep in tree.children(deed, "prep") for one in tree.children(prep, "pobj")]
    heads = [*behind, *of]
    return frozenset({*(one.lower for one in heads), *(one.lemma for one in heads)})


def _says_nothing(said: Said) -> bool:
    """Return true if nobody could look for anything in it: "I did", "I got there"."""
    if said.content or said.dated or said.habitual:
        return False
    if said.lemma == "do" and said.clause.tree.child(said.clause.verb, "dobj") is None:
        return True
    if said.rest and not {"away", "over", "off", "up"} & said.adverbs:
        return True
    if said.tense is Tense.PRESENT:
        return said.lemma in (
            words("lone_idioms") | words("moments") | words("chat_verbs") | words("small_verbs")
        )
    return said.lemma not in words("bare_events")


def _is_handled(said: Said) -> bool:
    """Return true if one did something to what is at hand: "I changed the setting"."""
    if said.deed.lemma not in words("chat_verbs") | words("handling") or has_weight(said):
        return False
    if said.tense is Tense.PRESENT and said.deed is said.clause.verb:
        return False
    thing = said.clause.tree.child(said.deed, "dobj")
    if thing is None:
        return said.deed.lemma in words("chat_verbs")
    return not _is_new(said, thing) and said.clause.tree.child(said.deed, "prep") is None


def _is_new(said: Said, thing: Token) -> bool:
    determiner = said.clause.tree.child(thing, "det", "poss")
    if determiner is None:
        return thing.tag in {"NNS", "NN"}
    return determiner.lower in _INDEFINITE


def _is_undone(said: Said) -> bool:
    """Return true if something small was not done: "I did not catch the last part"."""
    denied = said.limited and not {"never", "longer"} & said.adverbs
    if not denied or not said.tense.past or said.dated:
        return False
    return said.deed.lemma in words("chat_verbs") | words("moments")


def _is_offered(said: Said) -> bool:
    """Return true if it is promised on the spot: "I'll take it", "I will bring the other one"."""
    if said.tense is not Tense.FUTURE and not said.going_to:
        return False
    if said.holds(_POINTS):
        return True
    lasting = said.going_to or said.deed.tag == "VBG" or has_weight(said)
    idle = said.deed.lemma in words("chat_verbs") | words("moments")
    return not lasting or (idle and not said.dated and not has_weight(said))


_REASONS: Final = (
    _says_nothing, is_of_chat, is_of_mind, is_of_moment, _is_handled, _is_undone, _is_offered,
)  # fmt: skip
