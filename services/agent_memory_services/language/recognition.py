"""Recognition of the language of a short text, without a model.

A message such as "Vivo en Sevilla" gives a statistical recogniser little to count. What tells its
language is its script, letters that few languages write, and small frequent words; that is what
this module looks at. On sentences of the length that people say of themselves it is right more
often than the recognisers of the registry that were compared (lingua, py3langid, langdetect),
takes neighbours without a pack (Ukrainian, Catalan, Swedish, ...) for themselves, and costs
microseconds and a page of words instead of tens of megabytes of weights.
"""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.packs import LANGUAGES

ENGLISH: Final = "en"
UNKNOWN: Final = "und"
"""Code of a text whose language nothing tells; BCP 47 has it for that."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019\u200c][^\W\d_]+)*")
_WIDE: Final = re.compile(r"[\u0900-\u0963\u0966-\u097f]+|[^\W\d_]+(?:\u200c[^\W\d_]+)*")
# Scripts that one language of ours, or none, is written in.
_SCRIPTS: Final = {
    "latin": re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile(r"[\u0400-\u052f]"),
    "arabic": re.compile(r"[\u0620-\u06ff\u0750-\u077f]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "ko": re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "ja": re.compile(r"[\u3040-\u30ff\uff66-\uff9f]"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "el": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "ka": re.compile(r"[\u10a0-\u10ff]"),
    "hy": re.compile(r"[\u0530-\u058f]"),
    "bn": re.compile(r"[\u0980-\u09ff]"),
    "pa": re.compile(r"[\u0a00-\u0a7f]"),
    "gu": re.compile(r"[\u0a80-\u0aff]"),
    "ta": re.compile(r"[\u0b80-\u0bff]"),
    "te": re.compile(r"[\u0c00-\u0c7f]"),
    "kn": re.compile(r"[\u0c80-\u0cff]"),
    "ml": re.compile(r"[\u0d00-\u0d7f]"),
    "si": re.compile(r"[\u0d80-\u0dff]"),
    "my": re.compile(r"[\u1000-\u109f]"),
    "km": re.compile(r"[\u1780-\u17ff]"),
    "am": re.compile(r"[\u1200-\u137f]"),
    "lo": re.compile(r"[\u0e80-\u0eff]"),
}
_SYLLABLES: Final = {"ko": 2, "ja": 2, "zh": 2}
"""Letters of other scripts that a sign of these stands for."""
# Letters, and endings of words, that tell a language or two.
_SIGNS: Final = {
    "latin": (
        (re.compile(r"\bw/|\d ?[ap]m\b"), ("en",)),
        (re.compile(r"ß|\b\w+(?:ung|keit|heit|lich)\b"), ("de",)),
        (re.compile(r"[äö]"), ("de", "sv", "fi", "tr", "hu", "et")),
        (re.compile(r"ü"), ("de", "tr", "es", "hu", "et")),
        (re.compile(r"[ñ¿¡]"), ("es",)),
        (re.compile(r"[áíóú]|\b\w+(?:amos|emos|ndo|ado|ada)\b"), ("es", "pt")),
        (re.compile(r"[áíúý]"), ("cs", "sk", "hu")),
        (re.compile(r"[ãõ]|\b\w+(?:ções|ção|eijo|eiro|eira)\b|lh[aeo]|nh[aeo]"), ("pt",)),
        (re.compile(r"[ñ]|\b\w+ción\b|\bll\w+"), ("es",)),
        (re.compile(r"[êâîûœ]|\b\w+(?:eux|eaux|oux)\b|\bqu'|\b[ldjmnst]'[a-zà-ÿ]"), ("fr",)),
        (re.compile(r"[ç]"), ("fr", "pt", "tr", "ca", "sq")),
        (re.compile(r"[èàùì]"), ("it", "fr", "ca")),
        (
            re.compile(
                r"[òì]|\b\w+(?:zione|zioni|aggio|ezza|ità)\b|gli\w|\b(?:l|dell|nell|un|d)'[a-zà-ÿ]"
            ),
            ("it",),
        ),
        (re.compile(r"ij|\b\w+(?:heid|tje|tjes)\b|aa[nrt]\b|oo[nrt]\b"), ("nl",)),
        (re.compile(r"[łąęśźż]|\b\w*(?:szcz|prz|rz[ey])\w*|\b\w+(?:łem|łam|uję)\b"), ("pl",)),
        (re.compile(r"[ńć]"), ("pl",)),
        (re.compile(r"[ğı]|\b\w+(?:yorum|iyor|mek|mak|lar|ler)\b"), ("tr",)),
        (re.compile(r"[ş]"), ("tr", "ro")),
        (re.compile(r"å"), ("sv", "da", "no")),
        (re.compile(r"[øæ]"), ("da", "no")),
        (re.compile(r"[ěřů]"), ("cs",)),
        (re.compile(r"[čšž]"), ("cs", "sk", "hr", "sl", "lv", "lt")),
        (re.compile(r"[ľĺŕô]"), ("sk",)),
        (re.compile(r"[đ]"), ("hr", "vi")),
        (re.compile(r"[őű]"), ("hu",)),
        (re.compile(r"[ăț]"), ("ro",)),
        (re.compile(r"[ơư\u1ea0-\u1ef9]"), ("vi",)),
        (re.compile(r"[ļņķģ]"), ("lv",)),
        (re.compile(r"[ųėį]"), ("lt",)),
        (re.compile(r"l·l"), ("ca",)),
    ),
    "cyrillic": (
        (re.compile(r"[ыэё]"), ("ru", "be")),
        (re.compile(r"[щ]|\b\w+(?:ться|тся|ого|ешь)\b"), ("ru",)),
        (re.compile(r"[їєґ]"), ("uk",)),
        (re.compile(r"і"), ("uk", "be")),
        (re.compile(r"ў"), ("be",)),
        (re.compile(r"\w+ъ\w+|\b\w+(?:ът|ята|ото|ите)\b"), ("bg",)),
        (re.compile(r"[јљњџ]"), ("sr", "mk")),
        (re.compile(r"[ћђ]"), ("sr",)),
        (re.compile(r"[ѓќѕ]"), ("mk",)),
        (re.compile(r"[әқңғүұһө]"), ("kk",)),
    ),
    "arabic": (
        (re.compile(r"[\u0629\u0623\u0625\u0649\u064a\u0643]|\bال\w+"), ("ar",)),
        (re.compile(r"[\u067e\u0686\u0698\u06af\u06cc\u06a9]"), ("fa", "ur")),
        (re.compile(r"[\u0679\u0688\u06d2\u06ba\u06c1\u06be]"), ("ur",)),
    ),
    "devanagari": ((re.compile(r"ळ"), ("mr",)),),
}
_DEFAULTS: Final = {"cyrillic": "ru", "arabic": "ar", "devanagari": "hi"}
"""Languages that a script speaks for where no word tells."""
_SIGN: Final = 0.75
# Where words of several languages are counted alike, the one that more people write is meant.
_OFTEN: Final = dict.fromkeys(LANGUAGES, 1.0) | {ENGLISH: 1.1}
_OTHERS: Final = 0.75
_NEAR: Final = 0.5
_LONGEST: Final = 2_000
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|edu|gov|io|dev|app)\b"
    r"|(?<!\S)~?(?:/[\w.-]+){2,}"
)
"""Addresses of mails, pages and files, which are in no language."""
_CAPITALISING: Final = frozenset({"de"})
"""Languages whose nouns have a capital wherever they stand."""
_NAME: Final = re.compile(r"(?<=[a-z] )(?:[A-Z][a-z]+|[A-HJ-Z](?![\w'\u2019]))")
"""Words with a capital within a sentence, such as the name Kim, which is a word of Turkish, and
lone letters, such as the blood group O, which is one of Portuguese."""


def recognised(text: str) -> str:
    """Return the BCP 47 code of a text's language, or `UNKNOWN` where nothing tells it.

    The language may be one without a pack. English is answered only for words that are English.
    """
    return likely(text)[0] if _clear(text) else UNKNOWN


def evidence(text: str, language: str) -> float:
    """Return how much in a text speaks for a language: about 1 for each word of its own."""
    return _scores(text).get(language, 0)


@remembered(1024, longest=_LONGEST)
def likely(text: str) -> tuple[str, ...]:
    """Return the languages that a text may be in, the likeliest first; none where nothing tells."""
    scores = _scores(text)
    best = max(scores.values(), default=0)
    near = (each for each in scores if scores[each] >= best * _NEAR)
    return tuple(sorted(near, key=lambda each: -scores[each]))


@remembered(1024, longest=_LONGEST)
def _scores(text: str) -> Mapping[str, float]:
    text = text[:_LONGEST]
    script = _script(text)
    if script not in _SIGNS:
        return {} if script == UNKNOWN else {script: 1.0}
    found = _evidence(_ADDRESS.sub(" ", text), script)
    if not found and script in _DEFAULTS:
        return {_DEFAULTS[script]: 1.0}
    return {each: found[each] * _prior(each) for each in found}


def _clear(text: str) -> bool:
    """Return true if one language is likelier than all others."""
    ranked = sorted(_scores(text).values(), reverse=True)
    return len(ranked) == 1 or (bool(ranked) and ranked[0] > ranked[1])


def _prior(language: str) -> float:
    return _OFTEN.get(language, _OTHERS)


def _script(text: str) -> str:
    if text.isascii():
        return "latin" if _SCRIPTS["latin"].search(text) else UNKNOWN
    counts = {
        name: len(letters.findall(text)) * _SYLLABLES.get(name, 1)
        for name, letters in _SCRIPTS.items()
    }
    # Japanese writes both; a text with kana is no Chinese.
    if counts["ja"]:
        counts["ja"] += counts.pop("zh")
    name = max(counts, key=lambda each: counts[each])
    return name if counts[name] else UNKNOWN


def _evidence(text: str, script: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    words = _WIDE if script in {"devanagari", "arabic"} else _WORD
    weights = _weights()[script]
    lower = text.lower()
    names = {word.lower() for word in _NAME.findall(text)}
    for word in words.findall(lower):
        for language, weight in weights.get(word.replace("\u2019", "'"), ()):
            if word in names and language not in _CAPITALISING:
                continue
            scores[language] = scores.get(language, 0) + weight
    for sign, languages in _SIGNS[script]:
        if sign.search(lower):
            for language in languages:
                scores[language] = scores.get(language, 0) + _SIGN / len(languages)
    return scores


@cache
def _weights() -> Mapping[str, Mapping[str, tuple[tuple[str, float], ...]]]:
    """Return, for each script, the languages of each word with what the word counts for them."""
    source = files(__package__).joinpath("recognition.toml").read_text(encoding="utf-8")
    return {script: dict(_weighted(table)) for script, table in tomllib.loads(source).items()}


def _weighted(table: Mapping[str, str]) -> Iterator[tuple[str, tuple[tuple[str, float], ...]]]:
    languages: dict[str, list[str]] = {}
    for language, words in table.items():
        for word in dict.fromkeys(words.split()):
            languages.setdefault(word, []).append(language)
    for word, known in languages.items():
        yield word, tuple((language, 1 / len(known)) for language in known)
