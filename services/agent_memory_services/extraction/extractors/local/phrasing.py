"""Turns of everyday talk, put into the plain sentences that they stand for.

A parser trained on written language reads "my brother he's a pilot", "Nothing beats tea for me"
or "it's not my sister who sings, it's my cousin" wrongly, or finds nobody in them.
"""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.phrases import CHANGES
from agent_memory_services.extraction.extractors.local.words import any_of
from agent_memory_services.language.en.words import ANY_WEEKDAY

_EXPLAINED: Final = re.compile(
    r"^(?P<name>[A-Z][\w'-]+)(?:, | \()(?P<who>(?:my|our) [\w' -]{2,30})(?:, |\) )(?=[a-z])"
)
_STALLING: Final = re.compile(
    r"^(?:.{0,24}\b(?:what (?:else )?(?:was|were) (?:I|we) (?:going to say|saying|about to say)"
    r"|let me (?:see|think)(?: what else)?)\b(?:,? (?:oh|ah|um|yeah|yes|right|ok))*,? "
    r"|(?:scratch|forget|ignore|disregard|never mind) what I (?:just )?(?:said|wrote"
    r"|told you)[^,]*, "
    r"|(?:(?:wait|sorry|oops|hang on)[,.]? )?I (?:got|had|said|wrote) (?:that|it"
    r"|this) wrong[:,;.-]* "
    r"|(?:a bit |more )?(?:about me|me in (?:short|brief|a nutshell)|in short|(?:quick|short)"
    r" (?:intro|bio))\s*[:-]\s*)",
    re.IGNORECASE,
)
_TAKEN_BACK: Final = re.compile(
    r"^(?:(?:wait|no|nope|sorry|hang on|hold on|oops|actually|scratch that|correction|my bad"
    r"|my mistake|oh|well|that is wrong|that's wrong|wrong)[,.:;!-]+\s+){1,4}"
    r"(?=(?:I|my|we|our|it|the)\b)",
    re.IGNORECASE,
)
# "Scratch what I said about Thursdays, pilates has moved": it is theirs.
_BARE_SUBJECT: Final = re.compile(
    r"(?!(?:I|we|he|she|it|they|you|my|our|the|a|an|there|this|that|it's|what|everything)\b)"
    r"[a-z]+(?: [a-z]+)? (?:is|has|was|are|have|will|moved|starts|got)\b",
    re.IGNORECASE,
)
# "Correction: the wedding is on the 17th": of what is corrected, the speaker has told before.
_CORRECTED: Final = re.compile(
    rf"^(?:correction|update|actually|sorry|no|wait)\b[:,.]? the (?P<what>(?:\w+ )?"
    rf"{any_of('occasions')})\b(?= (?:is|was|has|will|got|starts|leaves|moved))",
    re.IGNORECASE,
)
_AS: Final = re.compile(
    r"^(?:speaking )?as (?P<what>(?:an? (?!kid|child|teen|rule|result|matter|treat|gift|joke|last"
    r"|first|side|bonus|reminder|test|young|boy|girl|student|consequence|whole|hobby|snack|way)"
    r"|the (?:father|mother|parent|owner|oldest|youngest|eldest) )[^,]+), "
    r"(?P<rest>(?:and )?(?:I|we|my|our)\b.+)$",
    re.IGNORECASE,
)
_AS_ASKED: Final = re.compile(rf"{_AS.pattern.partition(', (?P<rest>')[0]}, (?=\w)", re.IGNORECASE)
# "Anything by Thomas Hardy, and nothing with dragons in it": tastes, told by what is named.
_ANY_SUCH: Final = re.compile(
    r"^(?:anything (?P<liked>(?:by|from|with|about|set) (?!you\b|it\b|that\b|this\b)[\w' -]+?)"
    r"(?:,? (?:and|but) nothing (?P<not>(?:by|from|with|about|set) [\w' -]+))?"
    r"|nothing (?P<lone>(?:by|with|about|set) (?!you\b|it\b|that\b|this\b)[\w' -]+))$",
    re.IGNORECASE,
)
# "I told you my bank was Monzo. It isn't, it's Starling."
_NAMED_BEFORE: Final = re.compile(
    r"(?:I (?:told you|said|wrote|thought)(?: that)? )?(?P<what>(?:my|our) [\w' -]+?)"
    r"(?: is| was|'s) (?!not\b)\w",
    re.IGNORECASE,
)
_NAMED_ANEW: Final = re.compile(
    r"(?:(?:no|sorry|wait|actually),? )*(?:it|that)(?: is| was) not(?: (?:any ?more|now))?[,;]? "
    r"(?:it|that)(?: is|'s) (?:actually |now )?(?P<new>[\w' -]+)$",
    re.IGNORECASE,
)
# "Can I put diesel in my old Fiesta?": whoever asks has one.
_OWN_MAKE: Final = re.compile(
    r"\bmy (?P<kind>(?:(?:old|new|second-hand|used|trusty|electric|little|(?:19|20)\d\d) )*)"
    r"(?P<make>[A-Z][a-z]+(?:[ -][A-Z0-9][\w-]*)*)(?=$|[?.,!]| (?:by|in|on|at|for|with|to|from|when"
    r"|and|or|so|has|is|makes?|keeps?|needs?|will)\b)"
)
_NO_MAKE: Final = (
    rf"\b(?:{any_of('software', 'demonyms', 'female', 'male', 'companions', 'chores')}"
    rf"|{ANY_WEEKDAY}|christmas|easter|excel|word|gmail|english|god)\b"
)
_SEVERAL_WORDS: Final = re.compile(r"\w+ [\w'-]+ \w")
_SHORT: Final = 6
_BUT_NOT: Final = re.compile(
    r"^(?P<who>I|(?:my|our) [\w'-]+) (?P<verb>am|is|are|do|does|can|have|has) "
    r"(?P<not>not )?(?P<says>[^,]+?),? (?:but|and|while) (?P<other>I|(?:my|our) [\w' -]+?) "
    r"(?P<aux>am|is|are|do|does|can|have|has)(?P<denied> not)?(?: either| too)?$",
    re.IGNORECASE,
)
_AND_NO: Final = re.compile(
    r"^(?P<have>(?P<who>I|we) have [^.;]+?),? (?:and|but) no (?P<what>(?!idea|clue|time|way|longer"
    r"|problem|doubt|plans)[\w' -]+)$",
    re.IGNORECASE,
)
_RUN_ON: Final = re.compile(
    r"(?<=[\w']) (?=(?:(?:and |so |but )?(?:I (?:am|have (?:got|been)|have an?|cannot|do not"
    r"|will|live|work"
    r"|love|like|hate|play|was|just|also|really)|we (?:have|are|live|got)\b|(?:she|he)(?: is"
    r"|'s) an?|(?:my|the) \w+ (?:one )?(?:is|has|was|works|lives))\b))",
    re.IGNORECASE,
)
_BOUND: Final = re.compile(
    r"(?:\b(?:and|but|so|or|that|which|who|when|if|because|since|while|where|what|how|why|as|than"
    r"|before|after|until|though|although|whenever|whether|thinks?|claims?|insists?|swears?"
    r"|believes?"
    r"|reckons?|pretends?|hopes?|wishes|jokes?|dreams?|knows|tells?|felt|thought|believed|heard"
    r"|noticed|know|said|say|says|guess|hope"
    r"|wish|mean|told|tell|believe|sure|feel|like|remember|thing|things|one|time|way|place"
    r"|reason|day|everything|all|with|for|to|of|in|at|on|is|are|was|the|an?|my|and my)"
    r"|\bthe [\w-]+)$",
    re.IGNORECASE,
)
_STARTED: Final = re.compile(
    r"^(?:and |so |yeah |well |but |then |right |ok |okay |oh |yes )*(?:I|we|my|our)\b",
    re.IGNORECASE,
)
_FEWEST_BEFORE: Final = 3
# "I do QA, my wife is a vet and she's from Lima": a parser reads short sentences best.
_SPLICE: Final = re.compile(
    r"\s*[,;]\s+(?:(?:and|but|so|then|yet|plus)\s+)*(?:(?:honestly|actually|basically|also)\s+)?"
    r"(?=(?:(?:I|we|he|she|they)(?:'\w+|(?= )) (?!and\b)|you(?:'\w+| (?:will|can|should|have))"
    r"|(?:my|our|his|her|their|the|anything|everything) (?:[\w'-]+ ){1,5}?(?:is|are|was|were|has"
    r"|have|had|will|can|cannot"
    r"|does|do|did|got|went|made|took|came|left|taught|\w{3,}(?:s|ed))\b)\S*\s*\S)"
    rf"|\s*[,;]\s+(?:and |but )?(?={any_of('own_things')}(?:'s| is| was| are) )"
    r"|\s*[,;]\s+and (?=[a-z]+s (?:is|are) (?:on|at|in) )"
    r"|\s*,?\s+so (?=(?:I|we|he|she|they|my|our|you|the|it)\b)|\s*,\s+(?=there(?:'s| is| are) )",
    re.IGNORECASE,
)
_BEGUN: Final = re.compile(
    r"(?:(?:by|in|on|at|for|since|after|before|next|last|this|every|ages) [\w' ]{2,25} (?=I |we ))?"
    r"(?:(?:and|so|yeah|well|but|then|oh|ok|honestly|actually|no|yes|[a-z]+ly),? )*"
    r"(?:(?:two|three|four|five|six|seven|eight|nine|ten|\d+) [a-z]+"
    rf"|{any_of('own_things')}|I|we|my|our|he|she|they|it|his|her|their|the|dad|mum|mom|been|got|just|born|had|live|went"
    r"|sold|bought|shut"
    r"|quit|left|lost|broke|built|made|took|gave|won|met|became|began|grew|spent|started|\w{2,}ed)\b",
    re.IGNORECASE,
)
_HELD: Final = re.compile(
    r"\b(?:if|maybe|perhaps|supp?os\w+|imagin\w+|pretend\w*|say|says|said|claim\w*|thinks?|dream\w*"
    r"|wish\w*|story|lol|told|tells?|unless|whether|always|never)\b"
    r"|\b(?:when|whenever|while|although|though|because|since|once|after|before|until|as)"
    r" (?:I|we|you|he|she|it|they|my|our|the|there|people)\b[^,]*$",
    re.IGNORECASE,
)
_RESTATED: Final = re.compile(
    r"^(?:(?:hey|so|but|and|ok|also)[, ]+)*(?:(?:did|have) I (?:ever |already )?(?:mention|tell you"
    r"|told you|say|said|mentioned)|(?:do|did) you (?:remember|know|forget)|you (?:do )?(?:remember"
    r"|know)|remember)(?: that)? (?P<told>(?:I|we|my|our)\b(?! (?:said|told|asked|mentioned"
    r"|wrote|sent|gave|should|could|can|would|might)).+)$",
    re.IGNORECASE,
)


