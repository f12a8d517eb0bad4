"""Statements in other languages than English, kept in the words of who said them.

English is parsed and written out in the third person. In the other languages a pack of patterns
tells which clauses are statements of the speaker about themselves or theirs; those are kept as they
were said, since taking them apart and putting them together again would need a grammar for each:

    User said: "Ich wohne in Hamburg"
    Anna said on 7 May 2023: "Morgen fliege ich nach Rom"

The text reads as a line of a prompt, names the speaker, and is found by a question in its own
language, which shares its words. The day stands in it only where its words need one; the event's
time, where the pack knows the words for it, is a field of the fact as ever.
"""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    Kind,
    Turn,
    Wanted,
)
from agent_memory_services.extraction.extractors.local.own_dates import Spoken, spoken_date
from agent_memory_services.extraction.extractors.local.subjects import Cast, Company, cast
from agent_memory_services.language import foreign_claims
from agent_memory_services.language.claims import OTHER, VERB, ClaimModality
from agent_memory_services.language.packs import LANGUAGES, Pack, Text, pack
from agent_memory_services.language.recognition import (
    ENGLISH,
    UNKNOWN,
    evidence,
    likely,
    recognised,
)
from agent_memory_services.language.sentences import Sentence, sentences

_HIDDEN: Final = "\ue000"
_NOT_PROSE: Final = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|<(\w+)[^<>\n]{0,200}>.{0,5000}?</\1>|https?://\S+|`[^`\n]*`"
    r"|^[ \t]*>[^\n]*",
    re.DOTALL | re.MULTILINE,
)
_QUOTATION: Final = re.compile(
    r"„[^“”\n]{1,600}[“”]|“[^”\n]{1,600}”|\"[^\"\n]{1,600}\"|«[^»\n]{1,600}»|»[^«\n]{1,600}«"
    r"|「[^」\n]{1,600}」|『[^』\n]{1,600}』|‹[^›\n]{1,600}›|(?<!\w)'[^'\n]{12,600}'(?!\w)"
)
_TITLE: Final = 14
"""Characters; a longer quotation is speech and no title."""
_PASTED_LINE: Final = re.compile(
    r"^[ \t]*(?:\[[^\]\n]{3,40}\]|\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
    r"|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}[^:\n]{0,20})?"
    r"[ \t,-]*[^\W\d_][^\n:：.!?]{0,30}[:：](?=\s|[^\x00-\x7f/])[^\n]*$",
    re.MULTILINE,
)
_DIALOGUE: Final = 2
"""Lines of a chat; one line with a colon is none."""
_LONGEST_PARTICULAR: Final = 48
"""Characters of a line such as "Nombre: Itziar"; a longer one is somebody's talk."""
_PARTICULAR: Final = re.compile(r"[^\W\d_][^\n:：.!?]{0,24}[:：]\s*[^\s:：][^\n.!?。！？]*")
_COLON: Final = re.compile(r"[:：]|\n")
_CLAUSE_ENDS: Final = re.compile(r"(?:,(?!\d)|[;،؛、，；:：—–])\s*")
_COMMA: Final = r"\s*(?:,(?!\d)|[;،؛、，；–—])\s*|\s+-+\s+|\s*:\s+|\s*：\s*"
_ENGLISH_TASK: Final = re.compile(
    r"\b(?:translat\w*|mean\w*|say|says|said|correct|proofread\w*|rewrit\w*|summari[sz]\w*|fix"
    r"|check"
    r"|explain|sentence|phrase|text|message|letter|e-?mail|word|lyrics|song|poem|wrote|writes)\b",
    re.IGNORECASE,
)
_EDGES: Final = " \t\n,;:.!…،؛、，；：。！।-–—*•·()[]"
_BULLET: Final = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.)])\s+")
_ANY_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATIN: Final = ("es", "pt", "it", "fr", "de", "nl", "pl", "tr")
_SECRET: Final = re.compile(
    r"passwor[dt]|kennwort|\bpin\b|\btan\b|\btoken\b|api[ -]?key|\bcvv\b|\biban\b|wachtwoord"
    r"|mot de passe|code secret|contraseña|clave secreta|\bsenha\b|\bhasł|şifre|\bparolam|парол"
    r"|كلم[ةه] (?:المرور|السر)|पासवर्ड|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호"
    r"|kreditkarte|carte (?:de crédit|bancaire)|tarjeta de crédito|cartão de crédito"
    r"|carta di credito|creditcard|karty kredytowej|kredi kart|кредитн\w+ карт"
    r"|بطاقة (?:الائتمان|ائتمان)|क्रेडिट कार्ड|信用卡|クレジットカード|신용카드",
    re.IGNORECASE,
)
"""Secrets; they are in no memory, whoever states them."""
_FEWEST_WORDS: Final = 4
"""Words of a message whose language should have shown; a shorter one may be a name or a number."""
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_MOST: Final = 300
"""Characters of a statement; a longer one is a paste."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Reading of a conversation in all languages but English.

    Attributes:
        candidates: The statements found.
        rest: The conversation without what was read here; English is found in it.
        unread: Messages that nobody can read, by id, with a short word for why.
        wanted: What users ask to forget.
    """

    candidates: Sequence[Candidate]
    rest: Conversation
    unread: Mapping[str, str]
    wanted: Sequence[Wanted] = ()


