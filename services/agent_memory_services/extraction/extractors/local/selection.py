"""Choice of the clauses that are worth keeping, and reasons to leave clauses out.

The kinds that have a name, a slot or a topic of their own are told first. Whatever else people say
of themselves is kept as something done, going on, planned or done as a rule, unless there is a
reason to leave it out. A reason is a kind of verb, of object or of tense: thinking and saying, the
conversation and its things, what is over within the hour, an offer made on the spot; and doubt, a
command, or hearsay.
"""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local import doing, others
from agent_memory_services.extraction.extractors.local.instructions import ACTS
from agent_memory_services.extraction.extractors.local.references import pronouns_for
from agent_memory_services.extraction.extractors.local.said import (
    REFUSED,
    Family,
    Rule,
    Ruling,
    Said,
    is_chore,
    is_this_task,
)
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import About, Company, joined
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Clause, Modality, Tense
from agent_memory_services.language.en.parser import Token

_SECRET: Final = re.compile(
    r"\b(?:password|passcode|passphrase|pin|api key|token|secret|ssn|social security|credit card"
    r"|card number|cvv|private key)\b",
    re.IGNORECASE,
)
# Figures of speech that would read as facts.
_FIGURE: Final = re.compile(
    r"(?:(?:basically|literally|practically|totally|just|so|absolutely) )*(?:married to (?:my"
    r"|the|their) (?:job|work|phone|laptop|desk)"
    r"|dying (?:of (?!cancer|\w+ (?:disease|failure))|to |for |inside|here|over)|drowning in"
    r"|buried in"
    r"|(?:immortal|invincible|indestructible|psychic|clairvoyant|telepathic|omniscient)\b"
    r"|over the moon|on (?:fire|cloud nine|top of the world)|in (?:heaven|hell|paradise)\b"
    r"|an? (?:zombie|wreck|machine|beast|robot|monster|potato|rock ?star|king|queen|god|goddess"
    r"|ghost|ninja|wizard|genius|walking \w+|soap opera|circus|rollercoaster|roller coaster"
    r"|nightmare|joke|train wreck|dumpster fire|dinosaur|slave driver|pig|snail|vampire"
    r"|couch potato|soap)\b"
    r"|(?:bored|worried|scared|tickled) to death|killing me\b|all (?:ears|thumbs|set"
    r"|over the place)|mush\b|fried\b|toast$|jelly$"
    r"|the (?:world|universe|planet|country|city)'s (?:\w+est|best|worst|most)\b"
    r"|the (?:\w+est|best|worst|most \w+) [\w ]+ (?:in the world|ever|alive|on (?:earth"
    r"|the planet))\b"
    r"|(?:an? |about )?\d+ ?(?:%|percent) [\w ]+ and \d+)",
    re.IGNORECASE,
)
_CHAT_THING: Final = (
    r"(?:it|that|this|them|these|those|so"
    r"|the (?:code|script|file|function|command|following|first|second|last|same|above|error))\b"
)
_POINTS: Final = r"\b(?:it|this|that|you|your|them|these|those)\b"
_INDEFINITE: Final = frozenset({"a", "an", "some", "another", "my", "our", "his", "her", "their"})
_LASTED: Final = (
    r"\bfor (?:[\w-]+ ){0,2}(?:years|decades|ages|months|weeks)\b|\bsince (?!then\b|when\b)"
)
_JUDGES: Final[dict[About, Rule]] = {
    About.SELF: doing.self,
    About.KIN: others.kin,
    About.OWN: others.own,
    About.THING: others.thing,
}


def is_secret(text: str) -> bool:
    """Return true if a text names something that is kept from everybody, such as a password."""
    return _SECRET.search(text) is not None


def _is_mere_talk(said: Said) -> bool:
    """Return true if a clause tells of the speaker's own words: "I keep saying forty"."""
    infinitive = said.infinitive
    verb = infinitive.lemma if said.lemma in {"keep", "stop"} and infinitive else said.lemma
    return verb in {"say", "repeat", "mumble", "mutter"} and not said.habitual


def is_figure(text: str) -> bool:
    """Return true if a predicate is a figure of speech: "buried in work", "over the moon"."""
    return _FIGURE.match(text) is not None


def judge(said: Said) -> Ruling | None:
    """Return the kind of fact that a clause states; None where it states none."""
    if said.clause.modality is Modality.MAY or is_this_task(said):
        return None
    if is_figure(f"{said.clause.verb.lower} {said.rest}") or is_figure(said.rest):
        return None
    if said.tense.past and {"almost", "nearly"} & said.adverbs:
        return None
    if is_secret(f"{said.subject.noun} {said.rest}") or (said.own and _is_mere_talk(said)):
        return None
    verdict = _JUDGES[said.subject.about](said)
    if verdict is None and said.own and said.clause.modality is Modality.REAL:
        verdict = _by_tense(said)
    if verdict is None or verdict is REFUSED:
        return others.among_people(said) if said.company is Company.PEOPLE else None
    return verdict


