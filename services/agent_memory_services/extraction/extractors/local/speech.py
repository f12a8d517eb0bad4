"""The words that a speaker stands behind: no code, quotation, paste, mail, lyrics or play."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from agent_memory_services.extraction.extractors.local.words import any_of
from agent_memory_services.language.en.mending import mended
from agent_memory_services.language.en.sentences import without_runs

QUOTED: Final = "\ue000"
"""Placeholder for quoted words; a statement around it is not the speaker's own."""

ITEM: Final = "\ue002"
"""Mark before an item that stood on a line of its own under its heading."""

UNBROKEN: Final = "\u2060"
"""Mark behind a full stop within an item, where no sentence ends."""

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_MARKUP = re.compile(r"<(\w+)[^<>\n]{0,200}>.{0,5000}?</\1>", re.DOTALL)
_LAYOUT = re.compile(
    r"</?(?:b|i|em|strong|u|br|span|mark|small|big|font|h[1-6])\b[^<>\n]{0,100}>",
    re.IGNORECASE,
)
_ALL_CODE = re.compile(r"^\s*`(?:I|My|We)\b[^`\n]*`\s*$", re.IGNORECASE)
_INLINE_CODE = re.compile(r"`([^`\n]*)`")
_LINK = re.compile(r"https?://\S+")
_PICTOGRAPH = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]|(?<!\\w)[:;]-?[)(DPp](?!\\w)|<3"
)
_NOT_PROSE = re.compile(
    r"^\s*(?:>|//|/\*|#!)|[;{}]\s*$|=>|==|^\s*(?:def|class|import|from|return|SELECT|INSERT"
    r"|#include"
    r"|Traceback)\b(?! [A-Z])"
    r"|^\s*(?:\w+Error|File \"|at \w+\.)|^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
)
_HEADING: Final = re.compile(r"[A-Za-z][^.!?;:=\n]{1,60}:?$")
_MARKER: Final = re.compile(r"(?<!\S)\(?(?P<mark>[1-9]|[a-i](?=\)))[.)]\s+(?=\S)")
_DASH: Final = re.compile(r"^[ \t]*(?P<sign>[-*\u2022\u2013]) \S", re.MULTILINE)
_ARROW: Final = re.compile(r"(?<=\w) ?(?:-+>|\u2192) ?(?=\w)")
_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n")
_MOST_PARTS: Final = 60
_LONGEST_REQUEST: Final = 40
_FEWEST_LINES: Final = 4
_FEWEST_IN_VERSE: Final = 2
_MOST_IN_VERSE: Final = 13
# Endings of grammar rather than of sound.
_NO_RIMES: Final = frozenset({"", "e", "es", "ed", "er", "ers", "ing", "ings", "y", "ies", "en"})
_LONGEST_ITEM: Final = 14
_MOST_ITEMS: Final = 40
_MOST_HEADING_WORDS: Final = 9
_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013]|\(?\d+[.)]|\(?[a-i]\)|\[[ xX]\])\s+")

