"""Wordings of English statements: into those that a parser reads, and to the matter of each.

The matter is one relation for all ways of saying where somebody lives, works and the like.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory_services.language.en.values import SELF, Holder
from agent_memory_services.language.en.words import MONTHS

_QUOTED: Final = re.compile(r'^User said(?: on \d{1,2} \w+ \d{4})?: "(.*?)[.!]*"$', re.DOTALL)
"""Words of the user that stand for themselves."""
_DIETS: Final = "vegan|vegetarian|pescatarian|kosher|halal|keto|ketogenic|paleo|glutenfree"
_DATED: Final = "|".join(sorted(MONTHS))
_HIRED: Final = (
    r"(?:got|took|accepted|found|started|began|landed) an?(?: (?:new|permanent|full[ -]?time))*"
    r" (?:job|position|post|role) (?:at|with|for)\b"
)
_CHANGED: Final = (
    "moved|relocated|joined|married|quit|left|sold|stopped|resigned|retired|cancelled|canceled|"
    "finished|gave up|broke up|dropped|ended"
)
_GOALS: Final = "(?:the|a|an|my|their|our|school|bed|work|church|university|college|town|court)"
_PARTED: Final = (
    "(?:have |has )?(?:called it off|called off the engagement|split up|broke up|broken up|split"
    "|separated|parted ways)"
)
_DONE: Final = (
    r"(?:moved|quit|stopped|joined|become|died|(?:left|given|packed|handed|sold|taken|switched"
    r"|started|dropped|retired|split)(?=$| (?:the|his|her|their|my|our|us|me|it|up|in|away|back|out"
    r"|home|to|from|for|at|on|off|over|school|work|[A-Z])))"
)
"""Participles of what somebody has done, where another would be what is done to them."""
_OF_LIFE: Final = (
    "go|eat|drink|smoke|play|live|work|drive|see|take|do|have|need|like|watch|read|wear|run|swim"
    "|teach|study|train|own|rent|use to"
)
"""Verbs of what one does oneself, and asks no assistant for."""


_FAVOURED: Final = (
    r"(?:User's|My) (?:all-time )?(?:favou?rite|best|top|usual|go-to|number one|desert island)"
    r" [\w ]{2,24}?"
)


def _written_out(match: re.Match[str]) -> str:
    return f"{match[1]} {'have' if match[2] == 've' else 'are'}"


_REWORDED: Final[Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]] = (
    (r"[\u2018\u2019]", "'"),
    (r"\b[Tt]he [Uu]ser\b", "User"),
    (r"(?<=\w),? (?:by the way|btw)$", ""),
    (r"(?<=\w), (?:bliss|phew|hooray|hurrah|alas|sadly|thankfully|finally|gutted|sigh|ouch)$", ""),
    (rf"^({_FAVOURED})(?: has|'s)(?: got)? to be (?=[A-Z])", r"\1 is "),
    (r"^(?:Oh|Ah|Well|Anyway|By the way|Btw),? (?=(?:I|we|my|our|the)\b)", ""),
    (r"\bI'm\b", "I am"),
    (r"\b(I|[Ww]e|[Tt]hey)'(ve|re)\b", _written_out),
    (rf"(?<=[a-z])'s (?=(?:just |now |finally )?{_DONE}\b)", " has "),
    # "Not vegan any more", "Don't go there any more": of whoever says it.
    (
        r"^Not (?!(?:sure|yet|only|that|bad|much|many|all|every\w*)\b)(?=[^,;]*\bany ?more\b)",
        "I am not ",
    ),
    (rf"^Do(?:n't| not) (?=(?:{_OF_LIFE})\b[^,;]*\bany ?more\b)", "I do not "),
    (r"\b(?:got|gotten) rid of\b", "gave up"),
    (
        (
            r"^(?:They|[SH]he)(?: have| has|'s)? (?:let (?:me|User) go|laid (?:me|User) off)"
            r"(?: (?:from|at))?(?= (?!(?:early|home|first|ahead|in|out|to|with|on|for|and|so)\b)\w)"
        ),
        "User quit job at",
    ),
    (
        r"^(?:They|[SH]he)(?: have| has|'s)? (?:let (?:me|User) go|laid (?:me|User) off)$",
        "User quit the job",
    ),
    (r"^User studies\b", "User is studying"),
    (
        (
            r"^(?:The|My|User's|Our) (?:[\w-]+ )?(?:doctor|consultant|dentist|specialist|gp|nurse"
            r"|surgeon|optician|allergist|tests?|results?|scan|biopsy)(?: \w+)? (?:says?|said"
            r"|confirmed|showed?|shows|reckons)(?: that)? (?=(?:I|my|User)\b)"
        ),
        "",
    ),
    (r"^User not (\w+ing)\b", r"User is not \1"),
    (r"^(User|I)(?: has|'ve| have)? renamed (?:their|my) ([\w ]+?) to ", r"\1's \2 is now called "),
    (r"^I's ", "My "),
    (rf"^((?:User|I)\b.* (?:{_CHANGED})\b.*) in the week(?:end)? of (?=\d|[A-Z])", r"\1 on "),
    (
        (
            r"^(?:(?:quick )?(?:update|correction|news)|(?:great|good|bad|big) news"
            r"|scratch that|oops"
            r"|sorry|silly me|my mistake|(?:I )?misheard|(?:turns out )?I misspoke"
            r"|(?:I )?had that wrong"
            r"|enough of that)[:,!]+ (?=\w)"
        ),
        "",
    ),
    (r"^(User's|My) ([\w ]+?), \d{1,2}, ", r"\1 \2 "),
    (r"^(User's|My) job is (?=\w+ing\b)", r"User is "),
    (
        (
            r"^(?:They|The [\w ]{2,25}?|(?:My|User's) [\w ]{2,25}?|Somebody|Someone)"
            r"(?:'ve|'s| have| has)? (changed|reset|moved|raised|lowered|cut|increased"
            r"|reduced|pushed"
            r"|postponed) (?:my|User's|the) (?=\w)"
        ),
        r"User \1 the ",
    ),
    (
        (
            r"^(?:They|Somebody|Someone|Thieves|Burglars)(?:'ve|'s| have| has)?"
            r" (nicked|pinched|stole"
            r"|stolen|crushed|wrecked) (my|User's) ([\w -]+)$"
        ),
        r"\2 \3 was \1",
    ),
    (r"\bgot (?=(?:pushed|moved|postponed|delayed|rescheduled|shifted|put) )", "was "),
    (r"^(User|I) (?:has|have|'ve)(?: got)? a new ([\w ]+?):? (?=\+?\d)", r"\1's new \2 is "),
    (
        (
            r"^There(?: are|'re| is|'s) ((?:an?|\d+|[a-z]+) [\w -]+?) (?:on|in|at) (User's|my|our)"
            r" (\w[\w -]*)"
        ),
        r"\2 \3 has \1",
    ),
    (
        (
            r"^((?:[A-Z][\w'-]+ ){1,3})is the ([a-z][\w ]*?) (?:of|at|in) (User's|[Mm]y|[Oo]ur)"
            r" ([a-z][\w ]*?)( now)?$"
        ),
        r"\3 \4's \2 is\5 \1",
    ),
    (
        r"^(.{2,40}?) is (?:something|the one thing) (?:that )?(User|I) (?:(never|always) )?(\w+)$",
        r"\2 \3 \4 \1",
    ),
    (r"^(.{2,40}?) (?:frightens?|scares?|terrif(?:y|ies)) (?:User|me)$", r"User is afraid of \1"),
    (
        r"^(User|I) (?:has|have) no (?:siblings|(?:brothers|sisters) (?:or|and) \w+ers)$",
        r"User is an only child",
    ),
    (
        r"^(User|I) (?:has|have|'ve got) an? (\w+)-day (?:working )?week\b",
        r"\1 works \2 days a week",
    ),
    (r"\bcan(?:'t|not| not) (smell|taste) (?:anything|a thing)$", r"has no sense of \1"),
    (r"\bcan(?:'t|not| not) hear (?:anything|a thing) (?:out of|in|with|through)\b", "is deaf in"),
    (r"\bcan(?:'t|not| not) see (?:anything|a thing) (?:out of|in|with|through)\b", "is blind in"),
    (r"\blives next door to (?:User|me|us)$", "lives next door"),
    (r"^(User|I) lives? next door to (?:their|my) ([\w ]+)$", r"\1's \2 lives next door"),
    (r" of (?:their|my|his|her|our) own\b", ""),
    (r"(?<!\bis )(?<!\bam )\b(their|my|his|her|our) own (?=\w)", r"\1 "),
    (r"\b(paid .{1,40} back|paid back .{1,40}) in full\b", r"\1"),
    (r"\b(is|am|'m|are) back (?=\w+ing\b)", r"\1 now "),
    (r"\b(is|am|are) (\w+ing) and (down|up) to (?=\w)", r"\1 \2 and \1 \3 to "),
    (
        r"\bgot (?=(?:nicked|pinched|stolen|robbed|wrecked|cancelled|canceled|crushed|totalled)\b)",
        "was ",
    ),
    (r"\b(12|24)[ -]h(?:our)?s? (?=clock|time|format)", r"\1hour "),
    # Groups of one number, and words of one meaning, which a parser takes apart.
    (r"(?<=\d) (?=\d)", ""),
    (r"(?<=[a-z])-(?=[a-z])", ""),
    (r"(?<=\d) ?([ap])\.?m\b\.?", r" \1m"),
    (rf"\b(?:on )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_DATED})\b", r"on \2 \1"),
    (rf"\b(?:on )?({_DATED}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b", r"on \1 \2"),
    (
        (
            rf"\b(do|does|will)(?:n't| not) (\w.{{1,60}}?) (?:till|until)"
            rf" (?=(?:{_DATED})\b|(?:19|20)\d\d)"
        ),
        r"\1 \2 now in ",
    ),
    (r"\b(do|does|will)(?:n't| not) (\w.{1,60}?) (?:till|until) (?=on [A-Z])", r"\1 \2 now "),
    (r"\bteam lead\b", "team leader"),
    (r"\bto call (?:User|them|him|her|me) (?=[A-Z])", "to be called "),
    (r"^(User|I) wants? the assistant to be called ", r"\1 wants to be called "),
    (r"^(?:Actually|It turn(?:s|ed) out(?: that)?|Turns out),? ", ""),
    (
        r"^([A-Z][\w-]+) and (?:I|User)(?: have)? called off (?:the|our) wedding\b",
        r"User called off the wedding and ended the engagement with \1",
    ),
    (
        r"^([A-Z][\w-]+) and (?:I|User)(?: have)? called it off\b",
        r"User split up with \1",
    ),
    (
        (
            r"^(?:Please )?(?:(?:don't|do not) call me [A-Z][\w'-]+[,;]? (?:but )?)?"
            r"(?:call|address) me (?:as )?(?=(?-i:[A-Z]))"
        ),
        "User wants to be called ",
    ),
    (
        r"^(?:Please )?(?:answer|reply|respond)(?: to)?(?: me)? in (?=(?-i:[A-Z]))",
        "User wants answers in ",
    ),
    (rf"^User and ([A-Z][\w-]+) ({_PARTED})\b", r"User \2 with \1"),
    (rf"^([A-Z][\w-]+) and (?:I|User) ({_PARTED})\b", r"User \2 with \1"),
    (r"(?<=[a-z]) ?'s been\b", " has been"),
    (r"^((?:User's|My) [\w -]+?)'s (?=\w+(?:ed|en)\b)", r"\1 is "),
    (r"^They(?: have|'ve)? (?:gave|given) (?:User|me) (?:User's |my )?", "User got "),
    (r"^They(?: have|'ve)? put (?:User|me) on ", "User is now on "),
    (r"\b(?:mother tongue|first language|native tongue)\b", "native language"),
    (r"\b(?:does not|doesn't|do not|don't) know how to (?=\w)", "cannot "),
    (r"\b(?:is|am|'m|are) unable to (?=\w)", "cannot "),
    (r"\b(?:is|am|'m|are) able to (?=\w)", "can "),
    (r"\bknows? how to (?=\w)", "can "),
    (r"\b(?:is|am|'m|are) getting (married|divorced)\b", r"plans to \1"),
    (r"\bplans to married\b", "plans to marry"),
    (r"\bplans to divorced\b", "plans to divorce"),
    (rf"\b(?:is|am|'m|are) going to (?!{_GOALS}\b)(?=[a-z]{{2,}}\b)", "will "),
    (r"\bis (?:crazy|mad|nuts|wild|passionate) about\b", "likes"),
    (r"\b(?:am|'m) (?:crazy|mad|nuts|wild|passionate) about\b", "like"),
    (r"^(.{1,40}?) does nothing for (?:me|User)\b", r"User does not like \1"),
    (r"^(?:The |My )?(.{1,60}?) (?:let User go|let me go)\b", r"User quit job at \1"),
    (r"\b(?:is|am|'m) back (?:to|on) (?!work\b)(?=\w)", "switched to "),
    (r"\b(?:is|am|'m|went|has gone|have gone) back (?:to|at) work\b", "works now"),
    (r"^(User\b(?!').*?),? and User (?=\w)", r"\1 and "),
    (r",? now that .*$", " now"),
    (r"\bwent (part|full)(?:-| )?time\b", r"works \1 time now"),
    (r"\b(?:wants?|needs?) no more (?=\w)", "gave up "),
    (r"^[Nn]o more ([\w -]{1,40}?)(?: for (?:me|us|User))?$", r"User gave up \1"),
    (r"^[Nn]o (?!one\b)([\w -]{1,40}?)(?: for (?:me|us|User))? any ?more$", r"User gave up \1"),
    (r",? (?:and |so )?no more ([\w -]{1,40})$", r" and gave up \1"),
    (r"\b(?:is|am|'m|has been|have been|'ve been) off (?!sick|work|duty|today)(?=\w)", "gave up "),
    (r"\bdecided (?:not to|against) (?=\w+ing\b)", "called off "),
    (r"\bdecided not to (?=\w)", "no longer plans to "),
    (r"\bdecided against (?=\w)", "called off "),
    (r"\bchanged (?:their|my) mind (?:about|on) (?=\w)", "called off "),
    (r"\b(?:was|were|got|been) made redundant (?:by|at|from)\b", "quit"),
    (r"\bhanded in (?:their|my|his|her) (?:notice|resignation)(?: at| to)?\b", "quit job at"),
    (r"\b(?:gave|given) (?:their|my|his|her) notice(?: at| to)?\b", "quit job at"),
    (r"\b(?:was|were|got|been) (?:just )?promoted to\b", "is now"),
    (r"\b(?:has |have |'ve )?grown to (?:like|love)\b", "now likes"),
    (r"\b(?:has |have |'ve )?come to (?:like|love)\b", "now likes"),
    (r"\bdo(es)? ?n[o']t (?:like|enjoy|care for)\b", r"do\1 not like"),
    (r"\bcan no longer (\w+)\b", r"cannot \1 any more"),
    (r"^((?:In|Since|On|During|Until|After|Before) [\w' ]{1,30}?),? (User|I)\b(.*)$", r"\2\3 \1"),
    (r",? always (?:have|has|did)$", ""),
    (r"\b(?:has|have|'s|'ve) got\b(?= (?:an?|the|no|\d|\w+ \w))", "has"),
    (r"\bI has\b", "I have"),
    (r"^(User|I) (?:has|have) a new ([\w ]+?): ", r"\1's new \2 is "),
    (r"^I's ", "My "),
    (r"\b(?:ca|could|can)(?:n't|not| not) (?:stand|bear)\b", "hate"),
    (r"\b(?:dislike|detest|loathe|despise)(s?)\b", r"hate\1"),
    (r"\bUser hate\b", "User hates"),
    (r"\bwould (?:like|love) (?=to\b)|'d (?:like|love) (?=to\b)", " want "),
    (r"\bUser  ?want ", "User wants "),
    (r"\bwork(s?|ing|ed) out\b", r"exercise\1"),
    (r"\bexerciseing\b", "exercising"),
    (r"\bI (?:have|keep) an? (\w+) allergy\b", r"I am allergic to \1"),
    (r"\b(?:has|have) an? (\w+) allergy\b", r"is allergic to \1"),
    (r"\bI have an allergy to\b", "I am allergic to"),
    (r"\b(?:has|have) an allergy to\b", "is allergic to"),
    (rf"\bI (?:follow|eat|keep|am on|'m on) an? ({_DIETS}) diet\b", r"I am \1"),
    (rf"\b(?:follows?|eats?|keeps?|is on) an? ({_DIETS}) diet\b", r"is \1"),
    (r"\bI(?: a|')m (?:fond of|keen on|into|a (?:big |huge |great )?fan of)\b", "I like"),
    (r"\bis (?:fond of|keen on|into|a (?:big |huge |great )?fan of)\b", "likes"),
    (r"\bI(?: a|')m (?:based|residing) in\b", "I live in"),
    (r"\bis (?:based|residing) in\b", "lives in"),
    (rf"\bI (?:have |'ve )?(?:just )?{_HIRED}", "I work at"),
    (rf"\b(?:has )?(?:just )?{_HIRED}", "works at"),
    (r"\bevery day\b", "daily"),
    (r"\bevery week\b", "weekly"),
    (r"\b(?:was|were|got|ha(?:s|ve) been) (?:laid off|fired|let go)(?: from| by| at)?\b", "quit"),
    (r"\blost (?:my|their|his|her) job (?=at\b)", "quit job "),
    (r"\bI(?: have|'ve)? (?:just )?got (?=(?:married|divorced|engaged)\b)", "I am "),
    (r"\b(?:has )?(?:just )?(?:got|gotten) (?=(?:married|divorced|engaged)\b)", "is "),
    (
        r"^([A-Z][\w.-]+(?: [A-Z][\w-]+)?) is (User's|[Mm]y|[Oo]ur) ((?!name)[\w ]+?)( now)?$",
        r"\2 \3 is\4 \1",
    ),
    (r"(\bprefers? (?:\w+ ){1,4}?)(?:rather than|instead of|as opposed to) ", r"\1over "),
    (r"\bno longer has\b", "does not have any more"),
    (r"\bno longer (\w+(?:ch|sh|ss|x|z|o))es\b", r"does not \1 any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+)ies\b", r"does not \1y any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+[^s\W])s\b", r"does not \1 any more"),
    (
        r"\b(does not \w+) any more ([\w' ]{1,40}?) and (?=(?:now |only )?\w+s\b)",
        r"\1 \2 any more and ",
    ),
)
_PIECE: Final = re.compile(
    r"\\[bB]|[\^$]|(?P<group>[()])|(?P<either>\|)|(?P<any>\\\w|\[(?:\\.|[^\]\\])+\]|\.)"
    r"|(?P<least>[?*+]|\{\d+(?:,\d*)?\})|\\?(?P<plain>.)"
)
"""Piece of a regular expression."""


def _needed(pattern: str) -> str:
    """Return words, in lower case, that all that a pattern fits holds; empty where there are none.

    They are the longest ones outside of groups.
    """
    runs, depth = [""], 0
    for piece in _PIECE.finditer(pattern):
        if piece["group"]:
            depth += 1 if piece["group"] == "(" else -1
        elif depth:
            continue
        elif piece["either"]:
            return ""
        if piece["least"] and piece["least"][:2] in {"?", "*", "{0"}:
            runs[-1] = runs[-1][:-1]
        if piece["plain"]:
            runs[-1] += piece["plain"]
        elif piece["group"] or piece["any"] or piece["least"]:
            runs.append("")
    return max(runs, key=len).lower()


_REWRITING: Final = tuple(
    (
        _needed(pattern),
        re.compile(pattern, re.IGNORECASE if pattern[:1] == "^" or _DATED in pattern else 0),
        to,
    )
    for pattern, to in _REWORDED
)


def unquoted(text: str) -> str:
    """Return the words of the user that a statement quotes, without closing marks."""
    return _QUOTED.sub(r"\1", text.strip()).rstrip(".!")


def reworded(text: str) -> str:
    """Return a text without what its parser is known to stumble over."""
    plain, lower = text, text.lower()
    for needed, pattern, replacement in _REWRITING:
        # Letters beyond ASCII may fit others in more ways than by their lower case.
        if needed in lower or not lower.isascii():
            plain = pattern.sub(replacement, plain)
            lower = plain.lower()
    return plain


_CODE: Final = re.compile(r"[@\d]|\w\.\w")
"""Part of a number, an address or another value that is no adjective."""
_ATTRIBUTES_OF_MANY: Final = frozenset(
    """
    friend colleague cousin son daughter brother sister child dog cat pet aunt uncle neighbor
    neighbour teacher hobby interest allergy skill language goal project book niece nephew
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Said:
    """Holder, relation, value and singleness of a claim in the making."""

    holder: str
    relation: str
    words: list[str]
    single: bool


