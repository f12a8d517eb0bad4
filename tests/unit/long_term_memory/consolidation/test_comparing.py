"""What one memory claims beside another: the same, an end, or nothing that touches it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.consolidation.decisions import excludes
from agent_memory_services.long_term_memory.consolidation.rules import comparing

WORDS = ("tea", "chess", "Rome", "Anna", "IT", "A", "D", "3", "4", "+3", "-3", "3 kg", "3 lb", "C#")
FRAMES = (
    "User likes {}",
    "User has {}",
    "User is learning {}",
    "User's flight lands at {}",
    "User's brother bought {}",
)
FACTS = (
    "User lives in Porto",
    "User drinks tea",
    "User has two cats",
    "User's boss is Carla",
    "User owns a boat",
    "User plays chess",
    "User is a nurse",
)
HARMLESS = (
    "User lives in a small flat",
    "User drinks wine",
    "User's sister has three cats",
    "User's sister sold a boat",
    "User might stop playing chess",
    "User was born in Metz",
    "User is going to Rome in May",
    "User does not drink tea in the evening",
)


def memory(text: str, day: int = 0) -> Memory:
    """Return a fact that was said on a day."""
    made = Memory(id=text, text=text, type=MemoryType.MEMORY_TYPE_SEMANTIC, user_id="u")
    made.create_time.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))
    return made


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("I smoke", "Stopped smoking ages ago"),
        ("I drink wine", "I'm off wine"),
        ("I'm vegan", "Not vegan any more"),
        ("Call me Kate", "Don't call me Kate, call me Katherine"),
        ("Answer me in Spanish", "Please answer me in English from now on"),
        ("User is engaged to Sofia", "Sofia and User called off the wedding"),
        ("User's brother lives with User", "User's brother has moved out"),
        ("User is unemployed", "User starts work at Bosch"),
        ("User's anniversary is on 8 June 2024", "User's anniversary is on 9 June 2024"),
        ("User lives in Berlin", "User moved to Munich"),
        ("User's boat is moored at Braunston", "User's boat is moored at Stoke Bruerne now"),
        ("User keeps the bike in the cellar", "User keeps the bike in the shed now"),
        ("User is allergic to walnuts", "User is allergic to cashews, not walnuts"),
        ("User drinks oat milk", "User switched from oat milk to soy milk"),
        ("User is renovating the bathroom", "User's bathroom renovation is finished"),
        ("User is on the waiting list for a new hip", "User was given a new hip on Monday"),
        ("User is flying to Oslo on 3 March 2027", "User's flight to Oslo is now on 5 March 2027"),
        ("User's gate code is 8830", "User's gate code has been reset to 1295"),
        ("User has nine alpacas", "User is down to seven alpacas"),
        ("User is a trainee at Kofler's vineyard", "User is the cellar master at Kofler's now"),
        ("User does not want emojis", "User is fine with emojis again"),
        ("User takes sugar in coffee", "User takes coffee without sugar now"),
        ("User is learning to drive", "User passed the driving test"),
        ("User plans to buy a van", "User decided not to buy a van"),
        ("User lives in Berlin", "User no longer lives in Berlin"),
        ("User works at Acme", "User quit their job at Acme"),
        ("User works at Acme", "User left Acme"),
        ("User works as a cook", "User works as a painter"),
        ("User is unemployed", "User works at Acme"),
        ("User is a nurse at Mercy Hospital", "User no longer works at Mercy Hospital"),
        ("User drinks coffee", "User does not drink coffee"),
        ("User does not eat pork", "User started eating pork again"),
        ("User likes sushi", "User hates sushi"),
        ("User owns a Vespa", "User sold the Vespa"),
        ("User has a gym membership", "User cancelled their gym membership"),
        ("User plays the piano", "User gave up the piano"),
        ("User uses Slack", "User stopped using Slack"),
        ("User has two cats", "User has three cats"),
        ("User weighs 80 kg", "User weighs 77 kg"),
        ("User's rent is 800 euros", "User's rent went up to 900 euros"),
        ("User's phone number is 555-0100", "User's new phone number is 555-0199"),
        ("User's boss is Carla", "User's boss is now Tim"),
        ("User's shirt size is S", "User's shirt size is M"),
        ("User wants answers in French", "User wants answers in English"),
        ("User wants short answers", "User wants long answers"),
        ("User plans to retire in 2031", "User decided to retire in 2029 instead"),
        ("User's wedding is on 3 May 2027", "User's wedding was postponed to 10 May 2027"),
        ("User is married to Max", "User is divorced"),
        ("I work at Acme", "I quit my job at Acme"),
        ("User prefers coffee", "User prefers tea over coffee"),
        ("User prefers tea over coffee", "User prefers coffee over tea now"),
        ("User prefers tea over coffee", "User does not prefer tea over coffee"),
        ("User uses vim rather than emacs", "User uses emacs rather than vim"),
        ("User moved to Narvik, as work was there", "User is back living in Bergen"),
        ("User lives in a caravan", "User has moved into a cabin"),
        ("User keeps the kayak in the garage", "User's kayak is behind the shed"),
        ("User's gran is in a care home in Cork", "User's gran has been back in Kerry since May"),
        ("User buys fish at Lidl", "User buys fish at the market, since Lidl closed"),
        ("User only wears black", "User wears bright colours now"),
        ("User eats crisps", "User only eats nuts now"),
        ("User is allergic to nickel", "User was never allergic to nickel"),
        ("User wants recipes scaled for six people", "User wants recipes scaled for two people"),
        ("User wants the 24-hour clock used", "User wants times written with am and pm"),
        ("User wants answers kept to three sentences", "User wants answers of a full paragraph"),
        ("User is on chapter 4 of the thesis", "User is on chapter 7 of the thesis"),
        ("User's hens lay 6 eggs a day", "User's hens are moulting and down to 2 eggs a day"),
        ("User's son is 128 cm tall", "User's son has shot up to 139 cm"),
        ("User's band has 5 members", "User's band has only 4 members since the drummer left"),
        ("User is walking the Camino in April 2027", "User's Camino has slipped to May 2027"),
        ("User's twins start school in May 2027", "User's twins don't start school till June 2027"),
        ("User is going to call the baby Ada", "User's baby is going to be called Ida"),
        ("User is looking after their aunt's parrot", "User's aunt picked the parrot up on Sunday"),
        ("User owes Tadeusz 300 euros", "User paid Tadeusz back in full"),
        ("User rides a Vespa to work", "User's Vespa got nicked"),
        ("User is fostering a dog called Duke", "User's foster dog Duke has been adopted"),
        ("User's wisdom tooth hurts", "User's wisdom tooth was taken out"),
        ("User drives a Yeti", "User's Yeti went to the scrapyard"),
        (
            "User's cousin is marrying Emeka",
            "User's cousin isn't marrying Emeka, who called it off",
        ),
        ("User has audiobooks on in the car", "No one listens to audiobooks in the car any more"),
        ("User takes 20 mg of Ramipril", "User now takes 10 mg of Ramipril"),
        ("User drinks two cups of coffee", "User now drinks three cups of coffee"),
        ("User owes Max 200 francs", "User now owes Max 300 francs"),
        ("User pays 900 a month in rent", "User now pays 1,150 a month in rent"),
        ("User's job is at Siemens", "User left Siemens"),
        ("User has a dog named Biscuit", "Biscuit died"),
        ("User has a pair of skis", "User sold the skis"),
        ("User has two bottles of port", "User sold the port"),
        ("User has a collection of stamps", "User sold the stamps"),
        ("User pays about 900 a month", "User now pays almost 950 a month"),
    ],
)
def test_what_contradicts_or_is_over_ends(older: str, newer: str) -> None:
    """A later value of which there is one, a denial and a word of ending end a claim."""
    assert comparing.ends(memory(newer), memory(older))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("User lives in Lisbon", "User lives in Portugal"),
        ("User drinks coffee", "User stopped drinking coffee on weekdays"),
        ("User drinks coffee", "User is back to black coffee"),
        ("User's son is afraid of spiders", "User got over their fear of spiders"),
        ("User has a new laptop", "User has a desk at the Foundry again"),
        ("User pays 30 euros a month for the phone", "User got a raise to 3,400 euros a month"),
        ("User runs a bakery", "User runs without music these days"),
        ("User has two sons", "User's son is 6 now"),
        ("User drives to work", "User is taking the train to Split, not the car"),
        ("User lives in Ghent", "User is not moving to Ghent after all"),
        ("User lives in Ghent", "User moved their account to Monzo"),
        ("User plays chess with Otto", "User no longer plays chess with Pia"),
        ("User likes pizza", "User finished the pizza"),
        ("User owns a van", "User almost sold the van"),
        ("User lives in Brooklyn", "User lives in New York"),
        ("User lives in Berlin", "User is living in Rome for the summer"),
        ("User lives in Vienna", "User's mother lives in Graz"),
        ("User's name is Anna Smith", "User's last name is now Jones"),
        ("User works as a teacher", "User works as a volunteer on Sundays"),
        ("User works at Acme", "User works as a plumber"),
        ("User works at Acme", "User works from home on Fridays"),
        ("User works as a barista at Kettle and as an usher at Roxy", "User quit ushering at Roxy"),
        ("User plays tennis", "User plays tennis on Mondays"),
        ("User is a doctor", "User is a cardiologist"),
        ("User's friend is Anna", "User's friend is Ben"),
        ("User's son is called Tom", "User's son is called Max"),
        ("User has a car insurance", "User sold the car"),
        ("User loves dinner with Anna", "User cancelled dinner with Anna"),
        ("User has a flight at 8", "User has a flight at 9"),
        ("User ran 5 km", "User ran 8 km"),
        ("User has a meeting in room B12", "User has a meeting in room B21"),
        ("The sensor reads -4 degrees", "The sensor reads 4 degrees"),
        ("User owns a boat", "User wants to sell the boat"),
        ("User is 38 years old", "User is in their late thirties"),
        ("User wants answers in French", "User wants short answers"),
        ("User drives a Skoda", "User is driving a rental this weekend"),
        ("User prefers tea over coffee", "User prefers coffee over tea"),
        ("User prefers tea rather than coffee", "User prefers coffee rather than tea"),
        ("User prefers tea instead of coffee", "User prefers coffee instead of tea"),
        ("User prefers tea over coffee", "User prefers juice over coffee"),
        ("User prefers tea over coffee", "User prefers herbal tea over coffee"),
        ("User prefers tea over coffee", "User prefers green tea"),
        ("User prefers tea over coffee", "User does not prefer coffee over tea"),
        ("User likes tea more than coffee", "User does not like coffee more than tea"),
        ("User does not prefer coffee over tea", "User prefers tea over coffee"),
        ("User hates flying", "User loves flying kites"),
        ("User has a cat", "User's cat was adopted from a shelter"),
        ("User's brother snores", "User's brother left"),
        ("User is on page 90 of a novel", "User is on page 12 of a novel"),
        ("User wants code explained in detail", "User wants code explained with examples"),
        ("User wants emails drafted in German", "User wants letters drafted in Polish"),
        ("User wants 24 results a page", "User wants 12 photos an album"),
        ("User only works mornings", "User works at Acme now"),
        ("User lives in Lisbon", "User moved into a flat"),
        ("User's piano teacher is German", "User's piano teacher is Ms Lang"),
        ("User looks after three dogs", "User's aunt picked the children up"),
        ("User lives in Oslo", "User likes the market, as Oslo is near"),
        ("User was not allergic to nuts", "User is allergic to nuts"),
        ("User works at Lidl", "User works at home"),
        ("User works at the school", "User works at home, as the school said"),
        ("User is unemployed", "User starts at the gym on Monday"),
        ("User's brother lives with User", "User's sister has moved out"),
        ("User's brother lives with User", "User's brother has moved out of the spare room"),
        ("User's left leg hurts", "My brother's left the choir"),
        ("User wants emojis", "User wants no more jokes"),
        ("User takes 20 mg of Ramipril", "User now takes 10 mg of Bisoprolol"),
        ("User drinks two cups of coffee", "User now drinks three cups of tea"),
        ("User has a friend in Leeds", "User has a friend in York now"),
        ("User owes Max 200 francs", "User now owes Ida 300 francs"),
        (
            "User pays Ana 40 euros for piano lessons",
            "User now pays Bo 50 euros for piano lessons",
        ),
        ("User has a loan for the Fabia", "User sold the Fabia"),
        ("User has a key to the Fabia", "User sold the Fabia"),
        ("User has a tattoo of Biscuit", "Biscuit died"),
        ("User's laptop is from Siemens", "User left Siemens"),
        ("User has a standing desk from Ikea", "User gave up Ikea"),
        ("User takes two tablets of zinc", "User now takes one tablet of iron"),
        ("User has a share of the boat", "User sold the boat"),
        ("User lends Max 20 euros", "User now lends Ida 30 euros"),
    ],
)
def test_what_is_coarser_finer_passing_or_partial_ends_nothing(older: str, newer: str) -> None:
    """In doubt there are two facts."""
    assert not comparing.ends(memory(newer), memory(older))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (
            "User repaired boats in Ghent, as noted on day 3",
            "User repaired boats in Ghent, as noted on day 12",
        ),
        ("User plays on day 3", "User plays chess, as noted on day 3"),
        ("User reads the plan every day", "User reads novels, as planned"),
    ],
)
def test_an_aside_of_who_said_it_is_no_reason(older: str, newer: str) -> None:
    """Neither is the older reason a value, nor do a number and a day name one."""
    assert not comparing.touches(memory(newer), memory(older))


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("O utilizador gosta de ch\u00e1", "Utilizador gosta de ch\u00e1", True),
        ("A friend of User lives in Rome", "Friend of User lives in Rome", True),
        ("User's blood group is O", "User's blood group is A", False),
        ("O is User's blood group", "A is User's blood group", False),
        ("User takes vitamin E", "User takes vitamin", False),
    ],
)
def test_an_article_of_one_letter_is_no_mark(one: str, other: str, agree: bool) -> None:
    """A lone letter that names something is."""
    assert comparing.same(memory(one), memory(other)) is agree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User wants tables before charts", "User wants charts before tables"),
        (
            "User wants answers in French before English",
            "User wants answers in English before French",
        ),
        ("User wants dates from oldest to newest", "User wants dates from newest to oldest"),
        ("User wants more charts than tables", "User wants more tables than charts"),
        ("User wants tables, then charts", "User wants charts, then tables"),
        (
            "User wants short summaries and long reports",
            "User wants long summaries and short reports",
        ),
        ("User prefers tea over coffee", "User prefers coffee over tea"),
        ("User would rather drink tea than coffee", "User would rather drink coffee than tea"),
        ("User drinks tea instead of coffee", "User drinks coffee instead of tea"),
        ("User drinks tea before coffee", "User drinks coffee before tea"),
    ],
)
def test_sides_that_are_exchanged_claim_something_else(one: str, other: str) -> None:
    """The same words in another order are the same only where the order says nothing."""
    assert not comparing.same(memory(one), memory(other))
    assert not comparing.same(memory(other), memory(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User lives in Norwich", "User's home is in Norwich"),
        ("User's daughter is called Freja", "User has a daughter named Freja"),
        ("User plays the oboe", "User is an oboe player"),
        ("User's birthday is on 3 May", "User was born on 3 May"),
        ("User can't drive", "User doesn't know how to drive"),
        ("User has a bad back", "User's back is bad"),
        ("User likes tea", 'User said: "I like tea."'),
        ("User is married to Ludvig", "User's husband is Ludvig"),
        ("User's wife's name is Solveig", "User's wife is called Solveig"),
        ("User works for Tideline", "User is employed at Tideline"),
        ("User hates getting up early", "User can't stand getting up early"),
        ("User has three sisters", "User has 3 sisters"),
        ("User wants brief answers", "User wants answers kept brief"),
        ("User wants answers in French with notes", "User wants answers with notes in French"),
        ("User prefers tea over coffee", "User prefers tea rather than coffee"),
        ("User was born in 1951", "User's year of birth is 1951"),
        ("User's GP is Dr Haddad", "Dr Haddad is User's family doctor"),
        ("User owns a kayak", "User has a kayak of their own"),
        ("User's grandmother is from Cebu", "User's gran comes from Cebu"),
        ("User does not eat pork", "Pork is something that User never eats"),
        ("User is afraid of dentists", "Dentists frighten User"),
        ("User works four days a week", "User has a four-day week"),
    ],
)
def test_other_wordings_claim_the_same(one: str, other: str) -> None:
    """What is said in other words merges, in either order."""
    assert comparing.same(memory(one), memory(other))
    assert comparing.same(memory(other), memory(one))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FRAMES), st.sampled_from(list(permutations(WORDS, 2))))
def test_no_facts_merge_that_differ_in_a_word_a_number_or_a_sign(
    frame: str, words: tuple[str, str]
) -> None:
    """In either order, whatever the frame around them."""
    one, other = (memory(frame.format(word)) for word in words)
    assert not comparing.same(one, other)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FACTS), st.sampled_from(HARMLESS))
def test_nothing_ends_that_nothing_contradicts(fact: str, other: str) -> None:
    """Neither by what was said before it nor by what was said later."""
    assert not excludes(memory(fact), memory(other, 1))


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_has_claims_or_none(text: str) -> None:
    """And none of them ends what claimed it."""
    assert not comparing.ends(memory(text), memory(text))


SUBJECTS = ("User", "User's sister", "User's dog Rex", "User no longer", "User does not", "We")
PIECES = (
    *("wants", "the", "assistant", "to", "give", "changed", "moved", "swapped", "has", "two", "is"),
    *(
        "name",
        "rent",
        "from",
        "for",
        "not",
        "any",
        "more",
        "every",
        "Monday",
        "at",
        "instead",
        "of",
    ),
    *("over", "tea", "now", "called", "3", "kg", "and", "on", "no", "be", "new", "her", "prefers"),
)
STATEMENTS = st.builds(
    lambda subject, words: " ".join((subject, *words)),
    st.sampled_from(SUBJECTS),
    st.lists(st.sampled_from(PIECES), max_size=6),
)


@given(STATEMENTS, STATEMENTS)
@example("User wants the assistant to", "User wants the assistant to give")
@example("I changed the variable name and ran it again.", "We have two")
@example("User has been wanting to play this one for a while because of my", "User has two")
@settings(max_examples=100, deadline=None)
def test_any_two_statements_can_be_compared(one: str, other: str) -> None:
    """However broken off they are; and what ends another is not the same."""
    for newer, older in ((one, other), (other, one)):
        pair = memory(newer, 1), memory(older)
        assert not (comparing.same(*pair) and comparing.ends(*pair))


PEOPLE = ("User", "User's sister", "User's boss", "Anna")
DEEDS = {
    "likes": ("tea", "chess", "jazz", "swimming"),
    "plays": ("chess", "tennis", "the piano", "the cello"),
    "owns": ("a boat", "a van", "a Vespa", "two cats", "three cats"),
    "lives": ("in Porto", "in Graz", "in Metz", "on the fifth floor"),
    "works": ("at Acme", "at Tideline", "as a nurse", "as a cook"),
    "weighs": ("80 kg", "77 kg", "80 lb"),
    "keeps": ("a bike in the cellar", "a bike in the shed"),
    "takes": ("20 mg of iron", "40 mg of iron", "20 mg of zinc"),
    "is": ("vegan", "a nurse", "allergic to nuts", "afraid of dogs", "on leave"),
}
LIMITS = ("", " on Mondays", " in winter", " with Ben", " with Bea", " at Kofler's")
TURNS = ("", "not", "maybe")
SAID = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from([(verb, what) for verb, whats in DEEDS.items() for what in whats]),
    st.sampled_from(LIMITS),
    st.sampled_from(TURNS),
)


def written(said: tuple[str, tuple[str, str], str, str]) -> str:
    """Return a statement of who does or is what, with whom or when, denied or doubted."""
    who, (verb, what), limit, turn = said
    base = "be" if verb == "is" else verb.removesuffix("s")
    denied = "is not" if verb == "is" else f"does not {base}"
    group = {"": verb, "not": denied, "maybe": f"might {base}"}[turn]
    return f"{who} {group} {what}{limit}"


@given(SAID, SAID)
@example(("User", ("owns", "two cats"), "", ""), ("User", ("owns", "three cats"), "", ""))
@example(("User", ("weighs", "80 kg"), "", ""), ("User", ("weighs", "80 lb"), "", ""))
@settings(max_examples=50, deadline=None)
def test_no_statements_merge_that_differ_in_a_part(
    one: tuple[str, tuple[str, str], str, str], other: tuple[str, tuple[str, str], str, str]
) -> None:
    """Whose it is, the verb, a content word, a number, a unit, a name, a limit or a denial."""
    texts = written(one), written(other)
    same = comparing.same(memory(texts[0]), memory(texts[1]))
    assert same == (one == other), texts
    assert same == comparing.same(memory(texts[1]), memory(texts[0]))


@given(SAID, SAID)
@settings(max_examples=50, deadline=None)
def test_nothing_that_is_said_of_one_ends_what_is_said_of_another(
    one: tuple[str, tuple[str, str], str, str], other: tuple[str, tuple[str, str], str, str]
) -> None:
    """And what may be so ends nothing."""
    ended = comparing.ends(memory(written(one), 1), memory(written(other)))
    assert not ended or (one[0] == other[0] and one[3] != "maybe")
