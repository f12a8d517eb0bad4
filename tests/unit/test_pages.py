"""What the pages of the repository name is there: links, paths, terms and where they live."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "services/agent_memory_services"
PAGES = [
    *ROOT.glob("*.md"),
    *(
        page
        for part in ("docs", "deploy", "clients")
        for page in (ROOT / part).rglob("*.md")
        # Pages of installed packages are of others.
        if "node_modules" not in page.parts
    ),
]
TERMS = re.findall(
    r"^\| (?!Term|---)(.+?) \| (.+) \| (.+?) \|$",
    (ROOT / "docs/glossary.md").read_text(),
    flags=re.MULTILINE,
)
FOLDERS = "deploy|docs|tests|benchmarks|clients|services|scripts|protos|examples"
# Made by whoever follows the page.
MADE = {
    "deploy/compose/secrets",
    "deploy/kubernetes/overlays/mine",
    "deploy/kubernetes/overlays/mine/kustomization.yaml",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    """Every relative link is a file, and every path of the repository exists."""
    text = page.read_text()
    links = re.findall(r"\]\(([^)#:]+)[^):]*\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = set(re.findall(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./-]*\w", text)) - MADE
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("term", "where"), [(term, where) for term, _, where in TERMS])
def test_a_term_of_the_glossary_lives_where_it_says(term: str, where: str) -> None:
    """Its paths exist, and a name beside them is defined in one of them."""
    quoted = re.findall(r"`([^`]+)`", where)
    names = [each for each in quoted if each[0].isupper()]
    paths = [each for each in quoted if each not in names]
    assert paths, term
    found = [next((p for p in (SOURCES / each, ROOT / each) if p.exists()), None) for each in paths]
    assert None not in found, where
    texts = [path.read_text() for path in found if path is not None and path.is_file()]
    missing = [each for each in names if not any(re.search(rf"\b{each}\b", t) for t in texts)]
    assert missing == []


def test_the_glossary_is_in_order_and_says_each_term_once() -> None:
    """A reader finds a term where the alphabet puts it."""
    terms = [term for term, _, _ in TERMS]
    assert terms == sorted(set(terms))
