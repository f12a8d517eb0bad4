"""Short answers to what the assistant asked, as the statements that they stand for."""

import re
from collections.abc import Callable
from typing import Final

YES: Final = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|sure|of course|definitely|absolutely|indeed|correct|right|i do|i am"
    r"|i have|i can)\b[\s,.!-]*",
    re.IGNORECASE,
)
NO: Final = re.compile(
    r"^(?:(?:no|nope),? not (?:really|at all|any more|anymore)|not (?:really|at all|so much)"
    r"|no|nope|nah|never|not anymore|not any more|i do not|i am not"
    r"|i have not|i cannot|none)\b[\s,.!-]*",
    re.IGNORECASE,
)
POLITE: Final = re.compile(
    r"^(?:please|thanks|thank you|go ahead|that|idea|problem|need|it|this|but|just|i)\b",
    re.IGNORECASE,
)
OPENING: Final = re.compile(
    r"^(?:(?:it is|that is|that would be|it would be|oh|hmm|well|probably|mostly|just|usually"
    r"|erm|um|ah"
    r"|god|gosh|ugh|must be|I think|I guess|let me think|honestly)\b[, ]*)+",
    re.IGNORECASE,
)
WHOLE: Final = re.compile(
    r"(?:I|we|my|our|he|she|they|it|you|not sure|no idea|nothing|whatever|none of|maybe|depends"
    r"|what|why|who|how)\b",
    re.IGNORECASE,
)
_ASKS_YOU: Final = re.compile(
    r"^(?:(?:and|so|but|ok|okay|great|nice)[, ]+)?(?P<aux>do|are|have|can|did|were)(?: not)? you"
    r"(?: ever)?(?: currently| also| still| already| maybe| perhaps)? (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
_ANY_OF: Final = re.compile(r"^(?:and |so |ok,? )?any (?!.*\b(?:I|you)\b)", re.IGNORECASE)
_OF_CHAT: Final = re.compile(
    r"(?:mean|want|need|know|think|like me|have (?:any )?(?:questions?|a minute|time|access)|see"
    r"|understand|remember|agree|have (?:a )?preference)\b",
    re.IGNORECASE,
)
_ASKS_AGE: Final = re.compile(r"\bhow old are you$", re.IGNORECASE)
_ASKS_JOB: Final = re.compile(
    r"\b(?:what do you do(?: for (?:a living|work)| professionally)?"
    r"|what is your (?:job|profession|occupation)|what kind of work do you do)$",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(
    r"^(?P<before>.*?)\b(?P<one>[\w-]+(?: [\w-]+)?) or (?P<other>[\w-]+)(?P<noun>(?: [\w-]+)*)$",
    re.IGNORECASE,
)
# "Is anyone in your family diabetic?", "My mum."
_ASKS_ANYONE: Final = re.compile(
    r"^(?:(?:and|so) )?(?P<aux>is|does|has|was|did) (?:anyone|anybody|someone|somebody)(?: else)?"
    r"(?: (?:in|of|at|on) your [\w-]+(?: [\w-]+)?(?= [\w-]+$))?"
    r" (?P<rest>(?!know\b|want\b|help)\w.*)$",
    re.IGNORECASE,
)
# "Is there anything you don't eat?", "Liver and tripe".
_THERE_ANY: Final = re.compile(
    r"^(?:(?:and|so) )?(?:is|are) there (?:any(?:thing|one|body|where)?|something|some)(?: else)?"
    r"(?: (?:foods?|things?|places?|people|drinks?|dishes|days?|times?))?(?: (?:that|which|who))?"
    r" you (?P<says>(?!would|want|need|should|like me|mean|see\b|know\b)[a-z].*)$",
    re.IGNORECASE,
)
_SOMEBODY: Final = re.compile(r"[Mm]y [a-z-]+(?: [a-z-]+| [A-Z]\w+)?(?=$|,|\.)")
WHEN: Final = re.compile(
    r"^(?:since|for|until|at|in|on|every|once|twice|(?:part|full)[- ]time"
    r"|(?:\w+ ){1,2}(?:years?|months?|weeks?))\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?:just |only )?(?:one|two|three|four|five|six|\d+)", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"(?:an?|the|one|two|three|four|five|\d+|my|some|only|every|both|on|in|at|\w+ and \w+"
    r"|[a-z-]+$)",
    re.IGNORECASE,
)
_OBJECT_VERBS: Final = frozenset({"have", "own", "play", "speak", "eat", "drink", "prefer", "like"})
_BEGINNINGS: Final = {
    "do": ("I", "I do not"),
    "did": ("I did", "I did not"),
    "are": ("I am", "I am not"),
    "were": ("I was", "I was not"),
    "have": ("I have", "I have never"),
    "can": ("I can", "I cannot"),
}
_PARTICIPLES: Final = {
    "eat": "eaten", "drink": "drunk", "drive": "driven", "have": "had", "go": "gone", "run": "run",
    "ride": "ridden", "fly": "flown",
}  # fmt: skip
_ANYTHING: Final = re.compile(r"\b(?:anything|something|any(?: [\w-]+){1,2})$", re.IGNORECASE)
_ONLY: Final = re.compile(r"^(?:only|just|mostly|mainly) ", re.IGNORECASE)
_SOME: Final = re.compile(r"\bsome\b")
_ANY: Final = re.compile(r"\bany\b ")
_HOW_OFTEN: Final = re.compile(
    r"(?P<before>hardly ever|barely ever|rarely|seldom|sometimes|occasionally|often|usually|always"
    r"|mostly)|(?P<behind>all the time|now and (?:then|again)|from time to time|once in a while"
    r"|daily|weekly|(?:nearly |almost )?every \w+|most \w+|a lot|at weekends|on \w+days)",
    re.IGNORECASE,
)
# "No, never learned": it only says why.
_MORE_OF_NO: Final = re.compile(
    r"(?:never|I|not|it|he|she|they|because|but|sadly|too|any ?more|we|my|there|that|used to)\b",
    re.IGNORECASE,
)
_MOST_WORDS: Final = 12


def answered(question: str, answer: str) -> str:
    """Return a short answer as a statement, or nothing where it is none.

    Args:
        question: What the assistant asked just before, without its mark.
        answer: The whole of what the user answered, without its closing mark.
    """
    answer = OPENING.sub("", answer.strip(" .!"))
    if named := _named_such(question, answer):
        return named
    if not answer or len(answer.split()) > _MOST_WORDS or WHOLE.match(answer):
        return ""
    asked = _ASKS_YOU.search(_ANY_OF.sub("do you have any ", question))
    if asked is not None:
        return _so_often(asked, answer) or _yes_or_no(asked, answer)
    if YES.match(answer) or NO.match(answer):
        return ""
    for pattern, statement in _FORMS:
        match = pattern.search(question)
        if match is not None:
            return statement(match, answer)
    return ""


def _named_such(question: str, answer: str) -> str:
    """Return who or what it is that a question asks for: "Anyone diabetic?", "My mum"."""
    there, anyone = _THERE_ANY.match(question), _ASKS_ANYONE.match(question)
    somebody = _SOMEBODY.match(answer)
    if anyone and somebody:
        return f"{somebody[0]} {anyone['aux'].lower()} {anyone['rest']}"
    if not there or not answer or NO.match(answer) or WHOLE.match(answer):
        return ""
    return f"I {there['says']} {YES.sub('', answer)}"


def _age(_: re.Match[str], answer: str) -> str:
    return f"I am {answer}"


def _job(_: re.Match[str], answer: str) -> str:
    if answer.lower().startswith("work"):
        return f"I {answer}"
    if re.match(r"(?:an? |the |in |at |for )", answer, re.IGNORECASE):
        return f"I am {answer}"
    bare = answer[:1].isupper() or answer.partition(",")[0].endswith("s")
    return f"I am {'' if bare else 'an ' if answer[:1] in 'aeiou' else 'a '}{answer}"


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...]] = (
    (_ASKS_AGE, _age),
    (_ASKS_JOB, _job),
)


