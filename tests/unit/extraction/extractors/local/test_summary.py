"""The summary that needs no model."""

from agent_memory_services.extraction.domain.facts import Turn
from agent_memory_services.extraction.extractors.local.summary import summarize
from tests.unit.extraction.extractors.local.talk import MONDAY

EXCHANGE = (
    ("user", "Hi! I need help planning a trip to Japan next spring with my wife."),
    ("assistant", "Great! How long will you stay?"),
    ("user", "Our budget is about $6000. My wife is vegetarian."),
    ("assistant", "I recommend Tokyo, Kyoto and Hiroshima for two weeks."),
    ("user", "Perfect, I've booked flights to Tokyo for April 3."),
    ("assistant", "Great choice, enjoy!"),
)


def turns(*exchange: tuple[str, str]) -> list[Turn]:
    """The exchange as messages."""
    return [Turn(str(index), role, text, MONDAY) for index, (role, text) in enumerate(exchange)]


def test_summary_tells_facts_and_decisions_in_order() -> None:
    """Facts and decisions of both sides are told as they came, and greetings are not."""
    assert summarize(turns(*EXCHANGE), "", 200) == (
        "User: I need help planning a trip to Japan next spring with my wife. "
        "User's budget is about $6000. "
        "User's wife is vegetarian. "
        "Assistant: I recommend Tokyo, Kyoto and Hiroshima for two weeks. "
        "User has booked flights to Tokyo for 3 April 2024."
    )


def test_summary_continues_the_one_before() -> None:
    """What an earlier summary said stays in front of what is new."""
    before = summarize(turns(*EXCHANGE[:3]), "", 200)
    after = summarize(turns(*EXCHANGE[3:]), before, 200)
    assert after.startswith(before)
    assert after.endswith("User has booked flights to Tokyo for 3 April 2024.")


def test_summary_keeps_to_its_length() -> None:
    """Under a tight limit the weightiest points remain, never more words than asked for."""
    for limit in (0, 5, 12, 25, 60):
        assert len(summarize(turns(*EXCHANGE), "", limit).split()) <= limit
    assert "vegetarian" in summarize(turns(*EXCHANGE), "", 25)


def test_nothing_new_leaves_the_summary_as_it_is() -> None:
    """Small talk and recalled text add nothing; an empty conversation has no summary."""
    recalled = Turn("r", "user", "I live in Kyoto with four cats.", MONDAY, recalled=True)
    assert summarize([*turns(("user", "Thanks!")), recalled], "User lives in Oslo.", 50) == (
        "User lives in Oslo."
    )
    assert summarize([], "", 50) == ""


def test_repetition_is_told_once() -> None:
    """A point made twice stands once."""
    talk = turns(("user", "I live in Oslo."), ("user", "Yes, I live in Oslo."))
    assert summarize(talk, "", 50) == "User lives in Oslo."


def test_messages_may_share_an_id() -> None:
    """Facts stand where they were said, though callers give messages one id, or none."""
    talk = [Turn("", "user", text, MONDAY) for text in ("I live in Oslo.", "My dog is called Rex.")]
    assert summarize(talk, "", 50) == "User lives in Oslo. User's dog is called Rex."


def test_what_lies_far_back_is_quoted_and_what_lies_further_is_left_out() -> None:
    """The grammar reads only the newest of a very long conversation."""
    home, filler = ("user", "I live in Oslo with my two dogs and a parrot."), ("user", "z" * 51_000)
    recent = ("user", "My sister Ana works at the harbour in Bergen.")
    stated, quoted = "User lives in Oslo", "User: I live in Oslo with my two dogs and a parrot."
    near, far = (summarize(turns(home, *([filler] * n), recent), "", 99) for n in (0, 1))
    assert stated in near
    assert stated not in far
    assert quoted in far
    furthest = summarize(turns(home, *([filler] * 10), recent), "", 99)
    assert "Oslo" not in furthest
    assert all("Ana" in summary for summary in (near, far, furthest))
