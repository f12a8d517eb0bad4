"""Judgement of what somebody has, likes, wants, does, did and will do."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.being import be
from agent_memory_services.extraction.extractors.local.said import (
    PERSONAL,
    REFUSED,
    Family,
    Ruling,
    Said,
    first,
    if_kept,
    is_chore,
    is_inner_chore,
    names_employer,
    preference,
)
from agent_memory_services.extraction.extractors.local.subjects import Company
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import Modality, Tense

_WORK: Final = Ruling(Family.PROFILE, topics=("work",))
_LAST: Final = r"\b(?:some ?day|one day|eventually|living|career|before I|when I)\b"
_CHAT_THING: Final = (
    r"(?:it|that|this|them"
    r"|the (?:code|script|file|function|command|following|first|second|last|same|above|error))\b"
)
_AT_WORK: Final = (
    r"(?:full[- ]time |part[- ]time |remotely |now |currently |over )*(?:at|for|with) (?!me\b|you"
    r"|it\b|this|that|these|all|any|the moment|a (?:while|lot)|least|\d|home|him|her\b|night"
    r"|days?\b"
    r"|hours|months?\b|us\b)"
)


def self(said: Said) -> Ruling | None:
    """Judge a clause about the speaker."""
    modal = _MODAL.get(said.clause.modality)
    return modal(said) if modal is not None else first(said, _BY_VERB)


# ------------------------------------------------------------------------------------- modal verbs


def _would(said: Said) -> Ruling | None:
    if "rather" in said.adverbs or said.lemma == "prefer":
        clause_behind = said.begins(r"that (?:you|I|we)\b")
        if said.about_chat and not clause_behind:
            return None
        return preference(said, listener=True)
    if said.clause.negated:
        return None
    if said.lemma in {"love", "like"}:
        return _would_love(said)
    if said.lemma not in {"go", "pick", "choose", "take", "opt"}:
        return None
    over = said.holds(r"\b(?:over|instead of|rather than|any day|every time|for)\b")
    chosen = said.clause.complement is not None or said.rest.startswith("for ")
    vague = re.match(
        r"(?:for )?(?:it|that|this|them|you|the (?:first|second|other|last))\b", said.rest
    )
    return preference(said) if over and chosen and not vague else None


def _would_love(said: Said) -> Ruling | None:
    infinitive = said.infinitive
    if infinitive is None or is_chore(said):
        return None
    if infinitive.lemma in words("chat_verbs"):
        seen = infinitive.lemma in {"see", "have", "try", "make", "find", "get", "do"}
        dreamt = said.holds(r" [A-Z]|\bsome ?day\b|\bone day\b") and said.lemma == "love"
        if not (seen and dreamt):
            return None
    return Ruling(Family.PLAN)


def _can(said: Said) -> Ruling | None:
    if is_chore(said) or said.tense.past:
        return None
    denied, lemma = said.clause.negated, said.lemma
    if denied and said.holds(r"^(?:[\w ]+ )?without (?!it\b|that|this|you\b|them\b)"):
        return preference(said) if lemma in words("lives_on") else None
    if denied and lemma in words("tolerates"):
        return None if said.about_chat else preference(said)
    if denied and lemma in words("consumes") and said.holds(rf"\b{any_of('foods')}\b"):
        return Ruling(Family.PROFILE, topics=("food", "diet"), standing=said.own)
    if lemma in words("skills") and not said.about_chat:
        return Ruling(Family.PROFILE, topics=("skills",))
    return Ruling(Family.HABIT) if said.habitual or (denied and _is_unable(said)) else None


def _is_unable(said: Said) -> bool:
    """Return true if somebody cannot do what others do: "cannot swallow tablets"."""
    idle = words("opinions") | words("chat_verbs") | words("mind_verbs")
    if said.lemma in idle | words("small_verbs") - {"go"} or said.about_chat or said.dated:
        return False
    tree, verb = said.clause.tree, said.clause.verb
    things = tree.children(verb, "dobj") or [
        one for prep in tree.children(verb, "prep") for one in tree.children(prep, "pobj")
    ]
    plain = [one for one in things if one.tag == "NNS" and not tree.child(one, "det", "poss")]
    return bool(plain) and not is_chore(said) and not said.holds(r"\b[Yy]our?\b")


def must(said: Said) -> Ruling | None:
    """Judge what somebody must do: a commitment, where its day is still to come."""
    due = said.dated and said.upcoming and not is_chore(said) and not said.about_chat
    deed = said.infinitive or said.clause.verb
    lasting = deed.lemma in words("turning_points")
    return Ruling(Family.COMMITMENT, expires=not lasting) if due else None


def _needs(said: Said) -> Ruling | None:
    if said.lemma != "need":
        return None
    if said.infinitive is not None:
        return must(said)
    lasting = said.holds(rf"\b{any_of('lasting_needs')}\b")
    return Ruling(Family.PROFILE, topics=("health",)) if lasting and not said.tense.past else None


# ------------------------------------------------------------------------------------- possessions


def _have(said: Said) -> Ruling | None:
    got = said.lemma == "get" and said.tense is Tense.PERFECT and "gotten" not in said.adverbs
    if said.lemma not in {"have", "own", "possess"} and not got:
        return None
    infinitive = said.infinitive
    if infinitive is not None and said.clause.tree.child(infinitive, "aux"):
        # "Have to renew", "had to sell".
        if said.tense is not Tense.PAST:
            return must(said)
        told = infinitive.lemma in words("life_verbs") and not is_inner_chore(said)
        return Ruling(Family.EVENT) if told else None
    if not said.rest or said.about_chat or not _possessed(said):
        return REFUSED
    return first(said, _POSSESSIONS)


def _possessed(said: Said) -> frozenset[str]:
    """Return the base forms of what is had."""
    tree, verb = said.clause.tree, said.clause.verb
    head = tree.child(verb, "dobj") or tree.child(verb, "npadvmod", "attr")
    if head is None:
        return frozenset()
    return frozenset({head.lemma, head.lower, *(one.lemma for one in tree.children(head, "conj"))})


def _experience(said: Said) -> Ruling | None:
    learned = (
        r"\b(?:experience|degree|mba|phd|ph\.d|doctorate|masters?|master's|bachelor'?s?|diploma"
        r"|certificate|certification|licen[cs]e|black belt|background|scholarship|patent"
        r"|internship|apprenticeship)\b"
    )
    if not re.search(learned, said.rest, re.IGNORECASE):
        return None
    idle = r"(?:no|any|the (?:best|worst)|a (?:good|great|bad|similar|terrible) experience)\b"
    kept = not said.begins(idle) or said.limited
    return if_kept(Ruling(Family.PROFILE, topics=("experience",)), kept=kept)


def _ailment(said: Said) -> Ruling | None:
    ill = (_possessed(said) | said.nouns) & words("ailments") and not said.begins(r"(?:no|any)\b")
    return Ruling(Family.PROFILE, topics=("health",)) if ill else None


def _occasion(said: Said) -> Ruling | None:
    if not _possessed(said) & words("occasions") or said.company is not Company.ASSISTANT:
        return None
    if said.habitual:
        return Ruling(Family.HABIT)
    ahead = not said.tense.past
    family = Family.COMMITMENT if ahead else Family.EVENT
    return if_kept(Ruling(family, expires=ahead), kept=said.dated)


def _owned(said: Said) -> Ruling | None:
    had = _possessed(said)
    if had & words("chores") and is_chore(said):
        return REFUSED
    if said.tense is Tense.PROGRESSIVE:
        return Ruling(Family.PLAN)
    kin = had & words("companions")
    if said.tense is Tense.PAST:
        told = said.dated or kin or said.holds(rf"\b{any_of('surgeries')}\b")
        return if_kept(Ruling(Family.EVENT), kept=told)
    if said.tense is Tense.FUTURE:
        return if_kept(Ruling(Family.PLAN), kept=said.dated and said.upcoming)
    if had & words("passing") and not said.habitual and not said.holds(r"^(?:only )?\d"):
        return REFUSED
    return Ruling(Family.RELATION if kin else Family.PROFILE)


_POSSESSIONS: Final = (_experience, _ailment, _occasion, _owned)


# ------------------------------------------------------------------------------- likes and wishes


def likes(said: Said) -> Ruling | None:
    """Judge what somebody likes or hates."""
    lemma = said.lemma
    verb = said.clause.verb
    if lemma not in words("likes") or (
        verb.tag == "IN" and said.clause.tree.child(verb, "dobj") is None
    ):
        return None
    when = r"when (?!you\b|I (?:see|hear|ask)\b|it works|things work)\w"
    if said.begins(when) and said.content:
        return preference(said)
    idle = r"(?:if|the way|what|being here|seeing you|hearing (?:you|that)|talking to|chatting)\b"
    empty = not said.rest or said.about_chat or not said.content or said.begins(idle)
    if empty or lemma in {"appreciate", "miss"}:
        return REFUSED
    passing = said.tense is Tense.PROGRESSIVE and lemma not in {"love", "enjoy"}
    infinitive = said.infinitive
    polite = infinitive is not None and infinitive.lemma in {"see", "say", "know", "think", "ask"}
    refused = polite or (passing and said.company is Company.ASSISTANT)
    return if_kept(preference(said), kept=not refused)


def _chooses(said: Said) -> Ruling | None:
    """Judge "avoids sugar", "always chooses small phones"."""
    present = said.tense in {Tense.PRESENT, Tense.PROGRESSIVE}
    if said.lemma in {"avoid", "refuse", "skip", "limit"} and present:
        vague = said.begins(r"(?:that|this|it|the (?:error|problem|issue|question))\b")
        return if_kept(preference(said), kept=said.rest and not vague and not is_chore(said))
    over = said.holds(r"\b(?:over|instead of|rather than)\b")
    if (
        said.tense is Tense.FUTURE
        and over
        and said.lemma in {"take", "choose", "pick", "have", "go"}
    ):
        return preference(said)
    always = said.habitual and said.tense in {Tense.PERFECT, Tense.PRESENT}
    return preference(said) if said.lemma in {"choose", "pick"} and always else None


def _considers(said: Said) -> Ruling | None:
    """Judge "is thinking of moving", "dreams of a cafe", "is trying to lose weight"."""
    lemma, tense = said.lemma, said.tense
    if lemma == "dream" and said.begins(r"of \w+ing\b"):
        return Ruling(Family.PLAN)
    if lemma in {"think", "consider", "dream"} and tense in {Tense.PROGRESSIVE, Tense.PERFECT}:
        weighs = said.begins(r"(?:(?:of|about) )?\w+ing\b") and not is_chore(said)
        return if_kept(Ruling(Family.PLAN), kept=weighs)
    if lemma == "try" and tense in {Tense.PROGRESSIVE, Tense.PRESENT}:
        resolve = said.begins(rf"to {any_of('resolves')}\b") and not is_chore(said)
        saves = said.begins(r"to save\b") and not is_chore(said)
        return Ruling(Family.PLAN) if resolve or saves else None
    if lemma == "look" and said.rest.startswith("forward to "):
        polite = said.holds(r"\b(?:hear|see you|your|it$|that$|meeting you|talk)")
        told = said.dated or said.company is Company.PEOPLE
        return if_kept(Ruling(Family.PLAN), kept=told and not polite)
    return None


def _wants(said: Said) -> Ruling | None:
    lemma = said.lemma
    if lemma in {"want", "need"} and said.limited:
        vague = said.begins(r"(?:it|that|this|you|to (?:know|ask|say|hear|think|bother|be rude))\b")
        never = "never" in said.adverbs
        kept = said.infinitive is not None and not vague and (never or not is_chore(said))
        return if_kept(preference(said), kept=kept)
    if lemma not in words("wants") or said.limited:
        return None
    return first(said, (_decides, _wants_done, _plans_thing, _plans_to))


def _decides(said: Said) -> Ruling | None:
    if said.lemma != "decide":
        return None
    vague = said.holds(r"\b(?:you|your|it|that|this)$|^to (?:ask|use this|try this)\b")
    chore = is_chore(said) and not said.holds(r" [A-Z]")
    return if_kept(Ruling(Family.EVENT), kept=said.rest and not vague and not chore)


def _wants_done(said: Said) -> Ruling | None:
    """Judge "wants their records digitised"."""
    done = said.clause.tree.child(said.clause.verb, "ccomp")
    if done is None or done.tag not in {"VBN", "VBD"} or said.lemma not in {"want", "need"}:
        return None
    own = any(token.lower in {"my", "our"} for token in said.clause.tree.subtree(done))
    return Ruling(Family.PLAN) if own and not is_chore(said) else None


def _plans_thing(said: Said) -> Ruling | None:
    """Judge a plan without an infinitive: "is planning a trip", "is saving for a house"."""
    if said.infinitive is not None:
        return None
    if said.lemma not in {"plan", "prepare", "train", "save", "expect", "arrange"}:
        return REFUSED
    vague = not said.rest or said.begins(r"(?:that|it|so|this|if|you)\b") or is_chore(said)
    active = said.tense in {Tense.PROGRESSIVE, Tense.FUTURE, Tense.PERFECT} or said.lemma == "plan"
    return if_kept(Ruling(Family.PLAN), kept=active and not vague)


def _plans_to(said: Said) -> Ruling | None:
    infinitive, tree = said.infinitive, said.clause.tree
    if infinitive is None:
        return None
    objects = [one.lower for one in tree.children(infinitive, "dobj")]
    vague = {"it", "this", "that", "them", "one"} & set(objects[:1])
    others = tree.child(infinitive, "nsubj") is not None or said.holds(r"\b(?:you|your)\b")
    if others or vague or is_inner_chore(said):
        return REFUSED
    if said.lemma in {"want", "mean", "wish", "expect"}:
        everyday = words("chat_verbs") | {"be", "cook", "bake", "go", "build", "take", "work"}
        lasting = said.dated or said.holds(_LAST)
        somebody = infinitive.lemma == "be" and tree.child(infinitive, "attr")
        somewhere = infinitive.lemma in {"go", "see"} and said.holds(r" [A-Z]")
        if infinitive.lemma in everyday and not (lasting or somebody or somewhere):
            return REFUSED
    return Ruling(Family.PLAN)


# ------------------------------------------------------------------------------- work and homes


def works(said: Said) -> Ruling | None:
    """Judge where and as what somebody works."""
    lemma = said.lemma
    if lemma == "join" and said.tense.past:
        named = names_employer(said.rest)
        return Ruling(Family.EVENT, "employer" if named else "", ("work",) if named else ())
    return first(said, (_began, _employed))


def _began(said: Said) -> Ruling | None:
    began = re.match(
        r"(?:working (?:at|for)|(?:an? )?(?:new )?(?:job|position|role) (?:at|with)) (?P<who>.+)",
        said.rest,
    )
    verbs = {"start", "begin", "get", "take", "accept", "find", "land", "switch"}
    if said.lemma not in verbs or not said.tense.past or began is None:
        return None
    return Ruling(Family.EVENT, "employer" if names_employer(began["who"]) else "", ("work",))


def _employed(said: Said) -> Ruling | None:
    if said.lemma not in {"work", "intern", "freelance"}:
        return None
    of_chat = said.begins(
        r"(?:for|with) (?:me|you|it|this|that|all|any)\b|(?:fine|well|now|great)\b"
        r"|on (?:it|this|that)\b|out\b(?! (?:of|\w+ times|every|at|in)\b)"
    )
    if of_chat or is_chore(said) or not (said.rest or said.habitual):
        return REFUSED
    if said.tense is Tense.PROGRESSIVE and said.begins(r"on\b"):
        return None
    if said.tense is not Tense.PRESENT:
        return _WORK
    if said.begins(r"(?:\w+ ){0,3}?as (?:an? )?\w"):
        return Ruling(Family.PROFILE, "job", ("work",))
    return Ruling(Family.PROFILE, "employer", ("work",)) if said.begins(_AT_WORK) else _WORK


def lives(said: Said) -> Ruling | None:
    """Judge where somebody lives, or moved to."""
    if said.lemma in {"move", "relocate", "emigrate", "immigrate"} and said.tense.past:
        return _moved(said)
    if said.lemma not in {"live", "reside", "stay"}:
        return None
    stays = said.lemma == "stay"
    figurative = said.begins(
        r"(?:with (?:it|that|this)|in (?:fear|the moment|peace|hope|a world|this|that))\b"
    )
    if figurative or not said.rest or (stays and not said.begins(r"(?:in|with|at)\b")):
        return REFUSED
    somewhere = said.begins(
        r"(?:right |just |now |currently )*(?:in|near|outside|at|on|by|close to|between|out in"
        r"|up in"
        r"|down in|over in) (?!the moment)"
    )
    now = said.tense in {Tense.PRESENT, Tense.PERFECT, Tense.PROGRESSIVE} and not stays
    return Ruling(Family.PROFILE, "home" if somewhere and now else "", ("home",))


def _moved(said: Said) -> Ruling | None:
    to = re.match(
        r"(?:back |out |over |up |down |away |here )?(?:from (?:[\w'-]+ ){1,4})?"
        r"(?:in)?to (?:the )?[A-Z]",
        said.rest,
    )
    thing = said.holds(r"\b(?:the|this|that|on|my) (?:file|code|cursor|meeting|line)\b")
    stack = to and re.search(rf"\b{any_of('software')}\b", said.rest, re.IGNORECASE)
    if thing or stack:
        return REFUSED
    moved = Ruling(Family.EVENT, "home" if to else "", ("home",))
    return if_kept(moved, kept=said.rest or said.dated)


def _origins(said: Said) -> Ruling | None:
    """Judge "comes from Lima", "grew up in Rome", "speaks Dutch", "goes by Liz"."""
    lemma, tense = said.lemma, said.tense
    if lemma == "come" and said.rest.startswith("from ") and tense is Tense.PRESENT:
        return Ruling(Family.PROFILE, "origin", ("personal",))
    if lemma == "grow" and tense is Tense.PAST:
        up = "up " if "up" in said.adverbs else ""
        return PERSONAL if re.match(r"up (?!to\b|so\b)", f"{up}{said.rest}") else None
    tongue = said.holds(r"[A-Z]|languages") and "to " not in said.rest
    if lemma == "speak" and tense is Tense.PRESENT and tongue:
        return Ruling(Family.PROFILE, topics=("languages",))
    if lemma == "go" and re.match(r"by [A-Z]", said.rest):
        return Ruling(Family.NAME, "called")
    known = lemma == "know" and tense is Tense.PERFECT and said.holds(r"\b(?:for|since)\b")
    return Ruling(Family.RELATION) if known else None


def _abstains(said: Said) -> Ruling | None:
    """Judge "does not eat pork", "no longer smokes"."""
    verbs = {"eat", "drink", "smoke", "consume", "touch"}
    now = said.tense in {Tense.PRESENT, Tense.PERFECT}
    if said.lemma not in verbs or not now or not said.limited:
        return None
    if said.begins(r"(?:it|that|this|yet|much today)\b"):
        return REFUSED
    meat = said.begins(r"(?:any )?meat\b") and said.tense is Tense.PRESENT
    topics = ("food", "diet") if said.lemma in {"eat", "drink"} else ("health",)
    return Ruling(Family.PROFILE, "diet" if meat else "", topics, standing=said.own)


_MODAL: Final = {Modality.WOULD: _would, Modality.CAN: _can, Modality.MUST: must}
_BY_VERB: Final = (
    be, _have, _needs, likes, _considers, _wants, _chooses, works, lives, _origins, _abstains,
)  # fmt: skip