# "Translate this: ..." and "Here is my essay: ..." give text to work on, not facts.
_TASKS = (
    r"translat\w*|rewrit\w*|reword\w*|rephras\w*|paraphras\w*|summari[sz]\w*|proofread\w*|correct"
    r"|edit|fix|improve|polish|shorten|classify|analy[sz]e|review|grade|check|parse|repl(?:y"
    r"|ying) to"
    r"|respond(?:ing)? to|answer(?:ing)? this|critique|explain this|make this"
)
_WORKS = (
    r"essay|e-?mail|letter|paragraph|sentence|story|poem|text|article|says|said|writes|wrote|asks"
    r"|solve|riddle|puzzle|prompt|draft|bio|biography|abstract|script|dialogue|tweet|caption"
    r"|transcript|conversation|following|lyrics?|lines?|verse|chorus|song|quote|quotation"
    r"|review|post"
    r"|comment|ad|advert|listing|testimonial|cover letter|cv|resume|speech|monologue|message|chat"
    r"|passage|excerpt|chapter|diary|entry|note|goes|go|sings?|(?<!I )(?<!we )reads?|novel"
    r"|character"
)
_PASTED = re.compile(
    rf"\b(?:{_TASKS}|{_WORKS})\b[^.!?\n]*?:(?=\s)|^(?:please )?(?:{_TASKS})\b[^.!?\n]*[.?!]?\n",
    re.IGNORECASE | re.MULTILINE,
)
_POINTED = re.compile(
    r"\b(?:this|the following|the below|that|these)(?: \w+){0,2} (?:essay|e-?mail|letter|paragraph"
    r"|sentence|story|poem|text|article|tweet|caption|transcript|lyrics?|verse|song|quote"
    r"|review|post"
    r"|comment|ad|advert|listing|testimonial|bio|message|passage|excerpt|draft|statement"
    r"|translation"
    r"|riddle|prompt|dialogue|chat|conversation)\b[^.!?\n]*[?:](?=\s)"
    r"|\b(?:reply|respond|answer) to (?:this|him|her|them|it)\b[^.!?\n]*[.?!:]?(?=\s*\n)"
    r"|\b(?:is|does|are|do) (?:this|these|the following)(?: \w+){0,3} (?:correct|grammatical|ok"
    r"|okay"
    r"|sound right|make sense|sound)\b[^.!?\n]*[?:](?=\s)",
    re.IGNORECASE,
)
_PLAY = re.compile(
    r"^\W*(?:(?:ok|okay|so|now|hey|hi|please|well|and)\b\W*)*(?:let us (?:play|pretend|imagine"
    r"|role|do an? (?:\w+ )?(?:role|scene|mock|practice|improv|skit|sketch|interview))"
    r"|let(?:'s| us) say|role[- ]?play|you are (?:a|an|my|the) (?!bit|little|lot|genius|star"
    r"|legend|life|great|good|huge|real|wonderful|big|true|best|star|angel|saint)"
    r"|you will be (?:a|an|my|the)\b|(?:I want you to |please |can you |could you )?(?:act"
    r"|behave|respond|talk) (?:as|like)\b"
    r"|pretend|imagine|picture this|suppose|assume|hypothetically"
    r"|in (?:this|the|my) (?:story|scenario|game|novel|scene|campaign|dream)|scenario\b"
    r"|in character\b|(?:please )?play (?:an?|the) (?!song|game|record|video|track|film|movie|tune"
    r"|round|match|piece|bit|clip|playlist|album|joke|trick|part\b(?! of))"
    r"(?:[\w-]+ ){0,2}[\w-]+$|once upon a time|as the narrator\b"
    r"|you are (?-i:(?!(?:Welcome|Right|OK|Okay|So|Very)\b)[A-Z][a-z]+(?: [A-Z][a-z]+)*)(?:,|$)"
    r"|I am (?:writing|working on) (?:an? |my |the )?(?:\w+ )?(?:novel|story|script|screenplay"
    r"|poem|play)\b.*\b(?:first person|narrator)\b)",
    re.IGNORECASE,
)
_MAIL_BEGINS: Final = re.compile(
    r"^[ \t]*(?:(?:hello|hi|hey|dear|good (?:morning|afternoon|evening))\b[^.!?\n]{0,40}[,:]?"
    r"[ \t]*$"
    r"|(?:from|to|subject|sent|date|cc)\s*:\s*\S|on .{3,60} wrote:|-+ ?(?:original"
    r"|forwarded) message)",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_ENDS: Final = re.compile(
    r"^[ \t]*(?:(?:best|kind|warm|many)? ?(?:regards|wishes)|best|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)"
    r"|cheers|thanks|thank you|many thanks|love|cordially|take care|xo+"
    r"|respectfully)\s*[,.!]?[ \t]*(?:\n?[ \t]*[\w .'-]{1,40}[ \t]*$|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_LETTER: Final = re.compile(
    r"(?<!\S)(?:Dear|To whom it may concern|Hi|Hello)\b[^.!?\n]{0,40}?[,:] (?=\S)", re.IGNORECASE
)
_LETTER_ENDS: Final = re.compile(
    r"(?<!\S)(?:(?:best|kind|warm(?:est)?|many)? ?(?:regards|wishes)|sincerely(?: yours)?"
    r"|yours(?: (?:sincerely|faithfully|truly))?|respectfully|cordially)\s*,\s*"
    r"(?:[A-Z][\w.'-]*\s*){1,3}[.!]?",
    re.IGNORECASE,
)
_TEXTS: Final = (
    r"(?:(?:cover )?letter|e-?mail|essay|paragraph|sentence|story|poem|text|article|tweet|caption"
    r"|lyrics?|verses?|song|rhyme|quote|quotation|review|post|ad|advert|listing|testimonial|bio"
    r"|message|passage|excerpt|chapter|draft|statement|translation|riddle|dialogue|monologue"
    r"|script|speech|cv|resume|abstract|note|wording|piece|diary|entry|reply|toast|eulogy|joke)"
)
_POINTS_BACK: Final = re.compile(
    rf"\b(?:this|that|these|those|the (?:above|following)) (?:\w+ ){{0,2}}?{_TEXTS}s?\b"
    r"|\b(?:does|do|would|will) (?:this|that|it|these) (?:\w+ )?(?:sound|read|look|work|make sense"
    r"|flow|scan|rhyme|come across)\b|\b(?:is|are|was) (?:this|that|it) (?:\w+ )?(?:correct"
    r"|grammatical(?:ly correct)?|good english|proper english|too (?:long|formal|informal|rude"
    r"|blunt|much)|well written|genuine|fake|spam|a scam|plagiari[sz]ed)\b"
    rf"|\b(?:{_TASKS}|tidy|tighten|simplify|format|finish|continue|rate|judge) (?:this|that"
    r"|these|the above|it)\b"
    r"|\b(?:who|which \w+) (?:wrote|writes|said|sang|sings|composed|is singing) (?:this|that|it)\b"
    r"|\bwhat (?:does|do|is|did) (?:this|that|these|it)(?: \w+)? (?:mean|from|about)\b"
    r"|\b(?:this|that|it) (?:is|comes) from (?:an? )?(?:\w+ )?(?:poem|song|book|novel|film|movie"
    r"|play)\b",
    re.IGNORECASE,
)
_GIVES_TEXT: Final = re.compile(
    rf"\b(?:got|received|found|wrote|sent me|forwarded me|texted me|emailed me) (?:me )?(?:this|the"
    rf"|these) (?:\w+ ){{0,2}}?(?:{_TEXTS})s?\b|\b(?:wrote|sent|texted|emailed|messaged) me (?:this"
    rf"|the following)\b|\b(?:my|the|a|our|his|her) (?:\w+ ){{0,2}}?{_TEXTS}s?(?: (?:for|so far"
    rf"|about|from) [\w' ]{{1,40}})?$|^(?:\w+ )?{_TEXTS} for (?:my|an?|the) "
    rf"|^(?:please )?(?:{_TASKS})\b",
    re.IGNORECASE,
)
_CHAT_LINE: Final = re.compile(
    r"^[ \t]*(?:[\[(]?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? *(?:at )?\d{1,2}:\d\d"
    r"(?::\d\d)?(?: ?[ap]m)?[\])]? *(?:-+ *)?|[\[(]\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?[\])] *)?"
    r"<?(?P<who>[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,2}|\+?\d[\d ]{6,})>?(?: \(\d{1,2}:\d\d\))?"
    r" ?: \S.*$",
    re.MULTILINE | re.IGNORECASE,
)
_TWO: Final = 2
_ADDRESSES: Final = re.compile(
    r"\b(?:I|you|your|we|me|let's|lol|ich|je|yo|eu|io|ik|du|tu)\b|[?!]\s*$|\bI'", re.IGNORECASE
)
_STAMPED: Final = re.compile(
    r"^[ \t]*[\[(]?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? *)?\d{1,2}:\d\d(?::\d\d)?"
    r"(?: ?[ap]m)?[\])]? *(?:- *)?[^:\n]{1,40}: ",
    re.IGNORECASE,
)
_DOUBLE = re.compile(r'"([^"\n]{1,600})"')
_MANY_LINES = re.compile(r'"[^"]{3,2000}"', re.DOTALL)
_SINGLE = re.compile(r"(?<![\w'])'(?=\w)([^'\n]{1,300}(?:'\w[^'\n]{0,300}){0,5})'(?![\w])")
_SPEECH_BEFORE = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|ask(?:s|ed)?|t(?:ell|ells|old)|quotes?|goes|went|was like|is like"
    r"|repl(?:y|ies|ied)|yell(?:s|ed)|shout(?:s|ed)|means?|translate|wrote|texted)\b[^.!?]{0,30}$",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"\b(?:stop|never|not|avoid|no more) (?:\w+ )?(?:saying|say|using|use|writing"
    r"|write)\b[^.!?]{0,20}$",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:I|me|my|we|you|your|he|she|they)\b", re.IGNORECASE)
