"""Hearing of messages: sentences with what they leave out, parsed in one batch."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.answers import answered
from agent_memory_services.extraction.extractors.local.fragments import (
    completed,
    introduced,
    says_so,
)
from agent_memory_services.extraction.extractors.local.listings import (
    is_listing,
    is_sheet,
    listed,
    unlabelled,
)
from agent_memory_services.extraction.extractors.local.phrasing import (
    filled,
    given,
    introducing,
    plainly,
    restated,
    without_stalling,
)
from agent_memory_services.extraction.extractors.local.replies import (
    asks_of_chat,
    by_parse,
    own_claim,
    quoted_with,
    rectified,
)
from agent_memory_services.extraction.extractors.local.segments import segments, spliced
from agent_memory_services.extraction.extractors.local.speech import ITEM, begins_play, own_words
from agent_memory_services.extraction.extractors.local.subjects import Cast, Company, Voice
from agent_memory_services.extraction.extractors.local.wording import without_openers
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.corrections import Correcting, correcting, unclefted
from agent_memory_services.language.en.mending import mended, put_right
from agent_memory_services.language.en.parser import Parser, Tree
from agent_memory_services.language.en.sentences import (
    Utterance,
    pieces,
    sentences,
    without_runs,
)
from agent_memory_services.language.en.spelling import spelled

_SARCASM: Final = re.compile(
    r"^(?:yeah,? right|oh,? (?:great|yeah|sure|wonderful|fantastic|joy)|sure,? because"
    r"|because (?:obviously|clearly))\b"
    r"|/s$|\b(?:not!|said no one|said nobody|\(sarcasm\)|just kidding|just joking)|\bas if\b",
    re.IGNORECASE,
)
_SCORN: Final = re.compile(
    r"^(?:oh,? |well,? |just )?(?:great|wonderful|fantastic|perfect|awesome|lovely|brilliant"
    r"|yay|joy|super|amazing)\b[,!. ]+(?:another|more|now|just|yet another|the \w+ is"
    r"|my \w+ (?:is|just)|it is)\b",
    re.IGNORECASE,
)
_FONDNESS: Final = re.compile(
    r"\b(?:love|enjoy|adore|like|favou?rite|fan of|can never get enough)\b", re.IGNORECASE
)
_IRONY: Final = re.compile(
    r"\b(?:oh (?:yes|yeah|great)|of course|obviously|just what I (?:needed|wanted)|who does not"
    r"|(?:just|so|simply|really|absolutely|totally) (?:love|enjoy|adore)|what could go wrong"
    r"|so much fun|my favou?rite thing|nothing better than|absolutely love)\b.*\b"
    r"(?:wait(?:ing)?|queue|queu\w+|traffic|monday|crash\w*|deadline|delay\w*|tax\w*|stuck|lost"
    r"|broke\w*|3 ?am|spam|bills?|ignored|fail\w*|meetings?|error|bugs?"
    r"|cancel\w*|waking up|being (?:stuck|ignored|late|on hold|yelled)|on hold|paying|hangover"
    r"|flat tyre|sick|woken|alarm)\b",
    re.IGNORECASE,
)
# Asked without a mark, as in "what should I cook tonight".
_ASKS_WITHOUT_MARK: Final = re.compile(
    r"^(?:what|why|how|where|which|who|whats)\b(?! (?:a|an|I (?:love|like|hate|want|need|prefer"
    r"|really))\b)[^,.]*$",
    re.IGNORECASE,
)
# Where "no honey please" begins within "I am vegan, so no honey please".
_NO_WISH: Final = re.compile(
    r"(?:,|;| -)?\s*(?:\b(?:and|so|but)\b[, ]*)(?:like,? )?(?=(?:please,? )?(?:no \w"
    r"|nothing [\w' -]{2,30} (?:ever|please)$))"
    r"|,\s+so (?=(?:please,? )?(?:always|never|do not ever) (?!been\b|had\b)\w)",
    re.IGNORECASE,
)
# "My boss is a dinosaur haha".
_JEST: Final = re.compile(
    r"(?<![^.!?\n])[^.!?\n]*\b(?:is|am|are|'s|'m|'re)(?: (?:such|like|basically|literally|just))* "
    r"an? (?P<what>[^.!?,\n]*?)[,.! ]+(?:lol|lmao|ha(?:ha)+|hehe+|jk|xd)\b[.! ]*",
    re.IGNORECASE,
)
_MOST_SENTENCES: Final = 400
# "What does your partner do?", "He lays asphalt."
_PRONOUN_FIRST: Final = re.compile(r"(?:he|she|it|they)(?P<is>'s| is)? (?=\w)", re.IGNORECASE)
_LONE_PRONOUN: Final = re.compile(r"(?:he|she|they)(?:,? (?:not|actually)\b.*)?", re.IGNORECASE)
_ASKED_ABOUT: Final = re.compile(
    rf"\byour (?P<what>(?:[\w-]+"
    rf" )?{any_of('companions', 'female', 'male', 'either', 'animals')})\b",
    re.IGNORECASE,
)
_NEWCOMER: Final = re.compile(
    rf"^(?:(?:new|our|my|the|a|got|have) )*(?P<who>{any_of('animals')}|baby|son|daughter|boy"
    rf"|girl)\b",
    re.IGNORECASE,
)
_OWN_SENTENCE: Final = re.compile(r"(?:I|we|he|she|they|it|my|our|and)\b", re.IGNORECASE)
_RIGHT: Final = re.compile(
    r",? (?:right|correct|yes|yeah|no|is that right|got it|noted|understood)$", re.IGNORECASE
)
_CLAIMS: Final = re.compile(r"(?:(?:so|and|ok|okay),? )*(?:you|your)\b", re.IGNORECASE)
_NOTED: Final = re.compile(
    r"^(?:(?:got it|noted|understood|okay|ok|right|thanks|sure|great)[:,.!]? )+", re.IGNORECASE
)
_EMPHASIS: Final = re.compile(
    r"(?:always|every (?:single )?time|each time|from now on|without exception)(?:,? please)?$",
    re.IGNORECASE,
)
# "I had it valued: my cello is from 1924": no list.
_CLAUSE_BEHIND: Final = re.compile(
    r"(?:I|we) [^:]{2,60}: (?:my|our|the|I|we|he|she|it) [^:]*\b(?:is|was|are|were|am|has|had)\b",
    re.IGNORECASE,
)
_MERE_NO: Final = re.compile(
    r"(?:no|nope|nah|used to|not any ?more|wrong)(?:,? no)*$", re.IGNORECASE
)
_MOST_ANSWERED: Final = 4
_LONGEST_ANSWER: Final = 14
_FEWEST_OWN: Final = 2
_LONGEST_AMENDMENT: Final = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that counts.

    Attributes:
        turn: The message.
        voice: Who speaks to whom.
        sentences: What is said in it, each with its parse.
    """

    turn: Turn
    voice: Voice
    sentences: Sequence[tuple[Utterance, Tree]]


