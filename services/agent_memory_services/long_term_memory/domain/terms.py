"""Words of texts, as they are indexed and as questions ask for them.

The engine cuts a text at spaces and compares letters. What may be written in several ways is
therefore brought into one form on both sides, here and nowhere else:

    word      a word as it is written: compatible spellings unified, case folded. Scripts without
              spaces are cut into overlapping pairs of characters. Symbols that belong to a name
              are spelled out, as in `C++`, `C#` and `.NET`.
    spelling  another way to write the word, which finds it as well: without accents, with other
              digits, in the other kana, in simplified characters, without the symbols; several
              words that are also written together, such as `wi-fi`, the groups of a phone number,
              an IBAN or an amount.
    part      what a word is made of: the words of `getUserProfile`, the characters of a pair.

A text is indexed by its words in their order, followed by its spellings and parts. What is met in
another spelling, or as a part, counts less than the word itself.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from itertools import chain
from typing import Final, NamedTuple
from zlib import crc32

from agent_memory_services.kit.contract.remembered import remembered

REVISION: Final = 3
"""Counts up when texts are cut in another way, so that stored words are brought up to date."""

_END: Final = "\N{BROKEN BAR}"
"""Stands between the words of a text and what they are also found by; it is no word itself."""


class Term(NamedTuple):
    """A word of a text.

    Attributes:
        text: as it is written.
        spellings: other ways to write it.
        parts: what it is made of.
    """

    text: str
    spellings: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text.

    Attributes:
        words: in their order.
        joined: what several of them are when they are written together.
    """

    words: tuple[Term, ...]
    joined: tuple[Term, ...] = ()


_REMEMBERED_CODES: Final = 16_384
"""More than the characters of any language; there are a million."""
_PLUS, _SHARP, _DOT = "\ue000", "\ue001", "\ue002"
_NAMES: Final = {_PLUS: "plus", _SHARP: "sharp", _DOT: "dot"}
_SYMBOL: Final = re.compile("|".join(_NAMES))


class _Gaps(dict[int, int]):
    """Maps a code point to itself or to a space; filled as characters are met."""

    def __missing__(self, code: int) -> int:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        found = code if kept else ord(" ")
        if len(self) < _REMEMBERED_CODES:
            self[code] = found
        return found


_GAPS: Final = _Gaps()
_GAPS_BUT_SYMBOLS: Final = _Gaps({ord(symbol): ord(symbol) for symbol in _NAMES})