def read_own_words(conversation: Conversation) -> OwnWords:
    """Read the messages, and the sentences of messages, that are not English."""
    people = cast(conversation)
    spoken = [*conversation.before, *conversation.turns]
    named = {id(turn) for before, turn in pairwise(spoken) if _names(turn.text, before)}
    readings = [
        _Reading(turn, conversation, people, plain=id(turn) in named) for turn in conversation.turns
    ]
    turns = [reading.rest for reading in readings]
    unchanged = all(one is other for one, other in zip(turns, conversation.turns, strict=True))
    return OwnWords(
        candidates=[each for reading in readings for each in reading.candidates],
        rest=conversation if unchanged else replace(conversation, turns=turns),
        unread={
            turn.message_id: reading.unread
            for turn, reading in zip(conversation.turns, readings, strict=True)
            if reading.unread
        },
        wanted=[each for reading in readings for each in reading.wanted],
    )


def _names(text: str, before: Turn) -> bool:
    """Return true if a message is one word, a name perhaps, in answer to English."""
    word = text.strip(" .!")
    return word.isascii() and word.isalpha() and recognised(before.text) == ENGLISH


class _Reading:
    """Reading of one message.

    Attributes:
        candidates: The statements found.
        wanted: What its speaker asks to forget.
        rest: The message without what is not English and what is a text to work on; itself where
            there is neither.
        unread: The reason for which nobody can read it; empty where somebody can.
    """

    def __init__(
        self, turn: Turn, conversation: Conversation, people: Cast, *, plain: bool = False
    ) -> None:
        self.candidates: list[Candidate] = []
        self.wanted: list[Wanted] = []
        self.rest = turn
        self.unread = ""
        voice = people.voice(turn)
        if voice is None or plain or turn.text.isspace() or not turn.text:
            return
        self._turn = turn
        self._speaker = voice.speaker
        self._assistant = people.company is Company.ASSISTANT
        zone = conversation.time_zone
        self._said = turn.at.astimezone(zone) if zone else turn.at
        self._text = unicodedata.normalize("NFC", turn.text)
        self._read()

    def _read(self) -> None:
        prose = _prose(self._text)
        lines = list(_PASTED_LINE.finditer(prose))
        self._listing = len(lines) >= _DIALOGUE and _lists_particulars(lines)
        language = recognised(prose)
        parts = list(_parts(prose, language))
        if all(part.language == ENGLISH for part in parts):
            return  # Most messages.
        foreign: list[Sentence] = []
        end = len(prose)
        for part in parts:
            end = min(end, _task_ends(prose, part))
            if part.language in {ENGLISH, UNKNOWN} or _is_by_chance(prose, part, language):
                continue
            foreign.append(part.place)
            if part.language in LANGUAGES and part.place.end <= end:
                if (wish := self._wish(prose, part)) is not None:
                    self.wanted.append(wish)
                    continue
                self.candidates += self._statements(prose, part)
        if end < len(prose):
            # A text to work on is in nobody's words, in whatever language it is.
            foreign = [place for place in foreign if place.start < end]
            after = max([end, *(place.end for place in foreign)])
            foreign.append(Sentence(after, len(prose), asks=False))
        if foreign:
            self.rest = replace(self._turn, text=_without(self._text, foreign))
        self.unread = self._why_unread(language, prose, foreign)

    def _why_unread(self, language: str, prose: str, foreign: Sequence[Sentence]) -> str:
        if language == UNKNOWN:
            words = len(_WORDS.findall(prose))
            return "unknown_language" if words >= _FEWEST_WORDS and not foreign else ""
        return "" if language in {ENGLISH, *LANGUAGES} else "unsupported_language"

    def _wish(self, prose: str, part: "_Part") -> Wanted | None:
        """Return what a sentence asks the assistant to forget, where it does."""
        text = Text(prose[part.place.start : part.place.end])
        if not self._assistant or _HIDDEN in text.plain:
            return None
        rules = pack(part.language)
        if rules.refused.reported.search(text) or rules.refused.conditions.search(text):
            return None
        if (named := rules.forgetting.named(text)) is None:
            return None
        turn = self._turn
        what = named.strip(_EDGES + "?¿¡？")
        return Wanted(what, turn.message_id, turn.at, self._speaker, language=rules.code)

    def _statements(self, prose: str, part: "_Part") -> Iterator[Candidate]:
        text, rules = Text(prose[part.place.start : part.place.end]), pack(part.language)
        refused = rules.refused
        if any(
            each.search(text) for each in (refused.conditions, refused.wishes, refused.reported)
        ):
            return
        listed = self._listing and _PARTICULAR.fullmatch(_trimmed(text).plain)
        groups = [_trimmed(text)] if listed else _groups(text, rules)
        asked = next((n for n, group in enumerate(groups) if _asks(group, rules)), None)
        if part.place.asks and asked is None:
            asked = len(groups) - 1 if rules.verb_last else 0
        groups, correction = _put_right(groups[:asked], rules)
        for place, group in enumerate(groups):
            yield from self._statement(group, rules, correction if not place else "")

    def _statement(self, text: Text, rules: Pack, correction: str = "") -> Iterator[Candidate]:
        told, refused = rules.clauses, rules.refused
        if _HIDDEN in text.plain or len(text.plain) > _MOST or _SECRET.search(text.plain):
            return
        order = told.orders.search(text) if self._assistant else None
        listed = self._listing and _PARTICULAR.fullmatch(text.plain) is not None
        if (
            order is None
            and not listed
            and (
                any(
                    each.search(text)
                    for each in (refused.thoughts, refused.requests, refused.moments)
                )
                or not (told.says.search(text) or told.mine.search(text) or _is_told(text, rules))
            )
        ):
            return
        likes = order is None and told.likes.search(text) is not None
        date = None if order or likes else spoken_date(text, self._said, rules.dates)
        yield Candidate(
            text=_written(f"{correction}{text.plain}", self._speaker, self._said, date),
            kind=Kind.EPISODIC if date and date.when else Kind.SEMANTIC,
            message_ids=(self._turn.message_id,),
            topics=("instructions",) if order else ("preferences",) if likes else (),
            event_time=date.when if date else None,
            standing=order is not None or likes,
            language=rules.code,
        )