@dataclass(frozen=True, slots=True)
class _Wording:
    """A statement in the making, with the manner in which it is said.

    Attributes:
        lemma: the base form of the verb.
        said: what a claim says of it as it is worded.
        passive: whether it is done to the holder.
        named: whether a name follows the verb.
    """

    lemma: str
    said: Said
    passive: bool
    named: bool

    @property
    def words(self) -> list[str]:
        """Words of the value."""
        return self.said.words

    def begins(self, *words: str) -> bool:
        """Return true if the value begins with some words."""
        return self.words[: len(words)] == list(words)

    def as_(self, relation: str, words: list[str], *, single: bool | None = None) -> Said:
        """Return it with another relation and value."""
        one = self.said.single if single is None else single
        return replace(self.said, relation=relation, words=words, single=one)


def unified(lemma: str, said: Said, *, own: bool, passive: bool, named: bool) -> Said:
    """Return what is said with the relation that stands for all of its wordings.

    Args:
        lemma: the base form of the verb.
        said: what a claim says of it as it is worded.
        own: whether it is said of a thing, which neither moves house nor has a job.
        passive: whether it is done to the holder.
        named: whether a name follows the verb.
    """
    wording = _Wording(lemma, said, passive, named)
    for rule in _RULES if own else (*_RULES, *_RULES_OF_A_PERSON):
        if (found := rule(wording)) is not None:
            return found
    return said