def hear(conversation: Conversation, people: Cast, parser: Parser) -> list[Heard]:
    """Return the messages of a conversation that people said, those before it first."""
    spoken = [*conversation.before, *conversation.turns]
    meant = _amended(spoken) if people.company is Company.ASSISTANT else spoken
    messages = [
        (turn, voice, list(_sentences(meant[place], meant[:place], people.company, parser)))
        for place, turn in enumerate(spoken)
        if (voice := people.voice(turn)) is not None
    ]
    parsed = iter(_parsed([one for _, _, said in messages for one in said], parser))
    return [Heard(turn, voice, [next(parsed) for _ in said]) for turn, voice, said in messages]


def _amended(spoken: Sequence[Turn]) -> list[Turn]:
    """Return turns in which what the user puts right later stands where it was put right."""
    found = list(spoken)
    last: int | None = None
    for place, turn in enumerate(spoken):
        if turn.role != "user" or turn.recalled:
            continue
        between = spoken[place - 1].text.rstrip() if place else ""
        if last is not None and not between.endswith("?"):
            amended = _put_right(found[last].text, turn.text)
            if amended is not None:
                found[last] = replace(found[last], text=amended[0])
                found[place] = replace(turn, text=amended[1])
        last = place
    return found


def _put_right(before: str, after: str) -> tuple[str, str] | None:
    """Return a message without the sentence that a later one puts right, and the later one."""
    for said in reversed(sentences(mended(before))) if len(after) < _LONGEST_AMENDMENT else ():
        right = None if said.asks else put_right(said.text, mended(after))
        if right is not None:
            return mended(before).replace(said.text, "", 1), ". ".join(filter(None, right))
    return None


def _earnest(match: re.Match[str]) -> str:
    """Keep a sentence that ends in laughter where it states something that people are."""
    told = re.search(
        rf"\b{any_of('traits', 'occupations', 'diets', 'described', 'companions')}\b",
        match["what"],
        re.IGNORECASE,
    )
    return match[0] if told else ""