def _by_tense(said: Said) -> Ruling | None:
    """Judge any other clause about the speaker: kept, unless there is a reason to leave it out."""
    judged = {"be", "have", "need"} | words("wants") | words("likes")
    if said.lemma in judged or _is_left_out(said):
        return None
    tense = said.tense
    if tense is Tense.FUTURE or said.going_to:
        return Ruling(Family.PLAN)
    if tense.going_on or (tense is Tense.PERFECT and said.clause.verb.tag == "VBG"):
        ends = said.dated and said.upcoming and said.lemma in words("meetings")
        return Ruling(Family.PLAN if said.dated else Family.HABIT, expires=ends)
    if tense.past:
        return Ruling(Family.EVENT)
    if said.dated and said.upcoming:
        return Ruling(Family.COMMITMENT, expires=said.deed.lemma not in words("turning_points"))
    return Ruling(Family.HABIT)


# ---------------------------------------------------------------------- reasons to leave out


def _is_left_out(said: Said) -> bool:
    """Return true if there is a reason to leave a clause about the speaker out."""
    return any(reason(said) for reason in _REASONS)


def _has_weight(said: Said) -> bool:
    """Return true if it tells when, how often, how many, by name, or of one's own people."""
    return (
        said.dated
        or said.habitual
        or any(
            token.tag in {"NNP", "NNPS", "CD"} or pronouns_for(token.lower)
            for token in said.clause.body
        )
    )


def _is_of_chat(said: Said) -> bool:
    """Return true if it is about the conversation, its things, or software."""
    if said.habitual and not said.tense.past:
        return False
    things = said.clause.tree.children(said.deed, "dobj")
    following = {one.index: said.clause.tree.tokens[one.index + 1 :][:1] for one in things}
    if any(one.lemma in {"email", "essay", "draft", "text", "message"} for one in things):
        return True
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


def _is_of_mind(said: Said) -> bool:
    """Return true if it only tells that somebody thinks, says or perceives something."""
    deed, tree = said.deed, said.clause.tree
    if deed.lemma not in words("opinions"):
        return False
    if deed.lemma not in words("outward") or tree.child(deed, "ccomp") is not None:
        return True
    lasting = said.tense is Tense.PRESENT and tree.child(deed, "dobj", "prep") is not None
    return not (said.content and (lasting or _has_weight(said)))


def _is_of_moment(said: Said) -> bool:
    """Return true if it is over within the hour: "I am having lunch", "I just got home"."""
    if said.dated or said.habitual or said.company is Company.PEOPLE:
        return False
    if said.tense is Tense.PERFECT and said.holds(_LASTED):
        return False
    verb = said.deed.lemma
    if said.tense.going_on and _ends(said) & words("moods"):
        return True
    moving = verb in words("moments")
    if (moving or verb in words("light_verbs")) and _ends(said) & words("momentary"):
        return said.tense is not Tense.PRESENT or said.deed is not said.clause.verb
    if said.tense is Tense.PRESENT and said.deed is said.clause.verb:
        return moving and not said.content
    return moving and not _has_weight(said)


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
    if said.subject.plural and said.tense.past and said.deed.lemma not in words("chat_verbs"):
        # "Kim and I broke up".
        return False
    if said.rest and not {"away", "over", "off", "up"} & said.adverbs:
        return True
    if said.tense is Tense.PRESENT:
        return said.lemma in (
            words("lone_idioms") | words("moments") | words("chat_verbs") | words("small_verbs")
        )
    return said.lemma not in words("bare_events")


def _is_handled(said: Said) -> bool:
    """Return true if one did something to what is at hand: "I changed the setting"."""
    if said.deed.lemma not in words("chat_verbs") | words("handling") or _has_weight(said):
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
    lasting = said.going_to or said.deed.tag == "VBG" or _has_weight(said)
    idle = said.deed.lemma in words("chat_verbs") | words("moments")
    return not lasting or (idle and not said.dated and not _has_weight(said))


_REASONS: Final = (
    _says_nothing, _is_of_chat, _is_of_mind, _is_of_moment, _is_handled, _is_undone, _is_offered,
)  # fmt: skip