_TITLE_WORDS, _SHORT_TITLE_WORDS = 8, 3


def own_words(text: str) -> str:
    """Return the prose a speaker stands behind, with short forms written out.

    Quoted titles stay in double quotes; quoted speech becomes `QUOTED`.
    """
    text = _LAYOUT.sub("", without_runs(text))
    if _ALL_CODE.match(text):
        text = text.strip(" `")
    text = _LINK.sub(" ", _MARKUP.sub(" ", _FENCE.sub("\n", text)))
    text = _INLINE_CODE.sub(_short_code, text)
    text = _without_mail(_without_chat(_ARROW.sub(": ", text)))
    # An apostrophe and a single quotation mark look alike until short forms are gone.
    text = mended(text)
    text = _DOUBLE.sub(_title_or_speech, text)
    text = _MANY_LINES.sub(lambda match: QUOTED if "\n" in match[0] else match[0], text)
    text = _SINGLE.sub(_title_or_speech, text)
    text = _without_verse(_without_material(_without_pasted(text)))
    text = _with_heading(_on_lines(text))
    lines = (_BULLET.sub("", line) for line in text.split("\n") if not _NOT_PROSE.search(line))
    return _PICTOGRAPH.sub(" ", "\n".join(lines)).strip()


def _with_heading(text: str) -> str:
    """Write short items under a heading such as "My pets:" on the line of the heading."""
    lines, found = text.split("\n"), list[str]()
    place = 0
    while place < len(lines):
        items = _items_under(lines, place)
        head = lines[place].rstrip()
        if items:
            found.append(f"{head.rstrip(' :-')}:{ITEM}{ITEM.join(items)}")
        else:
            found.append(head)
        place += 1 + len(items)
    return "\n".join(found)


