"""Requests to forget: "please forget my phone number", "stop remembering my birthday".

A request is an order or a polite question to the assistant. What somebody forgets themselves, must
not forget, or wants to put out of their mind is none; neither is what concerns the conversation
("forget my last question") or files ("delete the second paragraph").
"""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.subjects import joined
from agent_memory_services.language.en.parser import Token, Tree

_FORGETTING: Final = frozenset({"forget", "unlearn", "unremember"})
_ERASING: Final = frozenset({"delete", "erase", "remove", "wipe", "clear", "scrub", "discard"})
_KEEPING: Final = frozenset(
    {"remember", "store", "save", "keep", "retain", "record", "memorize", "memorise", "note"}
)
_STOPPING: Final = frozenset({"stop", "quit", "cease"})
_WANTING: Final = frozenset({"want", "need", "like", "love", "ask", "prefer"})
_ASKING: Final = frozenset({"can", "could", "would", "will", "should", "may", "must", "'ll", "ca"})
_UNREAL: Final = frozenset({"if", "when", "whether", "unless", "because", "since"})
_SUBJECTS: Final = ("nsubj", "nsubjpass", "csubj")
_ASIDE: Final = r"(?: have| had| just| ever| once| already| all| \'ve)*"
_TO: Final = r"(?: to| you| me| us| here| before| earlier)*"
_LEADS: Final = re.compile(
    r"^(?:(?:about|of|all|everything|anything|whatever|what|that|which|the (?:facts?|things?|stuff"
    r"|information|info|details?|part|bit))\b[ ,]*"
    rf"|(?:I|we){_ASIDE} (?:said|say|told|tell|mentioned|mention|wrote|shared|share|explained|gave)"
    rf"\b{_TO}[ ,]*"
    rf"|you{_ASIDE} (?:know|remember|have|stored|store|saved|noted|wrote)\b{_TO}[ ,]*)+"
    r"(?:(?:about|on|of|regarding|concerning|that)\b ?)?",
    re.IGNORECASE,
)
_STORED_IN: Final = (
    r"(?:from|in|out of) (?:your|the|my) (?:stored )?(?:memory|memories|mind|records?|notes?"
    r"|database|storage|system)"
)
_TAILS: Final = re.compile(
    r"(?:[ ,]+(?:please|thanks|thank you|now|ok|okay|again|completely|entirely|forever|for me"
    r"|for good|any ?more|any longer|at once|right away|from now on|if you can"
    rf"|{_STORED_IN}|(?:that )?(?:I|we) (?:told|gave|sent) you))+$",
    re.IGNORECASE,
)
# Of the assistant's memory, where a verb could as well be about a file.
_MEMORY: Final = re.compile(
    r"\b(?:memory|memories|the fact|(?:I|we) (?:\w+ )?(?:said|told|mentioned|shared)|you (?:\w+ )?"
    r"(?:know|remember|stored|saved|noted|have (?:stored|saved|noted|on))|your (?:notes?|records?)"
    r")\b",
    re.IGNORECASE,
)
_CONVERSATION: Final = re.compile(
    r"^(?:(?:my|our|the|your|all|any|last|previous|earlier|first|second|above|prior|this|that|these"
    r"|those|other|of) )*(?:message|question|request|instruction|prompt|answer|reply|response"
    r"|conversation|chat|rule|context|command|task|order|comment|sentence|paragraph|example|code"
    r"|file|list|role|training)s?\b",
    re.IGNORECASE,
)
_ASKED_ABOUT: Final = frozenset({"why", "how", "what", "who", "where", "whether"})
_OWN: Final = frozenset({"my", "our", "that", "i", "where", "what", "anything", "everything"})
_NOTHING: Final = re.compile(
    r"^(?:it|that|this|them|him|her|those|these|me(?: not\b.*)?|us|you|one|so|the (?:last|rest) one"
    r")?$",
    re.IGNORECASE,
)
_EVERYTHING: Final = re.compile(
    r"\b(?:everything|anything|all|whatever|what (?:I|we|you))\b", re.IGNORECASE
)
_NEXT: Final = re.compile(
    r"(?:,? and |, |;| as well as )(?=(?:my|our|the|that|where|what|how|when|who|everything)\b)",
    re.IGNORECASE,
)


def requested(tree: Tree) -> list[str] | None:
    """Return what a sentence asks to forget; None where it asks for nothing of the kind.

    An empty text stands for a request that does not say what.
    """
    if tree.tokens and tree.tokens[0].lower in _ASKED_ABOUT:
        return None
    for verb in tree.tokens:
        if _is_request(tree, verb) and (named := _named(tree, verb)) is not None:
            return [_LEADS.sub("", part).strip(" ,.!") for part in _NEXT.split(named)]
    return None


def _is_request(tree: Tree, verb: Token) -> bool:
    """Return true if the assistant is told, or asked, to forget something."""
    if verb.lemma in _KEEPING:
        return _is_to_stop(tree, verb)
    if verb.lemma in _ERASING:
        # Of files and lists much is deleted, too.
        ordered = _MEMORY.search(_behind(tree, verb)) is not None
    else:
        ordered = verb.lemma in _FORGETTING
    return ordered and _is_order(tree, verb) and not _is_denied(tree, verb)


