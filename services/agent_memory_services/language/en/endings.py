"""Ends that an English clause tells of: what was given up or called off, moved or exchanged."""

from collections.abc import Sequence
from typing import Final

from agent_memory_services.language.claims import CHANGE, END, MOVE, SWITCH, Claim
from agent_memory_services.language.en import clauses as reading
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.values import SELF, Holder, Values
from agent_memory_services.language.en.wordings import is_person
from agent_memory_services.language.en.words import MONTHS, WEEKDAY_NAMES

_Phrases = dict[str, list[tuple[str, ...]]]


def _phrases(text: str) -> _Phrases:
    """Return phrases by their first word, the longest first."""
    found: _Phrases = {}
    for phrase in text.replace("\n", ";").split(";"):
        if words := phrase.split():
            found.setdefault(words[0], []).append(tuple(words[1:]))
    return {verb: sorted(each, key=len, reverse=True) for verb, each in found.items()}


_OVER: Final = _phrases("""
    sell; cancel; drop; pass; lose; quit; leave; stop; close; resign; resign from; retire
    retire from; finish
    abandon; ditch; flog; jack in; chuck in; pack up
    discontinue; unsubscribe; unsubscribe from; end; terminate; sack; fire; delete
    uninstall; scrap; shelve; surrender; renounce; repay; donate; rehome; divorce; complete; submit
    withdraw; withdraw from; forgo; dissolve; deactivate; relinquish; swear off; kick; evict
    give up; give up on; give away; call off; pay off; hand in; hand back; give back; throw out
    throw away; break off; break up with; split up with; split with; split from; split up from
    separate from; step down as; step down from; step back from; stand down as; stand down from
    get rid of
    get over; get off; let go; let go of; part with; part ways with; do away with; come off
    go off
    trade in; pack in; phase out; shut down; wind up; wrap up; lay off; lose interest in
    opt out of; pull out of; back out of; drop out of; move out of; check out of; bow out of
    get out of; come out of; go out of; walk out of; fall out of; grow out of; grow tired of
    grow bored of; grow sick of; tire of; recover from; be done with; have enough of
    fall out of love with; cut out; cut ties with; wean off; chuck; bin; pull the plug on
    pay back; turn down; get tired of; get bored of; get bored with; get sick of ; outgrow; graduate
    return from; come back from; come home from; get back from; be back from; be home from
""")
"""Verbs of an end, with what belongs to them; the words behind name what is over."""
_OUT_OF: Final = _phrases("""
    be out of; be over; be through with; be do with; be done with; be finish with; be finished with
    be bore with; be bored with; be bore of; be bored of; be tire of; be tired of; be sick of
    be feed up with; be fed up with; be cure of; be cured of; be free of; be free from; be rid of
    be discharge from; be release from; be back from; be home from
""")
"""States of whoever has done with something."""
_FADED: Final = _phrases("""
    die; expire; lapse; end; finish; heal; vanish; disappear; dissolve; disband; fold; close; stop
    fall through; pass away; clear up; come off; run out; wear off; go away; shut down; fall apart
    break up; fizzle out; come to an end; go
""")
"""What a thing or a person does that is no more."""
_UNDONE: Final = _phrases("""
    cancel; scrap; shelve; axe; close; steal; sell; wreck; total; demolish; dissolve; disband
    discontinue; terminate; remove; heal; cure; rehome; destroy; abolish; write off; call off
    shut down; tear down; take out; pull out; extract; nick; pinch; crush; adopt; take off
    pay off; throw away; take away; turn down; give away; do; finish
    go; put to sleep; put down; repay; lift; drop; withdraw; end
""")
"""What is done to a thing that is no more."""
_DEPARTED: Final = _phrases("die; pass away; pass on")
"""What somebody did who is no more."""
_DEPARTED_DONE: Final = _phrases("adopt; sell; steal; rehome; put down; put to sleep; give away")
"""What is done to an animal that is no more, or is somebody else's."""
_FETCHED: Final = _phrases("pick up; collect; fetch; take back; take home; come for")
"""Verbs of whoever takes what is theirs."""
_SLIPS: Final = frozenset({"slip", "slide", "move", "shift"})
"""Verbs of an event that has another time, without whoever moved it."""
_TAKEN: Final = frozenset({"steal", "nick", "pinch", "crush", "adopt"})
_TIPS: Final = frozenset(
    "scrapyard dump tip skip bin junkyard landfill scrap recycling knacker breaker".split()  # noqa: SIM905
)
"""Places where things end."""
_MOVED_OUT: Final = _phrases("move out")
_GOING: Final = _phrases("move; go; leave; return")
_GONE: Final = frozenset(
    """
    over off gone finished dead history cancelled canceled healed cured sold closed expired
    """.split()  # noqa: SIM905 - a list would be a page long
)
"""What is said of a thing that is no more."""
_MOVED: Final = _phrases("""
    move; postpone; reschedule; delay; push; push back; push forward; shift; slip; slide
    bring forward; put off
    put back; defer; rearrange; rebook; adjourn; change; set back; move up; move forward; move back
""")
"""Verbs of an event that has another time."""
_COUNTED: Final = _phrases("""
    change; cut down; cut back; cut; reduce; increase; lower; raise; go up; go down; be up; be down
    shoot up; grow; jump; climb; rise; creep up; fall; sink; soar; shrink; slim down; come down
    get raise; get bump; get pay rise; get promotion; double; drop; adjust; set; put; bump; bring
""")
"""Verbs of what has another number."""
_CHOOSING: Final = _phrases(
    "choose; pick; go with; opt for; settle on; settle for; decide on; end up with"
)
"""Verbs of a choice."""
_SWAPS: Final = frozenset({"swap", "exchange", "trade", "switch", "change", "give", "ditch"})
_TURNS: Final = frozenset(
    {"switch", "change", "convert", "upgrade", "transition", "go", "downgrade", "transfer"}
)
_ALTERED: Final = frozenset({"change", "update", "reset", "alter", "switch", "set", "correct"})
_FAMILIES: Final = {
    "sell": "sell", "donate": "sell", "rehome": "sell", "bin": "sell", "chuck": "sell",
    "flog": "sell",
    "throw away": "sell", "throw out": "sell", "give away": "sell", "leave": "leave",
    "cancel": "cancel", "call off": "cancel", "finish": "finish", "complete": "finish",
    "submit": "finish", "end": "finish", "wrap up": "finish", "return": "leave", "drop": "drop",
    "drop out": "", "pass": "pass", "lose": "sell", "pay back": "pay",
    "steal": "sell", "nick": "sell", "pinch": "sell", "crush": "sell", "adopt": "adopt",
    "close": "close",
    "lose interest": "",
}  # fmt: skip
"""Verbs that end no more than what they can be said of."""
_AT_ONCE: Final = MONTHS | frozenset("spring summer autumn fall winter week month year".split())  # noqa: SIM905
"""Words of a time at which something ended, and not of one for which alone it is over."""
_LOST: Final = 3
"""Words of a thing that can be lost."""
_AFTER_ALL: Final = frozenset({"to", "of", "with", "in", "for", "from", "as", "on", "by"})
_LODGERS: Final = frozenset({"lodger", "tenant", "flatmate", "roommate", "housemate", "subtenant"})
_WHEN_OR_WHERE: Final = frozenset({"at", "on", "in", "for", "to"})
_FOR: Final = frozenset({"for", "because", "after", "due", "when"})
_BORN: Final = {"baby", "twin"}
_ANYWHERE: Final = frozenset({"up", "off", "away", "out", "down", "back"})


