"""Facts of a conversation, found message by message."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    EventTime,
    Kind,
    Precision,
    Turn,
)
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.local.ellipsis import (
    answered,
    completed,
    introduced,
    keyed,
)
from agent_memory_services.extraction.extractors.local.entities import entities
from agent_memory_services.extraction.extractors.local.evidence import cast
from agent_memory_services.extraction.extractors.local.instructions import Wish, instruction
from agent_memory_services.extraction.extractors.local.references import (
    References,
    note_mentions,
    resolved,
)
from agent_memory_services.extraction.extractors.local.selection import (
    Family,
    Said,
    Verdict,
    has_often,
    judge,
    past_state,
)
from agent_memory_services.extraction.extractors.local.speech import (
    QUOTED,
    begins_play,
    own_words,
)
from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Company,
    Subject,
    Voice,
    joined,
    subject_of,
)
from agent_memory_services.extraction.extractors.local.topics import topics
from agent_memory_services.extraction.extractors.local.wording import (
    MEANT,
    in_third_person,
    statement,
    trimmed,
    verb_group,
    with_lead,
    without_openers,
)
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Clause, Tense, clauses
from agent_memory_services.language.en.parser import Parser, Tree
from agent_memory_services.language.en.sentences import Sentence, sentences

# A question in form alone: "Could you always cite your sources?"
_STANDING_REQUEST: Final = re.compile(
    r"^(?:could|can|would|will) you (?:please )?(?:always|never)\b", re.IGNORECASE
)
_DOUBT: Final = re.compile(
    r"\b(?:if|whether|unless|maybe|perhaps|possibly|supposedly|hypothetically|imagine|pretend|theoretically|lol|jk|just kidding|as if)\b",
    re.IGNORECASE,
)
_IF_I_CHOOSE: Final = re.compile(
    r"\bif (?:I|we) (?:have|had|were) to (?:choose|pick|decide|say)\b|\b(?:what|even) if\b",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"^(?:(?:please|can you|could you|would you|help me(?: to)?|now|I (?:want|need|would like) you to)[, ]+)*"
    r"(?:write|draft|compose|translate|rewrite|rephrase|paraphrase|proofread|summari[sz]e|generate|act as|act like"
    r"|role-?play|reply as|respond as|answer as|complete|continue|how do you say|solve|what if|if|unless|say I|for example|e\.g)\b"
    r"|\b(?:hypothetically|in a story|the character|the narrator|my character|the hero|the protagonist|in my (?:novel|story|dream)|in the (?:book|song|movie|film|novel))\b",
    re.IGNORECASE,
)
_SARCASM: Final = re.compile(
    r"^(?:yeah,? right|oh,? (?:great|yeah|sure|wonderful|fantastic|joy)|sure,? because|because (?:obviously|clearly))\b"
    r"|/s$|\b(?:not!|said no one|said nobody|\(sarcasm\)|just kidding|just joking)|\bas if\b",
    re.IGNORECASE,
)
_SCORN: Final = re.compile(
    r"^(?:oh,? |well,? |just )?(?:great|wonderful|fantastic|perfect|awesome|lovely|brilliant|yay|joy|super|amazing)\b[,!. ]+(?:another|more|now|just|yet another|the \w+ is|my \w+ (?:is|just)|it is)\b",
    re.IGNORECASE,
)
_FONDNESS: Final = re.compile(r"\b(?:love|enjoy|adore|like|favou?rite|fan of|can never get enough)\b", re.IGNORECASE)
_IRONY: Final = re.compile(
    r"\b(?:oh (?:yes|yeah|great)|of course|obviously|just what I (?:needed|wanted)|who does not|(?:just|so|simply|really|absolutely|totally) (?:love|enjoy|adore)|what could go wrong|so much fun|my favou?rite thing|nothing better than|absolutely love)\b.*\b(?:wait(?:ing)?|queue|queu\w+|traffic|monday|crash\w*|deadline|delay\w*|tax\w*|stuck|lost|broke\w*|3 ?am|spam|bills?|rain\w*|ignored|dentist|slow|fail\w*|meetings?|error|bugs?|cancel\w*|waking up|being (?:stuck|ignored|late|on hold|yelled)|on hold|paying|hangover|flat tyre|sick|woken|alarm)\b",
    re.IGNORECASE,
)
_ASKS_WITHOUT_MARK: Final = re.compile(
    r"^(?:what|why|how|where|which|who|whats)\b(?! (?:a|an|I (?:love|like|hate|want|need|prefer|really))\b)[^,.]*$",
    re.IGNORECASE,
)
_NO_WISH: Final = re.compile(
    r"(?:,|;| -)?\s*(?:\b(?:and|so|but)\b[, ]*)(?:like,? )?(?=(?:please,? )?no \w)", re.IGNORECASE
)
_OVER: Final = frozenset({Tense.PAST, Tense.USED_TO})
_MOST_SENTENCES: Final = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """A candidate with what is needed to choose and to join it.

    Attributes:
        candidate: The candidate itself.
        family: What sort of fact it is.
        about: Whom it is about.
        name: The speaker's name, where the fact tells it.
    """

    candidate: Candidate
    family: Family
    about: About
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Scene:
    """Context in which a message is read."""

    turn: Turn
    voice: Voice
    company: Company
    said: datetime
    references: References


@dataclass(slots=True)
class _Heard:
    """A sentence of a message."""

    sentence: Sentence
    tree: Tree


@dataclass(frozen=True, slots=True)
class _Message:
    turn: Turn
    voice: Voice
    sentences: Sequence[Sentence]
    before: bool


def facts(conversation: Conversation, parser: Parser) -> Iterator[Fact]:
    """Yield the facts that the turns of a conversation state, in order."""
    people, references = cast(conversation), References()
    spoken = [*conversation.before, *conversation.turns]
    messages = [
        _Message(
            turn,
            voice,
            _sentences(turn, spoken[:place], people.company),
            place < len(conversation.before),
        )
        for place, turn in enumerate(spoken)
        if (voice := people.voice(turn)) is not None
    ]
    heard = iter(_parsed([one for message in messages for one in message.sentences], parser))
    for message in messages:
        references.next_message()
        turn = message.turn
        said = turn.at.astimezone(conversation.time_zone) if conversation.time_zone else turn.at
        scene = _Scene(turn, message.voice, people.company, said, references)
        found = [fact for _ in message.sentences for fact in _of_sentence(next(heard), scene)]
        if not message.before:
            yield from _introduced(found)


def _sentences(turn: Turn, earlier: Sequence[Turn], company: Company) -> list[Sentence]:
    """Cut a message into sentences, with what it leaves out filled in."""
    found: list[Sentence] = []
    cut = sentences(own_words(turn.text))[:_MOST_SENTENCES]
    question = _question_before(earlier) if company is Company.ASSISTANT else ""
    if question and cut and not cut[0].asks:
        answer = ", ".join(one.text for one in cut)
        whole = answered(question, answer) if len(cut) <= 2 else ""  # noqa: PLR2004 - "Yes. Two."
        if whole:
            return [Sentence(whole, asks=False)]
    listing = scornful = False
    for one in cut:
        if _SARCASM.search(one.text) or _IRONY.search(one.text) or (scornful and _FONDNESS.search(one.text)):
            scornful = True
            continue
        scornful = scornful or _SCORN.match(one.text) is not None
        text = without_openers(one.text)
        if _ASKS_WITHOUT_MARK.match(text):
            found.append(Sentence(one.text, asks=True))
            continue
        if begins_play(text):
            # What follows is said in the scene that this sets.
            break
        if one.asks:
            found.append(one)
            continue
        if not text:
            continue
        listed = keyed(text, among=listing)
        listing = bool(listed)
        parts = listed or introduced(text)
        for part in parts:
            wish = _NO_WISH.search(part)
            if wish and wish.start() > 0 and company is Company.ASSISTANT:
                found += [
                    Sentence(part[: wish.start()], asks=False),
                    Sentence(part[wish.end() :], asks=False),
                ]
            else:
                found.append(Sentence(part, asks=False))
    return found


def _question_before(earlier: Sequence[Turn]) -> str:
    """Return the question that the turn before ends with, or nothing."""
    if (
        not earlier
        or earlier[-1].role != "assistant"
        or not earlier[-1].text.rstrip().endswith("?")
    ):
        return ""
    asked = sentences(own_words(earlier[-1].text))
    return asked[-1].text if asked else ""


def _parsed(said: Sequence[Sentence], parser: Parser) -> list[_Heard]:
    trees = parser.parse([sentence.text for sentence in said])
    heard = [_Heard(sentence, tree) for sentence, tree in zip(said, trees, strict=True)]
    fragments = [
        (one, whole)
        for one in heard
        if not one.sentence.asks and (whole := completed(one.tree, one.sentence.text))
    ]
    for (one, whole), tree in zip(
        fragments, parser.parse([whole for _, whole in fragments]) if fragments else [], strict=True
    ):
        one.sentence, one.tree = Sentence(whole, asks=False), tree
    return heard


def _of_sentence(heard: _Heard, scene: _Scene) -> Iterator[Fact]:
    text, tree = heard.sentence.text, heard.tree
    if heard.sentence.asks and not _STANDING_REQUEST.match(text):
        # "Any gift ideas for my son?" states nothing, yet tells who "he" is.
        note_mentions(text, scene.voice.speaker, scene.references)
        return
    if (
        _ORDER.search(text)
        and not _IF_I_CHOOSE.search(text)
        and not re.match(r"if (?:I|we) .+?,? (?:please )?(?:always|never)\b", text, re.IGNORECASE)
    ):
        return
    found = list(clauses(tree))
    wish = _wish(text, tree, found) if scene.company is Company.ASSISTANT else None
    reason_at = -1
    if wish is not None:
        yield _wanted(wish, scene)
        reason_at = text.rfind(wish.reason) if wish.reason else len(text)
    for clause in found:
        if wish is not None and _asks_for(clause) and _offset(tree, clause) < reason_at:
            continue
        fact = _of_clause(clause, scene)
        if fact is not None:
            yield fact


def _wish(text: str, tree: Tree, found: Sequence[Clause]) -> Wish | None:
    """Return the standing instruction of a sentence, be it the whole of it or its last clause."""
    wish = instruction(text, tree)
    if wish is not None:
        return wish
    for clause in found:
        if (
            clause.subject is None
            and clause.verb.tag in {"VB", "VBP"}
            and clause.verb.dep != "xcomp"
        ):
            start = _offset(tree, clause)
            if start and tree.tokens[0].index == 0:
                inner = _Cut(text, tree, start).wish()
                if inner is not None:
                    return replace(inner, reason="")
    return None


@dataclass(frozen=True, slots=True)
class _Cut:
    """The end of a sentence, from one of its clauses on."""

    text: str
    tree: Tree
    start: int

    def wish(self) -> Wish | None:
        at, first = 0, 0
        for token in self.tree.tokens:
            if at >= self.start:
                first = token.index
                break
            at += len(token.text) + len(token.space)
        tail = self.tree.tokens[first:]
        moved = [
            replace(
                token,
                index=token.index - first,
                head=max(token.head - first, 0) if token.head >= first else token.index - first,
            )
            for token in tail
        ]
        return instruction(self.text[at:].strip(), Tree(moved))


def _offset(tree: Tree, clause: Clause) -> int:
    """Return where in its sentence a clause begins."""
    first = min(token.index for token in (*clause.group, *clause.lead))
    if clause.subject is not None and not clause.shared:
        first = min(first, min(token.index for token in tree.subtree(clause.subject)))
    at = 0
    for token in tree.tokens:
        if token.index >= first:
            break
        at += len(token.text) + len(token.space)
    return at


def _asks_for(clause: Clause) -> bool:
    """Return true if a clause is part of an instruction: "use metric units", "I want you to"."""
    if clause.subject is None or clause.subject.lower == "you":
        return True
    wishing = words("wants") | words("likes") | {"need", "expect"}
    return clause.lemma in wishing and clause.subject.lower in {"i", "we"}


def _of_clause(clause: Clause, scene: _Scene) -> Fact | None:
    everything = joined([*clause.lead, *clause.group, *clause.body])
    if QUOTED in everything or (_DOUBT.search(everything) and not _IF_I_CHOOSE.search(everything)):
        return None
    if (
        clause.lemma in {"guess", "wish"}
        or clause.tree.child(clause.verb, "mark") is not None
        and clause.tree.child(clause.verb, "mark").lower in {"if", "whether"}
    ):  # type: ignore[union-attr]
        return None
    references = scene.references
    subject = subject_of(clause, scene.voice, references)
    if subject is None:
        note_mentions(joined(clause.body), scene.voice.speaker, references)
        references.note(joined(clause.body))
        return None
    plain = joined(clause.body)
    said = _said(clause, subject, plain, scene)
    verdict = judge(said) if said is not None else None
    if said is None or verdict is None:
        return None
    text = _text(said, verdict, scene)
    if (
        text is None
        or len(text.split()) <= 2
        and not verdict.name
        and not plain
        and verdict.family not in {Family.EVENT, Family.HABIT, Family.PROFILE, Family.RELATION}
    ):  # noqa: PLR2004
        return None
    return _stated(said, verdict, text, scene)


def _said(clause: Clause, subject: Subject, plain: str, scene: _Scene) -> Said | None:
    """Read a clause with its references and dates written out; None where one leads nowhere."""
    references = scene.references
    lead = _lead(clause)
    _, rest = with_lead(lead, trimmed(plain, scene.voice.listener))
    meant = resolved(rest, references)
    references.next_clause()
    if subject.about is About.SELF:
        note_mentions(rest, scene.voice.speaker, references)
    references.note(rest)
    if meant is None:
        return None
    if _was_read(clause, meant):
        clause = replace(clause, tense=Tense.PAST)
    dates = ground(meant, scene.said, past=clause.tense.past)
    return Said(
        clause=clause,
        subject=subject,
        rest=_tidied(dates.text),
        dated=dates.nearest is not None,
        upcoming=_upcoming(dates.nearest, scene.said, past=clause.tense.past),
        company=scene.company,
    )


def _was_read(clause: Clause, rest: str) -> bool:
    """Return true if "I read" is in the past; only its context tells, not its form."""
    if clause.verb.lower != "read" or clause.tense is not Tense.PRESENT or len(clause.group) > 1:
        return False
    if re.search(r"\b(?:yesterday|last|ago|recently|already|in \d{4})\b", rest, re.IGNORECASE):
        return True
    return re.match(r'(?:(?:the|a|an|my) |"|[A-Z])', rest) is not None


def _lead(clause: Clause) -> str:
    text = joined(clause.lead)
    if clause.lead and clause.lead[0].tag not in {"NNP", "NNPS", "PRP"} and not text[:2].isupper():
        return text[:1].lower() + text[1:]
    return text


def _text(said: Said, verdict: Verdict, scene: _Scene) -> str | None:
    """Write a statement out; None when it holds an unresolved "you" or a stray pronoun."""
    clause, subject, voice = said.clause, said.subject, scene.voice
    if verdict.text:
        return verdict.text.format(subject=subject.name)
    if verdict.listener and not voice.listener:
        voice = replace(voice, listener="the assistant")
    body = in_third_person(clause.tree, clause.body, subject.about, voice)
    lead = in_third_person(clause.tree, clause.lead, subject.about, voice)
    if body is None or lead is None:
        return None
    first = clause.lead[0] if clause.lead else None
    if first is not None and first.tag not in {"NNP", "NNPS"} and not lead[:2].isupper():
        lead = lead[:1].lower() + lead[1:]
    adverb, rest = with_lead(lead, trimmed(_tidied(body), scene.voice.listener))
    rest = resolved(rest, scene.references) or rest
    if subject.about is About.SELF and _is_stray(rest):
        return None
    rest = ground(rest, scene.said, past=clause.tense.past).text
    group = f"{adverb} {verb_group(clause, subject)}".strip()
    return statement(subject, group, trimmed(rest), clause)


def _tidied(text: str) -> str:
    """Drop what is said for emphasis at the start of a complement: "really into chess"."""
    return re.sub(
        r"^(?:(?:really|also|actually|just|definitely|absolutely|totally|literally|honestly|basically|super|so|very|kind of|sort of) )+(?=\w)",
        lambda match: "very " if match[0] == "very " else "",
        text,
    )


def _is_stray(rest: str) -> bool:
    """Return true if a text holds a person whom nothing names."""
    stray = re.search(rf"(?<!{MEANT})\b(?:him|he|she)\b", rest)
    if stray is None:
        return False
    return re.search(r"\b(?:their|a|the|User's) \w+|[A-Z]\w+", rest[: stray.start()]) is None


def _upcoming(when: EventTime | None, said: datetime, *, past: bool) -> bool:
    """Return true if a date is still to come; a running month or year counts, seen forwards."""
    if when is None:
        return False
    running = when.precision not in {Precision.DAY, Precision.INSTANT} and not past
    return running or when.start.date() >= said.date()


def _wanted(wish: Wish, scene: _Scene) -> Fact:
    speaker = scene.voice.speaker
    text = re.sub(r"\bUser\b", speaker, wish.text)
    candidate = Candidate(
        text=text,
        kind=Kind.SEMANTIC,
        message_ids=(scene.turn.message_id,),
        topics=topics(text, ("instructions",)),
        entities=entities(text),
        standing=True,
        slot=f"{speaker.lower()}/{wish.slot}" if wish.slot else "",
    )
    return Fact(candidate, Family.INSTRUCTION, About.SELF)


def _stated(said: Said, verdict: Verdict, text: str, scene: _Scene) -> Fact:
    dates = ground(_dated_rest(said, scene), scene.said, past=said.clause.tense.past)
    # A day that comes back is no date: "every Friday", "on the first Thursday of each month".
    recurring = (
        verdict.recurring
        or has_often(said.rest)
        and re.search(r"\bevery\b|\beach\b|days\b", said.rest) is not None
    )
    when = None if recurring else dates.when
    candidate = Candidate(
        text=text,
        kind=Kind.EPISODIC if when else Kind.SEMANTIC,
        message_ids=(scene.turn.message_id,),
        topics=topics(text, verdict.topics),
        entities=entities(text),
        event_time=when,
        expire_time=_end(when, scene.said) if verdict.expires else None,
        standing=verdict.standing and said.clause.tense not in _OVER,
        slot=_slot(said, verdict, scene.voice),
    )
    return Fact(candidate, verdict.family, said.subject.about, verdict.name)


def _dated_rest(said: Said, scene: _Scene) -> str:
    _, rest = with_lead(_lead(said.clause), trimmed(joined(said.clause.body), scene.voice.listener))
    return rest


def _slot(said: Said, verdict: Verdict, voice: Voice) -> str:
    subject, slot = said.subject, verdict.slot
    if not slot or subject.plural or past_state(said):
        return ""
    noun = subject.noun.replace("favorite", "favourite").removesuffix(" of all time")
    attribute = slot.format(noun=noun.replace(" ", "_"))
    owner = voice.speaker if subject.about is About.OWN else subject.name
    return f"{owner.lower()}/{attribute}"


def _end(when: EventTime | None, said: datetime) -> datetime | None:
    """Return the midnight that ends the day of an event still to come."""
    if when is None or when.precision not in {Precision.DAY, Precision.INSTANT}:
        return None
    if when.start.date() < said.date():
        return None
    return (when.start + timedelta(days=1)).replace(hour=0, minute=0)


def _introduced(found: list[Fact]) -> list[Fact]:
    """Let a name that was given along with another fact about oneself stand in that fact."""
    named = next((fact for fact in found if fact.name and fact.family is Family.NAME), None)
    first = next(
        (fact for fact in found if fact.family is Family.PROFILE and fact.about is About.SELF),
        None,
    )
    if named is None or first is None or not first.candidate.text.startswith("User "):
        return found
    text = f"User {named.name} {first.candidate.text.removeprefix('User ')}"
    joined_fact = replace(
        first,
        candidate=replace(first.candidate, text=text, entities=entities(text)),
    )
    return [joined_fact if fact is first else fact for fact in found if fact is not named]
