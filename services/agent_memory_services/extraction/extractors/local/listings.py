"""Lists of particulars, as the sentences that they stand for.

"Name: Robin", "Bike: Surly; frame 56 cm" and bullets under "My meds" are told from lists that are
about something else (tickets, shopping, recipes) by their keys alone: any key may be the user's
but those of such sheets.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local.speech import ITEM, UNBROKEN
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.sentences import Utterance
from agent_memory_services.language.en.words import WEEKDAY_NAMES, is_past

_KEY: Final = r"(?:(?:my|our) )?[A-Za-z][\w'&()-]*(?:[ /][\w'&()-]+){0,7}?"
_PAIR: Final = re.compile(
    rf"(?:^|[;,/|] *|\. )(?P<key>{_KEY})(?: ?[:=](?![\d/=])| ?[:=](?= )"
    rf"|(?<=[a-z])[:=](?=\d))\s*(?=\S)"
)
_DASHED: Final = re.compile(rf"^(?P<key>{_KEY}) +- +(?=\S)")
_APART: Final = re.compile(r"\s*;\s*|\s+[/|]\s+")
_COMMAS: Final = re.compile(r"\s*,(?!\d{3}\b)\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_SENTENCE: Final = re.compile(
    r"\b(?:I|we|you|he|she|they|it|there|this|that)\b(?! I\b)|^(?:my|our|the) .*\b(?:is|are|was"
    r"|has|have)\b|\?",
    re.IGNORECASE,
)
_NO_KEY: Final = re.compile(
    r"\b(?:I|we|you|your|he|she|they|it|this|that|these|those|what|which|who|how|when|where|why"
    r"|is|am|was|are|were|be|will|would|can|could|should|must|not|so|if|because|then|than)\b",
    re.IGNORECASE,
)
# "Languages I can get by in": what is said of the items, which they complete.
_SAYS: Final = re.compile(
    r"^[\w' -]*?(?: that| which|,? where)? ?\b(?P<who>I|we) (?P<says>(?!need\b|want|have to|must"
    r"|should|asked|thought|said|mean|am (?:asking|looking))(?:[\w']+ ){0,6}?[\w']+)$",
    re.IGNORECASE,
)
_ABOUT_SELF: Final = re.compile(
    r"^(?:(?:a )?(?:bit|little|few \w+|some \w+|quick|more|short)? ?(?:things |facts |info "
    r"|notes )?"
    r"(?:about|on) (?:me|us|myself|my \w+)|(?:quick |short |my )*(?:intro|bio|profile|facts|details"
    r"|info|basics|particulars|summary|stats)|me|us)$",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"(?P<verb>(?:I|we) .*?\w) (?P<tail>(?:(?:in|on|at|since|during|last|this|every|from|with"
    r"|before|after)"
    r" \w.*|so far|recently|lately|now|already|regularly|again))$",
    re.IGNORECASE,
)
_MEASURED: Final = re.compile(
    r"(?P<noun>(?!the\b|at\b|in\b|on\b|about\b|error\b|room\b|page\b|chapter\b"
    r"|line\b)[a-z][a-z ]{1,28}?)(?P<when> (?:this (?:morning|month|week|year)|today|now"
    r"|currently|last (?:week|month|night)))?"
    r"(?:,| is| at| of| a (?:sad|mere|solid"
    r"|modest))? (?P<value>(?:(?:under|over|below|above|at (?:least|most)|max) )?"
    r"[$\u20ac\u00a3]?\d[\w.,/%:]*(?: ?(?:over \d+|(?!a\b)[a-z]{1,3}))?"
    r"(?: and a (?:half|quarter))?(?: (?:a|per) (?:day|night|week|month|year|hour))?"
    r"|[xX]{0,2}[SML])",
    re.IGNORECASE,
)
_MEASURES_APART: Final = re.compile(r"\s*(?:,(?!\d)|;|//?|\|)\s*(?:and )?")
_DAYS: Final = {name[:3]: name.capitalize() for name in WEEKDAY_NAMES}
_WEEKDAY: Final = re.compile(
    rf"^(?P<day>{'|'.join(_DAYS)})[a-z]{{0,6}}(?P<many>s)?\.?$", re.IGNORECASE
)
_KIN: Final = rf"{any_of('companions', 'female', 'male', 'either', 'animals')}"
_RELATED: Final = re.compile(
    rf"^(?P<own>(?:my|our) )?(?P<who>(?:[a-z-]+ ){{0,2}}?{_KIN}\b.*)$", re.IGNORECASE
)
_CLAIMS: Final = re.compile(
    r"^(?!(?:is|was|has|this|his|its|always|perhaps|sometimes)\b)[a-z]{2,}(?<![sui])s (?:\w|an? )"
)
_NONE: Final = re.compile(
    r"(?:none|no|nil|nope|n/a|nothing|zero|0)(?: known| yet)?$", re.IGNORECASE
)
_YES: Final = re.compile(r"(?:yes|yep|yeah|true)$", re.IGNORECASE)
_LACKING: Final = re.compile(
    r"(?:no|not) (?!problem|idea|clue|worries|way\b)(?P<what>\w.*)$", re.IGNORECASE
)
_DETERMINER: Final = re.compile(
    r"(?:an?|the|my|our|some|one|two|three|four|five|six|no|not|about|around|only|things?|stuff) ",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"(?:an?|one|two|three|four|five|six|\d) ", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight)$", re.IGNORECASE)
_ASPECT: Final = re.compile(r"^(?P<noun>[a-z]{3,}) (?P<value>(?:[A-Z\d]|is |are ).*)$")
_LABEL: Final = re.compile(
    rf"^(?:{any_of('labels')})\s*[:=]\s*|^(?:{any_of('labels')})\s+-+\s+", re.IGNORECASE
)
_CODE: Final = re.compile(
    r"^\d[\d.]*(?:px|r?em|vh|vw|ms)\b|^#[0-9a-f]{3,8}$|^0x[0-9a-f]+$|^(?:true|false|null|auto|inherit)$"
    r"|[{}<>$\\]",
    re.IGNORECASE,
)
_TOP: Final = re.compile(r"^(?:my )?top (?:\d+|three|five|ten) (?=[a-z ]{3,30}:)", re.IGNORECASE)
_HTTP: Final = re.compile(
    r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|HTTP/\d[\d.]*|curl|\$) \S"
    r"|[A-Z][\w-]+: \w+/[\w.+-]+(?:;|$)"
)
_WEEKDAYS: Final = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?(?:\s*(?:,|&|and|/)\s*|$))+", re.IGNORECASE
)
_LIKED: Final = {
    "likes": "I like", "loves": "I love", "hobbies": "I enjoy", "interests": "I like",
    "dislikes": "I dislike", "hates": "I hate", "languages": "I speak", "instruments": "I play",
    "meds": "I take", "medication": "I take", "medications": "I take", "medicines": "I take",
    "supplements": "I take", "pills": "I take", "tablets": "I take",
}  # fmt: skip
_MOST_VALUE_WORDS: Final = 16
_MOST_KEY_WORDS: Final = 5
_WHOLE: Final = re.compile(r"(?:I|we|he|she|they|it|there)\b", re.IGNORECASE)
_MEASURE: Final = re.compile(
    r"\d[\d.,]* ?\w{0,3}$|(?:in|on|at|with|for|from|when|since|starting) ", re.IGNORECASE
)
_FEW: Final = 2


def unlabelled(text: str) -> str:
    """Return a sentence without a label such as "PS:" or "Update:"."""
    return _LABEL.sub("", text)


def is_sheet(text: str) -> bool:
    """Return true if a line holds a key of a ticket, a recipe, a document or a shopping list."""
    if _HTTP.match(text):
        return True
    pairs = _pairs(text)
    if len(pairs) > 1 and any(_CODE.search(value) for _, value in pairs):
        return True
    return any(_of_sheet(key, value) for key, value in pairs) or (
        ITEM in text and _of_sheet(text.partition(ITEM)[0].rstrip(": "))
    )


def listed(text: str, *, among: bool = False, sheet: bool = False) -> list[Utterance] | None:
    """Return what a list says of the speaker, in sentences; None for any other text.

    Args:
        text: The line, or a heading with its items behind `ITEM`.
        among: Whether it stands among lines that are such lists.
        sheet: Whether a line beside it belongs to a sheet about something else.
    """
    text = text.replace(UNBROKEN, "")
    heading, mark, rest = text.partition(ITEM)
    if mark:
        return _under(heading.strip(" :=-"), [part.strip(" .,;") for part in rest.split(ITEM)])
    pairs = _pairs(_TOP.sub("favourite ", text))
    if not pairs:
        return _measures(text)
    if all(_says(key) for key, _ in pairs):
        return [one for key, value in pairs for one in _under(key, items(value))]
    own = any(_is_own(key) for key, _ in pairs)
    if not (own or among or all(is_key(key) and _is_value(value) for key, value in pairs)):
        return None
    of_code = len(pairs) > 1 and any(_CODE.search(value) for _, value in pairs)
    foreign = of_code or any(_of_sheet(key, value) for key, value in pairs)
    if (sheet and not own) or foreign:
        return []
    weekly = sum(_WEEKDAY.match(key) is not None for key, _ in pairs) >= _FEW
    return [one for key, value in pairs for one in _entry(key, value, weekly=weekly)]


def _measures(text: str) -> list[Utterance] | None:
    """Return what "deadlift 180, squat 145" says; None for any other text."""
    parts = [part for part in _MEASURES_APART.split(text.strip(" .")) if part]
    if not parts:
        return None
    read = [_MEASURED.fullmatch(part) for part in parts]
    named = [one["noun"].strip() for one in read if one]
    nouns = {word for noun in named for word in noun.lower().split()}
    if nouns & (words("chores") | words("sheet_keys")) or _NO_KEY.search(" ".join(nouns)):
        return None
    timed = read[0] is not None and read[0]["when"] is not None
    measured = sum(one is not None for one in read)
    if not (timed or (read[0] and measured >= _FEW and len(parts) - measured <= 1)):
        return None
    return [
        Utterance(part, asks=False)
        if one is None
        else _told(
            f"my {_bare(one['noun'].strip())} {_be(one['noun'])} {one['value']}{one['when'] or ''}"
        )
        for part, one in zip(parts, read, strict=True)
    ]


def _be(noun: str) -> str:
    return "are" if _is_many(_bare(noun.strip())) else "is"


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return the keys of a line with their values; nothing unless it begins with a key."""
    if "?" in text or '"' in text:
        return []
    found = list(_PAIR.finditer(text))
    if not found or found[0].start():
        dashed = _DASHED.match(text)
        known = dashed and (is_listing(dashed["key"]) or _WEEKDAY.match(dashed["key"]))
        return [(dashed["key"], text[dashed.end() :].strip(" .;"))] if dashed and known else []
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [
        (one["key"].strip(), text[one.end() : end].strip(" .;,/|"))
        for one, end in zip(found, ends, strict=True)
    ]


