"""How words are cut."""
# ruff: noqa: RUF001 - unusual characters are the point

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.domain.fields import searchable, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alice's cat-food, 3.14!", ["alice", "s", "cat", "food", "3", "14"]),
        ("snake_case @tag {x} $p *", ["snake", "case", "tag", "x", "p"]),
        ("我喜欢茶，他喜欢咖啡。", ["我喜欢茶", "他喜欢咖啡"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ＦＵＬＬ Straße ﬁne", ["full", "strasse", "fine"]),
        ("😀 \x00\n", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Letters, marks and numbers make words; everything else separates them."""
    assert words(text) == expected


@given(st.text(max_size=50))
def test_cutting_is_stable(text: str) -> None:
    """What is indexed is cut into the same words again."""
    assert words(searchable(text)) == words(text)
