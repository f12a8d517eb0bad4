"""Choice of the clauses that are worth keeping."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local import doing, others
from agent_memory_services.extraction.extractors.local.said import (
    REFUSED,
    Rule,
    Ruling,
    Said,
    is_this_task,
)
from agent_memory_services.extraction.extractors.local.subjects import About, Company
from agent_memory_services.language.en.clauses import Modality

_SECRET: Final = re.compile(
    r"\b(?:password|passcode|passphrase|pin|api key|token|secret|ssn|social security|credit card"
    r"|card number|cvv|private key)\b",
    re.IGNORECASE,
)
# Figures of speech that would read as facts.
_FIGURE: Final = re.compile(
    r"(?:(?:basically|literally|practically|totally|just|so|absolutely) )*(?:married to (?:my"
    r"|the|their) (?:job|work|phone|laptop|desk)"
    r"|dying (?:of (?!cancer|\w+ (?:disease|failure))|to |for |inside|here|over)|drowning in"
    r"|buried in"
    r"|over the moon|on (?:fire|cloud nine|top of the world)|in (?:heaven|hell|paradise)\b"
    r"|an? (?:zombie|wreck|machine|beast|robot|monster|potato|rock ?star|king|queen|god|goddess"
    r"|ghost|ninja|wizard|genius|walking \w+|soap opera|circus|rollercoaster|roller coaster"
    r"|nightmare|joke|train wreck|dumpster fire|dinosaur|slave driver|pig|snail|vampire"
    r"|couch potato|soap)\b"
    r"|(?:bored|worried|scared|tickled) to death|killing me\b|all (?:ears|thumbs|set"
    r"|over the place)|mush$"
    r"|mush on|fried\b|toast$|jelly$|the (?:world|universe|planet|country|city)'s (?:\w+est|best"
    r"|worst|most)\b"
    r"|the (?:\w+est|best|worst|most \w+) [\w ]+ (?:in the world|ever|alive|on (?:earth"
    r"|the planet))\b"
    r"|(?:an? |about )?\d+ ?(?:%|percent) [\w ]+ and \d+)",
    re.IGNORECASE,
)
_JUDGES: Final[dict[About, Rule]] = {
    About.SELF: doing.self,
    About.KIN: others.kin,
    About.OWN: others.own,
    About.THING: others.thing,
}


def is_secret(text: str) -> bool:
    """Return true if a text names something that is kept from everybody, such as a password."""
    return _SECRET.search(text) is not None


def _is_mere_talk(said: Said) -> bool:
    """Return true if a clause tells of the speaker's own words: "I keep saying forty"."""
    infinitive = said.infinitive
    verb = infinitive.lemma if said.lemma in {"keep", "stop"} and infinitive else said.lemma
    return verb in {"say", "repeat", "mumble", "mutter"} and not said.habitual


def judge(said: Said) -> Ruling | None:
    """Return the kind of fact that a clause states; None where it states none."""
    if said.clause.modality is Modality.MAY or is_this_task(said):
        return None
    if _FIGURE.match(f"{said.clause.verb.lower} {said.rest}".removeprefix("be ")) or _FIGURE.match(
        said.rest
    ):
        return None
    if said.tense.past and {"almost", "nearly"} & said.adverbs:
        return None
    if is_secret(f"{said.subject.noun} {said.rest}") or (said.own and _is_mere_talk(said)):
        return None
    verdict = _JUDGES[said.subject.about](said)
    if verdict is None or verdict is REFUSED:
        return others.among_people(said) if said.company is Company.PEOPLE else None
    return verdict
