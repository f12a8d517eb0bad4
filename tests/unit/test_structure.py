"""Counting modules, imports, functions, names and docstrings of a source tree."""

from pathlib import Path

import pytest

import structure

MODULE = '''\
"""What a module of the tree holds."""

from a import (
    b,
    c,
)


class Shared:
    """Thing."""

    def read(self):
        """Whether it reads."""
        import d

        return d


class _Own:
    pass
'''


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service with two modules of the same names, and a module that holds a docstring alone."""
    monkeypatch.setattr(structure, "ROOT", tmp_path)
    for name in ("one", "two"):
        path = tmp_path / f"service/{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MODULE)
    (tmp_path / "service/__init__.py").write_text('"""Service."""\n')
    return tmp_path


def test_modules_of_one_line_are_left_out(tree: Path) -> None:
    """A package that holds a docstring alone is no module."""
    assert structure.measure(tree).modules == [20, 20]


def test_an_import_counts_with_all_its_lines_wherever_it_stands(tree: Path) -> None:
    """Lines between brackets and imports within functions count."""
    assert structure.measure(tree).imports == 2 * (4 + 1)


def test_a_function_counts_with_its_docstring(tree: Path) -> None:
    """Its lines are those from its name to its end."""
    assert structure.measure(tree).functions == [5, 5]


def test_public_class_names_count_once_per_service(tree: Path) -> None:
    """A private name may stand in several modules."""
    assert structure.measure(tree).repeated == ["service.Shared"]


def test_docstrings_that_open_with_an_indirect_question_are_listed_by_line(tree: Path) -> None:
    """Modules, classes and functions are looked at."""
    figures = structure.measure(tree)
    assert figures.documented == 2 * 3
    assert figures.questions == [
        f"service/{name}.py:{line}" for name in ("one", "two") for line in (1, 12)
    ]


def test_figures_at_their_bounds_pass_and_beyond_them_are_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound is the largest figure that passes."""
    figures = structure.measure(tree)
    exact = structure.Bounds(
        modules=figures.per_thousand,
        imports=figures.import_share,
        function=5,
        repeated=1,
        questions=4,
    )
    monkeypatch.setattr(structure, "BOUNDS", {"tree": exact})
    assert list(structure.beyond("tree", figures)) == []
    stricter = structure.Bounds(modules=1, imports=1, function=4, repeated=0, questions=3)
    monkeypatch.setattr(structure, "BOUNDS", {"tree": stricter})
    assert [line.split(": ")[1] for line in structure.beyond("tree", figures)] == [
        "modules per 1,000 lines",
        "import lines in per cent",
        "90th percentile of a function's lines",
        "class names used twice",
        "docstrings as questions",
    ]