def _so_often(asked: re.Match[str], answer: str) -> str:
    """Return how often somebody does what is asked: "Do you cook?", "Hardly ever"."""
    often = _HOW_OFTEN.fullmatch(answer)
    if often is None or asked["aux"].lower() != "do" or _OF_CHAT.match(asked["rest"]):
        return ""
    before, behind = (often["before"] or "").lower(), (often["behind"] or "").lower()
    return " ".join(f"I {before} {_ANY.sub('', asked['rest'])} {behind}".split())


def _yes_or_no(asked: re.Match[str], answer: str) -> str:
    affirmed, denied = _BEGINNINGS[asked["aux"].lower()]
    rest = asked["rest"].strip()
    if _OF_CHAT.match(rest):
        return ""
    choice = _CHOICE.match(rest)
    if choice is not None:
        return _chosen(choice, affirmed, answer)
    if answer.lower().startswith("not since "):
        return f"I have not {_participle(rest)} {answer[len('not ') :]}"
    anything = _ANYTHING.search(rest)
    if anything is not None and not NO.match(answer):
        named = _ONLY.sub("", answer)
        if asked["aux"].lower() == "are" and not YES.match(answer):
            return f"{affirmed} {rest[: anything.start()]}{named}"
    no = NO.match(answer)
    match = no or YES.match(answer)
    left = answer[match.end() :].strip() if match else answer
    if no and left and _MORE_OF_NO.match(left):
        left = ""
    if not left or WHEN.match(left):
        beginning, object_ = (
            (denied, _SOME.sub("any", rest)) if no else (affirmed, _ANY.sub("", rest))
        )
        return f"{beginning} {object_} {'' if no else left}".strip()
    unclear = no or POLITE.match(left) or not (match or _NAMED.match(answer))
    return "" if unclear or affirmed != "I" else _named_anew(rest, left)


def _chosen(choice: re.Match[str], affirmed: str, answer: str) -> str:
    """Return a choice: "Do you prefer tea or coffee?", "Tea"."""
    said = answer.lower().split()
    offered = (choice["one"].split()[-1], choice["other"])
    picked = next((one for one in offered if one.lower() in said), "")
    if not picked:
        return ""
    before = f"{choice['before']}{' '.join(choice['one'].split()[:-1])}"
    return " ".join(f"{affirmed} {before} {picked}{choice['noun']}".split())


def _named_anew(rest: str, left: str) -> str:
    """Return an answer that names the object of the question anew: "Yes, two", "A dog"."""
    verb = rest.split(maxsplit=1)[0]
    if verb.lower() not in _OBJECT_VERBS:
        return ""
    if "allerg" in rest:
        return f"I am allergic to {left}"
    counted = _NUMBER.match(left)
    if counted and left[counted.end() : counted.end() + 1] in {"", ","}:
        noun = rest.rsplit(maxsplit=1)[-1]
        more = left[counted.end() :].strip(" ,")
        return f"I {verb} {counted[0].lower()} {noun}{f' ({more})' if more else ''}"
    return f"I {verb} {left}"


def _participle(rest: str) -> str:
    verb, _, others = rest.partition(" ")
    regular = f"{verb}d" if verb.endswith("e") else f"{verb}ed"
    return f"{_PARTICIPLES.get(verb.lower(), regular)} {others}".strip()