def is_key(key: str) -> bool:
    """Return true if a particular of somebody's own may stand under this word."""
    short = len(key.split()) <= _MOST_KEY_WORDS and re.search(r"\d", key) is None
    return short and _NO_KEY.search(_bare(key)) is None


def _is_value(value: str) -> bool:
    return len(value.split()) <= _MOST_VALUE_WORDS and _SENTENCE.search(value) is None


def _is_own(key: str) -> bool:
    own = key.lower().startswith(("my ", "our ")) and not words("own_chores") & set(
        key.lower().split()
    )
    return own or is_listing(key)


def _of_sheet(key: str, value: str = "") -> bool:
    low = key.lower().split()
    if low == ["status"]:
        return _is_ticket(key, value)
    if low == ["bucket", "list"]:
        return False
    counted = low == ["steps"] and value[:1].isdigit()
    own = re.search(r"\b(?:my|our)\b", key, re.IGNORECASE) is not None
    if "_" in key:
        # The name of a variable or of a field.
        return True
    if own or is_listing(key) or counted:
        return False
    sheets = words("sheet_keys") | words("labels") | words("chores")
    return bool(sheets & {*low, "_".join(low)})


def _is_ticket(key: str, value: str) -> bool:
    """Return true if a status is that of work, and not of somebody: "status: open"."""
    whose = words("traits") | words("described") | {"in", "complicated"}
    return key.lower() == "status" and not whose & set(value.lower().split())


