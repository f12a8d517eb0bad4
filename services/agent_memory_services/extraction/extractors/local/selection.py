"""Choice of the clauses that are worth keeping, and reasons to leave clauses out.

The kinds that have a name, a slot or a topic of their own are told first. Whatever else people say
of themselves is kept as something done, going on, planned or done as a rule, unless there is a
reason to leave it out. A reason is a kind of verb, of object or of tense: thinking and saying, the
conversation and its things, what is over within the hour, an offer made on the spot.
"""

import re
from collections.abc import Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local import doing, others
from agent_memory_services.extraction.extractors.local.references import References, pronouns_for
from agent_memory_services.extraction.extractors.local.said import (
    REFUSED,
    Family,
    Rule,
    Ruling,
    Said,
    is_chore,
    is_this_task,
)
from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Company,
    Voice,
    joined,
    subject_of,
)
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Clause, Modality, Tense
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.recognition import ENGLISH, recognised

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
    r"|over the place)|mush$"
    r"|mush on|fried\b|toast$|jelly$|the (?:world|universe|planet|country|city)'s (?:\w+est|best"
    r"|worst|most)\b"
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
_UNSURE: Final = re.compile(
    r"\b(?:if|whether|unless|maybe|perhaps|probably|possibly|imagine|suppose|lol|haha|would|could|should"
    r"|might|may|let|please|thanks?|said|says|told|asked)\b|[\ue000-\uf8ff\"<>{}=/\\|]",
    re.IGNORECASE,
)
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


def judge(said: Said) -> Ruling | None:
    """Return the kind of fact that a clause states; None where it states none."""
    if said.clause.modality is Modality.MAY or is_this_task(said):
        return None
    if _FIGURE.match(f"{said.clause.verb.lower} {said.rest}".removeprefix("be ")) or _FIGURE.match(
        said.rest
    ):
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
        return Ruling(Family.COMMITMENT, expires=True)
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


# ----------------------------------------------------------------------- what no rule can word

_OWN: Final = frozenset({"my", "our", "me", "us", "i", "we", "mine", "ours", "myself"})
_OTHERS: Final = frozenset(
    {"you", "your", "yours", "it", "that", "this", "these", "those", "there", "he"}
    | {"she", "they"}
)
_SHORTEST: Final = 3
_LONGEST_FRAGMENT: Final = 9
_PER: Final = re.compile(r"(?<=\d) ?/ ?(?=[a-z])")
_TIMES: Final = frozenset(
    {
        "day",
        "morning",
        "afternoon",
        "evening",
        "week",
        "weekend",
        "month",
        "year",
        "summer",
        "winter",
    }
)


def is_own_statement(
    tree: Tree, found: Sequence[Clause], voice: Voice, references: References, *, told: bool
) -> bool:
    """Return true if a sentence that no rule can word is about the speaker's life all the same.

    It names somebody or something, counts, or comes back to the speaker, and has nothing of the
    conversation in it. Where the speaker `told` of themself before, a thing may be its subject.
    """
    own = bool(_OWN & {token.lower for token in tree.tokens})
    told = told and _goes_back(tree)
    if not _states(tree) or _is_of_talk(tree, own=own, told=told):
        return False
    if any(_is_idle_clause(clause) for clause in found):
        return False
    subjects = [subject_of(clause, voice, references) for clause in found]
    if any(each and each.about is About.SELF for each in subjects) and not _tells_more(tree):
        return False
    if not (own or told) and any(subjects):
        return False
    empty = words("empty") | words("empty_nouns")
    nouns = sum(
        token.tag == "CD" or (token.tag.startswith("NN") and token.lower not in empty)
        for token in tree.tokens
    )
    telling = any(token.tag in {"NNP", "NNPS", "CD"} for token in tree.tokens[1:])
    sought = not found and _is_sought(tree)
    return nouns > 1 and ((telling and not sought) or own or told)


def _goes_back(tree: Tree) -> bool:
    """Return true if a sentence is about what was told before: of a pronoun, kin or a thing had."""
    lists = ("companions", "plural", "animals", "own_things", "own_kin")
    near = frozenset({"it", "they", "them", "ours", "both"}).union(*map(words, lists))
    return any(token.lower in near for token in tree.tokens)


def _is_sought(tree: Tree) -> bool:
    """Return true if a fragment may be looked for: "cheap flights to Rome", not "sons in Rome"."""
    if any(token.text in {",", "-"} for token in tree.tokens):
        return False
    lists = ("companions", "plural", "traits", "diets", "occupations", "described", "ailments")
    theirs = frozenset().union(*map(words, lists))
    named = any(token.lower in theirs for token in tree.tokens)
    return not named and any(root.tag.startswith("NN") for root in tree.roots)


def _states(tree: Tree) -> bool:
    """Return true if a sentence states something, in English, without a doubt."""
    first, text = tree.tokens[0], joined(tree.tokens)
    unsure = _UNSURE.search(_PER.sub(" a ", text)) or is_secret(text)
    if len(tree.tokens) < _SHORTEST or unsure:
        return False
    asks = first.tag in {"VB", "WP", "WRB", "WDT", "UH"} or any(
        root.tag == "VB" for root in tree.roots
    )
    tasks = words("tasks") | words("chat_verbs")
    momentary = first.lower in words("moods") | words("momentary") | tasks
    return not (asks or momentary) and recognised(text) == ENGLISH


