"""Removal of text that is not the speaker's own: code, quotations, pasted text and links."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.contractions import written_out

QUOTED: Final = "\ue000"
"""Placeholder for quoted words; a statement around it is not the speaker's own."""

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_MARKUP = re.compile(r"<(\w+)[^<>\n]{0,200}>.{0,5000}?</\1>", re.DOTALL)
_INLINE_CODE = re.compile(r"`([^`\n]*)`")
_LINK = re.compile(r"https?://\S+")
_PICTOGRAPH = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]|(?<!\\w)[:;]-?[)(DPp](?!\\w)|<3"
)
_NOT_PROSE = re.compile(
    r"^\s*>|[;{}]\s*$|=>|==|^\s*(?:def|class|import|from|return|SELECT|INSERT|#include|Traceback)\b"
    r"|^\s*(?:\w+Error|File \"|at \w+\.)|^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")

# "Translate this: ..." and "Here is my essay: ..." give text to work on, not facts.
_TASKS = (
    r"translat\w*|rewrit\w*|reword\w*|rephras\w*|paraphras\w*|summari[sz]\w*|proofread\w*|correct"
    r"|edit|fix|improve|polish|shorten|classify|analy[sz]e|review|grade|check|parse|reply to"
)
_WORKS = (
    r"essay|email|e-mail|letter|paragraph|sentence|story|poem|text|article|says|said|writes|wrote|asks|solve|riddle|puzzle|prompt|draft"
    r"|bio|biography|abstract|script|dialogue|tweet|caption|transcript|conversation|following"
)
_PASTED = re.compile(
    rf"\b(?:{_TASKS}|{_WORKS})\b[^.!?\n]*?:(?=\s)|^(?:please )?(?:{_TASKS})\b[^.!?\n]*\n",
    re.IGNORECASE | re.MULTILINE,
)

_DOUBLE = re.compile(r'"([^"\n]{1,600})"')
_SINGLE = re.compile(r"(?<![\w'])'(?=\w)([^'\n]{1,300}(?:'\w[^'\n]{0,300}){0,5})'(?![\w])")
_SPEECH_BEFORE = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|ask(?:s|ed)?|t(?:ell|ells|old)|quotes?|goes|went|was like|is like"
    r"|repl(?:y|ies|ied)|yell(?:s|ed)|shout(?:s|ed)|means?|translate|wrote|texted)\b[^.!?]{0,30}$",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:I|me|my|we|you|your|he|she|they)\b", re.IGNORECASE)
_TITLE_WORDS = 8
_SHORT_TITLE_WORDS = 3


def own_words(text: str) -> str:
    """Return the prose a speaker stands behind, with short forms written out.

    Quoted titles stay in double quotes; quoted speech becomes `QUOTED`.
    """
    text = _LINK.sub(" ", _MARKUP.sub(" ", _FENCE.sub("\n", text)))
    text = _INLINE_CODE.sub(_short_code, text)
    # An apostrophe and a single quotation mark look alike until short forms are gone.
    text = written_out(text)
    text = _DOUBLE.sub(_title_or_speech, text)
    text = _SINGLE.sub(_title_or_speech, text)
    text = _without_pasted(text)
    lines = (_BULLET.sub("", line) for line in text.split("\n") if not _NOT_PROSE.search(line))
    return _PICTOGRAPH.sub(" ", "\n".join(lines)).strip()


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
    if not words or not short or spoken or (_PERSON.search(match[1]) and not _titled(words)):
        return QUOTED
    return f'"{match[1]}"'


def _titled(words: list[str]) -> bool:
    return len(words) > 1 and all(word[:1].isupper() for word in words)


def _without_pasted(text: str) -> str:
    pasted = _PASTED.search(text)
    return text if pasted is None else f"{text[: pasted.start()]}{QUOTED}"