def _on_lines(text: str) -> str:
    """Write the items of "Three books: 1) Pachinko 2) Circe" on lines of their own."""
    dashes = list(_DASH.finditer(text))
    if len(dashes) == 1:
        # "- live in Oslo - work at Equinor": no line beside it is an item, too.
        sign = dashes[0]["sign"]
        head, tail = text[: dashes[0].start()], text[dashes[0].start() :]
        text = head + re.sub(rf"(?<=\S) {re.escape(sign)} (?=\S)", f"\n{sign} ", tail)
    return "\n".join(map(_numbered_apart, text.split("\n")))


def _numbered_apart(line: str) -> str:
    """Break a line before each of its items, where they are counted from the first on."""
    first: list[re.Match[str]] = []
    for marker in _MARKER.finditer(line):
        mark = marker["mark"]
        begins = mark in {"1", "a"}
        follows = first and ord(mark) == ord(first[-1]["mark"]) + 1
        if (begins and not first) or follows:
            first.append(marker)
    ends = [*(one.start() for one in first[1:]), len(line)] if first else []
    if len(first) < _TWO or not all(
        any(sign.isalpha() for sign in line[one.end() : end])
        for one, end in zip(first, ends, strict=True)
    ):
        return line
    starts = [0, *(one.start() for one in first), len(line)]
    return "\n".join(part for a, b in pairwise(starts) if (part := line[a:b].strip()))