def _is_of_talk(tree: Tree, *, own: bool, told: bool) -> bool:
    """Return true if a sentence is about the conversation, the listener or what is pointed at."""
    chat = (words("chores") | words("own_chores") | words("mind_verbs")) - _TIMES
    pointing = {"you", "your", "yours"} if own else _OTHERS - {"it", "there"} if told else _OTHERS
    if tree.tokens[0].lower in {"he", "she", "this", "that"}:
        return True
    others = any(token.lower in pointing and not _is_aside(tree, token) for token in tree.tokens)
    return others or any(
        token.lemma in chat and token.tag.startswith(("NN", "VB")) for token in tree.tokens
    )


def _is_idle_clause(clause: Clause) -> bool:
    """Return true if a clause only thinks or says, asks for something, or is not real."""
    if clause.modality not in {Modality.REAL, Modality.CAN}:
        return True
    idle = words("opinions") | words("mind_verbs") | words("chat_verbs") | words("moments")
    return clause.lemma in words("effects") | idle - {"have", "do", "put", "cut"}


def _tells_more(tree: Tree) -> bool:
    """Return true if a sentence about the speaker names or counts something."""
    return any(
        token.tag in {"NNP", "NNPS"} or (token.tag == "CD" and token.lower not in {"one", "two"})
        for token in tree.tokens[1:]
    )


def is_telegram(trees: Sequence[Tree]) -> bool:
    """Return true if most sentences of a message are fragments: "Leg op done. Pins out May 30."."""
    bare = sum(
        not any(token.dep in {"nsubj", "nsubjpass"} and token.tag == "PRP" for token in tree.tokens)
        and len(tree.tokens) <= _LONGEST_FRAGMENT
        for tree in trees
    )
    return len(trees) > 1 and 2 * bare > len(trees)


def tells(tree: Tree) -> bool:
    """Return true if a fragment names something that a reader could look for."""
    if is_secret(joined(tree.tokens)) or _UNSURE.search(joined(tree.tokens)):
        return False
    if tree.tokens[0].tag in {"VB", "UH", "WP", "WRB"} or tree.tokens[0].lower in _OTHERS:
        return False
    idle = (
        words("moods") | words("momentary") | words("feelings") | words("empty")
        | words("chores") | words("world") | words("closers")
    )  # fmt: skip
    told = [
        token for token in tree.tokens
        if token.tag.startswith(("NN", "CD", "VBN", "VBD", "VBG", "JJ"))
        and token.lower not in idle and token.lemma not in idle
    ]  # fmt: skip
    return bool(told) and not any(token.lower in {"you", "your"} for token in tree.tokens)


def _is_aside(tree: Tree, token: Token) -> bool:
    """Return true if a pronoun only goes back to the sentence's own thing, or tells the day."""
    if token.lower == "this":
        return token.index + 1 < len(tree.tokens) and tree.tokens[token.index + 1].lower in _TIMES
    if token.lower in {"he", "she", "they", "his", "her", "their"}:
        return any(one.tag == "NNP" for one in tree.tokens[: token.index])
    return token.lower in {"it", "there"} and token.dep in {"pobj", "advmod"}


# "Petra from next door": somebody of one's own surroundings.
_NEAR: Final = re.compile(
    r"[A-Z][\w'-]+ (?:from|at|in|next) (?:next door|door|upstairs|downstairs|work|church|school"
    r"|number \d+|across the (?:road|street|hall)|the (?:office|gym|club|choir)|my|our)\b"
)


# "Forgot the new one, she's called Soba": no rule knows who she is.
_NAMES: Final = re.compile(
    r"(?:he|she|it|they)(?:'s| is| are)? (?:called|named) [A-Z][\w'-]+", re.IGNORECASE
)


def is_about_somebody(tree: Tree, found: Sequence[Clause], *, told: bool) -> bool:
    """Return true if a sentence tells what somebody does who is called by name.

    It is theirs who speak where they `told` of themselves before ("Fernando loves the bell"), or
    where the name comes with a place of their own.
    """
    near = _NEAR.match(joined(tree.tokens)) is not None
    if told and _NAMES.match(joined(tree.tokens)):
        return True
    if not found or not (told or near) or _UNSURE.search(joined(tree.tokens)):
        return False
    clause = found[0]
    head = clause.subject
    if head is None or head.tag != "NNP" or clause.modality is not Modality.REAL:
        return False
    if clause.lemma in words("mind_verbs") | words("opinions") - words("outward"):
        return False
    alone = all(token.tag in {"NNP", "NNPS"} for token in tree.subtree(head))
    addressed = any(token.lower in {"you", "your"} for token in tree.tokens)
    if not near and (addressed or not alone):
        return False
    return any(token.tag.startswith(("NN", "CD")) for token in clause.body)
