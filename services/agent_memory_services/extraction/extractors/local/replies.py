"""Answers and corrections, read by the parse of what the assistant asked or said before."""

import re
from collections.abc import Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local.answers import (
    NO,
    OPENING,
    POLITE,
    WHEN,
    WHOLE,
    YES,
)
from agent_memory_services.extraction.extractors.local.wording import third_person
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import FINITE_TAGS
from agent_memory_services.language.en.parser import Token, Tree
from agent_memory_services.language.en.words import ANY_MONTH, ANY_WEEKDAY, is_past, past_of

_WH: Final = frozenset({"WDT", "WP", "WP$", "WRB"})
_LATEST_WH: Final = 3
_TURNED: Final = {
    "you": "I", "your": "my", "yours": "mine", "yourself": "myself", "are": "am", "were": "was",
}  # fmt: skip
_ANAPHORIC: Final = re.compile(
    r"(?:the )?(?:first|second|third|last|former|latter|other|same|next)(?: one| option)?$"
    r"|(?:that|this|these|those|it|both|either|neither|all|any|none|them|option|number|later|soon"
    r"|now|ok|okay|fine|good|great|please|thanks|almost|not yet|dunno|idk|depends|same)\b",
    re.IGNORECASE,
)
_WHERE: Final = {
    "work": "at", "study": "at", "go": "to", "move": "to", "fly": "to", "travel": "to",
}  # fmt: skip
_HOW_MUCH: Final = frozenset({"many", "much"})
_AUXILIARIES: Final = frozenset(
    """
    do does did is are was were has have had can 's 're will
    """.split()  # noqa: SIM905 - a list would be a line for each
)
_TIMES: Final = frozenset({"last", "first", "usually", "often", "normally", "typically"})
_NOT_SO: Final = re.compile(
    r"^(?:(?:no|nope|nah|not quite|not any ?more|wrong|used to|actually|sorry|it is|it's|close"
    r"|almost"
    r"|well|these days|now)\b[\s,.!-]*)+(?P<new>.*?)(?: (?:these days|now|actually|instead"
    r"|please))*$",
    re.IGNORECASE,
)
# "Your dog is seven, got it." "Eight!"
_BARE_NUMBER: Final = re.compile(
    r"(?P<new>\d[\d.,:]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?)(?:,? actually)?",
    re.IGNORECASE,
)
_FEW_WORDS: Final = 4
_SENTENCE: Final = re.compile(
    r"(?:I|we|he|she|they|it|you|that|this|there|not sure|no idea|nothing|whatever|maybe|depends"
    r"|what"
    r"|why|who|how|let|can|could|do|does|is|are)\b|(?:my|our) (?:[\w'-]+ ){1,3}(?:is|are|was|has"
    r"|have)\b",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(r"\bwhat (?:should|shall|can|do) I call you\b", re.IGNORECASE)
_LISTED_AS: Final = re.compile(r"\b(?:as|for|under) your (?P<what>[\w' -]+)$", re.IGNORECASE)
_SUITS: Final = re.compile(
    r",? (?:will do|is fine|works|is good|would be|please)\b.*$|, \w+$", re.IGNORECASE
)
_DO: Final = frozenset({"do", "does", "did"})
_INTO_SENTENCE: Final = re.compile(
    r"(?:in|at|on|near|from|by|with|to|for|since|every|once|twice|about|around|over|under|through"
    r"|via|before|after|when|because|until|between|outside|here|there|ago|last|next|yesterday"
    r"|today|tomorrow|daily|weekly|usually|never|rarely|often|\w+ly|\w+ing)\b",
    re.IGNORECASE,
)
_YEAR_OR_MONTH: Final = re.compile(
    rf"(?:early |late |mid )?(?:(?:19|20)\d\d|{ANY_MONTH}|spring|summer|autumn|fall|winter)\b",
    re.IGNORECASE,
)
_A_DAY: Final = re.compile(rf"(?:the )?(?:{ANY_WEEKDAY}|\d{{1,2}}\b)", re.IGNORECASE)
_A_TIME: Final = re.compile(r"\d{1,2}(?:[:.]\d\d)? ?(?:[ap]m)?$|noon|midnight", re.IGNORECASE)
_NUMERAL: Final = re.compile(
    r"(?P<number>(?:just |only |about |around |over |almost )?(?:\d[\d.,]*|an?|one|two|three"
    r"|four|five"
    r"|six|seven|eight|nine|ten|eleven|twelve|twenty|no|none|zero|a couple|a few|several))"
    r"(?P<more>,.*| (?:of them|in total|now|altogether|so far).*)?$",
    re.IGNORECASE,
)
_SHOULD_I: Final = re.compile(
    r"\b(?:should I|I should|shall I|I need to|should we|we should) (?:also )?"
    r"(?P<verb>(?!know|be aware|consider|keep in mind|remember|look|pick|choose|start|do\b|go\b"
    r"|say)\w+)"
    r"(?P<particle> (?:out|off|away|down|up)\b)?(?P<rest>.*)$",
    re.IGNORECASE,
)


def by_parse(tree: Tree, question: str, answer: str) -> str:
    """Return what an answer says, as the statement that the question asks for; or nothing.

    Args:
        tree: The question's parse.
        question: The question, without its mark.
        answer: What was answered, without its closing mark.
    """
    answer = re.sub(r",? please$", "", OPENING.sub("", answer.strip(" .!")))
    answer = re.split(r",? (?:and |but )?(?:he|she|they|it)(?:'s| is| are| has| have) ", answer)[0]
    answer = re.split(r",? (?:if you|if I|and I|but I|because|since I|as I) ", answer)[0]
    if not answer or _ANAPHORIC.match(answer) or _SENTENCE.match(answer):
        return ""
    wanted = _SHOULD_I.search(question)
    if wanted is not None and re.match(r"(?:change|fix|edit|add|try|call it)\b", wanted["verb"]):
        return ""
    if wanted is not None and " or " not in question:
        return _left_to(wanted, answer)
    asked = {token.lower for token in tree.tokens}
    if not asked & {"you", "your"} or asked & {"i", "me", "my", "it", "them"}:
        return ""
    wh = next((token for token in tree.tokens if token.tag in _WH), None)
    if wh is None or wh.index > _LATEST_WH:
        return _polar(tree, answer)
    no_object = YES.match(answer) or NO.match(answer) or is_past(answer.lower().split()[0])
    return "" if no_object else _filled(tree, wh, answer)


_OFFERS: Final = re.compile(
    r"\b(?:would you|do you (?:want|need|mean|see|think|agree|understand|know|remember)"
    r"|did you mean"
    r"|want me|like me|shall|should|may I|can I|could you|can you (?:share|tell|send|show|give"
    r"|provide|describe|explain|clarify|see|try)|have you tried|your (?:question|message|file|code)"
    r"|help you|which (?:one|option|of)|how (?:are|is) (?:you|it)\b|how can|what can|ready"
    r"|what(?: is| are)? (?:happening|going on)|are you sure|are you there"
    r"|you (?:like|prefer) me)\b",
    re.IGNORECASE,
)


_NOT_THEIRS: Final = frozenset({"i", "me", "my", "it", "them", "this", "that"})
_NO_ANSWER: Final = re.compile(
    r"\b(?:no idea|dunno|not sure|who knows|depends|(?:ha)+|lol|nothing|whatever|never mind)\b",
    re.IGNORECASE,
)


def quoted_with(question: str, answer: str) -> str:
    """Return an answer that nothing can word along with its question; or nothing.

    Args:
        question: What the assistant asked of the user, without its mark.
        answer: What was answered, a few words without a verb of their own.
    """
    answer = OPENING.sub("", answer.strip(" .!"))
    asked = set(question.lower().split())
    about = asked & {"you", "your"} and not asked & {"i", "me", "my", "it", "them", "this", "that"}
    if (
        not about
        or len(question.split()) < _FEW_WORDS
        or _OFFERS.search(question)
        or asks_of_chat(question)
    ):
        return ""
    idle = (
        _NO_ANSWER.search(answer)
        or YES.match(answer)
        or NO.match(answer)
        or _ANAPHORIC.match(answer)
    )
    if not answer or idle or _SENTENCE.match(answer) or POLITE.match(answer):
        return ""
    turned = " ".join(
        {"you": "me", "your": "my", "yours": "mine", "yourself": "myself"}.get(word.lower(), word)
        for word in question.split()
    )
    return f'my answer to "{turned[:1].lower()}{turned[1:]}" is {answer}'


def asks_of_chat(question: str) -> bool:
    """Return true if a question is about the work at hand: "Which file did you upload?"."""
    if _SHOULD_I.search(question):
        return False
    asked = set(re.findall(r"[a-z]+", question.lower()))
    return bool(asked & (words("chores") - {"way", "kind", "sort", "type", "part", "time"}))


def _left_to(wanted: re.Match[str], answer: str) -> str:
    """Return what the assistant is to do: "Any food I should leave out?", "Nuts"."""
    if YES.match(answer) or NO.match(answer):
        return ""
    if _CALLED.search(wanted.string):
        return f"call me {_SUITS.sub('', answer)}"
    as_your = _LISTED_AS.search(wanted["rest"])
    if as_your:
        return f"my {as_your['what']} is {answer}"
    rest = re.sub(r"^ (?:it|that|them)\b", "", wanted["rest"])
    said = f"{wanted['verb']} {answer}{wanted['particle'] or ''}{rest}"
    if re.search(r" (?:in|to|for|with|by|at)$", rest):
        said = f"{wanted['verb']}{wanted['particle'] or ''}{rest} {answer}"
    return f"I want you to {said}"


def _filled(tree: Tree, wh: Token, answer: str) -> str:
    """Return the answer in the place of the question word."""
    tokens = [token for token in tree.tokens[wh.index :] if token.dep != "punct"]
    at = next((n for n, one in enumerate(tokens) if n and one.tag in FINITE_TAGS), None)
    if at is None:
        return ""
    phrase, asks, behind = tokens[:at], tokens[at], tokens[at + 1 :]
    answer = _measured(phrase, answer)
    helps = asks.lower in _AUXILIARIES or asks.tag == "MD"
    own = _subject(tree, behind) if helps else []
    if not own:
        does = " ".join(_turned(token, to_object=True) for token in tokens[at:])
        if asks.lower in _AUXILIARIES or not re.search(r"\b(?:me|my)\b", does):
            return ""
        return f"{answer[:1].upper()}{answer[1:]} {does}"
    rest = behind[len(own) :]
    rest = [token for token in rest if token.lower != "last"]
    verb = next(
        (token for token in rest if token.tag.startswith("VB") and token.lower not in _TIMES), None
    )
    said = [_spoken(token, verb, asks) for token in rest]
    place = _place(tree, rest, phrase)
    stranded = 0 < place <= len(rest) and rest[place - 1].dep == "prep"
    answer = answer if stranded else _placed(answer, wh, phrase, verb)
    head = _head_of([asks], own)
    return " ".join((*head, *said[:place], answer, *said[place:]))


def _subject(tree: Tree, behind: Sequence[Token]) -> list[Token]:
    """Return the subject that stands behind the verb that asks."""
    if not behind:
        return []
    if behind[0].lower == "you":
        return [behind[0]]
    if behind[0].lower not in {"your", "the"}:
        return []
    subject = next((one for one in behind if one.dep in {"nsubj", "nsubjpass"}), None)
    noun = subject or tree.tokens[behind[0].head]
    inside = {token.index for token in tree.subtree(noun)} | {behind[0].index}
    own = []
    for token in behind:
        if token.index not in inside and token.tag != "POS":
            break
        own.append(token)
    return own


def _measured(phrase: Sequence[Token], answer: str) -> str:
    """Return an answer to "how many", "how old" and the like with what it counts."""
    words_ = [token.lower for token in phrase]
    number = _NUMERAL.match(answer) if words_[0] == "how" else None
    if number is None:
        return answer
    if _HOW_MUCH & set(words_):
        noun = " ".join(token.text for token in phrase if token.lower not in {"how", *_HOW_MUCH})
        none = number["number"].lower() in {"none", "zero", "no"}
        return f"{'no' if none else number['number']} {noun}{number['more'] or ''}".strip()
    if words_[1:] == ["old"]:
        return f"{number['number']} years old{number['more'] or ''}"
    tall = words_[1:] in (["tall"], ["long"]) and "." in answer
    return f"{answer} {words_[1]}" if tall else answer


def _place(tree: Tree, rest: Sequence[Token], phrase: Sequence[Token]) -> int:
    """Return where in the rest of a question its answer goes."""
    for place, token in enumerate(rest):
        # "Which company do you work for": nothing stands behind the preposition.
        if token.tag == "IN" and not any(one.index > token.index for one in tree.children(token)):
            return place + 1
    asked = phrase[-1] if phrase[0].tag == "WDT" else phrase[0]
    if asked.dep in {"dobj", "pobj"} or phrase[0].tag in {"WP", "WDT"}:
        for place, token in enumerate(rest):
            if token.tag.startswith("VB") and asked.head == token.index:
                particle = place + 1 < len(rest) and rest[place + 1].dep == "prt"
                return place + (2 if particle else 1)
    return len(rest)


def _placed(answer: str, wh: Token, phrase: Sequence[Token], verb: Token | None) -> str:
    """Return an answer with the preposition that its place in the sentence takes."""
    if _INTO_SENTENCE.match(answer):
        return answer
    lemma = verb.lemma if verb is not None else "be"
    if wh.lower == "where":
        return f"{_WHERE.get(lemma, 'in')} {answer}"
    if wh.lower == "when" or phrase[-1].lower in {"time", "day", "year", "month", "date"}:
        times = ((_A_TIME, "at "), (_YEAR_OR_MONTH, "in "), (_A_DAY, "on "))
        return next((put for time, put in times if time.match(answer)), "") + answer
    if phrase[-1].lower == "long" and lemma != "be":
        return f"for {answer}"
    goes = lemma in words("journeys") | {"get", "commute"}
    return f"by {answer}" if wh.lower == "how" and len(phrase) == 1 and goes else answer


def _head_of(auxiliaries: Sequence[Token], own: Sequence[Token]) -> list[str]:
    subject = [_turned(token) for token in own]
    first = subject == ["I"]
    kept = [token.lower for token in auxiliaries if token.lower not in _DO]
    written = [{"'s": "is", "'re": "are"}.get(word, word) for word in kept]
    turned = [{"are": "am", "were": "was"}.get(word, word) if first else word for word in written]
    return [*_with_genitive(subject), *turned]


def _with_genitive(subject: Sequence[str]) -> list[str]:
    return " ".join(subject).replace(" 's", "'s").split()


def _spoken(token: Token, verb: Token | None, asks: Token) -> str:
    """Return a word of the rest; the verb takes on the form that "do" had."""
    if verb is not None and token.index == verb.index and asks.lower == "did":
        return past_of(token.lower)
    if verb is not None and token.index == verb.index and asks.lower == "does":
        return third_person(token.text)
    return _turned(token, to_object=token.dep in {"dobj", "pobj", "dative"})


def _turned(token: Token, *, to_object: bool = False) -> str:
    if token.lower == "you":
        return "me" if to_object else "I"
    return _TURNED.get(token.lower, token.text)


def _polar(tree: Tree, answer: str) -> str:
    """Return what yes or no says to a question such as "Is your son vegetarian?"."""
    no, yes = NO.match(answer), YES.match(answer)
    tokens = [token for token in tree.tokens if token.dep not in {"punct", "intj", "cc"}]
    match = no or yes
    if match is None or not tokens or tokens[0].lower not in _AUXILIARIES:
        return ""
    asks, own = tokens[0], _subject(tree, tokens[1:])
    left = answer[match.end() :].strip()
    if not own or (left and not WHEN.match(left)):
        return ""
    rest = [token for token in tokens[1 + len(own) :] if token.lower not in {"ever", "yet"}]
    verb = next((token for token in rest if token.tag.startswith(("VB", "IN"))), None)
    if no and asks.lower in _DO:
        said = [*_with_genitive([_turned(one) for one in own]), asks.lower, "not"]
        return " ".join(
            (*said, *(_turned(one, to_object=one.dep in {"dobj", "pobj"}) for one in rest))
        )
    head = _head_of([asks], own) + (["not"] if no else [])
    return " ".join(
        (
            *head,
            *(_spoken(token, verb, asks) for token in rest),
            *([left] if not no and left else []),
        )
    )


_NOTED_AS: Final = re.compile(
    r"^.*?\b(?:I(?: have|'ve)(?: got)?|we have|there is|according to) (?:down )?your "
    r"(?P<what>[\w' -]+?) (?:down |listed |noted |set )*(?:as|to|for|on|at) (?P<value>.+)$",
    re.IGNORECASE,
)
_SAID_BEFORE: Final = re.compile(
    r"^(?:so |ok,? |and )?(?:you (?:said|mentioned|told me|wrote)|I (?:see|know|have noted|remember"
    r"|understand))(?: earlier| before)?(?: that)? ",
    re.IGNORECASE,
)


def own_claim(claim: str) -> str:
    """Return what the assistant said of the user in the user's own person; nothing for others."""
    noted = _NOTED_AS.match(claim)
    if noted is not None:
        return f"my {noted['what']} is {noted['value']}"
    plain = re.sub(r"^so ", "", _SAID_BEFORE.sub("", claim), flags=re.IGNORECASE)
    if re.search(r"\byour?\b", plain, re.IGNORECASE) is None:
        return ""
    changes = ((r"\byou(?: are|'re)\b", "I am"), (r"\byour\b", "my"), (r"\byou\b", "I"))
    for pattern, own in changes:
        plain = re.sub(pattern, own, plain, flags=re.IGNORECASE)
    return plain


def _named_kind(answer: str) -> re.Match[str] | None:
    """Return a lone word that tells what somebody is: "So you are a nurse." "Midwife!"."""
    lists = ("occupations", "demonyms", "diets", "animals", "female", "male", "either")
    kinds = frozenset().union(*map(words, lists))
    said = re.fullmatch(r"(?P<new>[\w-]+)", answer)
    return said if said and answer.lower() in kinds else None


def rectified(tree: Tree, answer: str) -> str:
    """Return what the assistant said of the user with its last word put right; or nothing.

    Args:
        tree: Parse of what the assistant said: "You drive a Toyota Yaris".
        answer: What the user says to that: "no no, Corolla".
    """
    new = _NOT_SO.match(answer) or _BARE_NUMBER.fullmatch(answer) or _named_kind(answer)
    if new is None or not new["new"] or _ANAPHORIC.match(new["new"]) or WHOLE.match(new["new"]):
        return ""
    if (
        not any(token.lower in {"you", "your"} for token in tree.tokens)
        or len(new["new"].split()) > _FEW_WORDS
    ):
        return ""
    bare = re.sub(r"^(?:in|at|on|to|from|with|for|near) ", "", new["new"])
    said = bare.lower() if _BARE_NUMBER.fullmatch(bare) or _named_kind(answer) else bare
    tags = (
        {"NNP", "NNPS"}
        if said[:1].isupper()
        else {"CD"}
        if _BARE_NUMBER.fullmatch(said) or re.match(r"\d", said)
        else {"NN", "NNS", "JJ"}
    )
    places = [token.index for token in tree.tokens if token.tag in tags]
    if not places:
        return ""
    start = end = places[-1]
    while start and tree.tokens[start - 1].tag in tags:
        start -= 1
    written = [_turned(token) for token in tree.tokens]
    written[start : end + 1] = [said]
    kept = [
        word
        for word, token in zip(
            written, [*tree.tokens[: start + 1], *tree.tokens[end + 1 :]], strict=True
        )
        if token.dep != "punct" and token.lower not in {"so", "right", "correct"}
    ]
    return re.sub(r"\bI (?:are|is)\b", "I am", " ".join(kept)).replace(" 's", "'s")
