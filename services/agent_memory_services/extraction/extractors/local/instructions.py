"""Standing instructions to the assistant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import About, Voice
from agent_memory_services.extraction.extractors.local.wording import in_third_person, trimmed
from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.parser import Token, Tree

_ASSISTANT: Final = Voice("User", "the assistant")
_REASON: Final = re.compile(
    r"(?:,|,? (?:because|since|as)) (?P<said>(?:I am|I have|my|I do not|I cannot|I hate"
    r"|I live|I get|I find|I need|I struggle|I lose|I feel|I forget|I never|I was|it)\b.*)$"
)
_MOST_WORDS: Final = 60
_ASKED: Final = (
    r"(?:(?:please|just|also|you (?:should|must|can|need to|have to)|I (?:want|need|would like"
    r"|expect|prefer) you to"
    r"|I would (?:love|appreciate) it if you(?: could| would)?|make sure (?:that )?(?:you|to)"
    r"|be sure to|remember to|try to|could you|can you|would you|will you|and|so|then|hey|ok"
    r"|okay|but)[, ]+)*"
)
_WHEN: Final = r"(?:when(?:ever)?|every ?time|each time|any ?time|as soon as) (?:I|we|you) .+?"
_SCOPE: Final = (
    r"(?:from (?:now|here|this point|today) on(?:wards?| out)?|going forward|in (?:the )?future"
    r"|henceforth"
    r"|(?:for|in) (?:all|every|any|each)(?: of)?(?: your| future| the| my)* (?:answers?"
    r"|responses?|repl(?:y|ies)|messages?"
    r"|conversations?|chats?|recipes?|code|emails?|questions?)(?: from (?:now|here) on)?"
    r"|in your (?:answers|responses|replies|messages)"
    r"|for (?:anything|everything) (?!else\b)[\w' -]+?)"
)
# What people and assistants do in a conversation.
ACTS: Final = (
    r"(?:ask|talk|speak|write|discuss|mention|send|share|paste|post|upload|show|tell|say|suggest"
    r"|recommend|answer|reply|refer|explain|describe|quote|give me|help me|translate)(?:ing)?"
)
_ANSWERS: Final = (
    r"(?:answers?|responses?|repl(?:y|ies)|explanations?|messages?|summaries|emails?|code)"
)
_MANNER: Final = (
    r"(?:concise|brief|short|formal|informal|direct|honest|detailed|polite|friendly|casual|critical"
    r"|specific|technical|blunt|patient|thorough|verbose|wordy|precise|encouraging|terse|chatty)"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of instruction: `do` is what is to be done, the others say when or with whom.

    Attributes:
        pattern: Its form.
        text: How it is written.
        slot: The attribute it sets.
        reasoned: Whether only a reason behind it tells that it holds beyond this answer.
    """

    pattern: re.Pattern[str]
    text: str
    slot: str = ""
    reasoned: bool = False


def _form(pattern: str, text: str, slot: str = "") -> _Form:
    return _Form(re.compile(pattern, re.IGNORECASE), text, slot)


