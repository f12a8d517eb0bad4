"""What people say of ends and changes in chats, in everyday words, and what that ends.

Facts are read by the local extractor, a fortnight apart, and compared without a store.
"""

from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.domain.memories import Origin, from_candidate
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.long_term_memory.domain import conditions
from tests.unit.long_term_memory.consolidation.test_histories import Owner

SAID = datetime(2024, 2, 5, 9, tzinfo=UTC)
AFTER = SAID + timedelta(days=15)
EXTRACTOR = LocalExtractor()


def believed(before: str, after: str) -> tuple[list[str], list[str]]:
    """What a first message says, and what of that still holds after a second one."""
    owner = Owner()
    said: list[str] = []
    for day, text in enumerate((before, after)):
        at = SAID + timedelta(days=14 * day)
        origin = Origin(SessionRef(session_id=str(day)), str(day), extractor=EXTRACTOR.name)
        conversation = Conversation([Turn(str(day), "user", text, at)], time_zone=UTC)
        for found in EXTRACTOR.find(conversation):
            memory = from_candidate(found, origin, said=at)
            said += [memory.text] if not day else []
            owner.learn(memory)
    moment = int(AFTER.timestamp() * 1_000_000)
    memories = (each.memory for each in owner.stored.values())
    holding = [one.text for one in memories if conditions.is_visible(one, moment)]
    return said, [each for each in holding if each in said]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I do pilates on Tuesdays.", "I'm not doing pilates any more."),
        ("I go to a knitting circle.", "Don't go to the knitting circle any more."),
        ("I'm vegan.", "Not vegan any more, the cheese won."),
        ("I work at the bakery.", "They let me go from the bakery."),
        ("I work at Lidl.", "Turns out I was let go by Lidl."),
        ("I play the bagpipes.", "Gave up the bagpipes."),
        ("I smoke.", "Kicked the smoking habit."),
        ("I'm learning Finnish.", "Actually I've dropped Finnish."),
        ("I drink red wine.", "I've gone off red wine."),
        ("I drink wine.", "I'm off wine."),
        ("I have a caravan.", "We flogged the caravan."),
        ("My brother lives with us.", "My brother's moved out."),
        ("I'm engaged to Sofia.", "Sofia and I called off the wedding."),
        ("I'm engaged to Tom.", "Tom and I called it off."),
        ("I keep quails.", "I got rid of the quails."),
        ("I do karate on Mondays.", "I'm not doing karate any more."),
        ("I go bouldering.", "Packed in the bouldering."),
        ("I have a dog called Rex.", "Rex died."),
        ("I drink decaf.", "Actually no decaf for me any more."),
        ("I'm crazy about the sauna.", "The sauna does nothing for me any more."),
        ("I live in Trieste.", "Actually I live in Udine."),
        ("My gran lives in Bude.", "Actually Gran moved to Looe."),
        ("My flight is on 8 May.", "Sorry, my flight is on 9 May."),
        ("Our anniversary's on 8 June.", "Our anniversary's on 9 June."),
        ("I swim every Monday.", "I swim every Thursday now, not Monday."),
        ("My son-in-law's a welder.", "My son-in-law's a baker now if you please."),
        ("The spare key is under the flower pot.", "The spare key is with Gil now."),
        ("I have a fructose intolerance.", "It's a histamine intolerance I have, not fructose."),
        ("Nag me about my posture every hour.", "No more nagging about my posture please."),
        ("End every answer with a joke.", "Enough with the jokes at the end of answers."),
        ("Scale recipes for six people.", "Only two of us at table now, scale recipes for two."),
    ],
)
def test_what_everyday_words_end_is_over(before: str, after: str) -> None:
    """What was said holds no more, whatever subject or verb is left out."""
    said, holding = believed(before, after)
    assert said
    assert not holding


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I play the bagpipes.", "My brother gave up the bagpipes."),
        ("I work at Argos.", "Argos let my cousin go."),
        ("I work at Argos.", "They let me go early today."),
        ("I have a dog.", "We let the dog out."),
        ("I have a sofa bed.", "I'm off to bed."),
        ("I'm learning Finnish.", "I nearly gave up on Finnish."),
        ("I smoke.", "Should I pack in smoking?"),
        ("I take statins.", "I'm not taking ibuprofen any more."),
        ("I'm dating Marek.", "Marek and his boss split the bill."),
        ("I'm engaged to Tom.", "Tom and Kate called it off."),
        ("I drink red wine.", "I've gone off white wine."),
        ("My brother lives with us.", "My sister's moved out."),
        ("I sing in the minster choir.", "I'm out of breath after the minster choir."),
        ("I do pilates on Tuesdays.", "I'm not doing pilates today."),
        ("I wear a knee brace.", "The neck brace is off."),
        ("I like oysters.", "Actually I like mussels as well."),
        ("I live in Trieste.", "Actually I was born in Udine."),
        ("I have two dogs.", "Actually we have three cats."),
        ("I'm vegetarian.", "Actually my brother is vegan."),
        ("I swim every Monday.", "I swim every Thursday."),
        ("Scale recipes for six people.", "My teacher always says, scale recipes for two."),
        ("The spare key is under the flower pot.", "The spare key is rusty now."),
        ("I work at Lidl.", "I work at home on Fridays."),
    ],
)
def test_what_only_sounds_like_an_end_ends_nothing(before: str, after: str) -> None:
    """Something or somebody else, a supposition, a question and a part leave it as it was."""
    said, holding = believed(before, after)
    assert said
    assert holding == said


@pytest.mark.parametrize(
    ("message", "lasts"),
    [
        ("I start as a lab technician at Bosch today!", True),
        ("I join the fire brigade tomorrow.", True),
        ("I move to Leeds on Friday.", True),
        ("I retire on Monday.", True),
        ("I see the dentist tomorrow.", False),
        ("I have an exam on Friday.", False),
    ],
)
def test_what_begins_on_a_day_does_not_end_with_it(message: str, lasts: bool) -> None:
    """A beginning lasts, and an appointment is over with its day."""
    [found] = EXTRACTOR.find(Conversation([Turn("0", "user", message, SAID)], time_zone=UTC))
    assert (found.expire_time is None) is lasts