def words(text: str) -> list[str]:
    """Return the words of a text between spaces, in order, without symbols."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_GAPS).split()


def words_of(text: str) -> Words:
    """Return the words of a text, with the other ways to write them."""
    unified = unicodedata.normalize("NFKC", text)
    tokens = _with_symbols(unified).translate(_GAPS_BUT_SYMBOLS).split()
    found = tuple(chain.from_iterable(map(_terms_of_token, tokens)))
    return Words(found, (*_compounds(unified), *_codes(unified)))


def asked(text: str) -> list[Term]:
    """Return the words that a text asks for, each once: its own, their parts and those joined.

    Only a pair of characters still has parts; it need not be a word of its script.
    """
    found = words_of(text)
    named = (word for word in found.words if word.text.isascii())
    parts = (Term(part) for word in named for part in word.parts)
    words: dict[str, Term] = {}
    for word in chain(found.words, parts, found.joined):
        known = words.get(word.text)
        spellings = (*(known.spellings if known else ()), *word.spellings)
        pair = () if word.text.isascii() else word.parts
        words[word.text] = Term(word.text, tuple(dict.fromkeys(spellings)), pair)
    return list(words.values())


def searchable(text: str) -> str:
    """Return a text as it is indexed: its words, and behind them what else it is found by."""
    return indexed(words_of(text))


def indexed(found: Words) -> str:
    """Return the words of a text as they are indexed."""
    said = [word.text for word in found.words]
    others = dict.fromkeys(chain.from_iterable(map(_others, found.words)))
    others |= dict.fromkeys(form for word in found.joined for form in (word.text, *_others(word)))
    for word in said:
        others.pop(word, None)
    return " ".join([*said, _END, *others] if others else said)


def key_of(stem: str) -> int:
    """Return the number that stands for a stem in rows."""
    return crc32(stem.encode())


def keys_of(stems: Iterable[str]) -> frozenset[int]:
    """Return the numbers that stand for stems."""
    return frozenset(map(key_of, stems))


def mark_of(*names: str) -> int:
    """Return the number, not 0, by which names are told apart from other names in rows."""
    digest = blake2b("\n".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def plain(text: str) -> list[str]:
    """Return the words of a text in order, each in its plainest spelling."""
    return plain_words(words_of(text))


def plain_words(found: Words) -> list[str]:
    """Return the words of a text in order, each in its plainest spelling."""
    return [_folded(word.text) for word in found.words]


def _others(word: Term) -> Iterator[str]:
    return chain(word.spellings, word.parts)


_ENDING_IN_SYMBOLS: Final = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z]{1,20})(\+\+(?![A-Za-z_+#])|[+#](?![A-Za-z0-9_+#]))"
)
_LED_BY_A_DOT: Final = re.compile(r"(?<![A-Za-z0-9_.)\]])\.(?=[A-Za-z]{2})")


def _with_symbols(text: str) -> str:
    if "+" not in text and "#" not in text:
        return _LED_BY_A_DOT.sub(_DOT, text)
    text = _ENDING_IN_SYMBOLS.sub(
        lambda met: f"{met[1]}{met[2].replace('+', _PLUS).replace('#', _SHARP)} ", text
    )
    return _LED_BY_A_DOT.sub(_DOT, text)


_UNSPACED: Final = re.compile(
    "(["
    # Thai, Lao, Burmese and Khmer, without their digits.
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3"
    # Chinese, Japanese and Korean.
    "\u1100-\u11ff\u3005-\u3007\u3031-\u3035\u303b\u3041-\u30ff\u3105-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U000323af"
    "]+)"
)
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SHORTEST_PART: Final = 2
_MOST_PARTS: Final = 8


# The same words come again and again, in texts of any length.
@remembered(16_384, longest=64)
def _terms_of_token(token: str) -> tuple[Term, ...]:
    """Return the words of what stands between two spaces."""
    if token.isascii():
        return (Term(token.casefold(), parts=_parts(token)),)
    found: list[Term] = []
    for at, piece in enumerate(_UNSPACED.split(token)):
        if at % 2:
            found += _pairs(piece)
        elif piece:
            found.append(_spelled(piece))
    return tuple(found)


def _spelled(piece: str) -> Term:
    """Return a word that has symbols, accents or digits of another script."""
    bare = _SYMBOL.sub("", piece)
    text = _SYMBOL.sub(lambda met: _NAMES[met[0]], piece).casefold()
    plain_ = bare.casefold()
    spellings = dict.fromkeys((plain_, _folded(plain_), _folded(plain_.translate(_DIGRAPHS))))
    spellings.pop(text, None)
    spellings.pop("", None)
    return Term(text, tuple(spellings), _parts(bare) if bare.isascii() else ())


def _parts(token: str) -> tuple[str, ...]:
    """Return the words that are written together, as capitals and digits tell."""
    if token.isalpha() and (token[1:].islower() or token.isupper()):
        return ()
    pieces = _PART.findall(token)
    if not 1 < len(pieces) <= _MOST_PARTS:
        return ()
    return tuple(
        piece.casefold() for piece in pieces if len(piece) >= _SHORTEST_PART or piece.isdecimal()
    )


def _pairs(run: str) -> Iterator[Term]:
    """Yield each two neighbouring characters; the marks on a character belong to it."""
    units: list[str] = []
    for character in run:
        if units and unicodedata.category(character)[0] == "M":
            units[-1] += character
        else:
            units.append(character)
    # Beside kana stand the characters of Japanese.
    table = _HIRAGANA if _KANA.search(run) else _simplified()
    if len(units) == 1:
        yield Term(run, _in_other(run, table))
    for at, (one, other) in enumerate(itertools.pairwise(units)):
        alone = (one, other) if at == len(units) - 2 else (one,)
        parts = chain.from_iterable((each, *_in_other(each, table)) for each in alone)
        yield Term(one + other, _in_other(one + other, table), tuple(parts))


_KANA: Final = re.compile("[\u3041-\u30ff]")
_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""What is written in katakana, for emphasis or as a name, in the other kana of Japanese."""


@cache
def _simplified() -> Mapping[int, str]:
    """Return the simplified form of each traditional character of Chinese that has one."""
    text = files(__package__).joinpath("traditional.txt").read_text(encoding="utf-8")
    listed = (line for line in text.splitlines() if not line.startswith("#"))
    return {ord(pair[0]): pair[1] for pair in " ".join(listed).split()}


def _in_other(text: str, table: Mapping[int, int] | Mapping[int, str]) -> tuple[str, ...]:
    written = text.translate(table)
    return (written,) if written != text else ()


_ACCENTS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+"
)
_LETTERS: Final[dict[int, str | int]] = {
    **str.maketrans("łøđðħ\u0131ŧŋ", "loddhitn"),
    **dict(zip(map(ord, "æœþ"), ("ae", "oe", "th"), strict=True)),
    # Arabic letters of one shape, and those of Persian.
    **str.maketrans("\u0629\u0649\u06cc\u06a9", "\u0647\u064a\u064a\u0643"),
}
_DIGRAPHS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def _folded(word: str) -> str:
    """Return a case-folded word without accents, in the plainest letters and digits there are."""
    if word.isascii():
        return word
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word)).translate(_LETTERS)
    plain_ = "".join(str(unicodedata.decimal(each, each)) for each in bare)
    return unicodedata.normalize("NFC", plain_)


