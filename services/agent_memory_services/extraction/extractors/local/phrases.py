"""Everyday phrases, and the plain statements that they stand for."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local.words import any_of
from agent_memory_services.language.en.words import ANY_WEEKDAY, SHORT_MONTH

_PEOPLE: Final = any_of("companions", "female", "male", "either", "animals", "plural")
_OPEN: Final = (
    r"(?:^|(?<=[,;] )|(?<=\band )|(?<=\bthen )|(?<=\bso )|(?<=\bbut )|(?<=\bbecause )|(?<=\byeah ))"
)
_BE: Final = r"(?:is|was|has|will|does|cannot|can|would)\b"


def _identified(match: re.Match[str]) -> str:
    does = match["then"] or match["does"]
    if not does:
        return match[0]
    finite = re.match(r"\w+(?:s|ed)\b|has|was|is", does) is not None
    return f"{match['who']} {'' if finite else 'is '}{does}"


def _group(where: str | None) -> str:
    if where and where.lower() not in {"family", "house", "household", "home", "flat"}:
        return where.lower()
    return "household" if where and where.lower() != "family" else "family"


def _gladly(match: re.Match[str]) -> str:
    verb, _, what = match["does"].partition(" ")
    if verb.lower() in {"happily", "easily", "honestly", "literally"}:
        verb, _, what = what.partition(" ")
    return f"I love to {verb} {what} {match['when']}".replace("  ", " ")


def _weekly(match: re.Match[str]) -> str:
    what = re.sub(r"^for ", "", match["what"])
    return f"I have {what} on {match['day']}".replace("on every", "every")


def _uncapitalised(what: str) -> str:
    return what if what[:2].isupper() else f"{what[:1].lower()}{what[1:]}"


def _is_due(match: re.Match[str]) -> str:
    what = re.sub(r"'s$| is$| are$", "", match["what"])
    if re.match(r"(?:I|we|he|she|it|they|what|who|when|how|is|are|that)\b", what, re.IGNORECASE):
        return match[0]
    many = what.endswith("s") and not what.endswith("ss")
    plain = _uncapitalised(what)
    month = re.match(rf"{SHORT_MONTH}[a-z]*\.?(?! ?\d)", match.string[match.end() :], re.IGNORECASE)
    return f"my {plain} {'are' if many else 'is'} due {'in ' if month else ''}"


CHANGES: Final[Sequence[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]]] = (
    # "My brother he is a pilot."
    (
        re.compile(
            rf"{_OPEN}(?P<who>(?:my|our) (?:[\w'-]+ ){{0,2}}?{_PEOPLE}"
            r"(?: (?-i:[A-Z])\w+| (?:mrs?|ms|miss|dr)\.? \w+)?),? "
            rf"(?:he|she|they|it)(?: '?s)? (?={_BE}|[a-z]+(?:s|ed)\b|are\b|have\b|(?:just "
            rf"|also |now )*(?:got|went|had|"
            r"became|left|took|made|came|met|won|lost|bought)\b)",
            re.IGNORECASE,
        ),
        r"\g<who> ",
    ),
    (
        re.compile(
            rf"{_OPEN}(?P<who>(?:my|our) (?:[\w'-]+ ){{0,2}}?{_PEOPLE}),? (?:he|she|it)'s ",
            re.IGNORECASE,
        ),
        r"\g<who> is ",
    ),
    (
        re.compile(
            r"^(?:it|that)(?: is|'s) not (?P<not>(?:my|our|the) [\w' -]+?)(?: (?:who"
            r"|that)(?: is|'s| has)?"
            r" (?P<does>[^,;]+?))?\s*(?:,|;| but| -)+ ?(?:it is |it's |but )?(?P<who>(?:my|our|the)"
            r" [\w' -]+?)(?: (?:who|that)(?: is|'s| has)? (?P<then>[^,;]+))?$",
            re.IGNORECASE,
        ),
        _identified,
    ),
    # "My fiancé's Buddhist": no possessive.
    (
        re.compile(
            rf"\b(?P<who>(?:my|our) (?:[\w'-]+ ){{0,2}}?{_PEOPLE}|(?:(?:my|our|the) )?"
            rf"{any_of('own_things', 'titles')})'s (?=(?:an?|the|from|in|on"
            r"|at|with|not|just|now|only|also|off|away|out|up|\d+|been|got|\w+ing"
            rf"|{any_of('demonyms', 'traits', 'diets')})\b)",
            re.IGNORECASE,
        ),
        r"\g<who> is ",
    ),
    # "That's Babatunde, my in-law."
    (
        re.compile(
            r"^(?:that|this)(?: is|'s) (?P<name>(?-i:[A-Z])[\w'-]+), (?P<who>(?:my|our) [\w' -]+?)"
            r"(?=$|[,.])",
            re.IGNORECASE,
        ),
        r"\g<who> is \g<name>",
    ),
    # "The wedding is on the 17th, not the 10th."
    (
        re.compile(
            r", ?(?:and )?not (?:(?:on|at|in|to|for|from) )?(?:the )?(?:\d[\w:.]*|me|us|[A-Z]\w+"
            rf"|{ANY_WEEKDAY})(?: (?:as|like) I (?:said|wrote|told you).*)?$"
        ),
        "",
    ),
    (
        re.compile(
            r",? (?:instead of|rather than) (?:(?:on|at|in) )?(?:the )?"
            rf"(?:\d[\w:.]*|{ANY_WEEKDAY})$",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"^not (?:my|our) [\w' -]+?, (?:but )?(?=(?:my|our) )", re.IGNORECASE), ""),
    (re.compile(r"^were (?=(?:both |all |also |now )?\w+ing\b)", re.IGNORECASE), "We are "),
    (
        re.compile(
            r"^(?:there are|there is|there's|it is|it's|we are) (?:now |only |just )*(?P<n>\d+|two"
            r"|three|four|five|six|seven|eight"
            r"|nine|ten|eleven|twelve) of us(?: (?:in|at|on) (?:my |our |the )?"
            r"(?P<where>(?!table\b)[a-z]+(?: (?!now\b)[a-z]+)?))?(?P<rest>[,.].*| now)?$",
            re.IGNORECASE,
        ),
        lambda match: f"my {_group(match['where'])} has {match['n']} people{match['rest'] or ''}",
    ),
    # "There are 6 points on my licence", "it's 9 points on my licence".
    (
        re.compile(
            r"^(?:there are|there's|it is|it's) (?P<n>(?:now |only |still )?(?:\d+|two|three|four"
            r"|five|six|seven|eight|nine|ten) [\w -]{2,30}?) (?:on|in|at) "
            r"(?P<where>(?:my|our) [\w -]{2,30})$",
            re.IGNORECASE,
        ),
        r"\g<where> has \g<n>",
    ),
    # "Boot's off!"
    (
        re.compile(
            r"^(?P<what>(?:(?:the|my|our) )?(?!(?:it|that|what|he|she|there|here|who|how|when|where"
            r"|this|let|everyone|everybody|everything|one|name|today)\b)[a-z]+(?: [a-z]+)?)'s "
            r"(?=(?:off|gone|over|finished|dead|sold|closed|cancelled|back|out|fixed|stolen"
            r"|expired)\b)",
            re.IGNORECASE,
        ),
        r"\g<what> is ",
    ),
    (
        re.compile(
            r"^it(?: is|'s) (?P<trip>(?:an?|about|only|just) [\w -]*?(?:drive|walk|ride|commute"
            r"|trip"
            r"|flight)) (?:to|from) (?P<where>(?:my|our) \w+)$",
            re.IGNORECASE,
        ),
        r"\g<where> is \g<trip> away",
    ),
    (
        re.compile(
            r"^(?:there is )?(?:nothing (?:beats|like|better than)|(?:you )?cannot beat) "
            r"(?P<what>[^,]+?)(?:,? (?:for|to) me|,? in my (?:book|opinion)|,? if you ask me)?$",
            re.IGNORECASE,
        ),
        r"I love \g<what>",
    ),
    # "The physio says it's the rotator cuff": of the speaker, unless it names somebody.
    (
        re.compile(
            r"^(?:the |my )?(?P<who>doctor|doc|gp|physio|nurse|dentist|consultant|specialist"
            r"|surgeon|optician|midwife)s? (?:says?|said|reckons?|thinks?) (?:that )?"
            r"(?:(?:it|that)(?:'s| is| was) )?(?P<what>(?!(?:it|that|I|he|she|they|you|to|no|yes"
            r"|so|we|my|the|this|there|\d+|one|two|three|four|five|six|ten)\b)[\w' -]+)$",
            re.IGNORECASE,
        ),
        lambda match: f"my {match['who'].lower()}'s diagnosis is {match['what']}",
    ),
    (
        re.compile(rf"^I meant (?={any_of('traits', 'diets', 'demonyms')}$)", re.IGNORECASE),
        "I am ",
    ),
    # "Couldn't eat tripe if you paid me."
    (
        re.compile(
            r"^(?:I )?(?:could|would) not (?P<does>\w[^,]*?),? (?:even )?(?:if you paid me|to save"
            r" my life|for (?:all the|any) money)(?:\b.*)?$",
            re.IGNORECASE,
        ),
        r"I never \g<does>",
    ),
    (re.compile(r"\b(?P<who>I|we) (?P<be>am|are) all about ", re.IGNORECASE), r"\g<who> love "),
    (
        re.compile(
            r"^cannot (?=(?:live|stand|eat|drink|function|have|sleep|tolerate|swim|drive)\b)",
            re.IGNORECASE,
        ),
        "I cannot ",
    ),
    (re.compile(r"\bnow I am in (?=[A-Z]|[a-z]{4,}$)", re.IGNORECASE), "now I live in "),
    (re.compile(r"\bI am (?=(?:at|with) [A-Z][\w&]+(?: [A-Z]\w+)? now\b)"), "I work "),
    (
        re.compile(
            r"^(?P<who>(?:(?:proud|single|busy|working|new|stay-at-home|first-time) )*(?:mom"
            r"|mum|dad"
            r"|mother|father|parent|grandmother|grandfather|grandma|grandpa) (?:of|to) \w)",
            re.IGNORECASE,
        ),
        lambda match: f"I am a {match['who'][:1].lower()}{match['who'][1:]}",
    ),
    (re.compile(r"^(?P<am>I am an? [\w' -]{3,60}?) (?:over )?here$", re.IGNORECASE), r"\g<am>"),
    # "It's Sara without an h", "You have my address wrong, it's 12 Elm Road".
    (
        re.compile(
            r"^it(?: is|'s) (?:spelled |spelt |written )?(?P<name>(?-i:[A-Z])[\w'-]+)"
            r"(?P<how>,? (?:with(?:out)?|no|not|double) [\w' ]+)$",
            re.IGNORECASE,
        ),
        r"my name is \g<name>\g<how>",
    ),
    (
        re.compile(
            r"^you(?: have|'ve)?(?: got)? my (?P<what>[\w' -]+?) (?:wrong|mixed up|down as [\w' -]+"
            r"|as [\w' -]+)(?:,|;| but| -) (?:it is|it's|I am|I'm) (?:actually )?(?P<new>.+)$",
            re.IGNORECASE,
        ),
        r"my \g<what> is \g<new>",
    ),
    # "Ferritin's 9."
    (
        re.compile(
            rf"^(?:(?:the|my) )?(?P<what>(?!(?:it|that|what|he|she|there|here|who|how|when|where"
            rf"|this|today|everyone|one|version)\b|{any_of('world')}\b)[A-Za-z]{{2,}}"
            r"(?: [a-z]{2,})?)'s"
            r" (?=(?:about |around |over |under |still |now )?\d)",
            re.IGNORECASE,
        ),
        lambda match: f"my {_uncapitalised(match['what'])} is ",
    ),
    # "Rent due on the 1st", "Twins due March."
    (
        re.compile(
            r"^(?:(?:my|our|the) )?(?P<what>[A-Za-z][\w'-]*(?: [\w'-]+){0,2}) (?:is |are )?due"
            r" (?=(?:(?:on|in|by|at|back|early|late|the|end|next|this|tomorrow)\b|\d"
            rf"|{ANY_WEEKDAY}|{SHORT_MONTH}))",
            re.IGNORECASE,
        ),
        _is_due,
    ),
    # "Solveig, she's my PA."
    (
        re.compile(
            r"^(?:just |only |it's |that's |with |ask )?(?P<name>(?-i:[A-Z])[\w'-]+)(?:,|;| -) "
            r"(?:she|he|they)(?:'s| is| are|'re) (?P<what>(?:my|our) [\w' -]+)$",
            re.IGNORECASE,
        ),
        r"\g<what> is \g<name>",
    ),
    (re.compile(r"^half (?=[A-Z]\w+,? (?:and )?half [A-Z])", re.IGNORECASE), "I am half "),
    # "I said my flight was on Monday but it's on Tuesday."
    (
        re.compile(
            r"^I (?:said|wrote|told you)(?: that)? (?P<own>my|our|the) (?P<what>[\w' -]+?)(?:'s"
            r"| is| was"
            r"| were| are)"
            r" [^.;]+?,? but (?:actually )?(?:it|that|she|he)(?: is|'s) (?:actually )?",
            re.IGNORECASE,
        ),
        lambda match: f"{'our' if match['own'].lower() == 'our' else 'my'} {match['what']} is ",
    ),
    # "My name isn't Jon, it's John."
    (
        re.compile(
            r"\b(?P<what>(?:my|our) [\w' -]+?) (?P<be>is|was) not [^,;]+?[,;] ?(?:it|that)"
            r"(?: is|'s|was) (?=\S)",
            re.IGNORECASE,
        ),
        r"\g<what> \g<be> ",
    ),
    (
        re.compile(
            r"^(?P<one>[\w-]+(?: [\w-]+)?) over (?P<other>[\w-]+(?: [\w-]+)?)"
            r"(?:,? (?:always|any ?day|every time|all day|for me|hands down))+$",
            re.IGNORECASE,
        ),
        lambda match: f"I prefer {match['one'].lower()} over {match['other']}",
    ),
    (
        re.compile(
            r"^(?P<do>(?:please )?(?:be|keep|use|write|answer|reply|stay) [\w' -]+?), always$",
            re.IGNORECASE,
        ),
        r"always \g<do>",
    ),
    (
        re.compile(
            r"^(?:just )?give me (?P<one>[^,]+?) over (?P<other>[^,]+?) (?:any ?day.*|every time)$",
            re.IGNORECASE,
        ),
        r"I prefer \g<one> over \g<other>",
    ),
    (
        re.compile(
            rf"^not (?:on |at |in )?(?:the )?(?:\d\w*|(?-i:[A-Z])\w+|{ANY_WEEKDAY}), (?=(?:my|our"
            rf"|the|I)\b)",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"^I meant to say(?: that)? ", re.IGNORECASE), ""),
    (re.compile(r"^turned (?=\d+\b)", re.IGNORECASE), "I turned "),
    (re.compile(r"^(?:about to be |turning )(?=\d+\b)", re.IGNORECASE), "I am turning "),
    (
        re.compile(
            r"\b(?P<what>(?:my|our) [\w' -]+?) (?:has |have |just )?changed,? (?:and |so )?"
            r"(?:it|that)(?: is|'s) (?:now )?(?=\S)",
            re.IGNORECASE,
        ),
        r"\g<what> is now ",
    ),
    (re.compile(r"\bhere (?=(?:in|at|near) )"), ""),
    (
        re.compile(
            r"\b(?P<verb>have|has|got|is|am|was|for) like (?=an?\b|\d|(?:two|three|four|five|six"
            r"|seven|eight|nine|ten|twenty|thirty|forty|fifty|half)\b)",
            re.IGNORECASE,
        ),
        r"\g<verb> ",
    ),
    (
        re.compile(
            r"\b(?P<called>(?:is|are|was) (?:called|named)|(?:my|his|her|their|'s) name is) "
            r"(?P<name>(?!an?\b|the\b|not\b|my\b|after\b|in\b|on\b|by\b)[a-z][a-z'-]+)(?=$|[,.;]"
            r"| (?:and|but|everybody|everyone|people|we|he|she)\b)"
        ),
        lambda match: f"{match['called']} {match['name'].capitalize()}",
    ),
    (re.compile(r"\bI tend to (?=[a-z])", re.IGNORECASE), "I usually "),
    (re.compile(r"\bI tend not to (?=[a-z])", re.IGNORECASE), "I usually do not "),
    (
        re.compile(
            r"\bI could (?P<does>(?:happily |easily |honestly |literally )?(?:eat|drink|watch"
            r"|listen to|play|read|live on|talk about|spend|wear|dance|hike|swim"
            r"|travel)\b(?! (?:this|that|it|you|them)\b)[^,]*?)"
            r" (?P<when>every (?:single )?(?:day|night|meal|week|weekend)|all (?:day|night|week)"
            r"(?: long)?|for (?:hours|days|ever)|forever|any (?:day|time)|24/7|non-?stop)$",
            re.IGNORECASE,
        ),
        _gladly,
    ),
    # "Fridays are for my pottery class."
    (
        re.compile(
            rf"\b(?P<day>(?:every )?{ANY_WEEKDAY}s?|weekends|mornings|evenings) (?:is|are) "
            r"(?P<what>for (?:my |our )?[\w' -]+|(?:my |our )[\w' -]*(?:day|night|class|training"
            r"|practice))$",
            re.IGNORECASE,
        ),
        _weekly,
    ),
    (
        re.compile(r"\b(?P<kin>mother|father|brother|sister|son|daughter|parents) in law\b"),
        r"\g<kin>-in-law",
    ),
)
# "Sam, my flatmate, works nights."
