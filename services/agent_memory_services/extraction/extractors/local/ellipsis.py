"""Words that a speaker leaves out: filled in from the question before, or from the form."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.date_phrases import DATE_PHRASE
from agent_memory_services.extraction.extractors.local.selection import has_often
from agent_memory_services.extraction.extractors.local.speech import is_listing
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.parser import Token, Tree

_SUBJECTS: Final = ("nsubj", "nsubjpass", "expl", "csubj")
_YES: Final = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|sure|of course|definitely|absolutely|indeed|correct|right|i do|i am|i have|i can)\b[\s,.!-]*",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"^(?:no|nope|nah|never|not really|not at all|not anymore|not any more|i do not|i am not|i have not|i cannot|none)\b[\s,.!-]*",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"^(?:please|thanks|thank you|go ahead|that would|idea|problem|need)\b", re.IGNORECASE
)
_ASKS_YOU: Final = re.compile(
    r"^(?:(?:and|so|but|ok|okay|great|nice)[, ]+)?(?P<aux>do|are|have|can|did|were)(?: not)? you(?P<ever> ever)?(?: currently| also| still| already| maybe| perhaps)? (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
_ASKS_WHAT: Final = re.compile(
    r"(?:^|, )(?:and |so |by the way,? )?(?:what|which|who|how|where|when)(?: is| are|'s|'re)\b(?: called)? (?P<what>your [^?]+)$",
    re.IGNORECASE,
)
_ASKS_WHERE: Final = re.compile(
    r"(?:^|, )(?:and |so )?(?P<word>where|which (?:city|town|country|company)|what (?:city|town|country|company)) (?P<aux>do|are) you (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
_ASKS_AGE: Final = re.compile(r"\bhow old are you$", re.IGNORECASE)
_ASKS_JOB: Final = re.compile(
    r"\b(?:what do you do(?: for (?:a living|work)| professionally)?|what is your (?:job|profession|occupation)|what kind of work do you do)$",
    re.IGNORECASE,
)
_ASKS_COUNT: Final = re.compile(
    r"\bhow many (?P<what>[\w ]+?) do you (?P<verb>have|own|speak|drink|play|work)\b", re.IGNORECASE
)
_ASKS_OBJECT: Final = re.compile(
    r"(?:^|, )(?:and |so )?(?:what|which)(?: (?:kind|sort|type)s? of)?(?: (?P<what>[\w ]+?))? (?P<aux>do|are) you (?P<verb>\w+)(?P<rest>[^?]*)$",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(
    r"^(?P<before>.*?)\b(?P<one>[\w-]+(?: [\w-]+)?) or (?P<other>[\w-]+)(?P<noun>(?: [\w-]+)*)$",
    re.IGNORECASE,
)
_DURATION: Final = re.compile(
    r"^(?:since|for|until|not since|at|in|on|every|once|twice)\b", re.IGNORECASE
)
_MOST_ANSWER_WORDS: Final = 12
_OCCASION_LEFT: Final = re.compile(r"^(?:my |our |the |an? )?", re.IGNORECASE)
_KEYED: Final = re.compile(
    r"^(?:(?:my|our) )?(?P<key>[A-Za-z][\w' ]{1,28}?)(?:\s*[:=]\s*|\s+-\s+)(?P<value>\S.*)$",
    re.IGNORECASE,
)
_INTRODUCED: Final = re.compile(
    r"^(?:(?:hi|hey|hello)[,!]? )?(?P<start>(?:I am|my name is) (?P<name>[A-Z][\w'-]+)), (?P<rest>(?:an? |the |\d|from |based |originally |living |currently ).+)$",
    re.IGNORECASE,
)
_NOTHING_MORE: Final = re.compile(
    r"^there(?: is|'s) nothing (?:I|we) (?P<verb>love|like|enjoy|hate) more than (?P<what>.+)$",
    re.IGNORECASE,
)
_SEGMENT: Final = re.compile(
    r"^(?:an? |the |\d+(?:$|,| and| years)|from |based |originally |living |currently )",
    re.IGNORECASE,
)
_FIRST_VERBS: Final = frozenset(
    """
    have live work love like hate prefer own drive play speak study teach run enjoy weigh use lives works
    runs loves likes hates prefers owns drives plays speaks studies teaches enjoys has uses collects collect
    """.split()  # noqa: SIM905 - a list would be a page long
)
_INVERTED: Final = re.compile(
    r"^(?P<day>today|tomorrow|(?:next |this |on )?\w+day|it)(?: is|'s) (?P<what>(?:my|our) (?:[\w']+ )?(?:birthday|anniversary|wedding|exam|interview"
    r"|appointment|surgery|flight))(?: (?P<then>\S.*))?$",
    re.IGNORECASE,
)


def introduced(text: str) -> list[str]:
    """Take an introduction apart: "I am Tom, 29, from Cardiff, and I teach" says four things."""
    text = _NOTHING_MORE.sub(r"I \g<verb> \g<what>", text)
    inverted = _INVERTED.match(text)
    if inverted:
        day = "" if inverted["day"].lower() == "it" else inverted["day"]
        when = " ".join(filter(None, (day, inverted["then"])))
        return [f"{inverted['what']} is {when}"] if when else [text]
    match = _INTRODUCED.match(text)
    if match is None:
        return [text]
    found, rest = [match["start"]], match["rest"]
    while rest:
        segment, _, following = rest.partition(", ")
        if not _SEGMENT.match(segment):
            rest = re.sub(r"^(?:and|but) ", "", rest)
            if not re.match(r"(?:I|we|my|our)\b", rest):
                found[-1] += f", {rest}"
            else:
                found.append(rest)
            break
        head, joined, tail = segment.partition(" and ")
        if joined and re.match(r"(?:I|we|my|our|an?|from)\b", tail):
            following = f"{tail}, {following}" if following else tail
            segment = head
        found.append(f"I am {segment}")
        rest = following
    return found


def keyed(text: str, *, among: bool = False) -> list[str]:
    """Return what a line such as "City: Oslo" says, in sentences; nothing for any other line.

    Args:
        text: The line.
        among: Whether it stands among such lines, so that any key will do.
    """
    match = _KEYED.match(text)
    if match is None:
        return []
    key, value = match["key"].strip(), match["value"].strip().rstrip(".;")
    own = re.match(r"(?:my|our) ", text, re.IGNORECASE) is not None
    known = is_listing(key) or is_listing(key.rsplit(" ", 1)[-1])
    if (
        "?" in value
        or not (known or own or among)
        or (own and words("own_chores") & set(key.lower().split()))
    ):
        return []
    name = key.lower()
    nested = [part for part in re.split(r"\s*;\s*", value) if _KEYED.match(part)]
    if nested and len(nested) == len(re.split(r"\s*;\s*", value)):
        return [
            f"my {one.partition(':')[0].strip().lower()} is called {one.partition(':')[2].strip()}"
            for one in nested
        ]
    if name in {"name", "first name", "full name"}:
        return [f"my name is {value}"]
    if name == "age":
        return [f"I am {value.split()[0]} years old"]
    if name in {"city", "location", "home", "country", "lives", "based"}:
        return [f"I live in {value}"]
    if name in {"employer", "company"}:
        return [f"I work at {value}"]
    if name in {"job", "occupation", "profession", "work", "role"}:
        return [f"my job is {value}"]
    if name.startswith("allerg"):
        return (
            [f"I am allergic to {value}"]
            if not re.match(r"(?:none|no)\b", value, re.IGNORECASE)
            else ["I do not have allergies"]
        )
    if name == "diet":
        denied = re.match(r"(?:no|not) (.+)", value, re.IGNORECASE)
        if denied:
            return [f"I do not eat {denied[1]}"]
        return (
            [f"I am {value}"]
            if value.lower().split()[0] in words("traits")
            else [f"my diet is {value}"]
        )
    if name in {"likes", "loves", "hobbies", "interests"}:
        return [f"I like {value}"]
    if name in {"dislikes", "hates"}:
        return [f"I hate {value}"]
    if name in {"languages", "language"}:
        return [f"I speak {value}"]
    plural = (
        name.endswith("s") and name not in {"status", "address"} or name in {"kids", "children"}
    )
    return [f"my {name} {'are' if plural else 'is'} {value}"]


def answered(question: str, answer: str) -> str:
    """Return a short answer as a statement, or nothing where it is none.

    Args:
        question: What the assistant asked just before, without its mark.
        answer: The whole of what the user answered, without its closing mark.
    """
    answer = re.sub(
        r"^(?:it is|that is|that would be|oh|hmm|well|probably|mostly|just|usually)\b[, ]*",
        "",
        answer.strip(" .!"),
        flags=re.IGNORECASE,
    )
    if (
        not answer
        or len(answer.split()) > _MOST_ANSWER_WORDS
        or re.match(
            r"(?:I|we|my|our|he|she|they|it|you|not sure|no idea|nothing|whatever|none of|maybe|depends|what|why|who|how)\b",
            answer,
            re.IGNORECASE,
        )
    ):
        return ""
    asked = _ASKS_YOU.search(question)
    if asked is not None:
        return _yes_or_no(asked, answer)
    if _YES.match(answer) or _NO.match(answer):
        return ""
    if _ASKS_AGE.search(question):
        return f"I am {answer}"
    if _ASKS_JOB.search(question):
        if re.match(r"(?:an? |the |in |at |for |work)", answer, re.IGNORECASE):
            return f"I am {answer}" if not answer.lower().startswith("work") else f"I {answer}"
        return f"I am {_article(answer)}{answer}"
    where = _ASKS_WHERE.search(question)
    if where is not None:
        rest = re.sub(r"\s*\b(?:in|at|right now|these days|now|currently)$", "", where["rest"])
        company = "company" in where["word"] or re.search(r"\b(?:work|study)$", rest)
        place = (
            answer
            if re.match(r"(?:in|at|near|from|on|for)\b", answer, re.IGNORECASE)
            else f"{'' if rest.endswith('from') else 'at ' if company else 'in '}{answer}"
        )
        return f"I {'am ' if where['aux'].lower() == 'are' else ''}{rest} {place}"
    what = _ASKS_WHAT.search(question)
    if what is not None:
        return f"{re.sub('^your', 'my', what['what'], flags=re.IGNORECASE)} is {answer}"
    count = _ASKS_COUNT.search(question)
    if count is not None:
        return (
            f"I {count['verb'].lower()} {answer} {count['what']}"
            if re.fullmatch(r"\w+", answer)
            else f"I {count['verb'].lower()} {answer}"
        )
    thing = _ASKS_OBJECT.search(question)
    if thing is not None and thing["verb"].lower() not in {"mean", "want", "need", "think", "say"}:
        noun = ""
        rest = re.sub(r"\s+(?:in|at|for|to|about|the most)$", "", thing["rest"])
        return f"I {'am ' if thing['aux'].lower() == 'are' else ''}{thing['verb']} {answer}{noun}{rest}"
    return ""


def _article(noun: str) -> str:
    if noun.split()[-1].lower().endswith("s") or noun[:1].isupper():
        return "" if noun[:1].isupper() else ""
    return "an " if noun[:1].lower() in "aeiou" else "a "


def _yes_or_no(asked: re.Match[str], answer: str) -> str:
    aux, rest = asked["aux"].lower(), asked["rest"].strip()
    if re.match(
        r"(?:mean|want|need|know|think|like me|have (?:any )?(?:questions?|a minute|time|access)|see|understand|remember|agree|have (?:a )?preference)\b",
        rest,
        re.IGNORECASE,
    ):
        return ""
    choice = _CHOICE.match(rest)
    plain = answer.lower()
    if choice is not None:
        picked = next(
            (
                one
                for one in (choice["one"].split()[-1], choice["other"])
                if one.lower() in plain.split()
            ),
            "",
        )
        if not picked:
            return ""
        stem = choice["before"] + " ".join(choice["one"].split()[:-1])
        return f"{_I(aux)} {stem.strip()} {picked}{choice['noun']}".replace("  ", " ")
    no = _NO.match(answer)
    yes = None if no else _YES.match(answer)
    left = answer[(no or yes).end() :].strip() if (no or yes) else answer  # type: ignore[union-attr]
    if re.match(r"not since\b", plain):
        return f"I have not {_participle(rest)} {answer[4:]}"
    if no:
        if (
            left
            and re.match(r"(?:that|it|this|but|just|i)\b", left, re.IGNORECASE)
            or _POLITE.match(left)
        ):
            return ""
        rest = re.sub(r"\b(?:some|any)\b ", "any ", rest)
        return f"{_I(aux, negated=True)} {rest}" if not left or _DURATION.match(left) else ""
    if yes and (not left or _DURATION.match(left)):
        rest = re.sub(r"\bany\b ", "", rest)
        return f"{_I(aux)} {rest} {left}".strip()
    if not yes and not re.match(
        r"(?:an?|one|two|three|four|five|\d+|my|some|only|every|both|on|in|at|\w+ and \w+|[a-z-]+$)",
        answer,
        re.IGNORECASE,
    ):
        return ""
    # "Yes, two" and "Yes, a dog called Rex": the object of the question is named anew.
    verb = rest.split()[0]
    if (
        verb.lower() in {"have", "own", "play", "speak", "eat", "drink", "prefer", "like"}
        and _POLITE.match(left) is None
    ):
        noun = (
            rest.split()[-1]
            if re.fullmatch(
                r"(?:just |only )?(?:one|two|three|four|five|six|\d+)", left, re.IGNORECASE
            )
            else ""
        )
        if aux == "do" and re.match(
            r"(?:every|once|twice|on|in|at|since|for)\b", left, re.IGNORECASE
        ):
            return f"I {rest} {left}"
        if re.search(r"allerg", rest):
            return f"I am allergic to {left}"
        if aux == "do" and not re.match(r"(?:please|i|it|that|thanks)\b", left, re.IGNORECASE):
            return f"I {verb} {left} {noun}".strip()
    return ""


def _I(aux: str, *, negated: bool = False) -> str:  # noqa: N802 - the word itself
    forms = {
        "do": ("I", "I do not"),
        "did": ("I did", "I did not"),
        "are": ("I am", "I am not"),
        "were": ("I was", "I was not"),
        "have": ("I have", "I have never"),
        "can": ("I can", "I cannot"),
    }
    return forms[aux][negated]


def _participle(rest: str) -> str:
    verb, _, others = rest.partition(" ")
    irregular = {
        "eat": "eaten",
        "drink": "drunk",
        "drive": "driven",
        "have": "had",
        "go": "gone",
        "run": "run",
        "ride": "ridden",
        "fly": "flown",
    }
    formed = irregular.get(verb.lower()) or (f"{verb}d" if verb.endswith("e") else f"{verb}ed")
    return f"{formed} {others}".strip()


def completed(tree: Tree, text: str) -> str:
    """Return a fragment as the sentence that it stands for, or nothing where it stands for none."""
    root = next(iter(tree.roots), None)
    if root is None or len(tree.tokens) < 2 or _has_subject(tree):  # noqa: PLR2004 - "Nice!"
        return ""
    lowered = (
        text[:1].lower() + text[1:]
        if not (text[:2].isupper() or tree.tokens[0].tag in {"NNP", "NNPS"})
        else text
    )
    words_ = [token.lower for token in tree.tokens]
    first = _first(tree)
    if first is None:
        return ""
    here = re.sub(r",? (?:here|btw|by the way)$", "", lowered)
    if first.lower == "not":
        return _completed_denial(here)
    if (
        first.lower in {"been", "never"}
        and len(words_) > 2
        and (first.lower == "been" or words_[1] in {"been", "had", "eaten", "seen", "tried"})
    ):  # noqa: PLR2004
        return f"I have {lowered}"
    if first.lower in {"off", "from", "based", "into", "between"} and not re.match(
        r"from (?:now|here|today|this|then|what|the)\b|off (?!to\b)|between (?!jobs)", lowered
    ):
        return f"I am {here}"
    if first.tag in {"VBG"} and first.lower not in {
        "thinking",
        "looking",
        "hoping",
        "wondering",
        "trying",
        "asking",
        "being",
        "according",
        "including",
        "regarding",
        "speaking",
        "using",
    }:
        return (
            f"I am {lowered}"
            if first.dep in {"ROOT", "advcl", "acl", "dep", "ccomp"} or root is first
            else ""
        )
    if first.tag in {"VBD", "VBN"} and (
        first is root or first.head == first.index or first.dep in {"ROOT", "ccomp", "dep", "advcl"}
    ):
        if first.lower in words("traits") | {
            "born",
            "based",
            "raised",
            "employed",
            "obsessed",
            "addicted",
            "scared",
            "terrified",
            "located",
        }:
            return f"I {'was' if first.lower in {'born', 'raised'} else 'am'} {here}"
        return f"I {lowered}" if first.lower not in {"thanks", "said", "asked", "given"} else ""
    if first.lower in _FIRST_VERBS and first.index <= 1:
        base = {"has": "have"}.get(
            first.lower,
            re.sub(r"(?<=[a-z]{2})(?<!s)s$", "", first.lower)
            if first.tag == "VBZ" or first.lower.endswith(("s",)) and first.lower not in {"discus"}
            else first.lower,
        )
        base = {"teache": "teach", "studie": "study"}.get(base, base)
        return f"I {base}{text[len(first.text) :]}" if first.index == 0 else ""
    return _completed_noun(tree, root, first, here)


def _completed_denial(text: str) -> str:
    if re.match(
        r"not (?:an? (?:big |huge )?fan|much of an?|an? \w+ person|a morning|into|from|keen|fond|allergic|vegan|vegetarian|married|good at|great (?:at|with)|religious|\w+ anymore)",
        text,
        re.IGNORECASE,
    ):
        return f"I am {text}"
    return ""


def _completed_noun(tree: Tree, root: Token, first: Token, text: str) -> str:
    here = text != (text[:1] + text[1:]) or re.search(
        r"\bhere$", " ".join(token.text for token in tree.tokens)
    )
    nouns = [
        token
        for token in tree.tokens
        if token.tag.startswith("NN")
        and token.dep in {"ROOT", "npadvmod", "compound", "dobj", "nmod", "attr", "dep", "appos"}
    ]
    dated = (
        DATE_PHRASE.search(text) is not None
        or has_often(text)
        or re.search(
            r"\d{1,2}(?::\d\d| ?[ap]m)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
            text,
            re.IGNORECASE,
        )
    )
    owned = tree.tokens[0].lower in {"my", "our"} or any(
        token.text == "'s" for token in tree.tokens[:3]
    )
    if dated and any(token.lemma in words("occasions") for token in nouns + [root]):
        named = tree.tokens[0].tag == "NNP" and tree.tokens[0].lower not in words("occasions") and "-" not in text.split()[0]
        return _occasion(text if named else text[:1].lower() + text[1:], owned=owned)
    if first.tag.startswith("JJ") or first.lower in words("traits"):
        told = first.lower in words("traits") | {
            "scared",
            "afraid",
            "fluent",
            "colour",
            "color",
        } | words("demonyms") or (
            first is root
            and any(tree.children(first, "prep"))
            and first.lower not in words("moods")
        )
        if (
            first.lower in {"scared", "afraid", "terrified", "allergic", "addicted", "fluent"}
            or told
        ):
            noun = any(
                token.lower == "household" or token.lower == "family" for token in tree.tokens
            )
            return f"I have a {text}" if noun else f"I am {text}"
    if re.match(
        r"(?:type [12] diabetic|\d+ years? old|(?:huge|big|massive) fan of|early bird|night owl|morning person)\b",
        text,
        re.IGNORECASE,
    ):
        return f"I am {'a ' if not text[:1].isdigit() and not text.lower().startswith('type') else ''}{text}"
    head = next(
        (token for token in nouns if token.lower in words("occupations") | words("described")), None
    )
    cue = here or re.search(
        r"\b(?:by (?:trade|profession|day)|of (?:one|two|three|four|five|\d)|at [A-Z]|for \d+ years|since \d{4}|from [A-Z])\b",
        text,
    )
    if head is not None and cue:
        determined = tree.tokens[0].tag == "DT"
        return f"I am {'' if determined else 'an ' if text[:1].lower() in 'aeiou' else 'a '}{text}"
    if (
        first.tag == "CD"
        and any(token.lower in words("plural") for token in tree.tokens)
        and len(tree.tokens) < 8
    ):  # noqa: PLR2004
        return f"I have {text}"
    return ""


def _occasion(text: str, *, owned: bool) -> str:
    """Return an appointment without a verb as a sentence."""
    when = DATE_PHRASE.search(text) or re.search(
        r"\b(?:every|on|at|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)\b",
        text,
        re.IGNORECASE,
    )
    if when is None or when.start() == 0:
        rest = re.match(
            r"(?P<when>.+?)[:,-]+ (?P<what>.+)$|(?P<day>(?:tomorrow|today|tonight|(?:next |this )?\w+day))(?: at [\w:]+)? (?P<thing>.+)$",
            text,
            re.IGNORECASE,
        )
        if rest is None:
            return ""
        text = (
            f"{rest['what'] or rest['thing']} {rest['when'] or text[: rest.start('thing')].strip()}"
        )
        when = DATE_PHRASE.search(text)
        if when is None:
            return ""
    what, then = text[: when.start()].strip(" ,:-"), text[when.start() :].strip()
    then = re.sub(
        r"^(?=\d|(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b)", "on ", then, flags=re.IGNORECASE
    )
    if not what:
        return ""
    if owned:
        what = what if re.match(r"(?:my|our)\b", what, re.IGNORECASE) else f"my {what}"
        return f"{what} is {then}"
    if re.fullmatch(
        r"(?:the )?(?:dentist|doctor|vet|optician|physio|gp|haircut)", what, re.IGNORECASE
    ):
        return f"I have a {re.sub('^the ', '', what, flags=re.IGNORECASE)} {'' if what.lower().endswith('haircut') else 'appointment '}{then}"
    determined = (
        re.match(r"(?:an?|the|two|three|\d)\b", what, re.IGNORECASE)
        or what.rsplit(" ", 1)[-1].lower()
        in {"training", "practice", "physio", "therapy", "dinner", "lunch", "choir"}
        or what.endswith("s")
    )
    return f"I have {'' if determined else 'an ' if what[:1].lower() in 'aeiou' else 'a '}{what} {then}"


def _first(tree: Tree) -> Token | None:
    """Return the first word that is no mere opener."""
    skipped = {
        "just",
        "finally",
        "recently",
        "already",
        "still",
        "also",
        "always",
        "even",
        "actually",
        "currently",
        "now",
        "and",
        "so",
        "oh",
        "usually",
        "originally",
    }
    for token in tree.tokens:
        if token.dep in {"intj", "punct", "cc"} or token.lower in skipped:
            continue
        return token
    return None


def _has_subject(tree: Tree) -> bool:
    return any(
        token.dep in _SUBJECTS and tree.tokens[token.head].dep in {"ROOT", "ccomp"}
        for token in tree.tokens
    )