def _spouse(one: _Wording) -> Said | None:
    words = one.words
    if one.lemma != "marry" and not (one.begins("marry", "to") or one.begins("married", "to")):
        return None
    spouse = words[words.index("to") + 1 :] if "to" in words else words
    return one.as_("spouse", spouse, single=True)


def _work(one: _Wording) -> Said | None:
    if one.said.relation not in {"work", "employ"}:
        return None
    first, words = one.words[:1], one.words
    firm = first in (["at"], ["by"], ["for"]) and words[1:] != ["home"]
    words = ["for", *words[1:]] if firm else words
    return one.as_("work", words, single=one.said.single or words[:1] in _EMPLOYED)


def _age(one: _Wording) -> Said | None:
    """Return the age that a statement gives: "is 6", "is 6 years old", "turned 7"."""
    words = one.words
    told = one.lemma == "turn" or one.said.relation == one.lemma == "be"
    if not told or not words or not words[0].isdigit():
        return None
    rest = [word for word in words if word not in {"old", "year", "age", "of"}]
    if one.lemma == "be" and len(words) > 1 and not {"old", "year"} & set(words):
        return None
    return one.as_("age", rest, single=True) if len(rest) <= _AGED else None


_AGED: Final = 2
"""Words of an age, such as "14 month"."""


