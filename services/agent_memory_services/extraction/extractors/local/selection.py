"""Choice of the clauses that are worth keeping, and what kind of fact each is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_memory_services.extraction.extractors.local.subjects import About, Company, Subject
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Clause, Modality, Tense
from agent_memory_services.language.en.parser import Token, Tree

_OVER: Final = frozenset({Tense.PAST, Tense.USED_TO})
_LASTING: Final = re.compile(r"\b(?:since|for|always)\b")
_LIMITS: Final = frozenset(
    {"not", "never", "rarely", "seldom", "hardly", "barely", "no", "only", "longer"}
)
_SECRET: Final = re.compile(
    r"\b(?:password|passcode|passphrase|pin|api key|token|secret|ssn|social security|credit card"
    r"|card number|cvv|private key)\b",
    re.IGNORECASE,
)
_CHAT_OBJECT: Final = re.compile(
    r"^(?:(?:that|this|these|those|your|it|them|one|ones|both|either|neither|everything|nothing"
    r"|which|what|all of|some of|any of|none of)\b(?! (?:restaurant|city|town|country|job|team|place|cafe|gym|music|season)\b)"
    r"|(?:the |an? )?(?:first|second|third|last|latter|former|next|previous|other|original|shorter"
    r"|longer|simpler) (?:one|ones|two|option|version|draft|idea|approach|suggestion|answer|design"
    r"|choice|sentence|paragraph|title|example|solution|method|plan|recipe)\b"
    r"|the (?:one|idea|sound|way|answer|suggestion|option|version|draft|explanation|response|result"
    r"|output|help|advice|concept|thought)\b|option \w+\b|how\b|why\b|when\b|where\b|the fact\b|to (?:know"
    r"|see|ask|hear|say|think|believe|get|find|understand|thank|point|add|check|confirm|schedule"
    r"|use|try)\b|(?:you|him|her|me)\b)",
    re.IGNORECASE,
)
_THIS_TASK: Final = re.compile(
    r"\b(?:this|that|the) (?:error|bug|problem|question|issue|assignment|homework|exercise|sentence"
    r"|email|code|script|task|thing|one|step|chat|file|function|page|answer|list|part)\b",
    re.IGNORECASE,
)
_OFTEN: Final = re.compile(
    r"\b(?:every|each|most) (?:other |single |second |first |last |third )?(?:day|morning|afternoon|evening|night|week"
    r"|weekend|month|year|summer|winter|spring|autumn|fall|hour|few|two|three|(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b"
    r"|\b(?:on|in the|at the|at) (?:weekends|weekdays|mornings?|evenings?|afternoons?|nights|summers?|winters?|weekend"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b"
    r"|\b(?:once|twice|three times|\w+ times) (?:a|per|each|every) (?:day|week|month|year)\b|\ba (?:day|week|month)$"
    r"|\b(?:daily|weekly|monthly|nightly)\b|\bbefore (?:work|bed|school|breakfast)\b"
    r"|\bafter (?:work|school|dinner)\b|\bin (?:my|the|their) (?:free|spare|evenings?|mornings?) ?(?:time)?\b|\bfor a living\b"
    r"|\ball the time\b",
    re.IGNORECASE,
)
_FOOD: Final = re.compile(
    r"\b(?:dairy|gluten|nuts?|peanuts?|milk|lactose|sugar|alcohol|caffeine|coffee|shellfish|seafood|meat|pork|beef|eggs?"
    r"|soy|wheat|cheese|fish|spicy|salt|chocolate|bread|onions?|garlic|fruit|yeast|corn|chicken|lamb|honey|mushrooms?|tomato(?:es)?)\b",
    re.IGNORECASE,
)
_DIET: Final = re.compile(
    r"\b(?:vegetarian|vegan|pescatarian|flexitarian|omnivore|carnivore|plant[- ]based|keto|paleo)\b",
    re.IGNORECASE,
)
_RESTRICTED: Final = re.compile(
    r"\b(?:gluten[- ]free|dairy[- ]free|kosher|halal|lactose|intoleran\w+|celiac|coeliac|(?:low|high)[- ]\w+ diet|diet)\b",
    re.IGNORECASE,
)
_ORGANISATION: Final = re.compile(
    r"^(?:the )?[A-Z][\w&.'-]*(?: (?:(?:of|and|&) )?[A-Z0-9][\w&.'-]*)*(?=$|[.,]| (?:as|in|since|on|last|this|back)\b)"
)
_NOT_EMPLOYER: Final = re.compile(
    r"^(?:the )?(?:Facebook|Instagram|TikTok|Twitter|LinkedIn|Reddit|Discord|Slack|Telegram|WhatsApp"
    r"|Snapchat|Mastodon|Netflix|Spotify|Duolingo|Strava|Zoom|Teams|Patreon|Costco|Tinder|Bumble|Hinge)\b"
    r"|\b(?:Club|Gym|Choir|Band|Team|Party|Church|Group|Society|Association|Union|Scouts|Army|Navy"
    r"|League|Reserve|Guild|Chess|Yoga|CrossFit|part[- ]time|evenings?|weekends?)\b"
)
_SOFTWARE: Final = re.compile(
    r"\b(?:React|Vue|Python|Rust|Linux|Windows|Mac|Postgres|Kubernetes|AWS|Go|TypeScript|Slack|Notion)\b"
)
_CONTACT: Final = re.compile(r"\S*(?:\d|@|\.\w|https?)|.*\d")
_CONTACT_NOUN: Final = re.compile(
    r"(?:(?:home|work|mailing|postal|shipping|email|e-mail|current|new|mobile|cell|phone|private|personal) )*(?:address|phone|number"
    r"|email|e-mail|website|zip code|postcode|handle|github|twitter|instagram|linkedin)"
)
_LASTING_NOUNS: Final = frozenset(
    {"type", "hair", "eyes", "eye", "skin", "religion", "nationality", "faith", "ethnicity", "gender", "family", "diet", "surname", "house", "flat", "apartment", "car", "dog", "cat", "accent", "vision", "hearing", "job"}
)
_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
_BIRTHDAY: Final = re.compile(
    rf"(?:on )?(?P<day>\d{{1,2}} (?:{_MONTHS})(?: (?:19\d\d|200\d))?)(?: 20\d\d)?$", re.IGNORECASE
)
_NAME: Final = re.compile(
    r"(?P<name>[A-Z][a-z\u00e0-\u00ff'-]*(?: (?:de |van |von |da |Mc|O')?[A-Z][a-z\u00e0-\u00ff'-]+){0,2})(?=$|[,.]| (?:and|by the way|here)\b)"
)
_AGE: Final = re.compile(
    r"(?:about |almost |nearly |now |just )*(?:\d{1,3}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]\w+)?"
    r"|six|seven|eight|nine|ten|eleven|twelve|\w+teen)(?= years? old| years? of age| yrs?\b| y/o|-years?-old|$|,| and| (?:on|in|last|this|next|yesterday|tomorrow|today|now)\b)",
    re.IGNORECASE,
)
_EXPERIENCE: Final = re.compile(
    r"\b(?:experience|degree|mba|phd|ph\.d|doctorate|masters?|master's|bachelor'?s?|diploma|certificate"
    r"|certification|licen[cs]e|black belt|background|scholarship|patent|internship|apprenticeship)\b",
    re.IGNORECASE,
)
_MOODS: Final = re.compile(
    r"(?:(?:so|very|really|super|always|too|just|quite|pretty|a bit|a little) )*(?:asshole|jerk|idiot|saint|angel|lifesaver|the best|best|awesome"
    r"|amazing|wonderful|incredible|adorable|cute|sweet|lovely|beautiful|funny|hilarious|nice|kind|smart|crazy|weird|mean"
    r"|annoying|driving me|bothering|making|going to kill|like a|talented|gorgeous|stunning|fun|cool|supportive)\b",
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
        return bool(self.adverbs & words("frequencies")) or _OFTEN.search(self.rest) is not None

    @property
    def head(self) -> Token | None:
        """Head of the complement."""
        return self.clause.complement

    @property
    def nouns(self) -> frozenset[str]:
        """Base forms of the nouns that follow the verb."""
        return frozenset(token.lemma for token in self.clause.body if token.tag.startswith("NN"))

    @property
    def infinitive(self) -> Token | None:
        """Verb of an infinitive that follows: "visit" in "want to visit Rome"."""
        found = self.clause.tree.child(self.clause.verb, "xcomp")
        if found is not None and found.tag in {"VB", "VBG"}:
            return found
        return None


@dataclass(frozen=True, slots=True)
class Verdict:
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


def judge(said: Said) -> Verdict | None:
    """Return the kind of fact that a clause states; None where it states none."""
    clause = said.clause
    if clause.modality is Modality.MAY or _SECRET.search(f"{said.subject.noun} {said.rest}"):
        return None
    if said.company is Company.ASSISTANT and _THIS_TASK.search(said.rest):
        return None
    verdict = _JUDGES[said.subject.about](said)
    if verdict is None and said.company is Company.PEOPLE:
        verdict = _among_people(said)
    return verdict


def _self(said: Said) -> Verdict | None:
    clause = said.clause
    modal = {
        Modality.WOULD: _would,
        Modality.CAN: _can,
        Modality.MUST: _must,
    }.get(clause.modality)
    if modal is not None:
        return modal(said)
    if said.lemma == "need":
        return _needs(said)
    for rule in (_be, _have, _likes, _wants, _refuses, _works, _lives, _spoken, _eats):
        verdict = rule(said)
        if verdict is not None:
            return verdict
    undecided = words("opinions") | words("wants") | words("likes") | {"be", "have"}
    if said.lemma == "wait" and clause.tree.child(clause.verb, "dobj"):
        undecided -= {"wait"}
    if said.lemma in undecided - {"save", "train", "arrange"}:
        return None
    if clause.tense in {Tense.PROGRESSIVE, Tense.PAST_PROGRESSIVE} or (
        clause.tense is Tense.PERFECT and clause.verb.tag == "VBG"
    ):
        return _going_on(said)
    if clause.tense is Tense.FUTURE:
        return _to_come(said)
    if clause.tense.past:
        return _happened(said)
    return _state(said)


def _has_content(said: Said) -> bool:
    found = re.findall(r"[\w'+#./-]+", said.rest.lower())
    return any(word not in words("empty") for word in found)


def _is_chore(said: Said) -> bool:
    """Return true if a clause is about the conversation or about software."""
    if said.company is Company.PEOPLE:
        return False
    tree = said.clause.tree
    if any(_is_chat_noun(tree, one) for one in tree.children(said.clause.verb, "dobj", "attr")):
        return True
    infinitive = said.infinitive
    if infinitive is not None:
        return _is_inner_chore(said, infinitive)
    return False


def _is_chat_noun(tree: Tree, noun: Token) -> bool:
    if noun.lemma not in words("chores") and noun.lower not in words("chores"):
        return False
    if noun.text[:1].isupper() and noun.tag.startswith("NNP"):
        return False
    return not any(
        one.lower in words("life_compounds")
        for one in tree.children(noun, "compound", "amod", "nmod")
    )


def _preference(said: Said, *, listener: bool = False, slot: str = "") -> Verdict:
    own = said.subject.about is not About.KIN and said.clause.tense not in _OVER
    return Verdict(Family.PREFERENCE, slot, ("preferences",), standing=own, listener=listener)


# ------------------------------------------------------------------------------------- modal verbs


def _would(said: Said) -> Verdict | None:
    clause, lemma = said.clause, said.lemma
    if "rather" in said.adverbs or lemma == "prefer":
        if _CHAT_OBJECT.match(said.rest) and not re.match(r"that (?:you|I|we)\b", said.rest):
            return None
        return _preference(said, listener=True)
    head = said.head
    if lemma in {"love", "like"} and not clause.negated:
        infinitive = said.infinitive
        if infinitive is None or _is_chore(said):
            return None
        if infinitive.lemma in words("chat_verbs") and not (
            infinitive.lemma in {"see", "have", "try", "make", "find", "get", "do"}
            and re.search(r" [A-Z]|\bsome ?day\b|\bone day\b", said.rest)
            and lemma == "love"
        ):
            return None
        return Verdict(Family.PLAN)
    if lemma in {"go", "pick", "choose", "take", "opt"} and not clause.negated:
        over = re.search(r"\b(?:over|instead of|rather than|any day|every time|for)\b", said.rest)
        chosen = head is not None or said.rest.startswith("for ")
        if chosen and over and not _CHAT_OBJECT.match(said.rest.removeprefix("for ")):
            return _preference(said)
    return None


def _can(said: Said) -> Verdict | None:
    clause, lemma = said.clause, said.lemma
    if _is_chore(said) or clause.tense.past:
        return None
    if clause.negated and lemma in words("tolerates"):
        return None if _CHAT_OBJECT.match(said.rest) else _preference(said)
    if clause.negated and lemma in words("consumes") and _FOOD.search(said.rest):
        own = said.subject.about is About.SELF
        return Verdict(Family.PROFILE, topics=("food", "diet"), standing=own)
    if lemma in words("skills") and not _CHAT_OBJECT.match(said.rest):
        if not clause.negated and not said.rest:
            return Verdict(Family.PROFILE, topics=("skills",))
        return Verdict(Family.PROFILE, topics=("skills",))
    if said.habitual:
        return Verdict(Family.HABIT)
    return None


def _needs(said: Said) -> Verdict | None:
    if said.infinitive is not None:
        return _must(said) or _wants(said)
    lasting = re.search(
        r"\b(?:sleep|quiet|glasses|wheelchair|crutches|caffeine|insulin|inhaler|hearing aids?|captions|subtitles|large print)\b",
        said.rest,
    )
    return (
        Verdict(Family.PROFILE, topics=("health",))
        if lasting and not said.clause.tense.past
        else None
    )


def _must(said: Said) -> Verdict | None:
    if said.dated and said.upcoming and not _is_chore(said) and not _CHAT_OBJECT.search(said.rest):
        return Verdict(Family.COMMITMENT, expires=True)
    return None


# ----------------------------------------------------------------------------- who somebody is


def _be(said: Said) -> Verdict | None:
    clause = said.clause
    if clause.verb.tag in {"VBN", "VBD"} and clause.tree.child(clause.verb, "auxpass"):
        return _passive(said)
    if said.lemma in {"become", "turn"} or (
        said.lemma in {"go", "remain", "stay"} and said.head is not None
    ):
        return _described(said)
    if said.lemma != "be":
        return None
    if clause.tense is Tense.FUTURE:
        place = clause.tree.child(clause.verb, "prep")
        return (
            Verdict(Family.PLAN)
            if said.dated and place is not None and re.search(r" [A-Z]", f" {said.rest}")
            else None
        )
    return _described(said) or _placed(said)


def _passive(said: Said) -> Verdict | None:
    """Judge "was born", "is based in", "got promoted"."""
    clause, lemma = said.clause, said.lemma
    rest = said.rest
    word = clause.verb.lower
    if clause.tense in {Tense.PRESENT, Tense.PERFECT} and word in words("traits") | {
        "based",
        "located",
        "settled",
        "employed",
    }:
        if word in {"based", "located", "settled"}:
            return (
                Verdict(Family.PROFILE, "home", ("home",))
                if re.match(r"(?:in|near|out of|at|between|on)\b", rest)
                else None
            )
        if word == "employed":
            named = re.match(r"(?:at|by|with) (?!me\b|you|it\b|this|that|all\b|the moment)", rest)
            return Verdict(Family.PROFILE, "employer" if named else "", ("work",))
        return Verdict(Family.PROFILE, topics=("personal",))
    if lemma in words("passive_events") or word in words("passive_events"):
        if (
            clause.tense is Tense.PRESENT
            and not said.dated
            and lemma in {"make", "offer", "accept", "invite", "choose", "select"}
        ):
            return None
        family = Family.EVENT if clause.tense.past else Family.PROFILE
        if clause.tense is Tense.PROGRESSIVE:
            family = Family.PLAN
        return Verdict(family, topics=("personal",))
    if clause.tense is Tense.PRESENT and word in {
        "obsessed",
        "addicted",
        "hooked",
        "interested",
        "fascinated",
        "drawn",
    }:
        return (
            _preference(said)
            if rest
            and not re.match(
                r"(?:in|with|by) (?:it|that|this|your|how|what|hearing|knowing|seeing)\b", rest
            )
            else None
        )
    if clause.tense is Tense.PRESENT and word in {"scared", "terrified", "frightened"}:
        return Verdict(Family.PROFILE, topics=("personal",)) if rest.startswith("of ") else None
    if word in {"called", "named"} and clause.tense is Tense.PRESENT:
        return Verdict(Family.NAME, "called") if rest[:1].isupper() else None
    if said.dated and clause.tense.past and said.lemma not in words("opinions"):
        return Verdict(Family.EVENT)
    return None


def _described(said: Said) -> Verdict | None:
    clause, rest = said.clause, said.rest
    tree = clause.tree
    head = tree.child(clause.verb, "acomp", "attr", "oprd", "dobj") or _first_noun(clause)
    if head is None or not rest:
        return None
    if clause.tense is Tense.PROGRESSIVE and said.lemma == "be":
        return None
    me = said.subject.about is About.SELF
    little = re.match(
        r"(?:a (?:bit|little) of|much of|something of) an? (?!problem|mess|pain|stretch|shame|mystery|hurry|loss|rush|surprise|change|challenge|risk|issue)\w+",
        rest.lower(),
    )
    if little:
        return Verdict(Family.PROFILE, topics=("personal",))
    fan = re.search(r"\bmore of an? \w+|\b(?:dog|cat|people|morning|night|evening|city|outdoors|\w+) person$", rest)
    if fan and me and not clause.tense.past:
        return _preference(said)
    if re.match(r"the (?:\w+ )?(?:oldest|youngest|eldest|middle|only)\b", rest):
        return Verdict(Family.PROFILE, topics=("personal",))
    name = _NAME.match(rest)
    if (
        name
        and me
        and said.lemma == "be"
        and clause.tense is Tense.PRESENT
        and not clause.negated
        and not said.subject.plural
        and name["name"].split()[0].lower()
        not in words("never_names") | words("demonyms") | words("traits")
        and head.tag != "JJ"
        and tree.child(head, "det", "poss", "prep") is None
    ):
        return Verdict(
            Family.NAME, "name", text="{subject}'s name is " + name["name"], name=name["name"]
        )
    if _AGE.match(rest) and not re.search(
        r"\b(?:minutes?|percent|hours?|times|miles|km|kg|cm|feet|weeks?|months?)\b", rest
    ):
        return Verdict(Family.PROFILE, "age", ("personal",))
    if _DIET.match(
        re.sub(
            r"^(?:(?:an?|on an?|strict|strictly|mostly|now|also|fully|completely|raw) )*", "", rest
        )
    ):
        return Verdict(Family.PROFILE, "diet", ("food", "diet"), standing=me)
    if head.tag.startswith("JJ") or head.tag in {"RB", "VBN"} or head.lower in words("traits"):
        return _adjective(said, head)
    if any(character.isdigit() for character in head.text) or head.lower in words("amounts"):
        measured = re.search(r"\d", rest) and re.search(
            rf"\b(?:{'|'.join(words('amounts'))}|tall|high|heavy|wide|long|old)\b", rest
        )
        return Verdict(Family.PROFILE, topics=("personal",)) if measured else None
    return _noun(said, head)


def _first_noun(clause: Clause) -> Token | None:
    first = clause.body[0] if clause.body else None
    if (
        first is not None
        and first.dep not in {"prep", "advmod", "mark"}
        and first.tag not in {"IN", "TO", "WRB", "WP"}
    ):
        nouns = [
            token
            for token in clause.body
            if token.tag.startswith("NN") and token.head == clause.verb.index
        ]
        return nouns[0] if nouns else None
    return None


def _adjective(said: Said, head: Token) -> Verdict | None:
    clause, rest = said.clause, said.rest
    tree, me = clause.tree, said.subject.about is About.SELF
    word = head.lower
    told = [token.lower for token in clause.body]
    if "allergic" in told or "intolerant" in told or re.match(r"(?:\w+ )?sensitive to\b", rest):
        now = not clause.tense.past
        return Verdict(Family.PROFILE, topics=("health", "allergies"), standing=me and now)
    if _RESTRICTED.search(rest):
        return Verdict(Family.PROFILE, topics=("food", "diet"), standing=me)
    first = re.sub(
        r"^(?:(?:also|completely|legally|partially|happily|recently|newly|currently|now|very|both|still|almost|half|part|originally|totally|fully|quite|pretty|really|a bit|a little|not|type \d|\d+ \w+|\w+ (?:months?|weeks?)) )*",
        "",
        rest.lower(),
    )
    if any(
        first.startswith(trait)
        for trait in words("traits")
        | {
            "colour blind",
            "color blind",
            "hard of hearing",
            "left handed",
            "right handed",
            "tone deaf",
        }
    ) and not first.startswith(
        ("shy of", "short of", "short on", "blind to", "single-", "straight forward", "deaf to")
    ):
        return Verdict(Family.PROFILE, topics=("personal",))
    if word in words("demonyms") or first.split(" ")[0].rstrip(",.") in words("demonyms"):
        return Verdict(Family.PROFILE, topics=("personal",))
    if word in {
        "fond",
        "keen",
        "crazy",
        "mad",
        "passionate",
        "enthusiastic",
        "big",
        "partial",
        "picky",
        "hooked",
        "into",
        "interested",
        "obsessed",
        "addicted",
    }:
        prep = tree.child(head, "prep")
        vague = re.search(r"\b(?:it|that|this|your|how|what|hearing|knowing|seeing|you)\b", rest)
        return _preference(said) if prep is not None and not vague else None
    if word in {"afraid", "scared", "terrified", "frightened", "wary", "fearful"}:
        vague = re.match(r".*\bof (?:it|that|this|what|losing you|you|making|breaking)\b", rest)
        return (
            Verdict(Family.PROFILE, topics=("personal",))
            if " of " in f" {rest}" and not vague
            else None
        )
    skilled = re.match(r"(?:\w+ )?(?:good|bad|great|terrible|hopeless|awful) (?:at|with) (?!it\b|that\b|this\b|you\b)\w", rest)
    if skilled:
        return Verdict(Family.PROFILE, topics=("skills",))
    if word in words("moods") or said.lemma in {"get", "go", "stay", "remain"}:
        return None
    if re.match(r"(?:\w+ ){0,2}(?:tall|high|heavy|old)\b", rest.lower()) and re.search(r"\d", rest):
        return Verdict(Family.PROFILE, topics=("personal",))
    prep = tree.child(head, "prep")
    if prep is not None and word in {
        "fluent",
        "proficient",
        "experienced",
        "skilled",
        "native",
        "certified",
        "trained",
        "qualified",
        "bad",
        "good",
        "terrible",
        "great",
        "hopeless",
        "versed",
        "responsible",
        "active",
        "blind",
        "immune",
        "due",
        "big",
    }:
        return Verdict(Family.PROFILE, topics=("skills",))
    if head.text[:1].isupper() and not head.text.isupper() and head.index > 0:
        return Verdict(Family.PROFILE, topics=("personal",))
    return None


def _noun(said: Said, head: Token) -> Verdict | None:
    clause, rest = said.clause, said.rest
    tree = clause.tree
    lemma = head.lemma
    lowered = rest.lower()
    fan = re.search(
        r"\b(?:fan|lover|believer|connoisseur|sucker|admirer)s? (?:of|for|in)\b|\bfans?$|\bmore of an?\b|\bperson$|\bkind of (?:guy|girl|person)$",
        lowered,
    )
    if fan and not re.search(r"\b(?:it|that|this|your|how|what)\b", lowered):
        return _preference(said)
    if lemma in words("empty_nouns") or lemma in words("chores"):
        snob = re.match(
            r"(?:a|an|not much of an?) (?:bit|lot|little) of an? \w+|not much of an? \w+|much of an? \w+",
            lowered,
        )
        return (
            Verdict(Family.PROFILE, topics=("personal",))
            if snob
            and not re.search(
                r"\b(?:problem|mess|pain|stretch|shame|mystery|hurry|loss)\b", lowered
            )
            else None
        )
    determiner = tree.child(head, "det", "poss", "nummod")
    job = lemma in words("occupations") or head.lower in words("occupations")
    if re.match(
        r"an? (?:good|bad|terrible|great|decent|lousy|slow|fast|quick|visual) \w+$", lowered
    ):
        return Verdict(Family.PROFILE, topics=("personal",))
    if job:
        return Verdict(Family.PROFILE, "job", ("work",))
    of_company = re.search(r"\b(?:at|for|of) [A-Z]\w+", rest)
    if determiner is None and not (head.tag == "NNS" or lemma in words("described")):
        compound = head.tag == "NN" and of_company
        return Verdict(Family.PROFILE, "job" if compound else "", ("work",)) if compound else None
    if (
        of_company
        and lemma
        not in words("described")
        | {
            "member",
            "graduate",
            "fan",
            "alumnus",
            "friend",
            "customer",
            "user",
            "lot",
            "supporter",
            "patient",
            "regular",
            "follower",
        }
        and clause.tense is not Tense.USED_TO
        and determiner is not None
        and determiner.lower in {"a", "an", "the"}
    ):
        return Verdict(Family.PROFILE, "job", ("work",))
    if (
        determiner is not None
        and determiner.lower in {"the", "that", "this"}
        and not re.match(
            r"(?:the )(?:\w+ )?(?:oldest|youngest|eldest|middle|only|first|second|third|head|owner|founder|president|mother|father|one who|captain|leader|chair|son|daughter|last|baby|type|kind)\b",
            lowered,
        )
    ):
        return None
    if head.tag == "NNP" and determiner is None:
        return None
    return Verdict(Family.PROFILE, topics=("personal",))


def _placed(said: Said) -> Verdict | None:
    """Judge "am from Lima", "am in my thirties", "am on a diet", "am into chess"."""
    clause, rest = said.clause, said.rest
    low = re.sub(
        r"^(?:(?:originally|currently|now|also|still|both|really|not|actually|only|always|more|all|really|super|very|heavily|usually|mostly) )*",
        "",
        rest.lower(),
    )
    if re.match(r"(?:originally )?from (?!work\b|home\b|the future|there|here)\w", low):
        return Verdict(
            Family.PROFILE,
            "origin" if clause.tense is Tense.PRESENT and not clause.negated else "",
            ("personal",),
        )
    if re.match(r"into (?!it\b|that\b|this\b|what\b|you\b)\w", low):
        return _preference(said)
    if low.startswith("about to ") and not re.search(r"\b(?:it|this|that|you|say|ask|go|give up|cry|die|bed)\b", low):
        return Verdict(Family.PLAN) if not said.nouns & words("chores") else None
    if re.match(r"off (?:alcohol|sugar|meat|caffeine|coffee|dairy|gluten|carbs|social media|work|sick)\b", low):
        return Verdict(Family.PROFILE)
    if re.match(r"off to [a-z]", low) and re.search(r"[A-Z]", rest):
        return Verdict(Family.PLAN, topics=("travel",))
    if re.match(r"(?:based|living|located|residing|settled) (?:in|near|out of|at|between)\b", low):
        return Verdict(Family.PROFILE, "home", ("home",))
    if re.match(
        r"on (?:[\w-]+[- ]){0,4}?(?:diet|keto|medication|meds|insulin|antidepressants|statins|pill|antibiotics|(?:night|day|early|late) shifts?|(?:maternity|paternity|parental|sick|medical)? ?leave|sabbatical|vacation|holiday|team|board|visa|waiting list|call|dialysis|budget|probation|benefits|pension)\b",
        low,
    ):
        diet = "diet" in low or "keto" in low
        return Verdict(
            Family.PROFILE, "diet" if _DIET.search(low) else "", ("food", "diet") if diet else ()
        )
    if re.match(
        r"in (?:(?:my|his|her|the|their) (?:\w+ ){0,2}(?:year|semester|twenties|thirties|forties|fifties|sixties|seventies|eighties|trimester|\d0s)|(?:\w+ )?(?:grade|high school|college|middle school|kindergarten|grad school|med school|law school|construction|sales|marketing|finance|hr|it|retail|education|healthcare|tech|banking|insurance|logistics|real estate|advertising|publishing|law|medicine|politics|software|academia|recovery|remission|therapy|charge of|a (?:band|choir|wheelchair|relationship|long-distance relationship|polycule)|love with|the (?:army|navy|military|air force|marines|\w+ (?:industry|business|field|sector|trade|department))))\b",
        low,
    ):
        return Verdict(Family.PROFILE, topics=("personal",))
    if re.match(
        r"between jobs|out of work|with (?:the )?[a-z]+ (?:for|since)|against \w+|at (?:university|uni|college|school)\b|together (?:for|since)|over \d|under \d|(?:\d|five|six)\D{0,4}(?:foot|ft|feet|'\d)|of \w+ (?:descent|origin|heritage)",
        low,
    ):
        return Verdict(Family.PROFILE, topics=("personal",))
    if clause.tense is Tense.PERFECT and re.match(
        r"(?:to (?:the )?[a-z]|together|in (?:the )?\w+ (?:industry|business|field)|sober|with )",
        low,
    ):
        travelled = low.startswith("to ") and not re.search(r"[A-Z]", rest)
        return None if travelled else Verdict(Family.EVENT)
    if (
        said.dated
        and re.search(r"\b(?:in|at|on) [A-Z]", rest)
        and clause.tense is not Tense.PRESENT
    ):
        return Verdict(Family.EVENT)
    if (
        said.dated
        and said.upcoming
        and re.match(r"(?:in|at|on holiday|on vacation|away|abroad|out of town)\b", low)
    ):
        return Verdict(Family.PLAN, expires=False)
    return None


# --------------------------------------------------------------------- what somebody has or does


def _have(said: Said) -> Verdict | None:
    clause, rest = said.clause, said.rest
    got = said.lemma == "get" and clause.tense is Tense.PERFECT and "gotten" not in said.adverbs
    if said.lemma not in {"have", "own", "possess"} and not got:
        return None
    infinitive = said.infinitive
    if infinitive is not None and clause.tree.child(infinitive, "aux"):
        # "Have to renew", "had to sell".
        if clause.tense is Tense.PAST:
            known = infinitive.lemma in words("life_verbs") and not _is_inner_chore(
                said, infinitive
            )
            return Verdict(Family.EVENT) if known else None
        return _must(said)
    head = clause.tree.child(clause.verb, "dobj") or clause.tree.child(
        clause.verb, "npadvmod", "attr"
    )
    if head is None or not rest or _CHAT_OBJECT.match(rest):
        return None
    lemmas = {head.lemma, head.lower} | {one.lemma for one in clause.tree.children(head, "conj")}
    if head.lemma in {"experience", "degree", "license", "licence"} or _EXPERIENCE.search(rest):
        if (
            re.match(
                r"(?:no|any|the (?:best|worst)|a (?:good|great|bad|similar|terrible) experience)\b",
                rest,
            )
            and not said.limited
        ):
            return None
        return Verdict(Family.PROFILE, topics=("experience",))
    if (lemmas | said.nouns) & words("ailments") and not re.match(r"(?:no|any)\b", rest):
        return Verdict(Family.PROFILE, topics=("health",))
    if lemmas & words("occasions") and said.company is Company.ASSISTANT:
        if said.dated and not said.habitual:
            return Verdict(
                Family.COMMITMENT if not clause.tense.past else Family.EVENT,
                expires=not clause.tense.past,
            )
        return Verdict(Family.HABIT) if said.habitual else None
    if lemmas & words("chores"):
        return None
    if clause.tense is Tense.PROGRESSIVE:
        return Verdict(Family.PLAN)
    if clause.tense is Tense.PAST:
        kin = lemmas & words("companions")
        return (
            Verdict(Family.EVENT)
            if said.dated
            or kin
            or re.search(
                r"\b(?:surgery|stroke|miscarriage|heart attack|operation|transplant|baby|child|accident|affair|dog|cat|pet)\b",
                rest,
            )
            else None
        )
    if clause.tense is Tense.FUTURE:
        return _to_come(said)
    if clause.tense is Tense.PERFECT and not got and not _has_content(said):
        return None
    if (
        head.lemma
        in {
            "time",
            "fun",
            "blast",
            "rest",
            "day",
            "week",
            "plan",
            "access",
            "faith",
            "fear",
            "hard",
            "interest",
            "respect",
            "cold",
            "headache",
            "urge",
            "craving",
            "crush",
            "memory",
            "preference",
            "need",
            "permission",
            "choice",
            "right",
            "hope",
        }
        and not said.habitual
    ):
        return None
    return Verdict(Family.RELATION if lemmas & words("companions") else Family.PROFILE)


def _is_inner_chore(said: Said, infinitive: Token) -> bool:
    tree = said.clause.tree
    return any(_is_chat_noun(tree, one) for one in tree.children(infinitive, "dobj"))


def _likes(said: Said) -> Verdict | None:
    clause = said.clause
    if said.lemma not in words("likes") or clause.verb.tag == "IN":
        return None
    rest = said.rest
    if said.lemma in {"appreciate", "miss"}:
        return None
    if not rest or _CHAT_OBJECT.match(rest) or not _has_content(said):
        return None
    if re.match(
        r"(?:when|how|if|the way|what|being here|seeing you|hearing (?:you|that)|talking to|chatting)\b",
        rest,
    ):
        return None
    if (
        clause.tense is Tense.PROGRESSIVE
        and said.company is Company.ASSISTANT
        and said.lemma not in {"love", "enjoy"}
    ):
        return None
    infinitive = said.infinitive
    if (
        infinitive is not None
        and infinitive.lemma in {"see", "say", "know", "think", "ask", "thank"}
        and clause.tree.child(infinitive, "aux")
    ):
        return None
    return _preference(said)


def _wants(said: Said) -> Verdict | None:
    clause, lemma = said.clause, said.lemma
    if lemma == "dream" and re.match(r"of \w+ing\b", said.rest):
        return Verdict(Family.PLAN)
    if lemma in {"think", "consider", "dream"} and clause.tense in {
        Tense.PROGRESSIVE,
        Tense.PERFECT,
    }:
        if re.match(r"(?:(?:of|about) )?\w+ing\b", said.rest) and not _is_chore(said):
            return Verdict(Family.PLAN)
        return None
    if (
        lemma == "try"
        and clause.tense in {Tense.PROGRESSIVE, Tense.PRESENT}
        and re.match(
            r"to (?:eat|lose|quit|cut|save|reduce|stop|drink|exercise|gain|conceive|sleep|get (?:in shape|fit|pregnant"
            r"|healthy|into)|read more|run|become|learn|have (?:a baby|kids)|go vegan|be more)\b",
            said.rest,
        )
    ):
        return Verdict(Family.PLAN)
    if lemma == "look" and said.rest.startswith("forward to "):
        return (
            Verdict(Family.PLAN)
            if not re.search(r"\b(?:hear|see you|your|it$|that$|meeting you|talk)", said.rest)
            and (said.dated or said.company is Company.PEOPLE)
            else None
        )
    if lemma not in words("wants") or said.limited:
        if lemma in {"want", "need"} and said.limited:
            wish = said.infinitive
            vague = re.match(
                r"(?:it|that|this|you|to (?:know|ask|say|hear|think|bother|be rude))\b", said.rest
            )
            return (
                None
                if vague or wish is None or _is_chore(said) and "never" not in said.adverbs
                else _preference(said)
            )
        return None
    infinitive = said.infinitive
    if lemma in {"decide"}:
        vague = re.search(r"\b(?:you|your|it|that|this)$", said.rest) or re.match(
            r"to (?:ask|use this|try this)\b", said.rest
        )
        return (
            None
            if vague or not said.rest or _is_chore(said) and not re.search(r" [A-Z]", said.rest)
            else Verdict(Family.EVENT)
        )
    if lemma in {"plan", "prepare", "train", "save", "expect", "arrange"} and infinitive is None:
        if not said.rest or re.match(r"(?:that|it|so|this|if|you)\b", said.rest) or _is_chore(said):
            return None
        active = clause.tense in {Tense.PROGRESSIVE, Tense.FUTURE, Tense.PERFECT} or lemma == "plan"
        return Verdict(Family.PLAN) if active else None
    if infinitive is None:
        return None
    inner = infinitive.lemma
    tree = clause.tree
    other = tree.child(infinitive, "nsubj")
    if (
        other is not None
        or _is_inner_chore(said, infinitive)
        or re.search(r"\b(?:you|your)\b", said.rest)
    ):
        return None
    objects = [one.lower for one in tree.children(infinitive, "dobj")]
    if objects and objects[0] in {"it", "this", "that", "them", "one"}:
        return None
    if lemma in {"want", "mean", "wish", "expect"}:
        if inner in words("chat_verbs") | {"be", "cook", "bake", "go", "build", "take", "work"}:
            lasting = said.dated or re.search(
                r"\b(?:some ?day|one day|eventually|living|career|before I|when I)\b", said.rest
            )
            someone = inner == "be" and tree.child(infinitive, "attr")
            place = inner in {"go", "see"} and re.search(r" [A-Z]", said.rest)
            if not (lasting or someone or place):
                return None
    return Verdict(Family.PLAN)


def _refuses(said: Said) -> Verdict | None:
    if said.lemma in {"avoid", "refuse", "skip", "limit"} and said.clause.tense in {
        Tense.PRESENT,
        Tense.PROGRESSIVE,
    }:
        vague = re.match(r"(?:that|this|it|the (?:error|problem|issue|question))\b", said.rest)
        return None if vague or not said.rest or _is_chore(said) else _preference(said)
    if (
        said.lemma in {"choose", "pick"}
        and said.clause.tense in {Tense.PERFECT, Tense.PRESENT}
        and (said.habitual or "always" in said.adverbs)
    ):
        return _preference(said)
    return None


def _works(said: Said) -> Verdict | None:
    clause, rest = said.clause, said.rest
    if said.lemma == "join" and clause.tense.past:
        named = _ORGANISATION.match(rest) and not _NOT_EMPLOYER.search(rest)
        return Verdict(Family.EVENT, "employer" if named else "", ("work",) if named else ())
    began = re.match(
        r"(?:working (?:at|for)|(?:an? )?(?:new )?(?:job|position|role) (?:at|with)) (?P<who>.+)",
        rest,
    )
    if (
        said.lemma in {"start", "begin", "get", "take", "accept", "find", "land", "switch"}
        and clause.tense.past
        and began
    ):
        named = _ORGANISATION.match(began["who"]) and not _NOT_EMPLOYER.search(began["who"])
        return Verdict(Family.EVENT, "employer" if named else "", ("work",))
    if said.lemma not in {"work", "intern", "freelance"}:
        return None
    if re.match(
        r"(?:for|with) (?:me|you|it|this|that|all|any)\b|(?:fine|well|now|great|out|on (?:it|this|that))\b",
        rest,
    ) and not re.match(r"out (?:of|\w+ times|every|at|in)\b", rest):
        return None
    if _is_chore(said) or (not rest and not said.habitual):
        return None
    if clause.tense is Tense.PROGRESSIVE and re.match(r"on\b", rest):
        return _going_on(said)
    if re.match(r"(?:\w+ ){0,3}?as (?:an? )?\w", rest) and clause.tense is Tense.PRESENT:
        return Verdict(Family.PROFILE, "job", ("work",))
    place = r"(?:full[- ]time |part[- ]time |remotely |now |currently |over )*(?:at|for|with) (?!me\b|you|it\b|this|that|these|all|any|the moment|a (?:while|lot)|least|\d|home|him|her\b|night|days?\b|hours|months?\b|us\b)"
    if clause.tense is Tense.PRESENT and re.match(place, rest):
        return Verdict(
            Family.PROFILE,
            "employer" if not clause.negated and "longer" not in said.adverbs else "employer",
            ("work",),
        )
    return Verdict(Family.PROFILE, topics=("work",))


def _lives(said: Said) -> Verdict | None:
    clause, rest = said.clause, said.rest
    if said.lemma in {"move", "relocate", "emigrate", "immigrate"} and clause.tense.past:
        to = re.match(
            r"(?:back |out |over |up |down |away |here )?(?:from (?:[\w'-]+ ){1,4})?(?:in)?to (?:the )?[A-Z]",
            rest,
        )
        if re.search(r"\b(?:the|this|that|on|my) (?:file|code|cursor|meeting|line)\b", rest) or (
            _SOFTWARE.search(rest) and to
        ):
            return None
        return (
            Verdict(Family.EVENT, "home" if to else "", ("home",)) if rest or said.dated else None
        )
    if said.lemma not in {"live", "reside", "stay"}:
        return None
    if re.match(
        r"(?:with (?:it|that|this)|in (?:fear|the moment|peace|hope|a world|this|that))\b", rest
    ):
        return None
    if said.lemma == "stay" and not re.match(r"(?:in|with|at)\b", rest):
        return None
    slotted = re.match(
        r"(?:right |just |now |currently )*(?:in|near|outside|at|on|by|close to|between|out in|up in|down in|over in) (?!the moment)",
        rest,
    )
    if (
        clause.tense in {Tense.PRESENT, Tense.PERFECT, Tense.PROGRESSIVE}
        and slotted
        and said.lemma != "stay"
    ):
        return Verdict(Family.PROFILE, "home", ("home",))
    if not rest:
        return None
    return Verdict(Family.PROFILE, topics=("home",))


def _spoken(said: Said) -> Verdict | None:
    if (
        said.lemma == "come"
        and said.rest.startswith("from ")
        and said.clause.tense is Tense.PRESENT
    ):
        return Verdict(Family.PROFILE, "origin", ("personal",))
    if (
        said.lemma == "grow"
        and said.clause.tense is Tense.PAST
        and re.match(r"up (?!to\b|so\b)", f"{'up ' if 'up' in said.adverbs else ''}{said.rest}")
    ):
        return Verdict(Family.PROFILE, topics=("personal",))
    if (
        said.lemma == "speak"
        and said.clause.tense is Tense.PRESENT
        and re.search(r"[A-Z]|languages", said.rest)
        and "to " not in said.rest
    ):
        return Verdict(Family.PROFILE, topics=("languages",))
    if said.lemma == "go" and re.match(r"by [A-Z]", said.rest):
        return Verdict(Family.NAME, "called")
    if (
        said.lemma == "know"
        and said.clause.tense is Tense.PERFECT
        and re.search(r"\b(?:for|since)\b", said.rest)
    ):
        return Verdict(Family.RELATION)
    return None


def _eats(said: Said) -> Verdict | None:
    if said.lemma not in {"eat", "drink", "smoke", "consume", "touch"} or said.clause.tense not in {
        Tense.PRESENT,
        Tense.PERFECT,
    }:
        return None
    if not said.limited:
        return None
    if re.match(r"(?:it|that|this|yet|much today)\b", said.rest):
        return None
    own = said.subject.about is About.SELF
    meat = re.match(r"(?:any )?meat\b", said.rest)
    diet = said.lemma in {"eat", "drink"}
    return Verdict(
        Family.PROFILE,
        "diet" if meat and said.clause.tense is Tense.PRESENT else "",
        ("food", "diet") if diet else ("health",),
        standing=own,
    )


def _going_on(said: Said) -> Verdict | None:
    clause, rest, lemma = said.clause, said.rest, said.lemma
    if (
        lemma == "go"
        and (infinitive := said.infinitive) is not None
        and clause.tree.child(infinitive, "aux")
    ):
        return _going_to(said, infinitive)
    if _is_chore(said) or re.match(
        r"(?:it|this|that|fine|well|ok|okay|good|great|alright|research on what|for it|on it)\b",
        rest,
    ):
        return None
    if lemma in {
        "go",
        "travel",
        "fly",
        "head",
        "drive",
        "move",
        "relocate",
        "return",
        "leave",
        "arrive",
        "come",
    }:
        if re.match(
            r"(?:to bed|home|crazy|mad|insane|nuts|out|well|through|on|for it|over|back)\b", rest
        ) and not (said.dated and re.search(r" [A-Z]", rest)):
            return None
        somewhere = re.search(
            r"\b(?:to|on|for|in|from) (?:the |my |our |an? )?(?:[A-Z]|(?:\w+ ){0,2}(?:trip|vacation|holiday|cruise|honeymoon|retreat|beach|mountains|conference|camp|festival|concert|wedding|gym))",
            rest,
        )
        if not somewhere and not said.dated and lemma not in {"move", "relocate"}:
            return None
        return Verdict(Family.PLAN, topics=("travel",))
    if "never" in said.adverbs and clause.tense is Tense.PERFECT:
        return Verdict(Family.EVENT)
    if not _has_content(said) and lemma not in {"retire", "divorce", "marry"}:
        return None
    if (
        lemma in {"do", "be", "sit", "stand", "use", "run"}
        and not (said.dated or said.habitual)
        and said.company is Company.ASSISTANT
        and clause.tense is not Tense.PERFECT
        and not re.search(r"\b(?:an?|my|our) ", rest)
    ):
        return None
    if (
        clause.tense is Tense.PAST_PROGRESSIVE
        and not said.dated
        and said.company is Company.ASSISTANT
    ):
        return None
    return Verdict(
        Family.PLAN if said.dated else Family.HABIT,
        expires=said.dated
        and said.upcoming
        and lemma
        in {
            "host",
            "attend",
            "throw",
            "meet",
            "present",
            "perform",
            "play",
            "interview",
            "see",
            "visit",
        },
    )


def _going_to(said: Said, infinitive: Token) -> Verdict | None:
    inner = infinitive.lemma
    if inner in words("opinions") | {"bed", "go"} and not said.dated:
        return None
    if inner in words("chat_verbs") and not said.dated:
        return None
    if _is_inner_chore(said, infinitive) or re.search(
        r"\b(?:it|this|that|you|your|them|one)\b", said.rest
    ):
        return None
    return Verdict(Family.PLAN)


def _to_come(said: Said) -> Verdict | None:
    if not said.dated or not said.upcoming or _is_chore(said):
        return None
    if said.lemma in words("opinions") | {"try", "do", "use", "finish", "let", "be"}:
        return None
    if re.search(r"\b(?:it|this|that|you|your|them)\b", said.rest):
        return None
    return Verdict(Family.PLAN)


def _happened(said: Said) -> Verdict | None:
    clause, rest, lemma = said.clause, said.rest, said.lemma
    if clause.tense is Tense.USED_TO:
        return Verdict(Family.EVENT) if not re.search(r"\b(?:it|that|this)$", rest) else None
    if _is_chore(said) or re.match(
        r"(?:it|that|this|them|the (?:code|script|file|function|command|following|first|second|last|same|above|error))\b",
        rest,
    ):
        return None
    if (
        said.limited
        and "never" not in said.adverbs
        and "longer" not in said.adverbs
        and not said.dated
        and lemma not in {"finish", "go"}
    ):
        return None
    if lemma in words("bare_events"):
        return Verdict(Family.EVENT)
    if not _has_content(said):
        return None
    if said.dated or said.habitual:
        return Verdict(Family.EVENT)
    if re.search(
        r"\b(?:as a (?:kid|child|teenager|teen|boy|girl|student)|when I was|growing up|in (?:college|high school|university|my (?:twenties|thirties|teens|childhood|youth)))\b",
        rest,
    ):
        return Verdict(Family.EVENT)
    if "up" in said.adverbs and lemma in {"give", "take", "sign", "set", "pick", "end"}:
        return Verdict(Family.EVENT)
    if lemma in words("life_verbs") and not re.match(
        r"(?:a (?:look|while|screenshot|guess|chance|note|break|go|shot)|up$|on$|working|out$|off$|away$|the time|care|long|place|me (?:hours|days|a)|rid|lost|confused|stuck|used to)\b",
        rest,
    ):
        objects = clause.tree.child(
            clause.verb, "dobj", "xcomp", "prep", "attr", "npadvmod", "ccomp", "advmod"
        )
        if objects is not None or clause.tense is Tense.PERFECT:
            vague = lemma in {
                "get",
                "make",
                "run",
                "see",
                "read",
                "have",
                "take",
                "give",
                "use",
                "keep",
                "find",
                "write",
                "change",
                "cut",
                "hold",
                "end",
                "pick",
                "watch",
            }
            if (
                vague
                and said.company is Company.ASSISTANT
                and not re.search(
                    r"\b(?:an?|my|our|his|her) |[A-Z]|\b(?:married|engaged|divorced|promoted|fired|hired|laid|pregnant|accepted|sick|hurt|two|three|up)\b",
                    rest,
                )
            ):
                return None
            return Verdict(Family.EVENT)
    return None


def _state(said: Said) -> Verdict | None:
    """Judge what somebody does as a rule: "plays tennis", "weighs 70 kg", "drives a Tesla"."""
    rest, lemma = said.rest, said.lemma
    if _CHAT_OBJECT.match(rest) and not said.habitual:
        return None
    if _is_chore(said) and not said.habitual:
        return None
    if not _has_content(said) and not (
        said.limited
        or said.habitual
        or lemma
        in {
            "smoke",
            "vape",
            "meditate",
            "freelance",
            "garden",
            "knit",
            "homeschool",
            "bartend",
            "commute",
            "sail",
            "surf",
            "ski",
            "volunteer",
            "babysit",
        }
    ):
        return None
    if lemma in words("chat_verbs") | {
        "go",
        "come",
        "take",
        "start",
        "turn",
        "give",
        "end",
        "lose",
        "miss",
        "break",
        "suffer",
    } and not (said.habitual or said.limited or said.dated):
        lasting = lemma in {
            "use",
            "run",
            "make",
            "read",
            "write",
            "take",
            "do",
            "teach",
            "rent",
            "suffer",
            "have",
            "go",
            "track",
        } and re.search(r"\d|\b(?:an?|my|our|as|for) |[A-Z]", rest)
        if not lasting:
            return None
    if said.dated and said.upcoming:
        return Verdict(Family.COMMITMENT, expires=True)
    return Verdict(Family.HABIT)


# ------------------------------------------------------------------------- others and other things


def _kin(said: Said) -> Verdict | None:
    clause, rest, lemma = said.clause, said.rest, said.lemma
    if clause.modality in {Modality.WOULD} or (
        clause.modality is Modality.CAN
        and lemma not in words("skills") | words("consumes") | words("tolerates")
    ):
        return None
    if clause.modality is Modality.MUST:
        return _must(said)
    if (
        lemma in words("opinions")
        and clause.verb.lower not in {"called", "named"}
        and lemma not in {"need", "get", "look", "keep", "follow", "hope"}
    ):
        return None
    if lemma in {"need", "keep", "look"} and not said.dated:
        return None
    if (
        _is_chore(said)
        or re.search(r"\b(?:you|your)\b", rest)
        or re.match(
            r"(?:it|that|this|to me|like|so|a lot|too)\b|me(?:$| (?:too|up|crazy|mad|happy|sad|that|to|if|about)\b)",
            rest,
        )
    ):
        return None
    if clause.verb.lower in {"called", "named"} and rest[:1].isupper():
        return Verdict(Family.RELATION, topics=("family",))
    if lemma == "be" and clause.verb.tag != "VBN":
        if _MOODS.match(rest):
            return None
        head = said.head
        if (
            head is not None
            and head.lower in words("moods")
            and not clause.tree.child(head, "prep")
        ):
            return None
        described = _described(said)
        if described is not None:
            return described
    bare = words("bare_events") | {"pass", "smoke", "die"}
    if not rest and lemma not in bare and not {"away", "over", "up"} & said.adverbs:
        return None
    for rule in (_be, _works, _lives, _likes):
        found = rule(said)
        if found is not None:
            return found
    if lemma == "be" and not _has_content(said):
        return None
    birthday = said.subject.noun.endswith("birthday")
    if birthday:
        return _birthday(said)
    return Verdict(Family.RELATION, topics=("family",))


def _birthday(said: Said) -> Verdict:
    day = _BIRTHDAY.match(said.rest)
    if day:
        return Verdict(
            Family.PROFILE,
            "birthday",
            ("personal",),
            recurring=True,
            text="{subject} is on " + day["day"],
        )
    return Verdict(Family.PROFILE, topics=("personal",))


def _own(said: Said) -> Verdict | None:
    clause, rest, noun = said.clause, said.rest, said.subject.noun
    head = clause.subject.lemma if clause.subject else ""
    if clause.modality in {Modality.WOULD, Modality.CAN, Modality.MUST}:
        return None
    if (
        noun in {"name", "full name", "first name", "last name", "surname"}
        or noun.endswith(" name")
        and "'s" not in noun
    ):
        return _own_name(said)
    if noun.endswith("birthday") or noun in {"birth date", "date of birth", "name day"}:
        return _birthday(said)
    if re.fullmatch(
        r"(?:all-time |absolute |least |current )?favou?rite .+|preference|preferred \w+|go-to \w+(?: \w+)*|comfort food|guilty pleasure|drink of choice|least favou?rite .+",
        noun,
    ):
        if (
            said.lemma != "be"
            or re.match(r"(?:that|this|it$|yours|when|part|how|what|so|really)\b", rest)
            or not rest
        ):
            return None
        return _preference(said, slot="{noun}" if "favo" in noun else "")
    if _CONTACT_NOUN.fullmatch(noun) and said.lemma == "be":
        return _own_is(said, head)
    if head in words("own_chores") or noun in words("own_chores"):
        return None
    if clause.verb.lower in {"called", "named"}:
        return Verdict(Family.PROFILE) if rest else None
    if (
        clause.negated
        and said.lemma in words("fails")
        or (said.lemma in words("fails") and not said.dated and not rest)
    ):
        return None
    if not rest and not said.dated:
        return None
    if said.lemma == "be" and clause.verb.tag != "VBN":
        return _own_is(said, head)
    if (
        said.lemma in words("opinions")
        and not said.dated
        and said.lemma not in {"need", "get", "follow", "happen", "look", "keep", "tend"}
    ):
        return None
    if _is_chore(said) or re.search(r"\b(?:you|your)\b", rest):
        return None
    occasion = head in words("occasions")
    if occasion and said.dated:
        return Verdict(Family.COMMITMENT, expires=not clause.tense.past or said.upcoming)
    if said.dated:
        return Verdict(Family.EVENT)
    if clause.verb.lower in {"called", "named"}:
        return Verdict(Family.PROFILE)
    if clause.tense in {
        Tense.PRESENT,
        Tense.PROGRESSIVE,
        Tense.PERFECT,
    } and said.lemma not in words("fails"):
        return Verdict(Family.PROFILE) if _has_content(said) else None
    if clause.tense.past and said.lemma in words("life_verbs") | {
        "break",
        "die",
        "fall",
        "move",
        "burn",
        "flood",
    }:
        return (
            Verdict(Family.EVENT)
            if said.lemma != "get" or re.search(r"\w+ed\b|stolen|a |\d", rest)
            else None
        )
    return None


def _own_name(said: Said) -> Verdict | None:
    noun, rest = said.subject.noun, said.rest
    spelled = re.match(r"(?:spelled|spelt|written|pronounced) ", rest)
    if said.clause.negated or said.lemma not in {"be", "spell"} or not rest:
        return None
    if re.match(r"(?:not|on|in|the|too|very|at)\b", rest):
        return None
    if not (rest[:1].isupper() or re.fullmatch(r"[\w'-]+", rest) or spelled):
        return None
    whole = noun in {"name", "full name", "first name"}
    name = rest.split(" and ")[0].strip(" ,") if whole and rest[:1].isupper() else ""
    return Verdict(Family.NAME, "name" if whole and not spelled else "", name=name)


def _own_is(said: Said, head: str) -> Verdict | None:
    clause, rest, noun = said.clause, said.rest, said.subject.noun
    if head in words("occasions") | {"anniversary"} and said.dated:
        return Verdict(
            Family.COMMITMENT if head != "anniversary" else Family.PROFILE,
            expires=head != "anniversary",
        )
    if re.fullmatch(
        r"(?:(?:home|work|mailing|postal|shipping|email|e-mail|current|new|mobile|cell) )*(?:address|phone|phone number|number|email|e-mail|website|zip code|postcode|handle|github|twitter|instagram|linkedin)",
        noun,
    ):
        return Verdict(Family.PROFILE) if _CONTACT.match(rest) or len(rest.split()) > 1 else None
    complement = clause.tree.child(clause.verb, "acomp")
    if complement is not None:
        told = re.search(r"\d", rest) or complement.lower in words("traits") | words("demonyms") | {
            "blue",
            "brown",
            "green",
            "red",
            "black",
            "white",
            "blond",
            "blonde",
            "grey",
            "gray",
            "pink",
            "yellow",
            "purple",
            "curly",
            "straight",
            "flexible",
        }
        lasts = head in _LASTING_NOUNS and complement.lower not in words("moods") | {"slow", "broken", "dead", "hot", "cold", "dirty", "clean", "messy"}
        return Verdict(Family.PROFILE) if told or lasts else None
    if clause.body and clause.body[0].tag in {"RB", "IN"} and not said.dated:
        placed = re.match(
            r"(?:in|at|on|near|by|from|about|around|between|under|over|with|for|next|called|named|close|upstairs|downstairs) (?!it\b|that\b|this\b|time\b|the way\b|me\b|fire\b)",
            rest,
        )
        return Verdict(Family.PROFILE) if placed else None
    if (
        not _has_content(said)
        or _MOODS.match(rest)
        or re.match(
            r"(?:that|this|it|you|your|what|how|why|because|when|just|a mess|a bit|the same|the one|over|done|down|up|here|there|a nightmare|a joke)\b",
            rest,
        )
    ):
        return None
    return Verdict(Family.PROFILE)


def _thing(said: Said) -> Verdict | None:
    """Judge what comes back to the speaker: "Blue is my favourite", "Diabetes runs in my family"."""
    clause, rest = said.clause, said.rest
    if clause.modality is not Modality.REAL:
        return None
    if said.lemma == "be" and not clause.tense.past:
        favourite = re.match(
            r"(?:(?:probably|definitely|still|by far|also|hands down|easily|always) )*(?:one of )?(?:my|our) (?:all-time |absolute |least |current |top |main |new )*"
            r"(?:favou?rites?(?: [\w' -]+)?|go-to(?: [\w' -]+)?|hobb(?:y|ies)|passions?|comfort food|guilty pleasure|weakness|preferred [\w' -]+|thing)$",
            rest,
        )
        if favourite:
            return _preference(said)
        if re.match(
            r"(?:(?:super|very|really|so|extremely|incredibly) )*(?:important|dear|special|essential|a priority|the world) (?:to|for) (?:me|us)\b",
            rest,
        ):
            return _preference(said)
        mine = re.match(r"(?:not )?(?:my|our) (?:\w+ )?(?P<noun>\w+)(?: since \d+)?$", rest)
        lasting = {
            "language",
            "tongue",
            "religion",
            "home",
            "hometown",
            "team",
            "hero",
            "idol",
            "birthday",
            "instrument",
            "anniversary",
            "nickname",
        }
        if mine and mine["noun"] in lasting:
            return Verdict(Family.PROFILE)
    if said.lemma == "run" and re.match(r"in (?:my|our) family\b", rest):
        return Verdict(Family.PROFILE, topics=("family",))
    if said.lemma in {"matter", "mean"} and re.search(r"\b(?:to|for) (?:me|us)\b", rest):
        return (
            _preference(said)
            if said.lemma == "matter" or "lot" in rest or "world" in rest
            else None
        )
    if (
        re.match(
            r"me (?:sick|ill|nauseous|break out|sleepy|sneeze|anxious|itch|cry)\b|me (?:awake|up at night|going)\b|me (?:a )?(?:headaches?|migraines?|hives|a rash)\b",
            rest,
        )
        and clause.tense is Tense.PRESENT
    ):
        return Verdict(Family.PROFILE, topics=("health",))
    return None


# ------------------------------------------------------------------------ conversations of people


def _among_people(said: Said) -> Verdict | None:
    """Judge what people tell one another: most of it, but moods and politeness."""
    clause, rest = said.clause, said.rest
    if clause.modality not in {Modality.REAL, Modality.MUST} or re.search(
        r"\b(?:you|your)\b", rest
    ):
        return None
    head = said.head
    lemma = said.lemma
    if lemma == "be" and (
        _MOODS.match(rest) or (head is not None and head.lower in words("moods"))
    ):
        return None
    if lemma in words("opinions") - {
        "keep",
        "follow",
        "happen",
        "try",
        "see",
        "get",
        "look",
        "find",
        "remember",
        "hear",
        "talk",
        "read",
    }:
        return None
    if re.match(
        r"(?:it|that|this|there|so|too|now|here|a lot|sure|to (?:know|hear|say|see))\b[\s\w]{0,12}$",
        rest,
    ):
        return None
    if not _has_content(said) or not rest:
        return None
    if clause.tense is Tense.FUTURE or clause.modality is Modality.MUST:
        return Verdict(Family.PLAN) if re.search(r"\d| [A-Z][a-z]|^[A-Z]", rest) else None
    if said.subject.about is About.SELF and re.match(
        r"(?:to (?:go|run|say|admit|agree|tell|ask|be|head|get going|know)|no (?:doubt|idea|clue|problem)|(?:some |a |so much |lots of |more |the )*(?:great |good |awesome )*(?:fun|blast|time|memories|point|sense|best|one|look|way|lot)$)\b",
        rest,
    ):
        return None
    return Verdict(Family.STATEMENT)


_JUDGES: Final[dict[About, Callable[[Said], Verdict | None]]] = {
    About.SELF: _self,
    About.KIN: _kin,
    About.OWN: _own,
    About.THING: _thing,
}


def past_state(said: Said) -> bool:
    """Return true if a state is over, or one of several ("I have lived in Goa and Rome")."""
    tense = said.clause.tense
    if said.lemma not in words("states"):
        # What one did once holds since then: "I have moved to Rome".
        return tense is Tense.USED_TO
    if tense is Tense.PERFECT:
        return _LASTING.search(said.rest) is None
    return tense in _OVER


def has_often(text: str) -> bool:
    """Return true if a text tells how often."""
    return _OFTEN.search(text) is not None