def _is_many(key: str) -> bool:
    """Return true if the noun that a key is about is a plural."""
    head = (
        re.split(r" (?:in|at|of|on|off|from|for|with|to|by)\b", key)[0].rsplit(" ", 1)[-1].lower()
    )
    one = {"status", "address", "gps", "physics", "maths", "news", "bus", "gas", "waitress"}
    return head in {"kids", "children", "people"} or (
        head.endswith("s") and not head.endswith(("ss", "us", "is")) and head not in one
    )


def _bare(key: str) -> str:
    bare = re.sub(r"^(?:my|our) ", "", key.strip(), flags=re.IGNORECASE)
    return bare if bare[:2].isupper() else bare[:1].lower() + bare[1:]


def is_listing(key: str) -> bool:
    """Return true if people list a particular of their own under this word."""
    pattern = rf"{any_of('particulars')}|favou?rite [\w ]+|diet[\w ]*"
    low = _bare(key).lower()
    return (
        re.fullmatch(pattern, low) is not None
        or re.fullmatch(any_of("particulars"), low.rsplit(" ", 1)[-1]) is not None
    )


def items(value: str) -> list[str]:
    """Return the things of a list such as "jazz, old films and rain"."""
    parts = [part for whole in _APART.split(value) for part in _COMMAS.split(whole.strip())]
    found: list[str] = []
    for part in filter(None, (part.strip(" .") for part in parts)):
        if found and _MEASURE.match(part):
            found[-1] += f", {part}"
        else:
            found.append(part)
    return found