def _birthday(one: _Wording) -> Said | None:
    dated = one.begins("on") or one.begins("in")
    if one.lemma != "bear" or not dated or MONTHS.isdisjoint(one.words):
        return None
    return one.as_("birthday", one.words, single=True)


def _birth_year(one: _Wording) -> Said | None:
    if one.lemma == "bear" and one.begins("in") and len(one.words) == _YEAR:
        return (
            one.as_("year of birth", one.words[1:], single=True) if one.words[1].isdigit() else None
        )
    return None


_YEAR: Final = 2
"""Words of "in 1951"."""


def _home(one: _Wording) -> Said | None:
    words = one.words
    if one.said.relation == "live" and (one.begins("with") or words == ["alone"]):
        others = ["user" if word in SELF else word for word in words[1:]]
        return one.as_("live with", others or ["nobody"])
    if one.lemma in {"move", "relocate"} and "to" in words:
        if set(words[: words.index("to")]) - _ALONG:
            return None
        return one.as_("live", ["in", *words[words.index("to") + 1 :]], single=True)
    if one.lemma == "move" and one.begins("into"):
        return one.as_("live", ["in", *words[1:]], single=True)
    return one.as_("live", words[1:]) if one.lemma == "be" and one.begins("base") else None


_ALONG: Final = frozenset(
    """
    back house home out away over here country permanently flat apartment down up across
    """.split()  # noqa: SIM905
)
"""Words beside a move to another home."""