_LASTING: Final = re.compile(
    r"\b(?:from (?:now|here) on|going forward|in (?:the )?future)\W*$"
    r"|^(?:please,? )?(?:write|draft|compose) (?:(?:all|any|my|your|the) ){0,2}"
    r"(?:code (?:examples|samples|snippets)|times|dates|numbers|prices|amounts|temperatures"
    r"|distances|(?:[\w']+ )?(?:e-?mails|letters|messages|posts|texts|replies)"
    r"(?: (?:to|for) (?:my|our) [\w' -]{2,24}?)?)"
    r" (?:in|with|without|as|using) (?!(?:this|that|these|those|mind|it)\b)[\w'& -]{2,30}\W*$",
    re.IGNORECASE,
)
"""Wishes for all that will be written, such as "write code examples in Swift from now on"."""
# A question in form alone: "Could you always cite your sources?"
_STANDING_REQUEST: Final = re.compile(
    r"^(?:could|can|would|will) you (?:please )?(?:(?:always|never)\b|.*\b(?:in (?:the )?future"
    r"|from now on"
    r"|going forward|every time|each time|whenever (?:I|we|you)\b.*)$)",
    re.IGNORECASE,
)
# What somebody says of themselves is theirs alone.
_HEARSAY: Final = re.compile(
    r"\b(?:claims?|insists?|swears?|reckons?|pretends?|thinks?|believes?|jokes?|says?) (?:that )?"
    r"(?:he|she|they)\b",
    re.IGNORECASE,
)
_DOUBT: Final = re.compile(
    r"\b(?:(?<!even )if|whether|unless|maybe|perhaps|possibly|supposedly|hypothetically|imagine"
    r"|pretend"
    r"|theoretically|lol|jk|just kidding|as if)\b",
    re.IGNORECASE,
)
# "I get migraines if I skip meals"; whatever happens.
_CONDITION: Final = re.compile(
    r"(?<=\w)(?:, | )(?:even |only )?(?:if|unless) (?!so\b|not\b|any)\w.*$"
)
_IF_I_CHOOSE: Final = re.compile(
    r"\bif (?:I|we) (?:have|had|were) to (?:choose|pick|decide|say)\b", re.IGNORECASE
)
_ORDER: Final = re.compile(
    r"^(?:(?:please|can you|could you|would you|help me(?: to)?|now|I (?:want|need"
    r"|would like) you to)[, ]+)*"
    r"(?:write|draft|compose|translate|rewrite|rephrase|paraphrase|proofread|summari[sz]e"
    r"|generate|act as|act like"
    r"|role-?play|reply as|respond as|answer as|complete|continue|how do you say|solve|what if"
    r"|if|unless|say I|for example|e\.g)\b"
    r"|\b(?:hypothetically|in a story|the character|the narrator|my character|the hero"
    r"|the protagonist|in my (?:novel|story|dream)|in the (?:book|song|movie|film|novel))\b",
    re.IGNORECASE,
)
_ALWAYS_IF: Final = re.compile(
    rf"if (?:I|we) .+?,? (?:please )?(?:always|never)\b"
    rf"|if (?:I|we) {ACTS}\b[^,?]{{1,60}}? (?:assume|use|put|give|keep|only|just|do not|stick|leave"
    r"|skip|add|include)\b"
    rf"|if I {ACTS}\b[^,]*, (?!(?:I|we|you|it|what|would|how|is|does|can|will|do I)\b)\w",
    re.IGNORECASE,
)


def only_asks(text: str) -> bool:
    """Return true if a question is one: neither a standing request in its form, nor hearsay."""
    return not _STANDING_REQUEST.match(text) and not _HEARSAY.search(text)


def states_nothing(text: str) -> bool:
    """Return true if a sentence is hearsay, or the text or the play that an order is about."""
    standing = _ALWAYS_IF.match(text) or _STANDING_REQUEST.match(text) or _LASTING.search(text)
    ordered = _ORDER.search(text) and not standing and not _IF_I_CHOOSE.search(text)
    return bool(ordered or _HEARSAY.search(text))


def is_doubted(clause: Clause) -> bool:
    """Return true if a clause is quoted, supposed, guessed or wished."""
    everything = joined([*clause.lead, *clause.group, *clause.body])
    if QUOTED in everything or clause.lemma in {"guess", "wish"}:
        return True
    if any(token.lower in {"if", "whether"} for token in clause.tree.children(clause.verb, "mark")):
        return True
    if _is_condition_of_habit(clause):
        everything = _CONDITION.sub("", everything)
    return _DOUBT.search(_IF_I_CHOOSE.sub("", everything)) is not None


def _is_condition_of_habit(clause: Clause) -> bool:
    """Return true if a condition behind a clause only tells when it holds."""
    plain = clause.tense is Tense.PRESENT and clause.modality in {Modality.REAL, Modality.CAN}
    return plain and clause.subject is not None and clause.lemma not in words("opinions")


def is_ordered(clause: Clause) -> bool:
    """Return true if a clause is a command behind a statement: "... and do not argue with me"."""
    subject = clause.subject
    if not clause.shared or subject is None or subject.lower != "i":
        return False
    return any(token.lower == "me" for token in clause.body[:2])