# --------------------------------------------------------------------------- items under a heading


def _under(heading: str, listing: Sequence[str]) -> list[Utterance]:
    """Return what the items under a heading say."""
    listing = [item for item in listing if item]
    if not heading or _ABOUT_SELF.match(heading):
        return [
            _told(f"I have no {lacks['what']}")
            if (lacks := re.match(r"no (?P<what>[a-z]+(?: [a-z]+)?)$", item, re.IGNORECASE))
            else Utterance(item, asks=False)
            for item in listing
        ]
    heading = re.sub(r" (?:atm|rn|right now|currently|at the moment|these days)$", "", heading)
    says = _says(heading)
    if says is None and _of_sheet(heading):
        return []
    silent = says is None and _is_command(heading)
    keyed = [_own_key(item) for item in listing]
    weekly = sum(_WEEKDAY.match(key) is not None for key, _ in keyed) >= _FEW
    found: list[Utterance] = []
    for item, (key, value) in zip(listing, keyed, strict=True):
        if key:
            found += _keyed_item(heading, key, value, weekly=weekly, silent=silent)
        elif silent:
            continue
        elif _WHOLE.match(item) or (says is None and _is_done(item)):
            found.append(Utterance(item, asks=False))
        elif says is not None:
            found.append(_told(_completed(says, _lowered(item))))
        else:
            found += _of_heading(heading, item)
    return found


def _keyed_item(
    heading: str, key: str, value: str, *, weekly: bool, silent: bool
) -> list[Utterance]:
    """Return what "Taj - bass" says under a heading."""
    if key.lower() in {"me", "us"}:
        where = "" if silent else f" in the {_bare(heading)}"
        return [_told(f"my role{where} is {value}")]
    if re.fullmatch(r"favou?rites?", _bare(heading)):
        return [_told(f"my favorite {_bare(key)} is {value}")]
    known = is_listing(key) or _WEEKDAY.match(key) or _person(key, value)
    if key[:1].isupper() and not known:
        return [] if silent else [_told(f"{key} ({value}) is in my {_bare(heading)}")]
    return _entry(key, value, weekly=weekly)


def _says(heading: str) -> str | None:
    """Return what a heading such as "Languages I speak" says of its items, or None."""
    match = _SAYS.match(heading.strip())
    if match is None:
        return None
    where = re.match(r"(?:\w+ )?(?:places )?where\b", heading, re.IGNORECASE)
    bare = re.search(r" (?:in|at|to|from)$", match["says"]) is None
    return f"{match['who']} {match['says']}{' in' if where and bare else ''}"


def _completed(says: str, item: str) -> str:
    """Return an item in its place in what is said of it: "I finished Circe in April"."""
    does = re.fullmatch(r"(?P<can>.+) do(?P<tail> .+)?", says)
    if does:
        return f"{does['can']} {item}{does['tail'] or ''}"
    placed = _TAIL.match(says)
    return f"{placed['verb']} {item} {placed['tail']}" if placed else f"{says} {item}"