def _items_under(lines: Sequence[str], place: int) -> list[str]:
    """Return the items of a list whose heading is at a place; nothing where there is none."""
    heading, following = lines[place].strip(), lines[place + 1 : place + 1 + _MOST_ITEMS]
    if not _HEADING.match(heading) or _BULLET.match(heading):
        return []
    if not following or len(heading.split()) > _MOST_HEADING_WORDS:
        return []
    bulleted = _BULLET.match(following[0]) is not None
    if not bulleted and not heading.endswith((":", " -")):
        return []
    found = []
    for line in following:
        item = _BULLET.sub("", line).strip()
        if bulleted != (item != line.strip()) or not item or len(item.split()) > _LONGEST_ITEM:
            break
        if not bulleted and item.endswith((".", "!", "?", ":")):
            break
        found.append(item.replace(". ", f".{UNBROKEN} "))
    return found


def begins_play(sentence: str) -> bool:
    """Return true if a sentence sets a scene; what follows it is play, too."""
    return _PLAY.match(sentence) is not None


def _is_particular(key: str) -> bool:
    return re.fullmatch(any_of("particulars"), key.strip().lower()) is not None


def _short_code(match: re.Match[str]) -> str:
    code = match[1].strip()
    return code if re.fullmatch(r"[\w.+#-]+", code) else QUOTED


def _title_or_speech(match: re.Match[str]) -> str:
    words = match[1].split()
    capitalised = sum(word[:1].isupper() or word[:1].isdigit() for word in words)
    short = len(words) <= _SHORT_TITLE_WORDS or (
        len(words) <= _TITLE_WORDS and 2 * capitalised >= len(words)
    )
    spoken = _SPEECH_BEFORE.search(match.string, 0, match.start())
    if spoken and short and _FORBIDDEN.search(match.string, 0, match.start()):
        return f'"{match[1]}"'
    if not words or not short or spoken or (_PERSON.search(match[1]) and not _titled(words)):
        return QUOTED
    return f'"{match[1]}"'


def _titled(words: list[str]) -> bool:
    return len(words) > 1 and all(word[:1].isupper() for word in words)


def _without_pasted(text: str) -> str:
    pasted = [match for match in (_PASTED.search(text), _POINTED.search(text)) if match]
    if not pasted:
        return text
    first = min(pasted, key=lambda match: match.start())
    return f"{text[: first.start()]}{QUOTED}"