def _employer(one: _Wording) -> Said | None:
    if one.lemma in {"report", "answer"} and one.begins("to"):
        return one.as_("manager", one.words[1:], single=True)
    joined = one.lemma == "join" and one.named and one.words and not _AMONG & set(one.words)
    return one.as_("work", ["for", *one.words], single=True) if joined else None


def _commute(one: _Wording) -> Said | None:
    """Return how somebody gets to work: "cycles to work", "goes to work by tram"."""
    lemma, words = one.lemma, one.words
    if words[-2:] == ["to", "work"] and len(words) <= _WAY:
        if lemma in _RIDES:
            return one.as_("commute", [_RIDES[lemma], *words[:-2]])
        return one.as_("commute", words[:-2]) if lemma in {"take", "get"} and words[:-2] else None
    if lemma in {"go", "get", "travel"} and one.begins("to", "work") and words[2:3] in _BY:
        return one.as_("commute", words[3:])
    return one.as_("commute", words[1:]) if lemma == "commute" and words[:1] in _BY else None


_RIDES: Final = {"cycle": "bike", "bike": "bike", "drive": "car", "walk": "foot"}
_BY: Final = (["by"], ["on"])
_WAY: Final = 5


def _rhythm(one: _Wording) -> Said | None:
    if one.lemma in {"wake", "rise"} and (one.begins("up") or one.begins("at")):
        return one.as_("get up", [word for word in one.words if word != "up"])
    return (
        one.as_("sleep", one.words[2:]) if one.lemma == "go" and one.begins("to", "bed") else None
    )