def introducing(text: str) -> str:
    """Return a sentence whose subject is explained with its explanation before the name."""
    return _EXPLAINED.sub(r"\g<who> \g<name> ", text)


def given(text: str) -> str:
    """Return what a question says of who asks: "As a single dad, how do I ..."; else nothing."""
    match = _AS_ASKED.match(text)
    if match and _SEVERAL_WORDS.match(match["what"]):
        return f"I am {match['what']}"
    owned = _OWN_MAKE.search(text)
    if owned is None or re.search(_NO_MAKE, owned["make"], re.IGNORECASE):
        return ""
    what = f"{owned['kind'] or ''}{owned['make']}"
    return f"I have {'an' if what[0].lower() in 'aeio' else 'a'} {what}"


def filled(text: str, before: str) -> str:
    """Return "my wife is not" with what the sentence before says of the speaker; or nothing."""
    named, anew = _NAMED_BEFORE.match(before), _NAMED_ANEW.match(text)
    if named and anew:
        return f"{named['what']} is {anew['new']}"
    match = _BUT_NOT.match(f"{before} but {text}") if len(text.split()) <= _SHORT else None
    told = _unfolded(match[0]) if match else []
    return told[1] if len(told) > 1 else ""


def without_stalling(text: str) -> str:
    """Return a sentence without what a speaker says while thinking or taking something back."""
    rest = _STALLING.sub("", _TAKEN_BACK.sub("", text))
    if rest != text and _BARE_SUBJECT.match(rest):
        rest = f"my {rest}"
    return _CORRECTED.sub(r"my \g<what>", rest)


