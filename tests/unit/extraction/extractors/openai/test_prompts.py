"""What the model is told."""

import json
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Claim, ClaimModality, Memory
from agent_memory_services.extraction.domain.facts import Conversation, Strategy, Turn
from agent_memory_services.extraction.extractors.openai.prompts import (
    facts_question,
    summary_question,
)
from tests.support.sessions import SAID


def turn(text: str, **fields: Any) -> Turn:
    """Something a user says."""
    return Turn("secret-id", "user", text, SAID, **fields)


@given(st.text())
def test_what_is_said_is_never_among_the_instructions(text: str) -> None:
    """The instructions are the same whatever a conversation says; its words are data."""
    question = facts_question(Conversation(turns=[turn(text)]))
    assert question.instructions == facts_question(Conversation(turns=[turn("")])).instructions
    assert json.loads(question.data)["messages"][0]["text"] == text


def test_messages_are_known_by_numbers_and_times_in_the_users_zone() -> None:
    """The model sees small numbers instead of ids, when each was said, and what facts claim."""
    plan = ClaimModality.CLAIM_MODALITY_PLAN
    over = Claim(
        holder="user", relation="like", value="tea", negated=True, ended=True, limits=["summer"]
    )
    wish = Claim(holder="user", relation="want", value="tea", modality=plan)
    known = Memory(id="secret-id", create_time=Timestamp(seconds=1_683_561_360))
    known.claims.extend([over, wish])
    question = facts_question(
        Conversation(
            turns=[turn("Hi", name="Ann"), turn("from memory", recalled=True), turn("Bye")],
            before=[turn("Earlier")],
            time_zone=ZoneInfo("Asia/Tokyo"),
            known=["User likes tea", "User likes rum"],
            memories=[known, Memory(id="secret-id")],
        )
    )
    data = json.loads(question.data)
    assert "secret-id" not in question.data
    assert [(m["n"], m["text"]) for m in data["messages"]] == [(1, "Hi"), (2, "Bye")]
    assert data["messages"][0]["said"] == "Monday 2023-05-08T22:56:00+09:00"
    assert data["messages"][0]["name"] == "Ann"
    assert data["before"] == [
        {"role": "user", "said": data["messages"][0]["said"], "text": "Earlier"}
    ]
    assert data["known"] == [
        {
            "k": 1,
            "text": "User likes tea",
            "said": "2023-05-09",
            "claims": ["user | not like | tea | summer | over", "user | want | tea | plan"],
        },
        {"k": 2, "text": "User likes rum"},
    ]
    assert data["time_zone"] == "Asia/Tokyo"


def test_custom_instructions_stand_beside_the_rules() -> None:
    """An application's wish, braces included, is added to the rules and replaces none."""
    wish = 'Find recipes, like {"dish": "{{name}}"}.'
    plain = facts_question(Conversation(turns=[turn("Hi")])).instructions.splitlines()
    custom = facts_question(
        Conversation(turns=[turn("Hi")], strategy=Strategy.CUSTOM, instructions=wish)
    )
    assert custom.instructions.endswith(wish)
    assert set(plain[:-1]) <= set(custom.instructions.splitlines())


def test_a_summary_is_asked_for_in_order_with_the_one_so_far() -> None:
    """Messages go oldest first, beside the summary they continue."""
    question = summary_question([turn("one"), turn("two")], "So far.", 50)
    data = json.loads(question.data)
    assert data["summary"] == "So far."
    assert [message["text"] for message in data["messages"]] == ["one", "two"]
    assert data["time_zone"] == str(UTC)
    assert "at most 50 words" in question.instructions


def test_applications_and_tools_state_nothing() -> None:
    """What an application says helps to understand, what a tool answers may be memory itself."""
    question = facts_question(
        Conversation(
            turns=[
                Turn("1", "system", "User is setting up a profile", SAID),
                Turn("2", "tool", "User likes tea", SAID),
                turn("Hi"),
            ]
        )
    )
    data = json.loads(question.data)
    assert [message["text"] for message in data["messages"]] == ["Hi"]
    assert [message["text"] for message in data["before"]] == ["User is setting up a profile"]
