"""Text as it is typed, put into the spelling that a parser was trained on.

Nothing here changes what is said: marks of direction and of layout go, short forms are written
out, capitals come back, slips of the keyboard and of the tongue are mended.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import islice
from typing import Final

from agent_memory_services.language.en.sentences import pieces, without_runs
from agent_memory_services.language.en.words import ANY_MONTH, ANY_WEEKDAY

_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_STRAIGHT: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "`": "'", "\u00b4": "'", "\u02bc": "'", "\u201c": '"',
        "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"', "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip
_STRUCK: Final = re.compile(r"~~[^~\n]{1,300}~~")
_MARKS: Final = (
    (re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]{1,600}?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<![\w_])(_{1,3})(?=[^\s_])([^_\n]{1,600}?)(?<=\S)\1(?![\w_])"), r"\2"),
    (re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,500}\)"), r"\1"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
)
_DASH: Final = re.compile("(?<!\\d) *[\u2013\u2014] *|[\u2013\u2014](?!\\d)")
_SPACES: Final = re.compile(r"[ \t]{2,}")
_RANGE: Final = re.compile("[\u2013\u2014]")

# Typed without an apostrophe; only spellings that are no other word.
_BARE: Final = {
    "im": "I am", "iam": "I am",
    "ive": "I have", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't",
    "cant": "can't", "isnt": "isn't", "wasnt": "wasn't", "arent": "aren't", "werent": "weren't",
    "havent": "haven't", "hasnt": "hasn't", "hadnt": "hadn't", "wouldnt": "wouldn't",
    "couldnt": "couldn't", "shouldnt": "shouldn't", "wont": "won't", "youre": "you're",
    "theyre": "they're", "thats": "that's", "whats": "what's", "shes": "she's", "hes": "he's",
    "aint": "ain't", "lets": "let's", "theres": "there's", "youve": "you've", "weve": "we've",
    "mums": "mum's",
}  # fmt: skip
# Of the keyboard and the chat: spelling -> word.
_SHORT: Final = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks",
    "bc": "because", "cuz": "because", "coz": "because", "cos": "because", "cause": "because",
    "w/": "with", "w/o": "without", "gf": "girlfriend", "bf": "boyfriend", "bff": "best friend",
    "hubby": "husband", "bday": "birthday", "b-day": "birthday", "yrs": "years", "yr": "year",
    "wks": "weeks", "wk": "week", "hrs": "hours", "mths": "months",
    "tmrw": "tomorrow", "tmr": "tomorrow", "tomoz": "tomorrow", "tonite": "tonight",
    "usualy": "usually", "shoud": "should",
    "prefered": "preferred", "diabtic": "diabetic", "vegitarien": "vegetarian", "familly": "family",
    "apartement": "apartment", "adress": "address", "birtday": "birthday", "birthdy": "birthday",
    "engeneer": "engineer", "enginer": "engineer", "docter": "doctor", "studing": "studying",
    "coffe": "coffee", "prefere": "prefer", "moter": "mother", "borther": "brother",
    "sistr": "sister",
    "dautgher": "daughter", "dauther": "daughter", "hubsand": "husband", "marrige": "marriage",
    "marryed": "married", "retierd": "retired", "yesturday": "yesterday", "yesterdy": "yesterday",
    "allways": "always", "nver": "never", "everday": "every day", "rn": "right now",
    "ppl": "people",
    "fav": "favorite", "fave": "favorite", "favs": "favorites", "favorit": "favorite",
    "abt": "about", "gonna": "going to", "wanna": "want to", "gotta": "have to",
    "kinda": "kind of", "dunno": "do not know", "y'all": "you", "alot": "a lot",
    "apt": "apartment", "appt": "appointment", "uni": "university", "sis": "sister",
    "bro": "brother", "grew-up": "grew up", "teh": "the", "maried": "married", "hve": "have",
    "hav": "have", "ahve": "have", "thre": "three", "wth": "with", "wiht": "with", "adn": "and",
    "thier": "their", "freind": "friend", "freinds": "friends", "recieve": "receive",
    "recieved": "received", "definately": "definitely", "tommorow": "tomorrow",
    "tommorrow": "tomorrow", "tomorow": "tomorrow", "becuase": "because", "becasue": "because",
    "beacuse": "because", "wich": "which", "untill": "until", "realy": "really",
    "restaraunt": "restaurant", "restaurent": "restaurant", "vegeterian": "vegetarian",
    "vegitarian": "vegetarian", "alergic": "allergic", "alergy": "allergy", "wrok": "work",
    "wokr": "work", "liek": "like", "lvie": "live", "moveing": "moving", "liveing": "living",
    "wierd": "weird", "collegue": "colleague", "collegues": "colleagues", "begining": "beginning",
    "calender": "calendar", "febuary": "February", "wendsday": "Wednesday",
    "wensday": "Wednesday", "thurday": "Thursday", "saterday": "Saturday", "i'am": "I am",
}  # fmt: skip
_SHORT_WORD: Final = re.compile(
    r"(?<![\w/'.@-])(?:" + "|".join(map(re.escape, sorted(_SHORT, key=len, reverse=True)))
    + r")(?![\w@/]|'(?!s\b))",
    re.IGNORECASE,
)  # fmt: skip
_BARE_WORD: Final = re.compile(r"(?<![\w'])(?:" + "|".join(_BARE) + r")(?![\w'])", re.IGNORECASE)
_HAVE_GOTTA: Final = re.compile(r"(?<=\w)(?: have|'ve|'s)? gotta\b", re.IGNORECASE)
_AM_GONNA: Final = re.compile(r"\b(I|we) (?:gonna|gunna)\b", re.IGNORECASE)
_AT: Final = re.compile(r"(?<=\w) @ ?(?=\w)")
_LETTER_ENDING: Final = re.compile(r"\b(\w{2,})in'(?!\w)")
_LONE_I: Final = re.compile(r"(?<![\w.'])i(?=(?:'(?:m|ve|d|ll))?(?:[\s,.!?;:)]|$))")
_NEGATIONS: Final = (
    (re.compile(r"\bcan't\b", re.IGNORECASE), "cannot"),
    (re.compile(r"\bwon't\b", re.IGNORECASE), "will not"),
    (re.compile(r"\bI ain't\b", re.IGNORECASE), "I am not"),
    (re.compile(r"\bain't\b", re.IGNORECASE), "is not"),
    (re.compile(r"\b(\w+)n't\b", re.IGNORECASE), r"\1 not"),
    (re.compile(r"'m\b", re.IGNORECASE), " am"),
    (re.compile(r"'re\b", re.IGNORECASE), " are"),
    (re.compile(r"'ve\b", re.IGNORECASE), " have"),
    (re.compile(r"'ll\b", re.IGNORECASE), " will"),
    (re.compile(r"\blet's\b", re.IGNORECASE), "let us"),
)
_HAD: Final = re.compile(
    r"'d(?= (?:(?:always|never|just|also|already|really|only|not) )?(?:better|been|had|gone|seen"
    r"|done|met|bought|made|taken|given|eaten|written|spoken|known|lost|left|[a-z]{2,}ed)\b)"
)
_WOULD: Final = re.compile(r"(?<=\w)'d(?= )", re.IGNORECASE)
_FILLERS: Final = re.compile(
    r",?[ ]?(?<![\w'-])(?:u+m+|u+h+m*|e+r+m*|hm+|mhm)(?![\w'-]),?(?=\s|$|[.?!])"
    r"|,\s*(?:like|you know|I mean|basically|honestly|literally|actually),"
    r"|,?[ ]?\b(?:oh )?what(?:'s| is| was| do you call| did they call) it"
    r"(?: called)?(?: again)?(?=[ ,]\w)"
    r"|(?<=\w) (?:like you know|you know like)(?= \w)|(?<=\w) you know"
    r"(?= (?:and|but|so|I|the|an?|my|our|at|in|on|with)\b)",
    re.IGNORECASE,
)
_STUTTER: Final = re.compile(
    r"\b(I|we|my|the|a|an|in|on|at|to|and|is|am|have|it)(?:,?\s+(?:\1))+\b", re.IGNORECASE
)
_AGAIN: Final = re.compile(
    r"\b((?:I|we|he|she|it|they)(?:'\w+| (?:am|are|have|has|is|was|will|had))(?: \w+)?"
    r"|my \w+ is),? \1\b",
    re.IGNORECASE,
)


# "We basically we homeschool them", "she she puts mayo on everything".
_REPEATED: Final = re.compile(
    r"\b((?:(?:that|and|so|but|because) )?(?:I|we|he|she|they)),? "
    r"(?:(?:basically|like|just|actually|really|you know|mean),? )?\1\b(?!')",
    re.IGNORECASE,
)


# "Moved form Gdansk": no noun stands there.
_FORM: Final = re.compile(
    r"(?<!\bthe)(?<!\ban)(?<!\ba)(?<!\bthis)(?<!\bthat)(?<!\bmy)(?<!tion) form "
    r"(?=[A-Z]\w|the |my |our )"
)


def _has_or_is(match: re.Match[str]) -> str:
    has = match.string[match.end() :].lower().startswith("got")
    return f"{match[1]} {'has' if has else 'is'} "


_WEEKDAYS: Final = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Weds": "Wednesday",
    "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_WEEKDAY: Final = re.compile(
    r"\b(?:"
    + "|".join(sorted(set(_WEEKDAYS) - {"Sat", "Sun"}, reverse=True))
    + r")\b\.?(?! [A-Z][a-z]+(?:'s|$))"
)
_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first", "twenty-second",
    "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh",
    "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
)  # fmt: skip
_NTH: Final = "|".join(sorted((each.replace("-", "[- ]") for each in _ORDINALS), key=len)[::-1])
_LATER_NTH: Final = "|".join(
    sorted((each.replace("-", "[- ]") for each in _ORDINALS[3:]), key=len)[::-1]
)
# "On the twelfth", "June first", "no wait the thirteenth": days, said aloud.
_ORDINAL: Final = re.compile(
    rf"(?P<before>\bon the |\b{ANY_MONTH} (?:the )?)(?P<nth>{_NTH})\b"
    r"(?! (?:day|floor|time|page|try))"
    rf"|(?P<the>\bthe )(?P<day>{_LATER_NTH})\b"
    rf"(?=$|[,.!?;\n]| (?:of {ANY_MONTH}|at|no|I|scratch)\b)",
    re.IGNORECASE,
)
_TEENS: Final = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
_THOUSAND: Final = re.compile(
    rf"\btwo thousand (?:and )?(?P<rest>{'|'.join(reversed(_TEENS))})\b", re.IGNORECASE
)


def _year(match: re.Match[str]) -> str:
    return str(2001 + _TEENS.index(match["rest"].lower()))


def _in_figures(match: re.Match[str]) -> str:
    said = (match["nth"] or match["day"]).lower().replace(" ", "-")
    number = _ORDINALS.index(said) + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    return f"{match['before'] or match['the']}{number}{ending}"


_TIMED_DAY: Final = re.compile(
    r"\b(?:(?<=every )|(?<=each ))(?:mon|tues?|weds?|thu|thurs?|fri|sat|sun)\b"
    r"|(?<=mon and )thu\b|(?<=tue and )thu\b|\b(?:mon|tues?|weds?|thu|thurs?|fri|sat"
    r"|sun)\b(?=,? (?:at |@ ?|the )?\d{1,2}(?:[:.]\d\d|[ap]m| ?[ap]m|st\b|nd\b|rd\b|th\b))"
    r"|\b(?:tues|weds|thurs?(?<!thu))\b|(?:(?<=\bon )|(?<=next )|(?<=this )|(?<=last ))"
    r"(?:mon|tue|wed|thu|fri)\b",
    re.IGNORECASE,
)
_RUN_ON: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"(?:^|(?<=[,.;!] ))were (?=an? )", re.IGNORECASE), "we are "),
    (
        re.compile(
            r"(?<![\w'])ill (?=(?:be|have|go|take|try|do|see|get|let|come|need|send|start|move)\b)",
            re.IGNORECASE,
        ),
        "I will ",
    ),
    (
        re.compile(r"(?<![\w'])id (?=(?:like|love|prefer|rather|say|go)\b)", re.IGNORECASE),
        "I would ",
    ),
    (
        re.compile(r"\b(I|we) (?:(?:just|really) )?(?:kind|sort) of (?=[a-z])", re.IGNORECASE),
        r"\1 ",
    ),
    (re.compile(r"\b(hate|love|like|dislike) it when\b", re.IGNORECASE), r"\1 when"),
    (
        re.compile(
            r"\b(my|our) (wife|husband|dog|cat|mom|mum|dad|brother|sister|son|daughter|boss)s"
            r" (?=(?:name|birthday|job|house|favou?rite)\b)",
            re.IGNORECASE,
        ),
        r"\1 \2's ",
    ),
    # "My partner's been away", "Dad's handed the keys to her": what is done, and no state.
    (re.compile(r"(?<=\w)'s (?=(?:been|got|had|come|gone|become)\b)", re.IGNORECASE), " has "),
    (
        re.compile(
            r"(?<=\w)'s (?=(?:handed|pinched|swapped|sold|quit|left|started|stopped|bought|moved"
            r"|given|taken|lost|found|made|changed|put|raised)"
            r" (?:the|my|our|his|her|their|an?|up|in|to)\b)",
            re.IGNORECASE,
        ),
        " has ",
    ),
    (
        re.compile(
            r"\b((?:my|our) (?:[\w-]+ )?[\w-]+)'s (?=(?:due|plot|number|size|back|out|off|over|now"
            r"|with|under|behind|near)\b)",
            re.IGNORECASE,
        ),
        r"\1 is ",
    ),
    (re.compile(r"(?<=\w)'s (?=(?:Dr|Mr|Mrs|Ms|Prof|Professor)\b\.? [A-Z])"), " is "),
    (re.compile(r"\btype ([12]) (?=diabet)", re.IGNORECASE), r"type-\1 "),
    (re.compile(r"\b(my (?:\w+ )?name)'?s (?=\w)", re.IGNORECASE), r"\1 is "),
    (re.compile(r"(?:^|(?<=[,.!] ))(?:the )?[Nn]ame's (?=[A-Z])"), "my name is "),
    (
        re.compile(
            r"\b((?:my|our) (?:\w+ )?(?:birthday|anniversary))'?s (?=on\b|in\b|the\b|\d|next"
            r"|tomorrow|today)",
            re.IGNORECASE,
        ),
        r"\1 is ",
    ),
    (
        re.compile(
            r"\b((?:my|our) (?:\w+ )?\w+)'s (?=(?:an?|the|not|from|in|at|called|getting|going"
            r"|turning|really|very|so) )",
            re.IGNORECASE,
        ),
        r"\1 is ",
    ),
    (
        re.compile(
            r"\b(my (?:mum|mom|dad|brother|sister|wife|husband|son|daughter))s (?=(?:got|a|an"
            r"|from|in|called|not|really|\w+ing)\b)",
            re.IGNORECASE,
        ),
        _has_or_is,
    ),
)
_CLOSERS: Final = re.compile(
    r"(?:[, \t]+(?:btw|lol|lmao|haha+|hehe+|tbh|imo|imho|fyi|ngl|xd|thx|ty|thanks|rn|though|tho"
    r"|you know|if that helps|if you please|if you must know|if you ask me"
    r"|just so you know|my mistake|my bad|silly me"
    r"|what am I saying))+(?=[.!?]?[ \t]*(?:\n|$))",
    re.IGNORECASE | re.MULTILINE,
)
_FEW_WORDS: Final = 2
_SHOUTED: Final = 12
_MOST_CAPITALS: Final = 0.8

_SUBJECT: Final = r"(?:I|we|my|our|he|she|they|it)\b"
_CUE: Final = re.compile(
    r"(?:,|\s-+|\s*\.{2,}|\s*\u2026|;| \()?\s?(?:(?<=\s)|(?<=\())(?:oh |ah |er |no "
    r"|well ){0,3}(?:no,? wait|wait,? no"
    r"|wait,? actually|(?:no,? )?(?:hang|hold) on|edit(?:ed)?:?|typo:?"
    r"|well,? (?:actually|technically|more like)(?:,? (?:it is|it's|that is|that's))?"
    r"|I mean|scratch that|correction|make that|or rather|sorry|oops|strike that|actually no"
    r"|no,? sorry|no,? actually|no, make that|nope|no, not that|my bad|I meant)"
    r"(?!\s+(?:for|about|(?<!wait )(?<!wait, no )to|if|but|that|it|this|not|so)\b)[,:.!]?\s+-*\s*"
    r"(?:(?:it is|it's|I meant|I mean|make that|actually|that is|to say),? )?",
    re.IGNORECASE,
)
# "O negative. No hang on, checked the card, A negative": said in a sentence of its own.
_CUE_APART: Final = re.compile(
    r"(?P<before>(?<![^.!?\n\u2026])[^.!?\n\u2026]+)(?:[.!?\u2026]+\s+|\n)(?:(?:oh|ah|er"
    r"|um)\b[, ]*)*"
    r"(?P<cue>(?:(?:no|nope|wait|hang on|hold on|sorry|oops|actually|correction|scratch that"
    r"|edit|typo"
    r"|I mean|I meant|make that|my bad|my mistake|strike that|misread"
    r"|ignore that)\b[:,.!]?[\s-]*)+)"
    r"(?P<after>[^.!?\n\u2026]+)",
    re.IGNORECASE,
)
_EXCUSE: Final = re.compile(
    r",? (?:\(|-+ )?(?:my (?:mistake|bad|fault)|misread|mistyped|typo|(?:I )?forgot (?:the|to"
    r"|my)|(?:I )?(?:just )?checked"
    r"|got (?:it|that|them) (?:wrong|mixed up)|what am I saying|silly me)\b[^.!?\n]*",
    re.IGNORECASE,
)
_SOMETHING_ELSE: Final = re.compile(
    r"that(?:'s| is| was) [^,]{2,40}, (?:it|he|she)(?:'s| is(?= \w+ing))? ?(?P<rest>\w.*)$",
    re.IGNORECASE,
)
_WHOSE: Final = re.compile(r"\b(?P<who>(?:the|my|our) [\w -]+?)(?:'s| is| was) ", re.IGNORECASE)
_MOST_MEANT: Final = 4
_SOME_OTHER: Final = re.compile(
    r"(?:an?|in|on|at|to|from|with|for) (?!moment|sec|bit|minute|all\b|fact|least|second|lot)"
    r"[\w'-]+(?: [\w'-]+)?$",
    re.IGNORECASE,
)
_NAMED_SUBJECT: Final = re.compile(
    r"\s*(?P<who>(?:my|our) [\w' -]+?)(?:'s| is| was| are| were| has| have) ", re.IGNORECASE
)
_PRONOUN: Final = re.compile(r"(?:he|she|it|they)(?P<is>'s| is)? ", re.IGNORECASE)
_MOST_REPAIRS: Final = 8
_STOPS: Final = ".!?\n;"
_LONGEST_REPAIRED: Final = 400
_CLASSES: Final = (
    re.compile(rf"\b{ANY_WEEKDAY}\b", re.IGNORECASE),
    re.compile(rf"\b{ANY_MONTH}\b", re.IGNORECASE),
    re.compile(r"\b(?:yesterday|today|tomorrow|tonight)\b", re.IGNORECASE),
    re.compile(
        r"(?<![\w.])[$\u20ac\u00a3]?\d[\d.,:]*(?:[ap]m|k|st|nd|rd|th)?(?!\w)|\b(?:one|two|three|four|five"
        r"|six|seven|eight|nine"
        r"|ten|eleven|twelve|twenty|thirty|forty|fifty)\b",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)(?=\w*\d)(?=\d*[A-Z])[A-Z\d]{2,}(?!\w)"),
    re.compile(r"(?<![.!?] )(?<!^)(?<![\w'])(?!I\b)[A-Z][\w'-]*(?: [A-Z][\w'-]+)*"),
)
_NAMED_LAST: Final = re.compile(r"\b(?:called|named|name is) (?P<name>[\w'-]+)$", re.IGNORECASE)
_NEW_NAME: Final = re.compile(
    r"(?!(?:I|we|he|she|they|it|that|not|my|the|an?|everybody|everyone)\b)[\w'-]+"
    r"(?=$| (?:everybody|everyone|and|but|we|I|people|he|she)\b)",
    re.IGNORECASE,
)
_PREPOSITION: Final = re.compile(
    r"^(?:in|on|at|to|from|for|with|by|near|since|until|after|before|about|as)\b", re.IGNORECASE
)


def mended(text: str) -> str:
    """Return a text in plain spelling, with short forms written out and repairs carried out."""
    return "".join(map(_mended, pieces(without_runs(text))))


def _mended(text: str) -> str:
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_STRAIGHT)
    text = _STRUCK.sub("", text)
    for pattern, replacement in _MARKS:
        text = pattern.sub(replacement, text)
    text = _RANGE.sub("-", _DASH.sub(" - ", _SPACES.sub(" ", text)))
    text = _quietened(text)
    text = _HAVE_GOTTA.sub(" have to", _AM_GONNA.sub(r"\1 am going to", text))
    text = _LETTER_ENDING.sub(r"\1ing", text)
    text = _SHORT_WORD.sub(lambda match: _like(match[0], _SHORT[match[0].lower()]), text)
    text = _BARE_WORD.sub(lambda match: _like(match[0], _BARE[match[0].lower()]), text)
    text = _AT.sub(" at ", _LONE_I.sub("I", text))
    for pattern, replacement in _NEGATIONS:
        text = pattern.sub(replacement, text)
    text = _ORDINAL.sub(_in_figures, _THOUSAND.sub(_year, text))
    for same in _CLASSES[:2]:
        text = re.sub(
            rf"(?:{same.pattern}),? no,? (?={same.pattern})", "", text, flags=re.IGNORECASE
        )
    text = _TIMED_DAY.sub(lambda match: _WEEKDAYS[match[0].capitalize()], text)
    text = _WEEKDAY.sub(lambda match: _WEEKDAYS[match[0].rstrip(".")], text)
    text = _WOULD.sub(" would", _HAD.sub(" had", text))
    for run_on, written in _RUN_ON:
        text = run_on.sub(written, text)
    text = _STUTTER.sub(r"\1", _AGAIN.sub(r"\1", _FILLERS.sub("", text)))
    text = _FORM.sub(" from ", _REPEATED.sub(r"\1", text))
    text = _CLOSERS.sub("", text)
    return _repaired(text)


def _quietened(text: str) -> str:
    """Return a text that is all capitals in lower case, sentence by sentence."""
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) < _SHOUTED:
        return text
    if sum(map(str.isupper, letters)) < _MOST_CAPITALS * len(letters):
        return text
    return re.sub(r"(^|[.!?\n]\s*)([a-z])", lambda match: match[1] + match[2].upper(), text.lower())


def _like(written: str, word: str) -> str:
    return word[:1].upper() + word[1:] if written[:1].isupper() else word


def _repaired(text: str) -> str:
    """Carry repairs out: "on Friday, no wait, Saturday" means Saturday."""
    text = _CUE_APART.sub(_repaired_apart, text)
    for _ in range(_MOST_REPAIRS):
        cues = list(islice(_CUE.finditer(text), _MOST_REPAIRS))
        changed = next(filter(None, map(_one_repaired, cues)), "")
        if not changed:
            break
        text = changed
    return text


def _repaired_apart(match: re.Match[str]) -> str:
    """Return a sentence with what the next one puts right in it; both where that is nothing."""
    before, after = match["before"], match["after"]
    pronoun, named = _PRONOUN.match(after), _NAMED_SUBJECT.match(before)
    taken_back = re.search(r"wait|hang|hold|scratch|correction|strike", match["cue"], re.IGNORECASE)
    if pronoun and named and taken_back:
        return f"{named['who']}{' is' if pronoun['is'] else ''} {after[pronoun.end() :]}"
    for part in re.split(r",\s+", after):
        said = re.sub(
            r"^(?:it is |it's |that is )?(?:the (?=\d))?|,? actually$", "", part.strip(" ,-)")
        )
        short = said and len(said.split()) <= _MOST_MEANT
        same = short and (
            _SOME_OTHER.match(said) or any(kind.match(f" {said}", 1) for kind in _CLASSES)
        )
        meant = _replaced(before, said) if same else None
        if meant is not None:
            return meant
    return match[0]


def _one_repaired(cue: re.Match[str]) -> str:
    """Return a text with one repair carried out, or nothing where there is none."""
    text = cue.string
    floor, ceiling = max(0, cue.start() - _LONGEST_REPAIRED), cue.end() + _LONGEST_REPAIRED
    start = max(text.rfind(stop, floor, cue.start()) for stop in _STOPS) + 1
    ends = [at for stop in _STOPS if (at := text.find(stop, cue.end(), ceiling)) >= 0]
    end = min([*ends, len(text)])
    before, after = text[start : cue.start()], text[cue.end() : end].strip(" ,-")
    if not after or len(before.split()) < _FEW_WORDS:
        return ""
    other = _SOMETHING_ELSE.match(after)
    whose = _WHOSE.search(before) if other else None
    if other and whose:
        # Of a flight at 6:10: no wait, that's boarding, it leaves at 6:55.
        meant: str | None = f"{before[: whose.start()]}{whose['who']} {other['rest']}"
    elif re.match(_SUBJECT, after, re.IGNORECASE):
        # Said anew from its subject on; what was said before no longer counts.
        polite = re.search(r"(?:sorry|oops)\W*$", cue[0], re.IGNORECASE)
        meant = None if polite else f" {after}" if start else after
    else:
        meant = _replaced(before, _EXCUSE.sub("", after).strip(" )"))
    return "" if meant is None else f"{text[:start]}{meant}{text[end:]}"


_PUTS_RIGHT: Final = re.compile(
    r"\b(?:no|nope|sorry|oops|wait|actually|I mean|I meant|make (?:it|that)|correction|rather"
    r"|scratch that|not|wrong|typo|mistake|my bad|mixed? (?:it|that|them) up|changed|moved|pushed"
    r"|now)\b",
    re.IGNORECASE,
)
_AROUND: Final = re.compile(
    r"^(?:(?:no|nope|sorry|oops|oh|ah|er|um|well|wait|actually|hang on|i mean|i meant|make (?:it"
    r"|that)|it should be|(?:it is|it's|that is|that's)(?: (?:spelled|spelt|called|written))?"
    r"|should be|correction|rather|duh|just)\b[,:.!]?"
    r" *)*|(?:,? (?:actually|now|sorry|i mean|i meant|rather|these days|please|instead|to be exact"
    r"|not \w+))+$",
    re.IGNORECASE,
)
_DENIES: Final = re.compile(r"\bnot (?:an? |the |on |in |at |to )*(?P<old>[\w'-]+)", re.IGNORECASE)
_APART: Final = re.compile(r"[.,;!?]+\s+|\s-+\s")
_EXCUSES: Final = re.compile(
    r"(?:I )?(?:always|keep|forgot|mix|mixed|misread|misspoke|got|my (?:mistake|bad)|silly|typo"
    r"|sorry)\b",
    re.IGNORECASE,
)
_LONGEST_RIGHT: Final = 200


def put_right(before: str, after: str) -> tuple[str, str] | None:
    """Return a statement with what a later remark puts right in it, and the rest of the remark.

    Args:
        before: What was stated: "I've got two cats".
        after: What is said of it then: "Three actually, I forgot the kitten".
    """
    if len(after) > _LONGEST_RIGHT or _PUTS_RIGHT.search(after) is None:
        return None
    parts = [part.strip(" .,!") for part in _APART.split(after)]
    denied = _DENIES.search(after)
    for at, part in enumerate(parts):
        said = _AROUND.sub("", _AROUND.sub("", part)).strip(" ,")
        bare = re.sub(r"^(?:the|in|on|at|to|an?) (?=\S)", "", said)
        if not said or len(said.split()) > _MOST_MEANT or (denied and denied["old"] == bare):
            continue
        kinds = [
            kind
            for kind in _CLASSES
            if (whole := kind.match(f" {bare}", 1)) and (whole.end() == len(bare) + 1)
        ]
        old = denied["old"] if denied and denied["old"] in before.split() else ""
        names = [
            name
            for name in _CLASSES[-1].finditer(before)
            if not any(kind.fullmatch(name[0]) for kind in _CLASSES[:-1])
        ]
        if kinds and kinds[0] is _CLASSES[-1] and names and not old:
            # Of "to Ghent in May", the month is another kind of name.
            meant: str | None = f"{before[: names[-1].start()]}{bare}{before[names[-1].end() :]}"
        elif kinds and old:
            meant = re.sub(rf"\b{re.escape(old)}\b", bare, before)
        else:
            meant = _replaced(before, bare) if kinds and kinds[0].search(before) else None
        if meant and meant != before:
            more = [one for one in parts[at + 1 :] if " " in one and _EXCUSES.match(one) is None]
            return meant, ". ".join(more)
    return None


def _replaced(before: str, after: str) -> str | None:
    named = _NAMED_LAST.search(before)
    if named and _NEW_NAME.match(after):
        return f"{before[: named.start('name')]}{after}"
    preposition = _PREPOSITION.match(after)
    if preposition:
        found = list(re.finditer(rf"\b{preposition[0]}\b", before, re.IGNORECASE))
        return f"{before[: found[-1].start()]}{after}" if found else None
    first = after.split(maxsplit=1)[0]
    for kind in _CLASSES:
        if kind.match(f" {first}", 1) is None:
            continue
        found = list(kind.finditer(before))
        if found:
            last = found[-1]
            rest = after[len(kind.match(f" {after}", 1)[0]) :]  # type: ignore[index]
            return (
                f"{before[: last.start()]}{after}"
                if rest
                else (f"{before[: last.start()]}{after}{before[last.end() :]}")
            )
    words, new = before.split(), after.split()
    article = new[0].lower() in {"a", "an", "the", "my", "our"}
    if article:
        at = [i for i, word in enumerate(words) if word.lower() in {"a", "an", "the", "my", "our"}]
        return " ".join((*words[: at[-1]], *new)) if at else None
    short = len(new) <= _FEW_WORDS and len(words) > len(new) + 1
    return " ".join((*words[: -len(new)], *new)) if short else None