@cache
def _aims() -> frozenset[str]:
    """Return the words of the lists that everyday facts are told with."""
    return (
        words("demonyms")
        | words("companions")
        | words("animals")
        | words("diets")
        | words("occupations")
        | words("foods")
    )


def _sentences(
    turn: Turn, earlier: Sequence[Turn], company: Company, parser: Parser
) -> Iterator[Utterance]:
    """Yield the sentences of a message, with what it leaves out filled in."""
    typed = spelled(without_runs(turn.text), parser.strangers, _aims())
    earnest = "".join(_JEST.sub(_earnest, piece) for piece in pieces(typed))
    cut: Sequence[Utterance] = sentences(own_words(earnest))[:_MOST_SENTENCES]
    if company is Company.ASSISTANT and 0 < len(cut) <= _MOST_ANSWERED and not cut[0].asks:
        whole, cut = _answer(cut, earlier, parser)
        yield from whole
    listing, before, newcomer = False, "", None
    sheet = any(is_sheet(one.text) for one in cut)
    for said, one, corrects in _with_corrections(_meant(cut)):
        meant = without_stalling(one.text)
        asks = one.asks and meant == one.text
        text = without_openers(introducing(meant))
        if begins_play(text):
            # What follows is said in the scene that this sets.
            return
        told = restated(one.text)
        asks = (asks or _ASKS_WITHOUT_MARK.match(text) is not None) and ITEM not in text
        if not told and asks:
            if asker := given(one.text):
                yield Utterance(asker, asks=False)
            yield Utterance(one.text, asks=True)
        elif text:
            told_behind = _CLAUSE_BEHIND.match(text) is not None
            particulars = None if told_behind else listed(text, among=listing, sheet=sheet)
            if particulars and not _is_english(text, parser):
                particulars = None
            listing = bool(particulars)
            if particulars is None:
                plain = told or filled(text, before) or unlabelled(text)
                particulars = [Utterance(plain, asks=False)]
            for particular in map(partial(_of_newcomer, newcomer), particulars):
                parts = [particular] if particular.told else _stated(particular.text)
                yield from (replace(part, whole=said, corrects=corrects) for part in parts)
        before = text
        newcomer = newcomer or _NEWCOMER.search(text)


def _with_corrections(
    said: Iterable[Utterance],
) -> Iterator[tuple[str, Utterance, Correcting]]:
    """Yield sentences as said and as meant, and how surely they put right what was said before.

    They surely do behind a remark such as "I misheard", in the same sentence or in one before it,
    and perhaps behind a word such as "actually".
    """
    wrong = False
    for one in said:
        rest, how = correcting(one.text)
        sure = Correcting.SURELY if wrong else how
        corrects = Correcting.NO if one.asks or not rest else sure
        surely = corrects is Correcting.SURELY
        yield one.text, replace(one, text=rest) if surely else one, corrects
        wrong = how is Correcting.SURELY and not rest


def _of_newcomer(newcomer: re.Match[str] | None, said: Utterance) -> Utterance:
    """Give a name that is listed to the pet or the child that the message is about."""
    if newcomer is None or not said.told or not said.text.startswith("my name is "):
        return said
    named = said.text.replace("my name", f"my {newcomer['who'].lower()}'s name", 1)
    return Utterance(named, asks=False, told=True)


def _answer(
    said: Sequence[Utterance], earlier: Sequence[Turn], parser: Parser
) -> tuple[Sequence[Utterance], Sequence[Utterance]]:
    """Return what a message says as an answer, if it is one, and the sentences behind that."""
    question = _question(earlier)
    own = any(
        _OWN_SENTENCE.match(one.text) and len(one.text.split()) > _FEWEST_OWN for one in said[1:]
    )
    whole = answered(question, said[0].text if own else ", ".join(one.text for one in said))
    if whole:
        return [Utterance(whole, asks=False, told=whole.startswith("I "))], said[1:] if own else ()
    if len(said) > 1 and _LONE_PRONOUN.fullmatch(said[0].text):
        said = said[1:]
    whose = _PRONOUN_FIRST.match(said[0].text)
    about = _ASKED_ABOUT.search(question or _claim_before(earlier)) if whose else None
    if whose and about:
        meant = f"my {about['what']}{' is' if whose['is'] else ''} {said[0].text[whose.end() :]}"
        return (), [Utterance(meant, asks=False), *said[1:]]
    told = _filled_in(said, question, earlier, parser)
    return ([told], said[1:]) if told is not None else ((), said)