def _put_right(groups: list[Text], rules: Pack) -> tuple[list[Text], str]:
    """Return clauses without the word that says of them that they put something right, and it."""
    words = rules.claims
    if words is None or len(groups) < _FEWEST_GROUPS:
        return groups, ""
    said = Text(f"{groups[0].plain},")
    found = words.corrected.match(said)
    whole = found is not None and found.end() == len(groups[0].plain)
    return (groups[1:], f"{said.plain} ") if whole else (groups, "")


_FEWEST_GROUPS: Final = 2
_QUOTE: Final = re.compile('["\u00ab\u00bb\u201c-\u201f]')


def _is_told(text: Text, rules: Pack) -> bool:
    """Return true if a clause has a claim of the speaker by a verb that its language lists."""
    if _QUOTE.search(text.plain):
        return False
    return any(
        each.relation.partition(" ")[0] not in {OTHER, VERB}
        and each.modality is not ClaimModality.INSTRUCTION
        for each in foreign_claims.read(text.plain, rules.code)
    )


def _prose(text: str) -> str:
    """Return the text with what is not the speaker's own hidden; every place stays the same."""
    text = _NOT_PROSE.sub(_hidden, text)
    text = _QUOTATION.sub(_speech_hidden, text)
    lines = list(_PASTED_LINE.finditer(text))
    if len(lines) >= _DIALOGUE and not _lists_particulars(lines):
        for line in lines:
            text = f"{text[: line.start()]}{_hidden(line)}{text[line.end() :]}"
    return text