def _named(tree: Tree, verb: Token) -> str | None:
    """Return what a request is about; None where it is about nothing that is remembered."""
    words = _object(tree, verb)
    bare = _TAILS.sub("", _LEADS.sub("", words).strip(" ,.!")).strip(" ,.!")
    if _CONVERSATION.match(bare):
        return None
    if verb.lemma in _FORGETTING and not _EVERYTHING.search(words):
        about = words[:6].lower() == "about "
        # "Forget it" takes a thought back, and "forget about my diet, let us order" dismisses one.
        if _NOTHING.match(bare) or ((about or not _is_alone(tree, verb)) and not is_polite(tree)):
            return None
    return "" if _NOTHING.match(bare) else bare


def _is_order(tree: Tree, verb: Token) -> bool:
    """Return true if a verb is what the assistant is told, or asked, to do."""
    if any(one.lower in _UNREAL for one in tree.children(verb, "mark", "advmod")):
        return False
    subject = tree.child(verb, *_SUBJECTS)
    helpers = {one.lower for one in tree.children(verb, "aux")}
    head = tree.tokens[verb.head]
    if subject is not None:
        asked = subject.lower == "you" and bool(helpers & _ASKING)
        return asked or _is_wanted(tree, verb, head)
    if helpers:
        return _is_wanted(tree, verb, head)
    if verb.tag == "VBG":
        return head.lemma == "mind" and _subject_is_you(tree, head)
    before = tree.tokens[verb.index - 1].lower if verb.index else ""
    alone = before == "please" or verb.head == verb.index
    return verb.tag in {"VB", "VBP", "NN", "NNP"} and (alone or _is_command(tree, head))


def _is_command(tree: Tree, verb: Token) -> bool:
    return verb.tag in {"VB", "VBP"} and tree.child(verb, *_SUBJECTS) is None


def _is_wanted(tree: Tree, verb: Token, head: Token, *, denied: bool = False) -> bool:
    """Return true if a speaker wants the assistant to do it: "I want you to forget that"."""
    if head.lemma not in _WANTING or verb.dep not in {"ccomp", "xcomp", "advcl"}:
        return False
    if any(one.lower in _UNREAL for one in tree.children(head, "mark", "advmod")):
        return False
    wanting, you = tree.child(head, *_SUBJECTS), tree.child(verb, *_SUBJECTS)
    you = you or tree.child(head, "dobj")
    own = wanting is not None and wanting.lower in {"i", "we"} and head.dep == "ROOT"
    return own and you is not None and you.lower == "you" and _is_denied(tree, head) is denied


def _subject_is_you(tree: Tree, verb: Token) -> bool:
    subject = tree.child(verb, *_SUBJECTS)
    return subject is not None and subject.lower == "you"


def _is_denied(tree: Tree, verb: Token) -> bool:
    return any(one.dep == "neg" or one.lower in {"never", "not"} for one in tree.children(verb))


def _is_to_stop(tree: Tree, verb: Token) -> bool:
    """Return true if the assistant shall no longer do it: "stop storing", "do not remember"."""
    head = tree.tokens[verb.head]
    if verb.tag == "VBG" and head.index != verb.index and head.lemma in _STOPPING:
        return _is_order(tree, head) and not _is_denied(tree, head)
    if _is_wanted(tree, verb, head, denied=True):
        return True
    ordered = _is_command(tree, verb) and head.index == verb.index and _is_denied(tree, verb)
    behind = _behind(tree, verb).lower().split()
    return ordered and bool(behind) and behind[0] in _OWN


def is_polite(tree: Tree) -> bool:
    """Return true if a sentence says please, or asks or wants something of "you"."""
    words = {token.lower for token in tree.tokens}
    asked = words & _ASKING or {token.lemma for token in tree.tokens} & _WANTING
    return "please" in words or ("you" in words and bool(asked))


def _is_alone(tree: Tree, verb: Token) -> bool:
    """Return true if a sentence tells nothing else to do beside the order."""
    return verb.head == verb.index and not any(
        token.lower in {"let", "lets"}
        or (token.dep in {"conj", "parataxis", "ccomp"} and _is_command(tree, token))
        for token in tree.tokens[verb.index + 1 :]
    )


def _behind(tree: Tree, verb: Token) -> str:
    return joined(tree.tokens[verb.index + 1 :])


def _object(tree: Tree, verb: Token) -> str:
    """Return the words of what a verb is about, without reasons and other clauses."""
    kept: list[Token] = []
    for child in tree.children(verb):
        if child.index < verb.index or child.dep in {"punct", "conj", "cc"}:
            continue
        below = tree.subtree(child)
        if below[0].lower in _UNREAL:
            break
        kept += [token for token in below if token.index > verb.index]
    return joined(sorted(kept, key=lambda token: token.index))
