"""What a statement speaks of, and whom."""

from agent_memory_services.extraction.extractors.local.tags import (
    MOST_ENTITIES,
    MOST_TOPICS,
    entities,
    topics,
)


def test_topics_by_words() -> None:
    """Words of the lexicon name the topics, plurals and hyphenated pairs included."""
    assert topics("User likes spicy mushrooms") == ("food",)
    assert "technology" in topics("User prefers functional components")


def test_known_topics_come_first() -> None:
    """The topics a rule gives stand before those of the words, each once, four at most."""
    found = topics("User loves sushi, jazz concerts, hiking and chess", ("preferences", "food"))
    assert found[:2] == ("preferences", "food")
    assert len(found) == MOST_TOPICS == len(set(found))


def test_entities_as_written() -> None:
    """Names, titles, amounts, years and products are found as they are written."""
    assert entities('User read "The Left Hand" by Ursula K. Le Guin in 2019') == (
        "The Left Hand",
        "Ursula K. Le Guin",
        "2019",
    )
    assert entities("User has 5 years of experience with python at Acme") == (
        "5 years",
        "python",
        "Acme",
    )


def test_dates_and_the_user_are_no_entities() -> None:
    """The user and the dates that grounding wrote in are left out."""
    assert entities("User and User's wife visited Rome in May 2023") == ("Rome",)


def test_entities_are_bounded() -> None:
    """A list of names does not make a list of entities without end."""
    text = "User met " + ", ".join(f"Person{letter}" for letter in "ABCDEFGHIJKL")
    assert len(entities(text)) == MOST_ENTITIES
