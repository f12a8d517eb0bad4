"""Fragments and introductions, as the sentences that they stand for."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local.date_phrases import DATE_PHRASE
from agent_memory_services.extraction.extractors.local.said import has_often
from agent_memory_services.extraction.extractors.local.segments import segment
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.clauses import FINITE_TAGS
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.en.sentences import Utterance
from agent_memory_services.language.en.words import ANY_WEEKDAY, SHORT_MONTH, is_past

_SUBJECTS: Final = ("nsubj", "nsubjpass", "expl", "csubj")
_INTRODUCED: Final = re.compile(
    r"^(?:(?:hi|hey|hello)[,!]? )?(?P<start>(?:I am|my name is) [A-Z][\w'-]+), "
    r"(?P<rest>(?:an? |the |\d|from |based |originally |living |currently ).+)$",
    re.IGNORECASE,
)
_SEGMENT: Final = re.compile(
    r"^(?:an? |the |\d+(?:$|,| and| years)|from |based |originally |living |currently )",
    re.IGNORECASE,
)
_ANEW: Final = re.compile(r"(?:and |but )?(?:I|we|my|our)\b")
_INVERTED: Final = re.compile(
    r"^(?P<day>today|tomorrow|(?:next |this |on )?\w+day|it)(?: is|'s) (?P<what>(?:my|our) "
    r"(?:[\w']+ )?(?:birthday|anniversary|wedding|exam|interview|appointment|surgery|flight))"
    r"(?: (?P<then>\S.*))?$",
    re.IGNORECASE,
)
_NOTHING_MORE: Final = re.compile(
    r"^there(?: is|'s) nothing (?:I|we) (?P<verb>love|like|enjoy|hate) more than (?P<what>.+)$",
    re.IGNORECASE,
)
_ADVERBS: Final = frozenset(
    """
    just finally recently already still also always even actually currently now and so oh usually
    originally
    """.split()  # noqa: SIM905 - a list would be a page long
)
_FIRST_VERBS: Final = frozenset(
    """
    have live work love like hate prefer own drive play speak study teach run enjoy weigh collect
    sleep rent commute volunteer cycle
    """.split()  # noqa: SIM905 - a list would be a page long
)
_PASSING: Final = frozenset(
    """
    thinking looking hoping wondering trying asking being according including regarding speaking
    using
    """.split()  # noqa: SIM905 - a list would be a page long
)
_STATES: Final = frozenset(
    """
    based employed obsessed addicted scared terrified located
    """.split()  # noqa: SIM905 - a list would be a page long
)
# Said of a thing more often than of oneself.
_NOT_ALONE: Final = frozenset({"straight", "short", "tall", "halal", "kosher", "separated", "shy"})
_LACKS: Final = re.compile(
    r"(?:[\w-]+ )?(?:intolerant|intolerance|sighted|handed|phobic|positive|negative|deficient|blind"
    r"|deaf|bound)$",
    re.IGNORECASE,
)
_FREE: Final = re.compile(
    r"(?P<what>gluten|dairy|sugar|lactose|alcohol|smoke|debt|cancer)[ -]free\b", re.IGNORECASE
)
_SAID: Final = frozenset(
    [
        "thanks",
        "forwarded",
        "quoted",
        "said",
        "asked",
        "given",
        "agreed",
        "noted",
        "understood",
        "done",
        "needed",
        "wanted",
        "meant",
        "based",
    ]
)
_NO_TILL: Final = re.compile(
    r"no (?P<what>(?!idea|problem|luck|clue|way|rush|news|reply|answer|need)"
    r"[a-z]+(?: [a-z]+){0,3}?)"
    r"(?P<rest> (?:(?:for |another )?\d+ (?:more )?(?:days?|weeks?|months?|years?)|(?:till|until"
    r"|since|before)"
    r" \w+)\b.*)$",
    re.IGNORECASE,
)
_NOW_IN: Final = re.compile(
    r"(?:now(?: in)?|currently in) (?P<place>(?-i:[A-Z])[\w' -]+)$", re.IGNORECASE
)
_TELEGRAM_PLACE: Final = re.compile(
    r"^(?P<verb>landed|arrived|stuck|stranded) (?=(?-i:[A-Z]))", re.IGNORECASE
)
_SELDOM: Final = re.compile(
    r"(?:hardly|barely|rarely|seldom|scarcely|usually|often|mostly|sometimes|normally) (?:ever )?"
    r"[a-z]+(?<!ly)\b(?! (?:you|it|that|this)\b)",
    re.IGNORECASE,
)
_PLACED: Final = frozenset({"off", "from", "based", "into", "between"})
_NOT_PLACED: Final = re.compile(
    r"from (?:now|here|today|this|then|what|the)\b|between (?!jobs)"
    r"|off (?!to\b|(?:the |my )?[a-z-]+ (?:since|for|until|till)\b)"
)
_DENIED: Final = re.compile(
    r"not (?:an? (?:big |huge )?fan|an? (?:[\w-]+ )?[\w-]+er$"
    r"|much of an?|an? \w+ person|a morning|into|from|keen|fond"
    r"|allergic|vegan|vegetarian|married|good at|great (?:at|with)|religious|\w+ anymore)",
    re.IGNORECASE,
)
_UNDETERMINED: Final = frozenset(
    {"training", "practice", "physio", "therapy", "dinner", "lunch", "choir"}
)
_AT_SOME_TIME: Final = re.compile(rf"\d{{1,2}}(?::\d\d| ?[ap]m)|\b{ANY_WEEKDAY}s?\b", re.IGNORECASE)
_TIME_FIRST: Final = re.compile(
    r"(?P<day>(?:on )?(?:tomorrow|today|tonight|(?:next "
    r"|this )?\w+day)(?:,? (?:at )?\d[\d:.]*(?: ?[ap]m\b)?"
    r"| at \w+)?)[:,]? (?P<thing>(?!\d).+)$|(?P<when>.+?)[:,-]+ (?P<what>.+)$",
    re.IGNORECASE,
)
_SOME_DAY: Final = re.compile(
    rf"\btomorrow\b|\b{ANY_WEEKDAY}s?\b|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {SHORT_MONTH}"
    rf"|\b{SHORT_MONTH}[a-z]* \d{{1,2}}\b|\bon the \d",
    re.IGNORECASE,
)
# Greetings, news, the weather, and what is over.
_NO_OCCASION: Final = re.compile(
    r"^(?:happy|merry|good|nice|great|lovely|bad|awful|best|see|till|until|thanks|hello|hi|sorry"
    r"|same|no|not"
    r"|back|off|out|away|home|available|free|busy|open|closed|what|which|who|how|any|only|since"
    r"|as of|by|version|release|draft|notes?|minutes|photos?|news)\b"
    r"|\b(?:yesterday|last|ago|weather|rain|sunny|snow|today|forecast|holiday on"
    r"|o'clock already)\b",
    re.IGNORECASE,
)
_VERBAL: Final = frozenset({"VBP", "VBZ", "VBD", "MD", "VB", "PRP", "WP", "WDT", "WRB", "UH"})
_OFTEN_WHEN: Final = re.compile(rf"\b(?:every|on|at|{ANY_WEEKDAY}s?)\b", re.IGNORECASE)
# Said to the listener, or as a greeting.
_WISHED: Final = re.compile(
    r"(?:have (?:an? (?:\w+ )?(?:nice|good|great|lovely|safe|wonderful|fun|blast|happy|look|go"
    r"|seat)|fun|no"
    r" (?:idea|clue))|(?:enjoy|love|use|try|run|play) (?:your|it|this|that|you)\b"
    r"|love (?:to|ya))",
    re.IGNORECASE,
)
_IDLE_DONE: Final = re.compile(
    r"(?:quit|stopped) (?:the|this|that|it|your|and)\b|lost (?:in|at|with|on)\b"
    r"|\w+ the (?:file|code|server|script|app|page|function|text)s?\b",
    re.IGNORECASE,
)
_FEWEST_TOKENS: Final = 2
_MOST_FINISHED: Final = 8
# "Baby came": said of the noun itself, by verbs that nobody does to it.
_BARE_DONE: Final = frozenset(
    "came went was were had did said got felt became seemed looked began".split()  # noqa: SIM905
)
_KIN_FIRST: Final = re.compile(
    rf"(?P<who>{any_of('female', 'male', 'companions')}(?: (?-i:[A-Z])\w+)?)(?P<apart>,)?"
    rf" (?P<rest>(?!and\b|or\b|,)\S.*)$",
    re.IGNORECASE,
)
_MOST_COUNTED: Final = 8


# ------------------------------------------------------------------------------------ introductions


def introduced(text: str) -> list[str]:
    """Take an introduction apart: "I am Tom, 29, from Cardiff, and I teach" says four things."""
    text = _NOTHING_MORE.sub(r"I \g<verb> \g<what>", text)
    inverted = _INVERTED.match(text)
    if inverted:
        day = "" if inverted["day"].lower() == "it" else inverted["day"]
        when = " ".join(filter(None, (day, inverted["then"])))
        return [f"{inverted['what']} is {when}"] if when else [text]
    match = _INTRODUCED.match(text)
    return [match["start"], *_segments(match["rest"])] if match else [text]


def _segments(rest: str) -> list[str]:
    found: list[str] = []
    while rest:
        segment, _, following = rest.partition(", ")
        if not _SEGMENT.match(segment):
            found.append(re.sub(r"^(?:and|but) ", "", rest))
            break
        head, _, tail = segment.partition(" and ")
        if re.match(r"(?:I|we|my|our|an?|from)\b", tail):
            segment, following = head, f"{tail}, {following}" if following else tail
        elif following and not _ANEW.match(following) and not _SEGMENT.match(following):
            segment, following = rest, ""
        found.append(f"I am {segment}")
        rest = following
    return found


# --------------------------------------------------------------------------------------- fragments


def completed(tree: Tree, text: str) -> Utterance | None:
    """Return a fragment as the sentence that it stands for; None where it stands for none."""
    first = _first(tree)
    if first is None:
        return None
    if len(tree.tokens) < _FEWEST_TOKENS:
        known = text.lower() in (words("traits") | words("diets")) - words("moods") - _NOT_ALONE
        return Utterance(f"I am {text.lower()}", asks=False) if known else None
    finished = _without(text) or _finished(tree, text)
    dated = _occasion(tree, first, text) if _is_appointment(tree, text) else ""
    if finished or dated:
        return Utterance(finished or dated, asks=False, told=True)
    formed = _owned(tree, text) or ("" if _has_subject(tree) else _formed(tree, first, text))
    return Utterance(formed, asks=False) if formed else None


def _formed(tree: Tree, first: Token, text: str) -> str:
    named = tree.tokens[0].tag in {"NNP", "NNPS"} and not is_past(tree.tokens[0].lower)
    capital = text[:2].isupper() or named
    lowered = text if capital else text[:1].lower() + text[1:]
    formed = next(filter(None, (form(tree, first, lowered) for form in _FORMS)), "")
    return formed or segment(text)


def says_so(tree: Tree) -> bool:
    """Return true if the parse of a completed fragment has the subject that it was given."""
    subjects = [token for token in tree.tokens if token.dep in {"nsubj", "nsubjpass"}]
    return any(
        token.lower in {"i", "we"} or any(one.lower in {"my", "our"} for one in tree.subtree(token))
        for token in subjects
    )


def _owned(tree: Tree, text: str) -> str:
    """Complete "exam passed", "wife pregnant", "new job at Bosch", "mum in hospital"."""
    new = re.match(r"(?:brand )?(?:new|second-hand) (?!to\b)(?=[a-z][^,]*$)", text, re.IGNORECASE)
    if new and not any(token.tag in FINITE_TAGS for token in tree.tokens) and not _is_idle(tree):
        return f"I have a {text[:1].lower()}{text[1:]}"
    kin = _KIN_FIRST.match(text)
    if kin is not None:
        who, rest = f"my {kin['who'][:1].lower()}{kin['who'][1:]}", kin["rest"]
        finite = any(token.tag in FINITE_TAGS for token in tree.tokens)
        return f"{who} {'' if finite else 'is '}{rest}"
    return _mine(tree, text)


def _mine(tree: Tree, text: str) -> str:
    """Complete "rent is 22k a month", "parents evening is on Thursday"."""
    verb = next((token for token in tree.tokens if token.tag in {"VBZ", "VBP", "VBD"}), None)
    subject = tree.child(verb, "nsubj", "nsubjpass") if verb is not None else None
    if verb is None or subject is None or subject.tag not in {"NN", "NNS"}:
        return ""
    phrase = tree.subtree(subject)
    if any(token.text == "," for token in tree.tokens[: verb.index]):
        return ""
    if phrase[0].lower == "the" and not phrase[0].index and subject.lemma in words("occasions"):
        day = verb.lemma == "be" and _SOME_DAY.search(_after(tree, verb))
        return f"my {text[4:]}" if day else ""
    bare = all(
        token.tag.startswith(("NN", "JJ")) or token.dep in {"prep", "pobj"} for token in phrase
    )
    told = re.search(r"\d", _after(tree, verb)) or _SOME_DAY.search(_after(tree, verb))
    if subject.lower in words("world"):
        return ""
    if not bare or phrase[0].index or not told or _is_idle(tree) or phrase[0].dep == "prep":
        return ""
    return f"my {text if text[:2].isupper() else text[:1].lower() + text[1:]}"


def _without(text: str) -> str:
    """Complete "no running for 3 weeks", "no car till Friday"."""
    lacking = _NO_TILL.match(text)
    if lacking is None:
        over = re.match(r"no more (?P<what>[\w' -]+?) for (?:me|us)\b", text, re.IGNORECASE)
        return f"I have no more {over['what']}" if over else ""
    what, rest = lacking["what"], re.sub(r"^ (?=\d)", " for ", lacking["rest"])
    return f"I {'do' if what.endswith('ing') else 'have'} no {what}{rest}"


def _finished(tree: Tree, text: str) -> str:
    """Complete "exam passed", "boiler fixed at last", "B&B booked for 2 nights"."""
    done = next((token for token in tree.tokens if token.tag in {"VBD", "VBN"}), None)
    if done is None or not 0 < done.index <= _FEWEST_TOKENS or len(tree.tokens) > _MOST_FINISHED:
        return ""
    before, behind = tree.tokens[: done.index], tree.tokens[done.index + 1 :]
    nouns = all(token.tag in {"NN", "NNS", "NNP", "JJ"} for token in before)
    whole = any(token.dep in {"dobj", "ccomp", "xcomp"} for token in behind)
    if not nouns or whole or not is_past(done.lower) or done.lemma in {"be", "have"}:
        return ""
    verbal = before[0].lower in {"got", "been", "just", "turn"} or is_past(before[0].lower)
    kin = _KIN_FIRST.match(text) is not None and done.lemma not in words("passive_events")
    if _is_idle(tree) or done.lower in _BARE_DONE or verbal or kin:
        return ""
    what, rest = text[: len(text) - len(_after(tree, done))].strip(), _after(tree, done)
    be = "were" if before[-1].tag == "NNS" else "was"
    noun = f"{what[:1].lower()}{what[1:]}" if not what[:2].isupper() else what
    return f"my {noun} {be} {rest}"


def _after(tree: Tree, token: Token) -> str:
    return "".join(one.text + one.space for one in tree.tokens[token.index :])


def _is_idle(tree: Tree) -> bool:
    """Return true if a fragment is about the conversation."""
    idle = words("chores") | words("empty_nouns") | {"mission", "deal", "note", "minute"}
    return any(
        token.lemma in idle
        and not (token.index and tree.tokens[token.index - 1].lower in words("life_compounds"))
        for token in tree.tokens[:3]
    )


def _here(text: str) -> str:
    return re.sub(r",? (?:here|by the way)$", "", text)


def _placed(_: Tree, first: Token, text: str) -> str:
    """Complete "from Lima", "off to Oslo", "not a fan of tea"."""
    if first.lower == "new" and re.match(r"new to (?!me\b|this|it\b|that|you)", text):
        return f"I am {text}"
    now = _NOW_IN.match(text)
    if now is not None:
        return f"I am now in {now['place']}"
    denied = first.lower == "not" and _DENIED.match(text)
    placed = first.lower in _PLACED and not _NOT_PLACED.match(text)
    return f"I am {_here(text)}" if denied or placed else ""


def _done(tree: Tree, first: Token, text: str) -> str:
    """Complete "been learning Dutch", "just got a puppy", "moving to Rome", "born in Goa"."""
    following = tree.tokens[first.index + 1].lower if first.index + 1 < len(tree.tokens) else ""
    if first.lower == "been" or (first.lower == "never" and following in {"been", "had", "tried"}):
        return f"I have {text}"
    if first.tag == "VBG" and first.lower not in _PASSING:
        return f"I am {text}"
    stuck = first.lower in {"stuck", "stranded"}
    told = stuck or is_past(first.lower) or first.tag in {"VBD", "VBN"}
    if _IDLE_DONE.match(text) or not told or first.lower in _SAID:
        return ""
    behind = tree.tokens[first.index + 1].tag if following else "IN"
    bare = behind in {"IN", "TO", "CC", ",", "RB"}
    state = bare and first.lower in (words("traits") | _STATES) - {"handed"}
    if state or stuck:
        placed = _here(_into_place(text))
        return f"I am {placed[:1].lower()}{placed[1:]}"
    return f"I {'was ' if first.lower in {'born', 'raised'} else ''}{_into_place(text)}"


def _into_place(text: str) -> str:
    """Return "landed Lagos" with the preposition that a telegram saves."""
    return _TELEGRAM_PLACE.sub(r"\g<verb> in ", text)


def _rarely(_: Tree, first: Token, text: str) -> str:
    """Complete "hardly drink", "rarely eat out", "usually walk to work"."""
    often = _SELDOM.match(text)
    am = re.match(rf"\w+ (?:ever )?{any_of('traits', 'diets')}\b", text, re.IGNORECASE)
    return f"I {'am ' if am else ''}{text}" if often and not first.index else ""


def _does(_: Tree, first: Token, text: str) -> str:
    """Complete "live in Oslo", "runs a shop with my husband"."""
    word = first.lower
    base = {"has": "have", "teaches": "teach", "studies": "study"}.get(word, word.removesuffix("s"))
    verb = base if base in _FIRST_VERBS else word
    told = re.search(r"\bwhen(?:ever)? you\b|\bme\b", text, re.IGNORECASE)
    if verb not in _FIRST_VERBS or first.index or _WISHED.match(text) or told:
        return ""
    return f"I {verb}{text[len(first.text) :]}"


def _occasion(tree: Tree, first: Token, text: str) -> str:
    """Complete "dentist on Friday at 3", "mum's birthday 14 june"."""
    when = DATE_PHRASE.search(text)
    timed = when or has_often(text) or _AT_SOME_TIME.search(text)
    nouns = [token for token in tree.tokens if token.tag.startswith("NN") or token.dep == "ROOT"]
    known = any(token.lemma in words("occasions") for token in nouns)
    if not timed or not (known or _is_appointment(tree, text)):
        return ""
    kin = _KIN_FIRST.match(text.replace("'s ", " ", 1)) is not None
    owned = (
        kin or first.lower in {"my", "our"} or any(token.text == "'s" for token in tree.tokens[:3])
    )
    plain = not text[:2].isupper() and (
        kin
        or first.tag != "NNP"
        or first.lower in words("occasions")
        or "-" in text.split(maxsplit=1)[0]
    )
    return _appointed(text[:1].lower() + text[1:] if plain else text, owned=owned)


def _is_appointment(tree: Tree, text: str) -> bool:
    """Return true if a fragment names a thing and the day or the hour when it will be."""
    when = min(
        (
            found.start()
            for found in (DATE_PHRASE.search(text), _AT_SOME_TIME.search(text))
            if found
        ),
        default=0,
    )
    day = _SOME_DAY.search(text) or re.search(r"\d{1,2}(?::\d\d| ?[ap]m\b)", text, re.IGNORECASE)
    before = [token for token in tree.tokens if _offset(tree, token) < when] or list(tree.tokens)
    if day is None or _NO_OCCASION.search(text) or _is_idle(tree):
        return False
    if is_past(before[0].lower) and (len(before) == 1 or before[1].tag in {"DT", "PRP$"}):
        return False
    # A lone word, or one behind a noun that does not agree with it, is no verb: "school play".
    nouns = {"VB", "VBP"} if len(before) == 1 or before[0].tag == "NN" else frozenset[str]()
    if any(
        one.tag in _VERBAL and (one is not before[-1] or one.tag not in nouns) for one in before
    ):
        return False
    head = next((one for one in reversed(before) if one.tag[:2] in {"NN", "VB"}), None)
    return head is not None and head.lower not in words("moods")


def _offset(tree: Tree, token: Token) -> int:
    return sum(len(one.text) + len(one.space) for one in tree.tokens[: token.index])


def _appointed(text: str, *, owned: bool) -> str:
    when = DATE_PHRASE.search(text) or _OFTEN_WHEN.search(text)
    if when is None or when.start() == 0:
        turned = _TIME_FIRST.match(text)
        if turned is None:
            return ""
        text = f"{turned['what'] or turned['thing']} {turned['when'] or turned['day']}"
        when = DATE_PHRASE.search(text)
    if when is None or not when.start():
        return ""
    what, then = text[: when.start()].strip(" ,:-"), text[when.start() :].strip()
    what = re.sub(r"^the ", "", what, flags=re.IGNORECASE) if owned else what
    what = re.sub(r"(?:'s| is| are)$", "", what)
    then = re.sub(rf"^(?=\d|{ANY_WEEKDAY}s?\b)", "on ", then, flags=re.IGNORECASE)
    if owned:
        return f"{what if re.match(r'(?:my|our) ', what) else f'my {what}'} is {then}"
    return f"I have {_with_article(what)} {then}"


def _with_article(what: str) -> str:
    if re.fullmatch(r"(?:the )?(?:dentist|doctor|vet|optician|physio|gp)", what, re.IGNORECASE):
        visited = what.removeprefix("the ")
        return f"{_article(visited)} {visited} appointment"
    last = re.split(r" (?:with|for|at|to|in|by) ", what)[0].rsplit(" ", 1)[-1].lower()
    determined = re.match(r"(?:an?|the|two|three|\d)\b", what, re.IGNORECASE)
    if determined or last in _UNDETERMINED or last.endswith("s"):
        return what
    return f"{_article(what)} {what}"


def _article(what: str) -> str:
    return "an" if what[:1].lower() in "aeiou" else "a"


def _described(tree: Tree, first: Token, text: str) -> str:
    """Complete "allergic to bees", "vegan household", "deaf in one ear"."""
    traits = words("traits") | words("demonyms") | words("lasting_traits")
    if _LACKS.match(text) or first.lower in {"fluent", "conversational"}:
        return f"I am {text[:1].lower()}{text[1:]}"
    free = re.match(
        r"(?P<what>gluten|dairy|sugar|lactose|alcohol|smoke|debt|cancer)[ -]free\b",
        text,
        re.IGNORECASE,
    )
    if free is not None:
        return f"I am {free['what'].lower()}-free{text[free.end() :]}"
    if not first.tag.startswith("JJ") and first.lower not in traits:
        return ""
    behind = any(tree.children(first, "prep")) and first.lower not in words("moods")
    told = first.lower in traits | words("fears") | {"fluent", "addicted", "colour", "color"}
    if not told and not (behind and first.dep == "ROOT"):
        return ""
    household = any(token.lower in {"household", "family"} for token in tree.tokens)
    return f"I have a {text}" if household else f"I am {_here(text)}"


def _noun(tree: Tree, first: Token, text: str) -> str:
    """Complete "software engineer at Fiat", "mother of two", "two cats and a dog"."""
    former = re.fullmatch(
        r"(?:ex-|former |proud |keen |recovering )(?P<what>[\w' -]+)", text, re.IGNORECASE
    )
    listed = words("occupations") | words("described") | {"alcoholic", "addict"}
    if former and former["what"].lower().rsplit(" ", 1)[-1] in listed:
        return f"I am {_article(text)} {text[:1].lower()}{text[1:]}"
    keen = re.fullmatch(
        r"(?:avid|keen|lifelong|amateur|hobby) [\w-]+(?:er|or|ist)", text, re.IGNORECASE
    )
    keen = keen or re.fullmatch(
        r"(?:huge|big|massive|lifelong|die-?hard|avid|long-?time|proud|keen) [\w' -]+"
        r" (?:fan|supporter|reader|gamer|runner|hiker|cyclist|gardener|baker|cook)",
        text,
        re.IGNORECASE,
    )
    if keen or re.match(r"only child\b", text, re.IGNORECASE):
        return f"I am {_article(text)} {text[:1].lower()}{text[1:]}"
    known = re.match(r"type[- ][12] diabetic|\d+ years? old", text, re.IGNORECASE)
    kind = re.match(
        r"(?:huge|big|massive) fan of|early bird|night owl|morning person", text, re.IGNORECASE
    )
    if known or kind:
        return f"I am {'a ' if kind else ''}{text}"
    counted = any(token.lower in words("plural") for token in tree.tokens)
    if first.tag == "CD" and counted and len(tree.tokens) < _MOST_COUNTED:
        return f"I have {text}"
    described = words("occupations") | words("described")
    head = any(token.lower in described for token in tree.tokens if token.tag.startswith("NN"))
    cue = (
        r"\b(?:here$|by (?:trade|profession|day)|of (?:one|two|three|four|five|\d|twins"
        r"|triplets|girls|boys|an? )|at [A-Z]"
        r"|for \d+ years|since \d{4}|from [A-Z])"
    )
    if not head or not re.search(cue, text):
        return ""
    article = "" if tree.tokens[0].tag == "DT" else "an " if text[:1] in "aeiou" else "a "
    return f"I am {article}{_here(text)}"


_FORMS: Final[Sequence[Callable[[Tree, Token, str], str]]] = (
    _placed, _done, _rarely, _does, _occasion, _described, _noun,
)  # fmt: skip


def _first(tree: Tree) -> Token | None:
    """Return the first word that is no mere opener."""
    for token in tree.tokens:
        if token.dep not in {"intj", "punct", "cc"} and token.lower not in _ADVERBS:
            return token
    return None


def _has_subject(tree: Tree) -> bool:
    return any(
        token.dep in _SUBJECTS
        and tree.tokens[token.head].dep in {"ROOT", "ccomp"}
        and tree.tokens[token.head].tag not in {"NN", "NNS", "CD"}
        for token in tree.tokens
    )
