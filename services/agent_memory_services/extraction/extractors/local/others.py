"""Judgement of what is said of one's people, animals and things, and among people."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.being import be, described
from agent_memory_services.extraction.extractors.local.doing import likes, lives, must, works
from agent_memory_services.extraction.extractors.local.said import (
    REFUSED,
    Family,
    Ruling,
    Said,
    first,
    if_kept,
    is_chat_noun,
    is_chore,
    preference,
)
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import Modality, Tense
from agent_memory_services.language.en.words import ANY_MONTH

_BIRTHDAY: Final = re.compile(
    rf"(?:on )?(?P<day>\d{{1,2}} {ANY_MONTH}(?: (?:19\d\d|200\d))?)(?: 20\d\d)?$", re.IGNORECASE
)
_CONTACT: Final = re.compile(rf"(?:{any_of('contact_kinds')} )*{any_of('contacts')}")
_FAVOURITE: Final = re.compile(
    r"(?:all-time |absolute |least |current )?favou?rite .+|preferred \w+|go-to \w+(?: \w+)*"
    rf"|{any_of('favourites')}"
)
_JUDGED: Final = (
    r"(?:(?:so|very|really|super|always|too|just|quite|pretty|a bit|a little) )*"
    rf"(?:an? )?{any_of('judgements')}\b"
)
_YOURS: Final = r"\b(?:you|your)\b"
_DEGREES: Final = r"(?:so|very|really|super|a bit|quite|pretty|too|all) "
_ME: Final = frozenset({"me", "us", "my", "our", "mine", "myself", "ours"})
_DEVICES: Final = frozenset(
    {"phone", "laptop", "battery", "computer", "wifi", "tablet", "charger", "mouse", "keyboard"}
)
_FAMILY: Final = Ruling(Family.RELATION, topics=("family",))


# ------------------------------------------------------------------------------ people and animals


def kin(said: Said) -> Ruling | None:
    """Judge a clause about a person or an animal: kept, unless it is no news."""
    modality = said.clause.modality
    if modality is Modality.WOULD or _is_no_news(said):
        return None
    if modality is Modality.MUST:
        return must(said)
    if modality is Modality.CAN:
        return _FAMILY
    return first(said, (_kin_is, be, works, lives, likes, _kin_does))


def _is_no_news(said: Said) -> bool:
    lemma = said.lemma
    if said.clause.verb.lower in {"called", "named"} and said.rest[:1].isupper():
        return False
    by = said.clause.tree.child(said.clause.verb, "prep")
    if lemma in words("mind_verbs") and not said.dated and (by is None or by.lower != "by"):
        return True
    vague = said.begins(
        r"(?:it|that|this|to me|like|so|a lot|too)\b"
        r"|me(?:$| (?:too|up|crazy|mad|happy|sad|that|to|if|about)\b)"
    )
    if vague or is_chore(said) or said.holds(_YOURS):
        return True
    idle = {"be", "have", "do", "get", "go", "come", "make", "need", "keep", "want"}
    told = said.rest or {"away", "over", "up", "out", "off"} & said.adverbs
    return not told and lemma in idle | words("lone_idioms")


def _kin_is(said: Said) -> Ruling | None:
    if said.subject.noun.endswith("birthday"):
        return birthday(said)
    if said.lemma != "be" or said.clause.verb.tag == "VBN":
        return None
    head = said.clause.complement
    passing = head is not None and head.lower in words("moods")
    if said.begins(_JUDGED) or (passing and head and not said.clause.tree.child(head, "prep")):
        return REFUSED
    verdict = described(said)
    return None if verdict is REFUSED else verdict


def _kin_does(said: Said) -> Ruling | None:
    called = said.clause.verb.lower in {"called", "named"}
    return None if said.lemma == "be" and not said.content and not called else _FAMILY


def birthday(said: Said) -> Ruling:
    """Judge the day of a birthday, which comes back every year."""
    day = _BIRTHDAY.match(said.rest)
    if day is None:
        return Ruling(Family.PROFILE, topics=("personal",))
    text = "{subject} is on " + day["day"]
    return Ruling(Family.PROFILE, "birthday", ("personal",), recurring=True, text=text)


# ------------------------------------------------------------------------------ one's own things


def own(said: Said) -> Ruling | None:
    """Judge a clause about a thing of the speaker's own."""
    if said.clause.modality is not Modality.REAL:
        return None
    return first(said, (_own_name, _own_favourite, _own_contact, _own_no_news, _own_is, _own_does))