def _lists_particulars(lines: Sequence[re.Match[str]]) -> bool:
    """Return true if one of some lines with a colon gives a particular of the speaker's own."""
    texts = [Text(line[0].strip(_EDGES)) for line in lines]
    short = all(len(text.plain) <= _LONGEST_PARTICULAR for text in texts)
    return short and any(
        pack(code).clauses.mine.search(text) for code in LANGUAGES for text in texts
    )


def _hidden(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", _HIDDEN, match[0])


def _speech_hidden(match: re.Match[str]) -> str:
    wide = len(match[0].encode()) > 2 * len(match[0])
    spoken = len(match[0]) > (_TITLE // 2 if wide else _TITLE) or match.string[
        : match.start()
    ].rstrip().endswith((":", "：", ","))
    return _hidden(match) if spoken else match[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence, or a clause in another language than the rest of its sentence."""

    place: Sentence
    language: str


def _parts(prose: str, around: str) -> Iterator[_Part]:
    """Yield the sentences of a message in the language `around`, and the language of each."""
    for place in sentences(prose):
        language = _language(prose[place.start : place.end], around)
        marks = list(_CLAUSE_ENDS.finditer(prose, place.start, place.end))
        ends = [*(mark.end() for mark in marks), place.end]
        clauses = [
            Sentence(start, end, asks=place.asks and end == place.end)
            for start, end in pairwise([place.start, *ends])
            if start < end
        ]
        others = {_clear_language(prose[each.start : each.end]) for each in clauses} - {language}
        if others.isdisjoint({*LANGUAGES, ENGLISH}):
            yield _Part(place, language)
            continue
        for clause in clauses:
            own = _clear_language(prose[clause.start : clause.end])
            yield _Part(clause, language if own == UNKNOWN else own)


def _clear_language(clause: str) -> str:
    """Return the language of a clause that can be in no other, and states something."""
    choice = likely(clause.replace(_HIDDEN, ""))
    if len(choice) != 1:
        return UNKNOWN
    text = Text(clause.strip(_EDGES))
    says = choice[0] in LANGUAGES and _begins(text, pack(choice[0]))
    return choice[0] if says or choice[0] == ENGLISH else UNKNOWN


def _language(sentence: str, around: str) -> str:
    """Return the language of a sentence of a message in the language `around`.

    Where its words leave a choice of neighbours, it is the one in which it states something.
    """
    sentence = sentence.replace(_HIDDEN, "")
    found = recognised(sentence)
    if found == UNKNOWN and around != UNKNOWN:
        return around
    if found == ENGLISH and len(likely(sentence)) == 1:
        return found
    choice = likely(sentence) or (_LATIN if around == UNKNOWN else ())
    text = Text(sentence.strip(_EDGES))
    for code in choice:
        if code == ENGLISH:
            break
        if code in LANGUAGES and _begins(text, pack(code)):
            return code
    return found


def _is_by_chance(prose: str, part: _Part, around: str) -> bool:
    """Return true if a fragment has one word of another language, and states nothing in it."""
    text = Text(prose[part.place.start : part.place.end].strip(_EDGES))
    clear = around not in {ENGLISH, UNKNOWN} and evidence(prose, around) > 1
    if clear or evidence(text.plain, part.language) > 1 or not text.plain.isascii():
        return False
    return part.language not in LANGUAGES or not _begins(text, pack(part.language))


def _task_ends(prose: str, part: _Part) -> int:
    """Return the place from which a message is a text to work on; its end where there is none."""
    place = part.place
    colon = _COLON.search(prose, place.start, place.end + 1)
    if colon is None:
        return len(prose)
    before = prose[place.start : colon.start()]
    known = {part.language, *likely(before)}.intersection(LANGUAGES)
    task = any(pack(code).refused.tasks.search(Text(before)) for code in known)
    return colon.start() if task or _ENGLISH_TASK.search(before) else len(prose)


def _groups(text: Text, rules: Pack) -> list[Text]:
    """Cut a sentence into clauses that each say something; others stay with what they follow."""
    marks = list(_separator(rules.code).finditer(text.plain))
    starts, ends = [0], []
    for at, mark in enumerate(marks):
        following = marks[at + 1].start() if at + 1 < len(marks) else len(text.plain)
        dated = not at and spoken_date(text.part(0, mark.start()), _ANY_DAY, rules.dates)
        if dated and not _begins(text.part(0, mark.start()), rules):
            continue  # "On Saturday, I move": the day belongs to what follows.
        clause = _trimmed(text.part(mark.end(), following))
        before = _trimmed(text.part(starts[-1], mark.start()))
        joined = mark[0].strip()[:1].isalpha()
        if _begins(clause, rules) and not _goes_on(before, clause, rules, joined=joined):
            ends.append(mark.start())
            starts.append(mark.end())
    ends.append(len(text.plain))
    return [_trimmed(text.part(start, end)) for start, end in zip(starts, ends, strict=True)]


def _goes_on(before: Text, clause: Text, rules: Pack, *, joined: bool) -> bool:
    """Return true if a clause lends its verb to what is before it, or takes its subject from it.

    Args:
        before: What stands before it.
        clause: The clause.
        rules: The language.
        joined: True if a word joins the two, and no comma parts them.
    """
    told = rules.clauses
    if _asks(clause, rules):
        return False
    if joined and told.ends.search(before) is None:
        return True
    about_others = rules.verb_last and told.mine.search(before) is not None
    return about_others and not any(
        each.search(clause) for each in (told.speaker, told.mine, told.orders)
    )


@cache
def _separator(code: str) -> re.Pattern[str]:
    rules = pack(code)
    words, space = rules.clauses.separators.compiled.pattern, r"\s+" if rules.spaced else ""
    attached = rf"|\s+{rules.prefixed_and}(?=\w{{2}})" if rules.prefixed_and else ""
    return re.compile(rf"(?:{_COMMA}|{space})(?:{words}){space}|{_COMMA}{attached}", re.IGNORECASE)


def _begins(clause: Text, rules: Pack) -> bool:
    told = rules.clauses
    return any(each.search(clause) for each in (told.says, told.mine, told.orders)) or _asks(
        clause, rules
    )


def _asks(clause: Text, rules: Pack) -> bool:
    return rules.refused.asks.search(clause) is not None


def _trimmed(text: Text) -> Text:
    kept = _BULLET.sub("", text.plain).strip(_EDGES)
    return Text(kept)


def _written(words: str, speaker: str, said: datetime, date: Spoken | None) -> str:
    day = f" on {said.day} {said:%B %Y}" if date and date.relative else ""
    return f'{speaker} said{day}: "{words}"'


def _without(text: str, parts: Sequence[Sentence]) -> str:
    """Return a text without some sentences."""
    kept: list[str] = []
    start = 0
    for part in parts:
        kept.append(text[start : part.start])
        start = part.end
    return "".join((*kept, text[start:])).strip()
