"""Verb group at the start of a predicate."""

from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.verbs import Form, guessed, verb

_MODALS: Final = {
    "will": Tense.FUTURE, "shall": Tense.FUTURE, "would": Tense.WOULD, "could": Tense.WOULD,
    "can": Tense.CAN, "cannot": Tense.CAN, "may": Tense.MAY, "might": Tense.MAY,
    "should": Tense.MAY, "ought": Tense.MAY, "must": Tense.MUST,
}  # fmt: skip
_BE: Final = {
    "am": Tense.PRESENT, "is": Tense.PRESENT, "are": Tense.PRESENT,
    "was": Tense.PAST, "were": Tense.PAST,
}  # fmt: skip
_HAVE: Final = {"have": Tense.PRESENT, "has": Tense.PRESENT, "had": Tense.PAST}
_DO: Final = {"do": Tense.PRESENT, "does": Tense.PRESENT, "did": Tense.PAST}


def predicate(text: str) -> Predicate | None:
    """Parse what follows a subject; None when it does not begin with a verb group."""
    return _Reader(text.split()).read()


class _Reader:
    """Reader of the words of a verb group from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.words: list[str] = []
        self.negated = False
        self.finite = 0

    def read(self) -> Predicate | None:
        self._adverbs()
        word = self._word()
        self.finite = len(self.words)
        if word in _MODALS:
            return self._modal(_MODALS[word])
        if word in _BE:
            return self._be(_BE[word])
        if word in _HAVE:
            return self._have(_HAVE[word])
        if word in _DO:
            return self._do(_DO[word])
        if word == "used" and self._word(1) == "to" and self._is(2, Form.BASE):
            self._take(2)
            return self._main(Tense.USED_TO)
        return self._simple()

    def _word(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index].strip(',.;:!?"()').lower() if index < len(self.tokens) else ""

    def _is(self, ahead: int, *forms: Form) -> bool:
        word = self._word(ahead)
        if not word or word in words("not_verbs"):
            return False
        known = verb(word)
        if known is not None:
            return bool(known.forms & set(forms))
        return Form.BASE not in forms and bool(guessed(word).forms & set(forms))

    def _take(self, count: int = 1) -> None:
        self.words += self.tokens[self.at : self.at + count]
        self.at += count

    def _adverbs(self) -> None:
        """Pass over adverbs and "not", keeping those that mean something."""
        kept, dropped = words("kept"), words("dropped")
        while True:
            word, pair = self._word(), f"{self._word()}-{self._word(1)}"
            if pair in kept:
                self._take(2)
            elif pair in dropped:
                self.at += 2
            elif word == "not" or word in kept:
                self.negated |= word == "not"
                self._take()
            elif word in dropped:
                self.at += 1
            elif word.endswith("ly") and verb(word) is None and word not in {"only", "family"}:
                self._take()
            else:
                return

    def _modal(self, tense: Tense) -> Predicate | None:
        self._take()
        self.negated |= self.words[-1].lower() == "cannot"
        self._adverbs()
        if self._word() == "be" and self._is(1, Form.ING):
            self._take()
            return self._main(tense)
        if self._word() == "have" and self._is(1, Form.PARTICIPLE):
            self._take()
        if tense is Tense.WOULD and self._word() == "rather":
            self._take()
            return self._end("rather", tense)
        return self._main(tense)

    def _be(self, tense: Tense) -> Predicate | None:
        self._take()
        self._adverbs()
        if self._word() == "going" and self._word(1) == "to" and self._is(2, Form.BASE):
            self._take(2)
            return self._main(Tense.FUTURE)
        if self._is(0, Form.ING):
            progressive = Tense.PROGRESSIVE if tense is Tense.PRESENT else Tense.PAST_PROGRESSIVE
            return self._main(progressive)
        return self._end("be", tense)

    def _have(self, tense: Tense) -> Predicate | None:
        self._take()
        adverb_start = len(self.words)
        before = self.at
        self._adverbs()
        if self._word() == "been":
            self._take()
            self._adverbs()
            return (
                self._main(Tense.PERFECT)
                if self._is(0, Form.ING)
                else self._end("be", Tense.PERFECT)
            )
        if self._word() == "to" and self._is(1, Form.BASE):
            self._take()
            return self._main(Tense.MUST)
        if self._word() == "got":
            if self._word(1) == "to":
                self._take(2)
                return self._main(Tense.MUST)
            self.at += 1
            return self._end("have", Tense.PRESENT)
        if self._is(0, Form.PARTICIPLE):
            return self._main(Tense.PERFECT)
        if not self.negated:
            # "I have only one kidney": the adverb belongs to what follows.
            del self.words[adverb_start:]
            self.at = before
        return self._end("have", tense)

    def _do(self, tense: Tense) -> Predicate | None:
        start = self.at
        self._take()
        kept = len(self.words)
        self._adverbs()
        if self._is(0, Form.BASE) and (self.negated or self.at > start):
            if not self.negated:
                del self.words[kept - 1]
            return self._main(tense if self.negated else Tense.PRESENT)
        return self._end("do", tense)

    def _simple(self) -> Predicate | None:
        word = self._word()
        if not word or not word[0].isalpha():
            return None
        known = verb(word) or guessed(word)
        often = any(adverb.lower() in words("frequencies") for adverb in self.words)
        if Form.BASE not in known.forms or (word in words("past_alike") and not often):
            tense = Tense.PAST if Form.PAST in known.forms else Tense.PRESENT
        else:
            tense = Tense.PRESENT
        if known.forms == {Form.ING}:
            tense = Tense.PROGRESSIVE
        elif known.forms == {Form.PARTICIPLE}:
            tense = Tense.PERFECT
        return self._main(tense)

    def _main(self, tense: Tense) -> Predicate | None:
        word = self._word()
        if not word:
            return None
        lemma = (verb(word) or guessed(word)).base
        self._take()
        if tense is Tense.PROGRESSIVE and lemma == "be":
            return None
        return self._end(lemma, tense)

    def _end(self, lemma: str, tense: Tense) -> Predicate:
        last = self.words[-1]
        self.words[-1] = last.rstrip(",;:")
        stop = last[len(self.words[-1]) :]
        rest = " ".join(filter(None, self.tokens[self.at :]))
        return Predicate(
            words=tuple(self.words),
            finite=self.finite,
            lemma=lemma,
            tense=tense,
            negated=self.negated,
            rest=f"{stop} {rest}" if stop else rest,
        )
