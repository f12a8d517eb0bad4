"""Facts of a conversation, found message by message."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    EventTime,
    Kind,
    Precision,
    Turn,
    Wanted,
)
from agent_memory_services.extraction.extractors.local.dates import Grounded, ground
from agent_memory_services.extraction.extractors.local.instructions import Wish, instruction
from agent_memory_services.extraction.extractors.local.keeping import (
    ENOUGH,
    LEANS,
    MORE,
    Place,
    Saying,
)
from agent_memory_services.extraction.extractors.local.reading import Heard, hear
from agent_memory_services.extraction.extractors.local.references import (
    References,
    note_mentions,
    possessive,
    resolved,
)
from agent_memory_services.extraction.extractors.local.requests import is_polite, requested
from agent_memory_services.extraction.extractors.local.said import (
    OVER,
    Family,
    Ruling,
    Said,
    has_often,
    is_chat_noun,
    past_state,
)
from agent_memory_services.extraction.extractors.local.selection import (
    is_doubted,
    is_ordered,
    is_secret,
    judge,
    only_asks,
    states_nothing,
)
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Company,
    Subject,
    Voice,
    cast,
    joined,
    subject_of,
)
from agent_memory_services.extraction.extractors.local.tags import entities, topics
from agent_memory_services.extraction.extractors.local.wording import (
    MEANT,
    in_third_person,
    statement,
    third_person,
    trimmed,
    verb_group,
    with_lead,
)
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.claims import CHANGE, END, MOVE, Claim, ClaimModality
from agent_memory_services.language.en import claims as english
from agent_memory_services.language.en.clauses import Clause, Tense, behind, clauses
from agent_memory_services.language.en.corrections import Correcting
from agent_memory_services.language.en.parser import Parser, Tree
from agent_memory_services.language.en.sentences import Utterance
from agent_memory_services.language.en.words import is_past

# "My last name is now Reed": judged as what it says without its adverb.
_NOW: Final = re.compile(r"^(?:now|currently|these days) (?=\w)", re.IGNORECASE)
_LET_US: Final = re.compile(r"(?:and |but )?let us\b|let's\b", re.IGNORECASE)
_YEAR: Final = re.compile(r"\b(?:18|19|20)\d\d\b")
_I_WANT: Final = re.compile(r"I want you to \w")


@dataclass(frozen=True, slots=True)
class Fact:
    """A candidate with what is needed to choose and to join it.

    Attributes:
        candidate: The candidate itself.
        family: What sort of fact it is.
        about: Whom it is about.
        name: The speaker's name, where the fact tells it.
        quoted: Whether it is in the words in which it was said.
    """

    candidate: Candidate
    family: Family
    about: About
    name: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class _Scene:
    """Context in which a message is read."""

    turn: Turn
    voice: Voice
    company: Company
    said: datetime
    references: References
    answers: bool
    parser: Parser


def facts(conversation: Conversation, parser: Parser) -> Iterator[Fact | Wanted]:
    """Yield what the turns of a conversation state, and what they ask to forget, in order."""
    people, references = cast(conversation), References()
    before = {id(turn) for turn in conversation.before}
    spoken = [*conversation.before, *conversation.turns]
    for heard in hear(conversation, people, parser):
        references.next_message()
        answers = heard.turn is not spoken[0]
        turn = heard.turn
        said = turn.at.astimezone(conversation.time_zone) if conversation.time_zone else turn.at
        scene = _Scene(
            turn, heard.voice, people.company, said, references, answers=answers, parser=parser
        )
        wishes = _wishes(heard, people.company)
        found = _of_message(heard, scene, wishes)
        if id(turn) not in before:
            # Earlier ones are read for what they mention; their facts belong to an earlier run.
            yield from _introduced(found)
            for what in dict.fromkeys(each for wish in wishes.values() for each in wish):
                yield Wanted(what, turn.message_id, turn.at, heard.voice.speaker)


def _of_message(heard: Heard, scene: _Scene, wishes: Container[int]) -> list[Fact]:
    """Return what a message states; sentences at the places of `wishes` ask to forget something."""
    found: list[Fact] = []
    before: Saying | None = None
    told, at = False, 0
    for saying in _sayings(heard, answers=scene.answers):
        places = range(at, at + len(saying.parts))
        at = places.stop
        if any(place in wishes for place in places):
            # A request to forget states nothing to remember.
            before, told = None, False
            continue
        stated = [
            _put_right(fact, part.corrects, scene)
            for part, tree in saying.parts
            for fact in _of_sentence(part, tree, scene)
        ]
        behind = saying.behind(before) if before is not None else None
        kept = _is_kept(saying, stated, behind=behind is not None, told=told)
        kept = kept or _loses_an_end(saying, stated, scene)
        if kept and behind is not None and found and found[-1].quoted and told:
            # What it leans on is told with it.
            found.pop()
        found += stated
        if kept:
            found.append(_as_said(behind or saying, scene))
        before = behind if kept and behind is not None else saying
        told = bool(kept or stated)
    return found


def _put_right(fact: Fact, how: Correcting, scene: _Scene) -> Fact:
    """Return a fact that says how surely it puts right something that was said before.

    What perhaps does says so by its claims: "Actually" tells no reader anything.
    """
    text = fact.candidate.text
    if how is Correcting.SURELY:
        candidate = replace(fact.candidate, text=f"Correction: {text}")
    elif how is Correcting.PERHAPS:
        [claims] = english.read([f"Actually, {text}"], scene.parser)
        candidate = replace(fact.candidate, claims=claims)
    else:
        return fact
    return replace(fact, candidate=candidate)


def _loses_an_end(saying: Saying, stated: Sequence[Fact], scene: _Scene) -> bool:
    """Return true if a sentence tells of an end or of another time, and the facts in it do not.

    What is over may be a thing or a plan, or what the speaker did as a rule.
    """
    if scene.company is not Company.ASSISTANT or not saying.may_tell or saying.is_of_software:
        return False
    dying = any(one.lower == "again" or one.lemma == "die" for one in saying.tokens)
    if dying and not _DIED.match(saying.text):
        # Batteries and plants do, every now and then; whoever has a name does for good.
        return False
    if any(fact.family is Family.INSTRUCTION for fact in stated):
        return False
    own = _OWN_END.search(saying.text) is not None
    if not own and (stated or not _is_of_a_thing(saying)):
        return False
    said, *found = english.read(
        [saying.text, *(fact.candidate.text for fact in stated)], scene.parser
    )
    if any(each.ended or each.negated for claims in found for each in claims):
        return False
    ends = (
        each
        for each in said
        if (each.ended or each.relation == CHANGE)
        and not (stated and each.relation in {CHANGE, MOVE})
    )
    return any(_is_lasting_end(each) if own else _names_an_end(each) for each in ends)


def _is_of_a_thing(saying: Saying) -> bool:
    """Return true if a sentence tells of a thing, and not of one of the conversation."""
    subject = saying.clauses[0].subject if saying.clauses else None
    if subject is None or subject.lower in _NO_THING:
        return False
    return not is_chat_noun(saying.clauses[0].tree, subject)


def _names_an_end(claim: Claim) -> bool:
    own = claim.negated and claim.holder == "user"
    return claim.relation.partition(" ")[0] in _ENDS or claim.relation == "live with" or own


def _is_lasting_end(claim: Claim) -> bool:
    """Return true if a claim ends what somebody did as a rule, and not a task or a moment."""
    relation, told = claim.relation, set(claim.value.split())
    if relation == f"{END} job":
        return True
    idle = words("momentary") | words("chores") | words("own_chores") | words("idle_times")
    idle -= words("foods") | {"beer", "wine", "tea"}
    of_life = not told.isdisjoint(words("life_compounds"))
    if claim.modality is not ClaimModality.FACT or not told - _POINTING:
        return False
    mood = relation == "be" and told & words("moods")
    if mood or (told & idle and not of_life):
        return False
    if _names_an_end(claim):
        return relation != f"{END} finish"
    return relation not in words("opinions") | words("mind_verbs") | {"need", "get"}


_DIED: Final = re.compile(r"(?!(?:I|We|They|He|She|It|My|The)\b)[A-Z][a-z]+ (?:has |just )?died\b")
_NO_THING: Final = frozenset("i we you he she they it this that these those there".split())  # noqa: SIM905
_ENDS: Final = frozenset({END, MOVE, CHANGE})
_POINTING: Final = frozenset("it this that these those them to of at in from with on one".split())  # noqa: SIM905
# "I've gone off wine", "They let me go", "Don't go there any more", "No more wine for me".
_OWN_END: Final = re.compile(
    r"^(?:(?:and|so|but|well|oh|actually|sadly|anyway|update|yeah|yes|no|sorry),? |update: "
    r"|(?:it )?turns out(?: that)?,? )*"
    r"(?:(?:I|we|(?-i:[A-Z])[\w-]+ and I)\b|they (?:\w+ )?(?:let|laid) (?:me|us)\b"
    r"|they (?:\w+ )?(?:reset|changed|moved|raised|cut|lowered|increased|reduced|put)"
    r" (?:my|our|the)\b|(?:not|no|don't|do not) )",
    re.IGNORECASE,
)


def _is_kept(saying: Saying, stated: Sequence[Fact], *, behind: bool, told: bool) -> bool:
    """Return true if a sentence is kept as it was said, given what it was found to state.

    `behind` is true where it leans on the sentence before it, and `told` where that told something.
    """
    if not saying.may_be_kept or states_nothing(saying.text):
        return False
    if stated:
        ordered = any(fact.family is Family.INSTRUCTION for fact in stated)
        lost = saying.loses([fact.candidate.text for fact in stated])
        return lost and not ordered and saying.points >= MORE
    if not behind and saying.strays:
        return False
    return saying.points >= (LEANS if behind and told else ENOUGH)


def _sayings(heard: Heard, *, answers: bool) -> list[Saying]:
    """Return the sentences of a message as they were said, with what each was taken apart into."""
    spoken = groupby(heard.sentences, key=lambda said: said[0].whole or said[0].text)
    parts = [(text, list(each)) for text, each in spoken]
    asked = [all(one.asks for one, _ in each) for _, each in parts]
    return [
        Saying(
            text,
            each,
            Place(
                alone=len(parts) == 1,
                asked=any(asked),
                asked_next=any(asked[place + 1 : place + 2]),
                answers=answers and not place,
            ),
        )
        for place, (text, each) in enumerate(parts)
    ]


def _wishes(heard: Heard, company: Company) -> dict[int, list[str]]:
    """Return what the sentences of a message ask to forget, by their places."""
    if company is not Company.ASSISTANT:
        return {}
    found: dict[int, list[str]] = {}
    for at, (_, tree) in enumerate(heard.sentences):
        wish = requested(tree)
        after = [sentence.text for sentence, _ in heard.sentences[at + 1 : at + 2]]
        # "Forget my diet, let us order" dismisses a thought.
        dismissed = any(_LET_US.match(text) for text in after) and not is_polite(tree)
        if wish is not None and not dismissed:
            found[at] = wish
    return found


def _of_sentence(sentence: Utterance, tree: Tree, scene: _Scene) -> Iterator[Fact]:
    """Yield what a sentence states."""
    text = sentence.text
    if sentence.asks and only_asks(text):
        # "Any gift ideas for my son?" states nothing, yet tells who "he" is.
        note_mentions(text, scene.voice.speaker, scene.references)
        return
    if states_nothing(text):
        return
    found = list(clauses(tree))
    wish, end = None, 0
    if scene.company is Company.ASSISTANT:
        wish = _wish(text, tree, found)
    if wish is not None:
        yield _wanted(wish, scene)
        end = text.rfind(wish.reason) if wish.reason else len(text)
    stated = list(_of_clauses(found, scene, end))
    yield from stated
    if sentence.told and not stated and wish is None:
        yield from _as_told(tree, scene)


def _of_clauses(found: Sequence[Clause], scene: _Scene, end: int) -> Iterator[Fact]:
    """Yield what clauses state, but those of the instruction that ends at a place."""
    for clause in found:
        if _asks_for(clause) and _offset(clause) < end:
            continue
        # What an instruction consists of belongs to no clause behind it.
        fact = _of_clause(replace(clause, lead=()) if end else clause, scene)
        if fact is not None:
            yield fact


def _as_said(saying: Saying, scene: _Scene) -> Fact:
    """Return a statement in the words in which it was made."""
    text = trimmed(saying.text)
    past = any(token.tag in {"VBD", "VBN"} for token in saying.tokens)
    dates = ground(text, scene.said, past=past)
    day = f" on {scene.said.day} {scene.said:%B %Y}" if dates.text != text else ""
    when = None if has_often(text) else dates.when
    candidate = Candidate(
        text=f'{scene.voice.speaker} said{day}: "{text}"',
        kind=Kind.EPISODIC if when else Kind.SEMANTIC,
        message_ids=(scene.turn.message_id,),
        topics=topics(text),
        entities=entities(text),
        event_time=when,
    )
    return Fact(candidate, Family.STATEMENT, About.SELF, quoted=True)


def _as_told(tree: Tree, scene: _Scene) -> Iterator[Fact]:
    """Yield a sentence whose form says that it is about the speaker as it stands."""
    first, text = tree.tokens[0], joined(tree.tokens)
    if QUOTED in text or is_secret(text):
        return
    voice = scene.voice if scene.voice.listener else replace(scene.voice, listener="the assistant")
    wanted = _I_WANT.match(text) is not None
    if first.lower in {"i", "we"}:
        verb = tree.tokens[1]
        rest = in_third_person(tree, tree.tokens[2:], About.SELF, voice)
        bare = verb.tag in {"VBP", "VB"} or not is_past(verb.lower)
        said = third_person(verb.text) if bare and verb.tag != "MD" else verb.text
        written = None if rest is None else f"{scene.voice.speaker} {said} {rest}"
    else:
        written = in_third_person(tree, tree.tokens, About.KIN, voice)
    if written is None or resolved(written, scene.references) is None:
        return
    dates = ground(trimmed(written.replace(MEANT, "")), scene.said, past=False)
    text = dates.text[:1].upper() + dates.text[1:]
    recurring = has_often(text)
    candidate = Candidate(
        text=text,
        kind=Kind.EPISODIC if dates.when and not recurring else Kind.SEMANTIC,
        message_ids=(scene.turn.message_id,),
        topics=topics(text),
        entities=entities(text),
        event_time=None if recurring else dates.when,
        standing=wanted,
    )
    yield Fact(candidate, Family.INSTRUCTION if wanted else Family.STATEMENT, About.SELF)


def _wish(text: str, tree: Tree, found: Sequence[Clause]) -> Wish | None:
    """Return the standing instruction that a sentence, or one of its clauses, is."""
    starts = [0, *(_offset(clause) for clause in found if clause.subject is None)]
    wishes = (instruction(text, tree, start) for start in (*starts, *_behind_commas(text)))
    return next((wish for wish in wishes if wish is not None), None)


def _behind_commas(text: str) -> Iterator[int]:
    """Yield where an instruction may begin behind a statement: "Only two of us now, scale ..."."""
    for mark in _COMMA.finditer(text):
        if _HELD.search(text[: mark.start()]):
            return
        if not states_nothing(text[mark.end() :]):
            yield mark.end()


_COMMA: Final = re.compile(r", (?:so |and |just |please )*(?=[a-z])")
_HELD: Final = re.compile(
    r"\b(?:if|when|whenever|while|because|says?|said|saying|told|tells?|telling|asked|asks|wants?"
    r"|wanted|thinks?|thought|means?|meant|like|imagine|suppose|would|should|could|might|maybe|me"
    r"|him|her|them)\b",
    re.IGNORECASE,
)


def _offset(clause: Clause) -> int:
    """Return where in its sentence a clause begins."""
    tree = clause.tree
    own = tree.subtree(clause.subject) if clause.subject and not clause.shared else ()
    first = min(token.index for token in (*clause.group, *clause.lead, *own))
    return sum(len(token.text) + len(token.space) for token in tree.tokens[:first])


def _asks_for(clause: Clause) -> bool:
    """Return true if a clause is part of an instruction: "use metric units", "I want you to"."""
    if clause.subject is None or clause.subject.lower == "you":
        return True
    wishing = words("wants") | words("likes") | {"need", "expect"}
    return clause.lemma in wishing and clause.subject.lower in {"i", "we"}


def _of_clause(clause: Clause, scene: _Scene) -> Fact | None:
    """Return the fact that a clause states, or else the one that it gives as its reason."""
    fact = _of_itself(clause, scene)
    if fact is not None or is_doubted(clause):
        return fact
    reasons = (_of_itself(reason, scene) for reason in behind(clause))
    return next((reason for reason in reasons if reason is not None), None)


def _of_itself(clause: Clause, scene: _Scene) -> Fact | None:
    plain = joined(clause.body)
    subject = subject_of(clause, scene.voice, scene.references)
    if subject is None or is_doubted(clause) or is_ordered(clause):
        note_mentions(plain, scene.voice.speaker, scene.references)
        scene.references.note(plain)
        return None
    said = _said(clause, subject, plain, scene)
    verdict = judge(said) if said is not None else None
    text = _text(said, verdict, scene) if said is not None and verdict is not None else None
    if said is None or verdict is None or text is None:
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
    dates = _dated(meant, clause, subject, scene)
    return Said(
        clause=clause,
        subject=subject,
        rest=_NOW.sub("", _tidied(dates.text)),
        dated=dates.nearest is not None,
        upcoming=_upcoming(dates.nearest, scene.said, past=_looks_back(clause)),
        company=scene.company,
    )


def _dated(text: str, clause: Clause, subject: Subject, scene: _Scene) -> Grounded:
    """Return a statement with its dates written out.

    One's birth is no event of one's life to look up by its time, and its day may have no year.
    """
    if clause.lemma == "bear" and subject.about is About.SELF:
        dated = _YEAR.search(text) is not None
        return Grounded(ground(text, scene.said, past=True).text if dated else text, None, None)
    return ground(text, scene.said, past=_looks_back(clause))


def _looks_back(clause: Clause) -> bool:
    """Return true if a date lies behind: not that of what one has signed up for."""
    has_got = clause.verb.lower == "got" and clause.tense is Tense.PERFECT
    return clause.tense.past and not has_got and clause.verb.lemma not in words("arranges")


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


def _text(said: Said, verdict: Ruling, scene: _Scene) -> str | None:
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
    rest = _with_own_pronoun(resolved(rest, scene.references) or rest, clause, subject)
    if subject.about is About.SELF and _is_stray(rest):
        return None
    rest = _dated(rest, clause, subject, scene).text
    group = f"{adverb} {verb_group(clause, subject)}".strip()
    return statement(subject, group, trimmed(rest), clause)


def _with_own_pronoun(rest: str, clause: Clause, subject: Subject) -> str:
    """Let "her" stand where it means the subject: "Lena got her licence"."""
    owners = (token.text for token in clause.body if token.lower in {"his", "her", "their", "its"})
    own = next(owners, "") if " " in subject.name else ""
    return rest.replace(possessive(subject.name), own, 1) if own else rest


def _tidied(text: str) -> str:
    """Drop what is said for emphasis at the start of a complement: "really into chess"."""
    return re.sub(
        r"^(?:(?:really|also|actually|just|definitely|absolutely|totally|literally|honestly"
        r"|basically|super|so|very|kind of|sort of) )+(?=\w)",
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


def _stated(said: Said, verdict: Ruling, text: str, scene: _Scene) -> Fact:
    dates = _dated(_dated_rest(said, scene), said.clause, said.subject, scene)
    # A day that comes back is no date: "every Friday", "on the first Thursday of each month".
    recurring = verdict.recurring or (
        has_often(said.rest) and re.search(r"\bevery\b|\beach\b|days\b", said.rest) is not None
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
        standing=verdict.standing and said.clause.tense not in OVER,
        slot=_slot(said, verdict, scene.voice),
    )
    return Fact(candidate, verdict.family, said.subject.about, verdict.name)


def _dated_rest(said: Said, scene: _Scene) -> str:
    _, rest = with_lead(_lead(said.clause), trimmed(joined(said.clause.body), scene.voice.listener))
    return rest


def _slot(said: Said, verdict: Ruling, voice: Voice) -> str:
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
        candidate=replace(first.candidate, text=text, entities=entities(text), claims=()),
    )
    return [joined_fact if fact is first else fact for fact in found if fact is not named]
