"""Memory of what functions of a text returned, and what may be remembered at all."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import agent_memory_services
from agent_memory_services.kit.contract.remembered import RememberedEach, remembered

_SOURCE = Path(agent_memory_services.__file__).parent
# Their texts are names in our own source, contracts and settings, or parts of a text that a
# pattern bounds.
_OWN_TEXTS = {
    *("words", "phrases", "pack", "_separator", "_constants", "_parse"),
    *("variables_of", "meters_of"),
}


def test_a_text_is_looked_at_once_while_it_is_remembered() -> None:
    """The one that was asked for least recently is forgotten first."""
    asked = []

    @remembered(2, longest=10)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length(text) for text in ("a", "bb", "a", "ccc", "a", "bb")] == [1, 2, 1, 3, 1, 2]
    assert asked == ["a", "bb", "ccc", "bb"]


def test_a_long_text_is_not_kept() -> None:
    """However often it comes; it puts no other one out."""
    asked = []

    @remembered(1, longest=3)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length(text) for text in ("abc", "abcd", "abcd", "abc")] == [3, 4, 4, 3]
    assert asked == ["abc", "abcd", "abcd"]


def test_of_several_texts_only_the_unknown_ones_are_looked_at() -> None:
    """Each once, and those without a result of their own too; long ones each time."""
    asked: list[list[str]] = []

    def lengths(texts: Sequence[str]) -> list[int | None]:
        asked.append(list(texts))
        return [len(text) or None for text in texts]

    known = RememberedEach(lengths, 2, longest=3)
    assert not known.knows(["a"])
    assert known(["a", "", "a"]) == [1, None, 1]
    assert known.knows(["a", ""])
    assert known(["a", "long", "bb"]) == [1, 4, 2]
    assert known(["bb", "long", "", "a"]) == [2, 4, None, 1]
    assert asked == [["a", ""], ["long", "bb"], ["long", ""]]


def _kept(tree: ast.AST) -> Iterator[tuple[str, str, list[str]]]:
    """Functions whose results are kept: by what, their names, the types of what they take."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            taken = [*node.args.args, *node.args.kwonlyargs]
            types = [ast.unparse(each.annotation) for each in taken if each.annotation]
            for decorator in node.decorator_list:
                yield ast.unparse(decorator).partition("(")[0], node.name, types


def test_no_text_of_a_caller_is_kept_without_a_bound() -> None:
    """Functions of a text use `remembered`; one that keeps all results takes nothing of callers."""
    loose = [
        f"{path.relative_to(_SOURCE)}: {name}"
        for path in _SOURCE.rglob("*.py")
        for keeper, name, types in _kept(ast.parse(path.read_text(encoding="utf-8")))
        if keeper in {"cache", "lru_cache", "functools.cache", "functools.lru_cache"}
        and "str" in types
        and name not in _OWN_TEXTS
    ]
    assert loose == []
