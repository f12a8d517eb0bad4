"""Corrections in English: remarks that put right what was said before, and what they put in front.

"Scratch that, it is Malaya he fought in, not Korea" says that he fought in Malaya, that this takes
the place of something said before, and that it was not Korea.
"""

import re
from enum import StrEnum
from typing import Final


class Correcting(StrEnum):
    """Certainty with which a remark puts something right."""

    NO = ""
    PERHAPS = "perhaps"
    """A word such as "sorry" or "actually", which may stand for nothing."""
    SURELY = "surely"


_SURE: Final = (
    r"scratch that|strike that|correction|ignore that|(?:my|a) (?:mistake|error|bad|slip)|typo"
    r"|silly me|(?:sorry[, ]+)?(?:I|we) (?:(?:misspoke|misheard|misremembered|mistyped|misread"
    r"|misspelled|misspelt|mispronounced|miscounted)(?: (?:that|it|this|you|him|her|the \w+))?"
    r"|meant(?: to (?:say|write|type))?|was (?:wrong|mistaken|confused|mixed up)"
    r"|were (?:wrong|mistaken)|stand corrected|lied"
    r"|(?:had|got|have|said|told you|gave you|wrote|put) (?:that|it|this|you)?"
    r" ?(?:all |completely )?(?:the )?(?:wrong|backwards|mixed up|muddled)(?: \w+)?"
    r"|(?:mixed|muddled) (?:that|it|them|those|the \w+) up|need to correct (?:that|myself))"
    r"|(?:had|got) (?:that|it) (?:all )?wrong|(?:turns out )?(?:I|we) (?:misspoke|was wrong)"
    r"|that(?:'s| is| was) (?:wrong|not right|a mistake|my mistake)|not quite right"
    r"|I should have said|let me correct (?:that|myself)|what I meant was"
)
_UNSURE: Final = r"sorry|oops|whoops|actually|no|wait|hang on|hold on|pardon|turns out|it turns out"
_LEAD: Final = re.compile(
    rf"^(?:(?:oh|ah|er|um|well|so|no|nope|wait|right|ok|okay|sorry)\b[,.:! ]+)*"
    rf"(?:(?P<sure>{_SURE})|(?P<unsure>{_UNSURE}))\b"
    rf"(?: about (?:that|this|it|before|earlier))?(?: (?:earlier|before|there|again|yesterday))?"
    rf"\s*(?P<mark>[,.:;!\u2026-]+\s*|$|(?<=actually) (?=(?:I|my|we|our|the|he|she|User)\b)"
    rf"|(?<=turns out) (?:that )?(?=\w))"
    rf"(?:(?:and|but|so|it's that)\s+)?",
    re.IGNORECASE,
)
_MEANT: Final = re.compile(
    r"(?:(?:oh|no|sorry|oops|wait)[, ]+)*I meant [\w' -]{2,30}", re.IGNORECASE
)
"""Remark that names what was meant, which the next sentence tells."""
_MOST_LEADS: Final = 3


def correcting(text: str) -> tuple[str, Correcting]:
    """Return a text without a remark in front that puts something right, and how sure that is."""
    found = Correcting.NO
    if _MEANT.fullmatch(text) is not None:
        return "", Correcting.SURELY
    for _ in range(_MOST_LEADS):
        lead = _LEAD.match(text)
        if lead is None:
            break
        surely = lead["sure"] is not None or found is Correcting.SURELY
        found = Correcting.SURELY if surely else Correcting.PERHAPS
        text = text[lead.end() :]
    return text, found


_PREPOSITION: Final = r"(?:in|to|for|at|with|on|from|of|by|about|as|into)"
_CLEFT: Final = re.compile(
    r"^(?P<lead>(?:.*[,:;] )?)(?:so |and |but )?(?:[Ii]t|[Tt]hat)(?:'s| is| was)"
    r" (?:actually |really |in fact )?"
    r"(?P<what>(?!(?:not|that|like|because|why|what|how|when|so|too|very|time|all|been|just|the"
    r" (?:one|only|first|way|same|reason))\b)[\w'&.-]+(?: [\w'&.-]+){0,4}?)"
    r" (?:that |which |who )?(?P<who>I|we|User|(?:my|our|User's) [\w-]+(?: [\w-]+)?)"
    r"(?P<verb>'m|'s|'re|'ve| \w+)(?P<rest>(?: [\w'-]+){0,4}?)"
    r"(?P<mark>(?: (?:these days|now|nowadays|any ?more))?)"
    r"(?P<tail>(?:,? (?:and )?not [\w' -]+)?)$"
)
_SHORT: Final = {"'s": " is", "'m": " am", "'re": " are", "'ve": " have"}
_HELPING: Final = frozenset(
    "am is are was were have has had do does did can could will would should must may".split()  # noqa: SIM905
)
_LED: Final = re.compile(rf"\b{_PREPOSITION}$")


def unclefted(text: str) -> str:
    """Return what a sentence says that puts its object in front: "it is latex I am allergic to"."""
    found = _CLEFT.match(text)
    if found is None:
        return text
    verb = _SHORT.get(found["verb"], found["verb"])
    alone = not found["rest"] and verb.strip() not in _HELPING - {"have", "has", "had"}
    if not alone and _LED.search(found["rest"]) is None:
        return text
    said = f"{found['who']}{verb}{found['rest']} {found['what']}{found['mark']}{found['tail']}"
    return f"{found['lead']}{said}"


_CONTRAST: Final = re.compile(
    r"^(?P<told>.{6,}?),? (?:and |but )?(?:not|never|rather than|instead of|as opposed to)"
    r" (?!(?:any|yet|until|because|since|when|if|only|just|to|so|too|very|sure|all|much|more)\b)"
    r"(?P<denied>[\w' -]{2,40})$"
)
_ONE: Final = re.compile(r"^(?:an?|the) ([\w-]+) ones?$")
_AFTER_VERB: Final = re.compile(
    r"(?:^|\b)(?:is|are|am|'m|was|were|do|does|did|has|have|had|can|could|will|would|should|must|may"
    r"|might|wo|ca)$",
    re.IGNORECASE,
)


def contrasted(text: str) -> tuple[str, str]:
    """Return a statement, and what it says is not so behind it: "drinks tea, not coffee".

    The second part is empty where nothing is denied so.
    """
    found = _CONTRAST.match(text)
    if found is None or _AFTER_VERB.search(found["told"]) or " but " in found["denied"]:
        return text, ""
    return found["told"], _ONE.sub(r"\1", found["denied"])


_NAMED: Final = re.compile(
    r"^(?:The )?[Uu]ser (?P<name>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}) "
    r"(?=(?:is|was|has|had|can|does|did|will|no longer|never|also|now|used|only|always|still|just"
    r"|wants|[a-z]+(?<!s)s|[a-z]+ed)\b)"
)


def unnamed(text: str) -> tuple[str, str]:
    """Return a statement about "User Maya" as one about the user, and the name."""
    found = _NAMED.match(text)
    return (text, "") if found is None else (f"User {text[found.end() :]}", found["name"])