def _named(one: _Wording) -> Said | None:
    """Return the name that somebody gives: "calls the baby Maeve"."""
    if one.lemma not in {"call", "name"} or one.passive or len(one.words) != _NAMING:
        return None
    path = Holder(one.said.holder, (one.words[0],)).path
    return Said(path, "name", one.words[1:], single=one.said.single)


_NAMING: Final = 2
"""Words of "baby Maeve"."""


def _state(one: _Wording) -> Said | None:
    lemma, words = one.lemma, one.words
    if lemma in {"call", "name"} and one.said.relation != "name" and one.passive:
        return replace(one.said, relation="name", single=True)
    if one.said.relation == "have" and "call" in words[1:-1]:
        at = words.index("call")
        if PREPOSITIONAL.isdisjoint(words[:at]) and not words[0].isdigit():
            path = Holder(one.said.holder, tuple(words[:at])).path
            return Said(path, "name", words[at + 1 :], single=False)
    if lemma in {"engage", "divorce", "widow"}:
        return one.as_("be", [lemma, *words])
    if lemma == "come" and one.begins("from"):
        return one.as_("be", words)
    if lemma in {"reach", "hit"} and words and words[0].isdigit():
        return one.as_("have", words)
    return one.as_("like", words[1:]) if lemma == "be" and one.begins("into") else None


