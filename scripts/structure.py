"""Figures of the source tree: sizes of modules, imports, floors, names and docstrings.

`python scripts/structure.py` prints them; `--check` exits with 1 where one is beyond its bound.
Generated stubs and modules of one line are left out. Upward imports and circles between floors
are what `lint-imports` refuses; they are not counted here a second time.
"""

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

ROOT: Final = Path(__file__).resolve().parent.parent
TREES: Final = {
    "services": ROOT / "services/agent_memory_services",
    "client": ROOT / "clients/python/agent_memory_client",
}

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_DOCUMENTED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
_INDIRECT_QUESTION: Final = re.compile(r"(What|Whether|How|Who|Whose|Where|When|Why|Which)\b")
_SMALL: Final = 60


@dataclass(frozen=True, slots=True)
class Bounds:
    """Largest figures that `--check` accepts.

    Attributes:
        modules: modules per 1,000 lines.
        imports: lines of import statements, in per cent of all lines.
        function: 90th percentile of the lines of a function.
        repeated: class names that a service defines more than once.
        questions: docstrings that open with an indirect question.
    """

    modules: float
    imports: float
    function: int
    repeated: int
    questions: int


# What the trees reached so far: a change may lower a bound, and raises none.
BOUNDS: Final = {
    "services": Bounds(modules=5.6, imports=6.7, function=19, repeated=0, questions=0),
    "client": Bounds(modules=4.2, imports=5.1, function=29, repeated=0, questions=0),
}


@dataclass(slots=True)
class Figures:
    """Figures of one tree."""

    modules: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    imports: int = 0
    documented: int = 0
    questions: list[str] = field(default_factory=list)
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """Lines of all modules."""
        return sum(self.modules)

    @property
    def per_thousand(self) -> float:
        """Modules per 1,000 lines."""
        return len(self.modules) / self.lines * 1000

    @property
    def import_share(self) -> float:
        """Lines of import statements, in per cent."""
        return self.imports / self.lines * 100

    @property
    def repeated(self) -> list[str]:
        """Class names that are defined more than once within a service."""
        return sorted(f"{room}.{name}" for (room, name), times in self.classes.items() if times > 1)


def measure(root: Path) -> Figures:
    """Read every module below a folder."""
    figures = Figures()
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) <= 1:
            continue
        figures.modules.append(lines)
        parts = path.relative_to(root).parts
        _count(figures, ast.parse(text), str(path.relative_to(ROOT)), parts[0])
    return figures


def _count(figures: Figures, tree: ast.Module, path: str, room: str) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                figures.imports += _lines(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                figures.functions.append(_lines(node))
            case ast.ClassDef() if not node.name.startswith("_"):
                figures.classes[room, node.name] += 1
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            figures.documented += 1
            if _INDIRECT_QUESTION.match(text):
                figures.questions.append(f"{path}:{getattr(node, 'lineno', 1)}")


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]


def table(name: str, figures: Figures) -> Iterator[str]:
    """Lines of the report on one tree."""
    small = sum(lines < _SMALL for lines in figures.modules) / len(figures.modules)
    yield name
    yield f"  modules                   {len(figures.modules)} of {figures.lines} lines"
    yield f"  modules per 1,000 lines   {figures.per_thousand:.1f}"
    yield (
        f"  lines of a module         median {_percentile(figures.modules, 0.5)}, "
        f"p90 {_percentile(figures.modules, 0.9)}, max {max(figures.modules)}"
    )
    yield f"  modules under {_SMALL} lines    {small:.0%}"
    yield (
        f"  lines of a function       median {_percentile(figures.functions, 0.5)}, "
        f"p90 {_percentile(figures.functions, 0.9)}, max {max(figures.functions)}"
    )
    yield f"  import lines              {figures.import_share:.1f} %"
    yield f"  class names used twice    {', '.join(figures.repeated) or 'none'}"
    yield f"  docstrings as questions   {len(figures.questions)} of {figures.documented}"


def beyond(name: str, figures: Figures) -> Iterator[str]:
    """Figures that are beyond their bounds, in words."""
    bounds = BOUNDS[name]
    found = {
        "modules per 1,000 lines": (figures.per_thousand, bounds.modules),
        "import lines in per cent": (figures.import_share, bounds.imports),
        "90th percentile of a function's lines": (
            _percentile(figures.functions, 0.9),
            bounds.function,
        ),
        "class names used twice": (len(figures.repeated), bounds.repeated),
        "docstrings as questions": (len(figures.questions), bounds.questions),
    }
    for what, (figure, bound) in found.items():
        if figure > bound:
            yield f"{name}: {what}: {figure:.4g}, more than {bound}"


def main() -> int:
    """Print the figures, and check them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond a bound")
    parser.add_argument("--questions", action="store_true", help="list docstrings as questions")
    options = parser.parse_args()
    found = {name: measure(root) for name, root in TREES.items()}
    for name, figures in found.items():
        print(*table(name, figures), sep="\n")
        if options.questions:
            print(*figures.questions, sep="\n")
    problems = [line for name, figures in found.items() for line in beyond(name, figures)]
    print(*problems, sep="\n", file=sys.stderr)
    return int(options.check and bool(problems))


if __name__ == "__main__":
    sys.exit(main())