def _head(said: Said) -> str:
    return said.clause.subject.lemma if said.clause.subject else ""


def _own_name(said: Said) -> Ruling | None:
    noun, rest = said.subject.noun, said.rest
    if noun.endswith("birthday") or noun in {"birth date", "date of birth", "name day"}:
        return birthday(said)
    if noun not in {"name", "surname"} and (not noun.endswith(" name") or "'s" in noun):
        return None
    spelled = said.begins(r"(?:spelled|spelt|written|pronounced) ")
    if said.clause.negated or said.lemma not in {"be", "spell"} or not rest:
        return REFUSED
    plain = rest[:1].isupper() or re.fullmatch(r"[\w'-]+", rest) or spelled
    if not plain or said.begins(r"(?:not|on|in|the|too|very|at)\b"):
        return REFUSED
    whole = noun in {"name", "full name", "first name"} and not spelled
    name = rest.split(" and ", maxsplit=1)[0].strip(" ,") if whole and rest[:1].isupper() else ""
    return Ruling(Family.NAME, "name" if whole else "", name=name)


def _own_favourite(said: Said) -> Ruling | None:
    noun = said.subject.noun
    if _FAVOURITE.fullmatch(noun) is None:
        return None
    vague = said.begins(r"(?:that|this|it$|yours|when|part|how|what|so|really)\b")
    kept = said.lemma == "be" and said.rest and not vague
    return if_kept(preference(said, slot="{noun}" if "favo" in noun else ""), kept=kept)


def _own_contact(said: Said) -> Ruling | None:
    anew = said.lemma in {"change", "become", "switch", "move"} and said.begins(r"(?:from|to)\b")
    if _CONTACT.fullmatch(said.subject.noun) is None or not (said.lemma == "be" or anew):
        return None
    told = said.begins(r"\S*(?:\d|@|\.\w|https?)|.*\d|\S+ \S")
    return if_kept(Ruling(Family.PROFILE), kept=told)


def _own_no_news(said: Said) -> Ruling | None:
    chores, lemma = words("own_chores"), said.lemma
    of_life = words("life_compounds") & set(said.subject.noun.split())
    if (_head(said) in chores and not of_life) or said.subject.noun in chores:
        return REFUSED
    if said.clause.verb.lower in {"called", "named"}:
        return if_kept(Ruling(Family.PROFILE), kept=said.rest)
    passing = _head(said) in words("momentary") - words("own_things") and not said.habitual
    if passing and not said.dated:
        return REFUSED
    failing = lemma in words("fails") and (said.clause.negated or not said.rest)
    if (
        (failing or said.subject.noun.rsplit(" ", 1)[-1] in _DEVICES)
        and not said.dated
        and lemma not in {"be", "have"}
    ):
        return REFUSED
    idle = words("small_verbs") | words("lone_idioms") - {"end", "start", "begin", "finish"}
    if not said.rest and not said.dated and (lemma in idle or not said.tense.past):
        return REFUSED
    mind = lemma in words("mind_verbs") and not said.dated
    return REFUSED if mind or is_chore(said) or said.holds(_YOURS) else None


def _own_is(said: Said) -> Ruling | None:
    if said.lemma != "be" or said.clause.verb.tag == "VBN":
        return None
    if said.dated and _head(said) in words("occasions") | {"anniversary"}:
        lasting = _head(said) == "anniversary"
        return Ruling(Family.PROFILE if lasting else Family.COMMITMENT, expires=not lasting)
    return first(said, (_own_adjective, _own_place, _own_noun))