PREPOSITIONAL: Final = frozenset({"in", "at", "on", "of", "with", "for", "from", "and", "no"})


_RULES: Final = (_spouse, _work, _age, _birthday, _birth_year)
_RULES_OF_A_PERSON: Final = (_named, _home, _employer, _commute, _rhythm, _state)
_AMONG: Final = frozenset(
    """
    for at in on with facebook instagram tiktok twitter linkedin reddit discord slack telegram
    whatsapp snapchat mastodon bluesky threads pinterest tinder bumble hinge netflix spotify
    duolingo strava zoom teams patreon costco
    """.split()  # noqa: SIM905
)
"""Words by which somebody who joined something does not work there."""
_EMPLOYED: Final = (["for"], ["as"])
STATES: Final = frozenset(
    {"live", "live with", "work", "spouse", "name", "age", "birthday", "year of birth"}
)
LASTING: Final = frozenset(
    {"live", "work", "know", "own", "have", "like", "love", "hate", "want", "prefer", "become"}
)
"""Verbs whose perfect tells of what still is so."""


def is_person(own: Iterable[str]) -> bool:
    """Return true if what somebody has is a person, who lives and works as they do."""
    return not _PEOPLE.isdisjoint(own)


_PEOPLE: Final = frozenset(
    """
    mother father parent sister brother son daughter child spouse partner girlfriend boyfriend aunt
    uncle cousin niece nephew grandmother grandfather friend colleague boss manager neighbor
    neighbour roommate flatmate ex grandfather fiance fiancee godson goddaughter godmother godfather
    twin stepson stepdaughter stepmother stepfather grandson granddaughter lodger tenant teacher
    """.split()  # noqa: SIM905
)


