"""Short answers to what the assistant asked, as the statements that they stand for."""

import re
from collections.abc import Callable
from typing import Final

_YES: Final = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|sure|of course|definitely|absolutely|indeed|correct|right|i do|i am"
    r"|i have|i can)\b[\s,.!-]*",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"^(?:no|nope|nah|never|not really|not at all|not anymore|not any more|i do not|i am not"
    r"|i have not|i cannot|none)\b[\s,.!-]*",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"^(?:please|thanks|thank you|go ahead|that|idea|problem|need|it|this|but|just|i)\b",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(
    r"^(?:it is|that is|that would be|oh|hmm|well|probably|mostly|just|usually)\b[, ]*",
    re.IGNORECASE,
)
_WHOLE: Final = re.compile(
    r"(?:I|we|my|our|he|she|they|it|you|not sure|no idea|nothing|whatever|none of|maybe|depends"
    r"|what|why|who|how)\b",
    re.IGNORECASE,
)
_ASKS_YOU: Final = re.compile(
    r"^(?:(?:and|so|but|ok|okay|great|nice)[, ]+)?(?P<aux>do|are|have|can|did|were)(?: not)? you"
    r"(?: ever)?(?: currently| also| still| already| maybe| perhaps)? (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
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
_START: Final = r"(?:^|, )(?:and |so |by the way,? )?"
_ASKS_WHERE: Final = re.compile(
    rf"{_START}(?P<word>where|which (?:city|town|country|company)|what (?:city|town|country"
    r"|company)) (?P<aux>do|are|did|were) you (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
_ASKS_WHAT: Final = re.compile(
    rf"{_START}(?:what|which|who|how|where|when)(?: is| are|'s|'re)\b(?: called)? "
    r"your (?P<what>[^?]+)$",
    re.IGNORECASE,
)
_ASKS_COUNT: Final = re.compile(
    r"\bhow many (?P<what>[\w ]+?) do you (?P<verb>have|own|speak|drink|play|work)\b", re.IGNORECASE
)
_ASKS_OBJECT: Final = re.compile(
    rf"{_START}(?:what|which)(?: (?:kind|sort|type)s? of)?(?: [\w ]+?)? (?P<aux>do|are) you "
    r"(?P<verb>(?!mean|want|need|think|say)\w+)(?P<rest>[^?]*)$",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(
    r"^(?P<before>.*?)\b(?P<one>[\w-]+(?: [\w-]+)?) or (?P<other>[\w-]+)(?P<noun>(?: [\w-]+)*)$",
    re.IGNORECASE,
)
_WHEN: Final = re.compile(
    r"^(?:since|for|until|at|in|on|every|once|twice|(?:part|full)[- ]time"
    r"|(?:\w+ ){1,2}(?:years?|months?|weeks?))\b",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(r"(?:in|at|near|from|on|for)\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?:just |only )?(?:one|two|three|four|five|six|\d+)", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"(?:an?|one|two|three|four|five|\d+|my|some|only|every|both|on|in|at|\w+ and \w+|[a-z-]+$)",
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
_PASTS: Final = {
    "grow": "grew", "live": "lived", "study": "studied", "go": "went", "work": "worked",
    "move": "moved", "meet": "met", "travel": "travelled", "learn": "learned", "start": "started",
}  # fmt: skip
_ANYTHING: Final = re.compile(r"\b(?:anything|something|any(?: [\w-]+){1,2})$", re.IGNORECASE)
_ONLY: Final = re.compile(r"^(?:only|just|mostly|mainly) ", re.IGNORECASE)
_SOME: Final = re.compile(r"\bsome\b")
_ANY: Final = re.compile(r"\bany\b ")
_MOST_WORDS: Final = 12


def answered(question: str, answer: str) -> str:
    """Return a short answer as a statement, or nothing where it is none.

    Args:
        question: What the assistant asked just before, without its mark.
        answer: The whole of what the user answered, without its closing mark.
    """
    answer = _OPENING.sub("", answer.strip(" .!"))
    if not answer or len(answer.split()) > _MOST_WORDS or _WHOLE.match(answer):
        return ""
    asked = _ASKS_YOU.search(question)
    if asked is not None:
        return _yes_or_no(asked, answer)
    if _YES.match(answer) or _NO.match(answer):
        return ""
    for pattern, statement in _FORMS:
        match = pattern.search(question)
        if match is not None:
            return statement(match, answer)
    return ""


def _age(_: re.Match[str], answer: str) -> str:
    return f"I am {answer}"


def _job(_: re.Match[str], answer: str) -> str:
    if answer.lower().startswith("work"):
        return f"I {answer}"
    if re.match(r"(?:an? |the |in |at |for )", answer, re.IGNORECASE):
        return f"I am {answer}"
    bare = answer[:1].isupper() or answer.endswith("s")
    return f"I am {'' if bare else 'an ' if answer[:1] in 'aeiou' else 'a '}{answer}"


def _where(match: re.Match[str], answer: str) -> str:
    rest = re.sub(r"\s*\b(?:in|at|right now|these days|now|currently)$", "", match["rest"])
    at = "company" in match["word"].lower() or re.search(r"\b(?:work|study)$", rest)
    preposition = "at " if at else "in "
    if _PLACE.match(answer) or rest.endswith("from"):
        preposition = ""
    if not rest and _being(match):
        return f"I live in {answer}"
    verb, _, more = rest.partition(" ")
    if match["aux"].lower() == "did":
        rest = f"{_PASTS.get(verb.lower(), f'did {verb}')} {more}".strip()
    return f"I {_being(match)}{rest} {preposition}{answer}"


def _being(match: re.Match[str]) -> str:
    return {"are": "am ", "were": "was "}.get(match["aux"].lower(), "")


def _what(match: re.Match[str], answer: str) -> str:
    return f"my {match['what']} is {answer}"


def _count(match: re.Match[str], answer: str) -> str:
    counted = f" {match['what']}" if re.fullmatch(r"\w+", answer) else ""
    return f"I {match['verb'].lower()} {answer}{counted}"


def _object(match: re.Match[str], answer: str) -> str:
    rest = re.sub(r"\s+(?:in|at|for|to|about|the most)$", "", match["rest"])
    return f"I {_being(match)}{match['verb']} {answer}{rest}"


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...]] = (
    (_ASKS_AGE, _age),
    (_ASKS_JOB, _job),
    (_ASKS_WHERE, _where),
    (_ASKS_WHAT, _what),
    (_ASKS_COUNT, _count),
    (_ASKS_OBJECT, _object),
)


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
    if anything is not None and not _NO.match(answer):
        named = _ONLY.sub("", answer)
        if asked["aux"].lower() == "are" and not _YES.match(answer):
            return f"{affirmed} {rest[: anything.start()]}{named}"
    no = _NO.match(answer)
    match = no or _YES.match(answer)
    left = answer[match.end() :].strip() if match else answer
    if not left or _WHEN.match(left):
        beginning, object_ = (
            (denied, _SOME.sub("any", rest)) if no else (affirmed, _ANY.sub("", rest))
        )
        return f"{beginning} {object_} {'' if no else left}".strip()
    unclear = no or _POLITE.match(left) or not (match or _NAMED.match(answer))
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
    noun = rest.rsplit(maxsplit=1)[-1] if _NUMBER.fullmatch(left) else ""
    return f"I {verb} {left} {noun}".strip()


def _participle(rest: str) -> str:
    verb, _, others = rest.partition(" ")
    regular = f"{verb}d" if verb.endswith("e") else f"{verb}ed"
    return f"{_PARTICIPLES.get(verb.lower(), regular)} {others}".strip()
