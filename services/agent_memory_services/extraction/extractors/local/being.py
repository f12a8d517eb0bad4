"""Judgement of what somebody is: traits, jobs, ages, origins, places, states."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.said import (
    PERSONAL,
    REFUSED,
    Family,
    Ruling,
    Said,
    first,
    if_kept,
    preference,
)
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.parser import Token

_NOW: Final = any_of("momentary", "passing", "moods")
_VAGUE: Final = r"\b(?:it|that|this|your|how|what|hearing|knowing|seeing|you)\b"
_NAME: Final = re.compile(
    r"(?P<name>[A-Z][a-z\u00e0-\u00ff'-]*(?: (?:de |van |von |da |Mc"
    r"|O')?[A-Z][a-z\u00e0-\u00ff'-]+)"
    r"{0,2})(?=$|[,.]| (?:and|by the way|here)\b)"
)
_AGE: Final = re.compile(
    r"(?:about |almost |nearly |now |just )*(?:\d{1,3}"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]\w+)?"
    r"|six|seven|eight|nine|ten|eleven|twelve|\w+teen)"
    r"(?= years? old| years? of age| yrs?\b| y/o|-years?-old|$|,| and"
    r"| (?:on|in|last|this|next|yesterday|tomorrow|today|now)\b)",
    re.IGNORECASE,
)
_UNITS: Final = (
    r"^(?:[a-z]+ )?[\w.-]+ (?:minutes?|percent|hours?|times|miles|km|kg|cm|feet|weeks?|months?)\b"
)
_RESTRICTED: Final = (
    r"\b(?:gluten[- ]free|dairy[- ]free|kosher|halal|lactose|intoleran\w+|celiac|coeliac"
    r"|(?:low|high)[- ]\w+ diet|diet)\b"
)
_DEGREE: Final = re.compile(
    r"^(?:(?:also|completely|legally|partially|happily|recently|newly|currently|now|very|both"
    r"|still|almost|half|part|originally|totally|fully|quite|pretty|really|a bit|a little|not"
    r"|type-\d|\d+ \w+|\w+ (?:months?|weeks?)) )*"
)
_PLACED_ADVERBS: Final = re.compile(
    r"^(?:(?:originally|currently|now|also|still|both|really|not|actually|only|always|more|all"
    r"|super|very|heavily|usually|mostly) )*"
)
_SOMEBODY_OF: Final = re.compile(
    r"the (?:\w+ )?(?:oldest|youngest|eldest|middle|only|first|second|third|head|owner|founder"
    r"|president|mother|father|captain|leader|chair|son|daughter|last|baby)\b"
)
_BELONGS: Final = frozenset(
    """
    member graduate fan alumnus friend customer user lot supporter patient regular follower
    """.split()  # noqa: SIM905 - a list would be a page long
)
_NO_TRAIT: Final = ("shy of", "short of", "short on", "blind to", "single-", "deaf to")
_WELL_PLACED: Final = frozenset({"based", "located", "settled"})


def be(said: Said) -> Ruling | None:
    """Judge a clause whose verb is "be", "become" or their like."""
    clause, lemma = said.clause, said.lemma
    if clause.verb.tag in {"VBN", "VBD"} and clause.tree.child(clause.verb, "auxpass"):
        return first(said, (_state_passive, _event_passive, _taste_passive))
    changes = lemma in {"go", "remain", "stay"} and clause.complement is not None
    if lemma in {"become", "turn"} or changes:
        return described(said)
    if lemma != "be":
        return None
    if said.tense is Tense.FUTURE:
        placed = clause.tree.child(clause.verb, "prep") is not None
        going = said.dated and placed and re.search(r" [A-Z]", f" {said.rest}")
        return Ruling(Family.PLAN) if going else None
    verdict = described(said)
    return first(said, _PLACES) if verdict in {None, REFUSED} else verdict


# ------------------------------------------------------------------------------------- participles


def _state_passive(said: Said) -> Ruling | None:
    """Judge "is based in", "is employed by", "is married"."""
    word = said.clause.verb.lower
    if said.tense not in {Tense.PRESENT, Tense.PERFECT}:
        return None
    if word in _WELL_PLACED:
        home = Ruling(Family.PROFILE, "home", ("home",))
        return if_kept(home, kept=said.begins(r"(?:in|near|out of|at|between|on)\b"))
    if word == "employed":
        named = said.begins(r"(?:at|by|with) (?!me\b|you|it\b|this|that|all\b|the moment)")
        return Ruling(Family.PROFILE, "employer" if named else "", ("work",))
    if word in {"called", "named"} and said.tense is Tense.PRESENT:
        return if_kept(Ruling(Family.NAME, "called"), kept=said.rest[:1].isupper())
    return PERSONAL if word in words("traits") else None


def _event_passive(said: Said) -> Ruling | None:
    """Judge "was born", "got promoted"; anything else that was done to somebody needs a date."""
    lemma, tense = said.lemma, said.tense
    if lemma in {"bear", "raise"} and not said.rest:
        return REFUSED
    if lemma in words("passive_events") or said.clause.verb.lower in words("passive_events"):
        offered = lemma in {"make", "offer", "accept", "invite", "choose", "select"}
        if tense is Tense.PRESENT and not said.dated and offered:
            return REFUSED
        family = Family.EVENT if tense.past else Family.PROFILE
        return Ruling(Family.PLAN if tense is Tense.PROGRESSIVE else family, topics=("personal",))
    told = said.dated and tense.past and lemma not in words("opinions")
    return Ruling(Family.EVENT) if told else None


def _taste_passive(said: Said) -> Ruling | None:
    """Judge "is obsessed with", "is scared of"."""
    word = said.clause.verb.lower
    if said.tense is not Tense.PRESENT:
        return None
    if word in words("tastes"):
        vague = said.begins(rf"(?:in|with|by|to) {_VAGUE}")
        return if_kept(preference(said), kept=said.rest and not vague)
    if word in words("fears"):
        return if_kept(PERSONAL, kept=said.rest.startswith("of "))
    return None


# ------------------------------------------------------------------------------ what somebody is


def described(said: Said) -> Ruling | None:
    """Judge a complement: a name, an age, a diet, an adjective, a noun."""
    clause = said.clause
    head = clause.tree.child(clause.verb, "acomp", "attr", "oprd", "dobj") or _first_noun(clause)
    if head is None or not said.rest:
        return None
    if said.tense is Tense.PROGRESSIVE and said.lemma == "be":
        return None
    verdict = first(said, (_little, _person, _called, _aged, _on_diet))
    if verdict is not None:
        return verdict
    adjective = head.tag.startswith("JJ") or head.tag in {"RB", "VBN"}
    if adjective or head.lower in words("traits"):
        return first(said, _ADJECTIVES)
    if any(map(str.isdigit, head.text)) or head.lower in words("amounts"):
        unit = rf"\b(?:{any_of('amounts')}|tall|high|heavy|wide|long|old)\b"
        return if_kept(PERSONAL, kept=said.holds(r"\d") and said.holds(unit))
    return _noun(said, head)


def _first_noun(clause: Clause) -> Token | None:
    first_word = clause.body[0] if clause.body else None
    if first_word is None or first_word.dep in {"prep", "advmod", "mark"}:
        return None
    if first_word.tag in {"IN", "TO", "WRB", "WP"}:
        return None
    nouns = (token for token in clause.body if token.tag.startswith("NN"))
    return next((token for token in nouns if token.head == clause.verb.index), None)


def _little(said: Said) -> Ruling | None:
    """Judge "a bit of a snob", "not much of a drinker"."""
    little = said.begins(
        r"(?:a (?:bit|little) of|much of|something of) an? (?!problem|mess|pain|stretch|shame"
        r"|mystery|hurry|loss|rush|surprise|change|challenge|risk|issue)\w+"
    )
    return PERSONAL if little or said.begins(r"(?:an? )?type-\d diabetic") else None


def _person(said: Said) -> Ruling | None:
    """Judge "more of a dog person", "the oldest of five"."""
    kind = r"\bmore of an? \w+|\b(?:dog|cat|people|morning|night|evening|city|outdoors) person$"
    if said.own and not said.tense.past and said.holds(kind):
        return preference(said)
    eldest = said.begins(r"the (?:\w+ )?(?:oldest|youngest|eldest|middle|only)\b")
    return PERSONAL if eldest else None


def _called(said: Said) -> Ruling | None:
    """Judge "I am Alice"."""
    clause = said.clause
    name = _NAME.match(said.rest)
    plain = said.own and said.lemma == "be" and said.tense is Tense.PRESENT
    if name is None or not plain or clause.negated or said.subject.plural:
        return None
    head = clause.tree.child(clause.verb, "attr", "acomp", "oprd", "dobj") or _first_noun(clause)
    if head is None or head.tag == "JJ" or clause.tree.child(head, "det", "poss", "prep"):
        return None
    beginning = name["name"].split(maxsplit=1)[0].lower()
    if beginning in words("never_names") | words("demonyms") | words("traits"):
        return None
    text = "{subject}'s name is " + name["name"]
    return Ruling(Family.NAME, "name", text=text, name=name["name"])


def _aged(said: Said) -> Ruling | None:
    if _AGE.match(said.rest) is None or said.holds(_UNITS):
        return None
    return Ruling(Family.PROFILE, "age", ("personal",))


def _on_diet(said: Said) -> Ruling | None:
    degree = r"(?:(?:an?|on an?|strict|strictly|mostly|now|also|fully|completely|raw) )*"
    if not said.begins(rf"{degree}(?:{any_of('diets')}|plant based)\b"):
        return None
    return Ruling(Family.PROFILE, "diet", ("food", "diet"), standing=said.own)


# ------------------------------------------------------------------------------------- adjectives


def _head(said: Said) -> Token:
    clause = said.clause
    found = clause.tree.child(clause.verb, "acomp", "attr", "oprd", "dobj") or _first_noun(clause)
    return found or clause.verb


def _allergic(said: Said) -> Ruling | None:
    told = {token.lower for token in said.clause.body}
    if not told & {"allergic", "intolerant"} and not said.begins(r"(?:\w+ )?sensitive to\b"):
        return None
    standing = said.own and not said.tense.past
    return Ruling(Family.PROFILE, topics=("health", "allergies"), standing=standing)


def _restricted(said: Said) -> Ruling | None:
    if not re.search(_RESTRICTED, said.rest, re.IGNORECASE):
        return None
    return Ruling(Family.PROFILE, topics=("food", "diet"), standing=said.own)


def _trait(said: Said) -> Ruling | None:
    low = _DEGREE.sub("", said.rest.lower())
    if low.startswith(_NO_TRAIT):
        return None
    if re.match(rf"{any_of('traits', 'lasting_traits')}(?![a-z])", low):
        return PERSONAL
    if _head(said).lower in words("demonyms"):
        return PERSONAL
    return PERSONAL if re.match(r"[\w-]*", low)[0] in words("demonyms") else None  # type: ignore[index]


def _taste(said: Said) -> Ruling | None:
    head = _head(said)
    if head.lower not in words("tastes"):
        return None
    behind = said.clause.tree.child(head, "prep")
    return if_kept(preference(said), kept=behind is not None and not said.holds(_VAGUE))


def _fear(said: Said) -> Ruling | None:
    if _head(said).lower not in words("fears"):
        return None
    vague = said.begins(r".*\bof (?:it|that|this|what|losing you|you|making|breaking)\b")
    return if_kept(PERSONAL, kept=" of " in f" {said.rest}" and not vague)


def _skill(said: Said) -> Ruling | None:
    skilled = said.begins(
        r"(?:\w+ )?(?:good|bad|great|terrible|hopeless|awful) (?:at|with)"
        r" (?!it\b|that\b|this\b|you\b)\w"
    )
    return Ruling(Family.PROFILE, topics=("skills",)) if skilled else None


def _mood(said: Said) -> Ruling | None:
    if said.begins(r"new (?:to|at|in) (?!me\b|this|it\b|that|you|all\b)"):
        return PERSONAL
    if said.begins(
        r"back (?:to \w+ing|on (?!track|it|time)|with|in|at) (?!it\b|that|me\b|you\b|time)\w"
    ):
        return PERSONAL
    passing = _head(said).lower in words("moods") or said.lemma in {"get", "go", "stay", "remain"}
    return REFUSED if passing else None


def _able(said: Said) -> Ruling | None:
    if said.begins(r"(?:[\w.,]+ ){0,3}(?:tall|high|heavy|old)\b") and said.holds(r"\d"):
        return PERSONAL
    head = _head(said)
    if said.clause.tree.child(head, "prep") and head.lower in words("abilities"):
        return Ruling(Family.PROFILE, topics=("skills",))
    intense = {one.lower for one in said.clause.tree.children(head, "advmod")} & {"so", "too"}
    return None if intense or said.tense.past or said.about_chat else PERSONAL


_ADJECTIVES: Final = (
    _allergic, _restricted, _trait, _taste, _fear, _skill, _mood, _able,
)  # fmt: skip


# ------------------------------------------------------------------------------------------ nouns


def _noun(said: Said, head: Token) -> Ruling | None:
    lowered = said.rest.lower()
    fan = r"\b(?:fan|lover|believer|connoisseur|sucker|admirer)s? (?:of|for|in)\b|\bfans?$|person$"
    if re.search(fan, lowered) and not re.search(r"\b(?:it|that|this|your|how|what)\b", lowered):
        return preference(said)
    if head.lemma in words("empty_nouns") | words("chores"):
        return REFUSED
    if re.match(
        r"an? (?:good|bad|terrible|great|decent|lousy|slow|fast|quick|visual) \w+$", lowered
    ):
        return PERSONAL
    if {head.lemma, head.lower} & words("occupations"):
        return Ruling(Family.PROFILE, "job", ("work",))
    return _unlisted_noun(said, head)


def _unlisted_noun(said: Said, head: Token) -> Ruling | None:
    """Judge a noun that no list holds by its article and by the firm behind it."""
    determiner = said.clause.tree.child(head, "det", "poss", "nummod")
    article = determiner.lower if determiner is not None else ""
    at_firm = said.holds(r"\b(?:at|for|of) [A-Z]\w+")
    job = Ruling(Family.PROFILE, "job", ("work",))
    known = head.lemma in words("described")
    if not article and head.tag != "NNS" and not known:
        return job if head.tag == "NN" and at_firm else None
    if at_firm and article in {"a", "an", "the"} and not known and head.lemma not in _BELONGS:
        return job if said.tense is not Tense.USED_TO else PERSONAL
    if article in {"the", "that", "this"} and not _SOMEBODY_OF.match(said.rest.lower()):
        return REFUSED
    return None if head.tag == "NNP" and not article else PERSONAL


# ----------------------------------------------------------------------------- where somebody is


def _low(said: Said) -> str:
    return _PLACED_ADVERBS.sub("", said.rest.lower())


def _from(said: Said) -> Ruling | None:
    if not re.match(r"(?:originally )?from (?!work\b|home\b|the future|there|here)\w", _low(said)):
        return None
    now = said.tense is Tense.PRESENT and not said.clause.negated
    return Ruling(Family.PROFILE, "origin" if now else "", ("personal",))


def _into(said: Said) -> Ruling | None:
    fond = re.match(r"into (?!it\b|that\b|this\b|what\b|you\b)\w", _low(said))
    return preference(said) if fond else None


def _about_to(said: Said) -> Ruling | None:
    low = _low(said)
    if low.startswith("off to ") and said.holds(r"[A-Z]"):
        return Ruling(Family.PLAN, topics=("travel",))
    if not low.startswith("about to "):
        return None
    soon = said.infinitive
    idle = words("moments") | words("chat_verbs") | words("opinions")
    momentary = words("momentary") | words("occasions")
    if not said.dated and ((soon and soon.lemma in idle) or said.nouns & momentary):
        return REFUSED
    vague = re.search(r"\b(?:it|this|that|you|say|ask|go|give up|cry|die|bed)\b", low)
    return if_kept(Ruling(Family.PLAN), kept=not vague and not said.nouns & words("chores"))


def _settled(said: Said) -> Ruling | None:
    where = r"(?:based|living|located|residing|settled) (?:in|near|out of|at|between)\b"
    return Ruling(Family.PROFILE, "home", ("home",)) if re.match(where, _low(said)) else None


def _on(said: Said) -> Ruling | None:
    low = _low(said)
    if re.match(rf"off (?:{any_of('given_up')}\b|(?:the |my )?[a-z-]+ since\b)", low):
        return Ruling(Family.PROFILE)
    if re.match(r"on the \w+ floor\b", low):
        return Ruling(Family.PROFILE, topics=("home",))
    if not re.match(rf"on (?:[\w-]+[- ]){{0,4}}?{any_of('on_states')}\b", low):
        return None
    diet = "diet" in low or "keto" in low
    slot = "diet" if re.search(rf"\b{any_of('diets')}\b", low) else ""
    return Ruling(Family.PROFILE, slot, ("food", "diet") if diet else ())


def _in(said: Said) -> Ruling | None:
    own = rf"(?:my|his|her|the|their) (?:\w+ ){{0,2}}(?:{any_of('stages')}|\d0s)"
    trade = r"the \w+ (?:industry|business|field|sector|trade|department)|(?:\w+ )?grade"
    among = rf"in (?:{own}|(?:\w+ )?{any_of('in_states')}|{trade})\b"
    other = (
        r"between jobs|back (?:to \w+ing|in|at|on the)\b|out of work"
        r"|with (?:the )?[a-z]+ (?:for|since)|against \w+"
        r"|at (?:university|uni|college|school)\b|together (?:for|since)|over \d|under \d"
        r"|(?:\d|five|six)\D{0,4}(?:foot|ft|feet|'\d)|of \w+ (?:descent|origin|heritage)"
    )
    return PERSONAL if re.match(rf"{among}|{other}", _low(said)) else None


def _been(said: Said) -> Ruling | None:
    """Judge "has been to Asia", "was in Rome in May", "is away next week"."""
    low = _low(said)
    where = r"to (?:the )?[a-z]|together|in (?:the )?\w+ (?:industry|business|field)|sober|with "
    if said.tense is Tense.PERFECT and re.match(where, low):
        nowhere = low.startswith("to ") and not said.holds(r"[A-Z]")
        return if_kept(Ruling(Family.EVENT), kept=not nowhere)
    if said.dated and said.tense is not Tense.PRESENT and said.holds(r"\b(?:in|at|on) [A-Z]"):
        return Ruling(Family.EVENT)
    away = r"(?:in|at|on holiday|on vacation|away|abroad|out of town)\b"
    coming = said.dated and said.upcoming and re.match(away, low)
    return Ruling(Family.PLAN) if coming else None


def _placed(said: Said) -> Ruling | None:
    """Judge any other place or state, unless it is of the moment: "is with the NHS"."""
    body, low = said.clause.body, _low(said)
    if not body or not said.content or body[0].tag == "WRB":
        return None
    if said.clause.tree.child(said.clause.verb, "prep", "agent") is None:
        return None
    nowhere = re.match(rf"\w+ (?:the |a |my |our |some )?(?:[\w-]+ )?{_NOW}\b", low)
    vague = re.match(rf"\w+ {_VAGUE}", low)
    lasted = said.dated or re.search(r"\d|\b(?:for|until|till|since|as)\b", said.rest)
    over = said.tense in {Tense.PAST, Tense.USED_TO} and not lasted
    return None if nowhere or vague or over else PERSONAL


_PLACES: Final = (_from, _into, _about_to, _settled, _on, _in, _been, _placed)