def one_only(own: Sequence[str]) -> bool:
    """Return true if nobody has two of what these words name."""
    if tuple(own[-2:]) == ("native", "language"):
        return True
    return not own or (
        own[-1] not in _ATTRIBUTES_OF_MANY and (not own[-1].endswith("s") or own[-1].endswith("ss"))
    )


def attribute(
    holder: Holder, words: list[str], *, single: bool, articled: bool, nominal: bool
) -> Said:
    """Return holder, relation, value and singleness of "X's Y is Z".

    Args:
        holder: whose it is, and what.
        words: those of the value.
        single: whether a change is said.
        articled: whether the value has an article.
        nominal: whether it is a noun.
    """
    own = holder.own
    if (found := _standing(holder, words)) is not None:
        return found
    if own[-1] == "name" and len(own) > 1 and own[-2] not in {"last", "first", "full"}:
        one = single or one_only(own[:-1])
        return Said(Holder(holder.root, own[:-1]).path, "name", words, one)
    if articled and is_person(own):
        # "The wife is a doctor" tells of her, and names nobody.
        return Said(holder.path, "be", words, single)
    chosen = not _CHOSEN.isdisjoint(own) and one_only(own)
    nominal = nominal or chosen or bool(_CODE.search(words[0]))
    qualified = len(own) > 1 and not is_person(own)
    many = not _ATTRIBUTES_OF_MANY.isdisjoint(own) and not one_only(own)
    if not nominal or (many and not qualified):
        return Said(holder.path, "be", words, single)
    if not one_only(own):
        return Said(holder.root, " ".join(own), words, single)
    one = single or chosen or not articled
    return Said(holder.root, " ".join(own), words, one)


_CHOSEN: Final = frozenset(
    {"favorite", "goto", "usual", "preferred", "main", "current", "primary", "regular", "default"}
)
"""Words of what is one at a time, such as the usual order."""


def _standing(holder: Holder, words: list[str]) -> Said | None:
    """Return an attribute that verbs tell as well, such as "home" and "lives in"."""
    own = holder.own
    if own == ("home",) and words[:1] == ["in"]:
        return Said(holder.root, "live", words, single=True)
    if own in {("job", "title"), ("job",), ("role",), ("position",)}:
        return Said(holder.root, "work", ["as", *words], single=True)
    if own == ("birthday",):
        return Said(holder.root, "birthday", words, single=True)
    if words[:2] in (["down", "to"], ["up", "to"], ["back", "to"]):
        return Said(holder.root, " ".join(own), words[2:], single=True)
    return None