def _is_command(heading: str) -> bool:
    """Return true if a heading asks for something: "Fix these", "Things you need to buy"."""
    if re.match(r"(?:my|our) ", heading, re.IGNORECASE):
        return False
    asks = (
        r"^to \w+|\b(?:you|your|please|need|want|should|must|to (?:buy|do|get|read|pack|check))\b"
    )
    commands = words("tasks") | words("chat_verbs")
    return heading.lower().split()[0] in commands or bool(re.search(asks, heading, re.IGNORECASE))


def _own_key(item: str) -> tuple[str, str]:
    """Return the key of an item and its value; an empty key where it has none."""
    match = _PAIR.match(item) or _DASHED.match(item)
    if match is None or not is_key(match["key"]):
        return "", item
    return match["key"].strip(), item[match.end() :].strip()


def _is_done(item: str) -> bool:
    """Return true if an item begins with what somebody did: "passed my theory test"."""
    return is_past(item.lower().split()[0])


def _of_heading(heading: str, item: str) -> list[Utterance]:
    """Return what an item on a line of its own says under a heading that is a noun."""
    key, low = _bare(heading), _lowered(item)
    told = ""
    if re.match(r"(?:goals?|plans|resolutions?|bucket list)\b", key):
        told = f"I plan to {item[:1].lower()}{item[1:]}"
    elif key in _LIKED:
        told = f"{_LIKED[key]} {low}"
    elif key in words("counted_keys") and _COUNTED.match(item):
        told = f"I have {low}"
    elif key in words("particulars") and _particular_of(key) is not None:
        told = _particular(key, item)
    elif is_key(heading):
        own = re.search(r"\b(?:my|our)\b", heading, re.IGNORECASE) is not None
        told = _included(heading if own else f"my {key}", item)
    return [_told(told)] if told else []


def _included(named: str, item: str) -> str:
    many, lacking = _is_many(_bare(named)), _LACKING.match(item)
    if lacking:
        return f"{_lowered(named)} {'have' if many else 'has'} no {lacking['what']}"
    return f"{_lowered(named)} {'include' if many else 'includes'} {_lowered(item)}"


# ------------------------------------------------------------------------------ a key and a value


def _entry(key: str, value: str, *, weekly: bool = False) -> list[Utterance]:
    """Return what a key and its value say."""
    day = _WEEKDAY.match(key)
    if day is not None:
        name = _DAYS[day["day"].lower()]
        return [_told(f"I have {_lowered(value)} on {name}{'s' if weekly or day['many'] else ''}")]
    low = _bare(key)
    if key[:1].isupper() and not is_listing(key) and (person := _person(key, value)):
        return [_told(person)]
    several = _several(low, value)
    if several:
        return [_told(one) for one in several]
    parts = [part for part in _APART.split(value) if part]
    known = _particular_of(low) is not None
    splits = _is_many(low) and _COMMAS.search(value) and not _WEEKDAYS.fullmatch(value)
    if len(parts) < _FEW and not known and splits:
        return [one for item in items(value) for one in _of_heading(key, item)]
    if len(parts) < _FEW or known:
        return [_told(_particular(low, part)) for part in parts]
    return [_told(one) for one in _aspects(low, parts)]


def _aspects(key: str, parts: Sequence[str]) -> list[str]:
    """Return what is said of one thing part by part: "Surly; frame 56 cm; no mudguards"."""
    if all(_PAIR.match(part) for part in parts):
        pairs = (part.partition(":") for part in parts)
        return [f"my {name.strip().lower()} is called {said.strip()}" for name, _, said in pairs]
    found = []
    for place, part in enumerate(parts):
        lacking, aspect = _LACKING.match(part), _ASPECT.match(part)
        if lacking:
            found.append(f"my {key} has no {lacking['what']}")
        elif place and aspect:
            found.append(f"my {key}'s {aspect['noun']} is {aspect['value']}")
        elif any(_ASPECT.match(other) for other in parts[1:]):
            found.append(f"my {key} is {part}")
        else:
            found.append(f"my {key} {'include' if key.endswith('s') else 'includes'} {part}")
    return found


def _person(name: str, value: str) -> str:
    """Return what is said of somebody named in a list: "Kwame: my flatmate"; else nothing."""
    if len(name.split()) > _FEW + 1:
        return ""
    related = _RELATED.match(value)
    if related:
        return f"{name} is {related['own'] or 'my '}{related['who']}"
    return f"{name} {value}" if _CLAIMS.match(value) else ""