def _own_adjective(said: Said) -> Ruling | None:
    complement = said.clause.tree.child(said.clause.verb, "acomp")
    if complement is None:
        return None
    passing = words("moods") | words("thing_states") | words("feelings")
    kept = said.holds(r"\d") or (complement.lower not in passing and not said.begins(_JUDGED))
    return if_kept(Ruling(Family.PROFILE), kept=kept)


def _own_place(said: Said) -> Ruling | None:
    body = said.clause.body
    if said.dated and said.begins(r"(?:up|due|over) (?:in|on|at|by)\b"):
        return Ruling(Family.PROFILE)
    if not body or body[0].tag not in {"RB", "IN"} or said.dated:
        return None
    nowhere = not said.holds(r"\d") and said.begins(
        r"\w+ (?:it|that|this|time|the way|me|fire|you)\b|(?:over|done|down|up|here|there|not)\b"
    )
    return if_kept(Ruling(Family.PROFILE), kept=said.content and not nowhere)


def _own_noun(said: Said) -> Ruling | None:
    vague = said.begins(
        r"(?:that|this|it|you|your|what|how|why|because|when|just|a mess|a bit|the same|the one"
        r"|over"
        r"|done|down|up|here|there|a nightmare|a joke)\b"
    )
    kept = said.content and not vague and not said.begins(_JUDGED)
    return if_kept(Ruling(Family.PROFILE), kept=kept)


def _own_does(said: Said) -> Ruling | None:
    tense = said.tense
    if said.dated and _head(said) in words("occasions"):
        return Ruling(Family.COMMITMENT, expires=not tense.past or said.upcoming)
    return Ruling(Family.EVENT if tense.past or said.dated else Family.PROFILE)


# ------------------------------------------------------------------ what comes back to the speaker


def thing(said: Said) -> Ruling | None:
    """Judge anything else: "Blue is my favourite", "The bank turned me down"."""
    if said.clause.modality is not Modality.REAL:
        return None
    if said.lemma == "be" and not said.tense.past:
        return first(said, (_is_favourite, _is_mine, _befalls))
    if said.lemma == "run" and said.begins(r"in (?:my|our) family\b"):
        return Ruling(Family.PROFILE, topics=("family",))
    matters = said.lemma in {"matter", "mean"} and said.holds(r"\b(?:to|for) (?:me|us)\b")
    if matters:
        much = said.lemma == "matter" or said.holds(r"lot|world")
        return preference(said) if much else None
    return first(said, (_makes, _befalls))


def _makes(said: Said) -> Ruling | None:
    """Judge "makes me sick": kept, where it is more than a feeling."""
    if said.lemma != "make" or not said.begins(r"(?:me|us)\b"):
        return None
    felt = rf"{any_of('moods', 'feelings')}|laugh|smile|think|wonder|want"
    moods = rf"(?:me|us) (?:{_DEGREES})*(?:{felt})\b"
    ill = r"me (?:\w+ )?(?:sick|ill|nauseous|dizzy|sleepy|anxious|itch|cry)\b"
    lasting = said.tense is Tense.PRESENT and (said.begins(ill) or not said.begins(moods))
    if lasting:
        return Ruling(Family.PROFILE, topics=("health",))
    return None if said.begins(moods) or said.tense is Tense.PRESENT else Ruling(Family.EVENT)


def _befalls(said: Said) -> Ruling | None:
    """Judge what others do to the speaker or theirs, and what is due on a day to come."""
    lemma, head = said.lemma, _head(said)
    idle = words("mind_verbs") | words("effects") | words("wants") | words("likes") | {"make"}
    chores = words("own_chores") | words("chores")
    if said.clause.finite.tag == "VB":
        return None
    noun = said.clause.subject
    of_life = noun is not None and not is_chat_noun(said.clause.tree, noun)
    if (
        lemma in idle
        or (head in chores - {"anything", "everything"} and not of_life)
        or is_chore(said)
        or said.holds(_YOURS)
    ):
        return None
    if not _ME & {token.lower for token in said.clause.body}:
        return first(said, (_is_due, _measures))
    if not said.content or lemma == "be":
        return None
    return Ruling(Family.EVENT if said.tense.past or said.dated else Family.PROFILE)