def _without_chat(text: str) -> str:
    """Leave the lines of a pasted chat out: two or more, with speakers of different names."""
    lines = text.split("\n")
    stamped = [bool(_STAMPED.match(line)) for line in lines]
    named = [_CHAT_LINE.match(line) for line in lines]
    speakers = {
        match["who"].lower() for match in named if match and not _is_particular(match["who"])
    }
    spoken = [match for match in named if match and not _is_particular(match["who"])]
    # "GP: Dr Mehta" under "Blood group: A" is a list: in a chat somebody addresses somebody.
    talk = sum(_ADDRESSES.search(match[0]) is not None for match in spoken)
    if not any(stamped) and (len(speakers) < _TWO or 2 * talk < len(spoken)):
        return text
    kept, inside = [], False
    for line, stamp, match in zip(lines, stamped, named, strict=True):
        inside = bool(stamp or match) or (inside and bool(line.strip()))
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def _without_mail(text: str) -> str:
    """Leave a pasted mail out, from its greeting to its close."""
    ends = _MAIL_ENDS.search(text)
    begins = _MAIL_BEGINS.search(text)
    if begins is None or ends is None or ends.start() <= begins.start():
        return text
    behind = text[ends.end() :]
    if ":" not in begins[0] and not text[: begins.start()].strip() and not _is_task(behind):
        # Written to the listener: nothing says that it is somebody else's.
        return text
    return f"{text[: begins.start()]}\n{behind}"


def _is_task(text: str) -> bool:
    """Return true if a text asks about another that stands beside it."""
    return _POINTS_BACK.search(text) is not None


def _without_material(text: str) -> str:
    """Leave out what stands beside a request about it: "Is this letter too formal?".

    A request before a text takes all that follows, one behind it all that comes before.
    """
    ends = _LETTER_ENDS.search(text)
    begins = _LETTER.search(text, 0, ends.start()) if ends else None
    if ends is not None and begins is not None and _is_task(text[ends.end() :]):
        return f"{text[: begins.start()]}\n{text[ends.end() :]}"
    parts = [part for part in _PARAGRAPHS.split(text) if part.strip()]
    if len(parts) < _TWO:
        parts = [part for part in text.split("\n") if part.strip()]
    if len(parts) < _TWO or len(parts) > _MOST_PARTS:
        return text
    if _is_request(parts[0]):
        return f"{parts[0].rstrip(' .:')} {QUOTED}"
    return f"{QUOTED}\n{parts[-1]}" if _is_task(parts[-1]) else text


def _is_request(part: str) -> bool:
    """Return true if a part gives what follows it as a text to talk about."""
    last = part.rstrip(" .!?:").rsplit("\n", 1)[-1]
    last = re.split(r"[.!?] ", last)[-1]
    return len(part.split()) <= _LONGEST_REQUEST and (
        _is_task(last) or _GIVES_TEXT.search(last) is not None
    )


def _without_verse(text: str) -> str:
    """Leave verse out: four lines or more, short and unpunctuated as prose is not, that rhyme."""
    lines = text.split("\n")
    kept: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        words_ = len(line.split())
        if (
            _FEWEST_IN_VERSE <= words_ <= _MOST_IN_VERSE
            and not _BULLET.match(line)
            and (":" not in line)
        ):
            block.append(line)
            continue
        kept += [QUOTED] if _is_verse(block) else block
        kept.append(line)
        block = []
    return "\n".join(kept[:-1])


def _is_verse(lines: Sequence[str]) -> bool:
    if len(lines) < _FEWEST_LINES:
        return False
    rimes = [_rime(line) for line in lines]
    rhymed = sum(
        any(rime and rime == other and word != last for other, last in rimes[at + 1 : at + 3])
        for at, (rime, word) in enumerate(rimes)
    )
    again = len(lines) - len({line.strip(" ,.!").lower() for line in lines})
    run_on = sum(line.rstrip().endswith((",", ";")) for line in lines) >= _TWO
    stopped = sum(line.rstrip().endswith((".", "!", "?")) for line in lines)
    return rhymed + again + run_on - (2 * stopped > len(lines)) >= max(_TWO, len(lines) // 4)


def _rime(line: str) -> tuple[str, str]:
    """Return the sound that a line ends with, roughly, and its last word."""
    found = re.findall(r"[a-z']+", line.lower())
    word = found[-1] if found else ""
    rime = re.search(r"[aeiouy]+[^aeiouy]*(?:(?<=[^aeiouy])e)?$", word)
    return ("" if rime is None or rime[0] in _NO_RIMES else rime[0], word)