def _several(key: str, value: str) -> list[str]:
    """Return one sentence for each thing under a heading such as "likes"; else nothing."""
    if re.fullmatch(r"favou?rites", key):
        pairs = (item.partition(":") for item in items(value))
        return [f"my favorite {name.strip()} is {what.strip()}" for name, _, what in pairs if what]
    if re.match(r"(?:goals?|plans|resolutions?|bucket list)\b", key):
        return [f"I plan to {item[:1].lower()}{item[1:]}" for item in items(value)]
    if re.match(r"(?:diet|food|eating)", key) and all(
        re.match(r"no\b", item, re.IGNORECASE) for item in items(value)
    ):
        return [f"I do not eat {item[2:].strip()}" for item in items(value)]
    if key in words("counted_keys") and all(_COUNTED.match(item) for item in items(value)):
        return [f"I have {item}" for item in items(value)]
    begins = _LIKED.get(key)
    return [f"{begins} {item}" for item in items(value)] if begins else []


def _particular_of(key: str) -> Callable[[str], str] | None:
    for names, sentence in _PARTICULARS:
        if key in names or (key.startswith("allerg") and "allergies" in names):
            return sentence
    return None


def _particular(key: str, value: str) -> str:
    sentence = _particular_of(key)
    if sentence is not None:
        return sentence(value)
    if _NONE.match(value) or _YES.match(value):
        return _answered(key, denied=_NONE.match(value) is not None)
    many = _is_many(key)
    if many and _WEEKDAYS.fullmatch(value):
        days = [f"{_DAYS[day.lower()]}s" for day in re.findall(r"\b[a-z]{3}", value, re.IGNORECASE)]
        return f"my {key} are {' and '.join(days)}"
    if many and _NUMBER.match(value):
        return f"I have {value} {key}"
    return f"my {key} {'are' if many else 'is'} {value}"


def _answered(key: str, *, denied: bool) -> str:
    """Return "Smoker: no" and "Glasses: yes" as sentences."""
    trait = key in words("traits") | words("diets")
    if trait or key in words("described") | words("occupations"):
        article = "" if trait else "an " if key[0] in "aeiou" else "a "
        return f"I am {'not ' if denied else ''}{article}{key}"
    return f"I have {'no ' if denied else ''}{key}"


def _diet(value: str) -> str:
    denied = _LACKING.match(value)
    if denied:
        return f"I do not eat {denied['what']}"
    trait = value.lower().split()[0] in words("traits")
    return f"I am {value}" if trait else f"my diet is {value}"


def _allergies(value: str) -> str:
    if re.match(r"(?:none|no|nil|n/a)\b", value, re.IGNORECASE):
        return "I do not have allergies"
    return f"I am allergic to {value}"


def _born(value: str) -> str:
    return f"I was born {'' if re.match(r'(?:in|on|at) ', value) else 'in '}{value}"


_PARTICULARS: Final[tuple[tuple[frozenset[str], Callable[[str], str]], ...]] = (
    (frozenset({"from"}), "I am from {}".format),
    (frozenset({"works as", "work as"}), "I work as {}".format),
    (frozenset({"allergic to"}), "I am allergic to {}".format),
    (frozenset({"lives in", "live in"}), "I live in {}".format),
    (frozenset({"born", "born in"}), _born),
    (frozenset({"speaks"}), "I speak {}".format),
    (frozenset({"plays"}), "I play {}".format),
    (frozenset({"drives"}), "I drive {}".format),
    (frozenset({"name", "first name", "full name"}), "my name is {}".format),
    (frozenset({"age"}), lambda value: f"I am {value.split()[0]} years old"),
    (frozenset({"city", "location", "home", "country", "lives", "based"}), "I live in {}".format),
    (frozenset({"employer", "company"}), "I work at {}".format),
    (frozenset({"job", "occupation", "profession", "work", "role"}), "my job is {}".format),
    (frozenset({"allergies"}), _allergies),
    (frozenset({"diet"}), _diet),
    (frozenset({"language"}), "I speak {}".format),
)


def _told(sentence: str) -> Utterance:
    return Utterance(sentence, asks=False, told=True)


def _lowered(text: str) -> str:
    """Return a text whose first word, if it is an article or the like, begins in lower case."""
    return text[:1].lower() + text[1:] if _DETERMINER.match(text) else text
