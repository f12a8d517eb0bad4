"""Sentences end where their script ends them."""
# ruff: noqa: RUF001 - letters and marks of other scripts are the point

import pytest

from agent_memory_services.language.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Am 12. März ziehe ich um. Ich freue mich.",
            ["Am 12. März ziehe ich um.", "Ich freue mich."],
        ),
        ("Ich bin 34. Ich wohne in Ulm.", ["Ich bin 34.", "Ich wohne in Ulm."]),
        ("Ich kenne Dr. Weber. Er hilft.", ["Ich kenne Dr. Weber.", "Er hilft."]),
        ("我住在上海。我喜欢猫！", ["我住在上海。", "我喜欢猫！"]),
        ("मैं यहाँ हूँ। और आप?", ["मैं यहाँ हूँ।", "और आप?"]),
        ("أنا هنا. كيف حالك؟", ["أنا هنا.", "كيف حالك؟"]),
        ("Hola ¿qué tal?", ["Hola", "¿qué tal?"]),
        ("eins\nzwei\n\n", ["eins", "zwei"]),
        ("운동을 해. 책도 읽어.", ["운동을 해.", "책도 읽어."]),
    ],
)
def test_text_is_cut_into_its_sentences(text: str, expected: list[str]) -> None:
    """Full stops of numbers and abbreviations end nothing."""
    assert [text[each.start : each.end] for each in sentences(text)] == expected


def test_a_question_is_known_by_its_mark() -> None:
    """In every script."""
    asked = [each.asks for each in sentences("Ja. Nein? 好吗？ هل؟ “Wirklich?”")]
    assert asked == [False, True, True, True, True]
