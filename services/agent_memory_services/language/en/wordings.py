"""Wordings of English statements, put into those that a parser reads well."""

import re
from typing import Final

from agent_memory_services.language.en.words import MONTHS

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
_PARTED: Final = "(?:have |has )?(?:split up|broke up|broken up|split|separated|parted ways)"
_REWORDED: Final = (
    (r"[\u2018\u2019]", "'"),
    (r"\b[Tt]he [Uu]ser\b", "User"),
    (r"^User studies\b", "User is studying"),
    (r"^User not (\w+ing)\b", r"User is not \1"),
    (r"^(User|I)(?: has|'ve| have)? renamed (?:their|my) ([\w ]+?) to ", r"\1's \2 is now called "),
    (r"^I's ", "My "),
    (rf"^((?:User|I)\b.* (?:{_CHANGED})\b.*) in the week(?:end)? of (?=\d|[A-Z])", r"\1 on "),
    # Groups of one number, and words of one meaning, which a parser takes apart.
    (r"(?<=\d) (?=\d)", ""),
    (r"(?<=[a-z])-(?=[a-z])", ""),
    (r"(?<=\d) ?([ap])\.?m\b\.?", r" \1m"),
    (rf"\b(?:on )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_DATED})\b", r"on \2 \1"),
    (rf"\b(?:on )?({_DATED}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b", r"on \1 \2"),
    (r"\bteam lead\b", "team leader"),
    (r"\bto call (?:User|them|him|her|me) (?=[A-Z])", "to be called "),
    (r"^(User|I) wants? the assistant to be called ", r"\1 wants to be called "),
    (r"^(?:Actually|It turn(?:s|ed) out(?: that)?|Turns out),? ", ""),
    (rf"^User and ([A-Z][\w-]+) ({_PARTED})\b", r"User \2 with \1"),
    (rf"^([A-Z][\w-]+) and (?:I|User) ({_PARTED})\b", r"User \2 with \1"),
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
    (r"^(User\b.*?),? and User (?=\w)", r"\1 and "),
    (r",? now that .*$", " now"),
    (r"\bwent (part|full)(?:-| )?time\b", r"works \1 time now"),
    (r"\b(?:wants?|needs?) no more (?=\w)", "gave up "),
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
        r"^([A-Z][\w.-]+(?: [A-Z][\w-]+)?) is (User's|[Mm]y) ((?!name)[\w ]+?)( now)?$",
        r"\2 \3 is\4 \1",
    ),
    (r"\bno longer has\b", "does not have any more"),
    (r"\bno longer (\w+(?:ch|sh|ss|x|z|o))es\b", r"does not \1 any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+)ies\b", r"does not \1y any more"),
    (r"\bno longer (?!(?:is|was|has)\b)(\w+[^s\W])s\b", r"does not \1 any more"),
)
_REWRITING: Final = tuple(
    (re.compile(pattern, re.IGNORECASE if pattern[:1] == "^" or _DATED in pattern else 0), to)
    for pattern, to in _REWORDED
)


def reworded(text: str) -> str:
    """Return a text without what its parser is known to stumble over."""
    plain = text.strip().rstrip(".!")
    for pattern, replacement in _REWRITING:
        plain = pattern.sub(replacement, plain)
    return plain


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
