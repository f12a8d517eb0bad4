"""Recognition of standing instructions to the assistant."""

import re
from dataclasses import dataclass, replace

from agent_memory_services.extraction.extractors.local.patterns import Instruction, Pack
from agent_memory_services.extraction.extractors.local.person import Voice, about_another
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.verbs import Form, verb
from agent_memory_services.extraction.extractors.local.wording import trimmed

_ASSISTANT = Voice("User", "the assistant")
_COMMAND = re.compile(
    r"^(?:(?:always|never|not|only|please|just|also|ever) )*(?P<verb>[a-z-]+)\b", re.IGNORECASE
)
_REASON = re.compile(r"(?:,|,? (?:because|since|as)) (?P<said>(?:I am|I have|my|I do not)\b.*)$")
_MOST_WORDS = 60


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


def instruction(sentence: str, pack: Pack) -> Wish | None:
    """Read a sentence as a standing instruction; None when it is something else."""
    if QUOTED in sentence or len(sentence.split()) > _MOST_WORDS:
        return None
    reason = _REASON.search(sentence)
    command = sentence[: reason.start()] if reason else sentence
    for form in pack.instructions:
        match = form.pattern.match(command)
        if match is not None and (wish := _wish(match, form)) is not None:
            return replace(wish, reason=reason["said"]) if reason else wish
    return None


def _wish(match: re.Match[str], form: Instruction) -> Wish | None:
    parts = {name: trimmed(words) for name, words in match.groupdict().items() if words}
    if "do" in parts:
        parts["do"] = re.sub(r"^do not ever\b", "never", parts["do"], flags=re.IGNORECASE)
        parts["do"] = re.sub(r"^do not\b", "not", parts["do"], flags=re.IGNORECASE)
        command = _COMMAND.match(parts["do"])
        known = verb(command["verb"]) if command else None
        if known is None or Form.BASE not in known.forms:
            return None
    written = {
        name: words if name == "name" else _to_the_assistant(words) for name, words in parts.items()
    }
    return Wish(form.text.format(**written), form.slot)


def _to_the_assistant(words: str) -> str:
    words = re.sub(r"\byour\b", "its", words, flags=re.IGNORECASE)
    words = re.sub(r"\byourself\b", "itself", words, flags=re.IGNORECASE)
    words = about_another(words, _ASSISTANT)
    return words[:1].lower() + words[1:] if not words.startswith("User") else words