_COMPOUND: Final = re.compile(
    r"[^\W_]+(?:[-_.:&\u2010\u2013][^\W_]+)+|(?<![^\W_])[DOLdol]['\u2019][^\W\d_]{2,}"
)
_JOINT: Final = re.compile(r"(?<=[^\W_])[-_.:&'\u2010\u2013\u2019](?=[^\W_])")
_SEPARATORS: Final = re.compile(r"[\W_]+")


def _compounds(text: str) -> Iterator[Term]:
    """Yield the words that hyphens and the like join, as if they were written together."""
    end = 0
    for joint in _JOINT.finditer(text):
        if joint.start() < end:
            continue
        start = text.rfind(" ", 0, joint.start()) + 1
        end = text.find(" ", joint.end())
        end = len(text) if end < 0 else end
        for found in _COMPOUND.finditer(text, start, end):
            pieces = _SEPARATORS.split(found[0])
            joined = "".join(pieces).casefold()
            if len(pieces) <= _MOST_PARTS and _is_new(joined):
                folded = _folded(joined)
                yield Term(joined, (folded,) if folded != joined else ())


def _is_new(joined: str) -> bool:
    """Return true if neither numbers nor pairs of characters say the same."""
    return not joined.isdecimal() and not _UNSPACED.search(joined)


_AMOUNT: Final = re.compile(
    r"(?<![A-Za-z0-9])([0-9]{1,3}(?:([.,'\u2019])[0-9]{3}(?:\2[0-9]{3})*))(?:[.,][0-9]{1,2})?"
    r"(?![A-Za-z0-9]|[.,'\u2019-][0-9])"
)
_TAKEN: Final = " | "
_NUMBERED: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}[0-9][A-Za-z0-9]*")
_LETTERED: Final = re.compile(r"[ \u00b7-]([A-Z]{1,4})[ \u00b7-]")
_LED_BY_LETTERS: Final = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,4})[ \u00b7-]$")
_LONGEST_LEAD: Final = 6
_SEAMS: Final = frozenset(
    {" ", "-", ".", ",", "'", "/", "(", ")", " (", ") ", ")-", "-(", " - ", " / "}
    | {"\u00b7", "\u2019", "\u2010", "\u2013"}
)
_DIGIT: Final = re.compile("[0-9]")
_DECIMAL: Final = re.compile(r"[0-9]+[.,][0-9]+")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+")
_MOST_GROUPS: Final = 12
"""More are a table and not a number."""
_SHORTEST_CODE: Final = 5
_SHORTEST_PHONE: Final = 8
_COUNTRY_DIGITS: Final = 3


def _codes(text: str) -> Iterator[Term]:
    """Yield numbers and codes whose groups are set apart, as if they were written together."""
    if not _DIGIT.search(text):
        return
    for amount in _AMOUNT.finditer(text):
        yield Term("".join(filter(str.isdigit, amount[1])))
    text = _AMOUNT.sub(_TAKEN, text)
    pieces: list[str] = []
    start = end = 0
    for met in _NUMBERED.finditer(text):
        seam = text[end : met.start()]
        letters = _LETTERED.fullmatch(seam)
        if pieces and (letters or seam in _SEAMS):
            pieces += [letters[1], met[0]] if letters else [met[0]]
        else:
            yield from _code(text, pieces, start, end)
            pieces, start = [met[0]], met.start()
        end = met.end()
    yield from _code(text, pieces, start, end)


def _code(text: str, pieces: Sequence[str], start: int, end: int) -> Iterator[Term]:
    """Yield what groups are together, if that is a number or a code."""
    if not pieces or len(pieces) > _MOST_GROUPS or _DECIMAL.fullmatch(text, start, end):
        return
    # Letters before a number may belong to it, as a country's do; those behind it do not.
    led = _LED_BY_LETTERS.search(text, max(0, start - _LONGEST_LEAD), start)
    pieces = [piece.casefold() for piece in ([led[1], *pieces] if led else pieces)]
    whole = "".join(pieces)
    if len(whole) < _SHORTEST_CODE and not _THOUSANDS.fullmatch(text, start, end):
        return
    abroad = text[max(0, start - 1) : start] == "+"
    spellings = dict.fromkeys(chain(_neighbourhoods(pieces), _dialled(whole, abroad=abroad)))
    if len(pieces) > 1 or spellings:
        yield Term(whole, tuple(spellings))


def _neighbourhoods(pieces: Sequence[str]) -> Iterator[str]:
    """Yield the groups without the first or last ones, which may be other numbers."""
    for at in range(1, len(pieces) - 1):
        for some in (pieces[at:], pieces[: at + 1]):
            if len(joined := "".join(some)) >= _SHORTEST_CODE:
                yield joined


def _dialled(number: str, *, abroad: bool) -> Iterator[str]:
    """Yield a phone number without what is dialled before it at home, or from `abroad`."""
    if not number.isdecimal() or len(number) < _SHORTEST_PHONE:
        return
    without = number.lstrip("0")
    if without != number:
        yield without
    if abroad or number.startswith("00"):
        yield from (without[digits:] for digits in range(1, _COUNTRY_DIGITS + 1))