def _is_english(text: str, parser: Parser) -> bool:
    """Return true if the key or the heading of a list has an English word."""
    key = re.split(r"[:=\ue002-]", text)[0]
    found = set(re.findall(r"[a-z]{2,}", key.lower()))
    return is_listing(key) or bool(found - parser.strangers(found).unlisted) or not found


def _filled_in(
    said: Sequence[Utterance], question: str, earlier: Sequence[Turn], parser: Parser
) -> Utterance | None:
    """Return the first sentence with what it leaves to the assistant's question or claim."""
    answer = said[0].text
    if len(answer.split()) > _LONGEST_ANSWER:
        return None
    if question and (text := by_parse(parser.parse([question])[0], question, answer)):
        return Utterance(text, asks=False, told=not asks_of_chat(question))
    if question and (text := quoted_with(question, answer)):
        return Utterance(text, asks=False, told=True)
    last = earlier[-1] if earlier else None
    if last is None or last.role != "assistant":
        return None
    claim = _claim(last.text)
    if len(said) > 1 and _MERE_NO.match(answer):
        answer = f"{answer}, {said[1].text}"
    text = rectified(parser.parse([claim])[0], answer) if claim else ""
    if (
        not text
        and claim
        and (right := put_right(own_claim(claim), ". ".join(one.text for one in said)))
    ):
        text = right[0]
    return Utterance(text, asks=False, told=True) if text else None


def _claim_before(earlier: Sequence[Turn]) -> str:
    """Return what the assistant said of the user just before, or nothing."""
    last = earlier[-1] if earlier else None
    return _claim(last.text) if last is not None and last.role == "assistant" else ""


def _claim(text: str) -> str:
    """Return what the assistant says last of the user: "So you work for DHL, right?"."""
    said = sentences(own_words(text))
    claims = [
        _RIGHT.sub("", one.text)
        for one in said
        if not one.asks or _RIGHT.search(one.text) or _CLAIMS.match(one.text)
    ]
    return _NOTED.sub("", claims[-1]) if claims else ""


def _stated(text: str) -> Iterator[Utterance]:
    """Yield what a sentence states, in plain sentences of their own."""
    for one in spliced(text):
        for plain in plainly(unclefted(one)):
            for part in segments(plain) or introduced(plain):
                yield from _with_wish(part)


def _meant(said: Sequence[Utterance]) -> Iterator[Utterance]:
    """Leave out what is said in scorn: "Great, another delay. I just love waiting"."""
    scorn = False
    for one in _with_emphasis(said):
        ironic = _SARCASM.search(one.text) or _IRONY.search(one.text)
        if ironic or (scorn and _FONDNESS.search(one.text)):
            scorn = True
            continue
        scorn = scorn or _SCORN.match(one.text) is not None
        yield one


def _with_emphasis(said: Sequence[Utterance]) -> list[Utterance]:
    """Join "Every time." to the sentence before it, which it makes an instruction."""
    found: list[Utterance] = []
    for one in said:
        if found and not one.asks and not found[-1].asks and _EMPHASIS.match(one.text):
            found[-1] = Utterance(f"{found[-1].text}, {one.text.lower()}", asks=False)
        else:
            found.append(one)
    return found


def _with_wish(text: str) -> Iterator[Utterance]:
    wish = _NO_WISH.search(text)
    if wish is None or not wish.start():
        yield Utterance(text, asks=False)
        return
    yield Utterance(text[: wish.start()], asks=False)
    yield Utterance(text[wish.end() :], asks=False)


def _question(earlier: Sequence[Turn]) -> str:
    """Return the question that the turn before ends with, or nothing."""
    last = earlier[-1] if earlier else None
    if last is None or last.role != "assistant" or not last.text.rstrip().endswith("?"):
        return ""
    asked = sentences(own_words(last.text))
    return asked[-1].text if asked else ""


def _parsed(said: Sequence[Utterance], parser: Parser) -> list[tuple[Utterance, Tree]]:
    """Parse sentences; fragments once more, as the sentences that they stand for."""
    parsed = list(zip(said, parser.parse([one.text for one in said]), strict=True))
    whole = {
        place: formed
        for place, (one, tree) in enumerate(parsed)
        if not one.asks and not one.told and (formed := completed(tree, one.text))
    }
    trees = parser.parse([formed.text for formed in whole.values()])
    for (place, formed), tree in zip(whole.items(), trees, strict=True):
        if says_so(tree):
            parsed[place] = (replace(formed, whole=parsed[place][0].whole), tree)
    return parsed