_WEEK: Final = MONTHS.union(
    WEEKDAY_NAMES,
    "noon tomorrow week month year am pm summer spring autumn winter".split(),  # noqa: SIM905
)


class Endings:
    """Reading of the end that a clause tells of."""

    def __init__(
        self, clause: Clause, holder: Holder, values: Values, lemma: str, words: Sequence[str]
    ) -> None:
        """Take a clause, of whom it tells, the base form of its verb and the words of its value."""
        self._clause = clause
        self._holder = holder
        self._values = values
        self._lemma = lemma
        self._words = list(words)
        self._passive = any(
            token.dep == "auxpass" or (token.lemma == "be" and clause.verb.tag == "VBN")
            for token in clause.group
        )
        self._particles = [
            token.lower
            for token in clause.group
            if token.dep == "prt" or (token.index > clause.verb.index and token.lower in _ANYWHERE)
        ]
        self._apart = {token.lower for token in clause.body if token.dep == "prt"}

    def claims(self) -> list[Claim]:
        """Return what is over, moved or exchanged; nothing where the clause tells of no end."""
        clause = self._clause
        if clause.modality is not reading.Modality.REAL or clause.negated:
            return []
        found = self._handed_back() if self._is_of_a_thing else self._object_over()
        if found is None and self._is_of_a_thing:
            found = self._subject_over()
        if found is None and not self._is_of_a_thing:
            found = self._named_gone()
        if found is None and len(self._values.quantities) == 1:
            found = self._changed_number()
        if found is None and self.is_told:
            return self._exchanged()
        return [found] if found is not None else []

    @property
    def _said(self) -> list[str]:
        return [*self._particles, *self._words]

    @property
    def is_told(self) -> bool:
        """True if the clause tells of what happened already."""
        clause = self._clause
        if clause.modality is not reading.Modality.REAL:
            return False
        return clause.tense in {Tense.PAST, Tense.PERFECT} or clause.verb.tag in {"VBD", "VBN"}

    @property
    def _is_of_a_thing(self) -> bool:
        return bool(self._holder.own) or self._holder.root.startswith("the ")

    def _object_over(self) -> Claim | None:
        """Return the end of what somebody sold, left, gave up or is out of."""
        lemma, words = self._lemma, self._words
        if self.is_told and not self._passive:
            if (moved := self._rescheduled()) is not None:
                return moved
            if lemma in _SWAPS and "for" in words:
                return None
        target = ["study"] if lemma == "graduate" and self.is_told else self._left()
        return self._end(target) if target else None

    def _behind(self, phrases: _Phrases, verb: str, first: list[str]) -> list[str] | None:
        """Return the words behind the phrase of an end; None where there is none."""
        said = [*first, *self._said]
        for phrase in phrases.get(verb, ()):
            if tuple(said[: len(phrase)]) == phrase:
                return said[len(phrase) :]
            [last] = phrase if len(phrase) == 1 else [""]
            if last in said and (last in self._apart or last in {"off", "up", "away", "back"}):
                return [word for word in said if word not in {last, "have"}]
        return None

    def _end(self, target: list[str]) -> Claim | None:
        lemma = self._lemma
        target = self._values.since(target)
        limits = tuple(one for one in self._values.limits if not _AT_ONCE & {*one.split()})
        while target and target[0] in _AFTER_ALL:
            target = target[1:]
        if lemma in {"give", "sell", "donate"} and "to" in target[1:]:
            target = target[: target.index("to", 1)]
        target = target[: target.index("since")] if "since" in target[1:] else target
        target = _undated(target)
        value = " ".join(word for word in target if word not in {"job", "habit"})
        path = self._holder.path
        if lemma == "lose" and len(target) > _LOST:
            return None
        if "job" in target or lemma in {"resign", "retire"}:
            return Claim(path, f"{END} job", value, limits=limits, ended=True)
        verb = next(
            (each for each in (f"{lemma} {one}" for one in self._said) if each in _FAMILIES), ""
        )
        family = _FAMILIES.get(verb or lemma, "")
        relation = f"{END} {family}" if family else END
        return Claim(path, relation, value, limits=limits, ended=True) if value else None

    def _handed_back(self) -> Claim | None:
        """Return the end of what somebody had for others who took it: "aunt picked up the dog"."""
        if self._passive or not self.is_told:
            return None
        rest = self._behind(_FETCHED, self._lemma, [])
        if not rest or rest[0] in _WHEN_OR_WHERE:
            return None
        rest = _undated(self._values.since(rest))
        return Claim("user", f"{END} hand back", " ".join(rest), ended=True)

    def _subject_over(self) -> Claim | None:
        """Return the end of the subject itself: "the trip was cancelled"."""
        holder, lemma = self._holder, self._lemma
        subject = " ".join(holder.own) or holder.root.removeprefix("the ")
        root = "user" if holder.root.startswith("the ") else holder.root
        if lemma == "be" and len(self._words) == 1 and self._words[0] in _GONE:
            return Claim(root, END, subject, ended=True)
        if holder.own and (left := self._left()):
            return self._end(left)
        if not self.is_told:
            return None
        return self._moved(root, subject) or self._gone(root, subject) or self._moved_out()

    def _moved_out(self) -> Claim | None:
        """Return that somebody's own, who moved out, lives with them no more."""
        rest = self._behind(_MOVED_OUT, self._lemma, [])
        leaves = is_person(self._holder.own) and not self._passive and rest is not None
        if not leaves or (rest and rest[0] not in _FOR):
            return None
        return Claim(self._holder.path, "live with", "user", negated=True, ended=True)

    def _named_gone(self) -> Claim | None:
        """Return the end of somebody's own by their name: "Rex died", "Duke has been adopted"."""
        root = self._holder.root
        if root == "user" or not self.is_told:
            return None
        gone = _DEPARTED_DONE if self._passive else _DEPARTED
        rest = self._behind(gone, self._lemma, [])
        return None if rest is None else Claim("user", f"{END} gone", root, ended=True)

    def _gone(self, root: str, subject: str) -> Claim | None:
        """Return the end of a subject that was sold, died, or went to the scrapyard."""
        lemma = self._lemma
        if lemma == "go" and not _TIPS.isdisjoint(self._words) and "to" in self._words[:1]:
            return Claim(root, f"{END} sell", subject, ended=True)
        named = (*self._holder.own[:1], *self._holder.root.removeprefix("the ").split()[:1])
        born = lemma == "bear" and not _BORN.isdisjoint(named)
        if not born and not self._is_no_more:
            return None
        family = _FAMILIES.get(lemma, "") if self._passive and lemma in _TAKEN else ""
        relation, over = f"{END} {family}".rstrip(), "pregnant" if born else subject
        return Claim(root, relation, over, ended=True)

    def _moved(self, root: str, subject: str) -> Claim | None:
        """Return the move of the subject to another time: "the trip was postponed to May"."""
        if self._behind(_MOVED, self._lemma, []) is None:
            return None
        to = self._words.index("to") if "to" in self._words else len(self._words)
        limits = self._times(self._words[to + 1 :])
        if not self._passive and (self._lemma not in _SLIPS or not self._is_timed(limits)):
            return None
        return Claim(root, MOVE, subject, limits=limits, ended=True)

    @property
    def _is_no_more(self) -> bool:
        """True if the subject ended, was given up, or has gone for good."""
        lemma = self._lemma
        if not _LODGERS.isdisjoint(self._holder.own) and (left := self._behind(_GOING, lemma, [])):
            return "out" in left or self._for_good
        rest = self._behind(_UNDONE if self._passive else _FADED, lemma, [])
        plain = rest is not None and (not rest or rest[0] in _AFTER_ALL | _FOR)
        return plain and not (lemma == "go" and rest)

    @property
    def _for_good(self) -> bool:
        return any(token.lower == "good" for token in self._clause.body)

    def _left(self) -> list[str]:
        """Return what a person is out of or done with, or what they sold or left."""
        left = self._behind(_OUT_OF, "be", [self._lemma]) if self._passive else None
        if left is None and self._lemma == "be":
            left = self._behind(_OUT_OF, "be", [])
        faded = self._holder.own and self._lemma in _FADED
        if left is None and self.is_told and not self._passive and not faded:
            left = self._behind(_OVER, self._lemma, [])
        if not left or left[0][:1].isdigit():
            return []
        return [] if self._holder.own and left[0] in _WHEN_OR_WHERE else left

    def _rescheduled(self) -> Claim | None:
        """Return the move of an event to another time: "postponed the party to Sunday"."""
        rest = self._behind(_MOVED, self._lemma, [])
        if rest is None or not rest or rest[0] in {"to", "from", "in", "into", "out", "back"}:
            return None
        event = rest[: rest.index("to")] if "to" in rest else rest
        limits = self._times(rest[len(event) + 1 :])
        timed = self._is_timed(limits)
        if not event or not (timed or self._lemma in {"postpone", "reschedule", "delay", "defer"}):
            return None
        return Claim(self._holder.root, MOVE, " ".join(event), limits=limits, ended=True)

    @staticmethod
    def _is_timed(limits: Sequence[str]) -> bool:
        words = (each.split()[-1] for each in limits)
        return any(word in _WEEK or word[:1].isdigit() for word in words)

    def _times(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the time that an event has now, where it is said."""
        kept = [one.removeprefix("to ") for one in self._values.limits]
        return tuple(filter(None, (" ".join(words), *kept)))

    def counted(self) -> Claim | None:
        """Return the other number of what a thing counts: "the hens are down to 2 eggs a day"."""
        rest = (
            self._behind(_COUNTED, self._lemma, []) if len(self._values.quantities) == 1 else None
        )
        if rest is None or rest[:1] != ["to"] or not (self.is_told or self._lemma == "be"):
            return None
        [number] = self._values.quantities
        behind = " ".join(word for word in rest[1:] if word != number.value)
        if not behind or not number.unit:
            return None
        path = self._holder.path
        return Claim(path, CHANGE, behind, quantities=(number,), single=True, ended=True)

    def _changed_number(self) -> Claim | None:
        """Return the other number of what was changed: "changed my dose to 40 mg"."""
        rest = self._behind(_COUNTED, self._lemma, [])
        if rest is None or "to" not in rest or not (self.is_told or self._lemma == "be"):
            return None
        number, to = self._values.quantities[0], rest.index("to")
        behind = [word for word in rest[to + 1 :] if word != number.value]
        name = [word for word in rest[:to] if word not in SELF | _ANYWHERE]
        of_a_thing = self._is_of_a_thing and not is_person(self._holder.own)
        nameless = not name and (of_a_thing or not behind)
        if nameless or number.value not in rest[to + 1 :]:
            return None
        limits = (" ".join(filter(None, (number.value, number.unit))),)
        value = " ".join(name or behind)
        root = self._holder.path
        return Claim(root, CHANGE, value, quantities=(number,), limits=limits, single=True)

    def _exchanged(self) -> list[Claim]:
        """Return what took the place of what: "swapped X for Y", "switched from X to Y"."""
        words, lemma, root = self._said, self._lemma, self._holder.root
        if self._is_of_a_thing:
            return []
        what, old, new = _parts(lemma, words)
        if new and what and lemma in _ALTERED:
            return [Claim(root, " ".join(what), " ".join(new), single=True)]
        if new and old:
            given_up = Claim(self._holder.path, f"{END} instead", " ".join(old), ended=True)
            return [given_up, Claim(root, SWITCH, " ".join(new), single=True)]
        chosen = self._behind(_CHOOSING, lemma, [])
        if chosen and "for" in chosen:
            return [Claim(root, SWITCH, " ".join(chosen), single=True)]
        if lemma in {"switch", "transfer", "upgrade", "downgrade", "transition"} and words:
            return [Claim(root, SWITCH, " ".join(words), single=True)]
        return []


def _parts(lemma: str, words: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Return what was altered, what was there before, and what is there now."""
    before: Sequence[str] = ()
    if "from" in words and "to" in words[words.index("from") :] and lemma in _TURNS:
        start = words.index("from")
        to = words.index("to", start)
        what, before, after = words[:start], words[start + 1 : to], words[to + 1 :]
        what = [word for word in what if word != "back"]
    elif lemma in _SWAPS and "for" in words:
        at = words.index("for")
        what, before, after = (), words[:at], words[at + 1 :]
    elif lemma == "replace" and {"with", "by"} & set(words):
        at = next(at for at, word in enumerate(words) if word in {"with", "by"})
        what, before, after = (), words[:at], words[at + 1 :]
    elif lemma in _ALTERED and "to" in words and words[0] not in {"over", "back", "to", "mind"}:
        what, after = words[: words.index("to")], words[words.index("to") + 1 :]
    else:
        what, after = (), ()
    kept = [[word for word in each if word not in SELF] for each in (what, before, after)]
    return kept[0], [word for word in kept[1] if word not in {"in", "up"}], kept[2]


def _undated(words: list[str]) -> list[str]:
    """Return words without a date behind them."""
    dated = next((at for at in range(len(words)) if _is_dated(words[at:])), len(words))
    return words[:dated] or words


def _is_dated(words: Sequence[str]) -> bool:
    """Return true if words are a date alone, such as "in March 2025"."""
    said = words[1:] if words[0] in {"in", "on"} else ()
    return bool(said) and all(word in MONTHS or word.isdigit() or word == "on" for word in said)


def without_origin(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return where somebody moved from, and the other words."""
    start = words.index("from")
    end = next((at for at in range(start, len(words)) if words[at] == "to"), len(words))
    return ["in", *words[start + 1 : end]], [*words[:start], *words[end:]]