def _measures(said: Said) -> Ruling | None:
    """Judge what is told of a thing at hand by a number: "The tank holds 180 litres"."""
    subject = said.clause.subject
    counted = any(
        token.tag == "CD" and not said.clause.tree.tokens[token.head].tag.startswith("NNP")
        for token in said.clause.body
    )
    soon = any(token.lemma in {"minute", "second", "sec", "min"} for token in said.clause.body)
    of = subject is not None and said.clause.tree.child(subject, "prep", "relcl", "acl")
    kept = counted and not of and not soon and not said.tense.going_on
    return Ruling(Family.EVENT if said.tense.past else Family.PROFILE) if kept else None


def _is_due(said: Said) -> Ruling | None:
    if said.lemma == "be" and said.clause.tree.child(said.clause.verb, "attr", "acomp"):
        return None
    chores = words("own_chores") | words("chores")
    due = said.dated and said.upcoming and not said.tense.past and _head(said) not in chores
    return Ruling(Family.COMMITMENT, expires=True) if due else None


def _is_favourite(said: Said) -> Ruling | None:
    favourite = (
        r"(?:(?:probably|definitely|still|by far|also|hands down|easily|always) )*(?:one of )?"
        r"(?:my|our) (?:all-time |absolute |least |current |top |main |new )*"
        rf"(?:favou?rites?(?: [\w' -]+)?|go-to(?: [\w' -]+)?|preferred [\w' -]+"
        rf"|{any_of('back_to_me')})$"
    )
    dear = (
        r"(?:(?:super|very|really|so|extremely|incredibly) )*"
        r"(?:important|dear|special|essential|a priority|the world) (?:to|for) (?:me|us)\b"
    )
    return preference(said) if said.begins(favourite) or said.begins(dear) else None


def _is_mine(said: Said) -> Ruling | None:
    mine = rf"(?:not )?(?:my|our) (?:\w+ )?{any_of('mine_for_good')}(?: since \d+)?$"
    return Ruling(Family.PROFILE) if said.begins(mine) else None


# ------------------------------------------------------------------------ conversations of people


def among_people(said: Said) -> Ruling | None:
    """Judge what people tell one another: most of it, but moods and politeness."""
    if said.clause.modality not in {Modality.REAL, Modality.MUST} or said.holds(_YOURS):
        return None
    head, lemma = said.clause.complement, said.lemma
    passing = head is not None and head.lower in words("moods")
    if lemma == "be" and (passing or said.begins(_JUDGED)):
        return None
    told = {"keep", "follow", "happen", "try", "look", "remember", "hear", "talk"} | {"see", "read"}
    idle = said.begins(
        r"(?:it|that|this|there|so|too|now|here|a lot|sure|to (?:know|hear|say|see))\b[\s\w]{0,12}$"
    )
    if lemma in words("opinions") - told or idle or not said.content:
        return None
    if said.tense is Tense.FUTURE or said.clause.modality is Modality.MUST:
        return Ruling(Family.PLAN) if said.holds(r"\d| [A-Z][a-z]|^[A-Z]") else None
    polite = said.own and said.begins(
        r"(?:to (?:go|run|say|admit|agree|tell|ask|be|head|get going|know)|no (?:doubt|idea|clue"
        r"|problem)|(?:some |a |so much |lots of |more |the )*(?:great |good |awesome )*(?:fun"
        r"|blast"
        r"|time|memories|point|sense|best|one|look|way|lot)$)\b"
    )
    return None if polite else Ruling(Family.STATEMENT)