_ALWAYS: Final = (
    r"(?:always|every (?:single )?time|each time|without exception|from now on|in future)"
)
# Ways of answering: things that any answer has, and the manner in which they are given.
_GIVEN: Final = (
    r"(?:things|everything|stuff|dates?|times|numbers?|amounts|prices|units|sizes|measurements"
    r"|reminders|summaries|replies"
    r"|quantities"
    r"|temperatures|distances|weights|code|links|sources|recipes|names|examples|instructions"
    r"|answers|it all)"
)
_WAY: Final = (
    r"(?:(?:in|with|without|like|as(?! soon| well)|under|using|by) (?!this\b|that\b|it\b"
    r"|the (?:above|file|text)"
    r"|here|case\b|advance)|(?:more |less |very |really )?(?:slowly|briefly|simply|politely"
    r"|honestly|bluntly"
    r"|formally|informally)\b|one at a time)"
)
_TELLS: Final = (
    r"(?:answer|reply|respond|write|speak|talk|explain|describe|give|tell|show|list|spell|say"
    r"|put|use|express|quote|display|state|present"
    r"|convert|format)"
)
# Manners of answering that any answer may have: its units, language, form and tone.
_HOW: Final = (
    rf"(?:the |(?:simple|plain|basic|formal|proper) )?{any_of('manners', 'demonyms')}"
    r"(?: (?:units|system|spelling|terms|only))?"
)
_AS_HOW: Final = (
    rf"(?:in|with|without|using) (?:any |more |less |only |all )?{_HOW}"
    r"|(?:like|as if|as though) (?:I am|I were|I was|an?|you would|we are|my) \w.*?"
    r"|as \w+ as (?:you can|possible)"
)
_CHOSEN: Final = (
    r"(?:use|speak|talk|stick (?:to|with)|keep to|switch to|prefer|work in|stay in|avoid|skip"
    r"|drop|omit|leave out|sign off with|lose|ditch|spare me|cut(?: out)?|minimi[sz]e|limit|cite"
    r"|go easy on)"
)
_PLAINLY: Final = r"(?:,? (?:please|thanks|with me|to me|for me|only|in (?:here|your answers)))*"
_TO_ME: Final = r"(?: (?:me|to me|us|back))?"
_FOR_ME: Final = r"(?: (?:to|for|with) me)?"
_TO: Final = "User wants the assistant to {do}"
_FORMS: Final = (
    _form(
        r"^(?:(?:please|just|you (?:can|may)|everyone|everybody|my friends|people|but"
        r"|so)[, ]+)*(?:calls? me|address me as"
        r"|refer to me as) (?P<name>(?-i:[A-Z])[\w'-]+\.?(?: (?-i:[A-Z])[\w'-]+){0,2})(?:"
        r" (?:please|instead|(?:in )?here|in (?:this|our|these) chats?|from now on))*$",
        "User wants to be called {name}",
        "called",
    ),
    _form(rf"^{_ASKED}(?P<when>{_WHEN}), (?:then )?{_ASKED}(?P<do>\w.+)$", _TO + " {when}"),
    _form(
        rf"^{_ASKED}(?P<when>{_WHEN}) (?:then |please |you should )(?P<do>\w.+)$", _TO + " {when}"
    ),
    _form(
        rf"^{_ASKED}(?P<when>{_WHEN}) (?P<do>(?:always|never|do not|only|make sure)\b.+)$",
        _TO + " {when}",
    ),
    _form(rf"^(?P<when>if (?:I|we) .+?),? {_ASKED}(?P<do>(?:always|never)\b.+)$", _TO + " {when}"),
    # "If I paste code, only show the lines you changed": whenever it is said or shown.
    _form(rf"^(?P<when>if I {ACTS}\b[^,]*), (?:then )?{_ASKED}(?P<do>\w.+)$", _TO + " {when}"),
    _form(rf"^{_ASKED}(?P<scope>{_SCOPE})[,:]? {_ASKED}(?P<do>\w.+)$", _TO + " {scope}"),
    _form(
        rf"^{_ASKED}(?P<do>(?:always|never|do not ever) (?!mind\b|give up|say never|again$"
        rf"|forget (?:that|about)|ever$)\w.+)$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?\w.+?),? (?P<scope>{_SCOPE}|when(?:ever)? I ask\b.*"
        rf"|every ?time I ask\b.*)$",
        _TO + " {scope}",
    ),
    # "If I ask for a recipe assume four people", "when you quote prices put them in rand".
    _form(
        rf"^{_ASKED}(?P<when>(?:if|when) (?:I|we|you) (?:are )?(?:{ACTS}|list|draft|book|plan)\b"
        r"(?: [\w'-]+){1,5}?) (?P<do>(?:assume|use|put|give|keep|make|write|show|say|leave|skip"
        r"|start|end|add|include|do not|stick|round|convert|reply|answer|format|be|ask|check|tell"
        r"|avoid|mention|treat|only|just)\b .+)$",
        _TO + " {when}",
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?\w.+?),? (?P<when>unless (?:I|we) (?:say|ask|tell you"
        r"|mention)\b.*|unless (?:told|asked)\b.*|by default)$",
        _TO + " {when}",
    ),
    _form(
        rf"^{_ASKED}(?P<do>{_TELLS}{_TO_ME} (?:the |your )?(?:answers?|results?|summary|conclusion"
        r"|short version|bottom line|gist|facts|numbers|reasoning|steps|long version) (?:first|last"
        r"|up front|only|at the end|before|after)\b.*)$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:drop|skip|lose|ditch|cut|leave out|go easy on|tone down) (?!this\b"
        r"|that\b|it\b)[\w' -]+?) (?:with|for) me$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>\w[^,]+?),? (?P<when>(?:whenever|every ?time|each time|any ?time)"
        r" (?:I|we|you) .+)$",
        _TO + " {when}",
    ),
    _form(
        rf"^{_ASKED}(?P<do>\w[^,]+?),? (?P<scope>{_SCOPE}), (?P<more>(?:max(?:imum)?|at most|no"
        r"|only|just|please|one|two|three|\d+)\b[\w' -]*)$",
        _TO + " {scope}, {more}",
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?\w[^,]*?),? "
        rf"(?P<when>when(?:ever)? (?:I|we|you) (?:are )?{ACTS}\b[^,]*)(?:, not [\w' ]+)?$",
        _TO + " {when}",
    ),
    _form(
        r"^I would (?:rather|prefer(?: it if| that)?) you (?:did not|do not|not"
        r"|never) (?P<do>(?!know|tell|ask|go)\w.+)$",
        "User wants the assistant to not {do}",
    ),
    _form(rf"^{_ASKED}(?P<do>(?:stop|quit|avoid) \w+ing\b.*)$", _TO),
    # "Prices in zloty from here on, please."
    _form(
        r"^(?:(?:and|so|but|please|just)[, ]+)*(?P<noun>[\w'-]+(?: [\w'-]+)? (?:in|as|with|without"
        r"|like|by|to) [\w' -]+?),? (?P<scope>from (?:now|here) on|going forward|in future)"
        r"(?:,? (?:please|thanks))*$",
        "User wants {noun} {scope}",
    ),
    # "No onion, no garlic, nothing from under the ground."
    _form(
        r"^(?:(?:and|so|but|please)[, ]+)*no (?P<none>(?!problem|worries|idea|way|rush|need|one\b)"
        r"[\w'-]+(?: [\w'-]+)?(?:,? (?:and )?no [\w'-]+(?: [\w'-]+)?)+"
        r"(?:,? (?:and )?nothing [\w' -]+)?)(?:,? (?:please|thanks))*$",
        "User wants no {none}",
    ),
    _form(
        r"^(?:please )?do not (?P<do>(?:ever )?(?:call|address) me (?!back|later|again|when|if"
        r"|at|on|up)\w.*)$",
        "User does not want the assistant to {do}",
    ),
    _form(
        rf"^I (?:need|want|would like|expect|prefer) (?:all |your |the "
        rf"|my )+(?P<what>{_ANSWERS} (?:to be |in |from |without |with |as ).+)$",
        "User wants {what}",
    ),
    _form(
        rf"^(?:I (?:want|need|would like|would prefer|prefer) you to|I would (?:like"
        rf"|prefer) it if you (?:were|would be)|you should|please) (?P<do>be (?:more |less "
        rf"|very |a bit more )?{_MANNER}\b.*)$",
        _TO,
    ),
    _form(rf"^{_ASKED}(?P<do>(?:refer to|address) (?:me|us|my|our)\b.+? as \w.*)$", _TO),
    _form(rf"^{_ASKED}(?P<do>only {_TELLS}\b(?! (?:it|this|that|the)\b).+)$", _TO),
    _form(
        rf"^(?:please,? )?no (?P<none>(?:more )?(?!\w\b)[\w' -]+?) (?P<when>{_WHEN})$",
        "User wants no {none} {when}",
    ),
    _form(rf"^{_ASKED}(?P<do>{_TELLS}{_TO_ME} {_GIVEN}{_FOR_ME} {_WAY}.*?)$", _TO),
    replace(_form(rf"^{_ASKED}(?P<do>{_TELLS}{_TO_ME}{_FOR_ME} {_WAY}.*?)$", _TO), reasoned=True),
    # "Use metric units", "Speak German with me": ways of answering, which are no single task.
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?{_CHOSEN} (?:your |any |all |the |more |less "
        rf"|fewer |only |just )*{_HOW}){_PLAINLY}$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?(?:speak|talk|chat|communicate|be)(?: to me| with me)?"
        rf" (?:{_AS_HOW})){_PLAINLY}$",
        _TO,
    ),
    # "Use grams in my recipes", "use the 12 hour clock": ways of many answers.
    _form(
        rf"^{_ASKED}(?P<do>use (?:the )?(?:(?:12|24)[- ]hour (?:clock|format|time)"
        rf"|{_HOW} instead of {_HOW}|[\w-]+(?: [\w-]+)? (?:for|in) (?:my|all|our) [\w"
        rf" -]+s)){_PLAINLY}$",
        _TO,
    ),
    # "Begin every reply with a proverb", "remind me to stretch every hour".
    _form(
        rf"^{_ASKED}(?P<do>(?:begin|start|open|end|finish|close|preface) (?:each|every"
        rf"|all) (?:of )?"
        rf"(?:your )?{_ANSWERS} with .+?){_PLAINLY}$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:remind|nag|tell|send|ask|text|message|warn|quiz) me .+ (?:every|each)"
        rf" (?:hour|day|morning|evening|night|week|month|\w+day)s?){_PLAINLY}$",
        _TO,
    ),
    # "Scale recipes for six people", "quote prices in euros".
    _form(
        rf"^{_ASKED}(?P<do>(?:scale|quote|round|express|price) (?:all |any |my |your )?[\w-]+s"
        rf" (?:for|in|to|with|by) .+?){_PLAINLY}$",
        _TO,
    ),
    # "Answer in French" may be meant for once; what is asked for politely rarely is.
    _form(
        rf"^(?=.*\bplease\b|explain like){_ASKED}(?P<do>(?:do not )?(?:answer|reply|respond|write"
        rf"|message|text|explain)(?: things| everything)?{_TO_ME}{_FOR_ME} (?:{_AS_HOW}))"
        rf"{_PLAINLY}$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?be (?:a bit |more |less |very |as |really )*"
        rf"{_MANNER}(?:r|er)?(?: (?:and|but) \w+)?(?: with (?:me|us)| in your \w+| when .+)?)"
        r"(?:,? please)?$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?(?:treat|address|refer to) (?:me|us) (?:as|like|by|with)"
        r" (?!this\b|that\b|soon|well)\w.*)$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:ask|check with|warn|tell|notify|confirm with|consult|check in with)"
        r"(?: me| us)?(?: first| again)? before (?:you|doing|\w+ing)\b.*)$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?(?:sign(?: off)?|spell|pronounce|write|draft|address"
        r"|format|capitali[sz]e)"
        r" (?:my|our|the|all) (?:[\w']+ )?(?:names?|surname|e-?mails|letters|messages|replies|posts"
        r"|texts)(?: (?:to|for) (?:my|our) [\w' -]{2,24}?)? (?:with|as|in|without|like|off)\b.+)$",
        _TO,
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:write|give|show)(?: me)? code (?:examples|samples|snippets)"
        r" (?:in|with|using) .+)$",
        _TO,
    ),
    # "Enough with the jokes at the end of answers", "that's enough proverbs, thanks".
    _form(
        r"^(?:(?:and|so|but|ok|okay)[, ]+)*(?:that is |that's )?enough (?:of |with )?"
        r"(?:the |your |all |these |those )*(?P<none>(?!this\b|yes\b)[a-z-]+s(?: (?:at|in|with|of"
        r"|from|about) [\w' -]+)?)(?:, (?:thank you|thanks|please|no more of (?:those|them)))*$",
        "User wants no more {none}",
    ),
    _form(
        rf"^{_ASKED}(?P<do>(?:do not )?(?:round|send|write|keep|show|quote|label|spell out)"
        rf"(?: me)? (?:all |any |my |your )?{_GIVEN} (?!this\b|that\b)(?:to|in|as|with|without"
        r"|under|up|down|an? \w+ (?:before|ahead|early)|by|at|on)\b.*)$",
        _TO,
    ),
    _form(
        r"^(?:(?:so|and|but|please)[, ]+)*nothing (?P<none>(?!else\b|more\b|at\b|much\b|really\b)"
        r"[\w' -]+?)(?: for (?:me|us))?,? (?:ever|please|pls|thanks)(?:,? please)?$",
        "User wants nothing {none}",
    ),
    _form(
        rf"^I (?:would like|want|would prefer|prefer|need) (?P<what>(?:your )?(?:shorter"
        r"|longer|simpler|quicker|clearer|briefer|plainer|brief|short|concise|detailed|less|fewer"
        r"|more) [\w' -]*?"
        rf"{_ANSWERS}[\w' -]*)$",
        "User wants {what}",
    ),
    _form(
        r"^I (?:want|need|would like|expect) you to (?P<do>(?:always )?(?:be (?!able|aware|an?\b"
        r"|my\b|the\b|ready)[\w' -]+|(?:correct|challenge|remind|push|call|address|treat|contradict"
        r"|question|proofread) (?:me|my|us|our)\b(?! (?:name|email|phone|text|essay"
        r"|letter)\b)[\w' -]*))$",
        _TO,
    ),
    _form(
        rf"^(?P<what>(?:just |only |in )*{_HOW}(?: only)?),? (?:please|pls|only)$",
        "User wants {what}",
    ),
    _form(
        r"^(?P<what>(?:only|just) [\w' -]+? (?:recipes|answers|results|suggestions|options|ideas"
        r"|examples|films|books|places|restaurants)),? (?:please|pls)$",
        "User wants {what}",
    ),
    _form(rf"^(?P<what>{_HOW}, (?:and )?(?:not|never) {_HOW})$", "User wants {what}"),
    _form(
        rf"^(?:just |only )?(?P<what>[\w' -]+, (?:and )?not [\w' -]+?),? (?:please|thanks"
        rf"|{_ALWAYS})"
        rf"(?:,? (?:please|thanks|{_ALWAYS}))*$",
        "User wants {what}",
    ),
    _form(
        rf"^(?:please,? |just )?(?P<noun>[\w' -]+?),? {_ALWAYS}(?:,? please)?$",
        "User always wants {noun}",
    ),
    _form(
        r"^(?:please,? |just |only )*(?P<what>(?:one|a single"
        r"|two) [\w ]+? at a time)(?:,? please)?$",
        "User wants {what}",
    ),
    _form(rf"^(?:please )?(?P<do>keep (?:your |all |the )?{_ANSWERS} .+)$", _TO),
    _form(
        rf"^(?:just |only )?(?P<what>(?:{_MANNER}|metric|plain|simple|bullet|english|german"
        rf"|french|spanish)(?: \w+)? (?:{_ANSWERS}|units|points|text|language)(?: only)?),? "
        rf"(?:please|only)$",
        "User wants {what}",
    ),
    _form(
        r"^(?:(?:and|so|but|ok|okay|oh|also|like|then)[, ]+)*(?:(?:please"
        r"|just)[, ]+)?no (?P<none>(?:more )?(?!\w\b|problem|worries|idea|way|need|thanks|one\b"
        r"|rush"
        r"|hurry|clue|big deal|doubt|offen[cs]e|pressure|questions?|wait|sorry|not\b|but\b|I\b"
        r"|it\b|that\b)\w[\w' -]*?)(?:(?:,? (?:please|thanks|thank you|pls|ever)| in (?:your"
        r"|the|my) .+?| for me)(?: please)?)$",
        "User wants no {none}",
    ),
    _form(
        r"^(?:(?:and|so|but|just|please)[, ]+)*(?P<what>(?:less|fewer|more|shorter|longer|simpler)"
        r" (?!than\b|on\b|about\b|info|details? (?:on|about))[\w' -]+?),? (?:please|in general"
        r"|generally|from now on|overall)(?:,? (?:please|in general|generally|from now on"
        r"|overall))*$",
        "User wants {what}",
    ),
    _form(
        r"^(?:(?:and|so|but)[, ]+)*please,? no (?P<none>(?:more )?(?!problem|worries"
        r"|need)\w[\w' -]*)$",
        "User wants no {none}",
    ),
    _form(
        rf"^(?:(?:and|so|but)[, ]+)*(?:please )?do not (?P<do>(?!forget|worry|mind|be (?!so\b"
        rf"|too\b|{_MANNER})|hesitate|bother|stop|do|say|tell|get|panic|know|think|feel|have"
        rf"|want|need|ask|let|give up|judge|laugh|call|go|wait|start over|change|leave|touch"
        rf"|delete|make|take|break|miss|run|send|include this|include that|ever)\w+ .+)$",
        "User wants the assistant to not {do}",
    ),
)
_NOW: Final = re.compile(
    r"\b(?:this|that|it|them|these|those|him|her|yet|now|today|tonight|tomorrow|again"
    r"|anymore about|the (?:first|second|last|above|code|file|text|list|one))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A standing instruction, written as a fact about the user.

    Attributes:
        text: The instruction.
        slot: The attribute it sets, such as `called`; empty where there is none.
        reason: What the user said of themself along with it ("..., I'm allergic").
    """

    text: str
    slot: str
    reason: str = ""


def instruction(sentence: str, tree: Tree, start: int = 0) -> Wish | None:
    """Read a sentence, or its end, as a standing instruction; None when it is something else.

    Args:
        sentence: What was said.
        tree: Its parse.
        start: Where the instruction begins.
    """
    said = sentence[start:]
    if QUOTED in said or len(said.split()) > _MOST_WORDS:
        return None
    reason = _REASON.search(said)
    whole = (said[: reason.start()] if reason else said).rstrip(" .!?,")
    for form in _FORMS:
        if form.reasoned and not reason:
            continue
        match = form.pattern.match(whole) or form.pattern.match(trimmed(whole))
        if match is not None and (wish := _wish(match, form, tree, start)) is not None:
            return replace(wish, reason=reason["said"]) if reason else wish
    return None


def _wish(match: re.Match[str], form: _Form, tree: Tree, start: int) -> Wish | None:
    parts = {name: said for name, said in match.groupdict().items() if said}
    command = _between(tree, start, match.span("do")) if "do" in parts else []
    if "noun" in parts and any(
        token.tag in {"VBZ", "VBP", "VBD", "VB", "MD", "PRP", "UH"}
        for token in _between(tree, start, match.span("noun"))
    ):
        return None
    denied = form.text.endswith("not {do}") and _NOW.search(parts.get("do", ""))
    if denied or ("do" in parts and not _commands(command)):
        return None
    for name, said in parts.items():
        if name != "name":
            tokens = _between(tree, start, match.span(name))
            parts[name] = _polished(in_third_person(tree, tokens, About.KIN, _ASSISTANT) or said)
    if "do" in parts:
        parts["do"] = re.sub(r"^do not ever\b", "never", parts["do"], flags=re.IGNORECASE)
        parts["do"] = re.sub(r"^do not\b", "not", parts["do"], flags=re.IGNORECASE)
    return Wish(form.text.format(**parts), form.slot)


def _between(tree: Tree, start: int, span: tuple[int, int]) -> list[Token]:
    """Return the tokens of a span of a text that begins at `start` of the parsed one."""
    found, at = [], -start
    for token in tree.tokens:
        if span[0] <= at < span[1]:
            found.append(token)
        at += len(token.text) + len(token.space)
    return found


def _commands(tokens: Sequence[Token]) -> bool:
    """Return true if words begin with a command, and do not merely look like one."""
    for token in tokens:
        if token.lower in {
            "always",
            "never",
            "not",
            "only",
            "please",
            "just",
            "also",
            "ever",
            "do",
            "n't",
            "first",
        }:
            continue
        if token.lower in {
            "i",
            "we",
            "you",
            "he",
            "she",
            "they",
            "it",
            "my",
            "the",
            "a",
            "an",
            "what",
            "how",
            "why",
            "there",
        }:
            return False
        plain = token.tag in {"VB", "VBP", "NN", "NNP", "JJ", "UH"} and not token.lower.endswith(
            ("ed", "ing")
        )
        return plain and token.lower not in words("moods") | {"right", "best", "good"}
    return False


def _polished(text: str) -> str:
    text = trimmed(text.replace("\ue001", ""))
    text = re.sub(rf"(?:,? (?:please|{_ALWAYS}))+$", "", text)
    text = re.sub(r"\bthe assistant's\b", "its", text)
    text = re.sub(r"(?<=\w )yourself\b", "itself", text)
    return text[:1].lower() + text[1:] if not text.startswith("User") else text