def restated(text: str) -> str:
    """Return what a question reminds of: "Did I mention I'm allergic?"; nothing for others."""
    match = _RESTATED.match(text)
    return match["told"] if match else ""


# "Celsius, not Fahrenheit": what is not wanted is half of what is said.
_MERE_CONTRAST: Final = re.compile(r"\w+(?: \w+)?, not \w+$")


def plainly(text: str) -> list[str]:
    """Return a sentence as the plain sentences that say the same."""
    for pattern, plain in CHANGES if not _MERE_CONTRAST.match(text) else ():
        text = pattern.sub(plain, text)
    return [part for one in _unfolded(text) for part in _parted(one)]


def _unfolded(text: str) -> list[str]:
    any_such = _ANY_SUCH.match(text)
    if any_such is not None:
        liked, not_liked = any_such["liked"], any_such["not"] or any_such["lone"]
        return [
            *([f"I like anything {liked}"] if liked else []),
            *([f"I do not like anything {not_liked}"] if not_liked else []),
        ]
    given = _AS.match(text)
    if given is not None and _SEVERAL_WORDS.match(given["what"]):
        return [f"I am {given['what']}", *_unfolded(given["rest"])]
    shared = _BUT_NOT.match(text)
    if shared is not None:
        first = f"{shared['who']} {shared['verb']} {shared['not'] or ''}{shared['says']}"
        return [
            first,
            f"{shared['other']} {shared['aux']}{shared['denied'] or ''} {shared['says']}",
        ]
    lacking = _AND_NO.match(text)
    if lacking is not None:
        return [lacking["have"], f"{lacking['who']} have no {lacking['what']}"]
    return [text]


def _parted(text: str) -> list[str]:
    """Cut speech without marks where a new clause of the speaker's own begins."""
    if re.search(r"[,;:.!?\"]", text) or not _STARTED.match(text):
        return _spliced(text)
    parts, start = [], 0
    for cut in _RUN_ON.finditer(text):
        before = text[start : cut.start()]
        whole = len(before.split()) >= _FEWEST_BEFORE and not _BOUND.search(before)
        if whole and re.search(r"\bif\b", before) is None:
            parts.append(before)
            start = cut.end()
    return [*parts, text[start:]]


def _spliced(text: str) -> list[str]:
    """Cut where a comma parts two statements that each have a subject of their own."""
    parts, start = [], 0
    for cut in _SPLICE.finditer(text):
        before = text[start : cut.start()]
        few = 2 if re.match(r"(?:I|we)\b", before) else _FEWEST_BEFORE
        whole = len(before.split()) >= few and _BEGUN.match(before)
        if whole and not _HELD.search(before) and '"' not in text:
            parts.append(before)
            start = cut.end()
    return [*parts, text[start:]]
